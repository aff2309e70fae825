/** OCSP responses (RFC 6960 §4.2 in the profile of RFC 9919): what is signed, read back, and put together. */
import { createHash } from 'node:crypto'
import { REVOCATION_REASON_NUMBER, type RevocationReasonName } from './crl'
import { constructedContext, DerError, type DerReader, parseDer, primitiveContext, TAG, type Tlv } from './der'
import { oidOf, smallNumberOf } from './der-values'
import { bitString, context, encode, nullValue, octetString, oid, sequence } from './der-write'
import { keyBits, keyIdentifier } from './key'
import { type CertId, type OcspHash, parseCertId } from './ocsp-request'
import { OID } from './oid'
import { encodeSerial } from './serial'
import { encodeGeneralizedTime, timeOf } from './time'

export type CertStatus =
  | { status: 'good' }
  | { status: 'revoked'; at: Date; reason: RevocationReasonName }
  | { status: 'unknown' }

export interface SingleResponse {
  certId: Uint8Array
  status: CertStatus
  thisUpdate: Date
  nextUpdate: Date
}

export interface ResponseData {
  /** SHA-1 of the responder's public key: the byKey form, which RFC 9919 asks of new responders. */
  responderKeyHash: Uint8Array
  producedAt: Date
  responses: SingleResponse[]
  /** The whole extension as it came in the request. */
  nonce: Uint8Array | null
}

/** Errors carry no signature: the whole response is its status (RFC 6960 §2.3). */
const ERROR_STATUS = { malformedRequest: 1, internalError: 2, tryLater: 3, sigRequired: 5, unauthorized: 6 } as const
export type OcspError = keyof typeof ERROR_STATUS

export function ocspError(error: OcspError): Uint8Array {
  return sequence(encode(TAG.enumerated, Uint8Array.of(ERROR_STATUS[error])))
}

const HASHES: readonly OcspHash[] = ['sha1', 'sha256', 'sha384', 'sha512']

export interface IssuerKey {
  hash: OcspHash
  /** See CertId.issuer. */
  issuer: string
}

/** What a CertID may call this issuer by, one for each hash. */
export function issuerKeys({ subjectDer, spki }: { subjectDer: Uint8Array; spki: Uint8Array }): IssuerKey[] {
  const bits = keyBits(spki)
  return HASHES.map((hash) => {
    const digest = (bytes: Uint8Array) => octetString(createHash(hash).update(bytes).digest())
    return { hash, issuer: Buffer.concat([digest(subjectDer), digest(bits)]).toString('latin1') }
  })
}

/** The CertIDs that a certificate can be asked for by with this hash: with NULL as its parameters, and without. */
export function encodeCertIds({ hash, issuer }: IssuerKey, serial: string): Uint8Array[] {
  const rest = [Buffer.from(issuer, 'latin1'), encodeSerial(serial)]
  return [[nullValue()], []].map((parameters) => sequence(sequence(oid(OID[hash]), ...parameters), ...rest))
}

export const responderKeyHash = (spki: Uint8Array): Uint8Array => keyIdentifier(spki)

/** ResponseData: the bytes that are signed. Times lose their fractions, which some relying parties choke on. */
export function buildResponseData({
  responderKeyHash: keyHash,
  producedAt,
  responses,
  nonce,
}: ResponseData): Uint8Array {
  return sequence(
    context(2, octetString(keyHash)),
    encodeGeneralizedTime(producedAt),
    sequence(...responses.map(encodeSingle)),
    ...(nonce === null ? [] : [context(1, sequence(nonce))]),
  )
}

function encodeSingle({ certId, status, thisUpdate, nextUpdate }: SingleResponse): Uint8Array {
  return sequence(
    certId,
    encodeStatus(status),
    encodeGeneralizedTime(thisUpdate),
    context(0, encodeGeneralizedTime(nextUpdate)),
  )
}

function encodeStatus(status: CertStatus): Uint8Array {
  switch (status.status) {
    case 'good':
      return encode(primitiveContext(0))
    case 'unknown':
      return encode(primitiveContext(2))
    case 'revoked': {
      const number = REVOCATION_REASON_NUMBER[status.reason]
      // `unspecified` is said by saying nothing, as on a CRL.
      const reason = number === 0 ? [] : [context(0, encode(TAG.enumerated, Uint8Array.of(number)))]
      return encode(constructedContext(1), encodeGeneralizedTime(status.at), ...reason)
    }
  }
}

