/**
 * Ids by slug, as conditions compare them. A slug of a joined table tells the planner nothing of how many rows it means and
 * in which order an index has them; an id that is looked up first does.
 */
import { Prisma } from './generated/client'

export function groupId(slug: string): Prisma.Sql {
  return Prisma.sql`(select id from "group" where slug = ${slug})`
}

export function endpointId(slug: string): Prisma.Sql {
  return Prisma.sql`(select id from endpoint where slug = ${slug})`
}

/** Of the endpoints of a group. */
export function endpointIdsOf(groupSlug: string): Prisma.Sql {
  return Prisma.sql`any (array (select id from endpoint where group_id = ${groupId(groupSlug)}))`
}
