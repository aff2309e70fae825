/** The bodies of Jamf Pro's webhooks, in every form that is known of them, and those that somebody else would send. */
import { randomUUID } from 'node:crypto'
import type { JamfDevice, SmartGroup } from './jamf-state'
import { xmlOf } from './jamf-xml'

/** Events about devices, and about the server. */
export const COMPUTER_EVENTS = [
  'ComputerAdded',
  'ComputerCheckIn',
  'ComputerInventoryCompleted',
  'ComputerPushCapabilityChanged',
] as const
export const MOBILE_EVENTS = [
  'MobileDeviceEnrolled',
  'MobileDeviceUnEnrolled',
  'MobileDeviceCheckIn',
  'MobileDeviceInventoryCompleted',
  'MobileDeviceCommandCompleted',
  'MobileDevicePushSent',
] as const
export const OTHER_EVENTS = [
  'SCEPChallenge',
  'SmartGroupComputerMembershipChange',
  'SmartGroupMobileDeviceMembershipChange',
  'RestAPIOperation',
  'DeviceAddedToDEP',
  'PushSent',
  'JSSStartup',
  'JSSShutdown',
] as const
export type DeviceEventName = (typeof COMPUTER_EVENTS)[number] | (typeof MOBILE_EVENTS)[number]
export type EventName = DeviceEventName | (typeof OTHER_EVENTS)[number]

/** How a SCEPChallenge may differ within what is known of the format. */
export interface ChallengeVariant {
  names?: 'camelCase' | 'snake_case'
  payloadTypes?: 'array' | 'string'
  targetUser?: 'present' | 'null' | 'absent' | 'with password'
  timestamp?: 'ms' | 's'
  /** Fleet names the device in a member of its own; its probe names none. */
  device?: 'target' | 'fleet' | 'none' | 'null'
}

/** What is in the targetUser of some servers, and must never be kept. */
export const USER_PASSWORD = 'correct-horse-of-the-directory-71'

export interface Envelope {
  id: number
  name: string
  webhookEvent: string
  eventTimestamp: number
}

export type Body = { webhook: Envelope; event: { [key: string]: unknown } }

export function challengeBody(
  envelope: Envelope,
  device: JamfDevice,
  profile: { scepUrl: string; identifier: string },
  variant: ChallengeVariant = {},
): object {
  const { names = 'camelCase', payloadTypes = 'array', targetUser = 'present', device: named = 'target' } = variant
  const type = 'com.apple.security.scep'
  const body: Body = {
    webhook: {
      ...envelope,
      eventTimestamp: variant.timestamp === 's' ? Math.floor(envelope.eventTimestamp / 1_000) : envelope.eventTimestamp,
    },
    event: {
      scepServerUrl: profile.scepUrl,
      payloadIdentifier: named === 'target' || named === 'null' ? profile.identifier : randomUUID().toUpperCase(),
      payloadTypes: payloadTypes === 'array' ? [type] : type,
      ...(named === 'target' ? { targetDevice: targetDevice(device) } : {}),
      ...(named === 'null' ? { targetDevice: null } : {}),
      ...(named === 'fleet' ? { device: { uuid: device.udid, serialNumber: device.serialNumber } } : {}),
      ...(named !== 'target' || targetUser === 'absent' ? {} : { targetUser: userOf(device, targetUser) }),
    },
  }
  return names === 'snake_case' ? (snaked(body) as object) : body
}

function targetDevice(device: JamfDevice): object {
  return {
    ...{ deviceName: device.name, serialNumber: device.serialNumber, udid: device.udid },
    ...{ model: device.model, modelDisplay: device.modelDisplay, product: null },
    ...{ osVersion: device.osVersion, osBuild: device.osBuild, version: device.osVersion },
    ...{ bluetoothMacAddress: '', wifiMacAddress: '', icciID: '', imei: '' },
    ...{ room: device.room, userDirectoryID: '-1', username: device.username },
  }
}

function userOf(device: JamfDevice, form: 'present' | 'null' | 'with password'): object | null {
  if (form === 'null') return null
  return {
    ...{ dn: '', username: device.username, uid: '', uuid: '', realname: device.realName, email: device.email },
    ...{ phone: device.phone, position: device.position, room: device.room, buildingId: -1, departmentId: -1 },
    password: form === 'with password' ? USER_PASSWORD : '',
  }
}

