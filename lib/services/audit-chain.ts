/** Proof that no row of the audit trail was changed, removed, added or moved: pure arithmetic over the stored bytes. */
import { createHash } from 'node:crypto'
import { parseEvent, type RecordedEvent } from './audit-events'

/** One row: the bytes that count, and the copies beside them that searches read. */
export interface AuditRow {
  seq: bigint
  payload: Uint8Array
  leaf: Uint8Array
  chain: Uint8Array
  id: string
  time: Date
  type: string
  outcome: string
  severity: string
  actorId: string | null
  actorName: string | null
  objectType: string | null
  objectId: string | null
  sourceIp: string | null
}

export type ChainLink = Pick<AuditRow, 'seq' | 'payload' | 'leaf' | 'chain'>

/** Where the chain stands after a row that held. */
export interface ChainState {
  seq: bigint
  chain: Uint8Array
}

export type ChainFault =
  | 'row_missing'
  | 'row_inserted'
  | 'payload_altered'
  | 'chain_broken'
  | 'columns_altered'
  | 'tail_truncated'
  | 'head_altered'

export interface BrokenRow {
  seq: bigint
  kind: ChainFault
  problem: string
}

export const GENESIS: ChainState = { seq: 0n, chain: new Uint8Array(32) }

/** RFC 6962 leaf: SHA-256(0x00 || payload). */
export function leafOf(payload: Uint8Array): Uint8Array {
  return createHash('sha256').update(Uint8Array.of(0x00)).update(payload).digest()
}

/** SHA-256(0x02 || chain of the row before || leaf). */
export function chainOf(before: Uint8Array, leaf: Uint8Array): Uint8Array {
  return createHash('sha256').update(Uint8Array.of(0x02)).update(before).update(leaf).digest()
}

/** Checks that a row follows `before`: next in number, its bytes as hashed, its chain value made from both. */
export function checkLink(before: ChainState, row: ChainLink): BrokenRow | null {
  const expected = before.seq + 1n
  if (row.seq > expected) return broken(expected, 'row_missing', `Event ${expected} is missing.`)
  if (row.seq < expected) return broken(row.seq, 'row_inserted', `Event ${row.seq} stands where none belongs.`)
  const leaf = leafOf(row.payload)
  if (!same(leaf, row.leaf)) {
    return broken(row.seq, 'payload_altered', `What event ${row.seq} says is not what was recorded.`)
  }
  if (!same(chainOf(before.chain, leaf), row.chain)) {
    return broken(row.seq, 'chain_broken', `Event ${row.seq} does not follow from the event before it.`)
  }
  return null
}

/** The copies that searches read must say what the payload says, or a filter could hide a row that still verifies. */
export function checkColumns(row: AuditRow): BrokenRow | null {
  const event = readable(row.payload)
  if (!event) return broken(row.seq, 'columns_altered', `Event ${row.seq} cannot be read.`)
  const pairs: Record<string, [unknown, unknown]> = {
    id: [row.id, event.id],
    time: [row.time.toISOString(), event.time],
    type: [row.type, event.type],
    outcome: [row.outcome, event.outcome],
    severity: [row.severity, event.severity],
    actor_id: [row.actorId, event.actor?.id ?? null],
    actor_name: [row.actorName, event.actor?.name ?? null],
    object_type: [row.objectType, event.object?.type ?? null],
    object_id: [row.objectId, event.object?.id ?? null],
    source_ip: [row.sourceIp, event.source?.ip ?? null],
  }
  const wrong = Object.keys(pairs).filter((column) => pairs[column]?.[0] !== pairs[column]?.[1])
  if (wrong.length === 0) return null
  return broken(row.seq, 'columns_altered', `Event ${row.seq} is listed under a wrong ${wrong.join(', ')}.`)
}

/** Checks one page of rows. Returns the state after its last row, or the first row that does not hold. */
export function checkRows(
  before: ChainState,
  rows: readonly AuditRow[],
): { state: ChainState; broken: BrokenRow | null } {
  let state = before
  for (const row of rows) {
    const fault = checkLink(state, row) ?? checkColumns(row)
    if (fault) return { state, broken: fault }
    state = { seq: row.seq, chain: row.chain }
  }
  return { state, broken: null }
}

/** Checks that the rows end where the head says. The head is written with each row, so a shorter tail was cut. */
export function checkHead(reached: ChainState, head: ChainState): BrokenRow | null {
  if (reached.seq < head.seq) {
    const first = reached.seq + 1n
    return broken(first, 'tail_truncated', `The trail should end with event ${head.seq}, but event ${first} is gone.`)
  }
  if (reached.seq > head.seq) {
    const first = head.seq + 1n
    return broken(first, 'row_inserted', `Event ${first} stands after the end of the trail.`)
  }
  if (!same(reached.chain, head.chain)) {
    return broken(head.seq, 'head_altered', `The recorded end of the trail does not match event ${head.seq}.`)
  }
  return null
}

function readable(payload: Uint8Array): RecordedEvent | null {
  try {
    return parseEvent(payload)
  } catch {
    return null
  }
}

function broken(seq: bigint, kind: ChainFault, problem: string): BrokenRow {
  return { seq, kind, problem }
}

/** Nothing here is secret, so no constant time. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
