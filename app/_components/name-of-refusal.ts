/** Why the network kept a certificate out, in words. */
import type { AccessFault } from '@/lib/services/radius-authorisation'

export const REFUSAL_REASONS: Record<AccessFault, string> = {
  certificate_unknown: 'Never issued here',
  certificate_revoked: 'Revoked',
  certificate_held: 'On hold',
  certificate_expired: 'Expired',
  certificate_not_yet_valid: 'Not yet valid',
  issuer_revoked: 'Its issuer is revoked',
  access_off: 'Network access of the group is off',
  ssid_not_allowed: 'Another wireless network',
  network_server_not_allowed: 'Another access point or switch',
  outside_hours: 'Outside the hours',
}
