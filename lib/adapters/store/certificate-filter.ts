/** Which certificates a filter means, in SQL. */
import type { CertificateListFilter, CertificateStatus } from '@/lib/services/certificates'
import { beginningOf, endOf } from '@/lib/services/time-bounds'
import { endpointId, groupId } from './by-slug'
import { Prisma } from './generated/client'
import { anywhere } from './sorted-pages'

export function filterConditions(filter: CertificateListFilter, now: Date, expiringBefore: Date): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = []
  if (filter.group !== undefined) conditions.push(Prisma.sql`c.group_id = ${groupId(filter.group)}`)
  if (filter.endpoint !== undefined) conditions.push(Prisma.sql`c.endpoint_id = ${endpointId(filter.endpoint)}`)
  if (filter.issuer !== undefined) conditions.push(Prisma.sql`a.slug = ${filter.issuer}`)
  if (filter.status !== undefined) conditions.push(statusCondition(filter.status, now, expiringBefore))
  if (filter.subject !== undefined) conditions.push(Prisma.sql`c.subject = ${filter.subject}`)
  if (filter.issuance !== undefined)
    conditions.push(Prisma.sql`(c.renews_certificate_id is null) = ${filter.issuance === 'first'}`)
  if (filter.line !== undefined)
    conditions.push(Prisma.sql`(c.id = ${filter.line}::uuid or c.lineage_id = ${filter.line}::uuid)`)
  if (filter.deviceId !== undefined)
    conditions.push(
      Prisma.sql`c.id in (select certificate_id from device_certificate where device_id = ${filter.deviceId}::uuid)`,
    )
  if (filter.current !== undefined) conditions.push(Prisma.sql`${currentCondition(now)} = ${filter.current}`)
  if (filter.renewed !== undefined) conditions.push(Prisma.sql`${RENEWED} = ${filter.renewed}`)
  const { endsFrom, endsTo, issuedFrom, issuedTo } = filter
  if (endsFrom !== undefined) conditions.push(Prisma.sql`c.not_after >= ${bound(beginningOf(endsFrom))}`)
  if (endsTo !== undefined) conditions.push(Prisma.sql`c.not_after < ${bound(endOf(endsTo))}`)
  if (issuedFrom !== undefined) conditions.push(Prisma.sql`c.issued_at >= ${bound(beginningOf(issuedFrom))}`)
  if (issuedTo !== undefined) conditions.push(Prisma.sql`c.issued_at < ${bound(endOf(issuedTo))}`)
  if (filter.search !== undefined) conditions.push(searchCondition(filter.search))
  return conditions
}

/** The service has read it before: what is no moment must not become no condition. */
function bound(at: Date | undefined): Date {
  if (at === undefined) throw new Error('a bound of a filter is no moment')
  return at
}

/** The same cases, in the same order, as effectiveStatus() in lib/services/certificate-view.ts. */
export function statusCondition(status: CertificateStatus, now: Date, expiringBefore: Date): Prisma.Sql {
  switch (status) {
    case 'revoked':
      return REVOKED
    case 'issuer_revoked':
      return Prisma.sql`(not ${REVOKED} and ${ISSUER_REVOKED})`
    case 'held':
      return Prisma.sql`(c.revocation_reason = 'certificateHold' and not ${ISSUER_REVOKED})`
    case 'expired':
      return Prisma.sql`(${UNREVOKED} and c.not_after < ${now})`
    case 'not_yet_valid':
      return Prisma.sql`(${UNREVOKED} and c.not_after >= ${now} and c.not_before > ${now})`
    case 'expiring':
      return Prisma.sql`(${UNREVOKED} and c.not_before <= ${now} and c.not_after between ${now} and ${expiringBefore})`
    case 'valid':
      return Prisma.sql`(${UNREVOKED} and c.not_before <= ${now} and c.not_after > ${expiringBefore})`
  }
}

const REVOKED = Prisma.sql`(c.revoked_at is not null and c.revocation_reason <> 'certificateHold')`
const ISSUER_REVOKED = Prisma.sql`(ic.revoked_at is not null and c.not_after >= ic.revoked_at)`
const UNREVOKED = Prisma.sql`(c.revoked_at is null and not ${ISSUER_REVOKED})`

/** Valid or expiring. */
function currentCondition(now: Date): Prisma.Sql {
  return Prisma.sql`(${UNREVOKED} and c.not_before <= ${now} and c.not_after >= ${now})`
}

const RENEWED = Prisma.sql`exists (select from certificate n where n.renews_certificate_id = c.id and n.state = 'issued')`

/** The status as a word, by the same conditions. */
export function statusColumn(now: Date, expiringBefore: Date): Prisma.Sql {
  const cases = STATUSES.map(
    (status) => Prisma.sql`when ${statusCondition(status, now, expiringBefore)} then ${status}`,
  )
  return Prisma.sql`(case ${Prisma.join(cases, ' ')} end)`
}

const STATUSES = ['revoked', 'issuer_revoked', 'held', 'expired', 'not_yet_valid', 'expiring', 'valid'] as const

/** Serials and fingerprints from their beginning, as people copy them; names anywhere. */
export function searchCondition(search: string): Prisma.Sql {
  const hex = search.replace(/[\s:]/g, '').replace(/^sha256/i, '')
  const numbers = /^[0-9a-f]{3,64}$/i.test(hex) ? numberConditions(hex) : Prisma.empty
  return Prisma.sql`(${CERTIFICATE_NAMES} ilike ${anywhere(search)} ${numbers})`
}

/**
 * The expression that certificate_names_idx has the trigrams of, to the letter. Names stand in lines of their own, so that
 * nothing is found across two of them.
 */
export const CERTIFICATE_NAMES = Prisma.sql`(c.subject || chr(10) || coalesce(c.common_name, '') || chr(10)
  || jsonb_path_query_array(c.sans, '$[*].value')::text)`

/** Ranges instead of patterns, for the indexes that are there: serials are upper-case hex, and G comes after F. */
function numberConditions(hex: string): Prisma.Sql {
  const serial = hex.toUpperCase()
  const lowest = Buffer.from(hex.padEnd(64, '0'), 'hex')
  const highest = Buffer.from(hex.padEnd(64, 'f'), 'hex')
  return Prisma.sql`or (c.serial >= ${serial} and c.serial < ${`${serial}G`})
    or (c.fingerprint_sha256 between ${lowest} and ${highest})`
}

/** What the conditions above speak of: c the certificate, a who signed it, ic the certificate of that authority. */
export const CERTIFICATE_TABLES = Prisma.sql`certificate c
  join authority a on a.id = c.authority_id
  left join certificate ic on ic.id = a.certificate_id
  left join "group" g on g.id = c.group_id
  left join endpoint e on e.id = c.endpoint_id`
