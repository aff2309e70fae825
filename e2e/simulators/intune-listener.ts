/** A port that can be closed, so that connections are refused, and opened again where it was. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface Listener {
  url: string
  /** From now on connections are refused. What is being answered is answered. */
  shut(): Promise<void>
  open(): Promise<void>
  /** With every connection. */
  stop(): Promise<void>
}

export async function startListener(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  wanted = 0,
): Promise<Listener> {
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    // Without this a client could be answered over a connection to a port that is closed.
    response.shouldKeepAlive = false
    handle(request, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const shut = async () => {
    if (server.listening) server.close()
  }
  return {
    url: `http://127.0.0.1:${port}`,
    shut,
    async open() {
      if (server.listening) return
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    async stop() {
      await shut()
      for (const socket of sockets) socket.destroy()
    },
  }
}
