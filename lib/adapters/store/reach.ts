/** Holds a query to the groups of an operator. */
import { Prisma } from './generated/client'

/**
 * A condition to be met, never to be turned round: `slug` is the group's column, and what has no group is in nobody's reach
 * but theirs who see every group. Said plainly, so that the planner may begin at the groups.
 */
export function inReach(slug: Prisma.Sql, groups: readonly string[] | undefined): Prisma.Sql {
  return groups === undefined ? Prisma.sql`true` : Prisma.sql`${slug} = any(${[...groups]}::text[])`
}
