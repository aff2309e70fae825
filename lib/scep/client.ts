/** The client's side of SCEP, for `latchkey enrol` and the tests. */
import { constants, createPublicKey, type KeyObject, privateDecrypt, timingSafeEqual } from 'node:crypto'
import { toDer } from '@/lib/pki/ber'
import { assembleCertificate, buildTbsCertificate } from '@/lib/pki/certificate'
import { DerError, parseDer, TAG, type Tlv, UNTRUSTED } from '@/lib/pki/der'
import { textOf } from '@/lib/pki/der-values'
import { sequence } from '@/lib/pki/der-write'
import { encodeKeyUsage } from '@/lib/pki/extension-values'
import { parsePublicKey } from '@/lib/pki/key'
import { encodeName, type NamePart } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { newSerial, type Serial } from '@/lib/pki/serial'
import { signWith } from '@/lib/pki/sign'
import { hashOf } from '@/lib/pki/signature'
import type { Cipher, Digest, OaepHash } from './algorithms'
import {
  commonAttributes,
  encodeSignedAttributes,
  parseSignedAttributes,
  type SignedAttributes,
  smallCodeOf,
} from './attributes'
import { openEnvelope, parseEnvelope, sealEnvelope } from './envelope'
import { ScepFault } from './fault'
import {
  digestOf,
  encodeIssuerAndSerial,
  encodeSignedData,
  identityOf,
  parseSignedData,
  type SignedData,
  verifySigner,
} from './signed-data'

export const MESSAGE_TYPE = { certRep: 3, renewalReq: 17, pkcsReq: 19, certPoll: 20, getCert: 21, getCrl: 22 } as const

/** What every message of a client has, whatever it asks for. */
export interface MessageOptions {
  signerKey: KeyObject
  signerCertificateDer: Uint8Array
  /** The RA certificate of GetCACert. */
  recipientDer: Uint8Array
  /** Printable characters. */
  transactionId: string
  senderNonce: Uint8Array
  digest?: Digest
  cipher?: Cipher
  oaep?: OaepHash
}

export interface PkcsReqOptions extends MessageOptions {
  csr: Uint8Array
  messageType?: number
}

/** A pkiMessage with the request in an envelope to the recipient, signed by the signer key (RSA). */
export function buildPkcsReq(options: PkcsReqOptions): Uint8Array {
  return buildMessage(options, options.messageType ?? MESSAGE_TYPE.pkcsReq, options.csr)
}

/** The same request, signed by the certificate to be renewed and its key (RFC 8894 §3.3.1.2). */
export function buildRenewalReq(options: Omit<PkcsReqOptions, 'messageType'>): Uint8Array {
  return buildMessage(options, MESSAGE_TYPE.renewalReq, options.csr)
}

/** Asks what became of a request (RFC 8894 §3.3.3). */
export function buildCertPoll(options: MessageOptions & { issuerDer: Uint8Array; subjectDer: Uint8Array }): Uint8Array {
  return buildMessage(options, MESSAGE_TYPE.certPoll, sequence(options.issuerDer, options.subjectDer))
}

/** Asks for the certificate of this issuer and serial number, both as its DER has them (RFC 8894 §3.3.4). */
export function buildGetCert(options: MessageOptions & { issuerDer: Uint8Array; serial: Uint8Array }): Uint8Array {
  return buildMessage(options, MESSAGE_TYPE.getCert, encodeIssuerAndSerial(options))
}

/** Asks for the revocation list of the issuer of a certificate (RFC 8894 §3.3.5). */
export function buildGetCrl(options: MessageOptions & { issuerDer: Uint8Array; serial: Uint8Array }): Uint8Array {
  return buildMessage(options, MESSAGE_TYPE.getCrl, encodeIssuerAndSerial(options))
}

function buildMessage(options: MessageOptions, messageType: number, plaintext: Uint8Array): Uint8Array {
  const { signerKey, digest = 'sha256', cipher = 'aes128', oaep } = options
  const recipient = identityOf(parseDer(options.recipientDer))
  const content = sealEnvelope(plaintext, oaep ? { ...recipient, oaep } : recipient, cipher)
  const signedAttributes = encodeSignedAttributes(
    commonAttributes({
      digest: digestOf(digest, content),
      messageType,
      transactionId: { tag: TAG.printableString, bytes: Buffer.from(options.transactionId, 'latin1') },
      senderNonce: options.senderNonce,
    }),
  )
  const certificate = identityOf(parseDer(options.signerCertificateDer))
  const signature = signWith(signerKey, digest, signedAttributes)
  return encodeSignedData({ content, digest, certificate, signedAttributes, signature })
}

export interface SelfSignedOptions {
  subject: readonly NamePart[]
  /** RSA. */
  privateKey: KeyObject
  /** Derived from the private key when absent. */
  spki?: Uint8Array
  serial?: Serial
  /** Defaults to now, and a week from then. */
  notBefore?: Date
  notAfter?: Date
}

const WEEK_MS = 7 * 86_400_000

/**
 * The certificate of a client that has none yet (RFC 8894 §2.3): the key of the request, digitalSignature,
 * keyEncipherment.
 */
