/** step-ca as it calls a provisioner webhook about a SCEP request: its body, its signature, its repetition, its silence. */
import { createHmac } from 'node:crypto'

export interface StepCaHook {
  url: string
  id: string
  /** In base64, as it stands in ca.json. */
  secret: string
}

export interface StepCaRequest {
  csr: Uint8Array
  challenge: string
  transactionId: string
}

/** Ways to get it wrong, and to differ within what the format allows. */
export interface StepCaVariant {
  at?: Date
  /** How Go's encoder leaves out what is empty: as null, or not at all. */
  empty?: 'null' | 'missing'
  signature?: 'wrong' | 'key not decoded' | 'missing'
  /** What step-ca read out of the request; a liar's reading must change nothing. */
  subject?: string
}

export interface Posted {
  status: number
  answer: { allow?: boolean; data?: { [key: string]: unknown }; error?: { code: string; message: string } } | null
}

export type Post = (body: Buffer, headers: Record<string, string>) => Promise<Posted>

export function stepCa(hook: StepCaHook, post: Post = overHttp(hook.url)) {
  const send = (body: Buffer, variant: StepCaVariant = {}) => post(body, headersFor(hook, body, variant))
  return {
    send,
    /** The bytes of a question, so that a test can send them twice. */
    question: (request: StepCaRequest, variant: StepCaVariant = {}) =>
      bytesOf({
        timestamp: goTime(variant.at),
        provisionerName: 'scep-staff',
        x509CertificateRequest: requestOf(request.csr, variant),
        ...(request.challenge === '' ? {} : { scepChallenge: request.challenge }),
        scepTransactionID: request.transactionId,
      }),
    ask(request: StepCaRequest, variant: StepCaVariant = {}) {
      return send(this.question(request, variant), variant)
    },
    notifyIssued: (request: StepCaRequest, certificate: Uint8Array, variant: StepCaVariant = {}) =>
      send(
        bytesOf({
          timestamp: goTime(variant.at),
          x509CertificateRequest: requestOf(request.csr, variant),
          x509Certificate: {
            publicKey: '',
            publicKeyAlgorithm: 'RSA',
            notBefore: '2026-01-01T00:00:00Z',
            notAfter: '2027-01-01T00:00:00Z',
            raw: Buffer.from(certificate).toString('base64'),
          },
          scepTransactionID: request.transactionId,
        }),
        variant,
      ),
    notifyFailed: (request: StepCaRequest, description: string, variant: StepCaVariant = {}) =>
      send(
        bytesOf({
          timestamp: goTime(variant.at),
          x509CertificateRequest: requestOf(request.csr, variant),
          scepTransactionID: request.transactionId,
          scepErrorDescription: description,
        }),
        variant,
      ),
  }
}

function headersFor({ id, secret }: StepCaHook, body: Buffer, { signature }: StepCaVariant): Record<string, string> {
  const key = signature === 'key not decoded' ? Buffer.from(secret) : Buffer.from(secret, 'base64')
  const mac = createHmac('sha256', key)
    .update(signature === 'wrong' ? 'something else' : body)
    .digest('hex')
  return {
    'X-Smallstep-Webhook-ID': id,
    ...(signature === 'missing' ? {} : { 'X-Smallstep-Signature': mac }),
  }
}

function requestOf(csr: Uint8Array, { empty = 'null', subject = 'as read by step-ca' }: StepCaVariant) {
  const nothing = empty === 'null' ? { dnsNames: null, emailAddresses: null, sans: null, keyUsage: null } : {}
  return {
    version: 0,
    subject: { commonName: subject, ...(empty === 'null' ? { extraNames: null } : {}) },
    ...nothing,
    signatureAlgorithm: '',
    publicKeyAlgorithm: 'RSA',
    raw: Buffer.from(csr).toString('base64'),
  }
}

/** RFC 3339 with nanoseconds and a zone, as Go writes it. */
function goTime(at = new Date()): string {
  const local = new Date(at.getTime() + 2 * 3_600_000).toISOString()
  return local.replace('Z', '456789+02:00')
}

function bytesOf(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

/** Without a Content-Type, which step-ca does not send. */
function overHttp(url: string): Post {
  return async (body, headers) => {
    const response = await fetch(url, { method: 'POST', body: new Uint8Array(body), headers })
    return { status: response.status, answer: response.status === 200 ? ((await response.json()) as never) : null }
  }
}
