/** The run: the cryptography by itself, the product with each kind of issuer and the peer by turns, and a full database. */
import { availableParallelism } from 'node:os'
import { type WorkCost, workCost } from './in-process'
import { replay } from './load'
import { hasPeer, PEER, type Peer, withPeer } from './peer'
import type { IssuerKind } from './primitives'
import { type Product, withProduct } from './product'
import { checkReplies, type DeviceKey, type EnrolmentRequest, makeDeviceKeys } from './requests'
import { seedCertificates } from './seed'
import { type Measurement, printTable } from './table'
import { inTurns, type Side, together } from './turns'

const MOST_CONNECTIONS = 16
const CONNECTIONS = [1, 4, MOST_CONNECTIONS]
const DEVICE_KEYS = 32
const PRODUCT_KINDS = ['rsa3072', 'p256'] as const
type Kind = (typeof PRODUCT_KINDS)[number]

/**
 * Messages at 1, 4 and 16 connections, after some that warm up: as many for all, because the peer slows down as it fills.
 * `full`: beside the full database.
 */
const MESSAGES = {
  usual: { measured: [500, 2_000, 5_000], warmUp: 2_000, full: 9_000 },
  quick: { measured: [200, 600, 1_500], warmUp: 800, full: 1_800 },
}
const TURNS = 5
const SEEDED = 100_000
const TURNS_WITH_FULL = 6

interface Run {
  messages: (typeof MESSAGES)['usual']
  devices: DeviceKey[]
  /** Of every certificate of the run. */
  serials: Set<string>
  measurements: Measurement[]
  costs: Map<Kind, WorkCost>
}

/** What takes part: messages of its own, and what an enrolment's private operations cost; null for the peer. */
interface Contender {
  name: string
  server: Side['server']
  prepare(count: number): Promise<EnrolmentRequest[]> | EnrolmentRequest[]
  privateMilliseconds: number | null
}

const USAGE = `npm run bench -- scep [--quick] [--no-peer] [--no-seed] [--issuer=${PRODUCT_KINDS.join('|')}]`

export async function runBench(args: string[]): Promise<void> {
  const unknown = args.filter((arg) => !/^--(quick|no-peer|no-seed|issuer=(rsa3072|p256))$/.test(arg))
  if (unknown.length > 0) throw new Error(`${unknown.join(' ')} is not known. ${USAGE}`)
  const asked = args.find((arg) => arg.startsWith('--issuer='))?.slice('--issuer='.length)
  const kinds = PRODUCT_KINDS.filter((kind) => asked === undefined || kind === asked)
  const run: Run = {
    messages: args.includes('--quick') ? MESSAGES.quick : MESSAGES.usual,
    devices: await makeDeviceKeys(DEVICE_KEYS),
    serials: new Set(),
    measurements: [],
    costs: new Map(),
  }
  console.log(CONDITIONS)
  await printWork('rsa2048', run.devices)
  for (const kind of kinds) run.costs.set(kind, await printWork(kind, run.devices))
  const measure = (peer?: Peer) =>
    withProduct(async (product) => {
      const contenders = peer === undefined ? [] : [peerOf(run, peer)]
      const endpoints: string[][] = []
      for (const kind of kinds) {
        const made = await product.createGroups(kind)
        endpoints.push(made)
        contenders.push(productOf(run, product, made, kind))
      }
      for (const contender of contenders) await warmUp(run, contender, run.messages.warmUp)
      for (const [index, connections] of CONNECTIONS.entries())
        await compare(run, contenders, { count: run.messages.measured[index] ?? 0, turns: TURNS, connections })
      const [kind, last] = [kinds.at(-1), endpoints.at(-1)]
      if (kind !== undefined && last !== undefined && !args.includes('--no-seed'))
        await compareWithFull(run, productOf(run, product, last, kind), kind)
    })
  if (args.includes('--no-peer')) console.log('The peer is left out, as asked.')
  else if (!hasPeer())
    console.log(`The peer is left out: ${PEER} is missing; on Debian, "apt-get install scep" brings it.`)
  await (args.includes('--no-peer') || !hasPeer() ? measure() : withPeer(measure))
  printTable(run.measurements)
}

