/** What Jamf's webhooks say. Every member may be missing: what matters is checked by who needs it. */
import { Refusal } from '@/lib/errors'
import { isMembers, type Member, type Members } from './jamf-body'
import { isIdentifier, type JamfDeviceKind, withoutNull } from './jamf-device'
import type { JamfValues } from './jamf-names'

/** A device as an event names it. */
export interface NamedDevice {
  kind: JamfDeviceKind | null
  jamfId: string | null
  serial: string | null
  udid: string | null
}

export interface ChallengeRequest {
  scepServerUrl: string | null
  payloadIdentifier: string | null
  payloadTypes: string[]
  /** Null where no device is named: Fleet asks so when its settings are saved. */
  device: NamedDevice | null
  /** Of the device and its user, for the templates. */
  values: JamfValues
}

export type JamfMessage =
  | { about: 'challenge'; event: string; request: ChallengeRequest }
  /** Something happened to these devices: each is looked up before anything is believed. */
  | { about: 'devices'; event: string; devices: NamedDevice[] }
  /** It called in, and nothing else. */
  | { about: 'seen'; event: string; device: NamedDevice }
  /** Nothing that matters here. */
  | { about: 'nothing'; event: string }

/** Of one event; a smart group may change by thousands, and then the next sync tells them. */
export const MOST_DEVICES_IN_EVENT = 500

const DEVICE_EVENTS: ReadonlyMap<string, JamfDeviceKind> = new Map([
  ['computeradded', 'computer'],
  ['computerinventorycompleted', 'computer'],
  ['computerpushcapabilitychanged', 'computer'],
  ['mobiledeviceenrolled', 'mobile'],
  ['mobiledeviceinventorycompleted', 'mobile'],
  ['mobiledeviceunenrolled', 'mobile'],
])
const CHECK_INS: ReadonlyMap<string, JamfDeviceKind> = new Map([
  ['computercheckin', 'computer'],
  ['mobiledevicecheckin', 'mobile'],
])
const MEMBERSHIPS: ReadonlyMap<string, JamfDeviceKind> = new Map([
  ['smartgroupcomputermembershipchange', 'computer'],
  ['smartgroupmobiledevicemembershipchange', 'mobile'],
])

/** Refusals: invalid_input for a body that names no event. */
export function readJamfMessage(body: Members): JamfMessage {
  const webhook = membersIn(body, 'webhook')
  const details = membersIn(body, 'event')
  const event = line(webhook.webhookevent) ?? line(webhook.name)
  if (event === null) throw new Refusal('invalid_input', 'The body names no event.', { reason: 'malformed_body' })
  const name = event.toLowerCase()
  if (name === 'scepchallenge') return { about: 'challenge', event, request: challengeRequest(details) }
  const kind = DEVICE_EVENTS.get(name)
  if (kind !== undefined) return about(event, [deviceIn(details, kind)])
  const checkIn = CHECK_INS.get(name)
  if (checkIn !== undefined) {
    const device = deviceIn(details, checkIn)
    return isNamed(device) ? { about: 'seen', event, device } : { about: 'nothing', event }
  }
  const group = MEMBERSHIPS.get(name)
  if (group !== undefined) return about(event, membersOfGroup(details, group))
  if (name === 'restapioperation') return about(event, deletedDevices(details))
  return { about: 'nothing', event }
}

/** Milliseconds by Jamf, seconds by others, as a number or a text. Null for what is no time. */
export function momentOf(member: Member | undefined): Date | null {
  const digits = line(member)
  if (digits === null || !/^\d{9,16}$/.test(digits)) return null
  const at = new Date(Number(digits) * (digits.length <= 11 ? 1_000 : 1))
  return Number.isNaN(at.getTime()) ? null : at
}

function about(event: string, devices: NamedDevice[]): JamfMessage {
  const named = devices.filter(isNamed)
  return named.length === 0 ? { about: 'nothing', event } : { about: 'devices', event, devices: named }
}

