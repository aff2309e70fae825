/** Passes a request on to the web process, which listens on a Unix socket and believes what we say about the client. */
import { randomUUID } from 'node:crypto'
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import { createGzip } from 'node:zlib'
import { accepts } from '@/server/accept-encoding'
import type { Caller } from './client-address'
import { send } from './response'
import type { Target } from './target'
import { unavailablePage } from './unavailable-page'

export interface Portal {
  /** The body is here already: what waits for a client holds no connection to web. */
  pass(request: IncomingMessage, response: ServerResponse, target: Target, caller: Caller, body: Uint8Array): void
  /** For development only: the portal in production has no WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex): void
  close(): void
}

/** Several times what one source may have of our own connections, so that none takes them all. */
const MOST_AT_ONCE = 1_024
/** Shorter than what web grants an idle connection, so that we never send into one that is just being closed. */
const IDLE = 30_000
/** Of these, one without a body says nothing about its length. */
const BODILESS = new Set(['GET', 'HEAD'])
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** RFC 9110 §7.6.1: for one connection only. `expect` was answered by node:http already. */
const HOP_BY_HOP = /^(connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|proxy-.*)$/
/** Believed by Next or by us because only we set them. A client that sends one is ignored (CVE-2025-29927 began like that). */
const OURS =
  /^(x-middleware-.*|x-nextjs-.*|x-forwarded-.*|forwarded|x-real-ip|x-request-id|x-nonce|x-page|x-invoke-.*|x-matched-path)$/

export function createPortal(socketPath: string): Portal {
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_AT_ONCE, timeout: IDLE })

  function pass(
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
    caller: Caller,
    body: Uint8Array,
  ): void {
    if (response.closed) return
    if (!METHODS.has(request.method ?? '')) return send(request, response, unavailablePage(405))
    const upstream = httpRequest({
      socketPath,
      agent,
      method: request.method,
      path: target.query ? `${target.path}?${target.query}` : target.path,
      headers: upstreamHeaders(request, caller, body.length),
    })
    upstream.on('response', (answer) => {
      if (isCompressible(request, target, answer)) return compress(answer, response)
      response.writeHead(answer.statusCode ?? 502, withoutHopByHop(answer.rawHeaders, answer.headers.connection))
      pipeline(answer, response, () => {})
    })
    upstream.on('error', () => {
      if (response.headersSent) response.destroy()
      // Nothing of the request was lost on web if it is not there at all; everything else may have been done.
      else send(request, response, unavailablePage(503))
    })
    response.on('close', () => upstream.destroy())
    upstream.end(body)
  }

  function upgrade(request: IncomingMessage, socket: Duplex): void {
    const upstream = connect(socketPath, () => {
      const lines = request.rawHeaders.flatMap((text, index) =>
        index % 2 === 0 ? [`${text}: ${request.rawHeaders[index + 1]}`] : [],
      )
      upstream.write(`${[`GET ${request.url} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`)
      upstream.pipe(socket).pipe(upstream)
    })
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
  }

  return { pass, upgrade, close: () => agent.destroy() }
}

const STATIC = '/_next/static/'
const COMPRESSIBLE = /^(text\/|application\/(javascript|json)|image\/svg)/

/** The portal's own files alone: they are the same for everybody. A page with a secret and what a stranger sent is never compressed (BREACH). */
function isCompressible({ method, headers }: IncomingMessage, { path }: Target, answer: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    path.startsWith(STATIC) &&
    answer.statusCode === 200 &&
    answer.headers['content-encoding'] === undefined &&
    COMPRESSIBLE.test(answer.headers['content-type'] ?? '') &&
    accepts(headers['accept-encoding'], 'gzip')
  )
}

/** Bytes of the file itself are not to be had from it: no length, no ranges, and no strong validator. */
function compress(answer: IncomingMessage, response: ServerResponse): void {
  const ofTheFile = /^(content-length|accept-ranges|vary|etag)$/
  const kept = withoutHopByHop(answer.rawHeaders, answer.headers.connection, (name) => ofTheFile.test(name))
  const { etag } = answer.headers
  const validator = etag === undefined ? [] : ['ETag', etag.startsWith('W/') ? etag : `W/${etag}`]
  response.writeHead(200, [...kept, ...validator, 'Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding'])
  pipeline(answer, createGzip(), response, () => {})
}

/** As they came, in their order and spelling, less what is not theirs to say, plus what we know. */
function upstreamHeaders(request: IncomingMessage, caller: Caller, length: number): string[] {
  const kept = withoutHopByHop(
    request.rawHeaders,
    request.headers.connection,
    (name) => OURS.test(name) || name === 'host' || name === 'content-length',
  )
  const host = caller.host ?? 'localhost'
  const added = {
    Host: host,
    'X-Forwarded-Host': host,
    'X-Forwarded-Proto': caller.protocol,
    'X-Forwarded-For': caller.ip ?? '',
    'X-Request-Id': randomUUID(),
    ...(length > 0 || !BODILESS.has(request.method ?? '') ? { 'Content-Length': String(length) } : {}),
  }
  return [...kept, ...Object.entries(added).flat()]
}

function withoutHopByHop(
  raw: string[],
  connection: string | undefined,
  drop: (name: string) => boolean = () => false,
): string[] {
  const named = new Set(
    (connection ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  )
  const kept: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = '', value = ''] = raw.slice(i, i + 2)
    const lower = name.toLowerCase()
    if (!HOP_BY_HOP.test(lower) && !named.has(lower) && !drop(lower)) kept.push(name, value)
  }
  return kept
}
