/** OCSP on the port itself, before anything tidies the request line: the shortest way from a socket to an answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DeviceResponse } from '@/server/device-paths'
import { LARGEST_OCSP_BODY, type OcspTarget, ocspResponse, unavailable } from '@/server/ocsp-http'
import type { FrontOptions } from './listener'
import { refuseBody } from './request-body'
import { send } from './response'

const NOTHING = new Uint8Array()

export function serveOcsp(
  request: IncomingMessage,
  response: ServerResponse,
  target: OcspTarget,
  { services, metrics, log }: Pick<FrontOptions, 'services' | 'metrics' | 'log'>,
): void {
  const method = request.method ?? ''
  const headers = { get: (name: string) => headerOf(request, name) }

  function done(answer: DeviceResponse): void {
    metrics.count('ocsp', answer.status)
    send(request, response, answer)
  }

  function failed(error: unknown): void {
    log(`request failed: ${error instanceof Error ? error.stack : error}`)
    done(unavailable())
  }

  function answer(body: Uint8Array): void {
    try {
      const made = ocspResponse(services, target, { method, headers, body })
      if (made instanceof Promise) made.then(done, failed)
      else done(made)
    } catch (error) {
      failed(error)
    }
  }

  if (method !== 'POST') return answer(NOTHING)
  if (Number(headers.get('content-length') ?? 0) > LARGEST_OCSP_BODY) return tooLarge()
  // Most come in one piece. A list of pieces would cost megabytes when a client sends them byte by byte.
  let only: Buffer | null = null
  let body: Buffer | null = null
  let length = 0
  request.on('data', (piece: Buffer) => {
    const begin = length
    length += piece.length
    if (length > LARGEST_OCSP_BODY) {
      if (!response.headersSent) tooLarge()
    } else if (only === null) only = piece
    else {
      body ??= Buffer.concat([only], LARGEST_OCSP_BODY)
      piece.copy(body, begin)
    }
  })
  request.on('end', () => {
    if (length <= LARGEST_OCSP_BODY) answer((body ?? only)?.subarray(0, length) ?? NOTHING)
  })
  // A client that goes away, or is too slow for the timeout, is everyday life and not a fault.
  request.on('error', () => {})

  function tooLarge(): void {
    metrics.count('ocsp', 413)
    refuseBody(request, response, 'too-large')
  }
}

/** A header by its name in small letters. Node would read all of them first, and nearly nobody sends the one that is asked for. */
function headerOf({ rawHeaders }: IncomingMessage, name: string): string | null {
  const values: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [given = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]]
    if (given.length === name.length && given.toLowerCase() === name) values.push(value)
  }
  return values.join(', ') || null
}
