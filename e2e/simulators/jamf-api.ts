/** Jamf Pro's API as far as we call it: tokens, inventory, look-ups, groups; each call by token and privilege alone. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorBody, type FaultPlan, type Hop, perform } from './jamf-faults'
import {
  COMPUTER_FIELDS,
  COMPUTER_SECTIONS,
  classicRecord,
  computerRecord,
  MOBILE_FIELDS,
  MOBILE_LIST_FIELDS,
  MOBILE_SECTIONS,
  mobileDetail,
  mobileListRecord,
  mobileRecord,
} from './jamf-inventory'
import { type Fields, parseRsql, RsqlFault } from './jamf-rsql'
import type { ApiClient, DeviceKind, JamfDevice, JamfState, Privilege, SmartGroup } from './jamf-state'
import { xmlOf } from './jamf-xml'

export interface ApiCall {
  hop: Hop | 'unknown'
  method: string
  path: string
  query: string
  /** 0 when it was left without an answer. */
  status: number
  clientId: string | null
  fault: string | null
}

/** An answer that is no success. */
class Answer extends Error {
  constructor(
    readonly status: number,
    readonly body: string,
    readonly headers: Record<string, string> = { 'content-type': 'application/json' },
  ) {
    super(`${status}`)
  }
}

const failure = (status: number, code: string, description: string, id = '0') =>
  new Answer(status, errorBody(status, code, description, id))
/** The Classic API answers every error with a page. */
const page = (status: number, title: string) =>
  new Answer(status, `<html><head><title>Status page</title></head><body><p>${title}</p></body></html>`, {
    'content-type': 'text/html;charset=UTF-8',
  })

interface Route {
  hop: Hop
  privilege: Privilege | null
  answer(asked: { url: URL; request: IncomingMessage; match: RegExpExecArray; share: number }): unknown
}

const MOST_PER_PAGE = 2_000
const IS_API = /^\/(api|JSSResource|uapi)\//

export class JamfApi {
  readonly calls: ApiCall[] = []
  /** How many calls there were at one time. */
  mostAtOnce = 0
  private running = 0
  private readonly routes: [RegExp, Route][]

  constructor(
    private readonly state: JamfState,
    private readonly faults: FaultPlan,
  ) {
    const of = (kind: DeviceKind) => ({ kind, ...OF[kind] })
    const [macs, phones] = [of('computer'), of('mobile')]
    this.routes = [
      [/^\/api\/v1\/computers-inventory$/, this.inventory(macs, 'computers')],
      [/^\/api\/v1\/computers-inventory(?:-detail)?\/([^/]+)$/, this.record(macs, 'computer')],
      [/^\/api\/v2\/mobile-devices$/, this.mobileList()],
      [/^\/api\/v2\/mobile-devices\/detail$/, this.inventory(phones, 'mobiles')],
      [/^\/api\/v2\/mobile-devices\/([^/]+)\/detail$/, this.record(phones, 'mobile')],
      [/^\/api\/v2\/mobile-devices\/([^/]+)$/, this.record(phones, 'mobile')],
      [/^\/api\/v1\/computer-groups$/, this.groupList(macs)],
      [/^\/api\/v1\/mobile-device-groups$/, this.groupList(phones)],
      [/^\/api\/v2\/computer-groups\/smart-group-membership\/([^/]+)$/, this.membership(macs)],
      [/^\/JSSResource\/computers\/(serialnumber|udid|id)\/([^/]+)$/, this.classic(macs)],
      [/^\/JSSResource\/mobiledevices\/(serialnumber|udid|id)\/([^/]+)$/, this.classic(phones)],
      [/^\/JSSResource\/computergroups\/(id|name)\/([^/]+)$/, this.classicGroup(macs)],
      [/^\/JSSResource\/mobiledevicegroups\/(id|name)\/([^/]+)$/, this.classicGroup(phones)],
    ]
  }

