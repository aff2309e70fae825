/** One batch of a bulk revocation: a transaction that changes some hundred certificates and says so of each. */
import type { BulkRecord, BulkRevocationStore, SkipCause } from '@/lib/services/bulk-revocation-types'
import type { RevokedFacts } from '@/lib/services/revocation'
import { BULK_COLUMNS, type BulkRow, bulkRecord } from './bulk-rows'
import { CERTIFICATE_TABLES, statusColumn } from './certificate-filter'
import { makeCrlsDue } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'

type Work = Parameters<BulkRevocationStore['work']>

export interface Batch {
  id: Work[0]
  limit: Work[1]
  moment: Work[2]
  statuses: Work[3]
  events: Work[4]
}

/** The row of the whole is locked first: batches of one take turns, and whoever stops it waits for the one under way. */
export async function workOnBatch(
  database: Database,
  { id, limit, moment, statuses, events }: Batch,
): Promise<'more' | 'finished' | 'not_running'> {
  return transact(database, async (transaction) => {
    const [row] = await transaction.$queryRaw<(BulkRow & { reached: string | null })[]>`
      select ${BULK_COLUMNS}, b.reached from bulk_revocation b
      where b.id = ${id}::uuid and b.state = 'running' for no key update`
    if (row === undefined) return { result: 'not_running' as const, events: [] }
    const { reached: before, ...rest } = row
    const bulk = bulkRecord(rest)
    const ids = await lockNext(transaction, id, before, limit)
    const reached = ids.at(-1) ?? before
    const looked = ids.length === 0 ? [] : await changeAndNote(transaction, bulk, ids, { moment, statuses })
    const changed = looked.filter(({ outcome }) => outcome === 'done')
    const after = await count(transaction, id, {
      done: changed.length,
      skipped: looked.length - changed.length,
      reached,
      now: moment.now,
    })
    await makeCrlsDue(
      transaction,
      changed.map(({ authority_id }) => authority_id),
      moment.now,
    )
    const finished = after.state === 'finished'
    return {
      result: finished ? ('finished' as const) : ('more' as const),
      events: [
        ...changed.map((each) => events.changed(bulk, factsOf(each))),
        ...(finished ? [events.finished(after)] : []),
      ],
    }
  })
}

/**
 * In the order of their ids, so that two bulk revocations that share certificates never wait for each other. Here and below
 * every row is named by its key: a list that was just written has no statistics yet, and a guess would read all of it.
 */
async function lockNext(
  transaction: Transaction,
  id: string,
  reached: string | null,
  limit: number,
): Promise<string[]> {
  const next = await transaction.$queryRaw<{ id: string }[]>`
    select certificate_id as id from bulk_revocation_item
    where bulk_id = ${id}::uuid and certificate_id > ${reached ?? LOWEST}::uuid order by certificate_id limit ${limit}`
  const ids = next.map((row) => row.id)
  await transaction.$queryRaw`select id from certificate where id = any(${ids}::uuid[]) order by id for no key update`
  return ids
}

const LOWEST = '00000000-0000-0000-0000-000000000000'

interface LookedAt {
  id: string
  serial: string
  subject: string
  authority_id: string
  issuer: string
  fingerprint_sha256: Uint8Array
  outcome: 'done' | 'skipped'
}

/** The locks are held, so what this statement reads is what it changes. */
async function changeAndNote(
  transaction: Transaction,
  bulk: BulkRecord,
  ids: string[],
  { moment: { now, expiringBefore }, statuses }: Pick<Batch, 'moment' | 'statuses'>,
): Promise<LookedAt[]> {
  return transaction.$queryRaw<LookedAt[]>`
    with current as (
      select c.id, c.serial, c.subject, c.authority_id, a.name as issuer, c.fingerprint_sha256, c.revoked_at,
        ${statusColumn(now, expiringBefore)} as status
      from ${CERTIFICATE_TABLES} where c.id = any(${ids}::uuid[])
    ), changed as (
      update certificate c set ${change(bulk, now)}
      from current where c.id = current.id and c.id = any(${ids}::uuid[]) and c.state = 'issued' and current.status = any(${[...statuses[bulk.action]]})
        and ${meant(bulk)}
      returning c.id
    ), noted as (
      update bulk_revocation_item i set at = ${now},
        outcome = case when changed.id is null then 'skipped' else 'done' end,
        skipped_why = case when changed.id is null then ${WHY} end
      from current left join changed on changed.id = current.id
      where i.bulk_id = ${bulk.id}::uuid and i.certificate_id = any(${ids}::uuid[]) and i.certificate_id = current.id
        and i.outcome is null
      returning i.certificate_id, i.outcome
    )
    select current.id, serial, subject, authority_id, issuer, fingerprint_sha256, noted.outcome
    from noted join current on current.id = noted.certificate_id order by current.id`
}

/** A hold that somebody set after the release was confirmed is another one, for a reason of its own. */
function meant(bulk: BulkRecord): Prisma.Sql {
  return bulk.action === 'release' ? Prisma.sql`current.revoked_at <= ${bulk.createdAt}` : Prisma.sql`true`
}

function change(bulk: BulkRecord, now: Date): Prisma.Sql {
  if (bulk.reason === null)
    return Prisma.sql`revoked_at = null, revocation_reason = null, revoked_by = null, revocation_comment = null, invalidity_date = null`
  return Prisma.sql`revoked_at = ${now}, revocation_reason = ${bulk.reason}::"RevocationReason", revoked_by = ${bulk.requestedBy.name},
    revocation_comment = ${bulk.comment}, invalidity_date = ${bulk.invalidityDate}`
}

/** skipCause() of lib/services/bulk-selection.ts. */
const WHY = Prisma.sql`case current.status when 'revoked' then ${cause('already_revoked')} when 'held' then ${cause('on_hold')}
  when 'expired' then ${cause('expired')} when 'issuer_revoked' then ${cause('issuer_revoked')} else ${cause('not_on_hold')} end`

function cause(why: SkipCause): SkipCause {
  return why
}

async function count(
  transaction: Transaction,
  id: string,
  { done, skipped, reached, now }: { done: number; skipped: number; reached: string | null; now: Date },
): Promise<BulkRecord> {
  const [row] = await transaction.$queryRaw<BulkRow[]>`
    update bulk_revocation b set done = b.done + ${done}, skipped = b.skipped + ${skipped},
      reached = coalesce(${reached}::uuid, b.reached), state = case when over.is then 'finished' else b.state end,
      ended_at = case when over.is then ${now}::timestamptz end
    from (select done + skipped + ${done} + ${skipped} >= total as is from bulk_revocation where id = ${id}::uuid) over
    where b.id = ${id}::uuid returning ${BULK_COLUMNS}`
  if (row === undefined) throw new Error(`bulk revocation ${id} is gone`)
  return bulkRecord(row)
}

function factsOf({ id, serial, subject, issuer, fingerprint_sha256 }: LookedAt): RevokedFacts {
  return { id, serial, subject, issuer, fingerprintSha256: Buffer.from(fingerprint_sha256).toString('hex') }
}
