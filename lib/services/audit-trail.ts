/** The audit trail at work: reading it, proving it, and recording what changes nothing else. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry, AuditFilter, AuditService, AuditVerification, Page } from './audit'
import { type AuditRow, type BrokenRow, type ChainState, checkHead, checkRows, GENESIS } from './audit-chain'
import { eventView } from './audit-events'
import { authorise } from './permissions'

/** What the trail needs of its database. */
export interface AuditStore {
  /** Appends in one transaction of its own. */
  append(entries: AuditEntry[]): Promise<void>
  /** Newest first, only rows with a smaller number than `before`. */
  newest(
    filter: AuditFilter,
    before: bigint | null,
    limit: number,
  ): Promise<Pick<AuditRow, 'seq' | 'payload' | 'chain'>[]>
  /** In order, from number `from` on, up to and with `to`. */
  rows(from: bigint, to: bigint, limit: number): Promise<AuditRow[]>
  /** The recorded end of the chain and the highest number among the rows, read in one statement. */
  end(): Promise<{ head: ChainState; lastSeq: bigint }>
}

export interface AuditDeps {
  store: AuditStore
  clock: () => Date
  /** Rows read at once while verifying. */
  pageRows?: number
}

const VERIFY_PAGE = 5_000
const LIST_PAGE = 50
const LIST_LIMIT = 1_000
/** Lower than any number a row can have: a row put in before the first one is found too. */
const LOWEST_SEQ = -(2n ** 63n)

export function createAudit(deps: AuditDeps): AuditService {
  const { store, clock } = deps

  async function record(entry: AuditEntry): Promise<void> {
    try {
      await store.append([entry])
    } catch (error) {
      throw new Refusal('unavailable', 'The audit trail cannot be written, so nothing was done. Try again.', {
        reason: 'audit_unavailable',
        detail: `appending ${entry.type}: ${error instanceof Error ? error.message : String(error)}`,
      })
    }
  }

  return {
    record,

    async list(actor, filter, page) {
      authorise(actor, 'audit:read')
      return listEvents(store, filter, page)
    },

    async verify(actor) {
      authorise(actor, 'audit:verify')
      const started = clock().getTime()
      const { verification, broken } = await verifyChain(store, deps.pageRows ?? VERIFY_PAGE)
      const entry = verdict(actor, verification, broken, clock().getTime() - started)
      // A forged row can stand where the verdict would be written: a broken trail must be told all the same.
      if (broken) await record(entry).catch(() => undefined)
      else await record(entry)
      return verification
    },
  }
}

/** One page of events, newest first. For services that show an object's history under a permission of their own. */
export async function listEvents(
  store: Pick<AuditStore, 'newest'>,
  filter: AuditFilter,
  page: { cursor?: string; limit?: number },
): Promise<Page<ReturnType<typeof eventView>>> {
  checkTypes(filter.types ?? [])
  const limit = Math.min(Math.max(Math.trunc(page.limit ?? LIST_PAGE), 1), LIST_LIMIT)
  const rows = await store.newest(filter, parseCursor(page.cursor), limit + 1)
  const items = rows.slice(0, limit).map(eventView)
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.seq ?? null) : null }
}

/**
 * Reads the end of the chain first and checks every row up to it. Rows appended meanwhile are left for the next time;
 * a row beyond the end at one and the same moment was put in behind our back.
 */
async function verifyChain(
  store: AuditStore,
  pageRows: number,
): Promise<{ verification: AuditVerification; broken: BrokenRow | null }> {
  const { head, lastSeq } = await store.end()
  let state = GENESIS
  let events = 0
  let broken: BrokenRow | null = null
  for (let from = LOWEST_SEQ; !broken; ) {
    const rows = await store.rows(from, head.seq, pageRows)
    const page = checkRows(state, rows)
    events += page.broken ? Number(page.state.seq - state.seq) : rows.length
    state = page.state
    broken = page.broken
    const last = rows.at(-1)
    if (!last || rows.length < pageRows) break
    from = last.seq + 1n
  }
  broken ??= checkHead(lastSeq > head.seq ? { ...state, seq: lastSeq } : state, head)
  return {
    broken,
    verification: {
      ok: broken === null,
      events,
      firstBroken: broken?.seq.toString() ?? null,
      problem: broken?.problem ?? null,
      headSeq: head.seq.toString(),
      headChain: Buffer.from(head.chain).toString('hex'),
    },
  }
}

function verdict(actor: Actor, result: AuditVerification, broken: BrokenRow | null, millis: number): AuditEntry {
  const object = { type: 'audit' as const, id: null }
  if (!broken) {
    const data = { from: '1', to: result.headSeq, events: result.events, millis }
    return { type: 'audit.verified', outcome: 'success', actor, object, data }
  }
  const data = { kind: broken.kind, seq: broken.seq.toString(), events: result.events, millis }
  return { type: 'audit.verification_failed', outcome: 'failure', reason: broken.kind, actor, object, data }
}

function parseCursor(cursor: string | undefined): bigint | null {
  if (cursor === undefined) return null
  if (!/^[0-9]{1,18}$/.test(cursor)) {
    throw new Refusal('invalid_input', 'This is not a cursor of ours.', { fields: { cursor: 'Not a cursor.' } })
  }
  return BigInt(cursor)
}

/** Types and prefixes come from a URL. */
function checkTypes(types: string[]): void {
  if (types.length <= 50 && types.every((type) => /^[a-z][a-z_.]{0,63}$/.test(type))) return
  throw new Refusal('invalid_input', 'This is not an event type.', { fields: { type: 'Not an event type.' } })
}
