/** OCSP requests in the path of a GET (RFC 6960 appendix A.1), in the spellings that the field has. */

/** Base64 of 2,048 bytes, every character of it percent-encoded. */
const LONGEST = 8_400

/**
 * The request in what follows the responder's address, still as it stood in the request line; null when there is none.
 * An address with a slash at its end makes for two of them; base64 has slashes of its own, and proxies decode what they
 * like, so that '+' arrives as a space.
 */
export function ocspRequestOfPath(rest: string): Uint8Array | null {
  if (rest.length > LONGEST) return null
  const text = decoded(rest.replace(/^\/+/, ''))
    ?.replace(/^\/+/, '')
    .replaceAll(' ', '+')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
  if (text === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  return Buffer.from(text, 'base64')
}

function decoded(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
