/** The whole SCEP service under what strangers may send (issue 3: never a crash, a 500, a hang, a leak or a certificate). */
import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { fuzz, LEAK_BYTES } from '@/e2e/fuzz/run'
import { memoryEnrolmentBacking } from './testing/enrolment'
import { NOON } from './testing/harness'
import { emptyWorld } from './testing/world'

/** Long enough to find most of what hours find; `npm run fuzz -- --minutes 120` is for the rest. */
const SECONDS = 90

test('whatever arrives: no crash, no 5xx, no hang, no leak, no certificate and no challenge that was not due', {
  timeout: SECONDS * 1_000 + 120_000,
}, async () => {
  const world = emptyWorld(() => NOON)
  const { findings, rounds, grownBytes } = await fuzz({
    seed: randomInt(2 ** 31),
    seconds: SECONDS,
    folder: 'test-results/fuzz',
    backing: memoryEnrolmentBacking(world),
    forget() {
      world.events.length = 0
      world.transactions.length = 0
    },
    say: (line) => console.log(line),
  })
  expect(findings).toEqual([])
  expect(rounds).toBeGreaterThan(1_000)
  expect(grownBytes).toBeLessThan(LEAK_BYTES)
})
