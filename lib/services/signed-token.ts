/** The token inside a signed challenge: a JWS by a registered key of its issuer, and claims of a strict shape. */
import { compactVerify, importJWK } from 'jose'
import { z } from 'zod'
import { RulesShape } from './challenge-rules-shape'
import type { MinterKey } from './minter-keys'
import { SAN_TYPES } from './minter-limits'

/** NumericDate of RFC 7519 §2 may have a fraction. */
const Moment = z.number().min(0).max(253_402_300_799)
const Text = z.string().min(1).max(2_048)
const Header = z.strictObject({
  // RFC 9864 calls it Ed25519, and RFC 8037 EdDSA.
  alg: z.enum(['ES256', 'EdDSA', 'Ed25519']),
  kid: z.string().min(1).max(200).optional(),
  typ: z.string().max(100).optional(),
  cty: z.string().max(100).optional(),
})
/** What a request must say. Members that are not known here are refused: they might forbid something. */
const Csr = z.strictObject({
  subject: z.union([z.string().max(1_024), z.array(z.strictObject({ type: Text, value: Text })).max(20)]),
  san: z
    .array(z.strictObject({ type: z.enum(SAN_TYPES), value: Text }))
    .max(100)
    .default([]),
  rules: RulesShape.exactOptional(),
})
const Claims = z.object({
  iss: z.string().min(1).max(255),
  // A token for several places would be good once at each of them.
  aud: z.union([Text, z.tuple([Text]).transform(([only]) => only)]),
  iat: Moment,
  nbf: Moment.optional(),
  exp: Moment,
  jti: z.string().min(1).max(255),
  deviceName: z.string().max(100).optional(),
  csr: Csr,
})
export type TokenClaims = z.output<typeof Claims>

/** Says what is wrong to the portal, never to the device. */
export class TokenFault extends Error {}

export interface UnverifiedToken {
  /** To find the keys with; worth nothing before verify(). */
  issuer: string
  /** Throws TokenFault unless one of these keys signed it. */
  verify(keys: readonly MinterKey[]): Promise<TokenClaims>
}

/** Reads a compact JWS (RFC 7515 §7.1). Throws TokenFault. */
export function readToken(bytes: Uint8Array): UnverifiedToken {
  const text = Buffer.from(bytes).toString('latin1')
  const [protectedHeader, payload, signature, ...more] = text.split('.')
  if (!protectedHeader || !payload || !signature || more.length > 0 || !/^[\w.-]+$/.test(text))
    throw new TokenFault('what is encrypted is not a compact JWS')
  const header = Header.safeParse(jsonOf(protectedHeader))
  // A header with jwk, jku, x5c or crit would bring its own keys or rules: no member beyond the four is known.
  if (!header.success) throw new TokenFault('the header of the JWS is not one of ES256 or EdDSA with a kid')
  const issuer = z.object({ iss: z.string().min(1).max(255) }).safeParse(jsonOf(payload))
  if (!issuer.success) throw new TokenFault('the token names no issuer')
  return {
    issuer: issuer.data.iss,
    async verify(keys) {
      const key = keyOf(header.data, keys)
      const { kid: _, ...jwk } = key
      try {
        await compactVerify(text, await importJWK(jwk, key.alg), { algorithms: [header.data.alg] })
      } catch {
        throw new TokenFault('the signature does not verify')
      }
      const claims = Claims.safeParse(jsonOf(payload))
      if (claims.success) return claims.data
      const [issue] = claims.error.issues
      throw new TokenFault(`claim ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unreadable'}`.slice(0, 300))
    },
  }
}

/** The algorithm is the key's: a token cannot choose another for it. */
function keyOf(header: z.output<typeof Header>, keys: readonly MinterKey[]): MinterKey {
  const candidates = header.kid === undefined ? keys : keys.filter(({ kid }) => kid === header.kid)
  const [key] = candidates
  if (key === undefined || candidates.length > 1) {
    throw new TokenFault(
      header.kid === undefined
        ? 'the header names no kid, and the minter has several keys'
        : 'no key of the minter has this kid',
    )
  }
  if (key.alg !== (header.alg === 'ES256' ? 'ES256' : 'EdDSA'))
    throw new TokenFault(`the key signs with ${key.alg}, and the header says ${header.alg}`)
  return key
}

function jsonOf(part: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url')))
  } catch {
    throw new TokenFault('a part of the JWS is not JSON')
  }
}
