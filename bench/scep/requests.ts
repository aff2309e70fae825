/** PKCSReq messages as devices make them, all before the clock starts, and what a reply must say to count. */
import { generateKeyPair, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import { buildCsr } from '@/lib/pki/csr'
import { buildPkcsReq, parseCertRep, selfSignedCertificate } from '@/lib/scep/client'
import { ScepFault } from '@/lib/scep/message'
import { openSingleDesReply } from './single-des'

/** A device's RSA-2048 key with the certificate it signs its requests with. */
export interface DeviceKey {
  privateKey: KeyObject
  publicKey: KeyObject
  certificate: Uint8Array
}

export interface EnrolmentRequest {
  path: string
  body: Buffer
  device: DeviceKey
  senderNonce: Buffer
  /** Signs the reply; the certificate is issued by `issuer`. */
  replySigner: Uint8Array
  issuer: X509Certificate
}

export interface Destination {
  path: string
  /** What messages are encrypted to, and what signs the replies. */
  recipient: Uint8Array
  issuer: Uint8Array
}

const generate = promisify(generateKeyPair)

export async function makeDeviceKeys(count: number): Promise<DeviceKey[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048 })
      const subject = [{ type: 'CN', value: `bench-key-${n}` }]
      return { privateKey, publicKey, certificate: selfSignedCertificate({ subject, privateKey }) }
    }),
  )
}

/** `challenges` has one entry for each message: the name it is for, and the password. */
export function makeRequests(
  { path, recipient, issuer }: Destination,
  devices: DeviceKey[],
  challenges: { commonName: string; challenge: string }[],
): EnrolmentRequest[] {
  const parsedIssuer = new X509Certificate(issuer)
  return challenges.map(({ commonName, challenge }, index) => {
    const device = devices[index % devices.length] as DeviceKey
    const senderNonce = randomBytes(16)
    const csr = buildCsr({
      subject: [{ type: 'CN', value: commonName }],
      challengePassword: challenge,
      privateKey: device.privateKey,
    })
    const body = buildPkcsReq({
      csr,
      signerKey: device.privateKey,
      signerCertificateDer: device.certificate,
      recipientDer: recipient,
      transactionId: randomBytes(16).toString('hex'),
      senderNonce,
    })
    return { path, body: Buffer.from(body), device, senderNonce, replySigner: recipient, issuer: parsedIssuer }
  })
}

export interface Verdict {
  issued: number
  /** What was wrong with the others, and how often. */
  faults: Map<string, number>
}

/** Opens every reply with the device's key and checks its certificate; serials may not repeat, in the whole run. */
export function checkReplies(
  replies: { request: EnrolmentRequest; status: number; body: Buffer }[],
  serials: Set<string>,
): Verdict {
  const verdict: Verdict = { issued: 0, faults: new Map() }
  for (const { request, status, body } of replies) {
    const fault = status === 200 ? faultOf(request, body, serials) : `HTTP ${status}`
    if (fault === null) verdict.issued += 1
    else verdict.faults.set(fault, (verdict.faults.get(fault) ?? 0) + 1)
  }
  return verdict
}

function faultOf(request: EnrolmentRequest, body: Buffer, serials: Set<string>): string | null {
  const leaf = openedLeaf(request, body)
  if (typeof leaf === 'string') return leaf
  const certificate = new X509Certificate(leaf)
  if (!certificate.verify(request.issuer.publicKey)) return 'not signed by the issuer'
  if (!certificate.publicKey.equals(request.device.publicKey)) return 'another key'
  const serial = `${certificate.issuer} ${certificate.serialNumber}`
  if (serials.has(serial)) return 'duplicate serial'
  serials.add(serial)
  return null
}

function openedLeaf({ replySigner, device, senderNonce }: EnrolmentRequest, body: Buffer): Uint8Array | string {
  const expected = { raDer: replySigner, privateKey: device.privateKey, senderNonce }
  try {
    const reply = parseCertRep(body, expected)
    return reply.certificates[0] ?? reply.pkiStatus
  } catch (error) {
    if (!(error instanceof ScepFault)) throw error
    if (error.kind === 'badAlg') return openSingleDesReply(body, device.privateKey) ?? 'cannot be opened'
    return error.message
  }
}
