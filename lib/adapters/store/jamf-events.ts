/** Jamf's events in Postgres: added once, claimed by one, and left to the next by whoever dies with them. */
import type { ClaimedJamfEvent, JamfEventQueue } from '@/lib/services/jamf-queue'
import { bytes } from './certificate-rows'
import type { Database } from './database'
import { guarded } from './outage'

const MAX_FAULT = 300

export function jamfEventQueue(database: Database): JamfEventQueue {
  return guarded<JamfEventQueue>({
    async add({ id, connectorId, bodySha256, event, about, devices }, { sameMinutes, mostWaiting }) {
      const [row] = await database.$queryRaw<{ full: boolean; added: boolean }[]>`
        with waiting as (
          select count(*) >= ${mostWaiting} as "full" from (
            select from jamf_event where connector_id = ${connectorId}::uuid and state = 'waiting' limit ${mostWaiting}
          ) those
        ), added as (
          insert into jamf_event as e (id, connector_id, body_sha256, event, about, devices)
          select ${id}::uuid, ${connectorId}::uuid, ${bytes(bodySha256)}, ${event}, ${about}, ${JSON.stringify(devices)}::jsonb
          from waiting where not "full"
          on conflict (connector_id, body_sha256) do update
            set received_at = now(), due_at = now(), state = 'waiting', attempts = 0, last_fault = null
            where e.received_at < now() - make_interval(mins => ${sameMinutes}::int)
          returning e.id
        ) select "full", exists (select from added) as added from waiting`
      if (row?.added === true) return 'added'
      return row?.full === true ? 'full' : 'again'
    },

    async claim(limit, seconds) {
      const rows = await database.$queryRaw<ClaimedJamfEvent[]>`
        with due as (
          select those.id from (select distinct connector_id from jamf_event where state = 'waiting' and due_at <= now()) connectors
          cross join lateral (
            select e.id from jamf_event e
            where e.connector_id = connectors.connector_id and e.state = 'waiting' and e.due_at <= now()
            order by e.due_at, e.id limit ${limit} for update skip locked
          ) those
        )
        update jamf_event e set due_at = now() + make_interval(secs => ${seconds}::int), attempts = e.attempts + 1
        from due where e.id = due.id
        returning e.id, e.connector_id as "connectorId", e.event, e.about, e.devices, e.attempts, e.received_at as "receivedAt"`
      return rows.toSorted((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime())
    },

    async done(id) {
      await database.jamfEvent.updateMany({ where: { id, state: 'waiting' }, data: { state: 'done', lastFault: null } })
    },

    async failed(id, fault, retryAfterSeconds) {
      await database.$executeRaw`
        update jamf_event set last_fault = ${fault.slice(0, MAX_FAULT)},
          state = case when ${retryAfterSeconds === null} then 'given_up' else 'waiting' end,
          due_at = now() + make_interval(secs => ${retryAfterSeconds ?? 0}::int)
        where id = ${id}::uuid and state = 'waiting'`
    },

    async forget(minutes) {
      return database.$executeRaw`
        delete from jamf_event where state <> 'waiting' and received_at < now() - make_interval(mins => ${minutes}::int)`
    },
  })
}
