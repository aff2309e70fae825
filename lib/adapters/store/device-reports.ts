/** What MDMs say about devices, in Postgres: pages of some hundred, each one transaction with what follows from it. */
import type { DeviceReportStore, DeviceSync, SyncEnd, TakenReports } from '@/lib/services/device-reports'
import type { Database, Transaction } from './database'
import { enqueueDue, transactDevices } from './device-queue'
import { insertDeviceEvents, insertDevices, lockKnown, updateDevices, writeEnds } from './device-rows'
import { Prisma } from './generated/client'
import { guarded } from './outage'

const TRIES = 5

export function deviceReportStore(database: Database): DeviceReportStore {
  return guarded<DeviceReportStore>({
    async take(taken) {
      for (let attempt = 1; attempt <= TRIES; attempt += 1) {
        try {
          return await inTransaction(database, (transaction) => takePage(transaction, taken))
        } catch (error) {
          if (!(error instanceof MadeMeanwhile)) throw error
        }
      }
      throw new Error('devices of a page were made by others again and again')
    },

    async beginSync({ id, connectorId, at }) {
      await inTransaction(database, async (transaction) => {
        await transaction.$executeRaw`
          update device_sync set finished_at = ${at}, complete = false
          where connector_id = ${connectorId}::uuid and finished_at is null`
        await transaction.$executeRaw`
          insert into device_sync (id, connector_id, started_at) values (${id}::uuid, ${connectorId}::uuid, ${at})`
      })
    },

    async sync(id) {
      const [row] = await database.$queryRaw<DeviceSync[]>`
        select id, connector_id as "connectorId", started_at as "startedAt", finished_at as "finishedAt"
        from device_sync where id = ${id}::uuid`
      return row ?? null
    },

    endSync: (sync, rule) => inTransaction(database, (transaction) => endSync(transaction, sync, rule)),

    async find(connectorId, { externalId, serial, udid }) {
      // One that is still managed before one that the MDM knew before under the same number.
      const rows = await database.$queryRaw<{ id: string }[]>`
        select id from device where connector_id = ${connectorId}::uuid
          and (external_id = ${externalId ?? null} or udid = ${udid ?? null} or serial = ${serial ?? null})
        order by external_id is not distinct from ${externalId ?? null} desc, udid is not distinct from ${udid ?? null} desc,
          management in ('removed', 'wiped'), first_known_at desc, id limit 1`
      return rows[0]?.id ?? null
    },

    setUserDisabled: (connectorId, user, disabled, at) =>
      inTransaction(database, async (transaction) => {
        const rows = await transaction.$queryRaw<{ id: string; user_disabled: boolean }[]>`
          select id, user_disabled from device where connector_id = ${connectorId}::uuid and (user_id = ${user.id}
            or lower(user_name) = lower(${user.name}) or lower(user_email) = lower(${user.email}))
          order by id for no key update`
        const changed = rows.filter((row) => row.user_disabled !== disabled).map(({ id }) => id)
        await transaction.$executeRaw`
          update device set user_disabled = ${disabled}, updated_at = ${at}, state_at = greatest(state_at, ${at}) where id = any(${changed}::uuid[])`
        await insertDeviceEvents(
          transaction,
          changed.map((deviceId) => ({
            deviceId,
            kind: 'user_disabled',
            facts: { what: 'userDisabled', from: !disabled, to: disabled },
          })),
          { at, source: 'event', connectorId },
        )
        await enqueueDue(transaction, changed, at)
        return rows.length
      }),

    link: (certificateId, deviceId, at) =>
      inTransaction(database, async (transaction) => {
        const [found] = await transaction.$queryRaw<unknown[]>`
          select from certificate c, device d where c.id = ${certificateId}::uuid and c.kind = 'leaf' and d.id = ${deviceId}::uuid`
        if (found === undefined) return false
        const linked = await transaction.$executeRaw`
          insert into device_certificate (certificate_id, device_id, how, linked_at)
          values (${certificateId}::uuid, ${deviceId}::uuid, 'reported', ${at}) on conflict (certificate_id) do nothing`
        if (linked === 0) return true
        await enqueueDue(transaction, [deviceId], at)
        await writeEnds(transaction, [deviceId])
        return true
      }),
  })
}

