/** What MDMs say about their devices, taken in: the one way by which a device becomes known and its state changes. */
import { Refusal } from '@/lib/errors'
import { identifierOf, serialOf, textOf } from './device-identifiers'
import { changed, type DeviceChange, type KnownDevice, mergedReports } from './device-state'
import type { DeviceReport, DeviceReports } from './device-types'

export type ReportSource = 'sync' | 'event' | 'challenge'

export interface DeviceSync {
  id: string
  connectorId: string
  startedAt: Date
  finishedAt: Date | null
}

export interface SyncEnd {
  seen: number
  missing: number
  complete: boolean
}

export interface TakenReports {
  connectorId: string
  externalIds: string[]
  source: ReportSource
  at: Date
  /** The reading that saw them, if it is one. */
  syncId: string | null
  /** The rows are locked while it decides. */
  decide(known: ReadonlyMap<string, KnownDevice>): DeviceChange[]
}

export interface DeviceReportStore {
  /**
   * In one transaction: reads the devices, writes what is decided of them with its events, and puts in the queue what the
   * rules of their groups answer. Two callers with one device take turns. Returns ids by external id.
   */
  take(taken: TakenReports): Promise<Map<string, string>>
  /** Ends those of the connector that were never ended: they saw less than there is. */
  beginSync(sync: { id: string; connectorId: string; at: Date }): Promise<void>
  sync(id: string): Promise<DeviceSync | null>
  /**
   * In one transaction, once: counts what the reading saw. When that is at least `leastShare` of what the last complete one
   * saw, or of the devices that were known as it began where none has seen any, every device that it did not see and that
   * nobody has told of since it began has one miss more, and with `mostMisses` is removed.
   */
  endSync(
    sync: { id: string; connectorId: string; at: Date },
    rule: { leastShare: number; mostMisses: number },
  ): Promise<SyncEnd>
  find(connectorId: string, ids: { externalId?: string; serial?: string; udid?: string }): Promise<string | null>
  /** Returns how many devices are of that user; those whose state changes have an event, and what their rules answer. */
  setUserDisabled(
    connectorId: string,
    user: { id: string | null; name: string | null; email: string | null },
    disabled: boolean,
    at: Date,
  ): Promise<number>
  /** False where there is no such certificate or device. One that is linked already stays as it is. */
  link(certificateId: string, deviceId: string, at: Date): Promise<boolean>
}

/** A reading that saw fewer than this part of the last one is a broken reading. */
export const LEAST_SHARE = 0.8
/** A device that so many readings in a row did not see is removed. */
export const MOST_MISSES = 2
const PAGE = 500

export function createDeviceReports({ store, clock }: { store: DeviceReportStore; clock: () => Date }): DeviceReports {
  async function take(
    connectorId: string,
    reports: readonly DeviceReport[],
    source: ReportSource,
    sync: DeviceSync | null,
  ): Promise<string[]> {
    const named = reports.map((report) => ({ ...report, externalId: externalIdOf(report), ...seenBy(report, clock()) }))
    const ids = new Map<string, string>()
    for (let from = 0; from < named.length; from += PAGE) {
      const now = clock()
      const page = mergedReports(named.slice(from, from + PAGE))
      const said = sync?.startedAt ?? now
      const taken = await store.take({
        connectorId,
        externalIds: [...page.keys()],
        source,
        at: now,
        syncId: sync?.id ?? null,
        decide: (known) =>
          [...page].map(([externalId, report]) =>
            changed(known.get(externalId) ?? null, report, momentOf(report, said, now)),
          ),
      })
      for (const [externalId, id] of taken) ids.set(externalId, id)
    }
    return named.map(({ externalId }) => idOf(ids, externalId))
  }

  async function running(syncId: string, connectorId: string): Promise<DeviceSync> {
    const sync = await store.sync(syncId)
    if (sync === null || sync.connectorId !== connectorId)
      throw new Refusal('not_found', 'There is no such reading of the inventory.', { reason: 'sync_unknown' })
    if (sync.finishedAt !== null)
      throw new Refusal('conflict', 'This reading of the inventory has ended: a later one has begun.', {
        reason: 'sync_over',
      })
    return sync
  }

  return {
    report: (_actor, connectorId, reports, source) => take(connectorId, reports, source, null),
    async beginSync(connectorId) {
      const id = crypto.randomUUID()
      await store.beginSync({ id, connectorId, at: clock() })
      return id
    },
    async reportPage(syncId, _actor, connectorId, reports) {
      await take(connectorId, reports, 'sync', await running(syncId, connectorId))
    },
    async endSync(syncId, _actor, connectorId) {
      return store.endSync(
        { id: syncId, connectorId, at: clock() },
        { leastShare: LEAST_SHARE, mostMisses: MOST_MISSES },
      )
    },
    async find(connectorId, { externalId, serial, udid }) {
      const ids = { externalId: textOf(externalId), serial: serialOf(serial), udid: identifierOf(udid) }
      const given = Object.fromEntries(Object.entries(ids).filter(([, value]) => value !== null))
      return Object.keys(given).length === 0 ? null : store.find(connectorId, given)
    },
    async reportUser(_actor, connectorId, { id, name, email }, disabled) {
      const user = { id: textOf(id), name: textOf(name), email: textOf(email) }
      if (Object.values(user).every((value) => value === null)) return 0
      return store.setUserDisabled(connectorId, user, disabled, clock())
    },
    async link(certificateId, deviceId) {
      if (await store.link(certificateId, deviceId, clock())) return
      throw new Refusal('not_found', 'There is no such certificate, or no such device.', { reason: 'link_unknown' })
    },
  }
}

function externalIdOf({ externalId }: DeviceReport): string {
  const id = textOf(externalId)
  if (id !== null) return id
  throw new Refusal('invalid_input', 'A report names the device by its id in the MDM.', {
    reason: 'external_id_missing',
  })
}

/** Nobody was seen after now, nor in a year that no column takes. */
function seenBy({ lastSeenAt }: DeviceReport, now: Date): Pick<DeviceReport, 'lastSeenAt'> {
  return lastSeenAt && lastSeenAt > now ? { lastSeenAt: now } : {}
}

/** A clock that is ahead of ours does not win against every later report. */
function momentOf({ observedAt }: DeviceReport, said: Date, now: Date): Date {
  const at = observedAt && !Number.isNaN(observedAt.getTime()) ? observedAt : said
  return at > now ? now : at
}

function idOf(ids: ReadonlyMap<string, string>, externalId: string): string {
  const id = ids.get(externalId)
  if (id === undefined) throw new Error('a report was taken in, and its device is not there')
  return id
}
