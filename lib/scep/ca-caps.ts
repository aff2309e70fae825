/** GetCACaps (RFC 8894 §3.5.2): what an endpoint can do, generated from its settings. */

export interface CaCapsOptions {
  allowSha1: boolean
  allow3des: boolean
  /** RenewalReq (messageType 17) is served. */
  renewal: boolean
  /** A next CA certificate is staged. */
  rollover: boolean
}

/**
 * One keyword per line, LF only: an Apple client that splits on LF would keep a CR. The keywords that SCEPStandard
 * implies are there because clients look for them by name: Apple posts only when it finds POSTPKIOperation itself.
 * SHA-384 is no keyword of RFC 8894, but strongSwan 5.9.8 tests the wrong bit and takes it for SCEPStandard: without it
 * that client refuses our AES. Others must ignore what they do not know (§3.5.2), and we do verify and mirror SHA-384.
 */
export function caCaps(options: CaCapsOptions): string {
  const keywords = [
    'AES',
    options.allow3des && 'DES3',
    options.allowSha1 && 'SHA-1',
    'SHA-256',
    'SHA-384',
    'SHA-512',
    'POSTPKIOperation',
    options.renewal && 'Renewal',
    options.rollover && 'GetNextCACert',
    'SCEPStandard',
  ]
  return keywords.flatMap((keyword) => (keyword ? [`${keyword}\n`] : [])).join('')
}
