/**
 * The decryption oracle by the clock (scep.md §9.1 item 1): eight reasons why an envelope leads to no request, each tried
 * often and in random order, against the service in process, which is nearer than any network lets an attacker come.
 */
import { parseArgs } from 'node:util'
import { makeMessage } from '@/e2e/fixtures/scep-messages'
import { FAULTS, type Fault, unopenable } from '@/e2e/fixtures/unopenable'
import { fineTime } from '@/lib/adapters/time/fine-time'
import { parseDer } from '@/lib/pki/der'
import { identityOf } from '@/lib/scep/signed-data'
import {
  enrolmentPortal,
  memoryEnrolmentBacking,
  REQUEST,
  rsaKey,
  signerCertificate,
} from '@/lib/services/testing/enrolment'
import { NOON } from '@/lib/services/testing/harness'
import { emptyWorld } from '@/lib/services/testing/world'
import { holm, kolmogorovSmirnov, mannWhitney, quantile } from './statistics'

const { values } = parseArgs({
  options: { tries: { type: 'string', default: '2000' }, floor: { type: 'string', default: '10' } },
})
const tries = Number(values.tries)
const floorMilliseconds = Number(values.floor)
/** Of one false alarm in a run in which nothing can be told apart. */
const ALPHA = 0.01
const ENDLESS = { count: 1e9, seconds: 60 }
const LIMITS = { operations: ENDLESS, wrongChallenges: ENDLESS, decryptionFailures: ENDLESS, recordedFailures: 20 }

const world = emptyWorld(() => NOON)
let paused = 0
const portal = await enrolmentPortal(
  memoryEnrolmentBacking(world),
  { floorMilliseconds, limits: LIMITS },
  {
    clock: () => new Date(),
    fine: {
      now: fineTime.now,
      pause: (milliseconds) => {
        paused = performance.now()
        return fineTime.pause(milliseconds)
      },
    },
  },
)
const { challenge } = await portal.mint()
const [raDer = new Uint8Array()] = await portal.chain()
const der = signerCertificate(0)
const device = { privateKey: rsaKey(0), spki: identityOf(parseDer(der)).spki, der }
const { csr } = await portal.device({ challenge })
const envelopes = unopenable(raDer, csr, identityOf(parseDer(signerCertificate(1))).spki)

interface Times {
  /** Until the answer would have been ready without the floor. */
  work: number[]
  /** Until the answer was there. */
  answer: number[]
}

const times = new Map<Fault, Times>(FAULTS.map((fault) => [fault, { work: [], answer: [] }]))
const timesOf = (fault: Fault): Times => times.get(fault) ?? { work: [], answer: [] }
console.log(
  `${FAULTS.length} faults, ${tries} tries each in random order, floor ${floorMilliseconds} ms. About ${Math.ceil((FAULTS.length * tries * (floorMilliseconds + 6)) / 60_000)} minutes.`,
)
for (let round = -50; round < tries; round++) {
  for (const fault of shuffled(FAULTS)) {
    const body = makeMessage(device, { ...device, der: raDer }, { content: envelopes[fault]() })
    // Away from the edge of a millisecond that the last answer ended on.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
    const start = performance.now()
    const { status } = await portal.scep.handle({ ...REQUEST, endpoint: portal.slug, body })
    const end = performance.now()
    if (status !== 200) throw new Error(`HTTP ${status}`)
    if (round < 0) continue // warming up
    timesOf(fault).work.push(paused - start)
    timesOf(fault).answer.push(end - start)
  }
  world.events.length = 0
  world.transactions.length = 0
  portal.logged.length = 0
}

report('Work before the floor, in ms (for comparison: this is what the floor hides)', 'work')
const worst = report('Until the answer, in ms (what an attacker measures)', 'answer')
console.log(
  worst.p < ALPHA
    ? `VERDICT: distinguishable. "${worst.fault}" stands out (${worst.test}, adjusted p = ${worst.p.toExponential(1)}).`
    : `VERDICT: indistinguishable over ${tries} tries each: no adjusted p below ${ALPHA} (smallest ${worst.p.toFixed(3)}).`,
)
process.exit(worst.p < ALPHA ? 1 : 0)

/** Each fault against all the others together. */
function report(title: string, what: keyof Times): { fault: Fault; test: string; p: number } {
  const rows = FAULTS.map((fault) => {
    const own = timesOf(fault)[what]
    const others = FAULTS.filter((each) => each !== fault).flatMap((each) => timesOf(each)[what])
    return {
      fault,
      own: own.toSorted((a, b) => a - b),
      rank: mannWhitney(own, others),
      gap: kolmogorovSmirnov(own, others),
    }
  })
  const adjusted = holm(rows.flatMap(({ rank, gap }) => [rank.p, gap.p]))
  console.log(`\n${title}`)
  console.table(
    Object.fromEntries(
      rows.map(({ fault, own, rank, gap }, index) => [
        fault,
        {
          p10: quantile(own, 0.1).toFixed(3),
          median: quantile(own, 0.5).toFixed(3),
          p90: quantile(own, 0.9).toFixed(3),
          'P(larger)': rank.probabilityLarger.toFixed(3),
          'MW p': (adjusted[2 * index] ?? 1).toPrecision(2),
          'KS distance': gap.distance.toFixed(3),
          'KS p': (adjusted[2 * index + 1] ?? 1).toPrecision(2),
        },
      ]),
    ),
  )
  console.log(`p-values adjusted by Holm for ${adjusted.length} tests.`)
  const smallest = adjusted.indexOf(Math.min(...adjusted))
  return {
    fault: FAULTS[Math.floor(smallest / 2)] as Fault,
    test: smallest % 2 === 0 ? 'Mann-Whitney' : 'Kolmogorov-Smirnov',
    p: adjusted[smallest] ?? 1,
  }
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}
