/**
 * Reads a PKCS#12 file (RFC 7292) inside the signer: one key and the certificates beside it. What is old or unusual is
 * refused with a sentence that says what to do; the password and the key stay in buffers that are wiped.
 */
import { toDer } from '@/lib/pki/ber'
import { constructedContext, DerError, type DerLimits, parseDer, primitiveContext, TAG, type Tlv } from '@/lib/pki/der'
import { oidOf, smallNumberOf } from '@/lib/pki/der-values'
import { parseAlgorithm } from '@/lib/pki/signature'
import { decrypt, isIntact } from './pkcs12-password'
import { notPkcs12, refused, wrongPassword } from './pkcs12-refusals'

export interface Pkcs12 {
  /** PKCS#8; whoever reads it wipes it. */
  privateKey: Buffer
  /** In the order of the file. */
  certificates: Uint8Array[]
}

const PKCS12 = '1.2.840.113549.1.12'
const ID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: `${PKCS12}.10.1.1`,
  shroudedKeyBag: `${PKCS12}.10.1.2`,
  certBag: `${PKCS12}.10.1.3`,
  x509Certificate: '1.2.840.113549.1.9.22.1',
} as const

/** Security contract §14. */
const MAX_CERTIFICATES = 10
const MAX_PASSWORD = 1_024
const LIMITS: DerLimits = { maxBytes: 256 * 1024, maxNodes: 4_000, maxDepth: 32 }
/** `password`: UTF-8, wiped by whoever made it. */
export async function readPkcs12(file: Uint8Array, password: Buffer): Promise<Pkcs12> {
  if (password.length === 0 || password.length > MAX_PASSWORD) throw wrongPassword()
  try {
    return await read(file, password)
  } catch (error) {
    if (error instanceof DerError) throw notPkcs12(error.message)
    throw error
  }
}

async function read(file: Uint8Array, password: Buffer): Promise<Pkcs12> {
  const root = parseDer(toDer(file, LIMITS), LIMITS)
  if (root.tag !== TAG.sequence) throw notPkcs12('not a SEQUENCE')
  const pfx = root.open()
  if (smallNumberOf(pfx.next(TAG.integer).content) !== 3) throw notPkcs12('not version 3')
  const authSafe = dataOf(pfx.next(TAG.sequence))
  const mac = pfx.optional(TAG.sequence)
  pfx.finish()
  if (mac === null) {
    throw refused(
      'no_mac',
      'This file has no integrity check (MAC), so nobody can tell whether it was changed. Export it again with a password.',
    )
  }
  if (!(await isIntact(mac, authSafe, password))) throw wrongPassword()
  return collect(authSafe, password)
}

/** ContentInfo of type data: its octets. A file that is signed with a certificate instead has another type. */
function dataOf(contentInfo: Tlv): Uint8Array {
  const fields = contentInfo.open()
  if (oidOf(fields.next(TAG.oid).content) !== ID.data)
    throw refused(
      'unsupported',
      'This file is protected by a certificate, not by a password. Export it with a password.',
    )
  const content = fields.next(constructedContext(0)).open()
  fields.finish()
  const { content: octets } = content.next(TAG.octetString)
  content.finish()
  return octets
}

async function collect(authSafe: Uint8Array, password: Buffer): Promise<Pkcs12> {
  const certificates: Uint8Array[] = []
  const keys: Buffer[] = []
  try {
    for (const contentInfo of sequenceIn(authSafe).children(10)) {
      const { octets, encrypted } = await safeContents(contentInfo, password)
      try {
        for (const bag of sequenceIn(octets).children(50))
          await openBag(bag, { encrypted, password, certificates, keys })
      } finally {
        // A key may lie in it as it is.
        if (encrypted) octets.fill(0)
      }
    }
    const [privateKey] = keys
    if (privateKey === undefined)
      throw refused('no_key', 'There is no private key in this file. To import a certificate alone, use PEM or DER.')
    if (certificates.length === 0)
      throw refused(
        'no_certificate',
        'There is no certificate in this file. Export the key together with its certificate.',
      )
    return { privateKey, certificates }
  } catch (error) {
    for (const key of keys) key.fill(0)
    throw error
  }
}

async function safeContents(contentInfo: Tlv, password: Buffer): Promise<{ octets: Uint8Array; encrypted: boolean }> {
  const fields = contentInfo.open()
  const type = oidOf(fields.next(TAG.oid).content)
  if (type === ID.data) return { octets: dataOf(contentInfo), encrypted: false }
  if (type !== ID.encryptedData)
    throw refused(
      'unsupported',
      'This file is encrypted for a certificate, not with a password. Export it with a password.',
    )
  const encryptedData = fields.next(constructedContext(0)).open().next(TAG.sequence).open()
  encryptedData.next(TAG.integer)
  const info = encryptedData.next(TAG.sequence).open()
  if (oidOf(info.next(TAG.oid).content) !== ID.data) throw notPkcs12('encrypted content that is no data')
  const algorithm = parseAlgorithm(info.next(TAG.sequence))
  const octets = await decrypt(algorithm, implicitOctets(info.next()), password)
  return { octets, encrypted: true }
}

/** [0] IMPLICIT OCTET STRING; streaming encoders cut it in pieces. */
function implicitOctets(value: Tlv): Uint8Array {
  if (value.tag === primitiveContext(0)) return value.content
  if (value.tag !== constructedContext(0)) throw notPkcs12('no encrypted content')
  const pieces = value.children(1_000)
  if (pieces.some(({ tag }) => tag !== TAG.octetString)) throw notPkcs12('no encrypted content')
  return Buffer.concat(pieces.map(({ content }) => content))
}

async function openBag(
  bag: Tlv,
  {
    encrypted,
    password,
    certificates,
    keys,
  }: { encrypted: boolean; password: Buffer; certificates: Uint8Array[]; keys: Buffer[] },
): Promise<void> {
  const fields = bag.open()
  const type = oidOf(fields.next(TAG.oid).content)
  const value = fields.next(constructedContext(0)).open().next()
  // Each costs as many rounds as the file says, so none is opened in vain.
  if (keys.length > 0 && (type === ID.shroudedKeyBag || type === ID.keyBag))
    throw refused(
      'many_keys',
      'There is more than one private key in this file. Export the one of the authority alone.',
    )
  switch (type) {
    case ID.certBag: {
      const parts = value.open()
      if (oidOf(parts.next(TAG.oid).content) !== ID.x509Certificate) throw notPkcs12('a certificate that is no X.509')
      if (certificates.length === MAX_CERTIFICATES)
        throw refused('many_certificates', `There are more than ${MAX_CERTIFICATES} certificates in this file.`)
      certificates.push(Uint8Array.from(parts.next(constructedContext(0)).open().next(TAG.octetString).content))
      return
    }
    case ID.shroudedKeyBag: {
      const parts = value.open()
      const algorithm = parseAlgorithm(parts.next(TAG.sequence))
      keys.push(await decrypt(algorithm, parts.next(TAG.octetString).content, password))
      return
    }
    case ID.keyBag:
      if (!encrypted)
        throw refused(
          'key_in_the_clear',
          'The private key in this file is not encrypted. Whoever had the file has the key: make a new one.',
        )
      keys.push(Buffer.from(value.bytes))
      return
    default:
      throw refused('unsupported', 'This file holds something besides a key and certificates. Export those alone.')
  }
}

function sequenceIn(octets: Uint8Array): Tlv {
  const der = toDer(octets, LIMITS)
  const value = parseDer(der, LIMITS)
  if (value.tag !== TAG.sequence) throw notPkcs12('no list of contents')
  return value
}
