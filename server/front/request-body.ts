/** Bodies up to a limit that is enforced while they arrive, and all bodies together up to a budget. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from '@/server/device-paths'
import { send } from './response'

/** Why there is no body: larger than its limit, no memory left for it, or the client went away. */
export type NoBody = 'too-large' | 'busy' | 'gone'

export interface Budget {
  /** For all bodies at one moment. */
  bytes: number
  /** What one source may have of it, so that no single one takes it from the others. */
  perSource: number
}

export interface Bodies {
  /** The whole body. Its bytes count as in flight until the answer is out. */
  read(request: IncomingMessage, response: ServerResponse, limit: number, source: string): Promise<Uint8Array | NoBody>
  inFlight(): number
}

export const BUDGET: Budget = { bytes: 64 * 1024 * 1024, perSource: 16 * 1024 * 1024 }
const FIRST_PIECE = 4 * 1024

export function createBodies(budget: Budget = BUDGET): Bodies {
  const bySource = new Map<string, number>()
  let inFlight = 0

  function take(source: string, bytes: number): boolean {
    const own = (bySource.get(source) ?? 0) + bytes
    if (inFlight + bytes > budget.bytes || own > budget.perSource) return false
    inFlight += bytes
    bySource.set(source, own)
    return true
  }

  function giveBack(source: string, bytes: number): void {
    const own = (bySource.get(source) ?? 0) - bytes
    inFlight -= bytes
    if (own > 0) bySource.set(source, own)
    else bySource.delete(source)
  }

  return {
    inFlight: () => inFlight,
    async read(request, response, limit, source) {
      if (!hasBody(request)) return new Uint8Array()
      if (Number(request.headers['content-length'] ?? 0) > limit) return 'too-large'
      let held = 0
      const hold = (bytes: number) => {
        if (response.closed || !take(source, bytes)) return false
        held += bytes
        return true
      }
      response.once('close', () => {
        giveBack(source, held)
        held = 0
      })
      return gathered(request, limit, hold)
    },
  }
}

/** One buffer that grows: a list of pieces costs many times their length when a client sends them byte by byte. */
async function gathered(
  request: IncomingMessage,
  limit: number,
  hold: (bytes: number) => boolean,
): Promise<Uint8Array | NoBody> {
  let body = Buffer.alloc(0)
  let length = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const needed = length + chunk.length
      if (needed > limit) return 'too-large'
      if (needed > body.length) {
        const size = Math.min(limit, Math.max(needed, 2 * body.length, FIRST_PIECE))
        if (!hold(size - body.length)) return 'busy'
        const larger = Buffer.allocUnsafeSlow(size)
        body.copy(larger, 0, 0, length)
        body = larger
      }
      chunk.copy(body, length)
      length = needed
    }
  } catch (error) {
    // A client that goes away, or is too slow for the timeout, is everyday life and not a fault.
    if (!request.complete) return 'gone'
    throw error
  }
  return body.subarray(0, length)
}

export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
}

/** 413 or 503, and the connection ends; what still arrives is read for a moment, for otherwise the client may never see the answer. */
export function refuseBody(request: IncomingMessage, response: ServerResponse, why: NoBody): void {
  if (why === 'gone') return
  const answer =
    why === 'too-large'
      ? text(413, 'The request is too large.', { Connection: 'close' })
      : text(503, 'Too much at once. Try again later.', { Connection: 'close', 'Retry-After': '5' })
  send(request, response, answer)
  request.resume()
  setTimeout(() => request.socket.destroy(), 1_000).unref()
}
