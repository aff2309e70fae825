/** The signed attributes of a SCEP message (RFC 8894 §3.2.1), read and written. */
import { DerError, TAG, type Tlv } from '@/lib/pki/der'
import { integerOf, oidOf, textOf } from '@/lib/pki/der-values'
import { encode, octetString, oid, printableString, sequence, setOf } from '@/lib/pki/der-write'
import { OID } from '@/lib/pki/oid'
import { timeOf } from '@/lib/pki/time'

export interface SignedAttributes {
  /** First value of each type, by dotted object identifier. */
  first: ReadonlyMap<string, Tlv>
  /** Every type once, with exactly one value. */
  unambiguous: boolean
}

/** Takes [0] IMPLICIT SET OF Attribute. Throws DerError. */
export function parseSignedAttributes(set: Tlv): SignedAttributes {
  const first = new Map<string, Tlv>()
  let unambiguous = true
  for (const attribute of set.children(50)) {
    if (attribute.tag !== TAG.sequence) throw new DerError('an attribute is a SEQUENCE')
    const reader = attribute.open()
    const type = oidOf(reader.next(TAG.oid).content)
    const values = reader.next(TAG.set).children(50)
    reader.finish()
    const [value] = values
    if (first.has(type) || values.length !== 1) unambiguous = false
    if (value && !first.has(type)) first.set(type, value)
  }
  return { first, unambiguous }
}

/** Decimal text in any string type, or an INTEGER from old stacks; null for anything else, which no operation has. */
export function smallCodeOf(value: Tlv | undefined): number | null {
  if (!value || value.constructed) return null
  const text = value.tag === TAG.integer ? integerOf(value.content).toString() : textOrEmpty(value)
  return /^\d{1,3}$/.test(text) ? Number(text) : null
}

function textOrEmpty(value: Tlv): string {
  try {
    return textOf(value)
  } catch {
    return ''
  }
}

/** The instant of a signingTime attribute; null when there is none or it is none. */
export function signingTimeOf(value: Tlv | undefined): Date | null {
  try {
    return value ? timeOf(value) : null
  } catch {
    return null
  }
}

export type AttributeValue = readonly [type: string, value: Uint8Array]

/** DER SET OF Attribute: these bytes are what is signed. */
export function encodeSignedAttributes(values: readonly AttributeValue[]): Uint8Array {
  return setOf(values.map(([type, value]) => sequence(oid(type), setOf([value]))))
}

/** What both sides of SCEP put into every message. Apple wants these strings printable and short-form. */
export function commonAttributes(message: {
  digest: Uint8Array
  messageType: number
  transactionId: { tag: number; bytes: Uint8Array }
  senderNonce: Uint8Array
}): AttributeValue[] {
  return [
    [OID.contentType, oid(OID.data)],
    [OID.messageDigest, octetString(message.digest)],
    [OID.messageType, printableString(String(message.messageType))],
    [OID.transactionId, encode(message.transactionId.tag, message.transactionId.bytes)],
    [OID.senderNonce, octetString(message.senderNonce)],
  ]
}
