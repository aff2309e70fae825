/** PEM (RFC 7468): text armour around DER. */
import { setImmediate } from 'node:timers/promises'
import { DerError } from './der'

export function toPem(der: Uint8Array, label = 'CERTIFICATE'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** 48 octets are a line of 64 characters: these are some thousand lines at a time. */
const SLICE_BYTES = 48 * 4096

/** The same as bytes, a slice at a time: what is armoured here may be a list of megabytes. */
export async function toPemBytes(der: Uint8Array, label: string): Promise<Uint8Array> {
  const source = Buffer.from(der.buffer, der.byteOffset, der.length)
  const parts = [Buffer.from(`-----BEGIN ${label}-----\n`)]
  for (let at = 0; at < source.length; at += SLICE_BYTES) {
    if (at > 0) await setImmediate()
    const base64 = source.toString('base64', at, Math.min(at + SLICE_BYTES, source.length))
    parts.push(Buffer.from(base64.replace(/.{1,64}/g, '$&\n')))
  }
  return Buffer.concat([...parts, Buffer.from(`-----END ${label}-----\n`)])
}

/** Every block in the text, whatever its label and whatever stands between. A linear scan; at most 10 blocks. */
export function fromPem(pem: string): Uint8Array[] {
  const blocks: Uint8Array[] = []
  let body: string[] | null = null
  for (const line of pem.split('\n')) {
    const text = line.trim()
    if (text.startsWith('-----BEGIN ')) body = []
    else if (text.startsWith('-----END ')) {
      if (body === null) throw new DerError('a PEM block ends before it begins')
      blocks.push(decode(body.join('')))
      body = null
      if (blocks.length > 10) throw new DerError('more than 10 PEM blocks', 'limit')
    } else body?.push(text)
  }
  if (body !== null) throw new DerError('a PEM block does not end')
  return blocks
}

function decode(base64: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0) throw new DerError('not PEM')
  return Buffer.from(base64, 'base64')
}
