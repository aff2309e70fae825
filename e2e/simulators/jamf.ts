/**
 * Jamf Pro, as strict as the real one and stricter (jamf.md §8): its API for our calls, its webhooks for its own, and the
 * devices that it sends profiles to. One HTTP server, for tests and for people.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { control } from './jamf-control'
import { Jamf } from './jamf-pro'

export type { Jamf } from './jamf-pro'

export async function startJamf({ port = 0 }: { port?: number } = {}): Promise<Jamf> {
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => void answer(request, response))
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  const jamf = new Jamf(`http://127.0.0.1:${address.port}`, address.port, async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })

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
