/** What relying parties do with a published CRL or OCSP answer: see that the right authority signed it, and read it. */
import { parseCertificate, verifyCertificateSignature } from './certificate'
import { type CrlHeader, parseCrlHeader } from './crl'
import { constructedContext, DerError, DerReader, parseDer, TAG, type Tlv } from './der'
import { octetsOfBits, smallNumberOf } from './der-values'
import { sequence } from './der-write'
import { parsePublicKey } from './key'
import { type CertStatus, encodeCertIds, issuerKeys, parseResponseData } from './ocsp'
import { OID } from './oid'
import { parseAlgorithm, signatureScheme, verifySignature } from './signature'

interface SigningAuthority {
  subjectDer: Uint8Array
  spki: Uint8Array
}

/** A CRL of any size. Throws DerError for what its issuer did not sign. */
export function verifiedCrl(der: Uint8Array, issuer: SigningAuthority): CrlHeader {
  const header = parseCrlHeader(der)
  const reader = new DerReader(der).next(TAG.sequence).open()
  const tbs = reader.next(TAG.sequence)
  if (!isSigned(tbs, reader.next(TAG.sequence), reader.next(TAG.bitString), issuer.spki))
    throw new DerError('not signed by its issuer')
  if (Buffer.compare(header.issuerDer, issuer.subjectDer) !== 0) throw new DerError('a CRL of another issuer')
  return header
}

/** An OCSP request with the SHA-1 CertID that FreeRADIUS and most other servers send. */
export function ocspQuestion(issuer: SigningAuthority, serial: string): Uint8Array {
  const key = issuerKeys(issuer).find(({ hash }) => hash === 'sha1')
  const [certId] = key ? encodeCertIds(key, serial) : []
  if (certId === undefined) throw new Error('no CertID by SHA-1')
  return sequence(sequence(sequence(sequence(certId))))
}

export interface ReadOcspAnswer {
  status: CertStatus['status']
  thisUpdate: Date
  nextUpdate: Date
  /** End of the responder's certificate. */
  responderNotAfter: Date
}

/** Throws DerError for an error status, and for what neither the issuer nor a responder of its signed. */
export function verifiedOcspAnswer(der: Uint8Array, issuer: SigningAuthority): ReadOcspAnswer {
  const outer = parseDer(der).open()
  if (smallNumberOf(outer.next(TAG.enumerated).content) !== 0) throw new DerError('an answer without a status')
  const bytes = outer.next(constructedContext(0)).open().next(TAG.sequence).open()
  bytes.next(TAG.oid)
  const basic = parseDer(bytes.next(TAG.octetString).content).open()
  const tbs = basic.next(TAG.sequence)
  const algorithm = basic.next(TAG.sequence)
  const signature = basic.next(TAG.bitString)
  const certificates = basic.next(constructedContext(0)).open().next(TAG.sequence).children(3)
  const responder = certificates[0]?.bytes
  if (responder === undefined || !verifyCertificateSignature(responder, issuer.spki))
    throw new DerError('a responder that its issuer does not know')
  const { spki, notAfter, extendedKeyUsage } = parseCertificate(responder)
  if (!extendedKeyUsage.includes(OID.ocspSigning)) throw new DerError('a responder that may not answer')
  if (!isSigned(tbs, algorithm, signature, spki)) throw new DerError('not signed by its responder')
  const [single] = parseResponseData(tbs.bytes).responses
  if (single === undefined) throw new DerError('an answer about nothing')
  return {
    status: single.status.status,
    thisUpdate: single.thisUpdate,
    nextUpdate: single.nextUpdate,
    responderNotAfter: notAfter,
  }
}

function isSigned(tbs: Tlv, algorithm: Tlv, signature: Tlv, spki: Uint8Array): boolean {
  const scheme = signatureScheme(parseAlgorithm(algorithm))
  return verifySignature(scheme, parsePublicKey(spki), tbs.bytes, octetsOfBits(signature.content))
}
