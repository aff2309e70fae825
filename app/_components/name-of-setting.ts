/** Settings of endpoints and groups in words, and their values. */
import type { Json } from '@/lib/services/audit'

const NAMES: Readonly<Record<string, string>> = {
  name: 'Name',
  enabled: 'On',
  policy: 'Challenge policy',
  validator: 'Validator',
  issuer: 'Issuer',
  challengeTtlMinutes: 'Challenges live for, minutes',
  challengeFormat: 'Challenges are written as',
  revokeOnSecondKey: 'Revoke when a second key shows the same challenge',
  approvalsRequired: 'People who have to approve',
  pendingTtlHours: 'Requests wait for, hours',
  approveWrongChallenge: 'Let a wrong challenge wait too',
  renewal: 'Devices renew by their certificate',
  renewalByPkcsReq: 'Take the old form of renewal too',
  renewalWindowDays: 'Renewal opens, days before the end',
  renewalChallenge: 'A challenge in a renewal',
  supersedeAfterHours: 'Revoke the old one after, hours',
  allowSha1: 'Accept SHA-1 signatures',
  allow3des: 'Accept 3DES encryption',
  allowDes: 'Accept single DES',
  scepIdentity: 'Who answers',
  caCertificates: 'Certificates sent to devices',
  replyCertificates: 'Sent with the certificate',
  includeRoot: 'Send the root along',
  signerKeyPolicy: 'Which key may sign the request',
  trustedProxySigners: 'Pinned proxy certificates',
  'profile.validityDays': 'Certificates live for, days',
  'profile.backdateMinutes': 'They begin before their making, minutes',
  'profile.minRsaBits': 'RSA keys from',
  'profile.ellipticCurves': 'Elliptic curves',
  'profile.extendedKeyUsage': 'Extended key usages',
  trustPage: 'Public trust page',
  'networkAccess.enabled': 'Network access',
  'networkAccess.vlan': 'VLAN',
  'networkAccess.filterId': 'Filter',
  'networkAccess.class': 'Class',
  'networkAccess.sessionTimeoutSeconds': 'Session timeout, seconds',
  'networkAccess.ssids': 'Wireless networks',
  'networkAccess.networkServers': 'Access points and switches',
  'networkAccess.timeZone': 'Time zone',
  'networkAccess.windows': 'Hours',
  'deviceRules.removed': 'When a device is removed',
  'deviceRules.wiped': 'When a device is wiped',
  'deviceRules.unmanaged': 'When a device is no longer managed',
  'deviceRules.noncompliant': 'When a device is not compliant',
  'deviceRules.userDisabled': 'When its user is disabled',
  'deviceRules.notEntitled': 'When a device is no longer entitled',
}

/** A setting of a later version is shown by its own name. */
export function nameOfSetting(field: string): string {
  return NAMES[field] ?? field
}

export function valueOfSetting(value: Json): string {
  if (value === null) return 'not set'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueOfSetting).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
