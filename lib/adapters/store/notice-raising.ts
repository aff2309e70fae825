/** What ends and what fails, as Postgres knows it, and the notices about it, each raised once. */

import type {
  ExpiringThing,
  ExpiryTopic,
  FailingThing,
  FailureTopic,
  NoticeRaisingStore,
} from '@/lib/services/notice-types'
import { QUESTIONS } from '@/lib/services/transactions'
import { type Database, transact } from './database'
import { Prisma } from './generated/client'
import { noticeSettings } from './notices'
import { guarded } from './outage'

/** Beyond that, how many there are is all the same. */
const MOST_COUNTED = 10_000
const MOST_THINGS = 5_000

export function noticeRaisingStore(database: Database): NoticeRaisingStore {
  return guarded<NoticeRaisingStore>({
    settings: () => noticeSettings(database),

    async expiring(from, to) {
      const rows = await database.$queryRaw<ExpiringRow[]>`
        select * from (
          select 'authority-expiry' as topic, 'ca' as type, a.id, a.name, a.not_before as begins, a.not_after as ends, g.slug as group_slug, g.name as group_name,
            '/authorities' as path
          from authority a left join "group" g on g.id = a.group_id
          where a.certificate_der is not null and a.status in ('active', 'staged')
          union all
          select 'registration-authority-expiry', 'endpoint', e.id, g.name || ' ' || e.name, r.not_before, r.not_after, g.slug, g.name, '/endpoints/' || e.slug
          from registration_authority r join endpoint e on e.id = r.endpoint_id join "group" g on g.id = e.group_id
          where r.certificate_der is not null and r.retired_at is null and r.authority_id is null and e.enabled and not exists (
            select from registration_authority later where later.endpoint_id = r.endpoint_id and later.certificate_der is not null
              and later.retired_at is null and later.authority_id is null and later.not_after > r.not_after)
          union all
          select 'connector-expiry', 'connector', c.id, c.name, null, c.credential_expires_at, null, null, '/connectors/' || c.slug
          from connector c where c.disabled_at is null and c.credential_expires_at is not null
          union all
          select 'static-secret-expiry', 'static-secret', s.id, g.name || ' ' || e.name, s.created_at, s.expires_at, g.slug, g.name, '/endpoints/' || e.slug
          from static_secret s join endpoint e on e.id = s.endpoint_id join "group" g on g.id = e.group_id
          where s.revoked_at is null and e.enabled and e.policy = 'static'
          union all
          select 'api-key-expiry', 'token', k.id, k.name, k.created_at, k.expires_at, null, null, '/settings/api-keys'
          from api_key k where k.revoked_at is null
        ) thing where ends between ${from} and ${to} order by ends, id limit ${MOST_THINGS}`
      return rows.map(({ topic, type, id, name, begins, ends, group_slug: slug, group_name: group, path }) => ({
        topic,
        object: { type, id, name },
        beginsAt: begins,
        endsAt: ends,
        group: slug === null ? null : { slug, name: group ?? slug },
        path,
      }))
    },

    async failing(since) {
      const [endpoints, connectors] = await Promise.all([
        database.$queryRaw<FailingRow[]>`
          select 'enrolment-failures' as topic, 'endpoint' as type, e.id, g.name || ' ' || e.name as name, f.count, f.cause, g.slug as group_slug,
            g.name as group_name, '/enrolments?endpoint=' || e.slug as path
          from endpoint e join "group" g on g.id = e.group_id, lateral (
            select count(*)::int as count, replace(mode() within group (order by t.reason), '_', ' ') as cause from (
              select reason from enrolment_transaction where endpoint_id = e.id and created_at > ${since} and index_state in ('refused', 'failed')
                and coalesce(message_type, 0) not in (${Prisma.join([...QUESTIONS])}) limit ${MOST_COUNTED}) t) f
          where f.count > 0`,
        database.$queryRaw<FailingRow[]>`
          select 'connector-failures' as topic, 'connector' as type, id, name, failures as count, last_error as cause, null as group_slug, null as group_name,
            '/connectors/' || slug as path
          from connector where disabled_at is null and failures > 0`,
      ])
      return [...endpoints, ...connectors].map(
        ({ topic, type, id, name, count, cause, group_slug: slug, group_name: group, path }) => ({
          topic,
          object: { type, id, name },
          count,
          cause,
          group: slug === null ? null : { slug, name: group ?? slug },
          path,
        }),
      )
    },

    standing: () =>
      database.$queryRaw`select topic, key, object_id as "objectId" from notice where resolved_at is null`,

    async raise(notices, at, event) {
      const rows = JSON.stringify(
        notices.map(({ object, ...notice }) => ({ ...notice, object_type: object.type, ...nameOf(object) })),
      )
      return transact(database, async (transaction) => {
        await transaction.$executeRaw`
          update notice set resolved_at = null where resolved_at is not null and key = any(${notices.map(({ key }) => key)}::text[])`
        const raised = await transaction.$queryRaw<{ id: string }[]>`
          insert into notice (id, topic, key, severity, object_type, object_id, object_name, group_slug, path, summary, data, created_at)
          select n.id, n.topic, n.key, n.severity, n.object_type, n.object_id, n.object_name, n."groupSlug", n.path, n.summary, n.data, ${at}
          from jsonb_to_recordset(${rows}::jsonb) as n(id uuid, topic text, key text, severity text, object_type text, object_id uuid, object_name text,
            "groupSlug" text, path text, summary text, data jsonb)
          on conflict do nothing returning id`
        const ids = raised.map(({ id }) => id)
        await transaction.$executeRaw`
          insert into notice_delivery (id, notice_id, recipient_id, address, created_at, next_attempt_at)
          select gen_random_uuid(), n.id, r.id, r.address, ${at}, ${at} from notice n
          join notice_recipient r on r.removed_at is null and n.topic = any(r.topics) and (r.groups = '{}' or n.group_slug = any(r.groups))
          where n.id = any(${ids}::uuid[])
          on conflict do nothing`
        return {
          result: ids.length,
          events: notices.filter(({ id }) => ids.includes(id)).map(event),
        }
      })
    },

    async resolve(keys, at) {
      await database.$executeRaw`
        update notice set resolved_at = ${at} where resolved_at is null and key = any(${[...keys]}::text[])`
    },

    async forget({ settled, resolved, stale }, at) {
      await database.$executeRaw`
        update notice_delivery d set given_up_at = ${at}, last_error = 'It was over before it could leave.' from notice n
        where n.id = d.notice_id and d.delivered_at is null and d.given_up_at is null and n.resolved_at < ${stale}`
      await database.$executeRaw`delete from notice_delivery where coalesce(delivered_at, given_up_at) < ${settled}`
      await database.$executeRaw`delete from notice where resolved_at < ${resolved}`
    },
  })
}

function nameOf({ id, name }: { id: string; name: string }) {
  return { object_id: id, object_name: name }
}

interface ThingRow {
  type: ExpiringThing['object']['type']
  id: string
  name: string
  group_slug: string | null
  group_name: string | null
  path: string
}

interface ExpiringRow extends ThingRow {
  topic: ExpiryTopic
  begins: Date | null
  ends: Date
}

interface FailingRow extends ThingRow {
  topic: FailureTopic
  count: FailingThing['count']
  cause: string | null
}
