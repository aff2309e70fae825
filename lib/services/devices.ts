/**
 * Devices: those that an MDM knows, with all that was issued to them; and names in certificates and challenges that belong
 * to none of them, where everything known under one name stands for a device.
 */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry, Page } from './audit'
import type { CertificateStatus, CertificateSummary, CertificatesService } from './certificates'
import type { ChallengesService, ChallengeView } from './challenges'
import { triggersOf } from './device-state'
import { type CountRequest, countRows, type Matches, ROWS } from './listing'
import {
  type DeviceActionView,
  type DeviceEventView,
  type DeviceStateFilter,
  type EffectiveDeviceStatus,
  effectiveDeviceStatus,
  type MdmDevice,
  type MdmDeviceRow,
  nameOfDevice,
  sentenceOfDeviceEvent,
} from './mdm-devices'
import { authoriseInGroups, type Reach, reachOf } from './permissions'
import type { TransactionsService, TransactionView } from './transactions'

export interface DeviceSummary {
  /** For the URL of its page. */
  key: string
  /** What it is called. */
  name: string
  /** Of its newest certificate; of one that no MDM knows, all that is known. */
  subject: string | null
  mdm: MdmDevice | null
  certificates: number
  /** Of the newest certificate; null when none was issued yet. */
  status: CertificateStatus | null
  notAfter: Date | null
}

export interface DeviceDetail {
  key: string
  name: string
  subject: string | null
  mdm: MdmDevice | null
  effective: EffectiveDeviceStatus
  /** The devices of MDMs that certificates of this name belong to. */
  knownAs: { key: string; name: string }[]
  certificates: (CertificateSummary & { renews: string | null })[]
  challenges: ChallengeView[]
  transactions: TransactionView[]
  /** What its MDM said and what was done, newest first. */
  events: DeviceEventView[]
  actions: DeviceActionView[]
}

export interface DeviceFilter {
  search?: string
  /** Of a device that an MDM knows. */
  state?: DeviceStateFilter
  /** Slug of its MDM. */
  connector?: string
  /** Slug of a group that issued to it. */
  group?: string
}

export interface DevicesService {
  /**
   * Those that MDMs know by their names, then names that belong to none of them, where nothing is asked that only an MDM
   * can say. Refusals: invalid_input (cursor).
   */
  list(actor: Actor, filter: DeviceFilter, page: { cursor?: string; limit?: number }): Promise<Page<DeviceSummary>>
  /** How many the list has, or how many devices MDMs told of since then. Refusals: none of its own. */
  matching(actor: Actor, filter: DeviceFilter, since?: Date): Promise<Matches>
  /** The newest of everything. Refusals: not_found. */
  get(actor: Actor, key: string): Promise<DeviceDetail>
  /** Challenges that wait for it are revoked. Returns how many. Refusals: not_found. */
  revokeChallenges(actor: Actor, id: string): Promise<number>
}

export interface DeviceStore {
  /** Names that belong to no device of an MDM, in their order, beginning after one of them. */
  subjects(
    filter: { search?: string; group?: string; after?: string } & Reach,
    limit: number,
  ): Promise<{ subject: string; certificates: number }[]>
  /** Which certificate each one of this subject renewed. */
  renewals(of: { subject: string } | { deviceId: string }): Promise<{ id: string; renews: string | null }[]>
  /** By name and id, beginning after one of them: in reach are those with a certificate or challenge of a group that is. */
  mdmDevices(
    filter: DeviceFilter & { after?: { name: string; id: string } } & Reach,
    limit: number,
  ): Promise<MdmDeviceRow[]>
  mdmDevice(id: string, reach: Reach): Promise<MdmDevice | null>
  countDevices(filter: DeviceFilter & Reach, request: CountRequest): Promise<number>
  /** Names that belong to no device of an MDM. */
  countSubjects(filter: Pick<DeviceFilter, 'search' | 'group'> & Reach, most: number): Promise<number>
  devicesOfSubject(subject: string, reach: Reach): Promise<Pick<MdmDevice, 'id' | 'name' | 'serial' | 'externalId'>[]>
  events(deviceId: string, limit: number): Promise<Omit<DeviceEventView, 'sentence'>[]>
  actions(deviceId: string, limit: number): Promise<DeviceActionView[]>
  /** In one transaction with an event for each and one for all. */
  revokeChallenges(
    deviceId: string,
    reach: Reach,
    why: string,
    at: Date,
    events: (challenges: { id: string; subject: string }[]) => AuditEntry[],
  ): Promise<number>
}

export interface DevicesDependencies {
  store: DeviceStore
  certificates: Pick<CertificatesService, 'list'>
  challenges: Pick<ChallengesService, 'list'>
  transactions: Pick<TransactionsService, 'list'>
  clock: () => Date
}

