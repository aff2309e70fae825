/**
 * Jamf Pro, as strict as the real one and stricter (jamf.md §8): its API for our calls, its webhooks for its own, and the
 * devices that it sends profiles to. One HTTP server, for tests and for people.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { control } from './jamf-control'
import { type KeptJamf, restoreJamf } from './jamf-keeping'
import { Jamf } from './jamf-pro'

export type { Jamf } from './jamf-pro'

/** With what it was the last time, it is that again, at the same place where that is still free. */
export async function startJamf({ before }: { before?: KeptJamf } = {}): Promise<Jamf> {
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => void answer(request, response))
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await listen(server, before?.port ?? 0).catch(() => listen(server, 0))
  const address = server.address() as AddressInfo
  const jamf = new Jamf(`http://127.0.0.1:${address.port}`, address.port, async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  if (before) restoreJamf(jamf, before)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const url = new URL(request.url ?? '/', jamf.url)
      const body = Buffer.concat(chunks)
      if (await jamf.api.handle(request, url, body, response)) return
      if (await control(jamf, request, url, body, response)) return
      response.writeHead(404, { 'content-type': 'text/html' }).end('<html><body>Not Found</body></html>')
    } catch (error) {
      response.destroy(error instanceof Error ? error : undefined)
    }
  }
  return jamf
}

function listen(server: Server, port: number): Promise<unknown> {
  server.listen(port, '127.0.0.1')
  return once(server, 'listening')
}
