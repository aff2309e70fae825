/** Why a PKCS#12 file is not taken, in words for whoever brought it. */
import { Refusal } from '@/lib/errors'

const PKCS12 = '1.2.840.113549.1.12'
/** PBES1 of RFC 7292 appendix C with RC4, RC2 and 3DES, single DES and 3DES under PBES2: what old programs write. */
const LEGACY = new RegExp(
  `^(${PKCS12.replaceAll('.', '\\.')}\\.1\\.\\d+|1\\.2\\.840\\.113549\\.1\\.5\\.\\d|1\\.2\\.840\\.113549\\.1\\.5\\.1[01]|1\\.2\\.840\\.113549\\.3\\.\\d|1\\.3\\.14\\.3\\.2\\.7)$`,
)

export function refused(reason: string, sentence: string, detail?: string): Refusal {
  return new Refusal('invalid_input', sentence, {
    reason: `pkcs12_${reason}`,
    ...(detail === undefined ? {} : { detail }),
  })
}

export function wrongPassword(): Refusal {
  return refused('password', 'The password does not open this file.')
}

export function notPkcs12(detail: string): Refusal {
  return refused('malformed', 'This is not a PKCS#12 file (.p12 or .pfx), or it is damaged.', `pkcs12: ${detail}`)
}

export function unsupported(oid: string): Refusal {
  if (LEGACY.test(oid))
    return refused(
      'legacy',
      'This file is encrypted as old programs did it (3DES, RC2 or RC4), which is too weak for the key of an authority. ' +
        'Convert it: openssl pkcs12 -legacy -in old.p12 -nodes | openssl pkcs12 -export -out new.p12',
      `pkcs12: ${oid}`,
    )
  return refused('unsupported', `This file uses an algorithm that is not supported (${oid}). Export it with AES-256.`)
}
