/**
 * Devices: those that an MDM knows, with all that was issued to them; and names in certificates and challenges that belong
 * to none of them, where everything known under one name stands for a device.
 */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import type { CertificateStatus, CertificateSummary, CertificatesService } from './certificates'
import type { ChallengesService, ChallengeView } from './challenges'
import { triggersOf } from './device-state'
import {
  type CountRequest,
  countRows,
  isMoment,
  type Keyset,
  type ListPage,
  type ListRequest,
  type Matches,
  readPage,
  type Sorting,
  unknownCursor,
} from './listing'
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

/**
 * `seen` and `ends` are known of devices of MDMs alone: names that belong to none stand in their own order behind them.
 * `ends` is for those who see every group.
 */
export type DeviceSort = 'name' | 'seen' | 'ends'

/** A name in certificates and challenges that belongs to no device of an MDM. */
export interface DeviceNameRow {
  subject: string
  certificates: number
}

export interface DevicesService {
  /**
   * Those that MDMs know in the order that is asked for, by their names unless it is; then names that belong to none of
   * them, where nothing is asked that only an MDM can say. Refusals: invalid_input (cursor, sort).
   */
  list(actor: Actor, filter: DeviceFilter, page: ListRequest<DeviceSort>): Promise<ListPage<DeviceSummary>>
  /** How many the list has, or how many devices MDMs told of since then. Refusals: none of its own. */
  matching(actor: Actor, filter: DeviceFilter, since?: Date): Promise<Matches>
  /** The newest of everything. Refusals: not_found. */
  get(actor: Actor, key: string): Promise<DeviceDetail>
  /** Challenges that wait for it are revoked. Returns how many. Refusals: not_found. */
  revokeChallenges(actor: Actor, id: string): Promise<number>
}

export type DeviceNameFilter = Pick<DeviceFilter, 'search' | 'group'>

export interface NameKeyset extends Pick<Keyset, 'order' | 'way' | 'limit'> {
  from: string | null
}

export interface DeviceStore {
  /** Names that belong to no device of an MDM, after or before one of them, the nearest to it first. */
  subjects(filter: DeviceNameFilter & Reach, keyset: NameKeyset): Promise<DeviceNameRow[]>
  /** Which certificate each one of this subject renewed. */
  renewals(of: { subject: string } | { deviceId: string }): Promise<{ id: string; renews: string | null }[]>
  /** In reach are those with a certificate or challenge of a group that is. */
  mdmDevices(filter: DeviceFilter & Reach, keyset: Keyset<DeviceSort>): Promise<MdmDeviceRow[]>
  mdmDevice(id: string, reach: Reach): Promise<MdmDevice | null>
  countDevices(filter: DeviceFilter & Reach, request: CountRequest): Promise<number>
  /** Names that belong to no device of an MDM. */
  countSubjects(filter: DeviceNameFilter & Reach, most: number): Promise<number>
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
    async list(actor, asked, request) {
      authoriseInGroups(actor, 'certificate:read')
      // What other groups issued to a device must not show in where it stands.
      if (request.sort === 'ends' && actor.groups !== undefined)
        throw new Refusal('invalid_input', 'By the ends of certificates sorts only who sees every group.', {
          reason: 'invalid_sort',
          fields: { sort: 'Unknown.' },
        })
      const filter = { ...checkedFilter(asked), ...reachOf(actor) }
      const page = await readPage(request, SORTING, (keyset) => readBoth(store, filter, keyset))
      return { ...page, items: await Promise.all(page.items.map((row) => summaryOf(actor, row))) }
    },

    async matching(actor, asked, since) {
      authoriseInGroups(actor, 'certificate:read')
      const filter = { ...checkedFilter(asked), ...reachOf(actor) }
      return countRows(async (request) => {
        const known = await store.countDevices(filter, request)
        if (since !== undefined || known >= request.most || onlyMdmsKnow(filter)) return known
        return known + (await store.countSubjects(ofNames(filter), request.most - known))
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

  async function summaryOf(actor: Actor, row: DeviceRow): Promise<DeviceSummary> {
    const { certificates: count } = row
    if ('id' in row) {
      const { certificates: _, newest, endsAt: __, ...mdm } = row
      const shown = newest === null ? NO_CERTIFICATE : await newestOf(actor, { deviceId: row.id })
      const subject = newest?.subject ?? null
      return { key: row.id, name: nameOfDevice(mdm), subject, mdm, certificates: count, ...shown }
    }
    const { subject } = row
    const shown = count === 0 ? NO_CERTIFICATE : await newestOf(actor, { subject })
    return { key: keyOfDevice(subject), name: subject, subject, mdm: null, certificates: count, ...shown }
  }

  async function newestOf(
    actor: Actor,
    of: { deviceId: string } | { subject: string },
  ): Promise<Pick<DeviceSummary, 'status' | 'notAfter'>> {
    const [newest] = (await certificates.list(actor, of, { limit: 1 })).items
    return newest === undefined ? NO_CERTIFICATE : { status: newest.status, notAfter: newest.notAfter }
  }
}

const NO_CERTIFICATE = { status: null, notAfter: null }

type DeviceRow = MdmDeviceRow | DeviceNameRow

/** In place of an id, in the cursor of a page that ends at a name. */
const A_NAME = '00000000-0000-0000-0000-000000000000'
/** Before all who were seen, or have a certificate. */
const NEVER = new Date(0)

/** Moments as text, for where a page ends at a name, that is what the cursor says in each order. */
const SORTING: Sorting<DeviceRow, DeviceSort> = {
  usual: 'name',
  columns: {
    name: { kind: 'text', order: 'asc', of: (row) => ('id' in row ? (row.name ?? '') : row.subject) },
    seen: { kind: 'text', order: 'desc', of: (row) => momentOr(row, 'lastSeenAt') },
    ends: { kind: 'text', order: 'asc', of: (row) => momentOr(row, 'endsAt') },
  },
  idOf: (row) => ('id' in row ? row.id : A_NAME),
}

function momentOr(row: DeviceRow, column: 'lastSeenAt' | 'endsAt'): string {
  return 'id' in row ? (row[column] ?? NEVER).toISOString() : row.subject
}

/** What an MDM knows stands before the names, in every order; the way back meets the names first. */
async function readBoth(
  store: Pick<DeviceStore, 'mdmDevices' | 'subjects'>,
  filter: DeviceFilter & Reach,
  keyset: Keyset<DeviceSort>,
): Promise<DeviceRow[]> {
  const { sort, order, way, from, limit } = keyset
  const fromName = from?.id === A_NAME
  if (from !== null && !fromName && sort !== 'name' && !isMoment(from.value)) throw unknownCursor()
  const devices = (most: number) => store.mdmDevices(filter, { ...keyset, from: fromName ? null : from, limit: most })
  const names = (most: number) =>
    most === 0 || onlyMdmsKnow(filter)
      ? []
      : store.subjects(ofNames(filter), {
          order: sort === 'name' ? order : 'asc',
          way,
          from: fromName ? from.value : null,
          limit: most,
        })
  if (way === 'after') {
    const first: DeviceRow[] = fromName ? [] : await devices(limit)
    return [...first, ...(await names(limit - first.length))]
  }
  const last: DeviceRow[] = fromName ? await names(limit) : []
  return last.length === limit ? last : [...last, ...(await devices(limit - last.length))]
}

function onlyMdmsKnow({ state, connector }: DeviceFilter): boolean {
  return state !== undefined || connector !== undefined
}

function ofNames({ state: _, connector: __, ...filter }: DeviceFilter & Reach): DeviceNameFilter & Reach {
  return filter
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
