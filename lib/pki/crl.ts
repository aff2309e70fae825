/** Certificate revocation lists (RFC 5280 §5), of any size. */
import { encodeSignatureAlgorithm, type SignatureAlgorithm } from './certificate'
import { constructedContext, DerError, DerReader, TAG, type Tlv } from './der'
import { integerOf, smallNumberOf } from './der-values'
import { bitString, context, header, integer, sequence } from './der-write'
import { type Extension, encodeExtensions, parseExtensions } from './extension'
import { encodeAuthorityKeyIdentifier, encodeIssuingDistributionPoint, findExtension } from './extension-values'
import { OID } from './oid'
import type { CrlEntries } from './revoked-entries'
import { encodeTime, timeOf } from './time'

export {
  type CrlEntries,
  columnsOf,
  EntryWriter,
  entriesOf,
  REVOCATION_REASON_NUMBER,
  type RevocationReasonName,
  type RevokedColumns,
  type RevokedEntry,
} from './revoked-entries'

export interface TbsCertListOptions {
  issuerDer: Uint8Array
  authorityKeyId: Uint8Array
  number: bigint
  thisUpdate: Date
  nextUpdate: Date
  signature: SignatureAlgorithm
  entries: CrlEntries
  /** For a list of some of the issuer's certificates: the URL that each of them names, byte for byte. */
  shardUrl?: string | undefined
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
    ...(entries.count > 0 ? [header(TAG.sequence, entries.length), ...entries.pieces] : []),
    context(0, encodeExtensions(listExtensions(options))),
  )
}

function listExtensions({ authorityKeyId, number, shardUrl }: TbsCertListOptions): Extension[] {
  return [
    { oid: OID.authorityKeyIdentifier, critical: false, value: encodeAuthorityKeyIdentifier(authorityKeyId) },
    { oid: OID.crlNumber, critical: false, value: integer(number) },
    // Critical: who does not understand it must not take the shard for the whole list (§5.2.5).
    ...(shardUrl === undefined
      ? []
      : [{ oid: OID.issuingDistributionPoint, critical: true, value: encodeIssuingDistributionPoint(shardUrl) }]),
  ]
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
