/** Calls to Jamf Pro: its inventory by pages, single devices, smart groups. A token that is refused is replaced once. */
import { JAMF_PAGE_SIZE, JAMF_PRIVILEGES, type JamfApi, type JamfPage } from '@/lib/services/jamf-api'
import { isIdentifier, type JamfDeviceKind, sameIdentifier } from '@/lib/services/jamf-device'
import type { ConnectorCalls } from '@/lib/services/mdm-connector-types'
import type { Outbound } from '@/lib/services/outbound'
import type { Signer } from '@/lib/services/signer'
import { createJamfExchange, type JamfSession } from './jamf-exchange'
import { bodyOf, faultOf, saysNotFound, unexpected } from './jamf-faults'
import { parseDevice, parseGroups, parsePage } from './jamf-records'
import { createJamfTokens } from './jamf-tokens'

export interface JamfClientOptions {
  /** Whose answers may be as long as a page of the inventory. */
  outbound: Outbound
  calls: ConnectorCalls
  signer: Pick<Signer, 'open'>
  /** Milliseconds of a clock that never goes back. */
  monotonic?(): number
  pause?(milliseconds: number): Promise<void>
}

/** Where Jamf Pro's calls are, by version: a newer one is written here. */
const PATH = {
  inventory: { computer: '/api/v1/computers-inventory', mobile: '/api/v2/mobile-devices/detail' },
  record: {
    computer: (id: string) => `/api/v1/computers-inventory-detail/${id}`,
    mobile: (id: string) => `/api/v2/mobile-devices/${id}/detail`,
  },
  groups: { computer: '/api/v1/computer-groups', mobile: '/api/v1/mobile-device-groups' },
} as const
const FIELD = {
  computer: { sort: 'id:asc', id: 'id', serial: 'hardware.serialNumber', udid: 'udid' },
  mobile: { sort: 'mobileDeviceId:asc', id: 'mobileDeviceId', serial: 'serialNumber', udid: 'udid' },
} as const
const SECTIONS = {
  computer: { usual: ['GENERAL', 'HARDWARE', 'USER_AND_LOCATION', 'OPERATING_SYSTEM'], groups: 'GROUP_MEMBERSHIPS' },
  mobile: { usual: ['GENERAL', 'HARDWARE', 'USER_AND_LOCATION'], groups: 'GROUPS' },
} as const
/** For those that are patient; then the caller decides when to come back. */
const WAITS_MS = [1_000, 2_000, 4_000, 8_000]

interface Call<T> {
  /** Null for what is not what was asked for. */
  read(body: unknown): T | null
  /** What is said then. */
  instead: string
  operation: string
  kind: JamfDeviceKind
  path: string
  query?: URLSearchParams
  privilege?: 'inventory' | 'groups'
  /** Jamf's own 404 is an answer. */
  mayBeMissing?: boolean
}

