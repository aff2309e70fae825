/** Revoked certificates by the page, as columns from the database's own arrays: no row, no text and no object for any. */
import type pg from 'pg'
import { REVOCATION_REASON_NUMBER } from '@/lib/pki/crl'
import type { RevokedPage, StatusStore } from '@/lib/services/status'

const PAGE = 2_000

/** All of one moment. The order is that of an index, so that each page costs its own rows. */
export async function* readRevoked(
  pool: pg.Pool,
  authorityId: string,
  { shard, previousThisUpdate }: Parameters<StatusStore['revoked']>[1],
): AsyncGenerator<RevokedPage> {
  const client = await pool.connect()
  // A connection that breaks while it is lent fails its statement; unheard, its event would end the process as well.
  const heard = () => {}
  client.on('error', heard)
  try {
    await client.query('begin isolation level repeatable read read only')
    // A planner that takes many rows for few would sort them all for every page.
    await client.query('set local enable_sort = off; set local enable_bitmapscan = off; set local enable_seqscan = off')
    for (let after = ''; ; ) {
      const { rows } = await client.query<ColumnsRow>({
        text: shard === null ? WHOLE : OF_SHARD,
        values: [authorityId, after, previousThisUpdate, ...(shard === null ? [] : [shard])],
      })
      const [row] = rows
      if (row === undefined || row.count === 0) return
      yield pageOf(row)
      if (row.count < PAGE) return
      after = row.last
    }
  } finally {
    // A connection that cannot even do this is not used again.
    const broken = await client.query('rollback').then(
      () => false,
      () => true,
    )
    client.release(broken)
    client.off('error', heard)
  }
}

/** array_send() is PostgreSQL's binary form, whatever the connection speaks. */
const columns = (condition: string) => `
  select count(*)::int as count, max(serial collate "C") as last,
    array_send(array_agg(decode(serial, 'hex'))) as serials,
    array_send(array_agg(revoked_at)) as revoked_at,
    array_send(array_agg(case revocation_reason ${reasonCases()} else 0 end)) as reasons,
    array_send(array_agg(invalidity_date)) as invalidity_dates,
    array_send(array_agg(coalesce(crl_shard, 0))) as shards
  from (
    select serial, revoked_at, revocation_reason, invalidity_date, crl_shard from certificate
    where authority_id = $1 and serial collate "C" > $2 and revoked_at is not null
      and ($3::timestamptz is null or greatest(not_after, revoked_at + interval '1 hour') >= $3::timestamptz)
      ${condition}
    order by serial collate "C" limit ${PAGE}
  ) page`

function reasonCases(): string {
  return Object.entries(REVOCATION_REASON_NUMBER)
    .map(([name, number]) => `when '${name}' then ${number}`)
    .join(' ')
}

const WHOLE = columns('')
const OF_SHARD = columns('and crl_shard = $4')

interface ColumnsRow {
  count: number
  last: string
  serials: Buffer
  revoked_at: Buffer
  reasons: Buffer
  invalidity_dates: Buffer
  shards: Buffer
}

function pageOf(row: ColumnsRow): RevokedPage {
  const { count } = row
  return {
    count,
    ...octets(row.serials, count),
    revokedAt: times(row.revoked_at, count),
    reasons: Uint8Array.from(integers(row.reasons, count)),
    invalidityDates: times(row.invalidity_dates, count),
    shards: integers(row.shards, count),
  }
}

/** Dimensions, flags, element type, and one dimension's length and lower bound; then each element behind its length. */
const HEADER_BYTES = 20
const LENGTH_BYTES = 4

function octets(array: Buffer, count: number): Pick<RevokedPage, 'serials' | 'serialEnds'> {
  const serials = new Uint8Array(array.length - HEADER_BYTES - count * LENGTH_BYTES)
  const serialEnds = new Uint32Array(count)
  let end = 0
  for (let i = 0, at = HEADER_BYTES; i < count; i++) {
    const length = array.readInt32BE(at)
    at += LENGTH_BYTES
    for (const elementEnd = at + length; at < elementEnd; at++) serials[end++] = array[at] ?? 0
    serialEnds[i] = end
  }
  return { serials, serialEnds }
}

function integers(array: Buffer, count: number): Int32Array {
  const values = new Int32Array(count)
  for (let i = 0, at = HEADER_BYTES + LENGTH_BYTES; i < count; i++, at += 4 + LENGTH_BYTES)
    values[i] = array.readInt32BE(at)
  return values
}

const MILLENNIUM = Date.UTC(2000, 0, 1)
const ABSENT = -1

/** timestamptz: microseconds since 2000. */
function times(array: Buffer, count: number): Float64Array {
  const values = new Float64Array(count).fill(Number.NaN)
  for (let i = 0, at = HEADER_BYTES; i < count; i++) {
    const length = array.readInt32BE(at)
    at += LENGTH_BYTES
    if (length === ABSENT) continue
    const microseconds = array.readInt32BE(at) * 2 ** 32 + array.readUInt32BE(at + 4)
    values[i] = MILLENNIUM + Math.floor(microseconds / 1000)
    at += length
  }
  return values
}
