/** Which certificates a filter means, in SQL. */
import type { CertificateListFilter, CertificateStatus } from '@/lib/services/certificates'
import { Prisma } from './generated/client'

export function filterConditions(filter: CertificateListFilter, now: Date, expiringBefore: Date): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = []
  if (filter.group !== undefined) conditions.push(Prisma.sql`g.slug = ${filter.group}`)
  if (filter.endpoint !== undefined) conditions.push(Prisma.sql`e.slug = ${filter.endpoint}`)
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
  if (filter.issued?.from !== undefined) conditions.push(Prisma.sql`c.issued_at >= ${filter.issued.from}`)
  if (filter.issued?.to !== undefined) conditions.push(Prisma.sql`c.issued_at < ${filter.issued.to}`)
  if (filter.ends?.from !== undefined) conditions.push(Prisma.sql`c.not_after >= ${filter.ends.from}`)
  if (filter.ends?.to !== undefined) conditions.push(Prisma.sql`c.not_after < ${filter.ends.to}`)
  if (filter.search !== undefined) conditions.push(searchCondition(filter.search))
  return conditions
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
function searchCondition(search: string): Prisma.Sql {
  const anywhere = `%${search.replace(/[\\%_]/g, '\\$&')}%`
  const hex = search.replace(/[\s:]/g, '').replace(/^sha256/i, '')
  const numbers = /^[0-9a-f]{3,64}$/i.test(hex)
    ? Prisma.sql`or c.serial like ${`${hex.toUpperCase()}%`}
        or encode(c.fingerprint_sha256, 'hex') like ${`${hex.toLowerCase()}%`}`
    : Prisma.empty
  return Prisma.sql`(c.subject ilike ${anywhere} or c.common_name ilike ${anywhere}
    or exists (select 1 from jsonb_array_elements(c.sans) san where san->>'value' ilike ${anywhere}) ${numbers})`
}

/** What the conditions above speak of: c the certificate, a who signed it, ic the certificate of that authority. */
export const CERTIFICATE_TABLES = Prisma.sql`certificate c
  join authority a on a.id = c.authority_id
  left join certificate ic on ic.id = a.certificate_id
  left join "group" g on g.id = c.group_id
  left join endpoint e on e.id = c.endpoint_id`
