/** Notices in Postgres: what was told, and when something is worth telling. */

import { settingsOf } from '@/lib/services/notice-settings'
import type { NoticeSettings, NoticeStore, NoticeView } from '@/lib/services/notice-types'
import { type Database, transact } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'

const SETTINGS = 'notices.settings'

export function noticeStore(database: Database): NoticeStore {
  return guarded<NoticeStore>({
    async list({ standing }, { after, limit }) {
      const beyond =
        after === null
          ? Prisma.sql`true`
          : Prisma.sql`(n.created_at, n.id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`
      const which =
        standing === undefined
          ? Prisma.sql`true`
          : standing
            ? Prisma.sql`n.resolved_at is null`
            : Prisma.sql`n.resolved_at is not null`
      const rows = await database.$queryRaw<NoticeRow[]>`
        select n.id, n.topic, n.severity, n.object_type, n.object_id, n.object_name, n.group_slug as "groupSlug", n.path, n.summary, n.data,
          n.created_at as "createdAt", n.resolved_at as "resolvedAt", d.delivered, d.waiting, d."givenUp"
        from notice n, lateral (
          select count(*) filter (where delivered_at is not null)::int as delivered, count(*) filter (where given_up_at is not null)::int as "givenUp",
            count(*) filter (where delivered_at is null and given_up_at is null)::int as waiting
          from notice_delivery where notice_id = n.id) d
        where ${which} and ${beyond} order by n.created_at desc, n.id desc limit ${limit}`
      return rows.map(({ object_type: type, object_id: id, object_name: name, ...row }) => ({
        ...row,
        object: { type, id, name },
      }))
    },

    deliveries: (limit) => database.$queryRaw`
      select d.id, n.summary, r.name as recipient, d.address, d.created_at as "createdAt", d.attempts, d.next_attempt_at as "nextAttemptAt",
        d.delivered_at as "deliveredAt", d.given_up_at as "givenUpAt", d.last_error as "lastError"
      from notice_delivery d left join notice n on n.id = d.notice_id left join notice_recipient r on r.id = d.recipient_id
      order by d.created_at desc, d.id desc limit ${limit}`,

    settings: () => noticeSettings(database),

    async setSettings(settings, event) {
      await transact(database, async (transaction) => {
        const value = JSON.stringify(settings)
        await transaction.installationValue.upsert({
          where: { name: SETTINGS },
          create: { name: SETTINGS, value },
          update: { value },
        })
        return { result: undefined, events: [event] }
      })
    },
  })
}

interface NoticeRow extends Omit<NoticeView, 'object'> {
  object_type: string
  object_id: string
  object_name: string
}

export async function noticeSettings(database: Database): Promise<NoticeSettings> {
  const row = await database.installationValue.findUnique({ where: { name: SETTINGS }, select: { value: true } })
  return settingsOf(row === null ? null : JSON.parse(row.value))
}
