import { expect, test } from 'vitest'
import { randomOctets } from './random'

test('as many octets as were asked for, also more than are kept ready', () => {
  for (const length of [0, 1, 16, 1_023, 1_024, 1_025, 5_000]) expect(randomOctets(length)).toHaveLength(length)
})

test('what was given stays as it is', () => {
  const kept = randomOctets(16)
  const given = kept.toString('hex')
  for (let round = 0; round < 200; round++) randomOctets(16)
  expect(kept.toString('hex')).toBe(given)
})

test('none is given twice, and what one caller does to his does not reach the next', () => {
  const seen = new Set<string>()
  for (let round = 0; round < 2_000; round++) {
    const octets = randomOctets(12)
    seen.add(octets.toString('hex'))
    octets.fill(0)
  }
  expect(seen.size).toBe(2_000)
})

test('every octet is random, to the last one before the pool is filled again', () => {
  const ones = Array.from({ length: 16 * 8 }, () => 0)
  const rounds = 2_000
  for (let round = 0; round < rounds; round++) {
    const octets = randomOctets(16)
    for (let bit = 0; bit < ones.length; bit++)
      ones[bit] = (ones[bit] ?? 0) + (((octets[bit >> 3] ?? 0) >> (bit & 7)) & 1)
  }
  // Seven standard deviations: one run in three thousand million would fail by chance.
  for (const count of ones) expect(Math.abs(count - rounds / 2)).toBeLessThan((7 * Math.sqrt(rounds)) / 2)
})
