/** Sorts each request to whom it is for: a device path, an operator's question, or the portal. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Services } from '@/lib/server'
import { sourceOf } from '@/lib/services/source-address'
import { type DeviceServices, devicePath, deviceResponse, text } from '@/server/device-paths'
import { LARGEST_HOOK_BODY } from '@/server/hook-path'
import { ocspTarget } from '@/server/ocsp-http'
import { LARGEST_RADIUS_BODY } from '@/server/radius-path'
import type { Caller } from './client-address'
import { limitConnections } from './connections'
import type { Area, Metrics } from './metrics'
import { serveOcsp } from './ocsp'
import { createOperation, OPERATION_PATHS, type Operation } from './operation'
import type { Portal } from './portal'
import { type Bodies, createBodies, refuseBody } from './request-body'
import { send } from './response'
import { parseTarget } from './target'

export interface FrontOptions {
  services: DeviceServices & Pick<Services, 'ready'>
  portal: Portal
  metrics: Metrics
  callerOf(request: IncomingMessage): Caller
  /** Whether a connection comes from a proxy of ours: many callers, and no limit on connections. */
  isProxy(socket: Socket): boolean
  bodies?: Bodies
  /** Milliseconds that never run backwards. */
  now?: () => number
  webAnswers(): Promise<boolean>
  log(line: string): void
}

const LARGEST_BODY = {
  scep: 128 * 1024,
  status: 128 * 1024,
  radius: LARGEST_RADIUS_BODY,
  hook: LARGEST_HOOK_BODY,
  portal: 256 * 1024,
}
/** A connection on which nothing moves in either direction, such as one whose client does not read its answer. */
const STILL = 300_000
/** A request line of 64 KiB, for SCEP by GET, and 16 KiB of headers. */
const LARGEST_HEAD = 80 * 1024
const LARGEST_HEADERS = 16 * 1024
const MOST_HEADERS = 64

interface Front extends FrontOptions {
  bodies: Bodies
  operation: Operation
}

export function createFront(options: FrontOptions): Server {
  const front = { ...options, bodies: options.bodies ?? createBodies(), operation: createOperation(options) }
  const server = createServer(
    {
      maxHeaderSize: LARGEST_HEAD,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 10_000,
      connectionsCheckingInterval: 5_000,
      insecureHTTPParser: false,
    },
    (request, response) => {
      response.on('error', () => {})
      const ocsp = ocspTarget(request.url ?? '')
      if (ocsp !== null) return serveOcsp(request, response, ocsp, options)
      answer(request, response, front).catch((error) => {
        options.log(`request failed: ${error instanceof Error ? error.stack : error}`)
        send(request, response, text(503, 'Try again later.', { 'Retry-After': '5' }))
      })
    },
  )
  server.maxRequestsPerSocket = 100
  server.timeout = STILL
  limitConnections(server, options.isProxy)
  return server
}

async function answer(request: IncomingMessage, response: ServerResponse, front: Front): Promise<void> {
  const count = (area: Area) => response.once('finish', () => front.metrics.count(area, response.statusCode))
  const target = headersFit(request) ? parseTarget(request.url ?? '') : 431
  if (typeof target === 'number') {
    count('refused')
    return send(request, response, text(target, 'This request is not understood.', { Connection: 'close' }))
  }
  if (OPERATION_PATHS.has(target.path)) {
    count('operation')
    return send(request, response, await front.operation(target.path, request.method))
  }
  const area = devicePath(target.path)
  count(area ?? 'portal')
  const caller = front.callerOf(request)
  // Before anything else is opened for it: a body that never comes must not hold what others need.
  const limit = LARGEST_BODY[area ?? 'portal']
  const body = await front.bodies.read(request, response, limit, sourceOf(caller.ip))
  if (typeof body === 'string') return refuseBody(request, response, body)
  if (!area) return front.portal.pass(request, response, target, caller, body)
  const answer = await deviceResponse(front.services, {
    ...target,
    method: request.method ?? '',
    headers: { get: (name) => [request.headers[name] ?? []].flat().join(', ') || null },
    body,
    ip: caller.ip,
    gone: () => response.closed,
    httpVersion: request.httpVersion,
  })
  send(request, response, answer)
}

function headersFit(request: IncomingMessage): boolean {
  const size = request.rawHeaders.reduce((sum, part) => sum + part.length + 2, 0)
  return size <= LARGEST_HEADERS && request.rawHeaders.length <= 2 * MOST_HEADERS
}
