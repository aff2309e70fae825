/** A device as it is known, and what a report makes of it. No store decides any of this. */
import type { Json } from './audit'
import { identifierOf, serialOf, textOf } from './device-identifiers'
import type { Compliance, DeviceReport, DeviceTrigger, Management } from './device-types'

export interface DeviceState {
  management: Management
  compliance: Compliance
  userDisabled: boolean
  entitled: boolean | null
}

/** A row, as its connector tells of it. */
export interface KnownDevice extends DeviceState {
  id: string
  externalId: string
  serial: string | null
  udid: string | null
  name: string | null
  platform: string | null
  model: string | null
  osVersion: string | null
  userId: string | null
  userName: string | null
  userEmail: string | null
  lastSeenAt: Date | null
  stateAt: Date | null
  misses: number
}

export type DeviceEventKind =
  | 'known'
  | 'identity'
  | 'management'
  | 'compliance'
  | 'user'
  | 'user_disabled'
  | 'entitled'
  | 'held'
  | 'revoked'
  | 'released'
  | 'braked'
  | 'challenges_revoked'

export interface DeviceEventFact {
  kind: DeviceEventKind
  facts: { [key: string]: Json }
}

export interface DeviceChange {
  device: KnownDevice
  isNew: boolean
  /** Anything at all is other than before. */
  changed: boolean
  /** What a rule looks at is. */
  stateChanged: boolean
  /** By other names than before its certificates are to be looked for. */
  identityChanged: boolean
  events: DeviceEventFact[]
}

export const TRIGGERS: readonly DeviceTrigger[] = [
  'removed',
  'wiped',
  'unmanaged',
  'noncompliant',
  'user_disabled',
  'not_entitled',
]

/** What is to be answered about a device as it is now. */
export function triggersOf({ management, compliance, userDisabled, entitled }: DeviceState): DeviceTrigger[] {
  return TRIGGERS.filter(
    (trigger) =>
      trigger === management ||
      trigger === compliance ||
      (trigger === 'user_disabled' && userDisabled) ||
      (trigger === 'not_entitled' && entitled === false),
  )
}

/** A later report of the same device in one page completes the earlier. */
export function mergedReports(reports: readonly DeviceReport[]): Map<string, DeviceReport> {
  const merged = new Map<string, DeviceReport>()
  for (const report of reports) {
    const said = Object.fromEntries(Object.entries(report).filter(([, value]) => value !== undefined))
    merged.set(report.externalId, { ...merged.get(report.externalId), ...said, externalId: report.externalId })
  }
  return merged
}

/** `at`: when the report was true. */
export function changed(before: KnownDevice | null, report: DeviceReport, at: Date): DeviceChange {
  const known = before ?? blank(report.externalId)
  const isCurrent = known.stateAt === null || at >= known.stateAt
  const device = { ...known, ...namesIn(report, isCurrent), ...laterSeen(known, report) }
  if (saysState(report) && isCurrent) {
    const otherUser = before !== null && device.userId !== known.userId
    Object.assign(device, {
      management: report.management ?? known.management,
      compliance: report.compliance ?? known.compliance,
      // That a user was disabled says nothing about the next one.
      userDisabled: report.userDisabled ?? (otherUser ? false : known.userDisabled),
      entitled: report.entitled === undefined ? known.entitled : report.entitled,
      stateAt: at,
    })
  }
  const events = before === null ? [firstEvent(device)] : eventsBetween(before, device)
  const differs = (keys: readonly (keyof KnownDevice)[]) => keys.some((key) => device[key] !== known[key])
  return {
    device,
    isNew: before === null,
    changed: before === null || differs(ALL) || device.lastSeenAt?.getTime() !== known.lastSeenAt?.getTime(),
    stateChanged: before === null || differs(STATE),
    identityChanged: before === null || differs(IDENTITY),
    events,
  }
}

const STATE = ['management', 'compliance', 'userDisabled', 'entitled'] as const
const IDENTITY = ['serial', 'udid'] as const
const NAMES = ['name', 'platform', 'model', 'osVersion', 'userId', 'userName', 'userEmail'] as const
const ALL = [...STATE, ...IDENTITY, ...NAMES]

function saysState({ management, compliance, userDisabled, entitled, userId }: DeviceReport): boolean {
  return [management, compliance, userDisabled, entitled, userId].some((said) => said !== undefined)
}

/** Whose it is belongs to its state: what was true earlier must not make today's user look like another one. */
function namesIn(report: DeviceReport, isCurrent: boolean): Partial<KnownDevice> {
  const names = NAMES.filter((key) => report[key] !== undefined && (isCurrent || !key.startsWith('user')))
  return {
    ...(report.serial === undefined ? {} : { serial: serialOf(report.serial) }),
    ...(report.udid === undefined ? {} : { udid: identifierOf(report.udid) }),
    ...Object.fromEntries(names.map((key) => [key, textOf(report[key])])),
  }
}

function laterSeen(known: KnownDevice, { lastSeenAt }: DeviceReport): Partial<KnownDevice> {
  const later = lastSeenAt && !Number.isNaN(lastSeenAt.getTime()) && lastSeenAt > (known.lastSeenAt ?? new Date(0))
  return later ? { lastSeenAt } : {}
}

function blank(externalId: string): KnownDevice {
  return {
    id: crypto.randomUUID(),
    externalId,
    serial: null,
    udid: null,
    name: null,
    platform: null,
    model: null,
    osVersion: null,
    userId: null,
    userName: null,
    userEmail: null,
    management: 'unknown',
    compliance: 'unknown',
    userDisabled: false,
    entitled: null,
    lastSeenAt: null,
    stateAt: null,
    misses: 0,
  }
}

function firstEvent({ management, compliance, serial }: KnownDevice): DeviceEventFact {
  return { kind: 'known', facts: { management, compliance, serial } }
}

function eventsBetween(before: KnownDevice, after: KnownDevice): DeviceEventFact[] {
  const told: [DeviceEventKind, keyof KnownDevice][] = [
    ['identity', 'serial'],
    ['identity', 'udid'],
    ['identity', 'name'],
    ['user', 'userName'],
    ['management', 'management'],
    ['compliance', 'compliance'],
    ['user_disabled', 'userDisabled'],
    ['entitled', 'entitled'],
  ]
  return told
    .filter(([, key]) => before[key] !== after[key])
    .map(([kind, key]) => ({ kind, facts: { what: key, from: json(before[key]), to: json(after[key]) } }))
}

function json(value: KnownDevice[keyof KnownDevice]): Json {
  return value instanceof Date ? value.toISOString() : value
}
