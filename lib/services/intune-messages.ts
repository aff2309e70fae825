/** The bodies of ScepActions (intune.md §5.2 to §5.4), and what must be kept to send them again, byte for byte. */
import { createHash } from 'node:crypto'
import { parseCertificate } from '@/lib/pki/certificate'
import { nameToText } from '@/lib/pki/name'
import { hResultOf } from './intune-codes'

/** What Intune was asked about, until it has heard what became of it. Holds the challenge: sealed wherever it is kept. */
export interface KeptRequest {
  transactionId: string
  /** The CSR as it came, DER in base64. */
  certificateRequest: string
  /** The notification of success as it was first sent. */
  success?: string
}

export interface MadeCertificate {
  der: Uint8Array
  authority: { id: string; name: string }
}

const MAX_DESCRIPTION = 255

export function keptRequest(transactionId: string, csrDer: Uint8Array): KeptRequest {
  return { transactionId, certificateRequest: Buffer.from(csrDer).toString('base64') }
}

export function keptBytes(kept: KeptRequest): Uint8Array {
  return Buffer.from(JSON.stringify(kept), 'utf8')
}

/** Of what keptBytes() made and the signer has opened: nobody else can have sealed it. */
export function keptFrom(opened: Uint8Array): KeptRequest {
  return JSON.parse(Buffer.from(opened).toString('utf8')) as KeptRequest
}

export function validateBody({ transactionId, certificateRequest }: KeptRequest, callerInfo: string): Uint8Array {
  return Buffer.from(JSON.stringify({ request: { transactionId, certificateRequest, callerInfo } }), 'utf8')
}

export function successBody(
  { transactionId, certificateRequest }: KeptRequest,
  { der, authority }: MadeCertificate,
  callerInfo: string,
): string {
  const { issuerDer, notAfter } = parseCertificate(der)
  return JSON.stringify({
    notification: {
      transactionId,
      certificateRequest,
      certificateThumbprint: createHash('sha1').update(der).digest('hex').toUpperCase(),
      certificateSerialNumber: reportedSerial(der),
      certificateExpirationDateUtc: notAfter.toISOString(),
      issuingCertificateAuthority: nameToText(issuerDer),
      callerInfo,
      caConfiguration: authority.id,
      certificateAuthority: authority.name,
    },
  })
}

export function failureBody(
  { transactionId, certificateRequest }: KeptRequest,
  { reason, description }: { reason: string | null; description: string },
  callerInfo: string,
): Uint8Array {
  const notification = {
    transactionId,
    certificateRequest,
    hResult: hResultOf(reason),
    errorDescription: description.slice(0, MAX_DESCRIPTION),
    callerInfo,
  }
  return Buffer.from(JSON.stringify({ notification }), 'utf8')
}

/** Intune asks for revocation by the very same text: upper-case hex, without the octet that keeps it positive. */
export function reportedSerial(der: Uint8Array): string {
  return parseCertificate(der)
    .serial.toUpperCase()
    .replace(/^(00)+(?=.)/, '')
}
