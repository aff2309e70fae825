/** Brakes of MDMs in Postgres, and the decisions of administrators about what waits behind them. */
import type { BrakedAction, BrakeView, DeviceBrakeStore } from '@/lib/services/device-brake'
import type { DeviceTrigger } from '@/lib/services/device-types'
import { type Database, transact } from './database'
import { endable } from './device-queue'
import { Prisma } from './generated/client'
import { guarded } from './outage'

export function deviceBrakeStore(database: Database): DeviceBrakeStore {
  return guarded<DeviceBrakeStore>({
    async brakes() {
      const rows = await database.$queryRaw<BrakeRow[]>`
        select k.id, k.slug, k.name, coalesce(b.most_per_hour, 25) as most_per_hour, b.pulled_at,
          (select count(distinct q.device_id) from device_action q where q.connector_id = k.id and q.state = 'braked')::int as waiting
        from connector k left join device_brake b on b.connector_id = k.id
        order by b.pulled_at is null, lower(k.name), k.id`
      return rows.map(brakeOf)
    },

    async braked(connectorId, at, limit) {
      const rows = await database.$queryRaw<BrakedRow[]>`
        select q.id, q.trigger, q.action, q.created_at, d.id as device_id, coalesce(d.name, d.serial, d.external_id, d.id::text) as device_name,
          (select count(*) from device_certificate l join certificate c on c.id = l.certificate_id where l.device_id = d.id and ${endable(at)})::int as certificates
        from device_action q join device d on d.id = q.device_id
        where q.connector_id = ${connectorId}::uuid and q.state = 'braked' order by q.created_at, q.id limit ${limit}`
      return rows.map(brakedOf)
    },

    async change(connectorId, mostPerHour, events) {
      await transact(database, async (transaction) => {
        await transaction.$executeRaw`
          insert into device_brake (connector_id, most_per_hour) values (${connectorId}::uuid, ${mostPerHour})
          on conflict (connector_id) do update set most_per_hour = excluded.most_per_hour`
        return { result: undefined, events }
      })
    },

    decide: (connectorId, { by, decision, ids, most, at }, event) =>
      transact<number | null>(database, async (transaction) => {
        // Before the actions, as whoever pulls it: what is braked meanwhile finds the brake still pulled, or comes after.
        await transaction.$queryRaw`select from device_brake where connector_id = ${connectorId}::uuid for update`
        const these = ids === null ? Prisma.sql`true` : Prisma.sql`id = any(${[...ids]}::uuid[])`
        const change =
          decision === 'cancel'
            ? Prisma.sql`state = 'cancelled', done_at = ${at}, decided_by = ${by}`
            : Prisma.sql`state = 'waiting', decided_by = ${by}`
        // In the order in which enqueueDue() locks them.
        const rows = await transaction.$queryRaw<{ id: string; device_id: string }[]>`
          select id, device_id from device_action where connector_id = ${connectorId}::uuid and state = 'braked' and ${these}
          order by device_id, trigger for no key update`
        const devices = new Set(rows.map(({ device_id }) => device_id)).size
        if (most !== null && devices > most) return { result: null, events: [] }
        await transaction.$executeRaw`
          update device_action set ${change} where id = any(${rows.map(({ id }) => id)}::uuid[])`
        await transaction.$executeRaw`
          update device_brake set pulled_at = null where connector_id = ${connectorId}::uuid
            and not exists (select from device_action where connector_id = ${connectorId}::uuid and state = 'braked')`
        return { result: devices, events: devices > 0 ? [event(devices)] : [] }
      }),
  })
}

interface BrakeRow {
  id: string
  slug: string
  name: string
  most_per_hour: number
  pulled_at: Date | null
  waiting: number
}

function brakeOf({ id, slug, name, most_per_hour, pulled_at, waiting }: BrakeRow): BrakeView {
  return {
    connector: { id, slug, name },
    mostPerHour: most_per_hour,
    pulledAt: waiting > 0 ? pulled_at : null,
    waiting,
  }
}

interface BrakedRow {
  id: string
  trigger: DeviceTrigger
  action: 'hold' | 'revoke'
  created_at: Date
  device_id: string
  device_name: string
  certificates: number
}

function brakedOf({ device_id, device_name, created_at, ...row }: BrakedRow): BrakedAction {
  return { ...row, createdAt: created_at, device: { id: device_id, name: device_name } }
}
