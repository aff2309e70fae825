/** Whole HTTP requests as bytes, made before the clock starts. */
import { createHash, randomBytes } from 'node:crypto'
import { certId, ocspRequest } from '@/e2e/fixtures/ocsp-requests'

export interface Question {
  path: string
  /** OCSPRequest, DER. */
  der: Uint8Array
}

const HOST = 'Host: 127.0.0.1\r\n'

export function byGet({ path, der }: Question): Buffer {
  const base64 = encodeURIComponent(Buffer.from(der).toString('base64'))
  return Buffer.from(`GET ${path}/${base64} HTTP/1.1\r\n${HOST}\r\n`)
}

export function byPost({ path, der }: Question): Buffer {
  const head = `POST ${path} HTTP/1.1\r\n${HOST}Content-Type: application/ocsp-request\r\nContent-Length: ${der.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), der])
}

export const forFile = (path: string): Buffer => Buffer.from(`GET ${path} HTTP/1.1\r\n${HOST}\r\n`)

/** The serials of bench/scep/seed.ts, less those that DER would write otherwise. */
export function seededSerials(count: number): string[] {
  return Array.from({ length: count }, (_, n) =>
    createHash('sha256').update(`bench ${n}`).digest('hex').slice(0, 32).toUpperCase(),
  ).filter((serial) => !serial.startsWith('00'))
}

export function questions(path: string, issuer: Uint8Array, serials: readonly string[], nonces = false): Question[] {
  return serials.map((serial) => ({
    path,
    der: ocspRequest([certId({ issuer, serial })], nonces ? { nonce: randomBytes(16) } : {}),
  }))
}
