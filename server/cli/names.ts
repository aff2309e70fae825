/** Subjects, alternative names and reasons as people type them on a command line. */

import type { CertificateStatus, RevocationReason } from '@/lib/services/certificates'
import type { SanType, SubjectAlternativeName } from '@/lib/services/challenges'
import { UsageFault } from './command'

const SAN_TYPES: readonly SanType[] = ['dns', 'email', 'uri', 'upn', 'ip']

/** "dns:tablet-7.example" and the like. */
export function parseSanOption(text: string): SubjectAlternativeName {
  const colon = text.indexOf(':')
  const type = SAN_TYPES.find((known) => known === text.slice(0, Math.max(0, colon)).toLowerCase())
  const value = text.slice(colon + 1).trim()
  if (type !== undefined && value !== '') return { type, value }
  throw new UsageFault(`--san takes TYPE:VALUE with a type of ${SAN_TYPES.join(', ')}, such as dns:tablet-7.example.`)
}

export const CERTIFICATE_STATUSES = [
  'valid',
  'expiring',
  'expired',
  'revoked',
  'held',
  'issuer_revoked',
  'not_yet_valid',
] as const satisfies readonly CertificateStatus[]

export const REVOCATION_REASONS: readonly RevocationReason[] = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
]

/** Of people. */
export const ROLES = ['admin', 'operator', 'auditor'] as const
/** Of API keys: `radius` may ask whether the network lets a certificate in, and nothing else. */
export const KEY_ROLES = [...ROLES, 'radius'] as const
