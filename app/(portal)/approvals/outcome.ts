/** What became of a decision about many requests, in words. */
import type { DecisionsMade, SkippedDecision } from '@/lib/services/approval-types'

const CAUSES: Readonly<Record<SkippedDecision, string>> = {
  again: 'decided by you before',
  approved: 'approved already',
  denied: 'denied already',
  expired: 'expired',
  unknown: 'no longer there',
  by_people: 'for people alone',
}

export function outcomeOf(
  { decided, skipped, more }: DecisionsMade,
  approves: boolean,
): { title: string; description?: string } {
  const causes = Object.entries(skipped) as [SkippedDecision, number][]
  const left = causes.reduce((sum, [, count]) => sum + count, 0)
  const sentences = [
    ...(approves && decided > 0 ? ['Certificates follow where nobody else has to approve.'] : []),
    ...(left > 0
      ? [`${left} left out: ${causes.map(([cause, count]) => `${count} ${CAUSES[cause]}`).join(', ')}.`]
      : []),
    ...(more ? ['Others still wait: do it again.'] : []),
  ]
  const title = `${decided} ${decided === 1 ? 'request' : 'requests'} ${approves ? 'approved' : 'denied'}`
  return { title, ...(sentences.length === 0 ? {} : { description: sentences.join(' ') }) }
}
