/** pkcsPKIEnvelope (RFC 8894 §3.2.2): EnvelopedData, read, opened and sealed. */
import { constants, createCipheriv, createDecipheriv, publicEncrypt } from 'node:crypto'
import { toDer } from '@/lib/pki/ber'
import { constructedContext, DerError, primitiveContext, TAG, type Tlv } from '@/lib/pki/der'
import { smallNumberOf } from '@/lib/pki/der-values'
import { context, encode, integer, nullValue, octetString, oid, sequence, setOf } from '@/lib/pki/der-write'
import { paddedByPkcs1, parsePublicKey } from '@/lib/pki/key'
import { OID } from '@/lib/pki/oid'
import { randomOctets } from '@/lib/pki/random'
import { optionalHash, optionalMaskHash, parseAlgorithm } from '@/lib/pki/signature'
import { CIPHERS, type Cipher, cipherKey, cipherOf, DIGEST_OID, type OaepHash } from './algorithms'
import { ScepFault } from './fault'
import {
  contentInfo,
  contentOf,
  encodeIssuerAndSerial,
  hasKeyId,
  isNamedBy,
  ownIdentity,
  parseIssuerAndSerial,
} from './signed-data'

export interface EnvelopeRecipient {
  kind: 'issuerAndSerial' | 'ski'
  issuerDer?: Uint8Array
  /** Raw INTEGER content. */
  serial?: Uint8Array
  keyId?: Uint8Array
  encryptedKey: Uint8Array
  transport: 'pkcs1' | 'oaep'
  /** Set if and only if the transport is OAEP. */
  oaepHash?: OaepHash
}

export interface Envelope {
  /** Those whose key transport we know; never empty. */
  recipients: EnvelopeRecipient[]
  cipher: Cipher
  iv: Uint8Array
  ciphertext: Uint8Array
}

/** Some clients encrypt to every certificate GetCACert returned. */
const MAX_RECIPIENTS = 8

/** Throws ScepFault without facts: `badAlg` for algorithms, `badRequest` for structure. */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  try {
    return parse(toDer(bytes))
  } catch (error) {
    if (error instanceof DerError) throw new ScepFault('badRequest', error.message)
    throw error
  }
}

function parse(der: Uint8Array): Envelope {
  const reader = contentOf(der, OID.envelopedData).open()
  smallNumberOf(reader.next(TAG.integer).content)
  reader.optional(constructedContext(0))
  const infos = reader.next(TAG.set).children(MAX_RECIPIENTS)
  const content = reader.next(TAG.sequence).open()
  reader.optional(constructedContext(1))
  reader.finish()
  if (infos.length === 0) throw new DerError('no recipient')
  content.next(TAG.oid)
  const { cipher, iv } = parseCipher(content.next(TAG.sequence))
  const ciphertext = octets(content.next())
  content.finish()
  const recipients = infos.filter(({ tag }) => tag === TAG.sequence).flatMap((info) => parseRecipient(info) ?? [])
  // Only key agreement, passwords, or key transports nobody uses: nothing a registration authority could open.
  if (recipients.length === 0) throw new ScepFault('badAlg', 'key transport')
  return { recipients, cipher, iv, ciphertext }
}

function parseCipher(identifier: Tlv): { cipher: Cipher; iv: Uint8Array } {
  const { oid: type, parameters } = parseAlgorithm(identifier)
  const cipher = cipherOf(type)
  if (!cipher) throw new ScepFault('badAlg', `content encryption ${type}`)
  if (parameters?.tag !== TAG.octetString || parameters.content.length !== CIPHERS[cipher].blockBytes) {
    throw new DerError('not an initialisation vector')
  }
  return { cipher, iv: parameters.content }
}

/** [0] IMPLICIT OCTET STRING; in BER its pieces are OCTET STRINGs below a constructed [0]. */
function octets(field: Tlv): Uint8Array {
  if (field.tag === primitiveContext(0)) return field.content
  if (field.tag !== constructedContext(0)) throw new DerError('no encrypted content')
  const pieces = field.children(4_000)
  if (pieces.some(({ tag }) => tag !== TAG.octetString))
    throw new DerError('a piece of an OCTET STRING is something else')
  return Buffer.concat(pieces.map(({ content }) => content))
}

/** KeyTransRecipientInfo; null for a key transport we do not know. */
function parseRecipient(info: Tlv): EnvelopeRecipient | null {
  const reader = info.open()
  smallNumberOf(reader.next(TAG.integer).content)
  const rid = reader.next()
  const { oid: type, parameters } = parseAlgorithm(reader.next(TAG.sequence))
  const encryptedKey = reader.next(TAG.octetString).content
  reader.finish()
  const name = recipientName(rid)
  if (type === OID.rsaEncryption) return { ...name, encryptedKey, transport: 'pkcs1' }
  const oaepHash = type === OID.rsaesOaep ? parseOaep(parameters) : null
  return oaepHash && { ...name, encryptedKey, transport: 'oaep', oaepHash }
}

