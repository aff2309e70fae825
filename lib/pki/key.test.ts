import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ecKey, rsaKey } from '@/e2e/fixtures/chain'
import { openssl, scratchFiles } from '@/e2e/fixtures/openssl'
import { DerError } from './der'
import { bitString, integer, nullValue, oid, sequence } from './der-write'
import { keyIdentifier, keyWeakness, parsePublicKey } from './key'
import { OID } from './oid'

const RULES = { minRsaBits: 2048, curves: ['P-256', 'P-384'] }
const rsaSpki = (modulus: bigint, exponent = 65_537n): Uint8Array =>
  sequence(sequence(oid(OID.rsaEncryption), nullValue()), bitString(sequence(integer(modulus), integer(exponent))))
const weakness = (spki: Uint8Array): string | null => keyWeakness(parsePublicKey(spki), RULES)

describe('parsing', () => {
  test('RSA', () => {
    const { spki } = rsaKey()
    expect(parsePublicKey(spki)).toMatchObject({ algorithm: 'RSA', bits: 2048, exponent: 65_537n })
    expect(weakness(spki)).toBeNull()
  })

  test.each(['P-256', 'P-384', 'P-521'] as const)('%s', (curve) => {
    expect(parsePublicKey(ecKey(curve).spki)).toMatchObject({ algorithm: 'EC', curve })
  })

  test('Ed25519', () => {
    const spki = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' })
    expect(parsePublicKey(spki).algorithm).toBe('Ed25519')
    expect(weakness(spki)).toBe('curve_not_allowed')
  })

  test('a point that is not on its curve is refused', () => {
    const spki = Uint8Array.from(ecKey().spki)
    spki[spki.length - 1] = (spki.at(-1) ?? 0) ^ 1
    expect(() => parsePublicKey(spki)).toThrow(DerError)
  })

  test.each([
    ['DSA', sequence(sequence(oid('1.2.840.10040.4.1')), bitString(integer(5)))],
    ['a curve nobody named', sequence(sequence(oid(OID.ecPublicKey), sequence()), bitString(Buffer.alloc(65, 4)))],
    [
      'secp256k1',
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'der', type: 'spki' }),
    ],
  ])('%s is unsupported', (_, spki) => {
    expect(() => parsePublicKey(spki)).toThrow(expect.objectContaining({ kind: 'unsupported' }))
  })

  test('keys that cost more than a stranger may spend are beyond the limits', () => {
    expect(() => parsePublicKey(rsaSpki((1n << 8200n) + 1n))).toThrow(expect.objectContaining({ kind: 'limit' }))
    expect(() => parsePublicKey(rsaSpki((1n << 2047n) + 1n, (1n << 65n) + 1n))).toThrow(
      expect.objectContaining({ kind: 'limit' }),
    )
  })

  test('the key identifier is method 1, as openssl computes it', () => {
    const { privateKey, spki } = rsaKey()
    const [key = ''] = scratchFiles({ 'key.pem': privateKey.export({ format: 'pem', type: 'pkcs8' }) as string })
    const args = ['req', '-x509', '-new', '-key', key, '-subj', '/CN=x', '-addext', 'subjectKeyIdentifier=hash']
    const text = openssl([...args, '-text', '-noout']).toString()
    const hex = Buffer.from(keyIdentifier(spki))
      .toString('hex')
      .toUpperCase()
      .replace(/..(?=.)/g, '$&:')
    expect(text).toContain(hex)
  })
})

describe('weak keys', () => {
  const prime = (bits: number): bigint => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits * 2 })
    return BigInt(`0x${Buffer.from(privateKey.export({ format: 'jwk' }).p ?? '', 'base64url').toString('hex')}`)
  }

  test('too small', () => {
    expect(weakness(rsaKey(1024).spki)).toBe('rsa_too_small')
  })

  test('a size that is no whole number of octets', () => {
    const odd = (1n << 2050n) + 1n
    expect(weakness(rsaSpki(odd))).toBe('rsa_odd_size')
  })

  test.each([3n, 65_536n, 65_535n])('exponent %s', (exponent) => {
    expect(weakness(rsaSpki((1n << 2047n) + 981n, exponent))).toBe('rsa_exponent')
  })

  test.each([2n, 3n, 1_999n])('a factor %s', (factor) => {
    const modulus = ((1n << 2047n) / factor + 1n) * factor
    expect(weakness(rsaSpki(modulus))).toBe('rsa_small_factor')
  })

  test('primes next to each other', () => {
    const p = prime(1024)
    // The neighbours need not be prime: only the distance counts, once no small factor is found first.
    const found = Array.from({ length: 200 }, (_, k) => weakness(rsaSpki(p * (p + 2n * BigInt(k + 1)))))
    expect(new Set(found)).toEqual(new Set(['rsa_small_factor', 'rsa_close_primes']))
  })

  test('the fingerprint of ROCA', () => {
    const primes = Array.from({ length: 168 }, (_, n) => n).filter(
      (n) => n > 1 && [2, 3, 5, 7, 11].every((d) => n === d || n % d !== 0),
    )
    const primorial = primes.reduce((product, next) => product * BigInt(next), 1n)
    let power = 1n
    for (let i = 0; i < 12_345; i++) power = (power * 65_537n) % primorial
    const found = Array.from(
      { length: 120 },
      (_, k) => ((1n << 2047n) / primorial + BigInt(k + 1)) * primorial + power,
    ).map((modulus) => weakness(rsaSpki(modulus)))
    expect(found).toContain('roca')
    expect(new Set(found)).toEqual(new Set(['roca', 'rsa_small_factor']))
  })

  test('a curve the profile does not name', () => {
    expect(weakness(ecKey('P-521').spki)).toBe('curve_not_allowed')
    expect(weakness(ecKey('P-384').spki)).toBeNull()
  })

  test('costs little', () => {
    const key = parsePublicKey(rsaKey(4096).spki)
    const start = process.cpuUsage()
    for (let i = 0; i < 20; i++) expect(keyWeakness(key, RULES)).toBeNull()
    expect(process.cpuUsage(start).user / 20).toBeLessThan(20_000)
  })

  test('no square is missed by the residue tests that come before the root', () => {
    const middle = (3n << 1022n) + 643n
    // Most products have a small factor, which is found before: those say nothing about squares, and others are drawn.
    for (let squares = 0; squares < 20; ) {
      const apart = BigInt(`0x${randomBytes(64).toString('hex')}`) & ~1n
      const found = weakness(rsaSpki((middle - apart) * (middle + apart)))
      if (found === 'rsa_small_factor') continue
      expect(found).toBe('rsa_close_primes')
      squares += 1
    }
  })

  test('random moduli are not taken for ROCA', () => {
    for (let i = 0; i < 50; i++) {
      const modulus = (1n << 2047n) | BigInt(`0x${randomBytes(250).toString('hex')}`) | 1n
      expect(weakness(rsaSpki(modulus))).not.toBe('roca')
    }
  })
})