/** What all events about one device say of it. */
export function deviceEvent(name: DeviceEventName, device: JamfDevice): { [key: string]: unknown } {
  if (device.kind === 'mobile')
    return {
      ...{ bluetoothMacAddress: '', deviceName: device.name, icciID: '', imei: '', ipAddress: '198.51.100.7' },
      ...{ jssID: device.id, managementId: device.managementId, model: device.model },
      ...{ modelDisplay: device.modelDisplay, osBuild: device.osBuild, osVersion: device.osVersion, product: null },
      ...{ room: device.room, serialNumber: device.serialNumber, udid: device.udid, userDirectoryID: '-1' },
      ...{ username: device.username, version: device.osVersion, wifiMacAddress: device.macAddress },
    }
  const computer = {
    ...{ alternateMacAddress: '', building: device.building, department: device.department },
    ...{ deviceName: device.name, emailAddress: device.email, ipAddress: '198.51.100.7', jssID: device.id },
    ...{ macAddress: device.macAddress, model: device.modelDisplay, osBuild: device.osBuild },
    ...{ osVersion: device.osVersion, phone: device.phone, position: device.position, realName: device.realName },
    ...{ reportedIpAddress: '192.0.2.7', room: device.room, serialNumber: device.serialNumber, udid: device.udid },
    ...{ userDirectoryID: '-1', username: device.username, managementId: device.managementId },
  }
  return name === 'ComputerCheckIn' ? { computer, trigger: 'CLIENT_CHECKIN', username: device.username } : computer
}

export function membershipEvent(group: SmartGroup, added: JamfDevice[], removed: JamfDevice[]) {
  const list = (devices: JamfDevice[]) => devices.map((device) => deviceEvent('ComputerAdded', device))
  return {
    ...{ name: group.name, jssid: group.id, smartGroup: true, computer: group.kind === 'computer' },
    ...{ groupAddedDevices: list(added), groupAddedDevicesIds: added.map(({ id }) => id) },
    ...{ groupRemovedDevices: list(removed), groupRemovedDevicesIds: removed.map(({ id }) => id) },
  }
}

export function restOperation(device: JamfDevice, operation: 'GET' | 'PUT' | 'POST' | 'DELETE') {
  return {
    ...{ objectID: device.id, objectName: device.name, operationSuccessful: true, authorizedUsername: 'admin' },
    objectTypeName: device.kind === 'computer' ? 'Computer' : 'Mobile Device',
    restAPIOperationType: operation,
  }
}

export interface Written {
  contentType: string
  bytes: Buffer
}

/** Content type as each setting of Jamf Pro sends it. */
export function written(body: object, contentType: 'json' | 'xml'): Written {
  if (contentType === 'json') return { contentType: 'application/json', bytes: Buffer.from(JSON.stringify(body)) }
  return { contentType: 'text/xml', bytes: Buffer.from(xmlOf({ JSSEvent: body })) }
}

export type Attack = 'five megabytes' | 'external entity' | 'local file' | 'many laughs' | 'not parseable' | 'deep'

/** What a stranger or a broken server sends instead. `fetched` is where an external entity would be got from. */
export function attacking(body: Body, attack: Attack, fetched: string): Written {
  const named = (name: string) => ({ ...body, event: { ...body.event, deviceName: name } })
  const xml = (doctype: string, reference: string) => {
    const text = xmlOf({ JSSEvent: named('ENTITY') }, `<?xml version="1.0"?>${doctype}`)
    return { contentType: 'text/xml', bytes: Buffer.from(text.replace('ENTITY</', `${reference}</`)) }
  }
  switch (attack) {
    case 'five megabytes':
      return written(named('x'.repeat(5 * 1_048_576)), 'json')
    case 'external entity':
      return xml(`<!DOCTYPE JSSEvent [<!ENTITY e SYSTEM "${fetched}">]>`, '&e;')
    case 'local file':
      return xml('<!DOCTYPE JSSEvent [<!ENTITY e SYSTEM "file:///etc/passwd">]>', '&e;')
    case 'many laughs': {
      const more = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('')
      return xml(`<!DOCTYPE JSSEvent [<!ENTITY l0 "ha">${more}]>`, '&l9;')
    }
    case 'not parseable':
      return { contentType: 'application/json', bytes: Buffer.from('{"webhook":{"webhookEvent":') }
    case 'deep':
      return { contentType: 'application/json', bytes: Buffer.from(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) }
  }
}

/** icciID becomes icci_id, as in the samples that name everything so. */
function snaked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snaked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.replace(/([a-z0-9])([A-Z]+)/g, '$1_$2').toLowerCase(),
      snaked(member),
    ]),
  )
}
