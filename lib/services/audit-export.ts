/** The trail as JSON Lines: the very bytes that were hashed, so that whoever has the file can recompute the chain. */
import { createHash } from 'node:crypto'
import type { Actor } from './actor'
import type { AuditEntry, AuditFilter, AuditService, Json } from './audit'
import { type AuditStore, checkTypes, type ExportedRow } from './audit-trail'
import { authorise } from './permissions'

export interface AuditExportService {
  /**
   * Events that match, oldest first, up to those recorded now. Its beginning is on record before the first byte is handed out,
   * its end with the number of events and the digest of the file; an export that was broken off says so.
   */
  jsonLines(actor: Actor, filter: AuditFilter): Promise<AsyncGenerator<Uint8Array, void, undefined>>
}

interface AuditExportDeps {
  store: Pick<AuditStore, 'oldest' | 'end'>
  audit: Pick<AuditService, 'record'>
  pageRows?: number
}

const PAGE = 1_000

export function createAuditExport({ store, audit, pageRows = PAGE }: AuditExportDeps): AuditExportService {
  return {
    async jsonLines(actor, filter) {
      authorise(actor, 'audit:read')
      checkTypes(filter.types ?? [])
      const { head } = await store.end()
      const facts = { ...filterFacts(filter), format: 'jsonl', upTo: head.seq.toString() }
      await audit.record(exported(actor, 'pending', 'started', facts))
      return pages(actor, filter, head.seq, facts)
    },
  }

  async function* pages(actor: Actor, filter: AuditFilter, to: bigint, facts: { [key: string]: Json }) {
    const digest = createHash('sha256')
    let rows = 0
    let whole = false
    try {
      for (let after = 0n; ; ) {
        const page = await store.oldest(filter, after, to, pageRows)
        const text = Buffer.from(page.map(lineOf).join(''), 'utf8')
        digest.update(text)
        rows += page.length
        if (page.length > 0) yield new Uint8Array(text)
        const last = page.at(-1)
        if (!last || page.length < pageRows) break
        after = last.seq
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
