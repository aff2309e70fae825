/** Recognises the signed attributes of a CertRep, so that a registration authority's key signs nothing else. */
import { parseDer, TAG, type Tlv } from '@/lib/pki/der'
import { oidOf, textOf } from '@/lib/pki/der-values'
import { OID } from '@/lib/pki/oid'

const CERT_REP = '3'
const LIMITS = { maxBytes: 65_536, maxNodes: 500, maxDepth: 8 }

/**
 * A DER SET OF Attribute (RFC 5652 §5.4) with the two attributes that CMS demands, and a messageType that says CertRep
 * (RFC 8894 §3.2.1.2), each once. It begins with 0x31, so it is never a TBSCertificate or TBSCertList, which are SEQUENCEs.
 */
export function isCertRep(signedAttributes: Uint8Array): boolean {
  try {
    const set = parseDer(signedAttributes, LIMITS)
    if (set.tag !== TAG.set) return false
    const attributes = set.children(32).map(readAttribute)
    const valuesOf = (type: string) =>
      attributes.filter((attribute) => attribute.type === type).flatMap(({ values }) => values)
    const [messageType, ...more] = valuesOf(OID.messageType)
    if (messageType === undefined || more.length > 0) return false
    if (messageType.tag !== TAG.printableString || textOf(messageType) !== CERT_REP) return false
    return valuesOf(OID.contentType).length === 1 && valuesOf(OID.messageDigest).length === 1
  } catch {
    return false
  }
}

function readAttribute(attribute: Tlv): { type: string; values: Tlv[] } {
  const reader = attribute.open()
  const type = oidOf(reader.next(TAG.oid).content)
  const values = reader.next(TAG.set).children(8)
  reader.finish()
  return { type, values }
}
