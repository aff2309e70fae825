/** The request for an issuer's certificate that somebody else signs (PKCS#10, RFC 2986). */
import { encodeSignatureAlgorithm, type SignatureAlgorithm } from './certificate'
import { bitString, context, integer, oid, sequence, setOf } from './der-write'
import { encodeExtensions } from './extension'
import { encodeBasicConstraints, encodeKeyUsage, encodeSubjectKeyIdentifier } from './extension-values'
import { keyIdentifier } from './key'
import { OID } from './oid'

/** CertificationRequestInfo: an authority below which there is none, with the extensions such a certificate needs. */
export function buildAuthorityRequestInfo({
  subjectDer,
  spki,
}: {
  subjectDer: Uint8Array
  spki: Uint8Array
}): Uint8Array {
  const extensions = encodeExtensions([
    { oid: OID.basicConstraints, critical: true, value: encodeBasicConstraints(true, 0) },
    { oid: OID.keyUsage, critical: true, value: encodeKeyUsage(['keyCertSign', 'cRLSign']) },
    { oid: OID.subjectKeyIdentifier, critical: false, value: encodeSubjectKeyIdentifier(keyIdentifier(spki)) },
  ])
  const attribute = sequence(oid(OID.extensionRequest), setOf([extensions]))
  return sequence(integer(0), subjectDer, spki, context(0, attribute))
}

export function assembleRequest(info: Uint8Array, algorithm: SignatureAlgorithm, signature: Uint8Array): Uint8Array {
  return sequence(info, encodeSignatureAlgorithm(algorithm), bitString(signature))
}
