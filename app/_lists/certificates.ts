/** The list of certificates. */
import { oneOf } from '@/app/_components/search-parameters'
import { CERTIFICATE_STATUS } from '@/app/_components/states'
import { server } from '@/lib/server'
import type {
  CertificateListFilter,
  CertificateSort,
  CertificateStatus,
  CertificateSummary,
} from '@/lib/services/certificates'
import { beginningOf } from '@/lib/services/time-bounds'
import { type ListDefinition, searchOf } from './definition'

export const STATUSES = Object.keys(CERTIFICATE_STATUS) as CertificateStatus[]
const ISSUANCES = ['first', 'renewal'] as const
const ANSWERS = ['yes', 'no'] as const
const TIMES = ['endsFrom', 'endsTo', 'issuedFrom', 'issuedTo'] as const

export const CERTIFICATE_LIST: ListDefinition<CertificateListFilter, CertificateSummary, CertificateSort> = {
  name: 'certificates',
  path: '/certificates',
  parameters: ['search', 'group', 'endpoint', 'issuer', 'status', 'issuance', 'renewed', 'line', ...TIMES],
  sorts: { issued: 'desc', name: 'asc', ends: 'asc', serial: 'asc' },
  usual: 'issued',
  // Who asks what ends wants to know what ends first.
  usualWith: { status: { value: 'expiring', sort: 'ends' }, endsFrom: { sort: 'ends' }, endsTo: { sort: 'ends' } },
  columns: [
    { name: 'status', head: 'Status' },
    { name: 'group', head: 'Group' },
    { name: 'endpoint', head: 'Endpoint', optional: true },
    { name: 'issuer', head: 'Issuer', optional: true },
    { name: 'serial', head: 'Serial', sort: 'serial' },
    { name: 'key', head: 'Key', optional: true },
    { name: 'issued', head: 'Issued', sort: 'issued' },
    { name: 'begins', head: 'Valid from', optional: true },
    { name: 'ends', head: 'Valid until', sort: 'ends' },
    { name: 'revoked', head: 'Revoked', optional: true },
    { name: 'fingerprint', head: 'SHA-256 fingerprint', optional: true },
  ],
  filterOf({ search: typed, group, endpoint, issuer, line, ...rest }) {
    const search = searchOf(typed)
    const status = oneOf(STATUSES, rest.status)
    const issuance = oneOf(ISSUANCES, rest.issuance)
    const renewed = oneOf(ANSWERS, rest.renewed)
    const times = TIMES.flatMap((name) => {
      const value = rest[name]
      return value !== undefined && beginningOf(value) !== undefined ? [[name, value]] : []
    })
    return {
      ...(search && { search }),
      ...(group && { group }),
      ...(endpoint && { endpoint }),
      ...(issuer && { issuer }),
      ...(status && { status }),
      ...(issuance && { issuance }),
      // Valid, soon to end or not: what the overview counts as one.
      ...(rest.status === 'current' && { current: true }),
      ...(renewed && { renewed: renewed === 'yes' }),
      ...(line && { line }),
      ...Object.fromEntries(times),
    }
  },
  list: (actor, filter, request) => server().certificates.list(actor, filter, request),
  matching: (actor, filter, since) => server().certificates.matching(actor, filter, since),
  fields: {
    id: ({ id }) => id,
    serial: ({ serial }) => serial,
    subject: ({ subject }) => subject,
    alternativeNames: ({ san }) => san.map(({ type, value }) => `${type}:${value}`),
    status: ({ status }) => status,
    statusCause: ({ statusCause }) => statusCause.sentence,
    group: ({ group }) => group?.slug ?? null,
    endpoint: ({ endpoint }) => endpoint?.slug ?? null,
    issuer: ({ issuer }) => issuer.slug,
    key: ({ keyAlgorithm }) => keyAlgorithm,
    notBefore: ({ notBefore }) => notBefore,
    notAfter: ({ notAfter }) => notAfter,
    issuedAt: ({ issuedAt }) => issuedAt,
    revokedAt: ({ revokedAt }) => revokedAt,
    revocationReason: ({ revocationReason }) => revocationReason,
    revokedBy: ({ revokedBy }) => revokedBy,
    fingerprintSha256: ({ fingerprintSha256 }) => fingerprintSha256,
  },
}
