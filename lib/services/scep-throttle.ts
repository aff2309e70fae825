/** Limits on strangers: how much one source may ask, how often it may be wrong, and how much of that is written down. */
import { isRefusal, Refusal } from '@/lib/errors'
import type { AuditEntry } from './audit'

export interface ScepLimits {
  /** PKIOperation, per source. */
  operations: { count: number; seconds: number }
  /** Challenges that were never minted here, per source and endpoint. One that was known is no guess, and behind one
   *  address there may be a whole fleet with last week's challenges. */
  wrongChallenges: { count: number; seconds: number }
  /** The same of all sources together, per endpoint: nobody is refused for it, but people are told. */
  guessesAtEndpoint: { count: number; seconds: number }
  /** Envelopes that did not open, per source and registration authority: what a padding oracle would need many of. */
  decryptionFailures: { count: number; seconds: number }
  /** Failures of one source that get an event and a row of their own, each minute. */
  recordedFailures: number
}

export const SCEP_LIMITS: ScepLimits = {
  operations: { count: 600, seconds: 60 },
  wrongChallenges: { count: 20, seconds: 600 },
  guessesAtEndpoint: { count: 500, seconds: 600 },
  decryptionFailures: { count: 10, seconds: 300 },
  recordedFailures: 20,
}

export type Bucket = 'operations' | 'wrongChallenges' | 'decryptionFailures'

export interface ScepThrottle {
  /** Counts one, in every instance together. Throws rate_limited when it was one too many. */
  count(bucket: Bucket, source: string, scope?: string): Promise<void>
  /** Counts a challenge that nobody minted, against its source and its endpoint. Throws like count() for the source. */
  countGuess(source: string, endpoint: { id: string; slug: string; groupSlug: string }): Promise<void>
  /** Throws rate_limited while an earlier count() said so. Counts nothing: a right answer behind a block is refused too. */
  check(bucket: Bucket, source: string, scope?: string): void
  /** False once this source has failed so often this minute that the rest is only counted. */
  admitsRecord(source: string): boolean
  /** True once a minute for what is sent again; `what` names the certificate or CSR. The rest is only counted. */
  admitsResend(source: string, what: string): boolean
  /** Writes the aggregated events of minutes that are over; with `everything`, of the current one too. */
  flush(everything?: boolean): Promise<void>
}

export interface ScepThrottleDependencies {
  limit(key: string, count: number, seconds: number): Promise<void>
  record(entry: AuditEntry): Promise<void>
  clock(): Date
  limits: ScepLimits
}

interface Minute {
  bucket: Bucket | 'failures' | 'retransmissions'
  source: string
  start: number
  seen: number
  unrecorded: number
}

const MINUTE_MS = 60_000
/** Beyond so many sources a minute, the rest are counted as one: memory stays bounded under a distributed flood. */
const MOST_SOURCES = 10_000