  /** False when the path is none of the API's. */
  async handle(request: IncomingMessage, url: URL, body: Buffer, response: ServerResponse): Promise<boolean> {
    if (!IS_API.test(url.pathname)) return false
    this.running += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running)
    response.on('close', () => {
      this.running -= 1
    })
    const isToken = /^\/api\/(v1\/)?oauth\/token$/.test(url.pathname)
    const [pattern, route] = this.routes.find(([each]) => each.test(url.pathname)) ?? []
    const match = pattern?.exec(url.pathname) ?? null
    const call: ApiCall = {
      hop: isToken ? 'token' : (route?.hop ?? 'unknown'),
      ...{ method: request.method ?? '', path: url.pathname, query: url.search, status: 0 },
      clientId: this.clientOf(request)?.clientId ?? null,
      fault: null,
    }
    this.calls.push(call)
    const fault = call.hop === 'unknown' ? null : this.faults.take(call.hop)
    call.fault = fault === null ? null : typeof fault === 'string' ? fault : JSON.stringify(fault)
    if (fault === 'unauthorised') this.state.forgetTokens()
    if (typeof fault === 'string') {
      call.status = perform(fault, response)
      return true
    }
    if (fault !== null && 'slowMs' in fault) await new Promise((resolve) => setTimeout(resolve, fault.slowMs))
    const share = fault !== null && 'share' in fault ? fault.share : 1
    try {
      const result = isToken ? this.token(request, body) : this.routed(request, url, match, route, share)
      const { text, type } = rendered(request, url, result)
      call.status = 200
      response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text)
    } catch (error) {
      if (!(error instanceof Answer)) throw error
      call.status = error.status
      response.writeHead(error.status, error.headers).end(error.body)
    }
    return true
  }

  private token(request: IncomingMessage, body: Buffer): object {
    if (request.method !== 'POST') throw failure(405, 'METHOD_NOT_ALLOWED', 'Method not allowed')
    const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
    if (type !== 'application/x-www-form-urlencoded') throw failure(415, 'UNSUPPORTED_MEDIA_TYPE', 'Form expected')
    const form = new URLSearchParams(body.toString('utf8'))
    const oauth = (status: number, error: string) => new Answer(status, JSON.stringify({ error }))
    if (form.get('grant_type') !== 'client_credentials') throw oauth(400, 'unsupported_grant_type')
    const client = this.state.clients.get(form.get('client_id') ?? '')
    if (client === undefined || !client.enabled || form.get('client_secret') !== client.secret)
      throw oauth(401, 'invalid_client')
    return {
      access_token: this.state.issueToken(client),
      scope: `api-role:${client.role}`,
      token_type: 'Bearer',
      expires_in: Math.max(0, client.tokenSeconds - 1),
    }
  }

  private clientOf(request: IncomingMessage): ApiClient | null {
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    return token === undefined ? null : this.state.clientOf(token)
  }

  private routed(
    request: IncomingMessage,
    url: URL,
    match: RegExpExecArray | null,
    route: Route | undefined,
    share: number,
  ): unknown {
    const classic = url.pathname.startsWith('/JSSResource/')
    const client = this.clientOf(request)
    if (client === null) throw classic ? page(401, 'Unauthorized') : failure(401, 'INVALID_TOKEN', 'Unauthorized')
    if (route === undefined || match === null)
      throw classic ? page(404, 'Not Found') : failure(404, 'NOT_FOUND', 'Not Found')
    if (request.method !== 'GET') throw failure(405, 'METHOD_NOT_ALLOWED', 'Method not allowed')
    if (route.privilege !== null && !client.privileges.has(route.privilege))
      throw classic ? page(403, 'Forbidden') : failure(403, 'INVALID_PRIVILEGE', 'Forbidden')
    return route.answer({ url, request, match, share })
  }

  private inventory(of: KindOf, hop: Hop): Route {
    return {
      hop,
      privilege: of.privilege,
      answer: ({ url, share }) => {
        const sections = sectionsOf(url, of.sections)
        return this.paged(url, of, of.fields, of.sort, share, (device) => of.record(device, sections, this.state))
      },
    }
  }

  private mobileList(): Route {
    const of = { kind: 'mobile' as const, ...OF.mobile }
    return {
      hop: 'mobiles',
      privilege: of.privilege,
      answer: ({ url, share }) => this.paged(url, of, MOBILE_LIST_FIELDS, 'id:asc', share, mobileListRecord, false),
    }
  }

  private paged(
    url: URL,
    of: KindOf,
    fields: Fields<JamfDevice>,
    sorting: string,
    share: number,
    record: (device: JamfDevice) => unknown,
    filterable = true,
  ): object {
    const number = whole(url, 'page', 0, 0, Number.MAX_SAFE_INTEGER)
    const size = whole(url, 'page-size', 100, 1, MOST_PER_PAGE)
    let found = this.sorted(of.kind, url.searchParams.getAll('sort').join(',') || sorting, fields)
    const filter = filterable ? url.searchParams.get('filter') : null
    if (filter !== null && filter !== '') found = found.filter(understood(() => parseRsql(filter, fields)))
    if (share < 1) found = found.slice(0, Math.floor(found.length * share))
    return { totalCount: found.length, results: found.slice(number * size, (number + 1) * size).map(record) }
  }

  /** In the order of the id they are kept already, whoever has come and gone. */
  private sorted(kind: DeviceKind, sort: string, fields: Fields<JamfDevice>): JamfDevice[] {
    const devices = [...this.state.of(kind).values()]
    const criteria = sort.split(',').map((each) => {
      const [name = '', direction = 'asc'] = each.split(':')
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (field === undefined || !/^(asc|desc)$/.test(direction)) throw failure(400, 'INVALID_FIELD', `sort ${each}`)
      return { name, field, sign: direction === 'asc' ? 1 : -1 }
    })
    const [first] = criteria
    if ((first?.name === 'id' || first?.name === 'mobileDeviceId') && first.sign === 1) return devices
    return devices.toSorted((a, b) => {
      for (const { field, sign } of criteria) {
        const [left, right] = [field(a), field(b)]
        if (left !== right && left !== null && right !== null) return left < right ? -sign : sign
      }
      return a.id - b.id
    })
  }

  private record(of: KindOf, hop: Hop): Route {
    return {
      hop,
      privilege: of.privilege,
      answer: ({ url, match: [, id = ''] }) => {
        const device = /^\d+$/.test(id) ? this.state.of(of.kind).get(Number(id)) : undefined
        if (device === undefined) throw failure(404, 'NOT_FOUND', 'Resource does not exist', id)
        if (of.kind === 'mobile')
          return url.pathname.endsWith('/detail') ? mobileDetail(device) : mobileListRecord(device)
        const all = url.pathname.includes('-detail/')
        return computerRecord(device, all ? COMPUTER_SECTIONS : sectionsOf(url, of.sections), this.state)
      },
    }
  }

  private classic(of: KindOf): Route {
    return {
      hop: 'classic',
      privilege: of.privilege,
      answer: ({ match: [, by, value = ''] }) => {
        const wanted = decodeURIComponent(value)
        const device =
          by === 'serialnumber'
            ? this.state.bySerial(of.kind, wanted)
            : [...this.state.of(of.kind).values()].find(
                (each) => (by === 'udid' ? each.udid : String(each.id)) === wanted,
              )
        if (device === undefined) throw page(404, 'Not Found')
        return classicRecord(device)
      },
    }
  }

  private groupsOf = (kind: DeviceKind): SmartGroup[] => this.state.groups.filter((group) => group.kind === kind)

  private groupList(of: KindOf): Route {
    return {
      hop: 'groups',
      privilege: of.groups,
      answer: () =>
        this.groupsOf(of.kind).map(({ id, name }) =>
          of.kind === 'computer'
            ? { id: String(id), name, smartGroup: true }
            : { id: String(id), name, isSmartGroup: true },
        ),
    }
  }

  private membership(of: KindOf): Route {
    return {
      hop: 'group',
      privilege: of.groups,
      answer: ({ match: [, id] }) => {
        const group = this.groupsOf(of.kind).find((each) => String(each.id) === id)
        if (group === undefined) throw failure(404, 'NOT_FOUND', 'Resource does not exist', id)
        return { members: [...group.members] }
      },
    }
  }

  private classicGroup(of: KindOf): Route {
    return {
      hop: 'group',
      privilege: of.groups,
      answer: ({ match: [, by, value = ''] }) => {
        const wanted = decodeURIComponent(value)
        const group = this.groupsOf(of.kind).find(({ id, name }) => (by === 'id' ? String(id) : name) === wanted)
        if (group === undefined) throw page(404, 'Not Found')
        const members = [...group.members].flatMap((id) => this.state.of(of.kind).get(id) ?? [])
        const { id, name } = group
        if (of.kind === 'computer') {
          const computers = members.map((each) => ({ id: each.id, name: each.name, serial_number: each.serialNumber }))
          return { computer_group: { id, name, is_smart: true, computers } }
        }
        const mobile_devices = members.map((each) => ({
          ...{ id: each.id, name: each.name, udid: each.udid, serial_number: each.serialNumber },
        }))
        return { mobile_device_group: { id, name, is_smart: true, mobile_devices } }
      },
    }
  }
}

