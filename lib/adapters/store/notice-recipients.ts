/** Who gets notices, in Postgres. */
import type { RecipientStore } from '@/lib/services/notice-types'
import { type Database, transact } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'

export function recipientStore(database: Database): RecipientStore {
  return guarded<RecipientStore>({
    recipients: () => database.$queryRaw`
      select r.id, r.name, r.address, r.topics, r.groups, r.created_by as "createdBy", r.created_at as "createdAt", r.paused_at as "pausedAt",
        (select count(*) from notice_delivery d where d.recipient_id = r.id and d.delivered_at is null and d.given_up_at is null)::int as waiting,
        (select max(d.delivered_at) from notice_delivery d where d.recipient_id = r.id) as "lastDeliveredAt",
        (select d.last_error from notice_delivery d where d.recipient_id = r.id order by d.created_at desc, d.id desc limit 1) as "lastError"
      from notice_recipient r where r.removed_at is null order by lower(r.name), r.id`,

    async knownGroups(slugs) {
      const rows = await database.group.findMany({ where: { slug: { in: [...slugs] } }, select: { slug: true } })
      return rows.map(({ slug }) => slug)
    },

    async add({ id, name, address, topics, groups, createdBy, at }, event) {
      return transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          insert into notice_recipient (id, name, address, topics, groups, created_by, created_at)
          values (${id}::uuid, ${name}, ${address}, ${topics}::text[], ${groups}::text[], ${createdBy}, ${at})
          on conflict (lower(address)) where removed_at is null do nothing`
        if (count === 0) return { result: false, events: [] }
        await transaction.$executeRaw`
          insert into notice_delivery (id, notice_id, recipient_id, address, created_at, next_attempt_at)
          select gen_random_uuid(), n.id, ${id}::uuid, ${address}, ${at}, ${at} from notice n
          where n.resolved_at is null and n.topic = any(${topics}::text[]) and (${groups}::text[] = '{}' or n.group_slug = any(${groups}::text[]))`
        return { result: true, events: [event] }
      })
    },

    async update(id, { name, address, topics, groups, pausedAt }, event) {
      try {
        return await transact(database, async (transaction) => {
          const { count } = await transaction.noticeRecipient.updateMany({
            where: { id, removedAt: null },
            data: {
              ...(name === undefined ? {} : { name }),
              ...(address === undefined ? {} : { address }),
              ...(topics === undefined ? {} : { topics }),
              ...(groups === undefined ? {} : { groups }),
              ...(pausedAt === undefined ? {} : { pausedAt }),
            },
          })
          if (count === 1 && address !== undefined)
            await transaction.$executeRaw`
              update notice_delivery set address = ${address} where recipient_id = ${id}::uuid and delivered_at is null and given_up_at is null`
          return count === 1 ? { result: true, events: [event] } : { result: false, events: [] }
        })
      } catch (error) {
        if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') return 'taken'
        throw error
      }
    },

    remove: (id, at, event) =>
      transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update notice_recipient set removed_at = ${at} where id = ${id}::uuid and removed_at is null`
        if (count === 0) return { result: false, events: [] }
        await transaction.$executeRaw`
          delete from notice_delivery where recipient_id = ${id}::uuid and delivered_at is null and given_up_at is null`
        return { result: true, events: [event] }
      }),
  })
}
