/** Reads Jamf's inventory: all of it every few hours, and the devices with a certificate in between. */
import { type Actor, systemActor } from './actor'
import type { Json } from './audit'
import type { DeviceReport, DeviceReports } from './device-types'
import { JAMF_PAGE_SIZE, JAMF_SERIALS_AT_ONCE, type JamfApi, type JamfAsking, JamfFault } from './jamf-api'
import {
  type EntitlingGroups,
  isIdentifier,
  type JamfDevice,
  type JamfDeviceKind,
  jamfDeviceOf,
  jamfExternalId,
  reportOf,
} from './jamf-device'
import type { EntitlingGroupsReader } from './jamf-groups'
import { atMost, readAhead } from './jamf-pages'
import type { CertifiedDevice, JamfDeviceRows } from './jamf-queue'
import { jamfSettings } from './jamf-settings'
import type { ConnectorCalls, MdmConnector, MdmConnectorRows } from './mdm-connector-types'
import { authorise } from './permissions'

export interface JamfSyncDependencies {
  rows: Pick<MdmConnectorRows, 'connector' | 'connectorsOf' | 'learn'>
  devices: Pick<JamfDeviceRows, 'certified'>
  api: Pick<JamfApi, 'page' | 'bySerial' | 'record'>
  groups: EntitlingGroupsReader
  reports: Pick<DeviceReports, 'report' | 'beginSync' | 'reportPage' | 'endSync'>
  calls: ConnectorCalls
  /** Milliseconds of a clock that never goes back. */
  monotonic(): number
  clock(): Date
}

export interface JamfSync {
  /** Whatever is due by now. One connector's fault is not another's. */
  run(now: Date): Promise<void>
  /** "Sync now": the job reads the whole inventory when it looks next, within seconds. */
  want(actor: Actor, connectorId: string): Promise<void>
}

/** What is kept of it in the connector's state. */
export interface JamfSyncState {
  fullSyncAt?: string
  partialSyncAt?: string
  /** When it was tried last, whatever came of it. */
  syncTriedAt?: string
  /** Whether the last one was a full one that saw too few. */
  fullSyncShrank?: true
  syncWantedAt?: string
  /** Why the last one failed, for administrators. */
  syncFault?: string
  /** Devices that the last full one saw. */
  inventory?: number
}

const SHRANK = 'inventory_shrank'
/** What went wrong with us and not with Jamf Pro is in the log of the server. */
const OURS = new JamfFault(
  'answer',
  'internal',
  'What Jamf Pro says could not be taken in.',
  'Look at the log of the server.',
)
const KINDS = ['computer', 'mobile'] as const satisfies JamfDeviceKind[]
/** Of five calls at once: the others are left to who has a device waiting. */
const PAGES_AHEAD = 3
const CALL_MS = 120_000
/** After a fault; the next sync may be due much later. */
const TRY_AGAIN_MINUTES = 5
const CERTIFIED_AT_ONCE = 500
/** All connectors share one job: a reading that takes longer would keep the others from theirs. */
const MOST_MS = 2 * 3_600_000
/** Of what was asked for or announced: more that is missing is an outage or a privilege that was taken away. */
const MOST_MISSING_SHARE = 0.2
const FEW = 2
/** Devices come and go while pages are read. */
const MOST_LOST_SHARE = 0.02

