/** Digests as people compare them: upper-case pairs with colons, the way openssl prints them. */
export function formatFingerprint(hex: string): string {
  return hex.toUpperCase().match(/../g)?.join(':') ?? ''
}
