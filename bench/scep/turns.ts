/**
 * Several servers under the same load, by turns: the pace of a machine changes within minutes, and of two that are
 * measured one after the other the difference says more about that.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type LoadResult, replay } from './load'
import type { EnrolmentRequest } from './requests'
import type { Cpu } from './table'

export interface Side {
  server: { port: number; cpu(): Cpu }
  requests: EnrolmentRequest[]
}

interface Turn {
  load: LoadResult
  cpu: Cpu
}

/** What a server does after its turn, such as writing records, is no part of the next one's. */
const SETTLE_MS = 1_500

/** As many parts of everybody's requests, in an order that turns round each time. Returns the turns of each side. */
export async function inTurns(sides: Side[], turns: number, connections: number): Promise<Turn[][]> {
  const taken = sides.map((): Turn[] => [])
  for (let n = 0; n < turns; n++) {
    const order = sides.map((_, index) => index)
    for (const index of n % 2 === 0 ? order : order.toReversed()) {
      const { server, requests } = sides[index] as Side
      await pause(SETTLE_MS)
      const part = Math.ceil(requests.length / turns)
      taken[index]?.push(await takeTurn(server, requests.slice(n * part, (n + 1) * part), connections))
    }
  }
  return taken
}

async function takeTurn(server: Side['server'], requests: EnrolmentRequest[], connections: number): Promise<Turn> {
  const before = server.cpu()
  const load = await replay(server.port, requests, connections)
  return { load, cpu: added(server.cpu(), before, -1) }
}

export function together(turns: Turn[]): Turn {
  return turns.reduce((all, { load, cpu }) => ({
    load: {
      replies: [...all.load.replies, ...load.replies],
      seconds: all.load.seconds + load.seconds,
      milliseconds: [...all.load.milliseconds, ...load.milliseconds].sort((a, b) => a - b),
      clientCpuSeconds: all.load.clientCpuSeconds + load.clientCpuSeconds,
    },
    cpu: added(all.cpu, cpu, 1),
  }))
}

function added(one: Cpu, other: Cpu, sign: 1 | -1): Cpu {
  const parts = Object.fromEntries(
    Object.entries(one.parts).map(([name, value]) => [name, value + sign * (other.parts[name] ?? 0)]),
  )
  return {
    application: one.application + sign * other.application,
    postgres: one.postgres + sign * other.postgres,
    parts,
  }
}
