/** When something is worth a notice: days before an end, and how much may fail. */
import { Refusal } from '@/lib/errors'
import { EXPIRY_TOPICS, type ExpiryTopic, type NoticeSettings, type NoticeSettingsChange } from './notice-types'

/** A year, half a year, a quarter, a month, a week. */
export const USUAL_THRESHOLDS = [365, 180, 90, 30, 7]

export const NOTICE_DEFAULTS: NoticeSettings = {
  thresholds: {
    'authority-expiry': USUAL_THRESHOLDS,
    'registration-authority-expiry': USUAL_THRESHOLDS,
    'connector-expiry': USUAL_THRESHOLDS,
    'static-secret-expiry': USUAL_THRESHOLDS,
    'api-key-expiry': USUAL_THRESHOLDS,
  },
  enrolmentFailures: { count: 20, minutes: 60 },
  connectorFailures: { count: 5 },
}

export const NOTICE_LIMITS = { days: 1_825, thresholds: 10, count: 100_000, minutes: 1_440 }

/** What was stored by an older or a newer version, completed. */
export function settingsOf(stored: unknown): NoticeSettings {
  const { thresholds, enrolmentFailures, connectorFailures } = (stored ?? {}) as NoticeSettingsChange
  return {
    thresholds: { ...NOTICE_DEFAULTS.thresholds, ...thresholds },
    enrolmentFailures: { ...NOTICE_DEFAULTS.enrolmentFailures, ...enrolmentFailures },
    connectorFailures: { ...NOTICE_DEFAULTS.connectorFailures, ...connectorFailures },
  }
}

/** Throws one Refusal that names every field that is wrong. */
export function changedSettings(before: NoticeSettings, change: NoticeSettingsChange): NoticeSettings {
  const faults: Record<string, string> = {}
  const thresholds = { ...before.thresholds }
  for (const topic of EXPIRY_TOPICS) {
    const days = change.thresholds?.[topic]
    if (days === undefined) continue
    if (areThresholds(days)) thresholds[topic] = [...new Set(days)].sort((a, b) => b - a)
    else
      faults[topic] = `Write at most ${NOTICE_LIMITS.thresholds} numbers of days, each from 1 to ${NOTICE_LIMITS.days}.`
  }
  const enrolmentFailures = change.enrolmentFailures ?? before.enrolmentFailures
  const connectorFailures = change.connectorFailures ?? before.connectorFailures
  const { count, minutes } = NOTICE_LIMITS
  if (!isWhole(enrolmentFailures.count, 0, count)) faults.enrolmentFailures = `Write a number from 0 to ${count}.`
  if (!isWhole(enrolmentFailures.minutes, 5, minutes)) faults.minutes = `Write 5 to ${minutes} minutes.`
  if (!isWhole(connectorFailures.count, 0, count)) faults.connectorFailures = `Write a number from 0 to ${count}.`
  const [first] = Object.values(faults)
  if (first !== undefined)
    throw new Refusal('invalid_input', first, { reason: 'invalid_notice_settings', fields: faults })
  return { thresholds, enrolmentFailures, connectorFailures }
}

function areThresholds(days: readonly number[]): boolean {
  return days.length <= NOTICE_LIMITS.thresholds && days.every((each) => isWhole(each, 1, NOTICE_LIMITS.days))
}

function isWhole(number: number, least: number, most: number): boolean {
  return Number.isInteger(number) && number >= least && number <= most
}

/** The longest threshold of any topic. */
export function furthestDays({ thresholds }: NoticeSettings): number {
  return Math.max(0, ...Object.values(thresholds).flat())
}

/**
 * The threshold that is reached now: the shortest of those that are, 0 when it has ended, or null. One that is longer than
 * the thing's whole life says nothing: a key for ninety days does not begin with a warning.
 */
export function reachedThreshold(
  thresholds: readonly number[],
  thing: { beginsAt: Date | null; endsAt: Date },
  now: Date,
): number | null {
  if (thresholds.length === 0) return null
  if (thing.endsAt <= now) return 0
  const daysLeft = (thing.endsAt.getTime() - now.getTime()) / DAY_MS
  const life = thing.beginsAt === null ? Number.POSITIVE_INFINITY : daysBetween(thing.beginsAt, thing.endsAt)
  const reached = thresholds.filter((days) => daysLeft <= days && days < life - SLACK_DAYS)
  return reached.length === 0 ? null : Math.min(...reached)
}

const DAY_MS = 86_400_000
/** Lives are rounded to hours and seconds. */
const SLACK_DAYS = 1

function daysBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / DAY_MS
}

export const isExpiryTopic = (topic: string): topic is ExpiryTopic =>
  (EXPIRY_TOPICS as readonly string[]).includes(topic)
