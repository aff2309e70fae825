/** Requests that people decide about, in Postgres: held, decided and expired under the lock of their row. */
import type { ApprovalState, ApprovalStore, DecisionOutcome, NamedRequest } from '@/lib/services/approval-types'
import { sourceOf } from '@/lib/services/source-address'
import {
  countApprovals,
  countUndecided,
  readApproval,
  readApprovals,
  readApproved,
  readHistory,
  readUndecided,
} from './approval-rows'
import { bytes } from './certificate-rows'
import { finishRow } from './challenge-redemption'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'
import { inReach } from './reach'

export function approvalStore(database: Database): ApprovalStore {
  return guarded<ApprovalStore>({
    async hold(request, most, requested) {
      return transact(database, async (transaction) => {
        const id = request.transactionRowId
        await transaction.$queryRaw`select id from endpoint where id = ${request.endpointId}::uuid for no key update`
        const [known] = await transaction.$queryRaw<{ state: ApprovalState }[]>`
          select ${effective} as state from approval_request a where a.enrolment_transaction_id = ${id}::uuid`
        if (known !== undefined) {
          if (known.state === 'open') await waitFor(transaction, id)
          return { result: known.state, events: [] }
        }
        const waiting = await transaction.$queryRaw<{ ip: string | null }[]>`
          select t.source_ip as ip from approval_request a join enrolment_transaction t on t.id = a.enrolment_transaction_id
          where a.endpoint_id = ${request.endpointId}::uuid and a.state = 'open' and a.expires_at > now() limit ${most.perEndpoint}`
        const fromThere = waiting.filter(({ ip }) => sourceOf(ip) === request.source).length
        if (waiting.length >= most.perEndpoint || fromThere >= most.perSource)
          return { result: 'full' as const, events: [] }
        const [held] = await transaction.$queryRaw<{ expires_at: Date }[]>`
          insert into approval_request (enrolment_transaction_id, endpoint_id, spki, subject_der, sans, requested, renews_certificate_id, rules, expires_at)
          values (${id}::uuid, ${request.endpointId}::uuid, ${bytes(request.spki)}, ${bytes(request.subjectDer)}, ${JSON.stringify(request.san)}::jsonb,
            ${JSON.stringify({ ...request.requested, key: request.key })}::jsonb, ${request.renews?.id ?? null}::uuid,
            ${JSON.stringify(request.rules)}::jsonb, least(now() + make_interval(hours => ${request.ttlHours}::int), ${request.renews?.notAfter ?? null}::timestamptz))
          returning expires_at`
        if (held === undefined) throw new Error('a request was held and is not there')
        // The row may be older, from a request that was refused: it counts for where it comes from now.
        await transaction.$executeRaw`update enrolment_transaction set source_ip = ${request.ip} where id = ${id}::uuid`
        await waitFor(transaction, id)
        return { result: 'open' as const, events: [requested(held.expires_at)] }
      })
    },

    async decide({ id, by, name, approves, comment, denied }, event) {
      return transact<DecisionOutcome>(database, async (transaction) => {
        const [request] = await transaction.$queryRaw<(NamedRow & { state: ApprovalState; required: number })[]>`
          select ${effective} as state, e.approvals_required as required, ${named}
          from approval_request a ${joined} where a.enrolment_transaction_id = ${id}::uuid for update of a`
        if (request === undefined) return { result: { outcome: 'unknown' }, events: [] }
        if (request.state !== 'open') return { result: { outcome: request.state }, events: [] }
        const said = await transaction.$executeRaw`
          insert into approval_decision (enrolment_transaction_id, decided_by, name, approves, comment)
          values (${id}::uuid, ${by}, ${name}, ${approves}, ${comment}) on conflict do nothing`
        if (said === 0) return { result: { outcome: 'again' }, events: [] }
        const approvals = await transaction.approvalDecision.count({
          where: { enrolmentTransactionId: id, approves: true },
        })
        const { required } = request
        const state = !approves ? 'denied' : approvals >= required ? 'approved' : 'open'
        if (state !== 'open') await close(transaction, id, state)
        if (state === 'denied') {
          await takeUp(transaction, id)
          await finishRow(transaction, id, denied, null)
        }
        if (state === 'approved') await takeUp(transaction, id)
        const result = { outcome: 'recorded', state, approvals, required } as const
        return { result, events: [event(namedRequest(request), { approvals, required })] }
      })
    },

    undecided: (filter, page) => readUndecided(database, filter, page),
    countUndecided: (filter, by, most) => countUndecided(database, filter, by, most),
    approved: (id) => readApproved(database, id),

    async unfinished(limit) {
      const rows = await database.$queryRaw<{ id: string }[]>`
        select t.id from approval_request a join enrolment_transaction t on t.id = a.enrolment_transaction_id
        where a.state = 'approved' and t.state in ('received', 'failed') order by a.decided_at limit ${limit}`
      return rows.map(({ id }) => id)
    },

    async expire(limit, row, expired) {
      return transact(database, async (transaction) => {
        const due = await transaction.$queryRaw<NamedRow[]>`
          select ${named} from approval_request a ${joined}
          where (a.state = 'open' and a.expires_at <= now())
            or (a.state = 'approved' and a.expires_at <= now() - interval '1 day' and t.state in ('received', 'failed')
              and not exists (select from certificate x where x.challenge_id = t.challenge_id and x.state <> 'abandoned'))
          order by a.expires_at limit ${limit} for update of a skip locked`
        for (const { id } of due) {
          await close(transaction, id, 'expired')
          await takeUp(transaction, id)
          await finishRow(transaction, id, row, null)
        }
        return { result: due.length, events: due.map((each) => expired(namedRequest(each))) }
      })
    },

    list: (filter, keyset) => readApprovals(database, filter, keyset),
    count: (filter, request) => countApprovals(database, filter, request),

    async countOpen({ groups }) {
      const [row] = await database.$queryRaw<{ count: number }[]>`
        select count(*)::int as count from approval_request a
        join endpoint e on e.id = a.endpoint_id join "group" g on g.id = e.group_id
        where ${effective} = 'open' and ${inReach(Prisma.sql`g.slug`, groups)}`
      return row?.count ?? 0
    },

    get: (id) => readApproval(database, id),
    history: (request, limit, reach) => readHistory(database, request, limit, reach),
  })
}

