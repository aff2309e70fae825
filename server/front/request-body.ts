/** Bodies up to a limit that is enforced while they arrive. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from '@/server/device-paths'
import { send } from './response'

/** The whole body, or null as soon as it is too large. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array | null> {
  if (announcesMore(request, limit)) return null
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length
    if (length > limit) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

export function announcesMore(request: IncomingMessage, limit: number): boolean {
  return Number(request.headers['content-length'] ?? 0) > limit
}

/** 413, and the connection ends; what still arrives is read for a moment, for otherwise the client may never see the answer. */
export function refuseBody(request: IncomingMessage, response: ServerResponse): void {
  send(request, response, text(413, 'The request is too large.', { Connection: 'close' }))
  request.resume()
  setTimeout(() => request.socket.destroy(), 1_000).unref()
}
