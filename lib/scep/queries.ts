/** What GetCert and GetCRL ask for (RFC 8894 §3.3.4, §3.3.5): a certificate by its issuer and serial number. */
import { toDer } from '@/lib/pki/ber'
import { DerError, parseDer, TAG, UNTRUSTED } from '@/lib/pki/der'
import { parseName } from '@/lib/pki/name'
import { type Serial, serialOf } from '@/lib/pki/serial'
import { parseIssuerAndSerial } from './signed-data'

export interface CertificateName {
  issuerDer: Uint8Array
  serial: Serial
}

/** RFC 5280 §4.1.2.2 allows 20 octets; sscep writes 32 into its own certificates. */
const MAX_SERIAL_OCTETS = 40
const LIMITS = { ...UNTRUSTED, maxBytes: 8_192 }

/** Takes the content of the envelope. Throws DerError. */
export function parseCertificateName(plaintext: Uint8Array): CertificateName {
  const value = parseDer(toDer(plaintext, LIMITS), LIMITS)
  if (value.tag !== TAG.sequence) throw new DerError('an IssuerAndSerialNumber is a SEQUENCE')
  const { issuerDer, serial } = parseIssuerAndSerial(value)
  if (serial.length > MAX_SERIAL_OCTETS) throw new DerError('a serial number without end', 'limit')
  parseName(issuerDer)
  return { issuerDer, serial: serialOf(serial) }
}
