/** Opening a challenge that somebody else signed and encrypted: one way, small, and silent about what was wrong. */
import type { KeyObject } from 'node:crypto'
import { compactDecrypt, decodeProtectedHeader } from 'jose'

/** challengePassword of a request may have as much (lib/pki/csr.ts). */
export const MAX_TOKEN_BYTES = 16_384
/** Members that a header of ours needs, beside the public key of the other side. A compressed body could be a bomb. */
const KNOWN_MEMBERS: readonly string[] = ['alg', 'enc', 'kid', 'typ', 'cty', 'epk', 'apu', 'apv']

/**
 * The plaintext, or null: whoever sends it learns nothing from which of the steps failed. Nor from how long it took: a
 * content key that RSA does not yield is replaced by a random one, and the rest is computed all the same (RFC 7516 §11.5).
 */
export async function openCompactToken(token: Uint8Array, privateKey: KeyObject): Promise<Uint8Array | null> {
  const alg = privateKey.asymmetricKeyType === 'rsa' ? 'RSA-OAEP-256' : 'ECDH-ES'
  if (token.length > MAX_TOKEN_BYTES) return null
  const text = Buffer.from(token).toString('latin1')
  try {
    const header = decodeProtectedHeader(text)
    if (Object.keys(header).some((member) => !KNOWN_MEMBERS.includes(member))) return null
    const { plaintext } = await compactDecrypt(text, privateKey, {
      keyManagementAlgorithms: [alg],
      contentEncryptionAlgorithms: ['A256GCM'],
    })
    return plaintext
  } catch {
    return null
  }
}
