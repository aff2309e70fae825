/** Public keys that must not be certified, though they look like any other. */
import type { PublicKeyInfo } from './key'

export interface KeyRules {
  minRsaBits: number
  /** Named curves, such as "P-256"; "Ed25519" stands among them. */
  curves: readonly string[]
}

export type KeyWeakness =
  | 'rsa_too_small'
  | 'rsa_too_large'
  | 'rsa_odd_size'
  | 'rsa_exponent'
  | 'rsa_small_factor'
  | 'rsa_close_primes'
  | 'roca'
  | 'curve_not_allowed'

/** Why this key is refused, or null. */
export function keyWeakness(key: PublicKeyInfo, rules: KeyRules): KeyWeakness | null {
  switch (key.algorithm) {
    case 'RSA':
      return rsaWeakness(key, rules.minRsaBits)
    case 'EC':
      return rules.curves.includes(key.curve) ? null : 'curve_not_allowed'
    case 'Ed25519':
      return rules.curves.includes('Ed25519') ? null : 'curve_not_allowed'
  }
}

function rsaWeakness(key: { bits: number; exponent: bigint; modulus: bigint }, minBits: number): KeyWeakness | null {
  const { bits, exponent, modulus } = key
  if (bits < minBits) return 'rsa_too_small'
  if (bits > 8192) return 'rsa_too_large'
  if (bits % 8 !== 0) return 'rsa_odd_size'
  if (exponent < 65_537n || exponent % 2n === 0n || exponent >= 1n << 64n) return 'rsa_exponent'
  const known = judged.get(key)
  if (known !== undefined) return known
  const weakness = weaknessOfModulus(modulus)
  judged.set(key, weakness)
  return weakness
}

/** Policy, issuance and lint ask about the same key in turn, and it has not changed. */
const judged = new WeakMap<object, KeyWeakness | null>()

function weaknessOfModulus(modulus: bigint): KeyWeakness | null {
  const residues = residuesOf(modulus)
  if (residues.includes(0)) return 'rsa_small_factor'
  if (hasRocaFingerprint(residues)) return 'roca'
  return hasClosePrimes(modulus) ? 'rsa_close_primes' : null
}

/** Every prime below 2,000: no key generator yields such a factor, a broken one may. */
const SMALL_PRIMES: readonly number[] = primesBelow(2_000)

/** The small primes in groups whose product is a safe integer: one division of the large number for each group. */
const PRIME_GROUPS: readonly { product: bigint; primes: readonly number[] }[] = groupsOf(SMALL_PRIMES)

function groupsOf(primes: readonly number[]): { product: bigint; primes: number[] }[] {
  const groups: { product: bigint; primes: number[] }[] = []
  for (const prime of primes) {
    const group = groups.at(-1)
    const product = (group?.product ?? 1n) * BigInt(prime)
    if (group === undefined || product > Number.MAX_SAFE_INTEGER)
      groups.push({ product: BigInt(prime), primes: [prime] })
    else Object.assign(group, { product, primes: [...group.primes, prime] })
  }
  return groups
}

/** What the modulus leaves modulo each small prime, in their order. */
function residuesOf(modulus: bigint): number[] {
  return PRIME_GROUPS.flatMap(({ product, primes }) => {
    const rest = Number(modulus % product)
    return primes.map((prime) => rest % prime)
  })
}

/**
 * CVE-2017-15361: primes of Infineon's library are powers of 65537 modulo the primes up to 167, and so is their
 * product. A random modulus passes all these subgroups once in some 2^27 keys.
 */
function hasRocaFingerprint(residues: readonly number[]): boolean {
  return ROCA_SUBGROUPS.every(({ place, powers }) => powers.has(residues[place] ?? 0))
}

const ROCA_SUBGROUPS: readonly { place: number; powers: ReadonlySet<number> }[] = primesBelow(168)
  .filter((prime) => prime > 2)
  .map((prime) => {
    const powers = new Set<number>()
    for (let power = 1; !powers.has(power); power = (power * (65_537 % prime)) % prime) powers.add(power)
    return { place: SMALL_PRIMES.indexOf(prime), powers }
  })

/**
 * Fermat's method, 100 rounds: finds p and q that were drawn close to each other (CVE-2022-26320). In round k it asks
 * whether (a + k)^2 - modulus is a square; small remainders answer that for 99 of 100 without the large numbers.
 */
function hasClosePrimes(modulus: bigint): boolean {
  let a = squareRoot(modulus)
  if (a * a < modulus) a++
  const rest = a * a - modulus
  const [smallA, smallRest] = [Number(a % SQUARES_PRODUCT), Number(rest % SQUARES_PRODUCT)]
  for (let round = 0; round < 100; round++) {
    if (!mayBeSquare(smallRest + round * (2 * smallA + round))) continue
    if (isSquare(rest + BigInt(round) * (2n * a + BigInt(round)))) return true
  }
  return false
}

/** Residues that squares leave modulo numbers that few residues of are squares. */
const SQUARES = [256, 63, 65, 11].map((modulus) => ({
  modulus,
  residues: new Set(Array.from({ length: modulus }, (_, i) => (i * i) % modulus)),
}))
const SQUARES_PRODUCT = BigInt(SQUARES.reduce((product, { modulus }) => product * modulus, 1))

/** `small` leaves the same remainder as the number in question modulo the product of all of SQUARES. */
function mayBeSquare(small: number): boolean {
  return SQUARES.every(({ modulus, residues }) => residues.has(small % modulus))
}

function isSquare(value: bigint): boolean {
  const root = squareRoot(value)
  return root * root === value
}

/** The integer square root, by Newton's method from above. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt(Math.ceil(value.toString(16).length * 2))
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

function primesBelow(limit: number): number[] {
  const primes: number[] = []
  for (let candidate = 2; candidate < limit; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate)
  }
  return primes
}
