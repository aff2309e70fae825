/** Works the queue of Jamf's events. Each is a hint: nothing is reported but what Jamf's API says when it is asked. */
import { isRefusal } from '@/lib/errors'
import { systemActor } from './actor'
import type { DeviceReport, DeviceReports } from './device-types'
import { type JamfApi, type JamfAsking, JamfFault } from './jamf-api'
import { type EntitlingGroups, type JamfDeviceKind, jamfExternalId, reportOf } from './jamf-device'
import type { EntitlingGroupsReader } from './jamf-groups'
import type { NamedDevice } from './jamf-message'
import { atMost } from './jamf-pages'
import type { ClaimedJamfEvent, JamfDeviceRows, JamfEventQueue } from './jamf-queue'
import { jamfSettings } from './jamf-settings'
import type { MdmConnector, MdmConnectorRows } from './mdm-connector-types'

export interface JamfEventsDependencies {
  rows: Pick<MdmConnectorRows, 'connector'>
  queue: JamfEventQueue
  devices: Pick<JamfDeviceRows, 'externalId'>
  api: Pick<JamfApi, 'record' | 'find'>
  groups: EntitlingGroupsReader
  reports: Pick<DeviceReports, 'find' | 'report'>
  clock(): Date
}

export interface JamfEvents {
  /** One batch of each connector; returns how many events there were. */
  work(): Promise<number>
  forget(): Promise<void>
}

const BATCH = 50
/** Longer than a batch takes at the worst, for it stops when Jamf does not answer. */
const CLAIM_SECONDS = 300
const CALL_MS = 10_000
const AT_ONCE = 4
/** Then the next sync tells. */
const RETRIES_SECONDS = [5, 15, 60, 300, 1_800]
/** Longer than a body is recognised. */
const FORGET_MINUTES = 60

export function createJamfEvents(dependencies: JamfEventsDependencies): JamfEvents {
  const { rows, queue, devices, api, groups, reports, clock } = dependencies
  const actor = systemActor('job', 'work-jamf-events')

  return {
    async work() {
      const claimed = await queue.claim(BATCH, CLAIM_SECONDS)
      const byConnector = Map.groupBy(claimed, ({ connectorId }) => connectorId)
      // One Jamf Pro that does not answer does not keep the events of another.
      const worked = await Promise.allSettled([...byConnector].map(([id, events]) => workFor(id, events)))
      for (const each of worked) if (each.status === 'rejected') throw each.reason
      return claimed.length
    },

    async forget() {
      await queue.forget(FORGET_MINUTES)
    },
  }

  async function workFor(connectorId: string, events: ClaimedJamfEvent[]): Promise<void> {
    const connector = await rows.connector(connectorId)
    let fault: JamfFault | null = null
    let ours: { error: unknown } | null = null
    const known = new Map<string, Promise<DeviceReport | null>>()
    for (const event of events) {
      if (connector === null || connector.disabled) {
        await queue.done(event.id)
        continue
      }
      try {
        if (fault !== null) throw fault
        const said = await reportsOf(connector, event, known)
        if (said.length > 0) await reports.report(actor, connectorId, said, 'event')
        await queue.done(event.id)
      } catch (error) {
        if (isRefusal(error, 'unavailable')) throw error
        const retryAfter = RETRIES_SECONDS[event.attempts - 1] ?? null
        if (error instanceof JamfFault) {
          // What is wrong with one call is wrong with all of them.
          if (error.kind !== 'answer') fault = error
          await queue.failed(event.id, error.sentence, retryAfter)
        } else {
          // Else it would come first again, and those behind it never.
          ours ??= { error }
          await queue.failed(event.id, 'Something failed on our side.', retryAfter)
        }
      }
    }
    if (ours !== null) throw ours.error
  }

  async function reportsOf(
    connector: MdmConnector,
    event: ClaimedJamfEvent,
    known: Map<string, Promise<DeviceReport | null>>,
  ): Promise<DeviceReport[]> {
    if (event.about === 'seen') return seen(connector.id, event)
    const asking = { connector, timeoutMs: CALL_MS }
    // Somebody else may ask later and be answered sooner.
    const observedAt = clock()
    const entitling = await groups.read(connector)
    const said = await atMost(AT_ONCE, event.devices, async (device) => {
      const key = JSON.stringify(device)
      // Many events name one device, such as its enrolment and its first inventory.
      const looked = known.get(key) ?? lookUp(asking, device, entitling).then((said) => said && { ...said, observedAt })
      known.set(key, looked)
      return looked
    })
    return said.filter((report) => report !== null)
  }

  /** Nothing follows from when a device was seen, so that a device we know is believed to have called in. */
  async function seen(
    connectorId: string,
    { devices: [device], receivedAt }: ClaimedJamfEvent,
  ): Promise<DeviceReport[]> {
    if (device === undefined) return []
    const { kind, jamfId, serial, udid } = device
    const externalId = kind === null || jamfId === null ? undefined : jamfExternalId(kind, jamfId)
    const id = await reports.find(connectorId, {
      ...(externalId === undefined ? {} : { externalId }),
      ...(serial === null ? {} : { serial }),
      ...(udid === null ? {} : { udid }),
    })
    const known = id === null ? null : await devices.externalId(id)
    return known === null ? [] : [{ externalId: known, lastSeenAt: receivedAt }]
  }

  /** Null where neither Jamf nor we know it. */
  async function lookUp(
    asking: JamfAsking,
    { kind, jamfId, serial, udid }: NamedDevice,
    entitling: EntitlingGroups | undefined,
  ): Promise<DeviceReport | null> {
    const asksGroups = jamfSettings(asking.connector.settings).smartGroups.length > 0
    if (kind !== null && jamfId !== null) {
      const device = await api.record(asking, kind, jamfId, asksGroups)
      return device === null ? gone(asking.connector.id, kind, jamfId) : reportOf(device, entitling)
    }
    if (serial === null && udid === null) return null
    const device = await api.find(asking, { serial, udid })
    if (device !== null) return reportOf(device, undefined)
    const ids = { ...(serial === null ? {} : { serial }), ...(udid === null ? {} : { udid }) }
    const id = await reports.find(asking.connector.id, ids)
    const externalId = id === null ? null : await devices.externalId(id)
    return externalId === null ? null : { externalId, management: 'removed' }
  }

  /** A device that we never heard of does not become known by being deleted. */
  async function gone(connectorId: string, kind: JamfDeviceKind, jamfId: string): Promise<DeviceReport | null> {
    const externalId = jamfExternalId(kind, jamfId)
    const id = await reports.find(connectorId, { externalId })
    return id === null ? null : { externalId, management: 'removed' }
  }
}
