/** How a check of the posture judges, and the words that all of them share. */
import type { PostureCheckView, PostureEvidence, PostureFacts, PostureVerdict } from './posture-types'
import type { Urls } from './urls'

type Addresses = Pick<Urls, 'publicUrl' | 'statusUrl'>

interface Judgement<Verdict extends PostureVerdict> {
  verdict: Verdict
  evidence: PostureEvidence[]
}

/** What stays the same whatever is found. */
type Question = Omit<PostureCheckView, 'verdict' | 'finding' | 'evidence' | 'accepted'>

export interface Check extends Question {
  says: Partial<Record<PostureVerdict, string>>
  judge(facts: PostureFacts, now: Date, urls: Addresses): Pick<PostureCheckView, 'verdict' | 'finding' | 'evidence'>
}

interface Judging<Verdict extends PostureVerdict> extends Question {
  /** For each verdict it can come to, a sentence that is true as it stands. */
  says: Record<Verdict, string>
  judge(facts: PostureFacts, now: Date, urls: Addresses): Judgement<Verdict>
}

/** A verdict without its sentence does not compile. */
export function check<Verdict extends PostureVerdict>({ judge, ...rest }: Judging<Verdict>): Check {
  return {
    ...rest,
    judge(facts, now, urls) {
      const { verdict, evidence } = judge(facts, now, urls)
      return { verdict, finding: rest.says[verdict], evidence }
    },
  }
}

const DAY_MS = 86_400_000

/** Somebody's word, which counts for so many days in full; after `bad` days it counts for nothing. */
export function aged(
  { at, by, place }: NonNullable<PostureFacts['backup']>,
  how: 'proved' | 'said',
  now: Date,
  good: number,
  bad: number | null,
): Judgement<'pass' | 'attention' | 'open'> {
  const evidence = [{ text: `${day(at)}, ${how} by ${by}: ${place}` }]
  const age = daysSince(at, now)
  if (bad !== null && age > bad) return open(evidence)
  return age > good ? attention(evidence) : { verdict: 'pass', evidence }
}

export const pass = (...evidence: (string | PostureEvidence)[]): Judgement<'pass'> => ({
  verdict: 'pass',
  evidence: evidence.map((each) => (typeof each === 'string' ? { text: each } : each)),
})
export const attention = (evidence: PostureEvidence[]): Judgement<'attention'> => ({ verdict: 'attention', evidence })
export const open = (evidence: PostureEvidence[]): Judgement<'open'> => ({ verdict: 'open', evidence })
export const none = (text: string): Judgement<'none'> => ({ verdict: 'none', evidence: [{ text }] })

export const counted = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`
export const day = (at: Date) => at.toISOString().slice(0, 10)
export const moment = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
export const daysUntil = (at: Date, now: Date) => (at.getTime() - now.getTime()) / DAY_MS
export const daysSince = (at: Date, now: Date) => (now.getTime() - at.getTime()) / DAY_MS
