/** The only code that sends HTTP requests to addresses somebody typed: checked before the connection, bounded after it. */
import { type ClientRequest, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Outbound, OutboundAnswer, OutboundFault, OutboundRequest } from '@/lib/services/outbound'
import { checkedAddresses, codeOf, type LookupOptions, type ResolvedAddress, Stopped } from './guarded-lookup'

export interface GuardedFetchOptions extends LookupOptions {
  /** Longer answers are given up; 64 KiB unless given. */
  mostBytes?: number
  /** Authorities to trust instead of the usual ones, in PEM. */
  ca?: string
}

const MAX_ANSWER_BYTES = 65_536

export function guardedFetch(options: GuardedFetchOptions = {}): Outbound {
  const { mostBytes = MAX_ANSWER_BYTES, ca } = options
  return {
    async send(request) {
      const deadline = performance.now() + request.timeoutMs
      try {
        const url = soundUrl(request.url)
        const connected = performance.now() + Math.min(request.connectMs ?? request.timeoutMs, request.timeoutMs)
        const addresses = await checkedAddresses(
          { host: hostOf(url), port: portOf(url), plain: url.protocol === 'http:' },
          request.allowedHosts,
          Math.min(connected, deadline),
          options,
        )
        const now = performance.now()
        const patience = { all: deadline - now, connecting: connected - now }
        return await exchange(url, request, addresses, patience, { mostBytes, ca })
      } catch (error) {
        if (error instanceof Stopped) return { answered: false, fault: error.fault, detail: error.message }
        throw error
      }
    },
  }
}

/** The URL parser has already turned 0x7f.1 and its like into the addresses they mean. */
function soundUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new Stopped('url_refused', 'This is not an https:// address.')
  if (url.username !== '' || url.password !== '')
    throw new Stopped('url_refused', 'An address may not hold a user name or a password.')
  if (url.hostname === '' || url.hostname.endsWith('.'))
    throw new Stopped('url_refused', 'The address needs a host name without a dot at its end.')
  return url
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase()
}

function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
}

/** One exchange, over a connection of its own to an address that was just checked: no name is looked up again. */
function exchange(
  url: URL,
  request: OutboundRequest,
  addresses: ResolvedAddress[],
  patience: { all: number; connecting: number },
  { mostBytes, ca }: { mostBytes: number; ca: string | undefined },
): Promise<OutboundAnswer> {
  return new Promise((settle) => {
    let stage = 'connecting'
    let address = addresses[0]?.address ?? ''
    let over = false
    const done = (answer: OutboundAnswer) => {
      if (over) return
      over = true
      clearTimeout(timer)
      clearTimeout(connecting)
      settle(answer)
      outgoing.destroy()
    }
    const fail = (fault: OutboundFault, detail: string) => done({ answered: false, fault, detail })
    const start = url.protocol === 'https:' ? tlsRequest : plainRequest
    const outgoing: ClientRequest = start(url, {
      method: request.method,
      // A connection is never kept for the next request, which may have another address to check.
      agent: false,
      lookup: lookupOf(addresses),
      headers: {
        accept: 'application/json',
        'user-agent': 'Latchkey',
        ...request.headers,
        ...(request.method === 'POST' ? { 'content-length': String(request.body.length) } : {}),
      },
      ...(ca === undefined ? {} : { ca }),
    })
    const timer = setTimeout(() => fail('timeout', `No answer in time (still ${stage}).`), Math.max(patience.all, 1))
    // Nothing was sent yet: for whoever might ask elsewhere, this is no answer that is still to come.
    const unconnected = () => fail('connect_failed', `No connection to ${address} in time (still ${stage}).`)
    const connecting = setTimeout(unconnected, Math.max(patience.connecting, 1))
    const waiting = () => {
      clearTimeout(connecting)
      stage = 'waiting for the answer'
    }
    outgoing.on('socket', (socket) => {
      socket.once('connect', () => {
        address = socket.remoteAddress ?? address
        if (url.protocol === 'https:') stage = 'agreeing on TLS'
        else waiting()
      })
      socket.once('secureConnect', waiting)
    })
    outgoing.on('error', (error) => {
      const code = codeOf(error)
      switch (stage) {
        case 'connecting':
          return fail('connect_failed', `Cannot connect to ${address} (${code}).`)
        case 'agreeing on TLS':
          return fail('tls_failed', `TLS with ${hostOf(url)} failed (${code}).`)
        default:
          return fail('connection_lost', `The connection broke while ${stage} (${code}).`)
      }
    })
    outgoing.on('response', (response) => {
      stage = 'reading the answer'
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > mostBytes) return fail('answer_too_large', `The answer is larger than ${mostBytes / 1024} KiB.`)
        chunks.push(chunk)
      })
      response.on('error', (error) =>
        fail('connection_lost', `The connection broke while ${stage} (${codeOf(error)}).`),
      )
      response.on('end', () =>
        done({
          answered: true,
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks, length),
          address,
          ...retryAfter(response.headers['retry-after']),
        }),
      )
    })
    outgoing.end(request.body)
  })
}

/** RFC 9110 §10.2.3: seconds, or a date, which counts from now. */
function retryAfter(header: string | undefined): { retryAfterSeconds?: number } {
  if (header === undefined) return {}
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000
  return Number.isFinite(seconds) ? { retryAfterSeconds: Math.max(Math.ceil(seconds), 0) } : {}
}

/** What DNS says meanwhile does not matter: the answer is what was checked. */
function lookupOf(addresses: ResolvedAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses
    if (options.all === true) return callback(null, addresses)
    if (first === undefined) return callback(new Error('no address'), '', 4)
    return callback(null, first.address, first.family)
  }
}
