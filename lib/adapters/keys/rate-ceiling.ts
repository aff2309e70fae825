/** A ceiling on how often each key is used: whoever takes over a caller cannot mint without limit. */
import { Refusal } from '@/lib/errors'

export class RateCeiling {
  readonly #perSecond: number
  readonly #milliseconds: () => number
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(perSecond: number, milliseconds: () => number = () => performance.now()) {
    this.#perSecond = perSecond
    this.#milliseconds = milliseconds
  }

  /** Counts one use of a key that exists, or refuses it. What can do less harm may count for less. */
  take(keyId: string, use = 1): void {
    const at = this.#milliseconds()
    const bucket = this.#buckets.get(keyId) ?? { tokens: this.#perSecond, at }
    const refilled = bucket.tokens + ((at - bucket.at) / 1000) * this.#perSecond
    const tokens = Math.min(this.#perSecond, refilled)
    this.#buckets.set(keyId, { tokens: tokens < 1 ? tokens : tokens - use, at })
    if (tokens < 1) {
      throw new Refusal('rate_limited', 'Too many signatures at once: try again in a moment.', {
        reason: 'signature_ceiling',
        detail: `key ${keyId} reached its ceiling of ${this.#perSecond} uses per second`,
        retryAfterSeconds: 1,
      })
    }
  }
}