export function selfSignedCertificate(options: SelfSignedOptions): Uint8Array {
  const { privateKey, notBefore = new Date(), serial = newSerial() } = options
  const name = encodeName(options.subject)
  const tbs = buildTbsCertificate({
    serial,
    issuerDer: name,
    subjectDer: name,
    spki: options.spki ?? createPublicKey(privateKey).export({ format: 'der', type: 'spki' }),
    notBefore,
    notAfter: options.notAfter ?? new Date(notBefore.getTime() + WEEK_MS),
    signature: 'sha256WithRSA',
    extensions: [{ oid: OID.keyUsage, critical: true, value: encodeKeyUsage(['digitalSignature', 'keyEncipherment']) }],
  })
  return assembleCertificate(tbs, signWith(privateKey, 'sha256', tbs))
}

export interface CertRep {
  pkiStatus: 'SUCCESS' | 'FAILURE' | 'PENDING'
  failInfo?: number
  failInfoText?: string
  certificates: Uint8Array[]
  /** Of a GetCRL. */
  crls: Uint8Array[]
  transactionId: string
}

/**
 * Checks signature, digest, type and nonce of a reply and opens it. Throws ScepFault for a reply not to be believed.
 */
export function parseCertRep(
  bytes: Uint8Array,
  expected: { raDer: Uint8Array; privateKey: KeyObject; senderNonce: Uint8Array },
): CertRep {
  try {
    return readCertRep(bytes, expected)
  } catch (error) {
    if (error instanceof DerError) throw new ScepFault('malformed', `the reply is malformed: ${error.message}`)
    throw error
  }
}

function readCertRep(bytes: Uint8Array, expected: Parameters<typeof parseCertRep>[1]): CertRep {
  const signedData = parseSignedData(toDer(bytes))
  const { first } = verifiedAttributes(signedData, expected.raDer)
  if (smallCodeOf(first.get(OID.messageType)) !== MESSAGE_TYPE.certRep) throw untrue('the reply is no CertRep')
  if (!sameOctets(first.get(OID.recipientNonce), expected.senderNonce))
    throw untrue('the reply answers another request')
  const transaction = first.get(OID.transactionId)
  const transactionId = transaction ? textOf(transaction) : ''
  const failInfo = smallCodeOf(first.get(OID.failInfo))
  const text = first.get(OID.failInfoText)
  switch (smallCodeOf(first.get(OID.pkiStatus))) {
    case 0:
      return { pkiStatus: 'SUCCESS', ...openContent(signedData, expected.privateKey), transactionId }
    case 2: {
      const why = { ...(failInfo === null ? {} : { failInfo }), ...(text ? { failInfoText: textOf(text) } : {}) }
      return { pkiStatus: 'FAILURE', ...why, certificates: [], crls: [], transactionId }
    }
    case 3:
      return { pkiStatus: 'PENDING', certificates: [], crls: [], transactionId }
    default:
      throw untrue('the reply has no status')
  }
}

/** The certificates of a GetCACert answer in the order sent: one DER certificate, or a degenerate SignedData. */
export function parseCaCertificates(bytes: Uint8Array): Uint8Array[] {
  const der = toDer(bytes)
  const first = parseDer(der, UNTRUSTED).open().next()
  return first.tag === TAG.oid ? parseSignedData(der).certificates.map((certificate) => certificate.bytes) : [der]
}

function verifiedAttributes({ signers, content }: SignedData, raDer: Uint8Array): SignedAttributes {
  const [signer, second] = signers
  if (!signer?.signedAttributes || second) throw untrue('the reply has not exactly one signer')
  const hash = hashOf(signer.digestAlgorithm)
  const attributes = parseSignedAttributes(signer.signedAttributes)
  const publicKey = parsePublicKey(identityOf(parseDer(raDer)).spki)
  if (!hash || !attributes.unambiguous || !verifySigner(signer, hash, publicKey)) {
    throw untrue('the reply is not signed by the registration authority')
  }
  if (!sameOctets(attributes.first.get(OID.messageDigest), digestOf(hash, content)))
    throw untrue('the reply was changed')
  return attributes
}

function openContent({ content }: SignedData, privateKey: KeyObject): Pick<CertRep, 'certificates' | 'crls'> {
  if (!content) throw untrue('the reply says success and carries nothing')
  const envelope = parseEnvelope(content)
  const [recipient] = envelope.recipients
  if (!recipient) throw untrue('the reply is encrypted to nobody')
  const plaintext = openEnvelope(envelope, decryptKey(privateKey, recipient.encryptedKey, recipient.oaepHash))
  if (!plaintext) throw untrue('the reply is encrypted to another key')
  const { certificates, crls } = parseSignedData(toDer(plaintext))
  return { certificates: certificates.map(({ bytes }) => bytes), crls: crls.map(({ bytes }) => bytes) }
}

function decryptKey(privateKey: KeyObject, encryptedKey: Uint8Array, oaepHash?: OaepHash): Uint8Array {
  const options = oaepHash
    ? { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }
    : { key: privateKey, padding: constants.RSA_PKCS1_PADDING }
  try {
    return privateDecrypt(options, encryptedKey)
  } catch {
    throw untrue('the reply is encrypted to another key')
  }
}

function sameOctets(value: Tlv | undefined, expected: Uint8Array): boolean {
  return (
    value?.tag === TAG.octetString &&
    value.content.length === expected.length &&
    timingSafeEqual(value.content, expected)
  )
}

const untrue = (message: string): ScepFault => new ScepFault('badMessageCheck', message)
