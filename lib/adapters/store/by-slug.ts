/**
 * Groups and endpoints by slug, as conditions on the long tables want them. A slug of a joined table tells the planner nothing
 * of how many rows it means, nor that an index has them in order; an id does.
 */
import type { Database, Transaction } from './database'
import { Prisma } from './generated/client'

export function groupId(slug: string): Prisma.Sql {
  return Prisma.sql`(select id from "group" where slug = ${slug})`
}

export function endpointId(slug: string): Prisma.Sql {
  return Prisma.sql`(select id from endpoint where slug = ${slug})`
}

/** What has no group is in nobody's reach but theirs who see every group. */
export async function inGroups(
  database: Database | Transaction,
  column: Prisma.Sql,
  groups: readonly string[] | undefined,
): Promise<Prisma.Sql> {
  if (groups === undefined) return Prisma.sql`true`
  const rows = await database.group.findMany({ where: { slug: { in: [...groups] } }, select: { id: true } })
  return among(column, rows)
}

/** By the endpoints of those groups. */
export async function atEndpointsOf(
  database: Database | Transaction,
  column: Prisma.Sql,
  groups: readonly string[] | undefined,
): Promise<Prisma.Sql> {
  if (groups === undefined) return Prisma.sql`true`
  const where = { group: { slug: { in: [...groups] } } }
  return among(column, await database.endpoint.findMany({ where, select: { id: true } }))
}

/** One id is compared by itself: then an index that begins with it has the rest in order. */
function among(column: Prisma.Sql, rows: readonly { id: string }[]): Prisma.Sql {
  const [first, ...others] = rows.map(({ id }) => id)
  if (first === undefined) return Prisma.sql`false`
  return others.length === 0
    ? Prisma.sql`${column} = ${first}::uuid`
    : Prisma.sql`${column} = any(${[first, ...others]}::uuid[])`
}
