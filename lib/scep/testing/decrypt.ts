/** RSA key transport with a key at hand; in the product this happens inside the signer. */
import { constants, type KeyObject, privateDecrypt } from 'node:crypto'
import type { EnvelopeRecipient } from '@/lib/scep/envelope'

export function decryptContentKey(privateKey: KeyObject, { encryptedKey, oaepHash }: EnvelopeRecipient): Uint8Array {
  return oaepHash
    ? privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, encryptedKey)
    : privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, encryptedKey)
}
