/** One stretch of load on the product with the CPU that it cost, and the sum of several. */
import { type LoadResult, replay } from './load'
import type { Product } from './product'
import type { EnrolmentRequest } from './requests'
import type { Cpu } from './table'

export interface Turn {
  load: LoadResult
  cpu: Cpu
}

export async function takeTurn(product: Product, requests: EnrolmentRequest[], connections: number): Promise<Turn> {
  const before = product.cpu()
  const load = await replay(product.port, requests, connections)
  return { load, cpu: added(product.cpu(), before, -1) }
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
