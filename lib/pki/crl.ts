/** Certificate revocation lists (RFC 5280 §5), of any size: entries are written straight into one buffer. */
import { encodeSignatureAlgorithm, type SignatureAlgorithm } from './certificate'
import { constructedContext, DerError, DerReader, TAG, type Tlv } from './der'
import { integerOf, smallNumberOf } from './der-values'
import { bitString, context, encode, integer, sequence } from './der-write'
import { encodeExtensions, parseExtensions } from './extension'
import { encodeAuthorityKeyIdentifier, findExtension } from './extension-values'
import { OID } from './oid'
import { encodeSerial } from './serial'
import { encodeTime, timeOf } from './time'

/** CRLReason, RFC 5280 §5.3.1, without removeFromCRL, which only delta CRLs know. */
export const REVOCATION_REASON_NUMBER = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const

export type RevocationReasonName = keyof typeof REVOCATION_REASON_NUMBER

export interface RevokedEntry {
  /** Hex, as in Serial. */
  serial: string
  revokedAt: Date
  reason: RevocationReasonName
}

export interface TbsCertListOptions {
  issuerDer: Uint8Array
  authorityKeyId: Uint8Array
  number: bigint
  thisUpdate: Date
  nextUpdate: Date
  signature: SignatureAlgorithm
  entries: readonly RevokedEntry[]
}

export interface CrlHeader {
  issuerDer: Uint8Array
  number: bigint
  thisUpdate: Date
  nextUpdate: Date
}

export function buildTbsCertList(options: TbsCertListOptions): Uint8Array {
  const { entries } = options
  return sequence(
    integer(1),
    encodeSignatureAlgorithm(options.signature),
    options.issuerDer,
    encodeTime(options.thisUpdate),
    encodeTime(options.nextUpdate),
    // RFC 5280 §5.1.2.6: absent when nothing is revoked; an empty SEQUENCE is invalid.
    ...(entries.length > 0 ? [encodeEntries(entries)] : []),
    context(
      0,
      encodeExtensions([
        {
          oid: OID.authorityKeyIdentifier,
          critical: false,
          value: encodeAuthorityKeyIdentifier(options.authorityKeyId),
        },
        { oid: OID.crlNumber, critical: false, value: integer(options.number) },
      ]),
    ),
  )
}

/** The CertificateList: the algorithm outside is the one inside what was signed. */
export function assembleCrl(tbs: Uint8Array, signature: Uint8Array): Uint8Array {
  const reader = wholeSequence(tbs).open()
  reader.next(TAG.integer)
  return sequence(tbs, reader.next(TAG.sequence).bytes, bitString(signature))
}

/** Who says what until when, without looking at the entries. */
export function parseCrlHeader(der: Uint8Array): CrlHeader {
  const reader = wholeSequence(der).open()
  const tbs = reader.next(TAG.sequence)
  reader.next(TAG.sequence)
  reader.next(TAG.bitString)
  reader.finish()
  return parseTbsCertListHeader(tbs.bytes)
}

export function parseTbsCertListHeader(tbs: Uint8Array): CrlHeader {
  const reader = wholeSequence(tbs).open()
  if (smallNumberOf(reader.next(TAG.integer).content) !== 1) throw new DerError('not a version 2 CRL')
  reader.next(TAG.sequence)
  const issuerDer = reader.next(TAG.sequence).bytes
  const thisUpdate = timeOf(reader.next())
  const nextUpdate = timeOf(reader.next())
  reader.optional(TAG.sequence)
  const list = reader.next(constructedContext(0)).open()
  reader.finish()
  const extensions = parseExtensions(list.next(TAG.sequence))
  list.finish()
  const number = findExtension(extensions, OID.crlNumber)
  if (!number) throw new DerError('a CRL without a number')
  return { issuerDer, number: integerOf(new DerReader(number.value).next(TAG.integer).content), thisUpdate, nextUpdate }
}

/** `parseDer` would visit every entry; a header needs none of them. */
function wholeSequence(der: Uint8Array): Tlv {
  const reader = new DerReader(der)
  const root = reader.next(TAG.sequence)
  reader.finish()
  return root
}

/**
 * SEQUENCE OF { serial, revocationDate, reasonCode }: a hundred thousand entries cost one buffer, not as many objects.
 */
function encodeEntries(entries: readonly RevokedEntry[]): Uint8Array {
  const out = Buffer.allocUnsafe(entries.length * MAX_ENTRY_BYTES)
  let at = 0
  for (const { serial, revokedAt, reason } of entries) {
    const parts = [encodeSerial(serial), encodeTime(revokedAt), REASON_EXTENSION[reason]]
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length + 2 > MAX_ENTRY_BYTES) throw new DerError('a serial of more than 40 octets')
    out[at++] = TAG.sequence
    out[at++] = length
    for (const part of parts) {
      out.set(part, at)
      at += part.length
    }
  }
  return encode(TAG.sequence, out.subarray(0, at))
}

/** Serial of up to 40 octets, GeneralizedTime, reason. */
const MAX_ENTRY_BYTES = 80

/** crlEntryExtensions holding the reason. `unspecified` is said by saying nothing (RFC 5280 §5.3.1). */
function reasonExtension(number: number): Uint8Array {
  const value = encode(TAG.enumerated, Uint8Array.of(number))
  return number === 0 ? new Uint8Array() : encodeExtensions([{ oid: OID.reasonCode, critical: false, value }])
}

const REASON_EXTENSION = Object.fromEntries(
  Object.entries(REVOCATION_REASON_NUMBER).map(([name, number]) => [name, reasonExtension(number)]),
) as Readonly<Record<RevocationReasonName, Uint8Array>>
