/** Sends one request after the other until the time is up; keeps what was wrong, and looks after memory and hangs. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { EndpointPolicy } from '@/lib/services/endpoint-settings'
import type { EnrolmentBacking } from '@/lib/services/testing/enrolment'
import type { World } from '@/lib/services/testing/world'
import type { DeviceRequest } from '@/server/device-paths'
import type { Allowed } from './places'
import { chance } from './random'
import { requests } from './requests'
import { seeds as allSeeds, type Seeds } from './seeds'
import { fuzzTarget } from './target'
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
  perPolicy: Record<EndpointPolicy, number>
  findings: Finding[]
  /** Growth of what is still in use after a collection, from an early moment of the run to its end. */
  grownBytes: number
}

/** After this many rounds everything that the stores keep is dropped, and memory is looked at. */
const ROUNDS_PER_EPOCH = 1_000
/** The first epochs fill caches and compile what is hot. */
const WARM_EPOCHS = 3
const MOST_FINDINGS = 20
const SETTLING_MS = 20
/** Caches that fill move it by some 10 MiB; a kilobyte kept of each request shows within minutes. */
export const LEAK_BYTES = 64 * 2 ** 20

export async function fuzz(campaign: Campaign): Promise<Outcome> {
  const { seed, seconds, say } = campaign
  const by = chance(seed)
  const seeds = allSeeds()
  const target = await fuzzTarget(campaign.backing, seeds.ra)
  const attempt = requests(seeds, target)
  const guard = watch(campaign.folder)
  const perPolicy = { dynamic: 0, static: 0, approval: 0, delegated: 0 }
  const outcome: Outcome = { rounds: 0, issued: 0, perPolicy, findings: [], grownBytes: 0 }
  let early: number | null = null
  const end = performance.now() + seconds * 1_000
  say(`Fuzzing for ${seconds} s with seed ${seed}; what fails is left in ${campaign.folder}.`)
  try {
    while (performance.now() < end && outcome.findings.length < MOST_FINDINGS) {
      const { kind: how, place, request, may } = attempt(by)
      const kind = `${how}, ${place.policy}`
      guard.beforeRound(describe(seed, outcome.rounds, kind, request))
      const { problems, issued } = await target.judge(request, place, may, by.oneIn(12) ? 3 : 1)
      if (problems.length > 0) outcome.findings.push(keep(campaign, outcome.rounds, kind, request, problems))
      if (issued) outcome.issued += 1
      if (issued) outcome.perPolicy[place.policy] += 1
      await target.renew(by)
      outcome.rounds += 1
      if (outcome.rounds % ROUNDS_PER_EPOCH === 0) {
        const inUse = await afterCollection(campaign, target)
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

/** On one line, for whoever has no more of a run than the message of its failure. */
export function told(findings: readonly Finding[]): string {
  return findings.map(({ kind, problems, file }) => `${kind}: ${problems.join(', ')} (${file})`).join('; ')
}

/** Drops what a run leaves behind in memory, but for the requests that wait: those are few, however many were sent. */
export function forgetPast(world: World): void {
  const waiting = world.transactions.filter(({ state }) => state === 'pending')
  const ids = new Set(waiting.map(({ id }) => id))
  world.events.length = 0
  world.transactions.splice(0, world.transactions.length, ...waiting)
  world.approvals.splice(0, world.approvals.length, ...world.approvals.filter(({ id }) => ids.has(id)))
  for (const certificate of world.certificates) keepAlone(certificate)
}

/** A database keeps its own copy of what it is given; a view would keep the whole block of memory that it is a part of. */
function keepAlone(row: object): void {
  for (const [name, value] of Object.entries(row))
    if (value instanceof Uint8Array && value.byteLength < value.buffer.byteLength)
      Object.assign(row, { [name]: Uint8Array.from(value) })
}

/** One request of an earlier run again. */
export async function replay(campaign: Campaign, file: string, text: string): Promise<string[]> {
  const seeds: Seeds = allSeeds()
  const target = await fuzzTarget(campaign.backing, seeds.ra)
  const { request } = JSON.parse(text) as { request: StoredRequest }
  campaign.say(`Sending the request of ${file} again.`)
  const nothing: Allowed = { key: null, challenge: null, mismatch: false }
  const sent = revived(request)
  const place = target.places.find(({ slug }) => sent.path.includes(`/${slug}`)) ?? target.places[0]
  if (place === undefined) throw new Error('there is no endpoint to send to')
  return (await target.judge(sent, place, nothing)).problems
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

/**
 * Octets still in use after everything a run leaves behind was dropped. What is outside the heap is given back some time after
 * the collection that found it unused, 20 MiB and once 80 later: the second one waits for that.
 */
async function afterCollection(campaign: Campaign, target: { forget(): void }): Promise<number> {
  campaign.forget()
  target.forget()
  collect()
  await setTimeout(SETTLING_MS)
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
