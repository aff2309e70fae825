/** Key algorithms in words. */
import type { KeyAlgorithm } from '@/lib/services/signer'

export const KEY_NAMES: Record<KeyAlgorithm, string> = {
  rsa2048: 'RSA 2048',
  rsa3072: 'RSA 3072',
  rsa4096: 'RSA 4096',
  p256: 'EC P-256',
  p384: 'EC P-384',
}
