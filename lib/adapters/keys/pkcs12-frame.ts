/** A PKCS#12 file and its password in one body, as bytes: [length of the password: 16 bits] [password] [file]. */
import { Refusal } from '@/lib/errors'
import { DerReader } from '@/lib/pki/der'
import type { Pkcs12File } from '@/lib/services/signer'

const LENGTH_BYTES = 2
const MAX_PASSWORD_BYTES = 1_024

/** Whoever asked for it wipes it. */
export function packPkcs12({ file, password }: Pkcs12File): Buffer {
  if (password.length > MAX_PASSWORD_BYTES)
    throw new Refusal('invalid_input', 'The password does not open this file.', { reason: 'pkcs12_password' })
  const packed = Buffer.alloc(LENGTH_BYTES + password.length + file.length)
  packed.writeUInt16BE(password.length)
  packed.set(password, LENGTH_BYTES)
  packed.set(file, LENGTH_BYTES + password.length)
  return packed
}

/** Views into the body. */
export function unpackPkcs12(body: Buffer): Pkcs12File {
  const length = body.length < LENGTH_BYTES ? Number.POSITIVE_INFINITY : body.readUInt16BE()
  if (LENGTH_BYTES + length > body.length)
    throw new Refusal('invalid_input', 'This is not a PKCS#12 file.', { reason: 'pkcs12_malformed' })
  return {
    password: body.subarray(LENGTH_BYTES, LENGTH_BYTES + length),
    file: body.subarray(LENGTH_BYTES + length),
  }
}

/** Values of DER that follow one another. */
export function splitDer(bytes: Uint8Array): Uint8Array[] {
  const reader = new DerReader(bytes)
  const values: Uint8Array[] = []
  while (!reader.done) values.push(reader.next().bytes)
  return values
}
