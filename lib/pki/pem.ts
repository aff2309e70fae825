/** PEM (RFC 7468): text armour around DER. */
import { DerError } from './der'

export function toPem(der: Uint8Array, label = 'CERTIFICATE'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
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