/** Responders have P-256 keys. */
const SIGNATURE_ALGORITHM = sequence(oid(OID.ecdsaWithSHA256))
const SUCCESSFUL = encode(TAG.enumerated, Uint8Array.of(0))
const BASIC = oid(OID.ocspBasic)

/** `certs` of a BasicOCSPResponse: the responder's, and nothing else. */
export const responderCertificates = (der: Uint8Array): Uint8Array => context(0, sequence(der))

/** The OCSPResponse; its last bytes are `certificates`. */
export function assembleOcspResponse(parts: {
  tbs: Uint8Array
  signature: Uint8Array
  certificates: Uint8Array
}): Uint8Array {
  const basic = sequence(parts.tbs, SIGNATURE_ALGORITHM, bitString(parts.signature), parts.certificates)
  return sequence(SUCCESSFUL, context(0, sequence(BASIC, octetString(basic))))
}

/** Reads ResponseData as strictly as it is written, for whoever signs it. */
export function parseResponseData(tbs: Uint8Array): Omit<ResponseData, 'responses'> & {
  responses: (Omit<SingleResponse, 'certId'> & { certId: CertId })[]
} {
  const reader = parseDer(tbs, LIMITS).open()
  const responder = only(reader.next(constructedContext(2)), TAG.octetString).content
  const producedAt = timeOf(reader.next(TAG.generalizedTime))
  const responses = reader.next(TAG.sequence).children(MOST_RESPONSES).map(parseSingle)
  const extensions = reader.optional(constructedContext(1))
  reader.finish()
  return {
    responderKeyHash: responder,
    producedAt,
    responses,
    nonce: extensions && nonceOf(only(only(extensions, TAG.sequence), TAG.sequence)),
  }
}

/** Another extension could say something else about the answer than it says itself. */
function nonceOf(extension: Tlv): Uint8Array {
  if (oidOf(extension.open().next(TAG.oid).content) !== OID.ocspNonce)
    throw new DerError('an extension beside the nonce')
  return extension.bytes
}

const LIMITS = { maxBytes: 16_384, maxNodes: 1_000, maxDepth: 12 }
const MOST_RESPONSES = 20

function parseSingle(single: Tlv): Omit<SingleResponse, 'certId'> & { certId: CertId } {
  if (single.tag !== TAG.sequence) throw new DerError('a SingleResponse is a SEQUENCE')
  const reader = single.open()
  const certId = parseCertId(reader.next(TAG.sequence))
  const status = parseStatus(reader)
  const thisUpdate = timeOf(reader.next(TAG.generalizedTime))
  const nextUpdate = timeOf(only(reader.next(constructedContext(0)), TAG.generalizedTime))
  reader.finish()
  return { certId, status, thisUpdate, nextUpdate }
}

function parseStatus(reader: DerReader): CertStatus {
  const value = reader.next()
  if (value.tag === primitiveContext(0) && value.content.length === 0) return { status: 'good' }
  if (value.tag === primitiveContext(2) && value.content.length === 0) return { status: 'unknown' }
  if (value.tag !== constructedContext(1)) throw new DerError('not a CertStatus')
  const revoked = value.open()
  const at = timeOf(revoked.next(TAG.generalizedTime))
  const field = revoked.optional(constructedContext(0))
  revoked.finish()
  const number = field === null ? 0 : smallNumberOf(only(field, TAG.enumerated).content)
  const reason = REASONS.get(number)
  if (reason === undefined || (field !== null && number === 0)) throw new DerError('not a reason of ours')
  return { status: 'revoked', at, reason }
}

const REASONS = new Map<number, RevocationReasonName>(
  Object.entries(REVOCATION_REASON_NUMBER).map(([name, number]) => [number, name as RevocationReasonName]),
)

/** The one value inside. */
function only(value: Tlv, tag: number): Tlv {
  const reader = value.open()
  const inner = reader.next(tag)
  reader.finish()
  return inner
}
