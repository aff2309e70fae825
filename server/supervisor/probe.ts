/** Whether something answers: a socket, a port, a page. */
import { request } from 'node:http'
import { connect, createServer, type NetConnectOpts } from 'node:net'
import { StartFault } from './fault'

export function answers(where: NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(where)
    const done = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => done(true)).once('error', () => done(false))
  })
}

/** Whether GET gives 200. */
export function isOk(where: { host: string; port: number; path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ ...where, agent: false, timeout: 10_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asked.on('timeout', () => asked.destroy()).on('error', () => resolve(false))
    asked.end()
  })
}

/** Tells now, before anything is built up, that the port is taken. */
export async function assertPortFree(host: string | undefined, port: number): Promise<void> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen({ port, host, exclusive: true }, resolve),
    )
  } catch (error) {
    throw new StartFault(portProblem(error as NodeJS.ErrnoException, host, port))
  } finally {
    server.close()
  }
}

export function portProblem(error: NodeJS.ErrnoException, host: string | undefined, port: number): string {
  if (error.code === 'EADDRINUSE') return `Port ${port} is taken by another program; set PORT to a free one.`
  if (error.code === 'EACCES') return `Port ${port} needs more rights than this user has; set PORT to one above 1023.`
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return `HOST ${host} is not an address of this machine.`
  return `Port ${port} cannot be opened: ${error.message}.`
}
