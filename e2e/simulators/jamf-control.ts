/** The simulator of Jamf Pro over HTTP, for people and other programs: POST /_sim/{verb} with JSON, GET /_sim/{list}. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { toPem } from '@/lib/pki/pem'
import type { DeviceEventName, EventName } from './jamf-bodies'
import { FAULTS, HOPS, type Hop, type JamfFault } from './jamf-faults'
import type { InstallOptions, Jamf } from './jamf-pro'
import type { DeviceRef, JamfDevice, Privilege } from './jamf-state'
import { refOf } from './jamf-state'
import type { WebhookSettings } from './jamf-webhooks'

/** What the body may hold; a verb takes what it needs of it. */
interface Order {
  kind?: 'computer' | 'mobile'
  deviceId?: DeviceRef
  profileId?: number
  groupId?: number
  type?: string
  name?: string
  count?: number
  seconds?: number
  times?: number
  after?: number
  hop?: Hop | 'any'
  fault?: JamfFault
  members?: number[]
  privileges?: Privilege[]
  tokenSeconds?: number
  order?: 'as it was' | 'reversed'
  byApi?: boolean
  events?: EventName[]
  url?: string
  device?: Partial<JamfDevice>
  user?: Partial<JamfDevice>
  webhook?: Pick<WebhookSettings, 'url'> & Partial<WebhookSettings>
  profile?: Parameters<Jamf['addProfile']>[0]
  options?: InstallOptions
}

type Verb = (jamf: Jamf, order: Order) => unknown

const VERBS: Readonly<Record<string, Verb>> = {
  device: (jamf, { kind, device }) => shown(jamf.state.add(needed(kind, 'kind'), device)),
  populate: (jamf, { kind, count }) => ({
    devices: jamf.populate(needed(kind, 'kind'), needed(count, 'count')).length,
  }),
  client: (jamf, { privileges, tokenSeconds }) => {
    const { clientId, secret } = jamf.state.addClient({
      ...(privileges && { privileges }),
      ...(tokenSeconds && { tokenSeconds }),
    })
    return { clientId, secret }
  },
  webhooks: (jamf, { events, webhook }) => jamf.addWebhooks(needed(events, 'events'), needed(webhook, 'webhook')),
  profile: (jamf, { profile }) => jamf.addProfile(needed(profile, 'profile')),
  move: (jamf, { url }) => jamf.move(needed(url, 'url')),
  group: (jamf, { kind, name, members }) => {
    const group = jamf.state.addGroup(needed(kind, 'kind'), needed(name, 'name'), members)
    return { ...group, members: [...group.members] }
  },
  async install(jamf, { deviceId, profileId, options }) {
    const installed = await jamf.install(needed(deviceId, 'deviceId'), needed(profileId, 'profileId'), options)
    const { key, certificate, chain, challenge, ...rest } = installed
    return { ...rest, certificate: certificate && toPem(certificate), hadChallenge: challenge !== null }
  },
  events: (jamf, { type, deviceId, times, ...rest }) =>
    jamf.event(needed(type, 'type') as DeviceEventName, needed(deviceId, 'deviceId'), {
      ...(times && { times }),
      ...rest.options,
    }),
  unmanage: (jamf, { deviceId }) => jamf.unmanage(needed(deviceId, 'deviceId')),
  'enrol-again': (jamf, { deviceId }) => jamf.enrolAgain(needed(deviceId, 'deviceId')),
  delete: (jamf, { deviceId, byApi = false }) => jamf.delete(needed(deviceId, 'deviceId'), { byApi }),
  assign: (jamf, { deviceId, user }) => jamf.assign(needed(deviceId, 'deviceId'), needed(user, 'user')),
  members: (jamf, { kind, groupId, members }) => {
    const group = jamf.state.groups.find((each) => each.kind === kind && each.id === groupId)
    return jamf.setMembers(needed(group, 'kind and groupId'), needed(members, 'members'))
  },
  lose: (jamf) => jamf.loseEvents(),
  hold: (jamf) => jamf.holdEvents(),
  release: (jamf, { order }) => jamf.releaseEvents(order),
  fault: (jamf, { hop, fault, after, times }) => {
    if (hop !== 'any' && !HOPS.includes(needed(hop, 'hop'))) throw new Wrong(`hop is any or one of ${HOPS.join(', ')}`)
    if (typeof fault === 'string' && !FAULTS.includes(fault)) throw new Wrong(`fault is one of ${FAULTS.join(', ')}`)
    jamf.faults.plan(needed(hop, 'hop'), needed(fault, 'fault'), { ...(after && { after }), ...(times && { times }) })
  },
  heal: (jamf) => jamf.faults.heal(),
  advance: (jamf, { seconds }) => jamf.state.advance(needed(seconds, 'seconds')),
  'forget-tokens': (jamf) => jamf.state.forgetTokens(),
}

const LISTS: Readonly<Record<string, (jamf: Jamf) => unknown>> = {
  devices: ({ state }) => [...state.computers.values(), ...state.mobiles.values()].slice(0, 1_000).map(shown),
  calls: ({ api }) => api.calls,
  deliveries: ({ deliveries }) => deliveries.map(({ body, ...rest }) => ({ ...rest, bytes: body.length })),
  webhooks: ({ webhooks }) => webhooks.map(({ authentication, ...rest }) => ({ ...rest, type: authentication.type })),
  profiles: ({ profiles }) => profiles.map(({ challenge, ...rest }) => ({ ...rest, challenge: challenge.type })),
  /** What an external entity of an attacking body names. */
  entity: (jamf) => {
    jamf.entityFetches += 1
    return 'FETCHED-BY-SOMEBODY'
  },
}

class Wrong extends Error {}

export async function control(
  jamf: Jamf,
  request: IncomingMessage,
  url: URL,
  body: Buffer,
  response: ServerResponse,
): Promise<boolean> {
  const name = /^\/_sim\/([a-z-]+)$/.exec(url.pathname)?.[1]
  if (name === undefined) return false
  const table = request.method === 'GET' ? LISTS : VERBS
  const verb = Object.hasOwn(table, name) ? table[name] : undefined
  const json = (status: number, value: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value ?? {}))
  if (verb === undefined) {
    json(404, { error: `there is no ${request.method} ${name}` })
    return true
  }
  try {
    json(200, await verb(jamf, body.length === 0 ? {} : (JSON.parse(body.toString('utf8')) as Order)))
  } catch (error) {
    json(400, { error: error instanceof Error ? error.message : 'wrong' })
  }
  return true
}

function needed<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Wrong(`${name} is missing`)
  return value
}

const shown = (device: JamfDevice) => ({ deviceId: refOf(device), ...device })
