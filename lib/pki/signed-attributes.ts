/** The two signed attributes that CMS demands (RFC 5652 §5.3, §11), over content of type data. */
import { createHash } from 'node:crypto'
import { octetString, oid, sequence, setOf } from './der-write'
import { OID } from './oid'

/** DER SET OF, with the SHA-256 of the content: what the signature of a GetNextCACert answer is made over. */
export function contentAttributes(content: Uint8Array): Uint8Array {
  const digest = createHash('sha256').update(content).digest()
  return setOf([
    sequence(oid(OID.contentType), setOf([oid(OID.data)])),
    sequence(oid(OID.messageDigest), setOf([octetString(digest)])),
  ])
}
