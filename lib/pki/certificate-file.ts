/** Files that people upload: one or more certificates, or one revocation list, as PEM or DER. */
import { DerError } from './der'
import { fromPem } from './pem'

/** Why a file was not read; the text goes on from "This file". */
export class FileFault extends Error {
  readonly reason: string
  constructor(reason: string, text: string) {
    super(text)
    this.name = 'FileFault'
    this.reason = reason
  }
}

const BEGIN = '-----BEGIN '

/** The values in a file, DER. Throws FileFault for what holds anything else, a private key above all. */
export function valuesInFile(bytes: Uint8Array, labels: readonly string[]): Uint8Array[] {
  // A text that begins with a byte order mark or white space is still a text.
  const text = Buffer.from(bytes).toString('latin1')
  if (!text.includes(BEGIN)) {
    if (bytes.length === 0 || bytes[0] !== 0x30)
      throw new FileFault('not_a_certificate_file', 'is neither PEM nor DER.')
    return [bytes]
  }
  for (const [, label = ''] of text.matchAll(/-----BEGIN ([^\r\n]*?)-----/g)) {
    if (label.includes('PRIVATE KEY'))
      throw new FileFault(
        'holds_a_private_key',
        'holds a private key. Nothing of it was kept. To import a key, use PKCS#12 with a password.',
      )
    if (!labels.includes(label))
      throw new FileFault('unexpected_block', `holds a block of another kind (${label.slice(0, 40)}).`)
  }
  try {
    return fromPem(text)
  } catch (error) {
    if (error instanceof DerError) throw new FileFault('pem_malformed', 'is not PEM as it should be, or is cut.')
    throw error
  }
}

export const CERTIFICATE_LABELS = ['CERTIFICATE', 'X509 CERTIFICATE'] as const
export const CRL_LABELS = ['X509 CRL'] as const
