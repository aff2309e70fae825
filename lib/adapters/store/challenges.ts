/** Challenges in Postgres. Whatever two callers could race for is decided inside one statement. */
import type { ChallengeRules } from '@/lib/services/challenge-rules'
import {
  type ChallengeConstraints,
  type ChallengeOrigin,
  type ChallengeSort,
  type ChallengeState,
  type ChallengeStore,
  type ChallengeView,
  type NewChallenge,
  PENDING_CHALLENGES_PER_DEVICE,
} from '@/lib/services/challenges'
import type { ChallengeFormat } from '@/lib/services/endpoint-settings'
import { explanationOf } from '@/lib/services/enrolment-refusals'
import { atEndpointsOf, endpointId } from './by-slug'
import { bytes } from './certificate-rows'
import { effectiveState, fewerPending, hasCertificate, hasState } from './challenge-rows'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'
import { anywhere, boundedCount, type SortedBy, sortedPage } from './sorted-pages'

export { redemptionStore } from './challenge-redemption'
export { challengeUpkeepStore } from './challenge-upkeep'

export function challengeStore(database: Database): ChallengeStore {
  return guarded<ChallengeStore>({
    async mintingEndpoint(slug) {
      const endpoint = await database.endpoint.findUnique({
        where: { slug },
        select: {
          id: true,
          slug: true,
          enabled: true,
          policy: true,
          challengeTtlMinutes: true,
          challengeFormat: true,
          profile: { select: { extendedKeyUsage: true } },
          group: { select: { slug: true } },
        },
      })
      if (endpoint === null) return null
      const { group, challengeFormat, ...rest } = endpoint
      return { ...rest, challengeFormat: challengeFormat as ChallengeFormat, groupSlug: group.slug }
    },

    async add(challenge, quota, minted) {
      return transact(database, async (transaction) => {
        if (challenge.pageAccountId !== null && !(await pageHasRoom(transaction, challenge)))
          return { result: null, events: [] }
        const [row] = await transaction.$queryRaw<{ expires_at: Date }[]>`
          insert into challenge (id, endpoint_id, format, handle_hash, expires_at, constraints, subject, device_name, minted_by, minted_via, minted_from,
            device_id, page_account_id)
          select ${challenge.id}::uuid, e.id, ${challenge.format}, ${bytes(challenge.handleHash)}, now() + make_interval(mins => ${challenge.ttlMinutes}::int),
            ${JSON.stringify(challenge.constraints)}::jsonb, ${challenge.subject}, ${challenge.deviceName}, ${challenge.mintedBy},
            ${challenge.mintedVia}, ${challenge.mintedFrom}, ${challenge.deviceId}::uuid, ${challenge.pageAccountId}::uuid
          from endpoint e
          where e.id = ${challenge.endpointId}::uuid and e.enabled and e.policy = 'dynamic'
            and ${fewerPending(Prisma.sql`u.endpoint_id = e.id and u.origin = 'minted'`, Prisma.sql`${quota}`)}
            and (${waitingFor(challenge.endpointId, challenge.constraints.rules ?? {})}) < ${PENDING_CHALLENGES_PER_DEVICE}
          returning expires_at`
        if (row === undefined) return { result: null, events: [] }
        return { result: { expiresAt: row.expires_at }, events: [minted(row.expires_at)] }
      })
    },

    async list(filter, keyset) {
      const { beyond, ordered } = sortedPage(keyset, SORTED, Prisma.sql`c.id`)
      return readRows(database, Prisma.sql`${await conditionOf(database, filter)} and ${beyond} ${ordered}`)
    },

    async count(filter, { most, since }) {
      const newer = since === undefined ? Prisma.sql`true` : Prisma.sql`c.created_at > ${since}`
      const rows = Prisma.sql`1 from ${MINTED_FOR} where ${await conditionOf(database, filter)} and ${newer}`
      const [row] = await database.$queryRaw<{ count: number }[]>(boundedCount(rows, { most }))
      return row?.count ?? 0
    },

    revokeMany: (filter, { reason, before, limit }, revoked) =>
      transact(database, async (transaction) => {
        const rows = await transaction.$queryRaw<RevokedRow[]>`
          with waiting as (
            select c.id, c.subject, e.id as endpoint_id, e.slug as endpoint_slug, e.name as endpoint_name, g.slug as group_slug, g.name as group_name
            from ${MINTED_FOR}
            where ${await conditionOf(transaction, filter)} and ${hasState('pending')} and c.created_at <= ${before}
            order by c.id limit ${limit} for no key update of c)
          update challenge p set state = 'revoked', revoked_at = now(), revoked_reason = ${reason}
          from waiting w where p.id = w.id and p.state = 'pending' returning w.*`
        const events = rows.map((row) =>
          revoked({
            id: row.id,
            subject: row.subject,
            endpoint: { id: row.endpoint_id, slug: row.endpoint_slug, name: row.endpoint_name },
            group: { slug: row.group_slug, name: row.group_name },
          }),
        )
        return { result: rows.length, events }
      }),

    async get(id) {
      if (!UUID.test(id)) return null
      return (await readRows(database, Prisma.sql`c.id = ${id}::uuid`))[0] ?? null
    },

    async waitingForDevice(endpointId, device) {
      const [row] = await database.$queryRaw<
        { waiting: number }[]
      >`select (${waitingFor(endpointId, device)})::int as waiting`
      return row?.waiting ?? 0
    },

    async makeRoom(endpointId, device, left, revoked) {
      const named = Object.entries({ deviceSerial: device.deviceSerial, deviceUdid: device.deviceUdid })
      let made = 0
      for (const [key, value] of named) {
        if (value === undefined) continue
        made += await transact(database, async (transaction) => {
          const rows = await transaction.$queryRaw<{ id: string; subject: string }[]>`
            update challenge set state = 'revoked', revoked_at = now(), revoked_reason = 'a newer one was minted for the device'
            where state = 'pending' and id in (
              select c.id ${waitsUnder(endpointId, key, value)} order by c.created_at desc, c.id desc offset ${left}
              for no key update)
            returning id, subject`
          return { result: rows.length, events: rows.map(revoked) }
        })
      }
      return made
    },

    async binding(id) {
      const [row] = await database.$queryRaw<{ constraints: ChallengeConstraints; ttl: number }[]>`
        select constraints, greatest(1, round(extract(epoch from expires_at - created_at) / 60))::int as ttl from challenge where id = ${id}::uuid`
      return row === undefined ? null : { constraints: row.constraints, ttlMinutes: row.ttl }
    },

    async revoke(id, reason, revoked) {
      const done = await transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update challenge c set state = 'revoked', revoked_at = now(), revoked_reason = ${reason}
          where c.id = ${id}::uuid
            and ((c.state = 'pending' and c.expires_at > now()) or (c.state = 'reserved' and not ${hasCertificate}))`
        return count === 1 ? { result: true, events: [revoked] } : { result: false, events: [] }
      })
      return done ? ((await readRows(database, Prisma.sql`c.id = ${id}::uuid`))[0] ?? null) : null
    },
  })
}

/** Locks the endpoint, so that the counts that follow are true until this transaction ends. */
async function pageHasRoom(
  transaction: Transaction,
  { endpointId, pageAccountId }: Pick<NewChallenge, 'endpointId' | 'pageAccountId'>,
): Promise<boolean> {
  await transaction.$queryRaw`select id from endpoint where id = ${endpointId}::uuid for no key update`
  const used = await transaction.$executeRaw`
    update challenge_page_account a set last_used_at = now()
    where a.id = ${pageAccountId}::uuid and a.endpoint_id = ${endpointId}::uuid and a.disabled_at is null
      and ${fewerPending(Prisma.sql`u.page_account_id = a.id`, Prisma.sql`a.most_pending`)}`
  return used === 1
}

/** A count, none for a challenge that names no device. Each half has its own partial index. */
function waitingFor(endpointId: string, device: Pick<ChallengeRules, 'deviceSerial' | 'deviceUdid'>): Prisma.Sql {
  const counted = Object.entries({ deviceSerial: device.deviceSerial, deviceUdid: device.deviceUdid }).flatMap(
    ([key, value]) => (value === undefined ? [] : [waitingUnder(endpointId, key, value)]),
  )
  return counted.length === 0 ? Prisma.sql`0` : Prisma.sql`greatest(${Prisma.join(counted)})`
}

function waitingUnder(endpointId: string, key: string, value: string): Prisma.Sql {
  return Prisma.sql`(select count(*) ${waitsUnder(endpointId, key, value)})`
}

function waitsUnder(endpointId: string, key: string, value: string): Prisma.Sql {
  const name = Prisma.raw(`'${key}'`)
  return Prisma.sql`from challenge c where c.endpoint_id = ${endpointId}::uuid and c.state = 'pending' and c.expires_at > now()
    and c.constraints->'rules' ? ${name} and c.constraints->'rules'->>${name} = ${value}`
}

/** Presented, and answered with a refusal. */
const wasRefused = Prisma.sql`exists (select from enrolment_transaction t where t.challenge_id = c.id and t.index_state = 'refused')`

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

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
  origin: ChallengeOrigin
  revoked_reason: string | null
  refused_reason: string | null
  refused_detail: string | null
  refused_at: Date | null
}

/**
 * The expression that challenge_names_idx has the trigrams of, to the letter: the subject as text and as it was typed, and what
 * else its constraints name.
 */
export const CHALLENGE_NAMES = Prisma.sql`(c.subject || chr(10) || coalesce(c.device_name, '') || chr(10)
  || jsonb_path_query_array(c.constraints, '$.subject[*].value')::text
  || chr(10) || (c.constraints - '{v,subject,subjectDer}'::text[])::text)`

async function conditionOf(
  database: Database | Transaction,
  filter: Parameters<ChallengeStore['list']>[0],
): Promise<Prisma.Sql> {
  const endpoint = Prisma.sql`c.endpoint_id`
  // Authorisations that were made as a request came in belong to its transaction: nobody minted them.
  const conditions = [
    Prisma.sql`c.origin in ('minted', 'signed')`,
    await atEndpointsOf(database, endpoint, filter.groups),
  ]
  if (filter.endpoint !== undefined) conditions.push(Prisma.sql`${endpoint} = ${endpointId(filter.endpoint)}`)
  if (filter.endpoints !== undefined) conditions.push(Prisma.sql`e.slug = any(${[...filter.endpoints]}::text[])`)
  if (filter.ids !== undefined) conditions.push(Prisma.sql`c.id = any(${[...filter.ids]}::uuid[])`)
  if (filter.group !== undefined) conditions.push(await atEndpointsOf(database, endpoint, [filter.group]))
  if (filter.state === 'refused') conditions.push(Prisma.sql`c.state <> 'consumed' and ${wasRefused}`)
  else if (filter.state !== undefined) conditions.push(hasState(filter.state))
  if (filter.subject !== undefined) conditions.push(Prisma.sql`c.subject = ${filter.subject}`)
  if (filter.deviceId !== undefined)
    conditions.push(Prisma.sql`(c.device_id = ${filter.deviceId}::uuid or c.id in (
      select k.challenge_id from device_certificate l join certificate k on k.id = l.certificate_id where l.device_id = ${filter.deviceId}::uuid))`)
  const search = filter.search?.trim().slice(0, 200) ?? ''
  if (search !== '') {
    const ofId = UUID.test(search) ? Prisma.sql`or c.id = ${search}::uuid` : Prisma.empty
    conditions.push(Prisma.sql`(${CHALLENGE_NAMES} ilike ${anywhere(search)} ${ofId})`)
  }
  return Prisma.join(conditions, ' and ')
}

type RevokedRow = Pick<
  ChallengeRow,
  'id' | 'subject' | 'endpoint_id' | 'endpoint_slug' | 'endpoint_name' | 'group_slug' | 'group_name'
>

const MINTED_FOR = Prisma.sql`challenge c
  join endpoint e on e.id = c.endpoint_id
  join "group" g on g.id = e.group_id`

const SORTED: Readonly<Record<ChallengeSort, SortedBy>> = {
  minted: { by: Prisma.sql`c.created_at`, type: 'timestamptz' },
  name: { by: Prisma.sql`c.subject`, type: 'text' },
  ends: { by: Prisma.sql`c.expires_at`, type: 'timestamptz' },
}

/** `which` is everything behind "where". */
async function readRows(database: Database, which: Prisma.Sql): Promise<ChallengeView[]> {
  const rows = await database.$queryRaw<ChallengeRow[]>`
    select c.id, ${effectiveState} as state, e.id as endpoint_id, e.slug as endpoint_slug, e.name as endpoint_name, g.slug as group_slug, g.name as group_name,
      c.subject, c.constraints, c.device_name, c.format, c.minted_by, c.minted_via, c.created_at, c.expires_at, c.consumed_at, c.revoked_at,
      c.failed_attempts, x.id as certificate_id, x.serial, c.origin, c.revoked_reason,
      refused.reason as refused_reason, refused.detail as refused_detail, refused.created_at as refused_at
    from ${MINTED_FOR}
    left join certificate x on x.challenge_id = c.id and x.state = 'issued'
    left join lateral (
      select t.reason, t.detail, t.created_at from enrolment_transaction t where t.challenge_id = c.id and t.index_state = 'refused' order by t.created_at desc limit 1
    ) refused on true
    where ${which}`
  return rows.map(viewOf)
}

function viewOf(row: ChallengeRow): ChallengeView {
  const { refused_reason: reason, refused_at: at } = row
  return {
    id: row.id,
    origin: row.origin,
    rules: row.constraints.rules ?? null,
    lastRefusal:
      reason === null || at === null
        ? null
        : { reason, explanation: explanationOf(reason), detail: row.refused_detail, at },
    revokedReason: row.revoked_reason,
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
    certificate:
      row.certificate_id === null || row.serial === null ? null : { id: row.certificate_id, serial: row.serial },
  }
}
