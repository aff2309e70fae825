/** Chance with a seed, so that what was found can be found again. */

export interface Chance {
  readonly seed: number
  /** A whole number from 0 up to, but not including, `count`. */
  below(count: number): number
  /** True once in `count` times. */
  oneIn(count: number): boolean
  one<T>(of: readonly T[]): T
  bytes(length: number): Buffer
}

/** Mulberry32: small, quick, and good enough to choose where to break something. */
export function chance(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number): number => Math.floor(next() * count)
  return {
    seed,
    below,
    oneIn: (count) => below(count) === 0,
    one: (of) => {
      if (of.length === 0) throw new Error('nothing to choose from')
      return of[below(of.length)] as (typeof of)[number]
    },
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  }
}
