/** Names the way OpenSSL writes and files them: what RADIUS servers compare, and what their folders of authorities are sorted by. */
import { createHash } from 'node:crypto'
import { TAG } from './der'
import { encode, oid, sequence, setOf, utf8String } from './der-write'
import { attributeName, type NameAttribute, parseRdns } from './name'

/** OpenSSL's short names where they differ from ours. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  SERIALNUMBER: 'serialNumber',
  STREET: 'street',
  TITLE: 'title',
  POSTALCODE: 'postalCode',
  SURNAME: 'SN',
  GIVENNAME: 'GN',
  DNQUALIFIER: 'dnQualifier',
  ORGANIZATIONIDENTIFIER: 'organizationIdentifier',
  E: 'emailAddress',
  UNSTRUCTUREDNAME: 'unstructuredName',
}

/** "/O=Example/CN=Example Staff CA", as X509_NAME_oneline writes it: octets outside printable ASCII become \xHH. */
export function oneLineName(der: Uint8Array): string {
  const part = ({ type, value }: NameAttribute) => {
    const name = attributeName(type)
    return `/${SHORT_NAMES[name] ?? name}=${escaped(value)}`
  }
  return parseRdns(der).flat().map(part).join('')
}

function escaped(value: string): string {
  return Array.from(Buffer.from(value, 'utf8'), (octet) =>
    octet < 0x20 || octet > 0x7e
      ? `\\x${octet.toString(16).toUpperCase().padStart(2, '0')}`
      : String.fromCharCode(octet),
  ).join('')
}

/** The eight digits of `openssl x509 -subject_hash`: certificates and CRLs are looked for as HASH.0 and HASH.r0. */
export function subjectHash(der: Uint8Array): string {
  const canonical = parseRdns(der).map((rdn) => setOf(rdn.map(canonicalAttribute)))
  const digest = createHash('sha1').update(Buffer.concat(canonical)).digest()
  return digest.readUInt32LE(0).toString(16).padStart(8, '0')
}

const TEXT_TAGS: ReadonlySet<number> = new Set([
  TAG.utf8String,
  TAG.printableString,
  TAG.teletexString,
  TAG.ia5String,
  TAG.visibleString,
  TAG.bmpString,
  TAG.universalString,
])

/** Text becomes UTF-8 in lower case (of ASCII letters alone) with single spaces; what is no text stays as it is. */
function canonicalAttribute({ type, value, tag }: NameAttribute): Uint8Array {
  if (!TEXT_TAGS.has(tag)) return sequence(oid(type), encode(tag, Buffer.from(value, 'latin1')))
  const text = value
    .replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '')
    .replace(/[ \t\n\v\f\r]+/g, ' ')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return sequence(oid(type), utf8String(text))
}
