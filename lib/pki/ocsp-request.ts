/** OCSP requests (RFC 6960 §4.1), read strictly: whatever is not exactly one is refused with a DerError. */
import { constructedContext, DerError, type DerReader, parseDer, TAG, type Tlv } from './der'
import { booleanOf, oidOf, smallNumberOf } from './der-values'
import { OID } from './oid'
import { type Serial, serialOf } from './serial'
import type { Hash } from './signature'

export interface CertId {
  /** The whole CertID: an answer repeats it byte for byte, for OpenSSL finds its answer by them. */
  bytes: Uint8Array
  /** Null for a hash that we do not answer for. */
  hash: OcspHash | null
  /** issuerNameHash and issuerKeyHash as they are written, as a key to look up by. */
  issuer: string
  /** Null for a negative number, which a sloppy client makes of a serial by leaving out its leading zero octet. */
  serial: Serial | null
}

export interface OcspRequest {
  certIds: CertId[]
  /** The whole extension, to be repeated as it came (RFC 9654). */
  nonce: Uint8Array | null
}

export type OcspHash = Exclude<Hash, 'sha224'>

/** A usual request has 87 bytes. */
const LIMITS = { maxBytes: 2_048, maxNodes: 600, maxDepth: 12 }
const MOST_CERT_IDS = 20
const MOST_EXTENSIONS = 10
/** RFC 9654 §2.1. */
const LONGEST_NONCE = 128

const HASHES: Readonly<Record<string, OcspHash>> = {
  [OID.sha1]: 'sha1',
  [OID.sha256]: 'sha256',
  [OID.sha384]: 'sha384',
  [OID.sha512]: 'sha512',
}

/**
 * Says what it likes to be answered with. We have one form of answer and one signature algorithm per responder, so there
 * is nothing to choose; but whoever marks it critical is understood.
 */
const UNDERSTOOD: readonly string[] = [OID.ocspNonce, OID.ocspAcceptableResponses, OID.ocspPreferredSignatures]

/** Signature and requestor's name are passed over (RFC 9919 §3.1.2): we answer everybody. */
export function parseOcspRequest(der: Uint8Array): OcspRequest {
  const outer = sequenceIn(parseDer(der, LIMITS))
  const tbs = sequenceIn(outer.next())
  outer.optional(constructedContext(0))
  outer.finish()
  checkVersion(tbs.optional(constructedContext(0)))
  tbs.optional(constructedContext(1))
  const certIds = tbs.next(TAG.sequence).children(MOST_CERT_IDS).map(certIdOf)
  if (certIds.length === 0) throw new DerError('a request for nothing')
  const extensions = tbs.optional(constructedContext(2))
  tbs.finish()
  return { certIds, nonce: extensions && nonceIn(extensions) }
}

/**
 * The CertID of a request that holds one and nothing beside it, as nearly all do; null for any other. What is in it is not
 * looked at: it serves to find what was answered to the same bytes before.
 */
export function onlyCertId(der: Uint8Array): Uint8Array | null {
  const { length } = der
  if (length < 10 || length > 129) return null
  // OCSPRequest, TBSRequest, requestList, Request, CertID: each fills the one around it.
  for (let at = 0; at <= 8; at += 2) if (der[at] !== TAG.sequence || der[at + 1] !== length - at - 2) return null
  return der.subarray(8)
}

function certIdOf(request: Tlv): CertId {
  const fields = sequenceIn(request)
  const certId = fields.next(TAG.sequence)
  const extensions = fields.optional(constructedContext(0))
  fields.finish()
  if (extensions !== null) for (const extension of extensionsIn(extensions)) refuseUnknownCritical(extension)
  return parseCertId(certId)
}

export function parseCertId(certId: Tlv): CertId {
  const fields = certId.open()
  const algorithm = fields.next(TAG.sequence).open()
  const hash = HASHES[oidOf(algorithm.next(TAG.oid).content)] ?? null
  algorithm.optional(TAG.null)
  algorithm.finish()
  const name = fields.next(TAG.octetString)
  const key = fields.next(TAG.octetString)
  const { content } = fields.next(TAG.integer)
  fields.finish()
  const { source } = certId
  return {
    bytes: certId.bytes,
    hash,
    issuer: Buffer.from(source.buffer, source.byteOffset + name.start, key.end - name.start).toString('latin1'),
    serial: (content[0] ?? 0x80) >= 0x80 ? null : serialOf(content),
  }
}

/** Written although it is the default: some do. */
function checkVersion(version: Tlv | null): void {
  if (version === null) return
  const reader = version.open()
  if (smallNumberOf(reader.next(TAG.integer).content) !== 0) throw new DerError('not version 1')
  reader.finish()
}

interface RequestExtension {
  bytes: Uint8Array
  oid: string
  critical: boolean
  value: Uint8Array
}

function nonceIn(field: Tlv): Uint8Array | null {
  let nonce: Uint8Array | null = null
  for (const extension of extensionsIn(field)) {
    refuseUnknownCritical(extension)
    if (extension.oid !== OID.ocspNonce) continue
    if (nonce !== null) throw new DerError('two nonces')
    const length = nonceLength(extension.value)
    if (length === 0 || length > LONGEST_NONCE) throw new DerError('a nonce of another length')
    nonce = extension.bytes
  }
  return nonce
}

/** Very old clients write the octets without the OCTET STRING that belongs around them. */
function nonceLength(value: Uint8Array): number {
  try {
    const wrapped = parseDer(value)
    return wrapped.tag === TAG.octetString ? wrapped.content.length : value.length
  } catch {
    return value.length
  }
}

function extensionsIn(field: Tlv): RequestExtension[] {
  const outer = field.open()
  const list = outer.next(TAG.sequence)
  outer.finish()
  return list.children(MOST_EXTENSIONS).map((entry) => {
    const reader = sequenceIn(entry)
    const oid = oidOf(reader.next(TAG.oid).content)
    const flag = reader.optional(TAG.boolean)
    const value = reader.next(TAG.octetString).content
    reader.finish()
    return { bytes: entry.bytes, oid, critical: flag !== null && booleanOf(flag.content), value }
  })
}

function refuseUnknownCritical({ oid, critical }: RequestExtension): void {
  if (critical && !UNDERSTOOD.includes(oid)) throw new DerError(`the critical extension ${oid}`)
}

function sequenceIn(value: Tlv): DerReader {
  if (value.tag !== TAG.sequence) throw new DerError('not a SEQUENCE')
  return value.open()
}
