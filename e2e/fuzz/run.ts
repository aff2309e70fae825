/** Sends one request after the other until the time is up; keeps what was wrong, and looks after memory and hangs. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { EnrolmentBacking } from '@/lib/services/testing/enrolment'
import type { DeviceRequest } from '@/server/device-paths'
import { chance } from './random'
import { requests } from './requests'
import { seeds as allSeeds, type Seeds } from './seeds'
import { type Allowed, fuzzTarget, type Minted, type Target } from './target'
import { watch } from './watchdog'

export interface Campaign {
  seed: number
  seconds: number
  /** Where failing requests are left. */
  folder: string
  /** What is sent against, and how it is cleared of what a run leaves behind. */
  backing: EnrolmentBacking
  forget(): void
  say(line: string): void
}

export interface Finding {
  seed: number
  round: number
  kind: string
  problems: string[]
  file: string
}

export interface Outcome {
  rounds: number
  /** Sound enough in the end, though they were meant to be broken. */
  issued: number
  findings: Finding[]
  /** Growth of what is still in use after a collection, from an early moment of the run to its end. */
  grownBytes: number
}

/** After this many rounds everything that the stores keep is dropped, and memory is looked at. */
const ROUNDS_PER_EPOCH = 1_000
/** The first epochs fill caches and compile what is hot. */
const WARM_EPOCHS = 3
const MOST_FINDINGS = 20
/** Garbage and caches move it by some 20 MiB either way; a kilobyte kept of each request shows within minutes. */
export const LEAK_BYTES = 64 * 2 ** 20

export async function fuzz(campaign: Campaign): Promise<Outcome> {
  const { seed, seconds, say } = campaign
  const by = chance(seed)
  const seeds = allSeeds()
  const target = await fuzzTarget(campaign.backing, seeds.ra)
  const attempt = requests(seeds, target)
  const guard = watch(campaign.folder)
  const prizes = { live: await target.mint(), loose: await target.mint() }
  const outcome: Outcome = { rounds: 0, issued: 0, findings: [], grownBytes: 0 }
  let early: number | null = null
  const end = performance.now() + seconds * 1_000
  say(`Fuzzing for ${seconds} s with seed ${seed}; what fails is left in ${campaign.folder}.`)
  try {
    while (performance.now() < end && outcome.findings.length < MOST_FINDINGS) {
      const { kind, request, may } = attempt(by, prizes)
      guard.beforeRound(describe(seed, outcome.rounds, kind, request))
      const { problems, issued } = await target.judge(request, may)
      if (problems.length > 0) outcome.findings.push(keep(campaign, outcome.rounds, kind, request, problems))
      if (issued) outcome.issued += 1
      await renew(target, prizes)
      outcome.rounds += 1
      if (outcome.rounds % ROUNDS_PER_EPOCH === 0) {
        const inUse = afterCollection(campaign, target)
        if (outcome.rounds === WARM_EPOCHS * ROUNDS_PER_EPOCH) early = inUse
        if (early !== null) outcome.grownBytes = inUse - early
        if (outcome.rounds % (20 * ROUNDS_PER_EPOCH) === 0) say(progress(outcome))
      }
    }
  } finally {
    guard.stop()
  }
  say(progress(outcome))
  return outcome
}

/** One request of an earlier run again. */
export async function replay(campaign: Campaign, file: string, text: string): Promise<string[]> {
  const seeds: Seeds = allSeeds()
  const target = await fuzzTarget(campaign.backing, seeds.ra)
  const { request } = JSON.parse(text) as { request: StoredRequest }
  campaign.say(`Sending the request of ${file} again.`)
  const nothing: Allowed = { key: null, challenge: null, mismatch: false }
  return (await target.judge(revived(request), nothing)).problems
}

async function renew(target: Target, prizes: { live: Minted; loose: Minted }): Promise<void> {
  if (!(await target.isPending(prizes.live))) prizes.live = await target.mint()
  if (!(await target.isPending(prizes.loose))) prizes.loose = await target.mint()
}

interface StoredRequest extends Omit<DeviceRequest, 'headers' | 'body'> {
  headers: Record<string, string | null>
  body: string
}

function stored({ headers, body, ...request }: DeviceRequest): StoredRequest {
  const named = ['content-encoding', 'user-agent'].map((name) => [name, headers.get(name)] as const)
  return { ...request, headers: Object.fromEntries(named), body: Buffer.from(body).toString('base64') }
}

function revived({ headers, body, ...request }: StoredRequest): DeviceRequest {
  return { ...request, headers: { get: (name) => headers[name] ?? null }, body: Buffer.from(body, 'base64') }
}

function describe(seed: number, round: number, kind: string, request: DeviceRequest): string {
  return JSON.stringify({ seed, round, kind, request: stored(request) }, null, 1)
}

function keep(
  { seed, folder, say }: Campaign,
  round: number,
  kind: string,
  request: DeviceRequest,
  problems: string[],
): Finding {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `fuzz-${seed}-${round}.json`)
  writeFileSync(file, JSON.stringify({ seed, round, kind, problems, request: stored(request) }, null, 1))
  say(`Round ${round}, ${kind}: ${problems.join('; ').slice(0, 300)}`)
  return { seed, round, kind, problems, file }
}

/** Octets still in use after everything a run leaves behind was dropped. */
function afterCollection(campaign: Campaign, target: { forget(): void }): number {
  campaign.forget()
  target.forget()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function progress({ rounds, issued, findings, grownBytes }: Outcome): string {
  const grown = (grownBytes / 2 ** 20).toFixed(1)
  return `${rounds} requests, ${findings.length} findings, ${issued} were sound after all, memory grew by ${grown} MiB.`
}