export function createScepThrottle({ limit, record, clock, limits }: ScepThrottleDependencies): ScepThrottle {
  const blockedUntil = new Map<string, number>()
  const minutes = new Map<string, Minute>()
  const resent = new Map<string, number>()
  /** Until when an endpoint's alert stands. */
  const alerted = new Map<string, number>()

  const throttle: ScepThrottle = {
    async count(bucket, source, scope) {
      const { count, seconds } = limits[bucket]
      try {
        await limit(keyOf(bucket, source, scope), count, seconds)
      } catch (error) {
        // A counter that does not answer counts nothing, so whoever asks has to come back.
        if (!isRefusal(error))
          throw new Refusal('unavailable', 'The limits cannot be checked right now.', { reason: 'limit_unavailable' })
        if (error.code !== 'rate_limited') throw error
        const wait = error.retryAfterSeconds ?? seconds
        if (blockedUntil.size >= MOST_SOURCES) blockedUntil.clear()
        blockedUntil.set(keyOf(bucket, source, scope), clock().getTime() + wait * 1_000)
        minuteOf(bucket, source).unrecorded += 1
        throw tooMany(wait)
      }
    },

    async countGuess(source, endpoint) {
      await alertAbout(endpoint)
      await throttle.count('wrongChallenges', source, endpoint.id)
    },

    check(bucket, source, scope) {
      const key = keyOf(bucket, source, scope)
      const until = blockedUntil.get(key)
      if (until === undefined) return
      const wait = Math.ceil((until - clock().getTime()) / 1_000)
      if (wait <= 0) {
        blockedUntil.delete(key)
        return
      }
      minuteOf(bucket, source).unrecorded += 1
      throw tooMany(wait)
    },

    admitsRecord(source) {
      const minute = minuteOf('failures', source)
      minute.seen += 1
      if (minute.seen <= limits.recordedFailures) return true
      minute.unrecorded += 1
      return false
    },

    admitsResend(source, what) {
      const now = clock().getTime()
      const last = resent.get(what)
      if (last !== undefined && now - last < MINUTE_MS && now >= last) {
        minuteOf('retransmissions', source).unrecorded += 1
        return false
      }
      if (resent.size >= MOST_SOURCES) resent.clear()
      resent.set(what, now)
      return true
    },

    async flush(everything = false) {
      const now = clock().getTime()
      for (const [key, minute] of minutes) {
        if (!everything && now - minute.start < MINUTE_MS) continue
        minutes.delete(key)
        if (minute.unrecorded > 0) await record(floodEvent(minute))
      }
    },
  }
  return throttle

  /** Once for each window in this process. A counter that does not answer is noticed where the source is counted. */
  async function alertAbout(endpoint: { id: string; slug: string; groupSlug: string }): Promise<void> {
    const { count, seconds } = limits.guessesAtEndpoint
    try {
      await limit(`scep:guesses:${endpoint.id}`, count, seconds)
    } catch (error) {
      if (!isRefusal(error, 'rate_limited')) return
      const now = clock().getTime()
      if ((alerted.get(endpoint.id) ?? 0) > now) return
      alerted.set(endpoint.id, now + seconds * 1_000)
      await record(guessingEvent(endpoint, count, seconds))
    }
  }

  function minuteOf(bucket: Minute['bucket'], source: string): Minute {
    const start = Math.floor(clock().getTime() / MINUTE_MS) * MINUTE_MS
    const from = minutes.size >= MOST_SOURCES ? 'others' : source
    const key = `${start}:${bucket}:${from}`
    const minute = minutes.get(key) ?? { bucket, source: from, start, seen: 0, unrecorded: 0 }
    minutes.set(key, minute)
    return minute
  }
}

/** One customer, one source: an IPv4 address, or the /64 of an IPv6 address, whose holder has all the addresses in it. */
export function sourceOf(ip: string | null): string {
  if (ip === null) return 'unknown'
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)
  if (mapped?.[1] !== undefined) return mapped[1]
  if (!ip.includes(':')) return ip.slice(0, 64)
  const [head = '', tail] = ip.split('%')[0]?.toLowerCase().split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(8 - left.length - right.length, 0)
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

function keyOf(bucket: Bucket, source: string, scope?: string): string {
  return `scep:${bucket}:${source}${scope === undefined ? '' : `:${scope}`}`
}

function tooMany(retryAfterSeconds: number): Refusal {
  return new Refusal('rate_limited', 'Too many requests. Wait a moment.', { reason: 'rate_limited', retryAfterSeconds })
}

function guessingEvent(
  endpoint: { id: string; slug: string; groupSlug: string },
  count: number,
  windowSeconds: number,
): AuditEntry {
  return {
    type: 'challenge.guessing',
    outcome: 'denied',
    reason: 'too_many',
    actor: stranger('many'),
    object: { type: 'endpoint', id: endpoint.id, name: endpoint.slug },
    data: { count, windowSeconds, endpoint: endpoint.slug, group: endpoint.groupSlug },
  }
}

function stranger(name: string): AuditEntry['actor'] {
  const requestId = crypto.randomUUID()
  return { type: 'anonymous', id: null, name, role: null, via: 'scep', ip: null, userAgent: null, requestId }
}

function floodEvent({ bucket, source, start, unrecorded }: Minute): AuditEntry {
  return {
    type: 'system.rate_limited',
    outcome: 'denied',
    reason: 'too_many',
    actor: stranger(source),
    object: { type: 'system', id: null, name: 'scep' },
    data: {
      bucket,
      source,
      count: unrecorded,
      windowStart: new Date(start).toISOString(),
      windowEnd: new Date(start + MINUTE_MS).toISOString(),
    },
  }
}
