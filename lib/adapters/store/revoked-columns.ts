/** Revoked certificates by the page, as columns from the database's own arrays: no row, no text and no object for any. */
import type pg from 'pg'
import { REVOCATION_REASON_NUMBER } from '@/lib/pki/crl'
import type { RevokedPage, StatusStore } from '@/lib/services/status'

type Page = Parameters<StatusStore['revoked']>[1]

export async function readRevoked(pool: pg.Pool, authorityId: string, page: Page): Promise<RevokedPage> {
  const { after, limit, shard, previousThisUpdate } = page
  const { rows } = await pool.query<ColumnsRow>({
    name: shard === null ? 'revoked' : 'revoked-of-shard',
    text: shard === null ? WHOLE : OF_SHARD,
    values: [authorityId, after, limit, previousThisUpdate, ...(shard === null ? [] : [shard])],
  })
  const [row] = rows
  return row === undefined || row.count === 0 ? EMPTY : pageOf(row)
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
      and ($4::timestamptz is null or greatest(not_after, revoked_at + interval '1 hour') >= $4::timestamptz)
      ${condition}
    order by serial collate "C" limit $3
  ) page`

function reasonCases(): string {
  return Object.entries(REVOCATION_REASON_NUMBER)
    .map(([name, number]) => `when '${name}' then ${number}`)
    .join(' ')
}

const WHOLE = columns('')
const OF_SHARD = columns('and crl_shard = $5')

interface ColumnsRow {
  count: number
  last: string
  serials: Buffer
  revoked_at: Buffer
  reasons: Buffer
  invalidity_dates: Buffer
  shards: Buffer
}

const EMPTY: RevokedPage = {
  count: 0,
  serials: new Uint8Array(),
  serialEnds: new Uint32Array(),
  revokedAt: new Float64Array(),
  reasons: new Uint8Array(),
  invalidityDates: new Float64Array(),
  shards: new Int32Array(),
  last: '',
}

function pageOf(row: ColumnsRow): RevokedPage {
  const { count, last } = row
  return {
    count,
    last,
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
    serials.set(array.subarray(at, at + length), end)
    at += length
    end += length
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
