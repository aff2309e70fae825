/** Reported devices in memory, by the rules of the store on Postgres. The queue of their rules is another's. */
import type { AuditEntry } from '@/lib/services/audit'
import type { DeviceReportStore, DeviceSync, ReportSource } from '@/lib/services/device-reports'
import type { DeviceEventFact, KnownDevice } from '@/lib/services/device-state'
import type { InventoryReadingStore } from '@/lib/services/inventory-readings'

interface Row extends KnownDevice {
  connectorId: string
  firstKnownAt: Date
  seenInSync: string | null
}

interface Sync extends DeviceSync {
  seen: number | null
  missing: number | null
  complete: boolean | null
}

export interface DeviceEventRow extends DeviceEventFact {
  deviceId: string
  at: Date
  source: ReportSource
}

export function memoryDeviceReportStore() {
  const rows: Row[] = []
  const events: DeviceEventRow[] = []
  const syncs: Sync[] = []
  const audit: AuditEntry[] = []
  const links = new Map<string, string>()

  const store: DeviceReportStore = {
    async take({ connectorId, externalIds, source, at, syncId, decide }) {
      const mine = rows.filter((row) => row.connectorId === connectorId && externalIds.includes(row.externalId))
      const changes = decide(new Map(mine.map((row) => [row.externalId, row])))
      for (const { device, isNew, events: told } of changes) {
        const row = rows.find(({ id }) => id === device.id)
        if (isNew) rows.push({ ...device, connectorId, firstKnownAt: at, seenInSync: syncId })
        else if (row) Object.assign(row, device, syncId === null ? {} : { seenInSync: syncId, misses: 0 })
        events.push(...told.map((event) => ({ ...event, deviceId: device.id, at, source })))
      }
      return new Map(changes.map(({ device }) => [device.externalId, device.id]))
    },
    async beginSync({ id, connectorId, at }) {
      for (const sync of syncs)
        if (sync.connectorId === connectorId && sync.finishedAt === null)
          Object.assign(sync, { finishedAt: at, complete: false })
      syncs.push({ id, connectorId, startedAt: at, finishedAt: null, seen: null, missing: null, complete: null })
    },
    async sync(id) {
      return syncs.find((sync) => sync.id === id) ?? null
    },
    async endSync({ id, connectorId, at }, { leastShare, mostMisses }) {
      const sync = syncs.find((each) => each.id === id && each.connectorId === connectorId)
      if (sync === undefined) return { seen: 0, missing: 0, complete: false }
      if (sync.finishedAt === null) {
        const known = rows.filter(
          (row) =>
            row.connectorId === connectorId &&
            !['removed', 'wiped'].includes(row.management) &&
            row.firstKnownAt < sync.startedAt,
        )
        const last = syncs.findLast((each) => each.connectorId === connectorId && each.complete)?.seen || known.length
        const unseen = unseenIn(sync)
        sync.seen = rows.filter((row) => row.connectorId === connectorId && row.seenInSync === id).length
        sync.missing = unseen.length
        sync.complete = sync.seen >= last * leastShare
        sync.finishedAt = at
        if (sync.complete) for (const row of unseen) miss(row, mostMisses, at)
      }
      return { seen: sync.seen ?? 0, missing: sync.missing ?? 0, complete: sync.complete ?? false }
    },
    async find(connectorId, { externalId, serial, udid }) {
      const mine = rows.filter((row) => row.connectorId === connectorId)
      const gone = ({ management }: Row) => Number(['removed', 'wiped'].includes(management))
      const newest = [...mine].sort(
        (a, b) => gone(a) - gone(b) || b.firstKnownAt.getTime() - a.firstKnownAt.getTime() || (a.id < b.id ? -1 : 1),
      )
      const found =
        newest.find((row) => externalId !== undefined && row.externalId === externalId) ??
        newest.find((row) => udid !== undefined && row.udid === udid) ??
        newest.find((row) => serial !== undefined && row.serial === serial)
      return found?.id ?? null
    },
    async setUserDisabled(connectorId, user, disabled, at) {
      const same = (a: string | null, b: string | null) => a !== null && a.toLowerCase() === b?.toLowerCase()
      const mine = rows.filter(
        (row) =>
          row.connectorId === connectorId &&
          ((user.id !== null && row.userId === user.id) ||
            same(row.userName, user.name) ||
            same(row.userEmail, user.email)),
      )
      for (const row of mine.filter(({ userDisabled }) => userDisabled !== disabled)) {
        row.userDisabled = disabled
        row.stateAt = row.stateAt !== null && row.stateAt > at ? row.stateAt : at
        const facts = { what: 'userDisabled', from: !disabled, to: disabled }
        events.push({ kind: 'user_disabled', facts, deviceId: row.id, at, source: 'event' })
      }
      return mine.length
    },
    async link(certificateId, deviceId) {
      if (!rows.some(({ id }) => id === deviceId)) return false
      if (!links.has(certificateId)) links.set(certificateId, deviceId)
      return true
    },
  }

  const readings: InventoryReadingStore = {
    async last(connectorId) {
      const own = syncs.filter((sync) => sync.connectorId === connectorId)
      const sync = own.findLast(({ seen }) => seen !== null)
      if (sync === undefined) return null
      const { id, startedAt, finishedAt, seen, missing, complete } = sync
      const whole = complete === true
      return {
        ...{ id, startedAt, finishedAt: finishedAt ?? startedAt, seen: seen ?? 0, missing: missing ?? 0, whole },
        before: whole ? null : (own.findLast((each) => each.complete)?.seen ?? 0),
      }
    },
    async accept({ id, connectorId }, { mostMisses }, told) {
      const own = syncs.filter((sync) => sync.connectorId === connectorId)
      const sync = own.find((each) => each.id === id)
      if (sync === undefined || sync.complete !== false || !sync.seen) return false
      const later = own.slice(own.indexOf(sync) + 1)
      if (later.some(({ seen }) => seen !== null)) return false
      sync.complete = true
      for (const row of unseenIn(sync))
        if (!later.some((each) => each.id === row.seenInSync)) row.misses = Math.max(row.misses, mostMisses - 1)
      audit.push(...told)
      return true
    },
  }

  function unseenIn(sync: Sync): Row[] {
    return rows.filter(
      (row) =>
        row.connectorId === sync.connectorId &&
        row.seenInSync !== sync.id &&
        !['removed', 'wiped'].includes(row.management) &&
        row.firstKnownAt < sync.startedAt &&
        (row.stateAt === null || row.stateAt < sync.startedAt),
    )
  }

  function miss(row: Row, mostMisses: number, at: Date): void {
    row.misses += 1
    if (row.misses < mostMisses) return
    const facts = { what: 'management', from: row.management, to: 'removed', why: 'not_seen' }
    events.push({ kind: 'management', facts, deviceId: row.id, at, source: 'sync' })
    Object.assign(row, { management: 'removed', stateAt: at })
  }

  return { store, readings, rows, events, audit, links }
}
