/** Certificate serial numbers: 127 random bits, written as upper-case hex. */
import { Refusal } from '@/lib/errors'
import { naturalNumber } from './der-write'
import { randomOctets } from './random'

/** Whole octets in upper-case hex without superfluous leading zero octets. Made here alone. */
export type Serial = string & { readonly brand: 'Serial' }

/** 16 random octets, the top bit clear (positive) and the first octet not zero (always 32 hex digits). */
export function newSerial(): Serial {
  for (;;) {
    const bytes = randomOctets(16)
    bytes[0] = (bytes[0] ?? 0) & 0x7f
    if (bytes[0] !== 0) return bytes.toString('hex').toUpperCase() as Serial
  }
}

/** A serial as people paste it: any letter case, colons or spaces between octets. */
export function parseSerial(hex: string): Serial {
  const digits = hex.trim().replace(/^0x/i, '').replaceAll(/[:\s]/g, '')
  if (!/^[0-9a-fA-F]{1,80}$/.test(digits)) {
    throw new Refusal('invalid_input', 'A serial number is written in hexadecimal digits.', { reason: 'bad_serial' })
  }
  return serialOf(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex'))
}

/** The serial in an INTEGER's content. */
export function serialOf(content: Uint8Array): Serial {
  const hex = Buffer.from(content).toString('hex').toUpperCase()
  return (hex.replace(/^(00)+(?=..)/, '') || '00') as Serial
}

/** INTEGER holding the serial. */
export function encodeSerial(serial: string): Uint8Array {
  return naturalNumber(Buffer.from(serial, 'hex'))
}
