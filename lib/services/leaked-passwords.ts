/**
 * The list a guesser begins with: passwords from public leaks, beside the words this product knows by itself. It travels
 * with the product, compressed, and is unpacked when the first password is chosen. Origin and licence are in the file.
 */
import { createHash } from 'node:crypto'
import { brotliDecompressSync } from 'node:zlib'
import list from './leaked-passwords.json' with { type: 'json' }
import { COMMON_RANKS, type Ranks, ranksOf } from './password-advice'

let ranks: Ranks | undefined

/** Of each word the earlier of its two ranks. */
export function guessersRanks(): Ranks {
  ranks ??= earlierOf(ranksOf(leakedPasswords()), COMMON_RANKS)
  return ranks
}

/** Commonest first. A list that is not the one we took is none: better no new password than one nobody checked. */
export function leakedPasswords(): string[] {
  const text = brotliDecompressSync(Buffer.from(list.brotli, 'base64'))
  if (createHash('sha256').update(text).digest('hex') !== list.sha256)
    throw new Error('the list of leaked passwords is damaged')
  return text.toString('latin1').split('\n')
}

function earlierOf(leaked: Ranks, own: Ranks): Ranks {
  const merged = new Map(leaked)
  for (const [word, rank] of own) merged.set(word, Math.min(rank, merged.get(word) ?? Infinity))
  return merged
}
