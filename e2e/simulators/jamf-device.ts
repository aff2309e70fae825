/** An Apple device that got a SCEP payload, or Jamf Pro that asks on its behalf: one enrolment, step by step. */
import { createHash, createPublicKey, generateKeyPair, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import {
  assembleCertificate,
  buildTbsCertificate,
  type CertificateInfo,
  parseCertificate,
  verifyCertificateSignature,
} from '@/lib/pki/certificate'
import { buildCsr } from '@/lib/pki/csr'
import { encodeKeyUsage } from '@/lib/pki/extension-values'
import { encodeName, type NamePart } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import type { San } from '@/lib/pki/san'
import { newSerial, parseSerial } from '@/lib/pki/serial'
import { signWith } from '@/lib/pki/sign'
import { buildPkcsReq, type CertRep, parseCaCertificates, parseCertRep, selfSignedCertificate } from '@/lib/scep/client'

const newKeyPair = promisify(generateKeyPair)

/** One message, and what it brought. */
export interface Step {
  step: 'SCEPChallenge' | 'admin page' | 'GetCACaps' | 'GetCACert' | 'PKCSReq'
  ok: boolean
  status: number | null
  sentence: string
}

export interface Payload {
  url: string
  /** CA identifier. */
  name: string
  subject: NamePart[]
  san: San[]
  challenge: string | null
  keySize: number
}

export interface Enrolled {
  status: 'SUCCESS' | 'FAILURE' | 'PENDING' | null
  failInfo: number | null
  failInfoText: string | null
  /** DER. */
  certificate: Uint8Array | null
  serial: string | null
  /** The issuer first. */
  chain: Uint8Array[]
  key: KeyObject | null
  steps: Step[]
}

/** Jamf Pro as SCEP proxy signs with a certificate of its own, for devices that never come here. */
export interface ScepProxy {
  key: KeyObject
  certificate: Uint8Array
  /** Of the certificate, as it is pinned at the endpoint. */
  fingerprint: string
}

const TIME_LIMIT_MS = 30_000

class StepFault extends Error {}

export async function enrolDevice(payload: Payload, proxy: ScepProxy | null = null): Promise<Enrolled> {
  const steps: Step[] = []
  const nothing = { status: null, failInfo: null, failInfoText: null, certificate: null, serial: null, chain: [] }
  const attempt = async <T>(
    step: Step['step'],
    work: () => Promise<{ status: number; sentence: string; value: T }>,
  ) => {
    try {
      const { status, sentence, value } = await work()
      steps.push({ step, ok: true, status, sentence })
      return value
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error)
      steps.push({ step, ok: false, status: null, sentence })
      throw new StepFault(sentence)
    }
  }
  try {
    const post = await attempt('GetCACaps', () => getCaCaps(payload))
    const authorities = await attempt('GetCACert', () => getCaCert(payload))
    const { privateKey } = await newKeyPair('rsa', { modulusLength: payload.keySize })
    const reply = await attempt('PKCSReq', () => pkcsReq(payload, post, authorities, privateKey, proxy))
    const leaf = reply.pkiStatus === 'SUCCESS' ? ownCertificate(reply, authorities, privateKey) : null
    return {
      status: reply.pkiStatus,
      failInfo: reply.failInfo ?? null,
      failInfoText: reply.failInfoText ?? null,
      certificate: leaf?.der ?? null,
      serial: leaf?.serial ?? null,
      chain: authorities.chain.map(({ der }) => der),
      key: privateKey,
      steps,
    }
  } catch (error) {
    if (!(error instanceof StepFault)) throw error
    return { ...nothing, key: null, steps }
  }
}

export async function makeProxy(): Promise<ScepProxy> {
  const { privateKey } = await newKeyPair('rsa', { modulusLength: 2048 })
  const certificate = selfSignedCertificate({
    subject: [{ type: 'CN', value: 'Jamf Pro signing certificate' }],
    privateKey,
    serial: newSerial(),
  })
  return { key: privateKey, certificate, fingerprint: createHash('sha256').update(certificate).digest('hex') }
}

/** Whether the server is posted to; only the words that Apple looks for count. */
async function getCaCaps(payload: Payload) {
  const { status, type, body } = await ask(payload, 'GetCACaps')
  if (status !== 200 || type !== 'text/plain') throw new StepFault(`GetCACaps: ${status} ${type}`)
  const words = body.toString('latin1').trim().split(/\r?\n/)
  for (const word of ['POSTPKIOperation', 'SHA-256', 'AES'])
    if (!words.includes(word)) throw new StepFault(`GetCACaps lacks ${word}`)
  return { status, sentence: words.join(', '), value: true }
}

