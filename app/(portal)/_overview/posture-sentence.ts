/** The posture in one line, without what somebody accepted. */
import type { PostureVerdict } from '@/lib/services/posture-types'
import type { Verdict } from './health-checks'

type Checks = readonly { verdict: PostureVerdict }[]

const count = (checks: Checks, wanted: PostureVerdict) => checks.filter(({ verdict }) => verdict === wanted).length

export function postureVerdict(checks: Checks): Verdict {
  if (count(checks, 'open') > 0) return 'bad'
  return count(checks, 'attention') > 0 ? 'soon' : 'good'
}

export function postureSentence(checks: Checks): string {
  const open = count(checks, 'open')
  const attention = count(checks, 'attention')
  const said = [
    ...(open > 0 ? [`${open} ${open === 1 ? 'check fails' : 'checks fail'}`] : []),
    ...(attention > 0 ? [`${attention} ${attention === 1 ? 'wants' : 'want'} attention`] : []),
  ]
  return said.length === 0 ? 'No check fails.' : `${said.join(', ')}.`
}