/** What is past its end is expired, whether or not the job has been by. */
const effective = Prisma.sql`(case when a.state = 'open' and a.expires_at <= now() then 'expired' else a.state end)`
const joined = Prisma.sql`join enrolment_transaction t on t.id = a.enrolment_transaction_id
  join endpoint e on e.id = a.endpoint_id join "group" g on g.id = e.group_id`
const named = Prisma.sql`t.id, coalesce(t.subject, '') as subject, t.transaction_id, t.spki_sha256, e.slug as endpoint_slug, g.slug as group_slug`

interface NamedRow {
  id: string
  subject: string
  transaction_id: Uint8Array
  spki_sha256: Uint8Array
  endpoint_slug: string
  group_slug: string
}

function namedRequest(row: NamedRow): NamedRequest {
  const { id, subject, transaction_id: transactionId, spki_sha256: spkiSha256 } = row
  return { id, subject, transactionId, spkiSha256, endpointSlug: row.endpoint_slug, groupSlug: row.group_slug }
}

/** received → pending, until the request's end. */
async function waitFor(transaction: Transaction, id: string): Promise<void> {
  await transaction.$executeRaw`
    update enrolment_transaction t set state = 'pending', expires_at = a.expires_at
    from approval_request a where t.id = ${id}::uuid and a.enrolment_transaction_id = t.id and t.state = 'received'`
}

/** pending → received: somebody works on it now. One that failed is taken up again in the same way. */
async function takeUp(transaction: Transaction, id: string): Promise<void> {
  await transaction.$executeRaw`
    update enrolment_transaction set state = 'received', claimed_at = now(), reason = null, detail = null, finished_at = null
    where id = ${id}::uuid and state in ('pending', 'failed')`
}

async function close(transaction: Transaction, id: string, state: ApprovalState): Promise<void> {
  await transaction.$executeRaw`
    update approval_request set state = ${state}, decided_at = case when ${state} = 'expired' then decided_at else now() end
    where enrolment_transaction_id = ${id}::uuid`
}