interface Authorities {
  recipient: CertificateInfo
  chain: CertificateInfo[]
}

async function getCaCert(payload: Payload) {
  const { status, type, body } = await ask(payload, 'GetCACert')
  if (status !== 200 || !/^application\/x-x509-ca-(ra-)?cert$/.test(type))
    throw new StepFault(`GetCACert: ${status} ${type}`)
  const certificates = parseCaCertificates(body).map((der) => parseCertificate(der))
  const opens = (each: CertificateInfo) => each.keyUsage.length === 0 || each.keyUsage.includes('keyEncipherment')
  const recipient = certificates.find((each) => !each.isCa && opens(each)) ?? certificates.find(opens)
  const chain = certificates.filter(({ isCa }) => isCa)
  if (recipient === undefined || chain.length === 0) throw new StepFault('GetCACert: nobody to encrypt to')
  if (!chain.some(({ spki }) => verifyCertificateSignature(recipient.der, spki)))
    throw new StepFault('GetCACert: the registration authority is nobody of this CA')
  return { status, sentence: `${certificates.length} certificates`, value: { recipient, chain } }
}

async function pkcsReq(payload: Payload, post: boolean, to: Authorities, key: KeyObject, proxy: ScepProxy | null) {
  const { subject, san, challenge } = payload
  const csr = buildCsr({
    ...{ subject, san, privateKey: key },
    ...(challenge === null ? {} : { challengePassword: challenge }),
  })
  const senderNonce = randomBytes(16)
  const signerKey = proxy?.key ?? key
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const message = buildPkcsReq({
    ...{ csr, signerKey, senderNonce, recipientDer: to.recipient.der },
    signerCertificateDer: proxy?.certificate ?? temporaryCertificate(key, spki),
    transactionId: createHash('sha1').update(spki).digest('hex').toUpperCase(),
    ...{ digest: 'sha256', cipher: 'aes128' },
  })
  const answer = await ask(payload, 'PKIOperation', post ? message : undefined)
  // Compared letter by letter.
  if (answer.status !== 200 || answer.type !== 'application/x-pki-message')
    throw new StepFault(`PKIOperation: ${answer.status} ${answer.type}`)
  const reply = parseCertRep(answer.body, { raDer: to.recipient.der, privateKey: signerKey, senderNonce })
  const why = reply.failInfo === undefined ? '' : ` ${reply.failInfo} ${reply.failInfoText ?? ''}`
  return { status: 200, sentence: `${reply.pkiStatus}${why}`.trim(), value: reply }
}

/** Apple's devices take the first certificate of a reply for their own. */
function ownCertificate(reply: CertRep, { chain }: Authorities, key: KeyObject): CertificateInfo {
  const [first] = reply.certificates
  const leaf = first === undefined ? null : parseCertificate(first)
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  if (leaf === null || !spki.equals(leaf.spki)) throw new Error('the first certificate of the reply is another key’s')
  if (!chain.some((issuer) => verifyCertificateSignature(leaf.der, issuer.spki)))
    throw new Error('the certificate is not signed by this CA')
  return leaf
}

/** Named by a random UUID, serial number 1, as Apple's devices sign their first message. */
function temporaryCertificate(privateKey: KeyObject, spki: Uint8Array): Uint8Array {
  const name = encodeName([{ type: 'CN', value: randomUUID().toUpperCase() }])
  const notBefore = new Date()
  const tbs = buildTbsCertificate({
    ...{ serial: parseSerial('01'), issuerDer: name, subjectDer: name, spki, notBefore },
    notAfter: new Date(notBefore.getTime() + 365 * 86_400_000),
    signature: 'sha256WithRSA',
    extensions: [{ oid: OID.keyUsage, critical: true, value: encodeKeyUsage(['digitalSignature', 'keyEncipherment']) }],
  })
  return assembleCertificate(tbs, signWith(privateKey, 'sha256', tbs))
}

async function ask({ url, name }: Payload, operation: string, body?: Uint8Array) {
  const address = new URL(url)
  address.searchParams.set('operation', operation)
  if (body === undefined) address.searchParams.set('message', name)
  const response = await fetch(address, {
    ...(body === undefined ? {} : { method: 'POST', body: Buffer.from(body) }),
    headers: {
      'user-agent': 'mdmclient/1.0',
      ...(body === undefined ? {} : { 'content-type': 'application/x-pki-message' }),
    },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
  })
  const type = response.headers.get('content-type') ?? ''
  return { status: response.status, type, body: Buffer.from(await response.arrayBuffer()) }
}
