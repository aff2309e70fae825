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
  /** Certificates that opened, chain to the issuer and hold the device's key. */
  issued: number
  /** Of them, those with a serial that an earlier certificate of this issuer has. */
  duplicates: number
  /** What was wrong with the others, and how often. */
  faults: Map<string, number>
}

/** Opens every reply with the device's key and checks its certificate. `serials` is of the whole run. */
export function checkReplies(
  replies: { request: EnrolmentRequest; status: number; body: Buffer }[],
  serials: Set<string>,
): Verdict {
  const verdict: Verdict = { issued: 0, duplicates: 0, faults: new Map() }
  for (const { request, status, body } of replies) {
    const certificate = status === 200 ? certificateIn(request, body) : `HTTP ${status}`
    if (typeof certificate === 'string') {
      verdict.faults.set(certificate, (verdict.faults.get(certificate) ?? 0) + 1)
      continue
    }
    verdict.issued += 1
    const serial = `${certificate.issuer} ${certificate.serialNumber}`
    if (serials.has(serial)) verdict.duplicates += 1
    serials.add(serial)
  }
  return verdict
}

/** The certificate, or what is wrong with the reply. */
function certificateIn(request: EnrolmentRequest, body: Buffer): X509Certificate | string {
  const leaf = openedLeaf(request, body)
  if (typeof leaf === 'string') return leaf
  const certificate = new X509Certificate(leaf)
  if (!certificate.verify(request.issuer.publicKey)) return 'not signed by the issuer'
  if (!certificate.publicKey.equals(request.device.publicKey)) return 'another key'
  return certificate
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
