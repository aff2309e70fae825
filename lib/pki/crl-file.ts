/** A revocation list that somebody else made (RFC 5280 §5): what it says, and whether the authority's key signed it. */
import { type CrlHeader, parseTbsCertListHeader } from './crl'
import { constructedContext, DerError, type DerLimits, parseDer, TAG, type Tlv } from './der'
import { octetsOfBits, smallNumberOf } from './der-values'
import { type Extension, parseExtensions } from './extension'
import { findExtension } from './extension-values'
import { parsePublicKey } from './key'
import { OID } from './oid'
import { type Serial, serialOf } from './serial'
import { parseAlgorithm, signatureName, signatureScheme, verifySignature } from './signature'
import { timeOf } from './time'

export interface CrlFile extends CrlHeader {
  der: Uint8Array
  signatureAlgorithm: string
  extensions: Extension[]
  entries: { serial: Serial; revokedAt: Date /** CRLReason. */; reason: number }[]
}

/** The list of a root names issuers, not devices: some thousand entries are far above any. */
const LIMITS: DerLimits = { maxBytes: 262_144, maxNodes: 40_000, maxDepth: 16 }
const MAX_ENTRIES = 5_000

/** Throws DerError; the signature is not looked at. */
export function parseCrl(der: Uint8Array): CrlFile {
  const { tbs, algorithm } = parseOuter(der)
  const header = parseTbsCertListHeader(tbs.bytes)
  const fields = tbs.open()
  fields.next(TAG.integer)
  if (Buffer.compare(fields.next(TAG.sequence).bytes, algorithm.bytes) !== 0)
    throw new DerError('two different signature algorithms')
  fields.next(TAG.sequence)
  fields.next()
  fields.next()
  const revoked = fields.optional(TAG.sequence)
  const extensions = parseExtensions(fields.next(constructedContext(0)).open().next(TAG.sequence))
  return {
    ...header,
    der,
    signatureAlgorithm: signatureName(parseAlgorithm(algorithm)),
    extensions,
    entries: revoked?.children(MAX_ENTRIES).map(parseEntry) ?? [],
  }
}

export function verifyCrlSignature(der: Uint8Array, issuerSpki: Uint8Array): boolean {
  const { tbs, algorithm, signature } = parseOuter(der)
  return verifySignature(signatureScheme(parseAlgorithm(algorithm)), parsePublicKey(issuerSpki), tbs.bytes, signature)
}

function parseOuter(der: Uint8Array): { tbs: Tlv; algorithm: Tlv; signature: Uint8Array } {
  const root = parseDer(der, LIMITS)
  if (root.tag !== TAG.sequence) throw new DerError('a CRL is a SEQUENCE')
  const reader = root.open()
  const tbs = reader.next(TAG.sequence)
  const algorithm = reader.next(TAG.sequence)
  const signature = octetsOfBits(reader.next(TAG.bitString).content)
  reader.finish()
  return { tbs, algorithm, signature }
}

function parseEntry(entry: Tlv): CrlFile['entries'][number] {
  const fields = entry.open()
  const serial = serialOf(fields.next(TAG.integer).content)
  const revokedAt = timeOf(fields.next())
  const list = fields.optional(TAG.sequence)
  fields.finish()
  const extensions = list ? parseExtensions(list) : []
  // A certificateIssuer would make it the entry of somebody else's certificate (§5.3.3).
  if (extensions.some(({ oid, critical }) => critical && oid !== OID.reasonCode))
    throw new DerError('an entry with a critical extension', 'unsupported')
  const code = findExtension(extensions, OID.reasonCode)
  return { serial, revokedAt, reason: code ? reasonOf(code.value) : 0 }
}

function reasonOf(value: Uint8Array): number {
  const code = parseDer(value)
  if (code.tag !== TAG.enumerated) throw new DerError('a reason that is no ENUMERATED')
  return smallNumberOf(code.content)
}