export function createJamfSync(dependencies: JamfSyncDependencies): JamfSync {
  const { rows, devices, api, groups, reports, calls, monotonic, clock } = dependencies
  const actor = systemActor('job', 'sync-jamf')

  return {
    async run(now) {
      const due = (await rows.connectorsOf('jamf')).map((connector) => ({ connector, which: dueSync(connector, now) }))
      const synced = await Promise.allSettled(
        due.map(({ connector, which }) => (which === null ? undefined : sync(connector, which, now))),
      )
      for (const each of synced) if (each.status === 'rejected') throw each.reason
    },

    async want(asker, connectorId) {
      authorise(asker, 'connector:manage')
      await rows.learn(connectorId, { syncWantedAt: clock().toISOString() })
    },
  }

  async function sync(connector: MdmConnector, which: 'full' | 'partial', now: Date): Promise<void> {
    const begun = monotonic()
    const operation = which === 'full' ? 'full sync' : 'sync of certified devices'
    await rows.learn(connector.id, { syncTriedAt: now.toISOString(), fullSyncShrank: null })
    try {
      const learnt = which === 'full' ? await readAll(connector) : await readCertified(connector)
      await note(connector, operation, begun, null, learnt.sentence)
      await rows.learn(connector.id, {
        [which === 'full' ? 'fullSyncAt' : 'partialSyncAt']: now.toISOString(),
        ...(which === 'full' ? { inventory: learnt.seen, syncWantedAt: null } : {}),
        syncFault: null,
      })
    } catch (error) {
      const fault = error instanceof JamfFault ? error : OURS
      await note(connector, operation, begun, fault, fault.sentence)
      const fullSyncShrank = which === 'full' && fault.code === SHRANK ? true : null
      const syncFault = fault.sentence.slice(0, 300).toWellFormed()
      await rows.learn(connector.id, { syncFault, syncWantedAt: null, fullSyncShrank })
      if (fault === OURS) throw error
    }
  }

  /** Pages are handed over as they come: never more than a few of them are held. */
  async function readAll(connector: MdmConnector): Promise<{ seen: number; sentence: string }> {
    const entitling = await groups.read(connector)
    const syncId = await reports.beginSync(connector.id)
    let seen = 0
    for (const kind of KINDS) seen += await readKind(connector, kind, syncId, entitling)
    // Only a reading that came to its end can say that a device is missing.
    const ended = await reports.endSync(syncId, actor, connector.id)
    if (!ended.complete)
      throw new JamfFault(
        'answer',
        SHRANK,
        `The inventory has ${seen} devices, over a fifth fewer than before: nothing follows for those that are missing.`,
        'Look whether the API role still sees all devices. If so many are gone indeed, accept the smaller inventory on the page of the connector.',
      )
    return { seen, sentence: `${seen} devices were read; ${ended.missing} that were known are missing.` }
  }

  async function readKind(
    connector: MdmConnector,
    kind: JamfDeviceKind,
    syncId: string,
    entitling: EntitlingGroups | undefined,
  ): Promise<number> {
    const end = monotonic() + MOST_MS
    const asking = patient(connector)
    const asksGroups = asksForGroups(connector)
    const first = await api.page(asking, kind, 0, asksGroups)
    const pages = Math.ceil(first.total / JAMF_PAGE_SIZE)
    const report = (page: JamfDevice[]) =>
      reports.reportPage(
        syncId,
        actor,
        connector.id,
        page.map((device) => reportOf(device, entitling)),
      )
    await report(first.devices)
    let read = first.devices.length
    const rest = readAhead(PAGES_AHEAD, Math.max(pages - 1, 0), (page) => api.page(asking, kind, page + 1, asksGroups))
    for await (const page of rest) {
      if (monotonic() > end) throw tooSlow(kind, read, first.total)
      await report(page.devices)
      read += page.devices.length
      // None comes after it, whatever was announced.
      if (page.devices.length === 0) break
    }
    if (read < first.total * (1 - MOST_LOST_SHARE) - FEW) throw shrunk(kind, read, first.total)
    return read
  }

  /** A device that is not found by its serial number is asked for by its number: two answers that say the same. */
  async function readCertified(connector: MdmConnector): Promise<{ seen: number; sentence: string }> {
    const entitling = await groups.read(connector)
    const gone: DeviceReport[] = []
    let asked = 0
    for (let after: string | null = null; ; ) {
      const certified = await devices.certified(connector.id, after, CERTIFIED_AT_ONCE)
      const last = certified.at(-1)
      if (last === undefined) break
      after = last.id
      asked += certified.length
      gone.push(...(await readThose(connector, certified, entitling)))
    }
    if (gone.length > Math.max(FEW, asked * MOST_MISSING_SHARE)) throw shrunk('device', asked - gone.length, asked)
    if (gone.length > 0) await reports.report(actor, connector.id, gone, 'sync')
    return {
      seen: asked,
      sentence: `${asked} devices with certificates were looked up; ${gone.length} are gone.`,
    }
  }

  async function readThose(
    connector: MdmConnector,
    certified: CertifiedDevice[],
    entitling: EntitlingGroups | undefined,
  ): Promise<DeviceReport[]> {
    const asking = patient(connector)
    const asksGroups = asksForGroups(connector)
    const missing = new Map(certified.map((device) => [device.externalId, device]))
    // An event that comes meanwhile is later than what was asked before it.
    const observedAt = clock()
    const found: DeviceReport[] = []
    for (const kind of KINDS) {
      const serials = certified.flatMap(({ externalId, serial }) =>
        serial !== null && isIdentifier(serial) && jamfDeviceOf(externalId)?.kind === kind ? [serial] : [],
      )
      const answers = await atMost(PAGES_AHEAD, chunks(serials, JAMF_SERIALS_AT_ONCE), (some) =>
        api.bySerial(asking, kind, some, asksGroups),
      )
      for (const device of answers.flat()) {
        missing.delete(jamfExternalId(kind, device.jamfId))
        found.push({ ...reportOf(device, entitling), observedAt })
      }
    }
    // Before each is asked for by itself: that many cannot be gone at once.
    if (missing.size > Math.max(50, certified.length * MOST_MISSING_SHARE))
      throw shrunk('device', certified.length - missing.size, certified.length)
    const gone: DeviceReport[] = []
    await atMost(PAGES_AHEAD, [...missing.keys()], async (externalId) => {
      const named = jamfDeviceOf(externalId)
      if (named === null) return
      const device = await api.record(asking, named.kind, named.jamfId, asksGroups)
      if (device === null) gone.push({ externalId, management: 'removed', observedAt })
      else found.push({ ...reportOf(device, entitling), observedAt })
    })
    if (found.length > 0) await reports.report(actor, connector.id, found, 'sync')
    return gone
  }

  async function note(
    { id }: MdmConnector,
    operation: string,
    begun: number,
    fault: JamfFault | null,
    detail: string,
  ): Promise<void> {
    await calls.note({
      ...{ connectorId: id, direction: 'out', operation, target: null, status: null },
      ...{ outcome: fault === null ? 'success' : 'failed', code: fault?.code ?? null, detail },
      ...{
        milliseconds: Math.round(monotonic() - begun),
        attempt: 1,
        correlationId: null,
        enrolmentTransactionId: null,
      },
    })
  }
}

