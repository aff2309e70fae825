/** Keys that an issuer may have, the usual one first. Plain data: the browser imports it, and must not get the schemas along. */
export const ISSUER_KEYS = ['rsa3072', 'p256', 'p384', 'rsa4096'] as const
