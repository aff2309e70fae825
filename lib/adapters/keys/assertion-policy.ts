/** What a key of purpose `assertion` may sign: a short statement of who we are (RFC 7523), and its own certificate. */
import { Refusal } from '@/lib/errors'
import { parseTbsCertificate } from '@/lib/pki/certificate'
import { DerError } from '@/lib/pki/der'
import type { SigningKey } from './signing-key'

export const MAX_ASSERTION_BYTES = 4_096
const MAX_LIFE_SECONDS = 600
const MAX_AHEAD_SECONDS = 300
const MAX_CERTIFICATE_LIFE_MS = 800 * 86_400_000
const PART = '[A-Za-z0-9_-]+'

/** The signing input of a JWS: whoever sees the assertion can use it for minutes, at one place. */
export function checkAssertion(input: Uint8Array, now: Date): void {
  const text = Buffer.from(input).toString('latin1')
  if (text.length > MAX_ASSERTION_BYTES || !new RegExp(`^${PART}\\.${PART}$`).test(text)) refuse('not_an_assertion')
  const [header, claims] = text.split('.').map(partOf)
  if (header?.alg !== 'PS256' || header.typ !== 'JWT') refuse('assertion_header')
  const { aud, iss, sub, exp, nbf, jti } = claims ?? {}
  if (typeof iss !== 'string' || iss === '' || iss !== sub) refuse('assertion_subject')
  if (typeof aud !== 'string' || !/^https?:\/\//.test(aud)) refuse('assertion_audience')
  if (typeof jti !== 'string' || jti.length < 16) refuse('assertion_id')
  if (typeof exp !== 'number' || typeof nbf !== 'number' || exp - nbf > MAX_LIFE_SECONDS) refuse('assertion_life')
  if (exp > now.getTime() / 1_000 + MAX_LIFE_SECONDS || nbf > now.getTime() / 1_000 + MAX_AHEAD_SECONDS)
    refuse('assertion_life')
}

/** Self-signed, of this very key, and no authority: it is uploaded where we identify ourselves, and means nothing elsewhere. */
export function checkOwnCertificate(tbs: Uint8Array, key: SigningKey): void {
  const info = parsed(() => parseTbsCertificate(tbs))
  if (!Buffer.from(info.issuerDer).equals(info.subjectDer)) refuse('issuer_name_mismatch')
  if (!key.spki.equals(info.spki)) refuse('public_key_mismatch')
  if (info.isCa || info.keyUsage.some((usage) => usage !== 'digitalSignature')) refuse('key_usage')
  if (info.notAfter.getTime() - info.notBefore.getTime() > MAX_CERTIFICATE_LIFE_MS) refuse('validity_too_long')
}

function partOf(part: string): { [key: string]: unknown } | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

function parsed<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof DerError) refuse('malformed')
    throw error
  }
}

function refuse(reason: string): never {
  throw new Refusal('policy_refused', 'The signer does not sign this.', { reason, detail: `signer: ${reason}` })
}
