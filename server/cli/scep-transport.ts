/** SCEP over HTTP from the client's side (RFC 8894 §4.1): three requests, and what went wrong in plain words. */
import { CommandFault } from './command'

const PATIENCE_MS = 30_000
/** A chain or a CertRep is a few kilobytes. */
const MOST_BYTES = 1024 * 1024

/** What a server says it can do: keywords in upper case, each with its spelling. */
export type Capabilities = ReadonlyMap<string, string>

/** A server that does not answer GetCACaps has no capability (RFC 8894 §3.5.2). */
export async function getCaCaps(url: URL): Promise<Capabilities> {
  const answer = await ask(operationUrl(url, 'GetCACaps'))
  if (answer.status !== 200) return new Map()
  const lines = Buffer.from(answer.body)
    .toString('latin1')
    .split(/[\r\n]+/)
  const keywords = lines.map((line) => line.trim()).filter((line) => line !== '')
  return new Map(keywords.map((keyword) => [keyword.toUpperCase(), keyword]))
}

/** Bytes of GetCACert: one certificate, or a chain in a degenerate SignedData. */
export async function getCaCert(url: URL): Promise<Uint8Array> {
  const { status, body, contentType } = await ask(operationUrl(url, 'GetCACert'))
  if (status === 404) throw new CommandFault('no_endpoint', `There is no SCEP endpoint at ${url.href}.`)
  if (status !== 200) throw unexpected('GetCACert', status)
  if (!contentType.startsWith('application/x-x509-ca-')) {
    throw new CommandFault(
      'not_scep',
      `${url.href} answers, but not as SCEP: it sent ${contentType || 'no content type'}.`,
    )
  }
  return body
}

/** Sends a pkiMessage, by POST where the server knows it and by GET where not. */
export async function pkiOperation(url: URL, message: Uint8Array, post: boolean): Promise<Uint8Array> {
  const address = operationUrl(url, 'PKIOperation')
  const answer = post
    ? await ask(address, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-pki-message', 'User-Agent': 'latchkey' },
        body: Buffer.from(message),
      })
    : await ask(`${address}&message=${encodeURIComponent(Buffer.from(message).toString('base64'))}`)
  const { status, contentType, body } = answer
  if (status === 429)
    throw new CommandFault('rate_limited', 'The server has had too many requests from here. Try again in some minutes.')
  if (status !== 200) throw unexpected('PKIOperation', status)
  if (contentType !== 'application/x-pki-message') {
    throw new CommandFault('not_scep', `The server answered PKIOperation with ${contentType || 'no content type'}.`)
  }
  return body
}

export function scepUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  throw new CommandFault('bad_url', `"${text}" is no http or https URL. Copy the SCEP URL from the endpoint's page.`)
}

/** Whether it is certain that a request never reached a server, so that nothing can have been issued. */
export class NoAnswer extends CommandFault {
  constructor(sentence: string) {
    super('no_answer', sentence)
  }
}

function operationUrl(url: URL, operation: string): string {
  const address = new URL(url)
  address.hash = ''
  // A GetCACert without a message parameter is what the RFC says; some servers insist on one, ours does not.
  address.search = address.search === '' ? `operation=${operation}` : `${address.search}&operation=${operation}`
  return address.href
}

interface Answer {
  status: number
  contentType: string
  body: Uint8Array
}

async function ask(address: string, init: RequestInit = {}): Promise<Answer> {
  try {
    const response = await fetch(address, { ...init, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) })
    const contentType = response.headers.get('content-type')?.trim().toLowerCase() ?? ''
    return { status: response.status, contentType, body: await bounded(response) }
  } catch (error) {
    if (error instanceof CommandFault) throw error
    throw new NoAnswer(`${new URL(address).origin} does not answer${causeOf(error)}.`)
  }
}

async function bounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  if (response.body === null) return new Uint8Array()
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MOST_BYTES) throw new CommandFault('not_scep', 'The server sent far more than SCEP needs.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

function unexpected(operation: string, status: number): CommandFault {
  const why = status === 503 ? ': a part of it is not available now. Try again in a minute' : ''
  return new CommandFault('server_refused', `The server answered ${operation} with HTTP status ${status}${why}.`)
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if (error.name === 'TimeoutError') return ` within ${PATIENCE_MS / 1000} seconds`
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ECONNREFUSED') return ': nothing listens there'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return ': the name is unknown'
  return typeof code === 'string' ? ` (${code})` : ''
}
