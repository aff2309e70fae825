/** Whether an issuer may answer SCEP with its own key: an RSA key, and a certificate that says so (scep.md §3.11). */
import { parseCertificate } from '@/lib/pki/certificate'
import type { KeyAlgorithm } from './signer'

export interface AnsweringIssuer {
  keyAlgorithm: KeyAlgorithm
  certificateDer: Uint8Array | null
  /** Nothing is issued under it any more. */
  revoked?: boolean
}

export function mayAnswerScep({ certificateDer, keyAlgorithm }: AnsweringIssuer): boolean {
  if (certificateDer === null || !keyAlgorithm.startsWith('rsa')) return false
  const { keyUsage } = parseCertificate(certificateDer)
  return keyUsage.includes('keyEncipherment') && keyUsage.includes('digitalSignature')
}
