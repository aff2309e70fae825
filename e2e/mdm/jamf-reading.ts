/** The reading of Jamf Pro's inventory as the job does it, in this process and at once: the job looks every few seconds. */

import { signerClient } from '@/lib/adapters/keys/signer-client'
import { jamfClient } from '@/lib/adapters/mdm/jamf-client'
import { guardedFetch } from '@/lib/adapters/net/guarded-fetch'
import { openDatabase } from '@/lib/adapters/store/database'
import { deviceReportStore } from '@/lib/adapters/store/device-reports'
import { jamfDeviceRows } from '@/lib/adapters/store/jamf-devices'
import { connectorCallStore, mdmConnectorRows } from '@/lib/adapters/store/mdm-connectors'
import { createDeviceReports } from '@/lib/services/device-reports'
import { createEntitlingGroups } from '@/lib/services/jamf-groups'
import { createJamfSync } from '@/lib/services/jamf-sync'
import { createConnectorCalls } from '@/lib/services/mdm-connector-calls'

const HERE = { host: '127.0.0.0', port: null, prefix: 8, plain: true }
const MOST_BYTES = 8 * 1_048_576

export interface JamfReading {
  /** The whole inventory of every connector, whenever it was read last. */
  read(): Promise<void>
  close(): Promise<void>
}

/** `pause` replaces the waiting for a server that is busy. */
export function jamfReading(databaseUrl: string, signerSocket: string, pause?: () => Promise<void>): JamfReading {
  const database = openDatabase(databaseUrl)
  const clock = () => new Date()
  const monotonic = () => performance.now()
  const rows = mdmConnectorRows(database)
  const calls = createConnectorCalls({ store: connectorCallStore(database), log: () => {} })
  const outbound = guardedFetch({ rules: [HERE], mostBytes: MOST_BYTES })
  const signer = signerClient(signerSocket)
  const api = jamfClient({ outbound, calls, signer, ...(pause && { pause }) })
  const sync = createJamfSync({
    ...{ rows, api, calls, monotonic, clock },
    devices: jamfDeviceRows(database),
    groups: createEntitlingGroups({ api, calls, monotonic }),
    reports: createDeviceReports({ store: deviceReportStore(database), clock }),
  })
  return {
    async read() {
      for (const { id } of await rows.connectorsOf('jamf'))
        await rows.learn(id, { syncWantedAt: clock().toISOString() })
      await sync.run(clock())
    },
    close: () => database.$disconnect(),
  }
}
