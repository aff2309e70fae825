/** How many connections there may be at once: few enough in all, and none for a source that has plenty already. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { sourceOf } from '@/lib/services/source-address'

export interface ConnectionLimits {
  all: number
  /** Per IPv4 address or IPv6 /64. */
  perSource: number
}

export const CONNECTIONS: ConnectionLimits = { all: 4_096, perSource: 256 }

/** Closes what is beyond the limits before anything is read from it. `isExempt`: our proxies, who speak for many. */
export function limitConnections(
  server: Server,
  isExempt: (socket: Socket) => boolean,
  limits: ConnectionLimits = CONNECTIONS,
): void {
  const open = new Map<string, number>()
  server.maxConnections = limits.all
  server.prependListener('connection', (socket: Socket) => {
    if (isExempt(socket)) return
    const source = sourceOf(socket.remoteAddress ?? null)
    const count = (open.get(source) ?? 0) + 1
    if (count > limits.perSource) return void socket.destroy()
    open.set(source, count)
    socket.once('close', () => {
      const left = (open.get(source) ?? 1) - 1
      if (left > 0) open.set(source, left)
      else open.delete(source)
    })
  })
}
