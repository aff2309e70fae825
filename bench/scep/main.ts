/** The run: the cryptography by itself, the peer, the product with each kind of issuer, and with a full database. */
import { availableParallelism } from 'node:os'
import { messageCost } from './in-process'
import { type LoadResult, replay } from './load'
import { hasPeer, PEER, withPeer } from './peer'
import { type PrivateCost, privateCost } from './primitives'
import { type Product, withProduct } from './product'
import { checkReplies, type DeviceKey, makeDeviceKeys } from './requests'
import { seedCertificates } from './seed'
import { type Cpu, type Measurement, printTable } from './table'
import { type Turn, takeTurn, together } from './turns'

const MOST_CONNECTIONS = 16
const CONNECTIONS = [1, 4, MOST_CONNECTIONS]
const DEVICE_KEYS = 32
const ISSUER_KINDS = ['rsa3072', 'p256'] as const
type Kind = (typeof ISSUER_KINDS)[number]

/** Messages at 1, 4 and 16 connections, after some that warm up: as many for both, because the peer slows down as it fills. */
const MESSAGES = {
  usual: { measured: [500, 2_000, 5_000], warmUp: 2_000, turn: 1_500 },
  quick: { measured: [200, 600, 1_500], warmUp: 800, turn: 300 },
}
const SEEDED = 100_000
/** Of each, in compareWithFull(). */
const TURNS = 6

interface Run {
  messages: (typeof MESSAGES)['usual']
  devices: DeviceKey[]
  /** Of every certificate of the run. */
  serials: Set<string>
  measurements: Measurement[]
}

const USAGE = `npm run bench -- scep [--quick] [--no-peer] [--no-seed] [--issuer=${ISSUER_KINDS.join('|')}]`

export async function runBench(args: string[]): Promise<void> {
  const unknown = args.filter((arg) => !/^--(quick|no-peer|no-seed|issuer=(rsa3072|p256))$/.test(arg))
  if (unknown.length > 0) throw new Error(`${unknown.join(' ')} is not known. ${USAGE}`)
  const asked = args.find((arg) => arg.startsWith('--issuer='))?.slice('--issuer='.length)
  const kinds = ISSUER_KINDS.filter((kind) => asked === undefined || kind === asked)
  const run: Run = {
    messages: args.includes('--quick') ? MESSAGES.quick : MESSAGES.usual,
    devices: await makeDeviceKeys(DEVICE_KEYS),
    serials: new Set(),
    measurements: [],
  }
  console.log(CONDITIONS)
  const costs = new Map<Kind, PrivateCost>()
  for (const kind of kinds) costs.set(kind, await printCosts(kind, run.devices))
  if (args.includes('--no-peer')) console.log('The peer is left out, as asked.')
  else if (hasPeer()) await measurePeer(run)
  else console.log(`The peer is left out: ${PEER} is missing; on Debian, "apt-get install scep" brings it.`)
  await withProduct(async (product) => {
    for (const [index, kind] of kinds.entries()) {
      const cost = costs.get(kind)?.sum ?? 0
      const endpoints = await product.createGroups(kind)
      await warmUp(run, product, endpoints, run.messages.warmUp)
      for (const connections of CONNECTIONS)
        await measureProduct(run, product, endpoints, cost, `Latchkey, issuer ${kind}`, connections)
      if (index === kinds.length - 1 && !args.includes('--no-seed'))
        await compareWithFull(run, { product, endpoints, kinds: index + 1 }, kind, cost)
    }
  })
  printTable(run.measurements)
}

const CONDITIONS = `${availableParallelism()} cores, shared by server, database and load. RSA-2048 devices and registration authorities, AES-128, SHA-256.
Product: built for production, three processes and its embedded Postgres, every commit waits for the disk. Its limits stay
as they are: each connection takes a new address of 127.0.0.0/8 after 100 requests (600 a minute are admitted from one),
the messages go to two groups (the signer admits 2,000 uses of a key a second), and the challenges are minted before the
clock starts, by a minting service without its quota of 1,000 pending ones.
Peer: Debian's scepserver with RSA 2048 and one static challenge; it writes files and waits for no disk.
`