const NEWEST = { limit: 50 }
/** As long as a subject is stored. */
const MOST_CHARACTERS = 1_000
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function createDevices(dependencies: DevicesDependencies): DevicesService {
  const { store, certificates, challenges, transactions, clock } = dependencies

  return {
    async list(actor, asked, { cursor, limit = ROWS.usual }) {
      authoriseInGroups(actor, 'certificate:read')
      const most = Math.min(Math.max(Math.trunc(limit), 1), ROWS.most)
      const filter = checkedFilter(asked)
      const at = cursor === undefined ? { kind: 'mdm' as const } : positionOf(cursor)
      const known =
        at.kind === 'mdm' ? await store.mdmDevices({ ...filter, ...after(at), ...reachOf(actor) }, most + 1) : []
      const shown = await Promise.all(known.slice(0, most).map((row) => summaryOf(actor, row)))
      if (known.length > most) return { items: shown, nextCursor: cursorOfDevice(known[most - 1]) }
      if (filter.state !== undefined || filter.connector !== undefined) return { items: shown, nextCursor: null }
      const room = most - shown.length
      const names = await store.subjects(
        {
          ...(filter.search === undefined ? {} : { search: filter.search }),
          ...(filter.group === undefined ? {} : { group: filter.group }),
          ...(at.kind === 'name' ? { after: at.subject } : {}),
          ...reachOf(actor),
        },
        room + 1,
      )
      const named = await Promise.all(names.slice(0, room).map((row) => nameSummary(actor, row)))
      const last = named.at(-1)?.key ?? (at.kind === 'mdm' && names.length > 0 ? NAMES_BEGIN : null)
      return { items: [...shown, ...named], nextCursor: names.length > room ? last : null }
    },

    async matching(actor, asked, since) {
      authoriseInGroups(actor, 'certificate:read')
      const { search, group, ...ofMdms } = checkedFilter(asked)
      const named = { ...(search === undefined ? {} : { search }), ...(group === undefined ? {} : { group }) }
      return countRows(async (request) => {
        const known = await store.countDevices({ ...named, ...ofMdms, ...reachOf(actor) }, request)
        if (since !== undefined || known >= request.most || Object.keys(ofMdms).length > 0) return known
        return known + (await store.countSubjects({ ...named, ...reachOf(actor) }, request.most - known))
      }, since)
    },

    async get(actor, key) {
      authoriseInGroups(actor, 'certificate:read')
      return isDeviceId(key) ? ofMdm(actor, key) : ofName(actor, key)
    },

    async revokeChallenges(actor, id) {
      authoriseInGroups(actor, 'challenge:revoke')
      const device = isDeviceId(id) ? await store.mdmDevice(id, reachOf(actor)) : null
      if (device === null) throw unknown()
      const object = { type: 'device', id, name: nameOfDevice(device) } as const
      return store.revokeChallenges(
        id,
        reachOf(actor),
        `for device ${object.name}`.slice(0, 200),
        clock(),
        (revoked) => [
          ...revoked.map(
            (challenge): AuditEntry => ({
              type: 'challenge.revoked',
              outcome: 'success',
              actor,
              object: { type: 'challenge', id: challenge.id, name: challenge.subject },
              data: { by: actor.name, why: 'device', deviceId: id },
            }),
          ),
          { type: 'device.challenges_revoked', outcome: 'success', actor, object, data: { count: revoked.length } },
        ],
      )
    },
  }

  async function ofMdm(actor: Actor, id: string): Promise<DeviceDetail> {
    const mdm = await store.mdmDevice(id, reachOf(actor))
    if (mdm === null) throw unknown()
    const [issued, minted, asked, renewals, events, actions] = await Promise.all([
      certificates.list(actor, { deviceId: id }, NEWEST),
      challenges.list(actor, { deviceId: id }, NEWEST),
      transactions.list(actor, { deviceId: id }, NEWEST),
      store.renewals({ deviceId: id }),
      store.events(id, NEWEST.limit),
      store.actions(id, NEWEST.limit),
    ])
    return {
      key: id,
      name: nameOfDevice(mdm),
      subject: issued.items[0]?.subject ?? null,
      mdm,
      effective: effectiveDeviceStatus(
        issued.items.map(({ status }) => status),
        triggersOf(mdm),
        actions,
      ),
      knownAs: [],
      certificates: withRenewals(issued.items, renewals),
      challenges: minted.items,
      transactions: asked.items,
      events: events.map((event) => ({ ...event, sentence: sentenceOfDeviceEvent(event.kind, event.facts) })),
      actions,
    }
  }

  async function ofName(actor: Actor, key: string): Promise<DeviceDetail> {
    const subject = subjectOfKey(key)
    if (subject === null) throw unknown()
    const [issued, minted, asked, renewals, known] = await Promise.all([
      certificates.list(actor, { subject }, NEWEST),
      challenges.list(actor, { subject }, NEWEST),
      transactions.list(actor, { subject }, NEWEST),
      store.renewals({ subject }),
      store.devicesOfSubject(subject, reachOf(actor)),
    ])
    if (issued.items.length + minted.items.length + asked.items.length === 0) throw unknown()
    return {
      key,
      name: subject,
      subject,
      mdm: null,
      effective: effectiveDeviceStatus(
        issued.items.map(({ status }) => status),
        [],
      ),
      knownAs: known.map((device) => ({ key: device.id, name: nameOfDevice(device) })),
      certificates: withRenewals(issued.items, renewals),
      challenges: minted.items,
      transactions: asked.items,
      events: [],
      actions: [],
    }
  }

  async function summaryOf(
    actor: Actor,
    { certificates: count, newest, ...mdm }: MdmDeviceRow,
  ): Promise<DeviceSummary> {
    const found =
      newest === null ? undefined : (await certificates.list(actor, { deviceId: mdm.id }, { limit: 1 })).items[0]
    const { status = null, notAfter = null } = found ?? {}
    const subject = newest?.subject ?? null
    return { key: mdm.id, name: nameOfDevice(mdm), subject, mdm, certificates: count, status, notAfter }
  }

  async function nameSummary(
    actor: Actor,
    { subject, certificates: count }: { subject: string; certificates: number },
  ): Promise<DeviceSummary> {
    const newest = count === 0 ? undefined : (await certificates.list(actor, { subject }, { limit: 1 })).items[0]
    const { status = null, notAfter = null } = newest ?? {}
    return { key: keyOfDevice(subject), name: subject, subject, mdm: null, certificates: count, status, notAfter }
  }
}

