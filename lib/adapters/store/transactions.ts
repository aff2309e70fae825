/** Enrolment transactions as the portal shows them: pages of them, one with its records, and how often each cause was. */
import { eventView, parseEvent } from '@/lib/services/audit-events'
import { fingerprint } from '@/lib/services/certificate-intent'
import type { MatchRules } from '@/lib/services/challenge-match'
import type { ChallengeConstraints, ChallengeOrigin, ChallengeState } from '@/lib/services/challenges'
import { transactionIdText } from '@/lib/services/scep-exchange'
import {
  QUESTIONS,
  type TransactionRecord,
  type TransactionRow,
  type TransactionSort,
  type TransactionStore,
} from '@/lib/services/transactions'
import { atEndpointsOf, endpointId } from './by-slug'
import { effectiveState } from './challenge-rows'
import type { Database } from './database'
import { recordOf } from './flight-records'
import { Prisma } from './generated/client'
import { guarded } from './outage'
import { inReach } from './reach'
import { anywhere, boundedCount, type SortedBy, sortedPage } from './sorted-pages'

export function transactionStore(database: Database): TransactionStore {
  return guarded<TransactionStore>({
    async list(filter, keyset) {
      const { beyond, ordered } = sortedPage(keyset, SORTED, Prisma.sql`t.id`)
      const rows = await database.$queryRaw<ListRow[]>`
        select ${LIST_COLUMNS} from ${LIST_TABLES} where ${await conditionOf(database, filter)} and ${beyond} ${ordered}`
      return rows.map(viewOf)
    },

    async count(filter, { most, since }) {
      const newer = since === undefined ? Prisma.sql`true` : Prisma.sql`t.created_at > ${since}`
      // Whether there is a certificate decides nothing here.
      const rows = Prisma.sql`1 from ${ASKED} where ${await conditionOf(database, filter)} and ${newer}`
      const [row] = await database.$queryRaw<{ count: number }[]>(boundedCount(rows, { most }))
      return row?.count ?? 0
    },

    async get(id, mostRecords) {
      const [row] = await database.$queryRaw<DetailRow[]>`
        select ${LIST_COLUMNS}, t.csr_sha256, t.spki_sha256, t.signer_spki_sha256,
          c.subject as challenge_subject, ${effectiveState} as challenge_state, c.origin, c.constraints,
          p.min_rsa_bits, p.elliptic_curves, p.extended_key_usage
        from ${LIST_TABLES}
        join profile p on p.id = e.profile_id
        left join challenge c on c.id = t.challenge_id
        where t.id = ${id}::uuid`
      if (row === undefined) return null
      const [records, history] = await Promise.all([recordsOf(database, id, mostRecords), historyOf(database, row)])
      return { ...detailOf(row), records, history }
    },

    async clients({ groups }) {
      // From one client to the next along the index: however many rows, one look at each family.
      const rows = await database.$queryRaw<{ client: string }[]>`
        with recursive seen as (
          (select client from enrolment_transaction where client is not null order by client limit 1)
          union all
          select (select t.client from enrolment_transaction t where t.client > seen.client order by t.client limit 1)
          from seen where seen.client is not null
        )
        select client from seen where client is not null and ${
          groups === undefined
            ? Prisma.sql`true`
            : Prisma.sql`exists (select from enrolment_transaction t where t.client = seen.client and ${ofEndpoints(groups)})`
        } limit 100`
      return rows.map(({ client }) => client)
    },
  })
}

function ofEndpoints(groups: readonly string[] | undefined): Prisma.Sql {
  if (groups === undefined) return Prisma.sql`true`
  return Prisma.sql`t.endpoint_id in (select e.id from endpoint e join "group" g on g.id = e.group_id where ${inReach(Prisma.sql`g.slug`, groups)})`
}

const MOST_EVENTS = 100

async function historyOf(database: Database, row: DetailRow): Promise<TransactionRecord['history']> {
  const ids = [row.id, row.challenge_id, row.certificate_id].filter((id) => id !== null)
  const [named, refusal] = await Promise.all([
    database.auditEvent.findMany({
      where: {
        objectType: { in: ['certificate', 'challenge', 'transaction'] },
        objectId: { in: ids },
        // That people read about a certificate is none of its history.
        type: { not: 'audit.read' },
      },
      orderBy: { seq: 'desc' },
      take: MOST_EVENTS,
      select: EVENT,
    }),
    refusalOf(database, row),
  ])
  const isNew = refusal !== undefined && named.every(({ seq }) => seq !== refusal.seq)
  const all = isNew ? [...named, refusal].sort((one, other) => Number(other.seq - one.seq)) : named
  return all.slice(0, MOST_EVENTS).map(eventView)
}