/** Null while there is nothing to do, and where there is no API client to ask with. */
export function dueSync(connector: MdmConnector, now: Date): 'full' | 'partial' | null {
  const { clientId, syncMinutes, fullSyncHours } = jamfSettings(connector.settings)
  if (clientId === '' || connector.credentialSealed === null) return null
  const state = syncState(connector.state)
  if (state.syncWantedAt !== undefined) return 'full'
  const since = (moment: string | undefined) => {
    const at = moment === undefined ? Number.NaN : Date.parse(moment)
    // Never, or in the future because a clock was set back: now.
    return Number.isNaN(at) || at > now.getTime() ? Number.POSITIVE_INFINITY : (now.getTime() - at) / 60_000
  }
  if (state.syncFault !== undefined && since(state.syncTriedAt) < TRY_AGAIN_MINUTES) return null
  // While the whole inventory is not to be believed, those with a certificate are looked up all the same.
  if (state.fullSyncShrank && since(state.partialSyncAt) >= syncMinutes) return 'partial'
  if (since(state.fullSyncAt) >= fullSyncHours * 60) return 'full'
  return Math.min(since(state.fullSyncAt), since(state.partialSyncAt)) >= syncMinutes ? 'partial' : null
}

export function syncState(state: Json): JamfSyncState {
  return typeof state === 'object' && state !== null && !Array.isArray(state) ? (state as JamfSyncState) : {}
}

function patient(connector: MdmConnector): JamfAsking {
  return { connector, timeoutMs: CALL_MS, patient: true }
}

function asksForGroups({ settings }: MdmConnector): boolean {
  return jamfSettings(settings).smartGroups.length > 0
}

function shrunk(what: JamfDeviceKind | 'device', found: number, expected: number): JamfFault {
  const of = what === 'mobile' ? 'mobile devices' : what === 'computer' ? 'computers' : 'devices with certificates'
  return new JamfFault(
    'answer',
    SHRANK,
    `Jamf Pro showed ${found} of ${expected} ${of}. Nothing follows for those that are missing.`,
    'Look whether the API role still sees all devices, and whether Jamf Pro is being maintained.',
  )
}

function tooSlow(kind: JamfDeviceKind, read: number, announced: number): JamfFault {
  return new JamfFault(
    'answer',
    'inventory_too_slow',
    `Jamf Pro showed ${read} of ${announced} ${kind === 'mobile' ? 'mobile devices' : 'computers'} in two hours, and was not asked further.`,
    'Look whether Jamf Pro is overloaded. Nothing follows for devices that were not read.',
  )
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
}
