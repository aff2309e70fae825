/** X.509 extensions as plain values, and the list of them in certificates and requests. */
import { DerError, TAG, type Tlv } from './der'
import { booleanOf, oidOf } from './der-values'
import { boolean, octetString, oid, sequence } from './der-write'

export interface Extension {
  /** Dotted object identifier. */
  oid: string
  critical: boolean
  /** DER of the extension's own type: the content of extnValue. */
  value: Uint8Array
}

/** No certificate or request in the field comes near. */
const MAX_EXTENSIONS = 30

/** Extensions ::= SEQUENCE OF Extension. */
export function encodeExtensions(extensions: readonly Extension[]): Uint8Array {
  return sequence(
    ...extensions.map(({ oid: type, critical, value }) =>
      sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(value)),
    ),
  )
}

/** The extensions in order, repetitions included: whoever asks decides what a repetition means. */
export function parseExtensions(list: Tlv): Extension[] {
  if (list.tag !== TAG.sequence) throw new DerError('Extensions is a SEQUENCE')
  return list.children(MAX_EXTENSIONS).map((entry) => {
    if (entry.tag !== TAG.sequence) throw new DerError('an Extension is a SEQUENCE')
    const reader = entry.open()
    const type = oidOf(reader.next(TAG.oid).content)
    const flag = reader.optional(TAG.boolean)
    const value = reader.next(TAG.octetString).content
    reader.finish()
    return { oid: type, critical: flag !== null && booleanOf(flag.content), value }
  })
}
