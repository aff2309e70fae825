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

/** Why this key is refused, or null. Costs about a millisecond for RSA. */
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
  if (SMALL_PRIMES.some((prime) => modulus % prime === 0n)) return 'rsa_small_factor'
  if (hasRocaFingerprint(modulus)) return 'roca'
  return hasClosePrimes(modulus) ? 'rsa_close_primes' : null
}

/** Every prime below 2,000: no key generator yields such a factor, a broken one may. */
const SMALL_PRIMES: readonly bigint[] = primesBelow(2_000).map(BigInt)

/**
 * CVE-2017-15361: primes of Infineon's library are powers of 65537 modulo the primes up to 167, and so is their
 * product. A random modulus passes all these subgroups once in some 2^27 keys.
 */
function hasRocaFingerprint(modulus: bigint): boolean {
  return ROCA_SUBGROUPS.every(({ prime, powers }) => powers.has(modulus % prime))
}

const ROCA_SUBGROUPS: readonly { prime: bigint; powers: ReadonlySet<bigint> }[] = primesBelow(168)
  .filter((prime) => prime > 2)
  .map((prime) => {
    const powers = new Set<bigint>()
    for (let power = 1; !powers.has(BigInt(power)); power = (power * (65_537 % prime)) % prime)
      powers.add(BigInt(power))
    return { prime: BigInt(prime), powers }
  })

/** Fermat's method, 100 rounds: finds p and q that were drawn close to each other (CVE-2022-26320). */
function hasClosePrimes(modulus: bigint): boolean {
  let a = squareRoot(modulus)
  if (a * a < modulus) a++
  let rest = a * a - modulus
  for (let round = 0; round < 100; round++) {
    if (isSquare(rest)) return true
    rest += 2n * a + 1n
    a++
  }
  return false
}

/** Residues that squares leave modulo numbers that few residues of are squares: spares 99 of 100 roots. */
const [SQUARES_MOD_256, ...SQUARES] = [256, 63, 65, 11].map((modulus) => ({
  modulus,
  residues: new Set(Array.from({ length: modulus }, (_, i) => (i * i) % modulus)),
}))
const SQUARES_PRODUCT = BigInt(SQUARES.reduce((product, { modulus }) => product * modulus, 1))

function isSquare(value: bigint): boolean {
  if (!SQUARES_MOD_256?.residues.has(Number(BigInt.asUintN(8, value)))) return false
  const rest = Number(value % SQUARES_PRODUCT)
  if (SQUARES.some(({ modulus, residues }) => !residues.has(rest % modulus))) return false
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
