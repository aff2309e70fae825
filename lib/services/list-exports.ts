/** Lists that leave as a file: how often, and the record of it, which is there before the first row leaves. */
import type { Actor } from './actor'
import type { AuditService } from './audit'
import type { Matches } from './listing'

export interface ListExports {
  /** Records the beginning. Whether the actor may read the list, the list itself has asked. */
  begin(actor: Actor, what: ListExport): Promise<void>
  /** Whether one more may begin: asked before anything is counted. Refusals: rate_limited. */
  pace(actor: Actor): Promise<void>
}

export interface ListExport {
  list: string
  format: string
  /** As the address of the page has them. */
  filter: Readonly<Record<string, string>>
  /** Null where they cannot be counted in time. */
  matches: Matches | null
}

const EXPORTS = { count: 20, seconds: 10 * 60 }

export function createListExports({
  audit,
  limit,
}: {
  audit: Pick<AuditService, 'record'>
  /** AccessService.limit: counts one under the key, throws rate_limited beyond the count. */
  limit(key: string, count: number, seconds: number): Promise<void>
}): ListExports {
  return {
    pace: (actor) => limit(`export:${actor.id ?? actor.name}`, EXPORTS.count, EXPORTS.seconds),
    async begin(actor, { list, format, filter, matches }) {
      await audit.record({
        type: 'list.exported',
        outcome: 'success',
        actor,
        object: { type: 'system', id: null, name: list },
        data: { list, format, filter: { ...filter }, ...(matches && { rows: matches.count, more: matches.more }) },
      })
    },
  }
}
