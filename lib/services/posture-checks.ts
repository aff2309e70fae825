/** The checks of the posture: what each finds in the facts, and the score that follows. */
import { ENROLMENT_CHECKS } from './posture-checks-enrolment'
import { SAFETY_CHECKS } from './posture-checks-safety'
import { UPKEEP_CHECKS } from './posture-checks-upkeep'
import type { PostureCheckId, PostureCheckView, PostureFacts, PostureVerdict } from './posture-types'
import type { Urls } from './urls'

const CHECKS = [...ENROLMENT_CHECKS, ...UPKEEP_CHECKS, ...SAFETY_CHECKS]
/** Of evidence: enough to act on. */
const SHOWN = 8

export function judged(
  facts: PostureFacts,
  now: Date,
  urls: Pick<Urls, 'publicUrl' | 'statusUrl'>,
): Omit<PostureCheckView, 'accepted'>[] {
  return CHECKS.map(({ judge, says: _, ...question }) => {
    const { verdict, finding, evidence } = judge(facts, now, urls)
    const rest = evidence.length - SHOWN
    return {
      ...question,
      verdict,
      finding,
      evidence: rest > 0 ? [...evidence.slice(0, SHOWN), { text: `And ${rest} more.` }] : evidence,
    }
  })
}

/** What passes counts in full, what wants attention half; where there is nothing to judge, nothing counts. */
export function scoreOf(checks: readonly { verdict: PostureVerdict }[]): number {
  const counting = checks.filter(({ verdict }) => verdict !== 'none')
  if (counting.length === 0) return 100
  const points = counting.reduce(
    (sum, { verdict }) => sum + (verdict === 'pass' ? 2 : verdict === 'attention' ? 1 : 0),
    0,
  )
  return Math.round((100 * points) / (2 * counting.length))
}

export function isCheck(id: string): id is PostureCheckId {
  return CHECKS.some((check) => check.id === id)
}

export function titleOf(id: PostureCheckId): string {
  return CHECKS.find((check) => check.id === id)?.title ?? id
}

/** What a check says when it comes to a verdict; undefined for a verdict it does not know any more. */
export function findingOf(id: PostureCheckId, verdict: PostureVerdict): string | undefined {
  return CHECKS.find((check) => check.id === id)?.says[verdict]
}
