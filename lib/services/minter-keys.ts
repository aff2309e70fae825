/** The public keys of a minter, pasted or found at an address: EdDSA or ES256, public, each with a name of its own. */
import { createHash, createPublicKey } from 'node:crypto'
import { z } from 'zod'
import { Refusal } from '@/lib/errors'

/** RFC 7517, no more than is needed to verify. `alg` follows from the key, whatever a token says. */
export type MinterKey =
  | { kid: string; alg: 'ES256'; kty: 'EC'; crv: 'P-256'; x: string; y: string }
  | { kid: string; alg: 'EdDSA'; kty: 'OKP'; crv: 'Ed25519'; x: string }

/** A key as people compare it: the thumbprint of RFC 7638 follows from the key, whatever its name says. */
export interface ShownKey {
  kid: string
  algorithm: MinterKey['alg']
  thumbprint: string
}

const MOST_KEYS = 20
const MOST_CHARACTERS = 32_768
/** RFC 7518 §6.2.2, §6.3.2 and §6.4, and `priv` of the keys of ML-DSA: what only the holder may have. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

const Coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const Jwk = z.discriminatedUnion('kty', [
  z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: Coordinate, y: Coordinate }),
  z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: Coordinate }),
])
type PublicJwk = z.output<typeof Jwk> | { kty: 'RSA'; n: string; e: string }
const Kid = z.string().min(1).max(200)

/** Reads a JWK set, or one JWK. Refuses, in a sentence for the field, what could not verify or should not be here. */
export function checkedKeys(jwks: string): MinterKey[] {
  const parsed = jsonOf(jwks)
  const list: unknown[] = Array.isArray(parsed.keys) ? parsed.keys : [parsed]
  if (list.length === 0) refuse('The set has no keys.')
  if (list.length > MOST_KEYS) refuse(`At most ${MOST_KEYS} keys.`)
  const keys = list.map(checkedKey)
  if (new Set(keys.map(({ kid }) => kid)).size !== keys.length)
    refuse('Give each key a "kid" of its own: two have the same.')
  return keys
}

function jsonOf(text: string): Record<string, unknown> {
  if (text.length > MOST_CHARACTERS) refuse('This is too long for a set of public keys.')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return refuse('This is not JSON. Paste a JWK set, such as {"keys":[…]}.')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return refuse('Paste a JWK set, such as {"keys":[…]}.')
  return parsed as Record<string, unknown>
}

function checkedKey(value: unknown): MinterKey {
  const members = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  if (isPrivate(members))
    refuse('There is a private key in it. Paste the public part alone, and use another key: this one was shown.')
  const jwk = Jwk.safeParse(members)
  if (!jwk.success) return refuse('Each key must be Ed25519 (for EdDSA) or P-256 (for ES256).')
  try {
    createPublicKey({ key: jwk.data, format: 'jwk' })
  } catch {
    refuse('A key is not a point of its curve.')
  }
  const kid = Kid.safeParse(members.kid)
  const named = kid.success ? kid.data : thumbprint(jwk.data)
  return jwk.data.kty === 'EC' ? { kid: named, alg: 'ES256', ...jwk.data } : { kid: named, alg: 'EdDSA', ...jwk.data }
}

/** Whether a JWK holds what its owner alone may have. */
export function isPrivate(jwk: object): boolean {
  return PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member))
}

export function shownKey(key: MinterKey): ShownKey {
  return { kid: key.kid, algorithm: key.alg, thumbprint: thumbprint(key) }
}

/** RFC 7638: the name of a key that was given none. */
export function thumbprint(jwk: PublicJwk): string {
  return createHash('sha256')
    .update(JSON.stringify(requiredMembers(jwk)))
    .digest('base64url')
}

/** In the order of the alphabet, which the thumbprint depends on. */
function requiredMembers(jwk: PublicJwk) {
  switch (jwk.kty) {
    case 'EC':
      return { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }
    case 'OKP':
      return { crv: jwk.crv, kty: jwk.kty, x: jwk.x }
    case 'RSA':
      return { e: jwk.e, kty: jwk.kty, n: jwk.n }
  }
}

function refuse(sentence: string): never {
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_jwks', fields: { jwks: sentence } })
}
