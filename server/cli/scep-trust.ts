/** What GetCACert returned: whom to encrypt to, who signs certificates, and whether that is who it should be. */
import { createHash } from 'node:crypto'
import { type CertificateInfo, parseCertificate, verifyCertificateSignature } from '@/lib/pki/certificate'
import { parseCaCertificates } from '@/lib/scep/client'
import { CommandFault } from './command'

export interface Trust {
  /** Opens our envelope and signs the replies: the registration authority, or the CA itself. */
  recipient: CertificateInfo
  /** The certificate that signs ours, then those above it as far as they were sent. */
  chain: CertificateInfo[]
}

export function readCaCertificates(bytes: Uint8Array): CertificateInfo[] {
  try {
    return parseCaCertificates(bytes).map((der) => parseCertificate(der))
  } catch {
    throw new CommandFault('not_scep', 'The server answered GetCACert with something that is no certificate.')
  }
}

/** Throws unless everything the server sent hangs together, down to the fingerprint where one was given. */
export function establishTrust(certificates: CertificateInfo[], fingerprint: string | undefined, now: Date): Trust {
  const recipient = certificates.find((one) => !one.isCa && canOpen(one)) ?? certificates.find(canOpen)
  if (recipient === undefined) {
    throw new CommandFault('no_recipient', 'The server sent no RSA certificate that can open a request.')
  }
  const chain = recipient.isCa ? chainFrom(recipient, certificates) : chainAbove(recipient, certificates)
  if (chain.length === 0) {
    throw new CommandFault('untrusted', 'The registration authority is not signed by any CA that the server sent.')
  }
  for (const certificate of [recipient, ...chain]) {
    if (certificate.notBefore > now || certificate.notAfter < now) {
      throw new CommandFault(
        'untrusted',
        'A certificate of the server is not valid today. Is the clock of this machine right?',
      )
    }
  }
  if (fingerprint !== undefined && ![recipient, ...chain].some((one) => sha256(one.der) === fingerprint)) {
    throw new CommandFault(
      'wrong_fingerprint',
      'No certificate of this server has the fingerprint given with --ca-fingerprint.',
    )
  }
  return { recipient, chain }
}

/** SHA-256 as people paste it: with or without colons, in either case. */
export function parseFingerprint(text: string): string {
  const hex = text.replaceAll(/[:\s-]/g, '').toLowerCase()
  if (/^[0-9a-f]{64}$/.test(hex)) return hex
  throw new CommandFault('bad_fingerprint', 'A fingerprint is the SHA-256 of a certificate: 64 hexadecimal digits.')
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Whether `above` signed `below`, by name and by signature. */
export function signed(above: CertificateInfo, below: CertificateInfo): boolean {
  return (
    above.isCa &&
    Buffer.from(above.subjectDer).equals(below.issuerDer) &&
    verifyCertificateSignature(below.der, above.spki)
  )
}

function canOpen(certificate: CertificateInfo): boolean {
  const { keyUsage } = certificate
  return isRsa(certificate) && (keyUsage.length === 0 || keyUsage.includes('keyEncipherment'))
}

/** 1.2.840.113549.1.1.1, rsaEncryption, DER. It stands in a SubjectPublicKeyInfo of this kind and no other. */
const RSA_ENCRYPTION = Buffer.from('06092a864886f70d010101', 'hex')

function isRsa({ spki }: CertificateInfo): boolean {
  return Buffer.from(spki.subarray(0, 40)).includes(RSA_ENCRYPTION)
}

function chainAbove(certificate: CertificateInfo, certificates: CertificateInfo[]): CertificateInfo[] {
  const above = certificates.find((one) => one !== certificate && signed(one, certificate))
  return above === undefined ? [] : chainFrom(above, certificates)
}

/** From an issuer upwards. Each certificate is used once, so that a circle ends. */
function chainFrom(issuer: CertificateInfo, certificates: CertificateInfo[]): CertificateInfo[] {
  const rest = certificates.filter((one) => one !== issuer)
  const above = rest.find((one) => signed(one, issuer))
  return above === undefined ? [issuer] : [issuer, ...chainFrom(above, rest)]
}
