/** The challenges of the simulator: JSON, encrypted to a tenant and then signed by the service, as CMS in base64. */
import { createHash, randomBytes, webcrypto } from 'node:crypto'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import type { ExpectedRequest } from './intune-world'

const DATA = '1.2.840.113549.1.7.1'
const SIGNED_DATA = '1.2.840.113549.1.7.2'
const ENVELOPED_DATA = '1.2.840.113549.1.7.3'
const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
/** Microsoft's are far longer than the 255 characters of PKCS #9; whoever carries them must bear it. */
const PADDING_BYTES = 1_200

const engine = new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto as unknown as Crypto })
pkijs.setEngine('node', engine)

export interface CmsIdentity {
  certificate: pkijs.Certificate
  privateKey: CryptoKey
  /** Of the same key, as decryption wants it. */
  decryptionKey: CryptoKey
}

export interface ChallengeContent {
  tenantId: string
  deviceId: string
  userId: string
  profileId: string
  requestId: string
  /** ISO 8601; absent in one that was made wrong. */
  challengeCreation?: string
  challengeExpiration?: string
  expected: ExpectedRequest
}

export type OpenedChallenge =
  | { opened: ChallengeContent }
  | {
      fault:
        | 'ChallengeDecodingError'
        | 'ChallengeDeserializationError'
        | 'SignatureValidationFailed'
        | 'SigningCertThumbprintMismatch'
        | 'ChallengeDecryptionError'
    }

export async function cmsIdentity(name: string): Promise<CmsIdentity> {
  const keys = await webcrypto.subtle.generateKey(
    { ...ALGORITHM, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ['sign', 'verify'],
  )
  const certificate = new pkijs.Certificate({ version: 2 })
  certificate.serialNumber = new asn1js.Integer({ valueHex: arrayBuffer(randomBytes(8).fill(0x11, 0, 1)) })
  for (const side of [certificate.issuer, certificate.subject])
    side.typesAndValues.push(
      new pkijs.AttributeTypeAndValue({ type: '2.5.4.3', value: new asn1js.Utf8String({ value: name }) }),
    )
  certificate.notBefore.value = new Date('2026-01-01T00:00:00Z')
  certificate.notAfter.value = new Date('2046-01-01T00:00:00Z')
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey as CryptoKey, engine)
  await certificate.sign(keys.privateKey as CryptoKey, 'SHA-256', engine)
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  const oaep = { name: 'RSA-OAEP', hash: 'SHA-256' }
  const decryptionKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, oaep, true, ['decrypt'])
  return {
    certificate,
    privateKey: keys.privateKey as CryptoKey,
    decryptionKey: decryptionKey as CryptoKey,
  }
}

export async function sealChallenge(
  content: ChallengeContent,
  recipient: CmsIdentity,
  signer: CmsIdentity,
  paddingBytes = PADDING_BYTES,
): Promise<string> {
  const plaintext = Buffer.from(JSON.stringify({ ...content, padding: randomBytes(paddingBytes).toString('base64') }))
  const enveloped = new pkijs.EnvelopedData()
  enveloped.addRecipientByCertificate(recipient.certificate, { oaepHashAlgorithm: 'SHA-256' }, undefined, engine)
  await enveloped.encrypt({ name: 'AES-CBC', length: 256 } as Algorithm, arrayBuffer(plaintext), engine)
  const inner = new pkijs.ContentInfo({ contentType: ENVELOPED_DATA, content: enveloped.toSchema() })
  const signed = new pkijs.SignedData({
    version: 1,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({
      eContentType: DATA,
      eContent: new asn1js.OctetString({ valueHex: inner.toSchema().toBER(false) }),
    }),
    signerInfos: [
      new pkijs.SignerInfo({
        version: 1,
        sid: new pkijs.IssuerAndSerialNumber({
          issuer: signer.certificate.issuer,
          serialNumber: signer.certificate.serialNumber,
        }),
      }),
    ],
    certificates: [signer.certificate],
  })
  await signed.sign(signer.privateKey, 0, 'SHA-256', undefined, engine)
  const outer = new pkijs.ContentInfo({ contentType: SIGNED_DATA, content: signed.toSchema(true) })
  return Buffer.from(outer.toSchema().toBER(false)).toString('base64')
}

/** In Intune's order: form, signature, signer, and only then the content, which none but the tenant can read. */
export async function openChallenge(
  challenge: string,
  tenant: CmsIdentity,
  signer: CmsIdentity,
): Promise<OpenedChallenge> {
  const bytes = strictBase64(challenge)
  if (bytes === null) return { fault: 'ChallengeDecodingError' }
  const signed = contentOf(bytes, SIGNED_DATA, (content) => new pkijs.SignedData({ schema: content }))
  const inside = signed?.encapContentInfo.eContent?.getValue()
  const [certificate] = signed?.certificates ?? []
  if (!signed || inside === undefined || !(certificate instanceof pkijs.Certificate))
    return { fault: 'ChallengeDeserializationError' }
  const genuine = await signed.verify({ signer: 0, checkChain: false }, engine).catch(() => false)
  if (!genuine) return { fault: 'SignatureValidationFailed' }
  if (thumbprint(certificate) !== thumbprint(signer.certificate)) return { fault: 'SigningCertThumbprintMismatch' }
  const enveloped = contentOf(inside, ENVELOPED_DATA, (content) => new pkijs.EnvelopedData({ schema: content }))
  if (enveloped === null) return { fault: 'ChallengeDeserializationError' }
  try {
    const recipientPrivateKey = await webcrypto.subtle.exportKey('pkcs8', tenant.decryptionKey)
    const plaintext = await enveloped.decrypt(
      0,
      { recipientCertificate: tenant.certificate, recipientPrivateKey },
      engine,
    )
    return { opened: JSON.parse(Buffer.from(plaintext).toString()) as ChallengeContent }
  } catch {
    return { fault: 'ChallengeDecryptionError' }
  }
}

/** Standard base64 in one line with its padding; Buffer alone would forgive everything. */
export function strictBase64(text: string): Uint8Array | null {
  if (text === '' || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return null
  return Buffer.from(text, 'base64')
}

export function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}

function contentOf<T>(bytes: Uint8Array | ArrayBuffer, type: string, read: (content: asn1js.AsnType) => T): T | null {
  try {
    const info = pkijs.ContentInfo.fromBER(arrayBuffer(new Uint8Array(bytes)))
    return info.contentType === type ? read(info.content) : null
  } catch {
    return null
  }
}

const thumbprint = (certificate: pkijs.Certificate) =>
  createHash('sha1')
    .update(Buffer.from(certificate.toSchema(true).toBER(false)))
    .digest('hex')