export function jamfClient(options: JamfClientOptions): JamfApi {
  const { outbound, calls, signer, monotonic = now, pause = sleep } = options
  const exchange = createJamfExchange(outbound, calls, monotonic)
  const tokens = createJamfTokens(exchange, signer, monotonic)

  return {
    async token(asking) {
      await tokens.fetch(exchange.session(asking))
    },

    async page(asking, kind, page, groups) {
      const query = { page: String(page), 'page-size': String(JAMF_PAGE_SIZE) }
      return inventory(exchange.session(asking), kind, query, groups)
    },

    async bySerial(asking, kind, serials, groups) {
      const filter = `${FIELD[kind].serial}=in=(${serials.map(quoted).join(',')})`
      const { devices } = await filtered(exchange.session(asking), kind, filter, serials.length * 2, groups)
      return devices.filter(({ serial }) => serials.some((asked) => sameIdentifier(serial, asked)))
    },

    async find(asking, { serial, udid }) {
      const session = exchange.session(asking)
      const [field, value] = serial === null ? (['udid', udid ?? ''] as const) : (['serial', serial] as const)
      for (const kind of ['computer', 'mobile'] as const) {
        const { devices } = await filtered(session, kind, `${FIELD[kind][field]}==${quoted(value)}`, 10, false)
        const found = devices.filter((device) => sameIdentifier(device[field], value))
        // Enrolled anew under another number, the one that is managed is the device.
        const device = found.find(({ managed }) => managed === true) ?? found[0]
        if (device !== undefined) return device
      }
      return null
    },

    async record(asking, kind, jamfId, groups) {
      const session = exchange.session(asking)
      const device = await ask(session, {
        ...{ operation: operation(kind, 'record'), kind, path: PATH.record[kind](jamfId), mayBeMissing: true },
        instead: 'another record than the one that was asked for',
        read(body) {
          const record = parseDevice(body, kind)
          return record?.jamfId === jamfId ? record : null
        },
      })
      if (device === null || !groups || device.groups !== null) return device
      // The record of a mobile device does not tell its groups; the inventory does.
      const { devices } = await filtered(session, kind, `${FIELD[kind].id}==${quoted(jamfId)}`, 2, true)
      return { ...device, groups: devices.find((each) => each.jamfId === jamfId)?.groups ?? null }
    },

    async groups(asking, kind) {
      const groups = await ask(exchange.session(asking), {
        ...{ operation: operation(kind, 'groups'), kind, path: PATH.groups[kind], privilege: 'groups' },
        instead: 'no list of smart groups',
        read: parseGroups,
      })
      if (groups === null) throw unexpected('nothing')
      return groups
    },
  }

  function filtered(session: JamfSession, kind: JamfDeviceKind, filter: string, most: number, groups: boolean) {
    return inventory(session, kind, { page: '0', 'page-size': String(most), filter }, groups, most)
  }

  async function inventory(
    session: JamfSession,
    kind: JamfDeviceKind,
    asked: Readonly<Record<string, string>>,
    groups: boolean,
    /** Of a filter: more than that means that Jamf did not apply it. */
    most = Number.POSITIVE_INFINITY,
  ): Promise<JamfPage> {
    const { usual, groups: memberships } = SECTIONS[kind]
    const query = new URLSearchParams({ ...asked, sort: FIELD[kind].sort })
    for (const section of groups ? [...usual, memberships] : usual) query.append('section', section)
    const page = await ask(session, {
      ...{ operation: operation(kind, 'inventory'), kind, path: PATH.inventory[kind], query },
      instead: 'no page of an inventory, or more of it than was asked for',
      read(body) {
        const read = parsePage(body, kind)
        return read !== null && read.total <= most ? read : null
      },
    })
    if (page === null) throw unexpected('nothing')
    return page
  }

  /** What Jamf answered; null for its own 404, where that is an answer. */
  async function ask<T>(session: JamfSession, call: Call<T>): Promise<T | null> {
    const { operation: name, kind, path, query, privilege = 'inventory', mayBeMissing = false } = call
    const url = `${session.url}${path}${query === undefined ? '' : `?${query}`}`
    let replaced = false
    for (let attempt = 1, waits = 0; ; attempt += 1) {
      const token = await tokens.get(session)
      const headers = { authorization: `Bearer ${token.value}`, accept: 'application/json' }
      const answer = await exchange.send(session, { method: 'GET', url, headers, body: new Uint8Array(0) })
      const body = bodyOf(answer)
      const missing = mayBeMissing && saysNotFound(answer, body)
      const unanswered = missing ? null : faultOf(answer, body, JAMF_PRIVILEGES[kind][privilege])
      const read = missing || unanswered !== null ? null : call.read(body)
      const fault = unanswered ?? (missing || read !== null ? null : unexpected(call.instead))
      await exchange.note(session, { operation: name, url, answer, fault, attempt })
      if (fault === null) return read
      if (fault.kind === 'credential' && !replaced) {
        // It ended before its time, or the client was changed: once.
        token.refused = true
        replaced = true
        continue
      }
      const wait = WAITS_MS[waits]
      const patient = session.asking.patient === true && (fault.kind === 'busy' || fault.kind === 'unreachable')
      if (!patient || wait === undefined || monotonic() + wait >= session.end) throw fault
      waits += 1
      await pause(wait)
    }
  }
}

function quoted(value: string): string {
  if (!isIdentifier(value) && !/^\d+$/.test(value)) throw new Error('a filter would hold more than a value')
  return `"${value}"`
}

function operation(kind: JamfDeviceKind, what: 'inventory' | 'record' | 'groups'): string {
  return `${kind === 'computer' ? 'computer' : 'mobile device'} ${what}`
}

function now(): number {
  return performance.now()
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
