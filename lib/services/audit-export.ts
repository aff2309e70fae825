/** The trail as files. As JSON Lines it has the very bytes that were hashed, so that whoever has it can recompute the chain. */
import { createHash } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry, AuditEventView, AuditFilter, AuditService, Json } from './audit'
import { eventView } from './audit-events'
import { type AuditStore, type ExportedRow, type SoughtEvents, soughtEvents } from './audit-trail'
import type { Order } from './listing'
import { authorise } from './permissions'

export interface AuditExportService {
  /**
   * Events that match, oldest first, up to those recorded now. Its beginning is on record before the first byte is handed out,
   * its end with the number of events and the digest of the file; an export that was broken off says so.
   */
  jsonLines(actor: Actor, filter: AuditFilter): Promise<AuditFile>
  /** The same events as somebody else writes them, recorded alike. */
  written(actor: Actor, filter: AuditFilter, how: WrittenEvents): Promise<AuditFile>
}

export type AuditFile = AsyncGenerator<Uint8Array, void, undefined>

export interface WrittenEvents {
  format: string
  order: Order
  write(pages: AsyncIterable<AuditEventView[]>): AsyncIterable<string>
}

interface AuditExportDeps {
  store: Pick<AuditStore, 'oldest' | 'newest' | 'found' | 'end'>
  audit: Pick<AuditService, 'record'>
  pageRows?: number
}

type Pages = AsyncGenerator<ExportedRow[], void, undefined>

const PAGE = 1_000
const CAPPED =
  'The search finds more things than it looks at, so a file of it would not be whole. Search for a longer part of the name, or leave the search out.'

export function createAuditExport({ store, audit, pageRows = PAGE }: AuditExportDeps): AuditExportService {
  return {
    jsonLines: (actor, filter) => begin(actor, filter, 'jsonl', 'asc', linesOf),
    written: (actor, filter, { format, order, write }) =>
      begin(actor, filter, format, order, (pages) => write(viewsOf(pages))),
  }

  async function begin(
    actor: Actor,
    filter: AuditFilter,
    format: string,
    order: Order,
    write: (pages: Pages) => AsyncIterable<string>,
  ): Promise<AuditFile> {
    authorise(actor, 'audit:read')
    const sought = await soughtEvents(store, filter)
    // Whoever keeps a file as evidence takes it for whole.
    if (sought.found?.capped) throw new Refusal('invalid_input', CAPPED, { reason: 'search_capped' })
    const { head } = await store.end()
    const facts = { ...filterFacts(filter), format, upTo: head.seq.toString() }
    await audit.record(exported(actor, 'pending', 'started', facts))
    return recorded(actor, pagesOf(sought, order, head.seq), write, facts)
  }

  async function* pagesOf(sought: SoughtEvents, order: Order, to: bigint): Pages {
    for (let last: bigint | undefined; ; ) {
      const page =
        order === 'asc'
          ? await store.oldest(sought, last ?? 0n, to, pageRows)
          : await store.newest(sought, last ?? to + 1n, pageRows)
      if (page.length > 0) yield page
      last = page.at(-1)?.seq
      if (last === undefined || page.length < pageRows) return
    }
  }

  async function* recorded(
    actor: Actor,
    pages: Pages,
    write: (pages: Pages) => AsyncIterable<string>,
    facts: { [key: string]: Json },
  ): AuditFile {
    const digest = createHash('sha256')
    let rows = 0
    let whole = false
    async function* counted(): Pages {
      for await (const page of pages) {
        rows += page.length
        yield page
      }
    }
    try {
      for await (const text of write(counted())) {
        const bytes = new Uint8Array(Buffer.from(text, 'utf8'))
        digest.update(bytes)
        yield bytes
      }
      whole = true
    } finally {
      const end = { ...facts, count: rows, sha256: digest.digest('hex') }
      await audit.record(
        whole ? exported(actor, 'success', undefined, end) : exported(actor, 'failure', 'broken_off', end),
      )
    }
  }
}

async function* linesOf(pages: Pages): AsyncGenerator<string> {
  for await (const page of pages) yield page.map(lineOf).join('')
}

async function* viewsOf(pages: Pages): AsyncGenerator<AuditEventView[]> {
  for await (const page of pages) yield page.map(eventView)
}

/** Contract audit-and-siem.md §8.9. The event is spliced in as it was recorded and never written anew. */
export function lineOf({ seq, leaf, chain, payload }: ExportedRow): string {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  return `{"seq":${seq},"leaf":"${hex(leaf)}","chain":"${hex(chain)}","event":${Buffer.from(payload).toString('utf8')}}\n`
}

function exported(
  actor: Actor,
  outcome: 'pending' | 'success' | 'failure',
  reason: string | undefined,
  data: { [key: string]: Json },
): AuditEntry {
  const object = { type: 'audit' as const, id: 'trail', name: 'the audit trail' }
  return { type: 'audit.exported', outcome, ...(reason === undefined ? {} : { reason }), actor, object, data }
}

/** The filter as an event can hold it. */
export function filterFacts({ from, to, objects, ...others }: AuditFilter): { [key: string]: Json } {
  return {
    ...(from && { from: from.toISOString() }),
    ...(to && { to: to.toISOString() }),
    ...(objects && { objects: objects.slice(0, 20).map(({ type, id }) => `${type}:${id}`) }),
    ...others,
  }
}
