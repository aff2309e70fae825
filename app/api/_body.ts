/** Reads a JSON body within hard limits (security.md §14): bytes while they arrive, shape before it is parsed. */
import { TransportFault } from '@/app/api/_problem'

export const MAX_BODY_BYTES = 256 * 1024
const MAX_DEPTH = 20
const MAX_KEYS = 2_000
const MAX_ITEMS = 10_000
const MAX_STRING = 64 * 1024

const JSON_TYPE = /^application\/json(?: *; *charset="?utf-8"?)?$/i

/** The bytes of the body and the value they spell. An empty body is {}: whoever needs a field says so by schema. */
export async function readJson(request: Request): Promise<{ bytes: Uint8Array; value: unknown }> {
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding.trim().toLowerCase() !== 'identity') {
    throw new TransportFault('unsupported_media_type', 'Send the body without Content-Encoding.')
  }
  const bytes = await readBytes(request)
  if (bytes.length === 0) return { bytes, value: {} }
  if (!JSON_TYPE.test(request.headers.get('content-type')?.trim() ?? '')) {
    throw new TransportFault('unsupported_media_type', 'Send JSON with Content-Type: application/json.', {
      Accept: 'application/json',
    })
  }
  return { bytes, value: parseJson(decode(bytes)) }
}

export async function readBytes(request: Request): Promise<Uint8Array> {
  const tooLarge = () =>
    new TransportFault('payload_too_large', `A body may have ${MAX_BODY_BYTES / 1024} KiB at most.`)
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge()
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = request.body.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length
    if (length > MAX_BODY_BYTES) {
      await reader.cancel()
      throw tooLarge()
    }
    chunks.push(part.value)
  }
  return Buffer.concat(chunks, length)
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new TransportFault('malformed_request', 'The body is not UTF-8.')
  }
}

/** JSON.parse, but not before depth, sizes and repeated names were checked: two parsers must never read two things. */
export function parseJson(json: string): unknown {
  checkShape(json)
  try {
    return JSON.parse(json)
  } catch {
    throw new TransportFault('malformed_request', 'The body is not valid JSON.')
  }
}

/**
 * One pass over the text, linear in its length. It need not judge grammar (JSON.parse does that next), so on text that
 * is no JSON it may find anything at all, but never runs long or deep.
 */
function checkShape(json: string): void {
  const open: (Set<string> | null)[] = []
  let keys = 0
  let items = 0
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (character === '"') {
      const end = endOfString(json, at)
      const names = open.at(-1)
      if (names && followedByColon(json, end)) {
        const name = nameOf(json.slice(at, end))
        if (names.has(name)) throw limit('names a field twice')
        names.add(name)
        if (++keys > MAX_KEYS) throw limit(`has more than ${MAX_KEYS} fields`)
      }
      at = end - 1
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : null)
      if (open.length > MAX_DEPTH) throw limit(`is nested deeper than ${MAX_DEPTH} levels`)
    } else if (character === '}' || character === ']') {
      open.pop()
    } else if (character === ',' && ++items > MAX_ITEMS) {
      throw limit(`has more than ${MAX_ITEMS} items`)
    }
  }
}

/** Index after the closing quote, or the end of the text. */
function endOfString(json: string, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  if (at - start > MAX_STRING) throw limit(`holds a string of more than ${MAX_STRING / 1024} KiB`)
  return Math.min(at + 1, json.length)
}

function followedByColon(json: string, from: number): boolean {
  let at = from
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at++
  return json[at] === ':'
}

/** "\u0061" and "a" are the same name. */
function nameOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return String(JSON.parse(quoted))
  } catch {
    throw new TransportFault('malformed_request', 'The body is not valid JSON.')
  }
}

function limit(what: string): TransportFault {
  return new TransportFault('malformed_request', `The body ${what}.`)
}