async function printCosts(kind: Kind, devices: DeviceKey[]): Promise<PrivateCost> {
  const cost = privateCost(kind)
  const messages = await messageCost(kind, devices)
  const parts = `certificate ${cost.signCertificate.toFixed(3)}, decryption ${cost.decrypt.toFixed(3)}, reply ${cost.signReply.toFixed(3)}`
  console.log(`Issuer ${kind}: the three private operations take ${cost.sum.toFixed(3)} ms of CPU (${parts});`)
  console.log(
    `  all message work and cryptography ${messages.toFixed(3)} ms, ${(messages / cost.sum).toFixed(2)} times as much.`,
  )
  return cost
}

async function measurePeer({ messages, devices, serials, measurements }: Run): Promise<void> {
  await withPeer(async (peer) => {
    checkReplies((await replay(peer.port, peer.prepare(devices, messages.warmUp), 8)).replies, serials)
    for (const [index, connections] of CONNECTIONS.entries()) {
      const requests = peer.prepare(devices, messages.measured[index] ?? 0)
      const before = peer.cpu()
      const load = await replay(peer.port, requests, connections)
      const cpu = { application: peer.cpu() - before, postgres: 0, parts: {} }
      measurements.push(measured('scepserver, RSA 2048', connections, load, cpu, null, serials))
    }
  })
}

async function warmUp({ devices, serials }: Run, product: Product, endpoints: string[], count: number): Promise<void> {
  const { replies } = await replay(product.port, await product.prepare(endpoints, devices, count), 8)
  const { faults } = checkReplies(replies, serials)
  for (const [fault, count] of faults) console.log(`While warming up: ${count} × ${fault}`)
}

async function measureProduct(
  run: Run,
  product: Product,
  endpoints: string[],
  privateMilliseconds: number,
  name: string,
  connections: number,
): Promise<void> {
  const count = run.messages.measured[CONNECTIONS.indexOf(connections)] ?? 0
  const { load, cpu } = await takeTurn(product, await product.prepare(endpoints, run.devices, count), connections)
  run.measurements.push(measured(name, connections, load, cpu, privateMilliseconds, run.serials))
}

/**
 * The same load on an empty database and on a full one, in short turns: the pace of a machine changes within minutes, and of
 * two that are measured one after the other the difference says more about that. The full one has as many requests behind it.
 */
async function compareWithFull(
  run: Run,
  empty: { product: Product; endpoints: string[]; kinds: number },
  kind: Kind,
  cost: number,
): Promise<void> {
  const { warmUp: warming, measured: counts, turn } = run.messages
  await withProduct(async (full) => {
    const seeded = await full.createGroups(kind)
    await seedCertificates(full.ownerUrl, seeded, SEEDED)
    const behind = counts.reduce((sum, count) => sum + count, warming)
    await warmUp(run, full, seeded, empty.kinds * behind)
    const side = async (before: string, product: Product, at: string[]) => ({
      name: `  in turns, ${before} before`,
      product,
      requests: await product.prepare(at, run.devices, TURNS * turn),
      turns: [] as Turn[],
    })
    const sides = [
      await side('none', empty.product, empty.endpoints),
      await side(SEEDED.toLocaleString('en-GB'), full, seeded),
    ]
    for (let n = 0; n < TURNS; n++)
      for (const { product, requests, turns } of n % 2 === 0 ? sides : sides.toReversed())
        turns.push(await takeTurn(product, requests.slice(n * turn, (n + 1) * turn), MOST_CONNECTIONS))
    for (const { name, turns } of sides) {
      const rates = turns.map(({ load }) => (load.replies.length / load.seconds).toFixed(0))
      console.log(`${name}: ${rates.join(', ')} a second`)
      const { load, cpu } = together(turns)
      run.measurements.push(measured(name, MOST_CONNECTIONS, load, cpu, cost, run.serials))
    }
  })
}

function measured(
  name: string,
  connections: number,
  load: LoadResult,
  cpu: Cpu,
  privateMilliseconds: number | null,
  serials: Set<string>,
): Measurement {
  return { name, connections, load, cpu, privateMilliseconds, verdict: checkReplies(load.replies, serials) }
}
