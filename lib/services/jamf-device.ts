/** A computer or a mobile device as Jamf Pro's inventory tells of it, and what we say about it. */
import type { DeviceReport } from './device-types'
import type { JamfValues } from './jamf-names'

export type JamfDeviceKind = 'computer' | 'mobile'

/** Null where Jamf says nothing. */
export interface JamfDevice {
  kind: JamfDeviceKind
  /** Computers and mobile devices are numbered apart. */
  jamfId: string
  serial: string | null
  udid: string | null
  name: string | null
  managementId: string | null
  managed: boolean | null
  model: string | null
  osVersion: string | null
  macAddress: string | null
  userName: string | null
  realName: string | null
  email: string | null
  phone: string | null
  position: string | null
  room: string | null
  lastSeenAt: Date | null
  /** Ids of the smart groups it is in; null where they were not asked for. */
  groups: readonly string[] | null
}

export function jamfExternalId(kind: JamfDeviceKind, jamfId: string): string {
  return `${kind}:${jamfId}`
}

/** Null for a device that some other kind of connector reported. */
export function jamfDeviceOf(externalId: string): { kind: JamfDeviceKind; jamfId: string } | null {
  const [, kind, jamfId] = /^(computer|mobile):(\d{1,18})$/.exec(externalId) ?? []
  return jamfId === undefined ? null : { kind: kind as JamfDeviceKind, jamfId }
}

/** `entitling` is undefined while nobody could say which groups they are: nothing follows from what is not known. */
export function reportOf(device: JamfDevice, entitling: EntitlingGroups | undefined): DeviceReport {
  const { kind, managed } = device
  const entitled = entitledBy(device, entitling?.[kind])
  return {
    externalId: jamfExternalId(kind, device.jamfId),
    serial: device.serial,
    udid: device.udid,
    name: device.name,
    platform: kind === 'computer' ? 'macOS' : 'iOS',
    model: device.model,
    userName: device.userName,
    userEmail: device.email,
    ...(device.osVersion === null ? {} : { osVersion: device.osVersion }),
    ...(device.lastSeenAt === null ? {} : { lastSeenAt: device.lastSeenAt }),
    ...(managed === null ? {} : { management: managed ? 'managed' : 'unmanaged' }),
    ...(entitled === undefined ? {} : { entitled }),
  }
}

/** Ids of the chosen smart groups, which are numbered apart, too; null where none is of this kind of device. */
export type EntitlingGroups = Readonly<Record<JamfDeviceKind, ReadonlySet<string> | null>>

function entitledBy(
  { groups }: JamfDevice,
  entitling: ReadonlySet<string> | null | undefined,
): boolean | null | undefined {
  return entitling === null || entitling === undefined ? entitling : groups?.some((id) => entitling.has(id))
}

export function valuesOf(device: JamfDevice): JamfValues {
  return withoutNull({
    COMPUTERNAME: device.name,
    DEVICENAME: device.name,
    SERIALNUMBER: device.serial,
    UDID: device.udid,
    JSSID: device.jamfId,
    MANAGEMENTID: device.managementId,
    MACADDRESS: device.macAddress,
    USERNAME: device.userName,
    FULLNAME: device.realName,
    REALNAME: device.realName,
    EMAIL: device.email,
    PHONE: device.phone,
    POSITION: device.position,
    ROOM: device.room,
  })
}

export function withoutNull<Key extends string>(
  values: Readonly<Record<Key, string | null>>,
): Partial<Record<Key, string>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as Partial<
    Record<Key, string>
  >
}

/** As Jamf has it, and as a filter can carry it: a star would find every device there is. */
const IDENTIFIER = /^[A-Za-z0-9][A-Za-z0-9._:-]{3,63}$/

export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text)
}

export function sameIdentifier(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a.toUpperCase() === b.toUpperCase()
}