const OF = {
  computer: {
    privilege: 'Read Computers',
    groups: 'Read Smart Computer Groups',
    sections: COMPUTER_SECTIONS,
    fields: COMPUTER_FIELDS,
    sort: 'general.name:asc',
    record: computerRecord as (device: JamfDevice, sections: readonly string[], state: JamfState) => unknown,
  },
  mobile: {
    privilege: 'Read Mobile Devices',
    groups: 'Read Smart Mobile Device Groups',
    sections: MOBILE_SECTIONS,
    fields: MOBILE_FIELDS,
    sort: 'displayName:asc',
    record: mobileRecord as (device: JamfDevice, sections: readonly string[], state: JamfState) => unknown,
  },
} as const
type KindOf = { kind: DeviceKind } & (typeof OF)[DeviceKind]

function sectionsOf(url: URL, known: readonly string[]): readonly string[] {
  const asked = url.searchParams.getAll('section').flatMap((each) => each.split(','))
  for (const each of asked) if (!known.includes(each)) throw failure(400, 'INVALID_FIELD', `section ${each}`)
  return asked.length === 0 ? ['GENERAL'] : asked
}

function whole(url: URL, name: string, absent: number, least: number, most: number): number {
  const text = url.searchParams.get(name)
  if (text === null) return absent
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw failure(400, 'INVALID_FIELD', `${name} ${text}`)
}

function understood<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof RsqlFault) throw failure(400, 'INVALID_FIELD', error.message)
    throw error
  }
}

/** The Classic API speaks XML unless JSON alone is asked for. */
function rendered(request: IncomingMessage, url: URL, result: unknown): { text: string; type: string } {
  if (url.pathname.startsWith('/JSSResource/') && !request.headers.accept?.startsWith('application/json'))
    return { text: xmlOf(result as object), type: 'application/xml;charset=UTF-8' }
  return { text: JSON.stringify(result), type: 'application/json' }
}
