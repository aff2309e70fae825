/**
 * What is worth a notice, found by the clock: something reached a threshold before its end, or more fails than should.
 * Each threshold of each thing is told once, whichever instance finds it, and only the nearest one when several were passed.
 */
import type { AuditEntry, AuditSeverity } from './audit'
import { latchkey } from './counters'
import { furthestDays, isExpiryTopic, reachedThreshold } from './notice-settings'
import type {
  ExpiringThing,
  ExpiryTopic,
  FailingThing,
  NewNotice,
  NoticeRaisingStore,
  NoticeSettings,
} from './notice-types'

export interface NoticeRaising {
  /** As a job. */
  raise(now: Date): Promise<void>
  forget(now: Date): Promise<void>
}

const DAY_MS = 86_400_000
/** What ended longer ago is no news, such as a key that was forgotten for years. */
const ENDED_DAYS = 7
const KEPT_DAYS = { deliveries: 90, notices: 400 }
/** Without a mail server for so long, what was over meanwhile is no news any more. */
const STALE_DAYS = 7

export function createNoticeRaising({ store }: { store: NoticeRaisingStore }): NoticeRaising {
  return {
    async raise(now) {
      const settings = await store.settings()
      const [things, failing, standing] = await Promise.all([
        store.expiring(daysAfter(now, -ENDED_DAYS), daysAfter(now, furthestDays(settings))),
        store.failing(new Date(now.getTime() - settings.enrolmentFailures.minutes * 60_000)),
        store.standing(),
      ])
      const expiries = things.flatMap((thing) => expiryNotice(thing, settings, now))
      const known = new Set(standing.map(({ key }) => key))
      const failures = failing.filter(
        (thing) =>
          isTooMuch(thing, settings) &&
          !standing.some(({ topic, objectId }) => topic === thing.topic && objectId === thing.object.id),
      )
      const wanted = new Set(expiries.map(({ key }) => key))
      const over = standing.filter(({ topic, key, objectId }) =>
        isExpiryTopic(topic)
          ? !wanted.has(key)
          : !failing.some((thing) => thing.topic === topic && thing.object.id === objectId && isStill(thing, settings)),
      )
      if (over.length > 0)
        await store.resolve(
          over.map(({ key }) => key),
          now,
        )
      const fresh = [
        ...expiries.filter(({ key }) => !known.has(key)),
        ...failures.map((thing) => failureNotice(thing, settings, now)),
      ]
      if (fresh.length > 0) await store.raise(fresh, now, raised)
    },

    async forget(now) {
      const before = {
        settled: daysAfter(now, -KEPT_DAYS.deliveries),
        resolved: daysAfter(now, -KEPT_DAYS.notices),
        stale: daysAfter(now, -STALE_DAYS),
      }
      await store.forget(before, now)
    },
  }
}

function limitOf({ topic }: FailingThing, { enrolmentFailures, connectorFailures }: NoticeSettings): number {
  return topic === 'enrolment-failures' ? enrolmentFailures.count : connectorFailures.count
}

function isTooMuch(thing: FailingThing, settings: NoticeSettings): boolean {
  const limit = limitOf(thing, settings)
  return limit > 0 && thing.count >= limit
}

/** Enrolments must fall to half before it can be told again: around the threshold it would be told all day. */
function isStill(thing: FailingThing, settings: NoticeSettings): boolean {
  const limit = limitOf(thing, settings)
  if (limit === 0) return false
  return thing.topic === 'enrolment-failures' ? thing.count * 2 >= limit : thing.count > 0
}

function expiryNotice(thing: ExpiringThing, settings: NoticeSettings, now: Date): NewNotice[] {
  const threshold = reachedThreshold(settings.thresholds[thing.topic], thing, now)
  if (threshold === null) return []
  const { topic, object, endsAt, group, path } = thing
  const ends = endsAt.toISOString()
  return [
    {
      id: crypto.randomUUID(),
      topic,
      key: `${topic}:${object.id}:${ends}:${threshold}`,
      severity: severityOf(threshold),
      object,
      groupSlug: group?.slug ?? null,
      path,
      summary: `${EXPIRING[topic](thing)} ${threshold === 0 ? 'ended' : 'ends'} on ${dayOf(endsAt)}${threshold === 0 ? '' : `, in ${daysLeft(endsAt, now)}`}.`,
      data: { topic, endsAt: ends, thresholdDays: threshold, ...(group === null ? {} : { group: group.slug }) },
    },
  ]
}

const EXPIRING: Record<ExpiryTopic, (thing: ExpiringThing) => string> = {
  'authority-expiry': ({ object }) => `The certificate of the authority ${object.name}`,
  'registration-authority-expiry': ({ object }) => `The registration authority of the endpoint ${object.name}`,
  'connector-expiry': ({ object }) => `The credential of the connector ${object.name}`,
  'static-secret-expiry': ({ object }) => `A static secret of the endpoint ${object.name}`,
  'api-key-expiry': ({ object }) => `The API key ${object.name}`,
}

function failureNotice(thing: FailingThing, settings: NoticeSettings, now: Date): NewNotice {
  const { topic, object, count, cause, group, path } = thing
  const about =
    cause === null ? '' : ` ${topic === 'enrolment-failures' ? 'Most often' : 'Last'}: ${cause.slice(0, 200)}.`
  const summary =
    topic === 'enrolment-failures'
      ? `At the endpoint ${object.name} ${count} enrolments were refused or failed within ${settings.enrolmentFailures.minutes} minutes.${about}`
      : `The last ${count} calls to the connector ${object.name} failed.${about}`
  return {
    id: crypto.randomUUID(),
    topic,
    key: `${topic}:${object.id}:${now.toISOString()}`,
    severity: 'high',
    object,
    groupSlug: group?.slug ?? null,
    path,
    summary,
    data: { topic, count, ...(cause === null ? {} : { cause }), ...(group === null ? {} : { group: group.slug }) },
  }
}

function raised({ id, topic: _, severity, object, path, summary, data }: NewNotice): AuditEntry {
  return {
    type: 'notice.raised',
    outcome: 'success',
    severity,
    actor: latchkey('raise-notices'),
    object,
    data: { noticeId: id, summary, path, ...data },
  }
}

function severityOf(days: number): AuditSeverity {
  if (days <= 7) return 'high'
  return days <= 30 ? 'medium' : 'low'
}

function daysLeft(endsAt: Date, now: Date): string {
  const days = Math.ceil((endsAt.getTime() - now.getTime()) / DAY_MS)
  return days === 1 ? '1 day' : `${days} days`
}

function dayOf(date: Date): string {
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
}

function daysAfter(now: Date, days: number): Date {
  return new Date(now.getTime() + days * DAY_MS)
}
