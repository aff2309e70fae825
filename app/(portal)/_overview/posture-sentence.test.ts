import { expect, test } from 'vitest'
import type { PostureVerdict } from '@/lib/services/posture-types'
import { postureSentence, postureVerdict } from './posture-sentence'

test.each<[PostureVerdict[], string, string]>([
  [['pass', 'none'], 'good', 'No check fails.'],
  [['pass', 'attention'], 'soon', '1 wants attention.'],
  [['open', 'pass'], 'bad', '1 check fails.'],
  [['open', 'open', 'attention', 'attention'], 'bad', '2 checks fail, 2 want attention.'],
])('%j is %s: %s', (verdicts, verdict, sentence) => {
  const checks = verdicts.map((each) => ({ verdict: each }))
  expect(postureVerdict(checks)).toBe(verdict)
  expect(postureSentence(checks)).toBe(sentence)
})
