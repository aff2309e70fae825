/** A port that can be closed, so that connections are refused, and opened again where it was. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface Listener {
  url: string
  port: number
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
  await listen(server, wanted).catch(() => listen(server, 0))
  const { port } = server.address() as AddressInfo
  const shut = async () => {
    if (server.listening) server.close()
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    shut,
    async open() {
      if (server.listening) return
      await listen(server, port)
    },
    async stop() {
      await shut()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function listen(server: Server, port: number): Promise<unknown> {
  server.listen(port, '127.0.0.1')
  return once(server, 'listening')
}
