/** The command behind `npm run fuzz`: for as long as it is told, or one kept request again. */
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { memoryEnrolmentBacking } from '@/lib/services/testing/enrolment'
import { NOON } from '@/lib/services/testing/harness'
import { emptyWorld } from '@/lib/services/testing/world'
import { type Campaign, forgetPast, fuzz, LEAK_BYTES, replay } from './run'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '2' }, seed: { type: 'string' }, replay: { type: 'string' } },
})

const world = emptyWorld(() => NOON)
const campaign: Campaign = {
  seed: numberOf(values.seed ?? String(randomInt(2 ** 31)), 'seed'),
  seconds: numberOf(values.minutes, 'minutes') * 60,
  folder: 'test-results/fuzz',
  backing: memoryEnrolmentBacking(world),
  forget: () => forgetPast(world),
  say: (line) => console.log(line),
}

if (values.replay !== undefined) {
  const problems = await replay(campaign, values.replay, readFileSync(values.replay, 'utf8'))
  for (const problem of problems) console.log(problem)
  console.log(problems.length === 0 ? 'Nothing is wrong with the answer.' : `${problems.length} things are wrong.`)
  process.exit(problems.length === 0 ? 0 : 1)
}
const { findings, grownBytes } = await fuzz(campaign)
if (grownBytes > LEAK_BYTES) console.log('That is more memory than requests may leave behind.')
process.exit(findings.length === 0 && grownBytes <= LEAK_BYTES ? 0 : 1)

function numberOf(text: string, name: string): number {
  const number = Number(text)
  if (Number.isFinite(number) && number > 0) return number
  console.error(`--${name} takes a number above zero.`)
  process.exit(2)
}
