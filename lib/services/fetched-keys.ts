/** The public keys of a minter where it publishes them: fetched once, when an administrator asks, and then pinned. */
import { Refusal } from '@/lib/errors'
import { checkedKeys, isPrivate, type MinterKey } from './minter-keys'
import type { Outbound } from './outbound'

export interface FoundKeys {
  url: string
  keys: MinterKey[]
  /** Keys beside them that cannot sign challenges. */
  leftOut: number
}

const MOST_CHARACTERS = 2_048
const TIMEOUT_MS = 5_000

/** Asks the address, and refuses, in a sentence for the field, what is no set of public keys to verify with. */
export async function fetchKeys(outbound: Outbound, address: string): Promise<FoundKeys> {
  const url = checkedUrl(address)
  const answer = await outbound.send({
    method: 'GET',
    url,
    headers: { accept: 'application/jwk-set+json, application/json' },
    body: new Uint8Array(0),
    timeoutMs: TIMEOUT_MS,
    allowedHosts: [],
  })
  if (!answer.answered) return refuse('unreachable', `The keys cannot be fetched. ${answer.detail}`)
  if (answer.status >= 300 && answer.status < 400)
    refuse('unreachable', `The address answered HTTP ${answer.status}, and redirects are not followed.`)
  if (answer.status !== 200) refuse('unreachable', `The address answered HTTP ${answer.status} instead of keys.`)
  return { url, ...pinnable(answer.body) }
}

/** An address to remember. Whether it may be asked is for the guard to say. */
export function checkedUrl(address: string): string {
  const url = URL.parse(address.trim())
  if (url === null || !/^https?:$/.test(url.protocol) || url.href.length > MOST_CHARACTERS)
    return refuse('address', 'Enter the https:// address of a JWK set.')
  if (url.username !== '' || url.password !== '')
    refuse('address', 'An address may not hold a user name or a password.')
  url.hash = ''
  return url.href
}

/** Sets that are published hold keys for other uses too: what can verify a challenge is taken, and the rest left out. */
function pinnable(body: Uint8Array): Omit<FoundKeys, 'url'> {
  const published = keysOf(body)
  if (published.some(isPrivate))
    refuse(
      'private_key',
      'A private key is published there: nothing was registered, and that key must be considered disclosed.',
    )
  const usable = published.filter(canVerify)
  if (usable.length === 0)
    refuse(
      'no_usable_key',
      'No key there is usable: it takes Ed25519 (for EdDSA) or P-256 (for ES256), for signatures.',
    )
  const keys = checked(usable)
  return { keys, leftOut: published.length - keys.length }
}

function keysOf(body: Uint8Array): Record<string, unknown>[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    parsed = null
  }
  const list = typeof parsed === 'object' && parsed !== null && 'keys' in parsed ? parsed.keys : null
  if (!Array.isArray(list) || !list.every((key) => typeof key === 'object' && key !== null && !Array.isArray(key)))
    return refuse('not_a_jwks', 'What is there is not a JWK set, such as {"keys":[…]}.')
  return list
}

/** RFC 7517 §4.2 to §4.4: a key that says what it is for is for that alone. */
function canVerify(jwk: Record<string, unknown>): boolean {
  const { kty, crv, use = 'sig', key_ops = ['verify'], alg } = jwk
  if (use !== 'sig' || !Array.isArray(key_ops) || !key_ops.includes('verify')) return false
  if (kty === 'EC' && crv === 'P-256') return alg === undefined || alg === 'ES256'
  return kty === 'OKP' && crv === 'Ed25519' && (alg === undefined || alg === 'EdDSA' || alg === 'Ed25519')
}

/** As strict as with pasted ones: a key of the right kind that is broken, or has another one's name, is a fault. */
function checked(usable: Record<string, unknown>[]): MinterKey[] {
  try {
    return checkedKeys(JSON.stringify({ keys: usable }))
  } catch (error) {
    if (error instanceof Refusal) return refuse('not_a_jwks', error.sentence)
    throw error
  }
}

function refuse(reason: string, sentence: string): never {
  throw new Refusal('invalid_input', sentence, { reason: `jwks_url_${reason}`, fields: { jwksUrl: sentence } })
}