/** Any name fits into a URL this way, slashes and dots included. */
export function keyOfDevice(subject: string): string {
  return Buffer.from(subject, 'utf8').toString('base64url')
}

export function subjectOfKey(key: string): string | null {
  const subject = Buffer.from(key, 'base64url').toString('utf8')
  const whole = subject !== '' && subject.length <= MOST_CHARACTERS && keyOfDevice(subject) === key
  return whole && !subject.includes('\0') ? subject : null
}

/** The key of a device that an MDM knows is its id; no subject's key looks like one. */
export function isDeviceId(key: string): boolean {
  return UUID.test(key)
}

function checkedFilter({ search, ...filter }: DeviceFilter): DeviceFilter {
  const wanted = search?.normalize('NFC').replaceAll('\0', '').trim().slice(0, 200) ?? ''
  return { ...filter, ...(wanted === '' ? {} : { search: wanted }) }
}

type Position = { kind: 'mdm'; name?: string; id?: string } | { kind: 'name'; subject?: string }

/** No key of a name has a dot. */
const MDM_CURSOR = 'mdm.'
const NAMES_BEGIN = 'names.'

function positionOf(cursor: string): Position {
  if (cursor === NAMES_BEGIN) return { kind: 'name' }
  if (cursor.startsWith(MDM_CURSOR)) {
    const text = Buffer.from(cursor.slice(MDM_CURSOR.length), 'base64url').toString('utf8')
    const id = text.slice(0, 36)
    if (isDeviceId(id) && !text.includes('\0')) return { kind: 'mdm', id, name: text.slice(36) }
  }
  const subject = subjectOfKey(cursor)
  if (subject !== null) return { kind: 'name', subject }
  throw new Refusal('invalid_input', 'The cursor is not one of ours. Start from the first page.', {
    reason: 'invalid_cursor',
  })
}

function after({ name, id }: Extract<Position, { kind: 'mdm' }>): { after?: { name: string; id: string } } {
  return id === undefined ? {} : { after: { name: name ?? '', id } }
}

function cursorOfDevice(row: MdmDeviceRow | undefined): string | null {
  return row === undefined
    ? null
    : `${MDM_CURSOR}${Buffer.from(`${row.id}${row.name ?? ''}`, 'utf8').toString('base64url')}`
}

function withRenewals(
  certificates: CertificateSummary[],
  renewals: { id: string; renews: string | null }[],
): DeviceDetail['certificates'] {
  const renewed = new Map(renewals.map(({ id, renews }) => [id, renews]))
  return certificates.map((each) => ({ ...each, renews: renewed.get(each.id) ?? null }))
}

function unknown(): Refusal {
  return new Refusal('not_found', 'Nothing is known of such a device.', { reason: 'device_unknown' })
}
