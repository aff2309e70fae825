/** The forms of a challenge's value, in words. */
import type { ChallengeFormat } from '@/lib/services/endpoint-settings'

export const MINTED_FORMATS: Record<ChallengeFormat, string> = {
  hex32: '32 hex digits',
  hex16: '16 hex digits, an hour at most',
  base62: '43 letters and digits',
  sealed: 'Sealed: carries its own binding',
}

/** By the word in the row: those that were minted here, and those that a minter signed. */
export const FORMAT_NAMES: Readonly<Record<string, string>> = { ...MINTED_FORMATS, signed: 'Signed by a minter' }
