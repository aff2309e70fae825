/** Retired groups in Postgres. Whoever switches an endpoint on holds the row of its group, and so does whoever retires it. */
import type { GroupRetirementStore, RetirementView } from '@/lib/services/group-retirement'
import { holdGroup } from './certificate-rows'
import { isPending, UNSPENT } from './challenge-rows'
import { type Database, type Transaction, transact } from './database'
import { guarded } from './outage'

const WHY = 'its group was retired'

interface Row {
  id: string
  slug: string
  name: string
  retired_at: Date | null
  retired_by: string | null
  pending: number
  certificates: number
  network_access: boolean
}

export function groupRetirementStore(database: Database): GroupRetirementStore {
  return guarded<GroupRetirementStore>({
    async find(slug, at) {
      const [row] = await database.$queryRaw<Row[]>`
        select g.id, g.slug, g.name, g.retired_at, g.retired_by,
          (select count(*)::int from ${UNSPENT} join endpoint e on e.id = u.endpoint_id
            where e.group_id = g.id and ${isPending} and u.expires_at > ${at}) as pending,
          (select count(*)::int from certificate c where c.group_id = g.id and c.kind = 'leaf' and c.state = 'issued'
            and c.not_after > ${at} and (c.revoked_at is null or c.revocation_reason = 'certificateHold')) as certificates,
          exists (select from network_access n where n.group_id = g.id and n.enabled) as network_access
        from "group" g where g.slug = ${slug}`
      if (row === undefined) return null
      const endpoints = await database.endpoint.findMany({
        where: { groupId: row.id, enabled: true },
        orderBy: { createdAt: 'asc' },
        select: { slug: true, name: true },
      })
      return { id: row.id, ...viewOf(row), endpoints }
    },

    retire: (id, by, at, events) =>
      transact(database, async (transaction) => {
        await holdGroup(transaction, id)
        const { count } = await transaction.group.updateMany({
          where: { id, retiredAt: null },
          data: { retiredAt: at, retiredBy: by },
        })
        if (count === 0) return { result: false, events: [] }
        const stopped = await transaction.$queryRaw<{ id: string; slug: string }[]>`
          with held as (select id from endpoint where group_id = ${id}::uuid and enabled order by id for no key update)
          update endpoint e set enabled = false from held where e.id = held.id returning e.id, e.slug`
        return { result: true, events: events(stopped, await revokeWaiting(transaction, id, at)) }
      }),

    reopen: (id, at, events) =>
      transact(database, async (transaction) => {
        const { count } = await transaction.group.updateMany({
          where: { id, retiredAt: { not: null } },
          data: { retiredAt: null, retiredBy: null },
        })
        if (count === 0) return { result: false, events: [] }
        return { result: true, events: events(await revokeWaiting(transaction, id, at)) }
      }),
  })
}

async function revokeWaiting(
  transaction: Transaction,
  groupId: string,
  at: Date,
): Promise<{ id: string; subject: string }[]> {
  return transaction.$queryRaw<{ id: string; subject: string }[]>`
    with waiting as (
      select c.id from ${UNSPENT} join endpoint e on e.id = u.endpoint_id
      where e.group_id = ${groupId}::uuid and ${isPending} order by c.id for no key update of c)
    update challenge p set state = 'revoked', revoked_at = ${at}, revoked_reason = ${WHY}
    from waiting where p.id = waiting.id returning p.id, p.subject`
}

function viewOf(row: Row): Omit<RetirementView, 'endpoints'> {
  return {
    group: { slug: row.slug, name: row.name },
    retired: row.retired_at === null ? null : { at: row.retired_at, by: row.retired_by ?? 'somebody' },
    pendingChallenges: row.pending,
    certificates: row.certificates,
    networkAccess: row.network_access,
  }
}
