/** Sorts each request to whom it is for: a device path, an operator's question, or the portal. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Services } from '@/lib/server'
import { devicePath, deviceResponse, text } from '@/server/device-paths'
import type { Caller } from './client-address'
import type { Area, Metrics } from './metrics'
import { OPERATION_PATHS, operationResponse } from './operation'
import type { Portal } from './portal'
import { readBody, refuseBody } from './request-body'
import { send } from './response'
import { parseTarget, type Target } from './target'

export interface FrontOptions {
  services: Pick<Services, 'scepEnrolment' | 'status' | 'ready'>
  portal: Portal
  metrics: Metrics
  callerOf(request: IncomingMessage): Caller
  webAnswers(): Promise<boolean>
  log(line: string): void
}

const LARGEST_DEVICE_BODY = 128 * 1024
/** A request line of 64 KiB, for SCEP by GET, and 16 KiB of headers. */
const LARGEST_HEAD = 80 * 1024
const LARGEST_HEADERS = 16 * 1024
const MOST_HEADERS = 64

export function createFront(options: FrontOptions): Server {
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
      answer(request, response, options).catch((error) => {
        options.log(`request failed: ${error instanceof Error ? error.stack : error}`)
        send(request, response, text(503, 'Try again later.', { 'Retry-After': '5' }))
      })
    },
  )
  server.maxRequestsPerSocket = 100
  return server
}

async function answer(request: IncomingMessage, response: ServerResponse, options: FrontOptions): Promise<void> {
  const { services, metrics } = options
  const count = (area: Area) => response.once('finish', () => metrics.count(area, response.statusCode))
  const target = headersFit(request) ? parseTarget(request.url ?? '') : 431
  if (typeof target === 'number') {
    count('refused')
    return send(request, response, text(target, 'This request is not understood.', { Connection: 'close' }))
  }
  const area = devicePath(target.path)
  if (area) {
    count(area)
    return answerDevice(request, response, target, options)
  }
  if (OPERATION_PATHS.has(target.path)) {
    count('operation')
    return send(
      request,
      response,
      await operationResponse(target.path, request.method, { services, metrics, webAnswers: options.webAnswers }),
    )
  }
  count('portal')
  options.portal.pass(request, response, target, options.callerOf(request))
}

async function answerDevice(
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  options: FrontOptions,
): Promise<void> {
  const body = await readBody(request, LARGEST_DEVICE_BODY)
  if (!body) return refuseBody(request, response)
  const answer = await deviceResponse(options.services, {
    ...target,
    method: request.method ?? '',
    headers: { get: (name) => [request.headers[name] ?? []].flat().join(', ') || null },
    body,
    ip: options.callerOf(request).ip,
  })
  send(request, response, answer)
}

function headersFit(request: IncomingMessage): boolean {
  const size = request.rawHeaders.reduce((sum, part) => sum + part.length + 2, 0)
  return size <= LARGEST_HEADERS && request.rawHeaders.length <= 2 * MOST_HEADERS
}
