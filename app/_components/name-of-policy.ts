/** Challenge policies in words: who may enrol. */
import type { EndpointView } from '@/lib/services/groups'

export const POLICY_NAMES: Record<EndpointView['policy'], string> = {
  dynamic: 'One-time challenge',
  static: 'Static secret',
  approval: 'After approval',
  delegated: 'Decided elsewhere',
}