const CONDITIONS = `${availableParallelism()} cores, shared by server, database and load. RSA-2048 devices and registration authorities, AES-128, SHA-256.
Product: built for production, three processes and its embedded Postgres, every commit waits for the disk. Its limits stay
as they are: each connection takes a new address of 127.0.0.0/8 after 100 requests (600 a minute are admitted from one),
the messages go to two groups (the signer admits 2,000 uses of a key a second), and the challenges are minted before the
clock starts, by a minting service without its quota of 1,000 pending ones.
Peer: Debian's scepserver with RSA 2048 and one static challenge; it writes files and waits for no disk.
All take turns, one at a time.
`

async function printWork(kind: IssuerKind, devices: DeviceKey[]): Promise<WorkCost> {
  const cost = await workCost(kind, devices)
  const { signCertificate, decrypt, signReply, sum } = cost.privateOperations
  const parts = `certificate ${signCertificate.toFixed(3)}, decryption ${decrypt.toFixed(3)}, reply ${signReply.toFixed(3)}`
  console.log(`Issuer ${kind}: the three private operations take ${sum.toFixed(3)} ms of CPU (${parts});`)
  console.log(
    `  all message work and cryptography ${cost.allWork.toFixed(3)} ms, ${(cost.allWork / sum).toFixed(2)} times as much.`,
  )
  return cost
}

function peerOf({ devices }: Run, peer: Peer): Contender {
  return {
    name: 'scepserver, RSA 2048',
    server: peer,
    prepare: (count) => peer.prepare(devices, count),
    privateMilliseconds: null,
  }
}

function productOf({ devices, costs }: Run, product: Product, endpoints: string[], kind: Kind): Contender {
  return {
    name: `Latchkey, issuer ${kind}`,
    server: product,
    prepare: (count) => product.prepare(endpoints, devices, count),
    privateMilliseconds: costs.get(kind)?.privateOperations.sum ?? 0,
  }
}

async function warmUp({ serials }: Run, { name, server, prepare }: Contender, count: number): Promise<void> {
  const { replies } = await replay(server.port, await prepare(count), 8)
  const { faults } = checkReplies(replies, serials)
  for (const [fault, times] of faults) console.log(`${name}, while warming up: ${times} × ${fault}`)
}

async function compare(
  run: Run,
  contenders: Contender[],
  { count, turns, connections }: { count: number; turns: number; connections: number },
): Promise<void> {
  const sides: Side[] = []
  for (const { server, prepare } of contenders) sides.push({ server, requests: await prepare(count) })
  const besidePeer = contenders.some(({ privateMilliseconds }) => privateMilliseconds === null)
  const taken = await inTurns(sides, turns, connections)
  for (const [index, { name, privateMilliseconds }] of contenders.entries()) {
    const own = taken[index] ?? []
    const rates = own.map(({ load }) => (load.replies.length / load.seconds).toFixed(0))
    console.log(`${name}, ${connections} connections: ${rates.join(', ')} replies a second`)
    const { load, cpu } = together(own)
    const verdict = checkReplies(load.replies, run.serials)
    run.measurements.push({ name, connections, load, cpu, privateMilliseconds, verdict, besidePeer })
  }
}

/** The same load on an empty database and on a full one, which has as many requests behind it. */
async function compareWithFull(run: Run, empty: Contender, kind: Kind): Promise<void> {
  const { warmUp: warming, measured, full: count } = run.messages
  await withProduct(async (product) => {
    const endpoints = await product.createGroups(kind)
    await seedCertificates(product.ownerUrl, endpoints, SEEDED)
    const full = productOf(run, product, endpoints, kind)
    const kinds = run.costs.size
    await warmUp(run, full, kinds * measured.reduce((sum, messages) => sum + messages, warming))
    const named = (contender: Contender, before: string) => ({ ...contender, name: `  with ${before} before` })
    await compare(run, [named(empty, 'none'), named(full, SEEDED.toLocaleString('en-GB'))], {
      count,
      turns: TURNS_WITH_FULL,
      connections: MOST_CONNECTIONS,
    })
  })
}
