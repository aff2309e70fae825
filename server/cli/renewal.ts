/** What `enrol --renew` starts from: a certificate, its key, and the names that stay. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { type CertificateInfo, fromPem, parseCertificate } from '@/lib/pki/certificate'
import type { NamePart } from '@/lib/pki/name'
import { CommandFault } from './command'
import { readTextFile } from './files'
import { parseSanOption } from './names'

/** Who signs the request: the certificate to be renewed, and its key, which also opens the reply. */
export interface Holder {
  certificate: CertificateInfo
  privateKey: KeyObject
}

/** The certificate must be for the key: otherwise the answer could be opened by nobody. */
export async function holderOf(certificateFile: string, privateKey: KeyObject): Promise<Holder> {
  const pem = await readTextFile(certificateFile)
  let certificate: CertificateInfo
  try {
    const [der] = fromPem(pem)
    certificate = parseCertificate(der ?? new Uint8Array())
  } catch {
    throw new CommandFault('bad_certificate', `${certificateFile} holds no certificate in PEM.`)
  }
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  if (!spki.equals(certificate.spki))
    throw new CommandFault('bad_certificate', `The key given with --key is not the key of ${certificateFile}.`)
  return { certificate, privateKey }
}

/** The subject cannot change by a renewal; alternative names can only become fewer. */
export function renewedNames(
  { certificate }: Holder,
  san: readonly string[],
): {
  subject: NamePart[]
  san: ReturnType<typeof parseSanOption>[]
} {
  const subject = certificate.subject.map(({ type, value }) => ({ type, value }))
  return { subject, san: san.length > 0 ? san.map(parseSanOption) : certificate.san }
}
