/** Readings of inventories in Postgres, as administrators see them, and their word that a fleet is smaller indeed. */
import type { InventoryReading, InventoryReadingStore } from '@/lib/services/inventory-readings'
import type { Database } from './database'
import { transactDevices } from './device-queue'
import { guarded } from './outage'

export function inventoryReadingStore(database: Database): InventoryReadingStore {
  return guarded<InventoryReadingStore>({
    async last(connectorId) {
      const [row] = await database.$queryRaw<InventoryReading[]>`
        select s.id, s.started_at as "startedAt", s.finished_at as "finishedAt", s.seen, s.missing, s.complete as whole,
          case when not s.complete then coalesce((
            select w.seen from device_sync w where w.connector_id = s.connector_id and w.complete order by w.started_at desc limit 1), 0) end as before
        from device_sync s where s.connector_id = ${connectorId}::uuid and s.seen is not null order by s.started_at desc limit 1`
      return row ?? null
    },

    accept: ({ id, connectorId }, { mostMisses }, events) =>
      transactDevices(database, async (transaction) => {
        // As whoever ends a reading, and first: one that ends meanwhile is seen below, or is measured against this one.
        await transaction.$queryRaw`
          select from device_sync where connector_id = ${connectorId}::uuid and finished_at is null for no key update`
        const accepted = await transaction.$queryRaw<unknown[]>`
          with accepted as (
            update device_sync s set complete = true
            where s.id = ${id}::uuid and s.connector_id = ${connectorId}::uuid and s.complete = false and s.seen > 0
              and not exists (
                select from device_sync later where later.connector_id = s.connector_id and later.started_at > s.started_at and later.seen is not null)
            returning s.id, s.connector_id, s.started_at
          ), unseen as (
            select d.id from device d join accepted a on a.connector_id = d.connector_id
            where d.seen_in_sync is distinct from a.id and d.management not in ('removed', 'wiped')
              and d.first_known_at < a.started_at and (d.state_at is null or d.state_at < a.started_at)
              and not exists (select from device_sync later where later.id = d.seen_in_sync and later.started_at > a.started_at)
            order by d.id for no key update of d
          ), missed as (
            update device d set misses = greatest(d.misses, ${mostMisses - 1}::int) from unseen where unseen.id = d.id
          )
          select id from accepted`
        return { result: accepted.length > 0, events: accepted.length > 0 ? events : [] }
      }),
  })
}
