/** pkiMessages as right or as wrong as a test wants them: every part can be replaced before the whole is signed. */
import { randomBytes, sign } from 'node:crypto'
import { buildCsr } from '@/lib/pki/csr'
import { parseDer, TAG } from '@/lib/pki/der'
import {
  context,
  encode,
  integer,
  nullValue,
  octetString,
  oid,
  printableString,
  sequence,
  setOf,
} from '@/lib/pki/der-write'
import { encodeName } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { ecKey, makeIssuer, makeRegistrationAuthority, makeRoot, rsaKey, type TestKey } from '@/lib/pki/testing/chain'
import { DIGEST_OID, type Digest } from '@/lib/scep/algorithms'
import { selfSignedCertificate } from '@/lib/scep/client'
import { sealEnvelope } from '@/lib/scep/envelope'
import { contentInfo, digestOf, encodeIssuerAndSerial, identityOf } from '@/lib/scep/signed-data'

export interface Party extends TestKey {
  der: Uint8Array
}

/** A registration authority below an issuer, and a device with its own certificate. */
export function makeParties(): { ra: Party; device: Party; root: Uint8Array; issuer: Uint8Array } {
  const root = makeRoot(ecKey('P-384'), 'ecdsaWithSHA384')
  const issuer = makeIssuer(root, ecKey(), 'ecdsaWithSHA256')
  const raKey = rsaKey()
  return {
    ra: { ...raKey, ...makeRegistrationAuthority(issuer, raKey) },
    device: makeDevice(),
    root: root.der,
    issuer: issuer.der,
  }
}

export function makeDevice(bits = 2048): Party {
  const key = rsaKey(bits)
  return {
    ...key,
    der: selfSignedCertificate({ subject: [{ type: 'CN', value: 'tablet-7' }], privateKey: key.privateKey }),
  }
}

export const TRANSACTION_ID = 'AB12CD34'
export const NONCE = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')

export function makeCsr(device: TestKey): Uint8Array {
  return buildCsr({
    subject: [{ type: 'CN', value: 'tablet-7' }],
    challengePassword: 'CHALLENGE',
    privateKey: device.privateKey,
  })
}

export const attribute = (type: string, ...values: Uint8Array[]): Uint8Array =>
  sequence(oid(type), encode(TAG.set, ...values))

export interface MessageParts {
  digest?: Digest
  content?: Uint8Array | null
  /** The encodings of the attributes by name; null leaves one out. */
  attributes?: Partial<Record<AttributeName, Uint8Array | null>>
  extra?: Uint8Array[]
  /** What becomes of the attribute list before it is written, and before it is signed. */
  writeOrder?: (attributes: Uint8Array[]) => Uint8Array[]
  signOrder?: (attributes: Uint8Array[]) => Uint8Array[]
  sid?: Uint8Array
  certificates?: Uint8Array[]
  digestAlgorithm?: Uint8Array
  signatureAlgorithm?: Uint8Array
  sign?: (signedAttributes: Uint8Array) => Uint8Array
  signers?: (signer: Uint8Array) => Uint8Array[]
  contentType?: string
}

type AttributeName = 'contentType' | 'messageDigest' | 'messageType' | 'transactionId' | 'senderNonce'

export const sorted = (attributes: Uint8Array[]): Uint8Array[] => attributes.toSorted((a, b) => Buffer.compare(a, b))
export const reversed = (attributes: Uint8Array[]): Uint8Array[] => sorted(attributes).reverse()

/** A PKCSReq from `device` to `ra`, with these parts changed. */
export function makeMessage(device: Party, ra: Party, parts: MessageParts = {}): Uint8Array {
  const { digest = 'sha256', writeOrder = sorted, signOrder = writeOrder, contentType = OID.data } = parts
  const content =
    parts.content === undefined ? sealEnvelope(makeCsr(device), identityOf(parseDer(ra.der)), 'aes128') : parts.content
  const standard: Record<AttributeName, Uint8Array | null> = {
    contentType: attribute(OID.contentType, oid(OID.data)),
    messageDigest: attribute(OID.messageDigest, octetString(digestOf(digest, content))),
    messageType: attribute(OID.messageType, printableString('19')),
    transactionId: attribute(OID.transactionId, printableString(TRANSACTION_ID)),
    senderNonce: attribute(OID.senderNonce, octetString(NONCE)),
  }
  const attributes = [...Object.values({ ...standard, ...parts.attributes }), ...(parts.extra ?? [])].filter(
    (each) => each !== null,
  )
  const toSign = encode(TAG.set, ...signOrder(attributes))
  const signer = sequence(
    integer(1),
    parts.sid ?? encodeIssuerAndSerial(identityOf(parseDer(device.der))),
    parts.digestAlgorithm ?? sequence(oid(DIGEST_OID[digest]), nullValue()),
    context(0, ...writeOrder(attributes)),
    parts.signatureAlgorithm ?? sequence(oid(OID.rsaEncryption), nullValue()),
    octetString(parts.sign?.(toSign) ?? sign(digest, toSign, device.privateKey)),
  )
  return contentInfo(
    OID.signedData,
    sequence(
      integer(1),
      setOf([sequence(oid(DIGEST_OID[digest]), nullValue())]),
      sequence(oid(contentType), ...(content ? [context(0, octetString(content))] : [])),
      context(0, ...(parts.certificates ?? [device.der])),
      setOf(parts.signers?.(signer) ?? [signer]),
    ),
  )
}

/**
 * Every definite length of a DER value made indefinite, every OCTET STRING cut into pieces: what streaming encoders
 * send.
 */
export function streamed(der: Uint8Array): Uint8Array {
  const value = parseDer(der)
  const write = (node: typeof value): Uint8Array => {
    if (node.tag === TAG.octetString) {
      const half = Math.ceil(node.content.length / 2)
      const pieces = [node.content.subarray(0, half), node.content.subarray(half)].map((piece) => octetString(piece))
      return Buffer.concat([Buffer.from([0x24, 0x80]), ...pieces, Buffer.alloc(2)])
    }
    if (!node.constructed) return node.bytes
    return Buffer.concat([Buffer.from([node.tag, 0x80]), ...node.children().map(write), Buffer.alloc(2)])
  }
  return write(value)
}

export const randomName = (): Uint8Array => encodeName([{ type: 'CN', value: randomBytes(8).toString('hex') }])
