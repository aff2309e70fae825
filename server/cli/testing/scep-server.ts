/** A small SCEP server for the tests of `enrol`, made from lib/pki and lib/scep, with keys of its own in memory. */
import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  sign,
} from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { assembleCertificate, buildTbsCertificate } from '@/lib/pki/certificate'
import { type Csr, parseCsr, verifyCsr } from '@/lib/pki/csr'
import { keyIdentifier } from '@/lib/pki/key'
import { encodeName } from '@/lib/pki/name'
import { issuerExtensions, leafExtensions, raExtensions, rootExtensions } from '@/lib/pki/profile'
import { newSerial } from '@/lib/pki/serial'
import type { FailInfo, FailText } from '@/lib/scep/fail-info'
import { parseScepHttp } from '@/lib/scep/http'
import {
  degenerateCertificates,
  openEnvelope,
  parseEnvelope,
  parsePkiMessage,
  type ReplyContext,
  sealFailure,
  sealPending,
  sealSuccess,
} from '@/lib/scep/message'

export interface Authority {
  key: KeyObject
  der: Uint8Array
  subjectDer: Uint8Array
}

/** What a test changes about the server. */
export interface Behaviour {
  capabilities: string
  /** What GetCACert returns; the registration authority, the issuer and the root unless told otherwise. */
  caCertificates?: Uint8Array[]
  answer(request: {
    messageType: number | null
    csr: Csr | null
  }): 'issue' | 'pending' | { failInfo: FailInfo; text: FailText } | 'drop'
  /** Signs leaves; the issuer unless told otherwise. */
  signer?: Authority
}

export interface ScepServer {
  url: string
  root: Authority
  issuer: Authority
  ra: Authority
  behaviour: Behaviour
  requests: {
    method: string
    messageType: number | null
    transactionId: string
    /** The certificate that signed. */
    signerDer: Uint8Array
    csr: Csr | null
  }[]
  close(): Promise<void>
}

const CAPABILITIES = 'AES\nDES3\nSHA-1\nSHA-256\nSHA-512\nPOSTPKIOperation\nRenewal\nSCEPStandard\n'
const URLS = {
  crlUrl: 'http://status.example/crl/staff.crl',
  caUrl: 'http://status.example/ca/staff.cer',
  ocspUrl: 'http://status.example/ocsp/staff',
}
const HOUR = 3_600_000

export function certify(
  kind: 'root' | 'issuer' | 'ra',
  name: string,
  above?: Authority,
  life = { notBefore: new Date(Date.now() - HOUR), notAfter: new Date(Date.now() + 24 * HOUR) },
): Authority {
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const spki = spkiOf(key)
  const subjectDer = encodeName([{ type: 'CN', value: name }])
  const signer = above ?? { key, subjectDer }
  const issuedBy = { spki, authorityKeyId: keyIdentifier(spkiOf(signer.key)), ...URLS }
  const extensions = {
    root: () => rootExtensions(spki),
    issuer: () => issuerExtensions(issuedBy),
    ra: () => raExtensions(issuedBy),
  }
  const tbs = buildTbsCertificate({
    serial: newSerial(),
    issuerDer: signer.subjectDer,
    subjectDer,
    spki,
    ...life,
    signature: 'sha256WithRSA',
    extensions: extensions[kind](),
  })
  return { key, subjectDer, der: assembleCertificate(tbs, sign('sha256', tbs, signer.key)) }
}

export async function startScepServer(): Promise<ScepServer> {
  const root = certify('root', 'Test Root')
  const issuer = certify('issuer', 'Test Issuer', root)
  const ra = certify('ra', 'Test RA', issuer)
  const requests: ScepServer['requests'] = []
  const behaviour: Behaviour = { capabilities: CAPABILITIES, answer: () => 'issue' }
  const scep = { root, issuer, ra, requests, behaviour }
  let remembered: Csr | null = null

  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const [, query = ''] = (request.url ?? '').split('?')
    const http = parseScepHttp(
      { method: request.method ?? '', query, body: Buffer.concat(chunks), contentEncoding: null },
      131_072,
    )
    const send = (type: string, body: Uint8Array | string) =>
      response.writeHead(200, { 'Content-Type': type }).end(body)
    if (!request.url?.startsWith('/scep/staff?') || 'status' in http) return response.writeHead(404).end()
    if (http.operation === 'GetCACaps') return send('text/plain', behaviour.capabilities)
    if (http.operation === 'GetCACert') {
      const sent = behaviour.caCertificates ?? [ra.der, issuer.der, root.der]
      const [only] = sent
      if (sent.length === 1 && only) return send('application/x-x509-ca-cert', only)
      return send('application/x-x509-ca-ra-cert', degenerateCertificates(sent))
    }
    const message = parsePkiMessage(http.message ?? new Uint8Array())
    const content = open(message.envelope ?? new Uint8Array(), ra.key)
    const csr = message.messageType === 19 || message.messageType === 17 ? parseCsr(content) : null
    if (csr) remembered = csr
    requests.push({
      method: request.method ?? '',
      messageType: message.messageType,
      transactionId: Buffer.from(message.transactionId).toString(),
      signerDer: message.signer.der,
      csr,
    })
    const what = behaviour.answer({ messageType: message.messageType, csr })
    if (what === 'drop') return request.socket.destroy()
    const context: ReplyContext = {
      transactionId: message.transactionId,
      transactionIdTag: message.transactionIdTag,
      recipientNonce: message.senderNonce,
      digest: 'sha256',
      cipher: 'aes128',
      signer: message.signer,
      ra: { certificateDer: ra.der },
      sign: async (attributes) => sign('sha256', attributes, ra.key),
    }
    if (what === 'pending') return send('application/x-pki-message', await sealPending(context))
    if (what !== 'issue') return send('application/x-pki-message', await sealFailure(context, what.failInfo, what.text))
    if (remembered === null || !verifyCsr(remembered)) throw new Error('no request to issue')
    return send('application/x-pki-message', await sealSuccess(context, [leaf(remembered, behaviour.signer ?? issuer)]))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { ...scep, url: `http://127.0.0.1:${port}/scep/staff`, close }
}

export const fingerprint = (der: Uint8Array) => createHash('sha256').update(der).digest('hex')

function open(der: Uint8Array, key: KeyObject): Uint8Array {
  const envelope = parseEnvelope(der)
  const encrypted = envelope.recipients[0]?.encryptedKey ?? new Uint8Array()
  const content = openEnvelope(envelope, privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, encrypted))
  if (content === null) throw new Error('the envelope does not open')
  return content
}

function leaf(csr: Csr, signer: Authority): Uint8Array {
  const authorityKeyId = keyIdentifier(spkiOf(signer.key))
  const tbs = buildTbsCertificate({
    serial: newSerial(),
    issuerDer: signer.subjectDer,
    subjectDer: csr.subjectDer,
    spki: csr.spki,
    notBefore: new Date(Date.now() - HOUR),
    notAfter: new Date(Date.now() + HOUR),
    signature: 'sha256WithRSA',
    extensions: leafExtensions({
      spki: csr.spki,
      authorityKeyId,
      ...URLS,
      san: csr.san,
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
      subjectEmpty: csr.subject.length === 0,
    }),
  })
  return assembleCertificate(tbs, sign('sha256', tbs, signer.key))
}

function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' })
}
