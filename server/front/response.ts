/** Writes an answer exactly as it was decided, and nothing beside it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DeviceResponse } from '@/server/device-paths'

export function send(request: IncomingMessage, response: ServerResponse, answer: DeviceResponse): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(answer.status, answer.headers)
  response.end(request.method === 'HEAD' || answer.status === 304 ? undefined : answer.body)
}
