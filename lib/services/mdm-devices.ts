/** Devices that MDMs know, as people and API callers see them. */
import type { Json } from './audit'
import type { CertificateStatus } from './certificates'
import type { DeviceEventKind, DeviceState } from './device-state'
import type { DeviceTrigger } from './device-types'

export const DEVICE_STATES = [
  'managed',
  'unmanaged',
  'removed',
  'wiped',
  'noncompliant',
  'user_disabled',
  'not_entitled',
] as const
export type DeviceStateFilter = (typeof DEVICE_STATES)[number]

export interface MdmDevice extends DeviceState {
  id: string
  connector: { slug: string; name: string } | null
  externalId: string | null
  serial: string | null
  udid: string | null
  name: string | null
  platform: string | null
  model: string | null
  osVersion: string | null
  userName: string | null
  userEmail: string | null
  firstKnownAt: Date
  lastSeenAt: Date | null
}

export interface MdmDeviceRow extends MdmDevice {
  certificates: number
  /** Of the newest certificate. */
  newest: { id: string; subject: string } | null
  /** When that ends: what the list is sorted by. */
  endsAt: Date | null
}

export interface DeviceEventView {
  id: string
  at: Date
  kind: DeviceEventKind
  source: 'sync' | 'event' | 'challenge' | 'person'
  facts: { [key: string]: Json }
  /** In words. */
  sentence: string
}

export interface DeviceActionView {
  id: string
  trigger: DeviceTrigger
  action: 'hold' | 'revoke' | 'release'
  state: 'waiting' | 'braked' | 'done' | 'cancelled'
  createdAt: Date
  doneAt: Date | null
  decidedBy: string | null
  certificates: number | null
}

/** What a device is worth to the network: its best certificate, and what its MDM says of it. */
export interface EffectiveDeviceStatus {
  verdict: 'trusted' | 'attention' | 'held' | 'ended' | 'none'
  sentence: string
}

export function nameOfDevice({
  name,
  serial,
  externalId,
  id,
}: Pick<MdmDevice, 'name' | 'serial' | 'externalId' | 'id'>) {
  return name ?? serial ?? externalId ?? id
}

/** `statuses`: of its certificates. `triggers`: what is wrong with it. `open`: what its rules want and was not done yet. */
export function effectiveDeviceStatus(
  statuses: readonly CertificateStatus[],
  triggers: readonly DeviceTrigger[],
  open: readonly Pick<DeviceActionView, 'state'>[] = [],
): EffectiveDeviceStatus {
  const counts = statuses.some((status) => status === 'valid' || status === 'expiring')
  if (counts && triggers.length > 0)
    return {
      verdict: 'attention',
      sentence: `It has a certificate that counts, though ${reasons(triggers)}: ${whyNotYet(open)}.`,
    }
  if (counts) return { verdict: 'trusted', sentence: 'It has a certificate that counts.' }
  if (statuses.includes('held'))
    return { verdict: 'held', sentence: 'Its certificate is on hold: the network does not let it in for now.' }
  if (statuses.length > 0)
    return { verdict: 'ended', sentence: 'None of its certificates counts any more: the network does not let it in.' }
  return { verdict: 'none', sentence: 'No certificate was issued to it yet.' }
}

function whyNotYet(open: readonly Pick<DeviceActionView, 'state'>[]): string {
  if (open.some(({ state }) => state === 'braked'))
    return 'the brake of its MDM stopped what the rules want, until an administrator decides'
  if (open.some(({ state }) => state === 'waiting')) return 'what the rules want is about to be done'
  return 'the rules of its group only report that'
}

const TRIGGER_SENTENCES: Record<DeviceTrigger, string> = {
  removed: 'it was removed from its MDM',
  wiped: 'it was wiped',
  unmanaged: 'it is no longer managed',
  noncompliant: 'it is not compliant',
  user_disabled: 'its user is disabled',
  not_entitled: 'it is in none of the groups that entitle it',
}

function reasons(triggers: readonly DeviceTrigger[]): string {
  return triggers.map((trigger) => TRIGGER_SENTENCES[trigger]).join(' and ')
}

/** From nothing but what the event says. */
export function sentenceOfDeviceEvent(kind: DeviceEventKind, facts: { [key: string]: Json }): string {
  const from = said(facts.from)
  const to = said(facts.to)
  switch (kind) {
    case 'known': {
      // Many an MDM says nothing of compliance.
      const states = [facts.management, facts.compliance].filter((state) => state !== 'unknown').map(said)
      return states.length === 0 ? 'Became known' : `Became known, ${states.join(' and ')}`
    }
    case 'identity':
      return `${facts.what === 'udid' ? 'UDID' : facts.what === 'serial' ? 'Serial number' : 'Name'} changed from ${from} to ${to}`
    case 'user':
      return `User changed from ${from} to ${to}`
    case 'management':
      return facts.why === 'not_seen'
        ? `Removed: two readings of the inventory in a row did not see it`
        : `Was ${from}, is ${to}`
    case 'compliance':
      return `Was ${from}, is ${to}`
    case 'user_disabled':
      return facts.to === true ? 'Its user was disabled' : 'Its user is enabled again'
    case 'entitled':
      return facts.to === false ? 'Left the groups that entitle it' : 'Is in a group that entitles it'
    case 'held':
      return `${counted(facts.count, 'certificate')} put on hold: ${cause(facts)}`
    case 'revoked':
      return `${counted(facts.count, 'certificate')} revoked: ${cause(facts)}`
    case 'released':
      return `${counted(facts.count, 'certificate')} released`
    case 'braked':
      return `Stopped by the brake of its MDM: ${cause(facts)}`
    case 'challenges_revoked':
      return `${counted(facts.count, 'challenge')} revoked${facts.trigger === undefined ? '' : `: ${cause(facts)}`}`
  }
}

function cause({ trigger }: { [key: string]: Json }): string {
  return Object.hasOwn(TRIGGER_SENTENCES, String(trigger))
    ? TRIGGER_SENTENCES[trigger as DeviceTrigger]
    : 'as its rule says'
}

function counted(count: Json | undefined, noun: string): string {
  return `${said(count)} ${noun}${count === 1 ? '' : 's'}`
}

function said(value: Json | undefined): string {
  if (value === null || value === undefined || value === '') return 'nothing'
  return typeof value === 'string' ? value.replaceAll('noncompliant', 'not compliant') : JSON.stringify(value)
}
