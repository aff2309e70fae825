/**
 * How many requests one caller may send: token buckets in memory, each instance for itself, so that a request costs no
 * write. With several instances a caller may have as many times the rate; the limits that must hold over all of them
 * are counted in the database (counters.ts).
 */
import { createHash } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { AuditService } from './audit'
import { limitReached } from './counters'

/** Requests a minute, and as many at once; security.md §13. */
export const PACES = {
  session: { perMinute: 600, recorded: true },
  'api-key': { perMinute: 600, recorded: true },
  // Anybody may send these, under addresses that anybody may have: their flood must not become one in the trail.
  'csp-report': { perMinute: 30, recorded: false },
  'csp-reports': { perMinute: 300, recorded: false },
} as const

export type PaceKind = keyof typeof PACES

export interface Pace {
  /** Counts one request. Refusals: rate_limited. `caller` may be a secret: only its digest is kept. */
  keep(kind: PaceKind, caller: string): Promise<void>
}

interface Bucket {
  tokens: number
  at: number
  recordedAt: number
}

const MINUTE_MS = 60_000
/** Whoever is forgotten begins anew with a full bucket. */
const MOST_CALLERS = 20_000

export function createPace({ audit, clock }: { audit: Pick<AuditService, 'record'>; clock: () => Date }): Pace {
  const buckets = new Map<PaceKind, Map<string, Bucket>>()

  function bucketOf(kind: PaceKind, caller: string, at: number): Bucket {
    const same = buckets.get(kind) ?? new Map<string, Bucket>()
    buckets.set(kind, same)
    const key = createHash('sha256').update(caller).digest('base64')
    const bucket = same.get(key) ?? { tokens: PACES[kind].perMinute, at, recordedAt: Number.NEGATIVE_INFINITY }
    // The one that was not heard of for longest comes first.
    same.delete(key)
    same.set(key, bucket)
    const [longest] = same.keys()
    if (same.size > MOST_CALLERS && longest !== undefined) same.delete(longest)
    return bucket
  }

  return {
    async keep(kind, caller) {
      const { perMinute, recorded } = PACES[kind]
      const at = clock().getTime()
      const bucket = bucketOf(kind, caller, at)
      const refill = (Math.max(0, at - bucket.at) / MINUTE_MS) * perMinute
      bucket.tokens = Math.min(perMinute, bucket.tokens + refill)
      bucket.at = at
      if (bucket.tokens >= 1) {
        bucket.tokens -= 1
        return
      }
      if (recorded && at - bucket.recordedAt >= MINUTE_MS) {
        bucket.recordedAt = at
        await audit.record(limitReached(`pace:${kind}`, perMinute, MINUTE_MS / 1000))
      }
      throw new Refusal('rate_limited', 'Too many requests in a minute. Try again in a few seconds.', {
        reason: 'pace',
        retryAfterSeconds: Math.ceil(((1 - bucket.tokens) * MINUTE_MS) / perMinute / 1000),
      })
    },
  }
}
