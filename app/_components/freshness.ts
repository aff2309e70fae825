/** When a revocation list or a certificate of ours begins to need attention. */

import { isOverdue } from '@/lib/services/crl-lists'

const DAY_MS = 24 * 60 * 60 * 1000

/** Late when half of its time has gone: the job that renews it should have run long before. */
export function crlFreshness(crl: { thisUpdate: Date; nextUpdate: Date }, now: Date): 'fresh' | 'late' | 'stale' {
  if (crl.nextUpdate <= now) return 'stale'
  return isOverdue(crl, now) ? 'late' : 'fresh'
}

/** The job that renews it looks every few seconds. */
const RENEWAL_GRACE_MS = 5 * 60 * 1000

/** Late past half its life: its successor should be there. */
export function responderFreshness(
  { notAfter, renewsAt }: { notAfter: Date; renewsAt: Date },
  now: Date,
): 'fresh' | 'late' | 'stale' {
  if (notAfter <= now) return 'stale'
  return now.getTime() > renewsAt.getTime() + RENEWAL_GRACE_MS ? 'late' : 'fresh'
}

export type Expiry = 'far' | 'soon' | 'over'

export function expiryOf(notAfter: Date, now: Date, warnDays: number): Expiry {
  const left = notAfter.getTime() - now.getTime()
  if (left <= 0) return 'over'
  return left < warnDays * DAY_MS ? 'soon' : 'far'
}

/** An issuer must outlive what it issues, so a year ahead is the time to act; an RA is replaced by a job. */
export const WARN_DAYS = { authority: 365, registrationAuthority: 30 } as const
