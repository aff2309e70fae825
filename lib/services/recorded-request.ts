/** A certificate request as far as a policy judges it, from a CSR or from what the flight recorder kept of one. */
import type { Csr } from '@/lib/pki/csr'
import { DerError } from '@/lib/pki/der'
import { parsePublicKey } from '@/lib/pki/key'
import { parseName } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { parseSan } from '@/lib/pki/san'
import type { Json } from './audit'

export type JudgedRequest = Pick<Csr, 'subject' | 'subjectDer' | 'san' | 'spki' | 'publicKey' | 'requestedExtensions'>

/** Null when nothing was kept, or by a version that kept it otherwise. */
export function recordedRequest(parts: Json | undefined): JudgedRequest | null {
  if (!isMembers(parts)) return null
  const { subject, spki, extensions } = parts
  if (typeof subject !== 'string' || typeof spki !== 'string' || !Array.isArray(extensions)) return null
  const requestedExtensions = extensions.flatMap((extension) => {
    if (!isMembers(extension)) return []
    const { oid, critical, value } = extension
    return typeof oid === 'string' && typeof value === 'string'
      ? [{ oid, critical: critical === true, value: bytesOf(value) }]
      : []
  })
  try {
    const subjectDer = bytesOf(subject)
    const san = requestedExtensions.find(({ oid }) => oid === OID.subjectAltName)
    return {
      subjectDer,
      subject: parseName(subjectDer),
      spki: bytesOf(spki),
      publicKey: parsePublicKey(bytesOf(spki)),
      requestedExtensions,
      san: san === undefined ? [] : parseSan(san.value, 'refuse'),
    }
  } catch (error) {
    if (error instanceof DerError) return null
    throw error
  }
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}

function isMembers(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
