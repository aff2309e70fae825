/** Saved views in Postgres. */
import type { SavedViewStore } from '@/lib/services/saved-views'
import { type Database, transact } from './database'
import { guarded } from './outage'

export function savedViewStore(database: Database): SavedViewStore {
  const columns = { id: true, ownerId: true, list: true, name: true, query: true, shared: true } as const
  const withOwner = { ...columns, owner: { select: { name: true } } } as const
  return guarded<SavedViewStore>({
    async list(ownerId, list) {
      const rows = await database.savedView.findMany({
        where: { list, OR: [{ ownerId }, { shared: true }] },
        orderBy: [{ name: 'asc' }, { id: 'asc' }],
        take: 200,
        select: withOwner,
      })
      return rows.map(({ owner, ...row }) => ({ ...row, ownerName: owner.name }))
    },

    save: ({ id, ownerId, list, name, query, shared }, most, saved) =>
      transact(database, async (transaction) => {
        const [kept] = await transaction.$queryRaw<{ id: string }[]>`
          insert into saved_view (id, owner_id, list, name, query, shared)
          select ${id}::uuid, ${ownerId}::uuid, ${list}, ${name}, ${query}, ${shared}
          where (select count(*) from saved_view where owner_id = ${ownerId}::uuid and list = ${list} and name <> ${name}) < ${most}
          on conflict (owner_id, list, name) do update set query = excluded.query, shared = excluded.shared returning id`
        return kept === undefined ? { result: false, events: [] } : { result: true, events: [saved(kept.id)] }
      }),

    async find(id) {
      const row = await database.savedView.findUnique({ where: { id }, select: withOwner })
      if (row === null) return null
      const { owner, ...view } = row
      return { ...view, ownerName: owner.name }
    },

    remove: (id, removed) =>
      transact(database, async (transaction) => {
        const { count } = await transaction.savedView.deleteMany({ where: { id } })
        return count === 1 ? { result: true, events: [removed] } : { result: false, events: [] }
      }),
  })
}
