/** How messages lie on the signer's socket: two lengths, a JSON header, and one body of bytes that is never a string. */
import type { Writable } from 'node:stream'

export const MAX_HEADER_BYTES = 4 * 1024
export const MAX_BODY_BYTES = 256 * 1024
/** A CRL of more than a million entries; nothing else may be larger than MAX_BODY_BYTES. */
export const MAX_CRL_BYTES = 64 * 1024 * 1024
const LENGTHS_BYTES = 8

export interface Frame {
  /** Parsed JSON, not checked further. */
  header: unknown
  body: Buffer
}

/** The peer does not speak our protocol, or not within its limits; there is no way back into step but to hang up. */
export class FrameError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'FrameError'
  }
}

/** Writes a message. Those of one turn leave together: for small ones, entering the kernel is what costs. */
export function sendFrame(socket: Writable, header: object, body: Uint8Array): void {
  socket.cork()
  process.nextTick(() => socket.uncork())
  const head = frameHead(header, body.length)
  if (body.length > COPIED_BYTES) {
    socket.write(head)
    socket.write(body)
  } else socket.write(body.length === 0 ? head : Buffer.concat([head, body]))
}

const COPIED_BYTES = 4 * 1024

/** [header length, body length: 32 bits each, big-endian] [header: UTF-8 JSON] [body] */
export function frameHead(header: object, bodyLength: number): Buffer {
  const json = Buffer.from(JSON.stringify(header), 'utf8')
  if (json.length > MAX_HEADER_BYTES || bodyLength > MAX_CRL_BYTES) throw new FrameError('too large to send')
  const lengths = Buffer.alloc(LENGTHS_BYTES)
  lengths.writeUInt32BE(json.length, 0)
  lengths.writeUInt32BE(bodyLength, 4)
  return Buffer.concat([lengths, json])
}

/**
 * Cuts a stream into frames. Memory grows only with bytes that arrived, never with a length that was claimed, and
 * `admit` is asked for each header before its body is kept.
 */
export class FrameReader {
  readonly #admit: (header: unknown, bodyLength: number) => boolean
  #chunks: Buffer[] = []
  #buffered = 0
  #needed = LENGTHS_BYTES
  #lengths: { header: number; body: number } | undefined
  #header: unknown

  constructor(admit: (header: unknown, bodyLength: number) => boolean) {
    this.#admit = admit
  }

  /** True when a message has begun and not ended. */
  get midway(): boolean {
    return this.#buffered > 0 || this.#lengths !== undefined
  }

  *push(chunk: Buffer): Generator<Frame> {
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
    while (this.#buffered >= this.#needed) {
      const frame = this.#advance()
      if (frame !== undefined) yield frame
    }
  }

  #advance(): Frame | undefined {
    if (this.#lengths === undefined) {
      const bytes = this.#take(LENGTHS_BYTES)
      const lengths = { header: bytes.readUInt32BE(0), body: bytes.readUInt32BE(4) }
      if (lengths.header < 2 || lengths.header > MAX_HEADER_BYTES) throw new FrameError('header length out of bounds')
      if (lengths.body > MAX_CRL_BYTES) throw new FrameError('body length out of bounds')
      this.#lengths = lengths
      this.#needed = lengths.header
      return undefined
    }
    if (this.#header === undefined) {
      this.#header = parseJson(this.#take(this.#lengths.header))
      if (!this.#admit(this.#header, this.#lengths.body)) throw new FrameError('body too long for its call')
      this.#needed = this.#lengths.body
      return undefined
    }
    const frame = { header: this.#header, body: this.#take(this.#lengths.body) }
    this.#lengths = undefined
    this.#header = undefined
    this.#needed = LENGTHS_BYTES
    return frame
  }

  #take(length: number): Buffer {
    const all =
      this.#chunks.length === 1 && this.#chunks[0] !== undefined ? this.#chunks[0] : Buffer.concat(this.#chunks)
    const rest = all.subarray(length)
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#buffered = rest.length
    return all.subarray(0, length)
  }
}

function parseJson(bytes: Buffer): unknown {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new FrameError('header is not JSON')
  }
  if (typeof value !== 'object' || value === null) throw new FrameError('header is not an object')
  return value
}