const EVENT = { seq: true, payload: true, chain: true } as const

/** Milliseconds. A row ends with the start of the transaction that records its event, and both are rounded. */
const BEFORE = 10
const AFTER = 5_000
/** Others that were denied something meanwhile. */
const MOST_BETWEEN = 1_000

/**
 * The event of a refusal names what it is about: the endpoint, a secret, a validator, the certificate to be renewed. It is the
 * first one since the end of the row that says the same of the request.
 */
async function refusalOf(database: Database, { finished_at: end, ...row }: DetailRow) {
  if (row.state !== 'refused' || end === null) return undefined
  const transactionId = row.transaction_id.length === 0 ? undefined : transactionIdText(row.transaction_id)
  const csrSha256 = row.csr_sha256 === null ? undefined : fingerprint(row.csr_sha256)
  const since = await database.auditEvent.findMany({
    where: {
      time: { gte: new Date(end.getTime() - BEFORE), lte: new Date(end.getTime() + AFTER) },
      outcome: 'denied',
    },
    orderBy: { seq: 'asc' },
    take: MOST_BETWEEN,
    select: EVENT,
  })
  return since.find(({ payload }) => {
    const { reason, request, data = {}, source } = parseEvent(payload)
    return (
      reason === row.reason &&
      request.transactionId === transactionId &&
      data.endpoint === row.endpoint_slug &&
      data.csrSha256 === csrSha256 &&
      // A request that is sent again from another address keeps its first one.
      (csrSha256 !== undefined || source.ip === row.source_ip)
    )
  })
}

/** The newest, in the order they happened. */
async function recordsOf(database: Database, id: string, most: number): Promise<TransactionRecord['records']> {
  const rows = await database.enrolmentRecord.findMany({
    where: { enrolmentTransactionId: id },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: most,
    select: {
      id: true,
      createdAt: true,
      operation: true,
      outcome: true,
      client: true,
      sourceIp: true,
      story: true,
      steps: true,
    },
  })
  return rows.reverse().map(recordOf)
}

const LIST_COLUMNS = Prisma.sql`t.id, t.state, e.slug as endpoint_slug, e.name as endpoint_name, g.slug as group_slug, g.name as group_name,
  t.subject, t.reason, t.detail, t.transaction_id, t.source_ip, t.user_agent, t.client, t.challenge_id, x.id as certificate_id, x.serial,
  t.created_at, t.finished_at, t.message_type`

const ASKED = Prisma.sql`enrolment_transaction t
  join endpoint e on e.id = t.endpoint_id
  join "group" g on g.id = e.group_id`

const SORTED: Readonly<Record<TransactionSort, SortedBy>> = {
  asked: { by: Prisma.sql`t.created_at`, type: 'timestamptz' },
  name: { by: Prisma.sql`coalesce(t.subject, '')`, type: 'text' },
}

const LIST_TABLES = Prisma.sql`${ASKED}
  left join certificate x on x.id = t.certificate_id and x.state = 'issued'`

interface ListRow {
  id: string
  state: TransactionRow['state']
  endpoint_slug: string
  endpoint_name: string
  group_slug: string
  group_name: string
  subject: string | null
  reason: string | null
  detail: string | null
  transaction_id: Uint8Array
  source_ip: string | null
  user_agent: string | null
  client: string | null
  challenge_id: string | null
  certificate_id: string | null
  serial: string | null
  created_at: Date
  finished_at: Date | null
  message_type: number | null
}

interface DetailRow extends ListRow {
  csr_sha256: Uint8Array | null
  spki_sha256: Uint8Array | null
  signer_spki_sha256: Uint8Array | null
  challenge_subject: string | null
  challenge_state: ChallengeState
  origin: ChallengeOrigin
  constraints: ChallengeConstraints | null
  min_rsa_bits: number
  elliptic_curves: MatchRules['ellipticCurves']
  extended_key_usage: MatchRules['extendedKeyUsage']
}