function challengeRequest(details: Members): ChallengeRequest {
  const target = membersIn(details, 'targetdevice')
  // Fleet's own member, with the two names that it knows.
  const fleet = membersIn(details, 'device')
  const user = membersIn(details, 'targetuser')
  const serial = identifier(target.serialnumber) ?? identifier(fleet.serialnumber)
  const udid = identifier(target.udid) ?? identifier(fleet.uuid) ?? identifier(fleet.udid)
  const device: NamedDevice = { kind: null, jamfId: number(target.jssid), serial, udid }
  const name = line(target.devicename)
  const realName = line(user.realname)
  return {
    scepServerUrl: line(details.scepserverurl, 2_000),
    payloadIdentifier: line(details.payloadidentifier),
    payloadTypes: list(details.payloadtypes),
    device: serial === null && udid === null ? null : device,
    values: withoutNull({
      COMPUTERNAME: name,
      DEVICENAME: name,
      SERIALNUMBER: serial,
      UDID: udid,
      JSSID: device.jamfId,
      MANAGEMENTID: identifier(target.managementid),
      MACADDRESS: line(target.macaddress) ?? line(target.wifimacaddress),
      USERNAME: line(user.username) ?? line(target.username),
      FULLNAME: realName ?? line(target.realname),
      REALNAME: realName ?? line(target.realname),
      EMAIL: line(user.email) ?? line(target.emailaddress),
      PHONE: line(user.phone) ?? line(target.phone),
      POSITION: line(user.position) ?? line(target.position),
      ROOM: line(target.room) ?? line(user.room),
    }),
  }
}

function deviceIn(details: Members, kind: JamfDeviceKind): NamedDevice {
  // A check-in wraps the computer, other events are it.
  const wrapped = membersIn(details, kind === 'computer' ? 'computer' : 'mobiledevice')
  const of = Object.keys(wrapped).length === 0 ? details : wrapped
  return { kind, jamfId: number(of.jssid), serial: identifier(of.serialnumber), udid: identifier(of.udid) }
}

/** A group that is not smart has the event, too; those of users name no device. */
function membersOfGroup(details: Members, kind: JamfDeviceKind): NamedDevice[] {
  const ids = [...list(details.groupaddeddevicesids), ...list(details.groupremoveddevicesids)]
  const numbers = [...new Set(ids)].filter((id) => number(id) !== null)
  const whole = [...devicesIn(details.groupaddeddevices, kind), ...devicesIn(details.groupremoveddevices, kind)]
  const named = numbers.map((jamfId): NamedDevice => ({ kind, jamfId, serial: null, udid: null }))
  return (named.length > 0 ? named : whole).slice(0, MOST_DEVICES_IN_EVENT)
}

function devicesIn(member: Member | undefined, kind: JamfDeviceKind): NamedDevice[] {
  const devices = Array.isArray(member) ? member : [member ?? null]
  return devices.filter(isMembers).map((each) => deviceIn(each, kind))
}

/** The nearest to "deleted" that Jamf tells. */
function deletedDevices(details: Members): NamedDevice[] {
  const operation = line(details.restapioperationtype)?.toUpperCase()
  const type = (line(details.objecttypename) ?? '').toLowerCase().replaceAll(/[^a-z]/g, '')
  const kind = /^computers?$/.test(type) ? 'computer' : /^mobiledevices?$/.test(type) ? 'mobile' : null
  if (operation !== 'DELETE' || kind === null || line(details.operationsuccessful) === 'false') return []
  return [{ kind, jamfId: number(details.objectid), serial: null, udid: null }]
}

function isNamed({ jamfId, serial, udid }: NamedDevice): boolean {
  return jamfId !== null || serial !== null || udid !== null
}

function membersIn(members: Members, name: string): Members {
  const member = members[name]
  return isMembers(member) ? member : {}
}

/** One line; null for a list, for members, and for what is too long to be one. */
function line(member: Member | undefined, most = 256): string | null {
  if (typeof member !== 'string' || member.length > most || /\p{C}/u.test(member)) return null
  return member
}

function identifier(member: Member | undefined): string | null {
  const text = line(member)
  return text !== null && isIdentifier(text) ? text : null
}

/** Jamf writes -1 and 0 for none. */
function number(member: Member | undefined): string | null {
  const text = line(member)
  return text !== null && /^[1-9]\d{0,17}$/.test(text) ? text : null
}

/** A list, one that XML wraps into an element for each, or a text alone. */
function list(member: Member | undefined): string[] {
  if (member === null || member === undefined) return []
  if (typeof member === 'string') return member.split(',').map((each) => each.trim())
  if (Array.isArray(member)) return member.flatMap(list)
  return Object.values(member).flatMap(list)
}
