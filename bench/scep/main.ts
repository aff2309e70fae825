/** The run: the peer, then the product with each kind of issuer, then the product with a full database. */
import { availableParallelism } from 'node:os'
import type { IssuerKey } from '@/lib/services/groups'
import { type LoadResult, replay } from './load'
import { hasPeer, PEER, withPeer } from './peer'
import { privateCost } from './primitives'
import { withProduct } from './product'
import { checkReplies, type EnrolmentRequest, makeDeviceKeys } from './requests'
import { type Measurement, printTable } from './table'

const CONNECTIONS = [1, 4, 16] as const
const DEVICE_KEYS = 32
const WARM_UP = 400
const ISSUER_KINDS: readonly IssuerKey[] = ['rsa3072', 'p256']
/** Messages at 1, 4 and 16 connections. */
const MESSAGES = {
  usual: { product: [600, 2_000, 5_000], peer: [300, 800, 1_600] },
  quick: { product: [200, 600, 2_000], peer: [100, 300, 600] },
}

export async function runBench(args: string[]): Promise<void> {
  const messages = args.includes('--quick') ? MESSAGES.quick : MESSAGES.usual
  const kinds = ISSUER_KINDS.filter(
    (kind) => !args.some((arg) => arg.startsWith('--issuer=')) || args.includes(`--issuer=${kind}`),
  )
  const devices = await makeDeviceKeys(DEVICE_KEYS)
  const serials = new Set<string>()
  const measurements: Measurement[] = []

  if (args.includes('--no-peer')) console.log('The peer is left out, as asked.')
  else if (!hasPeer())
    console.log(`The peer is left out: ${PEER} is missing; on Debian, apt-get install scep brings it.`)
  else
    await withPeer(async (peer) => {
      await replay(peer.port, peer.prepare(devices, 100), 4)
      for (const [index, connections] of CONNECTIONS.entries()) {
        const requests = peer.prepare(devices, messages.peer[index] ?? 0)
        const before = peer.cpu()
        const load = await replay(peer.port, requests, connections)
        const cpu = { application: peer.cpu() - before, postgres: 0, parts: {} }
        measurements.push(measured('scepserver, RSA 2048', connections, load, cpu, null, serials))
      }
    })

  await withProduct(async (product) => {
    for (const kind of kinds) {
      const cost = privateCost(kind)
      const endpoints = await product.createGroups(kind)
      const run = async (name: string, connections: number, requests: EnrolmentRequest[]) => {
        const before = product.cpu()
        const load = await replay(product.port, requests, connections)
        measurements.push(measured(name, connections, load, difference(product.cpu(), before), cost.sum, serials))
      }
      checkReplies((await replay(product.port, await product.prepare(endpoints, devices, WARM_UP), 8)).replies, serials)
      for (const [index, connections] of CONNECTIONS.entries())
        await run(nameOf(kind), connections, await product.prepare(endpoints, devices, messages.product[index] ?? 0))
    }
  })
  console.log(`${availableParallelism()} cores, shared by server, database and client.`)
  printTable(measurements)
}

function nameOf(kind: IssuerKey): string {
  return `Latchkey, issuer ${kind}`
}

type Cpu = Measurement['cpu']

function difference(after: Cpu, before: Cpu): Cpu {
  const parts = Object.fromEntries(
    Object.entries(after.parts).map(([name, value]) => [name, value - (before.parts[name] ?? 0)]),
  )
  return { application: after.application - before.application, postgres: after.postgres - before.postgres, parts }
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
