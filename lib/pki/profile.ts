/** The extensions each kind of certificate carries. */
import { nullValue } from './der-write'
import type { Extension } from './extension'
import {
  encodeAuthorityInfoAccess,
  encodeAuthorityKeyIdentifier,
  encodeBasicConstraints,
  encodeCrlDistributionPoint,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeSubjectKeyIdentifier,
  type KeyUsage,
} from './extension-values'
import { keyIdentifier, parsePublicKey } from './key'
import { OID } from './oid'
import { encodeSan, type San } from './san'

/** What a certificate says about the authority that signed it. */
export interface IssuedBy {
  authorityKeyId: Uint8Array
  /** Where its CRL and its certificate are fetched and its OCSP responder answers, over plain HTTP. */
  crlUrl: string
  caUrl: string
  ocspUrl: string
}

/** No CDP, no AIA: nobody looks for the revocation of a trust anchor. */
export function rootExtensions(spki: Uint8Array): Extension[] {
  return [critical(OID.basicConstraints, encodeBasicConstraints(true)), authorityUsage(), subjectKeyId(spki)]
}

/**
 * No EKU: with OCSPSigning in it, the issuer would be a delegated responder of the root (RFC 6960 §4.2.2.2). One that
 * answers SCEP itself needs the usages of a registration authority too: Apple and Windows look for them.
 */
export function issuerExtensions(options: IssuedBy & { spki: Uint8Array; answersScep?: boolean }): Extension[] {
  return [
    critical(OID.basicConstraints, encodeBasicConstraints(true, 0)),
    options.answersScep ? keyUsage('digitalSignature', 'keyEncipherment', 'keyCertSign', 'cRLSign') : authorityUsage(),
    subjectKeyId(options.spki),
    ...issuedBy(options),
  ]
}

/**
 * Signs replies and opens envelopes. serverAuth is the EKU Windows looks for; the request agent's OID would let the
 * key's holder enrol for others where an AD forest trusts it.
 */
export function raExtensions(options: IssuedBy & { spki: Uint8Array }): Extension[] {
  return [
    critical(OID.basicConstraints, encodeBasicConstraints(false)),
    keyUsage('digitalSignature', 'keyEncipherment'),
    plain(OID.extendedKeyUsage, encodeExtendedKeyUsage([OID.serverAuth])),
    subjectKeyId(options.spki),
    ...issuedBy(options),
  ]
}

export function leafExtensions(
  options: IssuedBy & {
    spki: Uint8Array
    san: readonly San[]
    extendedKeyUsage: readonly string[]
    subjectEmpty: boolean
  },
): Extension[] {
  const { spki, san, extendedKeyUsage, subjectEmpty } = options
  const isRsa = parsePublicKey(spki).algorithm === 'RSA'
  return [
    critical(OID.basicConstraints, encodeBasicConstraints(false)),
    isRsa ? keyUsage('digitalSignature', 'keyEncipherment') : keyUsage('digitalSignature'),
    plain(OID.extendedKeyUsage, encodeExtendedKeyUsage(extendedKeyUsage)),
    subjectKeyId(spki),
    ...issuedBy(options),
    // RFC 5280 §4.2.1.6: critical if and only if the subject is empty.
    ...(san.length > 0 ? [{ oid: OID.subjectAltName, critical: subjectEmpty, value: encodeSan(san) }] : []),
  ]
}

/**
 * Signs OCSP answers in an authority's name (RFC 6960 §4.2.2.2). Nobody asks whether it is revoked itself: that is what
 * ocsp-nocheck says, and why it lives for a few days and names no CRL and no responder.
 */
export function ocspResponderExtensions(options: { spki: Uint8Array; authorityKeyId: Uint8Array }): Extension[] {
  return [
    critical(OID.basicConstraints, encodeBasicConstraints(false)),
    keyUsage('digitalSignature'),
    plain(OID.extendedKeyUsage, encodeExtendedKeyUsage([OID.ocspSigning])),
    plain(OID.ocspNoCheck, nullValue()),
    subjectKeyId(options.spki),
    plain(OID.authorityKeyIdentifier, encodeAuthorityKeyIdentifier(options.authorityKeyId)),
  ]
}

/** Signs configuration profiles. For mail, the nearest there is: code that it signed would be run where the root is trusted. */
export function profileSignerExtensions(options: IssuedBy & { spki: Uint8Array }): Extension[] {
  return [
    critical(OID.basicConstraints, encodeBasicConstraints(false)),
    keyUsage('digitalSignature'),
    plain(OID.extendedKeyUsage, encodeExtendedKeyUsage([OID.emailProtection])),
    subjectKeyId(options.spki),
    ...issuedBy(options),
  ]
}

function issuedBy({ authorityKeyId, crlUrl, caUrl, ocspUrl }: IssuedBy): Extension[] {
  return [
    plain(OID.authorityKeyIdentifier, encodeAuthorityKeyIdentifier(authorityKeyId)),
    plain(OID.crlDistributionPoints, encodeCrlDistributionPoint(crlUrl)),
    plain(OID.authorityInfoAccess, encodeAuthorityInfoAccess({ ocspUrl, caUrl })),
  ]
}

const authorityUsage = (): Extension => keyUsage('keyCertSign', 'cRLSign')
const keyUsage = (...usages: KeyUsage[]): Extension => critical(OID.keyUsage, encodeKeyUsage(usages))
const critical = (oid: string, value: Uint8Array): Extension => ({ oid, critical: true, value })
const plain = (oid: string, value: Uint8Array): Extension => ({ oid, critical: false, value })

function subjectKeyId(spki: Uint8Array): Extension {
  return plain(OID.subjectKeyIdentifier, encodeSubjectKeyIdentifier(keyIdentifier(spki)))
}
