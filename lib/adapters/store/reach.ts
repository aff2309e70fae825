/** Holds a query to the groups of an operator. */
import { Prisma } from './generated/client'

/** `slug` is the group's column. What has no group is in nobody's reach but theirs who see every group. */
export function inReach(slug: Prisma.Sql, groups: readonly string[] | undefined): Prisma.Sql {
  return groups === undefined ? Prisma.sql`true` : Prisma.sql`coalesce(${slug} = any(${[...groups]}::text[]), false)`
}