/** Of a transaction's row: GetCert and GetCRL. */
export const isQuestion = Prisma.sql`coalesce(message_type, 0) in (${Prisma.join([...QUESTIONS])})`

/** As the index of them says it. */
export const UNSUCCESSFUL = Prisma.sql`t.index_state in ('refused', 'failed')`

/** One that was recorded together with the intent of its certificate is found by that while it is worked on. */
export function isInState(state: TransactionRow['state']): Prisma.Sql {
  const stated = Prisma.sql`t.state = ${state}::"TransactionState"`
  if (state === 'refused' || state === 'failed') return Prisma.sql`t.index_state = ${state}::"TransactionState"`
  if (state !== 'received') return stated
  return Prisma.sql`${stated} and (t.index_state = 'received' or t.id = any(array(
    select x.enrolment_transaction_id from certificate x where x.state = 'intent')))`
}

async function conditionOf(database: Database, filter: Parameters<TransactionStore['list']>[0]): Promise<Prisma.Sql> {
  const endpoint = Prisma.sql`t.endpoint_id`
  const conditions = [await atEndpointsOf(database, endpoint, filter.groups)]
  if (filter.kind === 'question') conditions.push(isQuestion)
  if (filter.kind === 'enrolment') conditions.push(Prisma.sql`not ${isQuestion}`)
  if (filter.endpoint !== undefined) conditions.push(Prisma.sql`${endpoint} = ${endpointId(filter.endpoint)}`)
  if (filter.group !== undefined) conditions.push(await atEndpointsOf(database, endpoint, [filter.group]))
  if (filter.state === 'unsuccessful') conditions.push(UNSUCCESSFUL)
  else if (filter.state !== undefined) conditions.push(isInState(filter.state))
  if (filter.reason !== undefined) conditions.push(Prisma.sql`t.reason = ${filter.reason}`)
  if (filter.client !== undefined) conditions.push(Prisma.sql`t.client = ${filter.client}`)
  if (filter.subject !== undefined) conditions.push(Prisma.sql`t.subject = ${filter.subject}`)
  if (filter.deviceId !== undefined)
    conditions.push(Prisma.sql`(t.certificate_id in (select certificate_id from device_certificate where device_id = ${filter.deviceId}::uuid)
      or t.challenge_id in (select id from challenge where device_id = ${filter.deviceId}::uuid))`)
  if (filter.device !== undefined) conditions.push(Prisma.sql`t.subject ilike ${anywhere(filter.device)}`)
  if (filter.from !== undefined) conditions.push(Prisma.sql`t.created_at >= ${filter.from}`)
  if (filter.to !== undefined) conditions.push(Prisma.sql`t.created_at < ${filter.to}`)
  return Prisma.join(conditions, ' and ')
}

function detailOf(row: DetailRow): Omit<TransactionRecord, 'records' | 'history'> {
  const { challenge_id: challengeId, challenge_subject: subject, constraints } = row
  return {
    ...viewOf(row),
    csrSha256: row.csr_sha256,
    spkiSha256: row.spki_sha256,
    signerSpkiSha256: row.signer_spki_sha256,
    challenge:
      challengeId === null || subject === null || constraints === null
        ? null
        : { id: challengeId, subject, state: row.challenge_state, origin: row.origin, constraints },
    rules: {
      minRsaBits: row.min_rsa_bits,
      ellipticCurves: row.elliptic_curves,
      extendedKeyUsage: row.extended_key_usage,
    },
  }
}

function viewOf(row: ListRow): TransactionRow {
  return {
    id: row.id,
    state: row.state,
    endpoint: { slug: row.endpoint_slug, name: row.endpoint_name },
    group: { slug: row.group_slug, name: row.group_name },
    subject: row.subject,
    reason: row.reason,
    detail: row.detail,
    transactionId: row.transaction_id.length === 0 ? '' : transactionIdText(row.transaction_id),
    sourceIp: row.source_ip,
    userAgent: row.user_agent,
    client: row.client,
    challengeId: row.challenge_id,
    certificate:
      row.certificate_id === null || row.serial === null ? null : { id: row.certificate_id, serial: row.serial },
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    messageType: row.message_type,
  }
}