async function takePage(transaction: Transaction, taken: TakenReports): Promise<Map<string, string>> {
  const { connectorId, externalIds, source, at, syncId } = taken
  const known = await lockKnown(transaction, connectorId, externalIds)
  const changes = taken.decide(known)
  const added = changes.filter(({ isNew }) => isNew)
  const inserted = await insertDevices(transaction, connectorId, added, { at, syncId })
  if (inserted.size < added.length) throw new MadeMeanwhile()
  await updateDevices(
    transaction,
    changes.filter(({ isNew }) => !isNew),
    { at, syncId },
  )
  await insertDeviceEvents(
    transaction,
    changes.flatMap(({ device, events }) => events.map((event) => ({ deviceId: device.id, ...event }))),
    { at, source, connectorId },
  )
  await enqueueDue(
    transaction,
    changes.filter(({ stateChanged }) => stateChanged).map(({ device }) => device.id),
    at,
  )
  return new Map(changes.map(({ device }) => [device.externalId, device.id]))
}

/** Somebody else has made one of the devices since they were looked for: the page is undone, and tried again. */
class MadeMeanwhile extends Error {}

async function endSync(
  transaction: Transaction,
  { id, connectorId, at }: { id: string; connectorId: string; at: Date },
  { leastShare, mostMisses }: { leastShare: number; mostMisses: number },
): Promise<SyncEnd> {
  const [sync] = await transaction.$queryRaw<SyncRow[]>`
    select started_at, finished_at, coalesce(seen, 0) as seen, coalesce(missing, 0) as missing, coalesce(complete, false) as complete
    from device_sync where id = ${id}::uuid and connector_id = ${connectorId}::uuid for no key update`
  if (sync === undefined) return { seen: 0, missing: 0, complete: false }
  if (sync.finished_at !== null) return { seen: sync.seen, missing: sync.missing, complete: sync.complete }
  const [{ seen, last } = { seen: 0, last: 0 }] = await transaction.$queryRaw<{ seen: number; last: number }[]>`
    select (select count(*) from device where connector_id = ${connectorId}::uuid and seen_in_sync = ${id}::uuid)::int as seen,
      coalesce((select nullif(seen, 0) from device_sync where connector_id = ${connectorId}::uuid and complete order by started_at desc limit 1),
        (select count(*) from device where connector_id = ${connectorId}::uuid and management not in ('removed', 'wiped')
          and first_known_at < ${sync.started_at}))::int as last`
  const complete = seen >= last * leastShare
  const unseen = Prisma.sql`d.connector_id = ${connectorId}::uuid and d.seen_in_sync is distinct from ${id}::uuid
    and d.management not in ('removed', 'wiped') and d.first_known_at < ${sync.started_at} and (d.state_at is null or d.state_at < ${sync.started_at})`
  const [{ missing } = { missing: 0 }] = await transaction.$queryRaw<{ missing: number }[]>`
    select count(*)::int as missing from device d where ${unseen}`
  if (complete) await countMisses(transaction, unseen, { connectorId, at, mostMisses })
  await transaction.$executeRaw`
    update device_sync set finished_at = ${at}, seen = ${seen}, missing = ${missing}, complete = ${complete} where id = ${id}::uuid`
  return { seen, missing, complete }
}

async function countMisses(
  transaction: Transaction,
  unseen: Prisma.Sql,
  { connectorId, at, mostMisses }: { connectorId: string; at: Date; mostMisses: number },
): Promise<void> {
  const removed = await transaction.$queryRaw<{ id: string; before: string }[]>`
    with missed as (select d.id, d.management, d.misses from device d where ${unseen} order by d.id for no key update),
    counted as (
      update device d set misses = missed.misses + 1,
        management = case when missed.misses + 1 >= ${mostMisses} then 'removed' else d.management end,
        state_at = case when missed.misses + 1 >= ${mostMisses} then ${at} else d.state_at end,
        updated_at = case when missed.misses + 1 >= ${mostMisses} then ${at} else d.updated_at end
      from missed where d.id = missed.id returning d.id, d.misses, missed.management as before
    ) select id, before from counted where misses >= ${mostMisses}`
  await insertDeviceEvents(
    transaction,
    removed.map(({ id, before }) => ({
      deviceId: id,
      kind: 'management',
      facts: { what: 'management', from: before, to: 'removed', why: 'not_seen' },
    })),
    { at, source: 'sync', connectorId },
  )
  await enqueueDue(
    transaction,
    removed.map(({ id }) => id),
    at,
  )
}

interface SyncRow {
  started_at: Date
  finished_at: Date | null
  seen: number
  missing: number
  complete: boolean
}

/** Reports leave no audit events: what is done because of them does. */
function inTransaction<T>(database: Database, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  return transactDevices(database, async (transaction) => ({ result: await work(transaction), events: [] }))
}