function recipientName(rid: Tlv): Pick<EnvelopeRecipient, 'kind' | 'issuerDer' | 'serial' | 'keyId'> {
  if (rid.tag === TAG.sequence) return { kind: 'issuerAndSerial', ...parseIssuerAndSerial(rid) }
  if (rid.tag === primitiveContext(0)) return { kind: 'ski', keyId: rid.content }
  throw new DerError('not a recipient identifier')
}

/** RSAES-OAEP-params (RFC 4055 §4.1), one hash for both uses and no label: what node:crypto can decrypt. */
function parseOaep(parameters: Tlv | null): OaepHash | null {
  if (parameters === null || parameters.tag === TAG.null) return 'sha1'
  const reader = parameters.open()
  const hash = optionalHash(reader)
  const mask = optionalMaskHash(reader)
  return reader.done && hash === mask && hash !== 'sha224' ? hash : null
}

/**
 * The recipient to open, and which of our certificates (active one first) holds its key. Clients point at certificates
 * of yesterday or write names their way; with nothing matching, a single recipient is tried with the active key, and
 * `named` says that it was only tried.
 */
export function chooseRecipient(
  { recipients }: Envelope,
  certificates: readonly Uint8Array[],
): { recipient: EnvelopeRecipient; certificate: number; named: boolean } | null {
  const own = certificates.map(ownIdentity)
  for (const [certificate, identity] of own.entries()) {
    const recipient = recipients.find(({ issuerDer, serial, keyId }) =>
      keyId ? hasKeyId(identity, keyId) : !!issuerDer && !!serial && isNamedBy(identity, issuerDer, serial),
    )
    if (recipient) return { recipient, certificate, named: true }
  }
  const [only, second] = recipients
  return only && !second && own.length > 0 ? { recipient: only, certificate: 0, named: false } : null
}

/**
 * The plaintext, or null for any fault. A key of the wrong length is replaced by a random one and padding is checked
 * without branching on it, so that nobody learns from the answer or its time which of the steps failed.
 */
export function openEnvelope(envelope: Envelope, contentKey: Uint8Array): Uint8Array | null {
  const { name, keyBytes, blockBytes } = CIPHERS[envelope.cipher]
  const substitute = randomOctets(keyBytes)
  const key = contentKey.length === keyBytes ? contentKey : substitute
  const whole = envelope.ciphertext.length > 0 && envelope.ciphertext.length % blockBytes === 0
  const ciphertext = whole ? envelope.ciphertext : randomOctets(blockBytes)
  const decipher = createDecipheriv(name, cipherKey(envelope.cipher, key), envelope.iv).setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(ciphertext), decipher.final()])
  const length = padded.length - paddingLength(padded, blockBytes)
  return whole && length < padded.length ? padded.subarray(0, length) : null
}

/** RFC 5652 §6.3 padding, 0 when it is wrong. Every octet of the last block is looked at whatever the others say. */
function paddingLength(padded: Uint8Array, blockBytes: number): number {
  const claimed = padded[padded.length - 1] ?? 0
  let wrong = Number(claimed === 0) | Number(claimed > blockBytes)
  for (let back = 1; back <= blockBytes; back++) {
    const differs = Number(padded[padded.length - back] !== claimed)
    wrong |= Number(back <= claimed) & differs
  }
  return claimed * (1 - wrong)
}

export interface SealTo {
  issuerDer: Uint8Array
  /** Raw INTEGER content. */
  serial: Uint8Array
  spki: Uint8Array
  /** RSAES-OAEP with this hash; PKCS#1 v1.5 without, which every client can open. */
  oaep?: OaepHash
}

/** ContentInfo of an EnvelopedData for one recipient. */
export function sealEnvelope(plaintext: Uint8Array, to: SealTo, cipher: Cipher): Uint8Array {
  const { name, oid: cipherOid, keyBytes, blockBytes } = CIPHERS[cipher]
  const [key, iv] = [randomOctets(keyBytes), randomOctets(blockBytes)]
  const encryption = createCipheriv(name, cipherKey(cipher, key), iv)
  const ciphertext = Buffer.concat([encryption.update(plaintext), encryption.final()])
  const { key: publicKey } = parsePublicKey(to.spki)
  const encryptedKey = to.oaep
    ? publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: to.oaep }, key)
    : publicEncrypt(paddedByPkcs1(publicKey), key)
  key.fill(0)
  const recipient = sequence(
    integer(0),
    encodeIssuerAndSerial(to),
    transportIdentifier(to.oaep),
    octetString(encryptedKey),
  )
  const algorithm = sequence(oid(cipherOid), octetString(iv))
  const content = sequence(oid(OID.data), algorithm, encode(primitiveContext(0), ciphertext))
  return contentInfo(OID.envelopedData, sequence(integer(0), setOf([recipient]), content))
}

function transportIdentifier(oaep: OaepHash | undefined): Uint8Array {
  if (!oaep) return sequence(oid(OID.rsaEncryption), nullValue())
  if (oaep === 'sha1') return sequence(oid(OID.rsaesOaep), sequence())
  const hash = sequence(oid(DIGEST_OID[oaep]))
  return sequence(oid(OID.rsaesOaep), sequence(context(0, hash), context(1, sequence(oid(OID.mgf1), hash))))
}
