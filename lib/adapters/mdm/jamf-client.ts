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

interface Call<Read> {
  operation: string
  kind: JamfDeviceKind
  path: string
  query?: URLSearchParams
  privilege?: 'inventory' | 'groups'
  /** Jamf's own 404 is an answer. */
  mayBeMissing?: boolean
  /** Null for what is no such answer, which is then said to be no `what`. */
  read(body: unknown): Read | null
  what: string
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
      const { total, devices } = await filtered(exchange.session(asking), kind, filter, serials.length * 2, groups)
      if (total > devices.length) throw unexpected('more devices than serial numbers were asked for')
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
      const path = PATH.record[kind](jamfId)
      const read = (body: unknown) => {
        const device = parseDevice(body, kind)
        return device?.jamfId === jamfId ? device : null
      }
      const what = 'record of the device that was asked for'
      const call = { operation: operation(kind, 'record'), kind, path, mayBeMissing: true, read, what }
      const device = await ask(session, call)
      if (device === null) return null
      if (!groups || device.groups !== null) return device
      // The record of a mobile device does not tell its groups; the inventory does.
      const { devices } = await filtered(session, kind, `${FIELD[kind].id}==${quoted(jamfId)}`, 2, true)
      return { ...device, groups: devices.find((each) => each.jamfId === jamfId)?.groups ?? null }
    },

    async groups(asking, kind) {
      const path = PATH.groups[kind]
      const call = { operation: operation(kind, 'groups'), kind, path, privilege: 'groups' } as const
      return answered(exchange.session(asking), { ...call, read: parseGroups, what: 'list of smart groups' })
    },
  }

  function filtered(session: JamfSession, kind: JamfDeviceKind, filter: string, most: number, groups: boolean) {
    return inventory(session, kind, { page: '0', 'page-size': String(most), filter }, groups)
  }

  async function inventory(
    session: JamfSession,
    kind: JamfDeviceKind,
    asked: Readonly<Record<string, string>>,
    groups: boolean,
  ): Promise<JamfPage> {
    const { usual, groups: memberships } = SECTIONS[kind]
    const query = new URLSearchParams({ ...asked, sort: FIELD[kind].sort })
    for (const section of groups ? [...usual, memberships] : usual) query.append('section', section)
    const call = { operation: operation(kind, 'inventory'), kind, path: PATH.inventory[kind], query }
    const read = (body: unknown) => parsePage(body, kind)
    return answered(session, { ...call, read, what: 'page of an inventory' })
  }

  /** Where nothing may be missing. */
  async function answered<Read>(session: JamfSession, call: Call<Read>): Promise<Read> {
    const read = await ask(session, call)
    if (read === null) throw unexpected(`no ${call.what}`)
    return read
  }

  /** What Jamf answered; null for its own 404 where that is an answer. */
  async function ask<Read>(session: JamfSession, call: Call<Read>): Promise<Read | null> {
    const { operation: name, kind, path, query, privilege = 'inventory', mayBeMissing = false } = call
    const url = `${session.url}${path}${query === undefined ? '' : `?${query}`}`
    let replaced = false
    for (let attempt = 1, waits = 0; ; attempt += 1) {
      const token = await tokens.get(session)
      const headers = { authorization: `Bearer ${token.value}`, accept: 'application/json' }
      const answer = await exchange.send(session, { method: 'GET', url, headers, body: new Uint8Array(0) })
      const body = bodyOf(answer)
      const missing = mayBeMissing && saysNotFound(answer, body)
      const refusal = missing ? null : faultOf(answer, body, JAMF_PRIVILEGES[kind][privilege])
      const read = missing || refusal !== null ? null : call.read(body)
      const fault = refusal ?? (missing || read !== null ? null : unexpected(`no ${call.what}`))
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
