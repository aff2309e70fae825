/** Lists that leave as a file: how often, and the record of it, which is there before the first row leaves. */
import type { Actor } from './actor'
import type { AuditService } from './audit'
import type { Matches } from './listing'

export interface ListExports {
  /** Throws unless it may begin. Whether the actor may read the list, the list itself has asked. Refusals: rate_limited. */
  begin(actor: Actor, what: ListExport): Promise<void>
  /** For a list that records its files itself: whether one more may begin. Refusals: rate_limited. */
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
  const pace = (actor: Actor) => limit(`export:${actor.id ?? actor.name}`, EXPORTS.count, EXPORTS.seconds)
  return {
    pace,
    async begin(actor, { list, format, filter, matches }) {
      await pace(actor)
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
