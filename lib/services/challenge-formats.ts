/** How the value of a challenge is written: letters and digits alone, for Windows refuses more in a device profile. */
import { randomBytes } from 'node:crypto'
import type { ChallengeFormat } from './endpoint-settings'

export const CHALLENGE_FORMATS = ['hex32', 'hex16', 'base62', 'sealed'] as const satisfies readonly ChallengeFormat[]

/** dynamic-challenge.md §5.2. 64 bits are worth guessing for an hour at most. */
export const LONGEST_LIFE_MINUTES: Readonly<Record<ChallengeFormat, number>> = {
  hex32: 1_440,
  hex16: 60,
  base62: 1_440,
  sealed: 1_440,
}

/** Version 1 of the sealed form: one algorithm, so no field names it. */
const SEALED_PREFIX = 'SC1'
/** RFC 4648 §6 without padding. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Key id, nonce, sealed payload, tag: see SealedChallenge in signer.ts. */
const SEALED_BYTES = 4 + 12 + 56 + 16
const SEALED_LENGTH = SEALED_PREFIX.length + Math.ceil((SEALED_BYTES * 8) / 5)
/** Five parts of base64url, RFC 7516 §3.1; what it holds is not ours to guess from outside. */
const COMPACT_JWE = /^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/

export type PresentedForm =
  | { form: 'handle'; value: string }
  | { form: 'sealed'; value: string; sealed: Uint8Array }
  | { form: 'signed'; value: string }

/** A new value of a form that carries no meaning. */
export function randomValue(format: Exclude<ChallengeFormat, 'sealed'>): string {
  switch (format) {
    case 'hex32':
      return randomBytes(16).toString('hex').toUpperCase()
    case 'hex16':
      return randomBytes(8).toString('hex').toUpperCase()
    case 'base62':
      return Array.from({ length: 43 }, randomDigit).join('')
  }
}

export function sealedValue(sealed: Uint8Array): string {
  return SEALED_PREFIX + toBase32(sealed)
}

/**
 * dynamic-challenge.md §2: some clients alter the case of hex, and some end the value with a line. Nothing else is
 * forgiven, and whatever has no form of ours is a handle nobody knows.
 */
export function presentedForm(presented: string): PresentedForm {
  const value = presented.replace(/\r?\n$/, '')
  if (/^([0-9a-f]{32}|[0-9a-f]{16})$/i.test(value)) return { form: 'handle', value: value.toUpperCase() }
  if (value.length === SEALED_LENGTH && value.startsWith(SEALED_PREFIX)) {
    const sealed = fromBase32(value.slice(SEALED_PREFIX.length))
    if (sealed !== null) return { form: 'sealed', value, sealed }
  }
  return COMPACT_JWE.test(value) ? { form: 'signed', value } : { form: 'handle', value }
}

/** Every digit alike: bytes past the last whole multiple of 62 are drawn again. */
function randomDigit(): string {
  for (;;) {
    const [byte = 255] = randomBytes(1)
    if (byte < 248) return BASE62.charAt(byte % 62)
  }
}

function toBase32(bytes: Uint8Array): string {
  let bits = 0
  let held = 0
  let text = ''
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    for (; bits >= 5; bits -= 5) text += BASE32.charAt((held >> (bits - 5)) & 31)
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + BASE32.charAt((held << (5 - bits)) & 31)
}

/** Null for what toBase32 would not have written: one value has one spelling. */
function fromBase32(text: string): Uint8Array | null {
  const bytes = new Uint8Array(SEALED_BYTES)
  let bits = 0
  let held = 0
  let at = 0
  for (const character of text) {
    const digit = BASE32.indexOf(character)
    if (digit < 0) return null
    held = (held << 5) | digit
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[at] = held >> bits
    at += 1
    held &= (1 << bits) - 1
  }
  return at === SEALED_BYTES && held === 0 ? bytes : null
}
