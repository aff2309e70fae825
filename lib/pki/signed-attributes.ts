/** The signed attributes that CMS demands (RFC 5652 §5.3, §11), over content of type data. */
import { octetString, oid, sequence, setOf } from './der-write'
import { sha256 } from './digest'
import { OID } from './oid'
import { encodeTime } from './time'

/** DER SET OF, with the SHA-256 of the content: what the signature of a GetNextCACert answer is made over. */
export function contentAttributes(content: Uint8Array): Uint8Array {
  const digest = sha256(content)
  return setOf([
    sequence(oid(OID.contentType), setOf([oid(OID.data)])),
    sequence(oid(OID.messageDigest), setOf([octetString(digest)])),
  ])
}

/** The same with the moment of signing (§11.3), which Apple shows: what the signature of a configuration profile is made over. */
export function profileAttributes(content: Uint8Array, signedAt: Date): Uint8Array {
  const digest = sha256(content)
  return setOf([
    sequence(oid(OID.contentType), setOf([oid(OID.data)])),
    sequence(oid(OID.signingTime), setOf([encodeTime(signedAt)])),
    sequence(oid(OID.messageDigest), setOf([octetString(digest)])),
  ])
}
