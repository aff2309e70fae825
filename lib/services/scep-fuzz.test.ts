/** The whole SCEP service, with every policy, under what strangers may send (never a crash, a 500, a hang, a leak or a certificate). */
import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { forgetPast, fuzz, LEAK_BYTES, told } from '@/e2e/fuzz/run'
import { memoryEnrolmentBacking } from './testing/enrolment'
import { NOON } from './testing/harness'
import { emptyWorld } from './testing/world'

/** Long enough to find most of what hours find; `npm run fuzz -- --minutes 120` is for the rest. */
const SECONDS = 90

test('whatever arrives: no crash, no 5xx, no hang, no leak, no certificate and no challenge that was not due', {
  timeout: SECONDS * 1_000 + 120_000,
}, async () => {
  const world = emptyWorld(() => NOON)
  const { findings, rounds, perPolicy, grownBytes } = await fuzz({
    seed: randomInt(2 ** 31),
    seconds: SECONDS,
    folder: 'test-results/fuzz',
    backing: memoryEnrolmentBacking(world),
    forget: () => forgetPast(world),
    say: (line) => console.log(line),
  })
  expect(findings, told(findings)).toEqual([])
  expect(rounds).toBeGreaterThan(1_000)
  // The damage leaves some requests sound: a policy that issues nothing at all was not reached.
  for (const policy of ['dynamic', 'static', 'delegated'] as const) expect(perPolicy[policy], policy).toBeGreaterThan(0)
  expect(grownBytes).toBeLessThan(LEAK_BYTES)
})
