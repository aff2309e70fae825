/** The events of the kind `events`: which there are, and what a message must say. */
import { Refusal } from '@/lib/errors'
import type { Json } from './audit'
import type { DeviceReport } from './device-types'
import { objectOf, parseObject } from './validator-verdict'

type Facts = Partial<Omit<DeviceReport, 'externalId'>>
type User = { id?: string; name?: string; email?: string }

export type MdmEvent =
  | { about: 'device'; type: string; report: Omit<DeviceReport, 'externalId'> & { externalId: string | null } }
  | { about: 'user'; type: string; user: User; disabled: boolean }
  | { about: 'nothing'; type: string }

/** What each type says about the device, beyond what the message tells of it. */
const DEVICE_EVENTS: Readonly<Record<string, Facts>> = {
  'device.removed': { management: 'removed' },
  'device.wiped': { management: 'wiped' },
  'device.unmanaged': { management: 'unmanaged' },
  'device.noncompliant': { compliance: 'noncompliant' },
  'device.compliant': { compliance: 'compliant' },
  'device.enrolled': { management: 'managed' },
}
const USER_EVENTS: Readonly<Record<string, boolean>> = { 'user.disabled': true, 'user.enabled': false }

export const MDM_EVENT_TYPES = [...Object.keys(DEVICE_EVENTS), ...Object.keys(USER_EVENTS)]

const MOST_ID = 200
const MOST_TEXT = 300

/** Refusals: invalid_input, naming the member. A type that is none of ours is no fault: MDMs send more than we ask for. */
export function parseMdmEvent(body: Uint8Array): MdmEvent {
  const message = parseObject(body)
  if (message === null) throw invalid('body', 'The body is a JSON object with type and data.')
  const { type } = message
  if (typeof type !== 'string' || !/^[\w.:-]{1,100}$/.test(type))
    throw invalid('type', 'Say what happened, such as device.removed.')
  const facts = Object.hasOwn(DEVICE_EVENTS, type) ? DEVICE_EVENTS[type] : undefined
  const disabled = Object.hasOwn(USER_EVENTS, type) ? USER_EVENTS[type] : undefined
  if (facts === undefined && disabled === undefined) return { about: 'nothing', type }
  const data = objectOf(message.data)
  if (data === null) throw invalid('data', 'Say whom it is about: data is an object with device or user.')
  return facts === undefined
    ? { about: 'user', type, user: userOf(data), disabled: disabled === true }
    : { about: 'device', type, report: { ...reportOf(data), ...facts } }
}

function userOf(data: { [key: string]: Json }): User {
  const user = objectOf(data.user)
  if (user === null) throw invalid('data.user', 'Name the user by id, name or email.')
  const read = (key: keyof User) => textOf(user, `data.user.${key}`, key, MOST_TEXT)
  const named = withoutAbsent({ id: read('id'), name: read('name'), email: read('email') })
  if (Object.keys(named).length === 0) throw invalid('data.user', 'Name the user by id, name or email.')
  return named
}

function reportOf(data: { [key: string]: Json }): Omit<DeviceReport, 'externalId'> & { externalId: string | null } {
  const device = objectOf(data.device)
  if (device === null) throw invalid('data.device', 'Name the device by id, serial or udid.')
  const read = (key: string, most = MOST_TEXT) => textOf(device, `data.device.${key}`, key, most)
  const externalId = read('id', MOST_ID) ?? null
  // As manufacturers print them, and as devices are kept.
  const serial = read('serial', MOST_ID)?.toUpperCase()
  const udid = read('udid', MOST_ID)?.toUpperCase()
  if (externalId === null && serial === undefined && udid === undefined)
    throw invalid('data.device', 'Name the device by id, serial or udid.')
  const user = objectOf(data.user) === null ? {} : userOf(data)
  return {
    externalId,
    ...withoutAbsent({
      serial,
      udid,
      name: read('name'),
      platform: read('platform'),
      model: read('model'),
      osVersion: read('osVersion'),
      userId: user.id,
      userName: user.name,
      userEmail: user.email,
    }),
  }
}

/** Absent, null and empty say nothing. Numbers stand for their digits: ids are often numbers. */
function textOf(object: { [key: string]: Json }, path: string, key: string, most: number): string | undefined {
  const value = object[key]
  if (value === undefined || value === null || value === '') return undefined
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  if (typeof text !== 'string' || text.trim() === '' || text.length > most || /[\p{Cc}\p{Cs}]/u.test(text))
    throw invalid(path, `Write a text of at most ${most} characters.`)
  return text.trim()
}

function withoutAbsent<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string
  }
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal('invalid_input', sentence, { reason: 'malformed_event', fields: { [field]: sentence } })
}
