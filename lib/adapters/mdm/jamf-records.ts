/** Jamf Pro's answers, read with suspicion: every member may be missing, null, or a number where a text was expected. */
import type { JamfDevice, JamfDeviceKind } from '@/lib/services/jamf-device'

type Members = { readonly [name: string]: unknown }

/** Null for anything that is no page of an inventory. */
export function parsePage(body: unknown, kind: JamfDeviceKind): { total: number; devices: JamfDevice[] } | null {
  const { results, totalCount } = members(body)
  if (!Array.isArray(results) || typeof totalCount !== 'number' || !Number.isInteger(totalCount) || totalCount < 0)
    return null
  const devices = results.map((each) => parseDevice(each, kind))
  // A record without a number is none that could be told from another: then the page is not what we think it is.
  return devices.every((device) => device !== null) ? { total: totalCount, devices } : null
}

/** Of a list (sections), of a detail (flat, for mobile devices), by whichever version. Null without a number. */
export function parseDevice(record: unknown, kind: JamfDeviceKind): JamfDevice | null {
  const top = members(record)
  const general = members(top.general)
  const hardware = members(top.hardware)
  const user = members(top.userAndLocation ?? top.location)
  const system = members(top.operatingSystem)
  const apple = members(top.ios ?? top.tvos)
  const jamfId = text(top.mobileDeviceId) ?? text(top.id)
  if (jamfId === null || !/^\d{1,18}$/.test(jamfId)) return null
  return {
    kind,
    jamfId,
    serial: first(hardware.serialNumber, top.serialNumber, general.serialNumber),
    udid: first(top.udid, general.udid, hardware.udid),
    name: first(general.name, general.displayName, top.displayName, top.name),
    managementId: first(general.managementId, top.managementId),
    managed: truth(members(general.remoteManagement).managed, general.managed, top.managed),
    model: first(hardware.model, top.model, apple.model),
    osVersion: first(system.version, general.osVersion, top.osVersion),
    macAddress: first(hardware.macAddress, hardware.wifiMacAddress, top.wifiMacAddress),
    userName: first(user.username, top.username),
    realName: first(user.realname, user.realName),
    email: first(user.email, user.emailAddress),
    phone: first(user.phone, user.phoneNumber),
    position: first(user.position),
    room: first(user.room),
    lastSeenAt:
      moment(general.lastContactTime) ??
      moment(general.lastInventoryUpdateDate) ??
      moment(top.lastInventoryUpdateTimestamp) ??
      moment(general.reportDate),
    groups: groupIds(top.groupMemberships ?? top.groups),
  }
}

/** Null for anything that is no list of groups. */
export function parseGroups(body: unknown): { id: string; name: string }[] | null {
  const list = Array.isArray(body) ? body : members(body).results
  if (!Array.isArray(list)) return null
  const groups = list.map((each) => {
    const { id, groupId, name, groupName } = members(each)
    return { id: first(id, groupId), name: first(name, groupName) }
  })
  const named = groups.flatMap(({ id, name }) => (id === null || name === null ? [] : [{ id, name }]))
  return named.length === groups.length ? named : null
}

export function parseToken(body: unknown): { token: string; seconds: number } | null {
  const { access_token: token, expires_in: seconds } = members(body)
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,8192}$/.test(token)) return null
  return { token, seconds: typeof seconds === 'number' && seconds >= 0 ? seconds : 0 }
}

/** What Jamf calls its error, such as INVALID_PRIVILEGE; null where it is not Jamf that speaks. */
export function parseError(body: unknown): { status: number | null; code: string } | null {
  const { httpStatus, errors, error } = members(body)
  const listed = Array.isArray(errors) ? first(members(errors[0]).code) : null
  const code = listed ?? (typeof error === 'string' ? error : null)
  if (code === null && typeof httpStatus !== 'number') return null
  return {
    status: typeof httpStatus === 'number' ? httpStatus : null,
    code: (code ?? String(httpStatus)).replace(/[^\w.-]/g, '').slice(0, 60),
  }
}

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}
}

/** The first that says something. */
function first(...values: unknown[]): string | null {
  for (const value of values) {
    const said = text(value)
    if (said !== null) return said
  }
  return null
}

function text(value: unknown): string | null {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (typeof value !== 'string') return null
  const said = value.replace(/\p{C}/gu, ' ').trim().slice(0, 256)
  return said === '' ? null : said
}

function truth(...values: unknown[]): boolean | null {
  for (const value of values) {
    if (typeof value === 'boolean') return value
    if (value === 'true' || value === 'false') return value === 'true'
  }
  return null
}

function moment(value: unknown): Date | null {
  if (typeof value !== 'string') return null
  const at = new Date(value)
  return Number.isNaN(at.getTime()) ? null : at
}

function groupIds(value: unknown): string[] | null {
  if (!Array.isArray(value)) return null
  return value.flatMap((each) => first(members(each).groupId, members(each).id) ?? [])
}
