/** Every ten minutes: expiring credentials of connectors are warned of, and their old calls forgotten. */
import type { Job } from '@/lib/services/jobs'
import type { ConnectorUpkeep } from '@/lib/services/mdm-connector-upkeep'

export function tendConnectors(upkeep: ConnectorUpkeep): Job {
  return { name: 'tend-connectors', everySeconds: 600, run: (now) => upkeep.tend(now) }
}
