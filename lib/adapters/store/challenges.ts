/** Challenges in Postgres. Whatever two callers could race for is decided inside one statement. */
import type { ChallengeUpkeepStore } from '@/lib/jobs/expire-challenges'
import { FAIL_INFO_NUMBER } from '@/lib/scep/fail-info'
import type { Page } from '@/lib/services/audit'
import type { RedemptionStore, RowOutcome } from '@/lib/services/challenge-redemption'
import type { ChallengeConstraints, ChallengeFilter, ChallengeState, ChallengeStore, ChallengeView } from '@/lib/services/challenges'
import { bytes } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { decodeCursor, encodeCursor } from './keyset'
import { guarded } from './outage'

export function challengeStore(database: Database): ChallengeStore {
  return guarded<ChallengeStore>({
    async mintingEndpoint(slug) {
      const endpoint = await database.endpoint.findUnique({
        where: { slug },
        select: { id: true, slug: true, enabled: true, policy: true, challengeTtlMinutes: true, group: { select: { slug: true } } },
      })
      if (endpoint === null) return null
      const { group, ...rest } = endpoint
      return { ...rest, groupSlug: group.slug }
    },

    async add(challenge, quota, minted) {
      return transact(database, async (transaction) => {
        const [row] = await transaction.$queryRaw<{ expires_at: Date }[]>`
          insert into challenge (id, endpoint_id, format, handle_hash, expires_at, constraints, subject, device_name, minted_by, minted_via, minted_from)
          select ${challenge.id}::uuid, e.id, ${challenge.format}, ${bytes(challenge.handleHash)}, now() + make_interval(mins => ${challenge.ttlMinutes}::int),
            ${JSON.stringify(challenge.constraints)}::jsonb, ${challenge.subject}, ${challenge.deviceName}, ${challenge.mintedBy},
            ${challenge.mintedVia}, ${challenge.mintedFrom}
          from endpoint e
          where e.id = ${challenge.endpointId}::uuid and e.enabled and e.policy = 'dynamic'
            and (select count(*) from challenge c where c.endpoint_id = e.id and c.state = 'pending' and c.expires_at > now()) < ${quota}
          returning expires_at`
        if (row === undefined) return { result: null, events: [] }
        return { result: { expiresAt: row.expires_at }, events: [minted(row.expires_at)] }
      })
    },

    list: (filter, { cursor, limit }) => readPage(database, conditionOf(filter), cursor, limit),

    async get(id) {
      if (!UUID.test(id)) return null
      return (await readPage(database, Prisma.sql`c.id = ${id}::uuid`, undefined, 1)).items[0] ?? null
    },

    async revoke(id, reason, revoked) {
      const done = await transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update challenge c set state = 'revoked', revoked_at = now(), revoked_reason = ${reason}
          where c.id = ${id}::uuid
            and ((c.state = 'pending' and c.expires_at > now()) or (c.state = 'reserved' and not ${hasCertificate}))`
        return count === 1 ? { result: true, events: [revoked] } : { result: false, events: [] }
      })
      return done ? ((await readPage(database, Prisma.sql`c.id = ${id}::uuid`, undefined, 1)).items[0] ?? null) : null
    },
  })
}

export function redemptionStore(database: Database): RedemptionStore {
  return guarded<RedemptionStore>({
    async reserve({ handleHash, endpointId, transactionRowId, csrSha256, spkiSha256 }, reserved) {
      return transact(database, async (transaction) => {
        const [row] = await transaction.$queryRaw<{ id: string; subject: string; constraints: ChallengeConstraints }[]>`
          with reserved as (
            update challenge set state = 'reserved', reserved_by = ${transactionRowId}::uuid, reserved_csr_sha256 = ${bytes(csrSha256)},
              reserved_spki_sha256 = ${bytes(spkiSha256)}, reserved_at = now()
            where handle_hash = ${bytes(handleHash)} and endpoint_id = ${endpointId}::uuid and now() >= not_before
              and ((state = 'pending' and now() < expires_at)
                or (state = 'reserved' and reserved_csr_sha256 = ${bytes(csrSha256)}
                  and (reserved_by = ${transactionRowId}::uuid or reserved_at < now() - interval '15 seconds')))
            returning id, subject, constraints
          ), noted as (
            update enrolment_transaction set challenge_id = reserved.id from reserved where enrolment_transaction.id = ${transactionRowId}::uuid
          )
          select id, subject, constraints from reserved`
        if (row === undefined) return { result: null, events: [] }
        return { result: row, events: [reserved(row)] }
      })
    },

    async release({ challengeId, transactionRowId, mismatch, mostMismatches, row }, events) {
      await transact(database, async (transaction) => {
        const [after] = await transaction.$queryRaw<{ state: ChallengeState; failed_attempts: number }[]>`
          update challenge c set
            failed_attempts = failed_attempts + ${mismatch ? 1 : 0},
            last_failure_at = case when ${mismatch} then now() else last_failure_at end,
            state = (case when ${mismatch} and failed_attempts + 1 >= ${mostMismatches} then 'revoked'
                          when expires_at <= now() then 'expired' else 'pending' end)::"ChallengeState",
            revoked_at = case when ${mismatch} and failed_attempts + 1 >= ${mostMismatches} then now() end,
            revoked_reason = case when ${mismatch} and failed_attempts + 1 >= ${mostMismatches} then 'three_mismatches' end,
            reserved_by = null, reserved_csr_sha256 = null, reserved_spki_sha256 = null, reserved_at = null
          where c.id = ${challengeId}::uuid and c.state = 'reserved' and c.reserved_by = ${transactionRowId}::uuid and not ${hasCertificate}
          returning c.state, c.failed_attempts`
        const current = after ?? (await transaction.challenge.findUniqueOrThrow({ where: { id: challengeId }, select: { state: true, failedAttempts: true } }))
        if (after === undefined && row.state === 'failed') await offerAgain(transaction, transactionRowId)
        else await finishRow(transaction, transactionRowId, row, challengeId)
        const attempt = 'failed_attempts' in current ? current.failed_attempts : current.failedAttempts
        return { result: undefined, events: events({ released: after !== undefined, state: current.state, attempt }) }
      })
    },

    async lookup(handleHash) {
      const [row] = await database.$queryRaw<PresentedRow[]>`
        select c.id, c.subject, e.slug, ${effectiveState} as state, c.reserved_by, c.reserved_csr_sha256, c.reserved_spki_sha256, c.consumed_at,
          x.id as certificate_id, x.revoked_at
        from challenge c
        join endpoint e on e.id = c.endpoint_id
        left join certificate x on x.challenge_id = c.id and x.state = 'issued'
        where c.handle_hash = ${bytes(handleHash)}`
      if (row === undefined) return null
      return {
        id: row.id, subject: row.subject, endpointSlug: row.slug, state: row.state, reservedBy: row.reserved_by,
        reservedCsrSha256: row.reserved_csr_sha256, reservedSpkiSha256: row.reserved_spki_sha256, consumedAt: row.consumed_at,
        certificate: row.certificate_id === null ? null : { id: row.certificate_id, revokedAt: row.revoked_at },
      }
    },

    async otherEndpoints(endpointId, limit) {
      const rows = await database.endpoint.findMany({ where: { id: { not: endpointId } }, select: { id: true }, orderBy: { createdAt: 'asc' }, take: limit })
      return rows.map(({ id }) => id)
    },
  })
}

export function challengeUpkeepStore(database: Database): ChallengeUpkeepStore {
  return guarded<ChallengeUpkeepStore>({
    async expire(limit, expired) {
      return transact(database, async (transaction) => {
        const rows = await transaction.$queryRaw<{ slug: string; count: bigint }[]>`
          with due as (
            select id from challenge where state = 'pending' and expires_at <= now() order by expires_at limit ${limit} for update skip locked
          ), gone as (
            update challenge c set state = 'expired' from due where c.id = due.id and c.state = 'pending' returning c.endpoint_id
          )
          select e.slug, count(*) as count from gone join endpoint e on e.id = gone.endpoint_id group by e.slug order by e.slug`
        const perEndpoint = Object.fromEntries(rows.map(({ slug, count }) => [slug, Number(count)]))
        const count = Object.values(perEndpoint).reduce((sum, each) => sum + each, 0)
        return { result: count, events: count === 0 ? [] : [expired(count, perEndpoint)] }
      })
    },

    async freeAbandoned(minutes, limit, released) {
      return transact(database, async (transaction) => {
        const rows = await transaction.$queryRaw<{ id: string; subject: string; slug: string; state: 'pending' | 'expired' }[]>`
          with due as (
            select c.id from challenge c
            where c.state = 'reserved' and c.reserved_at < now() - make_interval(mins => ${minutes}::int) and not ${hasCertificate}
            order by c.reserved_at limit ${limit} for update skip locked
          )
          update challenge c set state = (case when expires_at > now() then 'pending' else 'expired' end)::"ChallengeState",
            reserved_by = null, reserved_csr_sha256 = null, reserved_spki_sha256 = null, reserved_at = null
          from due, endpoint e
          where c.id = due.id and c.state = 'reserved' and e.id = c.endpoint_id
          returning c.id, c.subject, e.slug, c.state`
        return { result: rows.length, events: rows.map(released) }
      })
    },

    async failInterrupted(minutes, limit) {
      return database.$executeRaw`
        update enrolment_transaction set state = 'failed', reason = 'interrupted', detail = 'left behind by a process that ended', finished_at = now()
        where id in (
          select t.id from enrolment_transaction t
          where t.state = 'received' and t.claimed_at < now() - make_interval(mins => ${minutes}::int)
            and not exists (select from challenge c where c.state = 'reserved' and c.id = t.challenge_id)
          order by t.claimed_at limit ${limit} for update skip locked)`
    },
  })
}

/** The row keeps its place in line: the next request with its identity takes it over without waiting. */
async function offerAgain(transaction: Transaction, rowId: string): Promise<void> {
  await transaction.$executeRaw`update enrolment_transaction set claimed_at = created_at - interval '1 day' where id = ${rowId}::uuid and state = 'received'`
}

export async function finishRow(transaction: Transaction, rowId: string, row: RowOutcome, challengeId: string | null): Promise<number> {
  return transaction.$executeRaw`
    update enrolment_transaction set state = ${row.state}::"TransactionState", reason = ${row.reason}, detail = ${row.detail.slice(0, 2_000)},
      fail_info = ${row.failInfo === null ? null : FAIL_INFO_NUMBER[row.failInfo]}, challenge_id = coalesce(${challengeId}::uuid, challenge_id), finished_at = now()
    where id = ${rowId}::uuid and state = 'received'`
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A certificate was recorded for it, even if only as an intent: then its challenge is not given back. */
const hasCertificate = Prisma.sql`exists (select from certificate x where x.challenge_id = c.id and x.state <> 'abandoned')`

/** What is past its end is expired, whether or not the job has been by. */
const effectiveState = Prisma.sql`(case when c.state = 'pending' and c.expires_at <= now() then 'expired' else c.state::text end)`

interface PresentedRow {
  id: string
  subject: string
  slug: string
  state: ChallengeState
  reserved_by: string | null
  reserved_csr_sha256: Uint8Array | null
  reserved_spki_sha256: Uint8Array | null
  consumed_at: Date | null
  certificate_id: string | null
  revoked_at: Date | null
}

interface ChallengeRow {
  id: string
  state: ChallengeState
  endpoint_id: string
  endpoint_slug: string
  endpoint_name: string
  group_slug: string
  group_name: string
  subject: string
  constraints: ChallengeConstraints
  device_name: string | null
  format: string
  minted_by: string
  minted_via: string
  created_at: Date
  expires_at: Date
  consumed_at: Date | null
  revoked_at: Date | null
  failed_attempts: number
  certificate_id: string | null
  serial: string | null
}

function conditionOf(filter: ChallengeFilter): Prisma.Sql {
  const conditions = [Prisma.sql`true`]
  if (filter.endpoint !== undefined) conditions.push(Prisma.sql`e.slug = ${filter.endpoint}`)
  if (filter.group !== undefined) conditions.push(Prisma.sql`g.slug = ${filter.group}`)
  if (filter.state !== undefined) conditions.push(Prisma.sql`${effectiveState} = ${filter.state}`)
  const search = filter.search?.trim().slice(0, 200) ?? ''
  if (search !== '') {
    const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`
    conditions.push(Prisma.sql`(c.subject ilike ${pattern} or c.device_name ilike ${pattern} or c.constraints::text ilike ${pattern} or c.id::text = ${search.toLowerCase()})`)
  }
  return Prisma.join(conditions, ' and ')
}

async function readPage(database: Database, condition: Prisma.Sql, cursor: string | undefined, limit: number): Promise<Page<ChallengeView>> {
  const after = decodeCursor(cursor)
  const beyond = after === null ? Prisma.sql`true` : Prisma.sql`(c.created_at, c.id) < (${after.at}::timestamptz, ${after.id}::uuid)`
  const rows = await database.$queryRaw<ChallengeRow[]>`
    select c.id, ${effectiveState} as state, e.id as endpoint_id, e.slug as endpoint_slug, e.name as endpoint_name, g.slug as group_slug, g.name as group_name,
      c.subject, c.constraints, c.device_name, c.format, c.minted_by, c.minted_via, c.created_at, c.expires_at, c.consumed_at, c.revoked_at,
      c.failed_attempts, x.id as certificate_id, x.serial
    from challenge c
    join endpoint e on e.id = c.endpoint_id
    join "group" g on g.id = e.group_id
    left join certificate x on x.challenge_id = c.id and x.state = 'issued'
    where ${condition} and ${beyond}
    order by c.created_at desc, c.id desc
    limit ${limit + 1}`
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return {
    items: rows.slice(0, limit).map(viewOf),
    nextCursor: last === undefined ? null : encodeCursor({ at: last.created_at, id: last.id }),
  }
}

function viewOf(row: ChallengeRow): ChallengeView {
  return {
    id: row.id,
    state: row.state,
    endpoint: { id: row.endpoint_id, slug: row.endpoint_slug, name: row.endpoint_name },
    group: { slug: row.group_slug, name: row.group_name },
    subject: row.subject,
    san: row.constraints.san,
    deviceName: row.device_name,
    format: row.format,
    mintedBy: row.minted_by,
    mintedVia: row.minted_via,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    consumedAt: row.consumed_at,
    revokedAt: row.revoked_at,
    failedAttempts: row.failed_attempts,
    certificate: row.certificate_id === null || row.serial === null ? null : { id: row.certificate_id, serial: row.serial },
  }
}
