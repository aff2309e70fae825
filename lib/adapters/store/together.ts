/** Callers of the same moment share one statement: one round trip, one commit, one lock of the audit chain's head. */
import { togetherUnless } from '@/lib/services/together'
import type { UnderWay } from '@/lib/services/under-way'
import { isOutage } from './outage'

/** A statement that fails did nothing. Only while the database is away does nobody fare better alone. */
export function together<Item, Result>(
  run: (items: Item[]) => Promise<Result[]>,
  most?: number,
  underWay?: UnderWay,
): (item: Item) => Promise<Result> {
  return togetherUnless(isOutage, run, most, underWay)
}
