/** Each key has its own ceiling, which fills again with time. */
import { expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import { RateCeiling } from './rate-ceiling'

test('a key is refused beyond its ceiling, and works again as time passes', () => {
  let now = 0
  const ceiling = new RateCeiling(10, () => now)
  for (let use = 0; use < 10; use++) ceiling.take('a')
  expect(() => ceiling.take('a')).toThrow(Refusal)
  ceiling.take('b')
  now = 100
  ceiling.take('a')
  expect(() => ceiling.take('a')).toThrow(Refusal)
  now = 60_000
  for (let use = 0; use < 10; use++) ceiling.take('a')
  expect(() => ceiling.take('a')).toThrow(Refusal)
})

test('the refusal says when to come back', () => {
  const ceiling = new RateCeiling(0)
  expect(() => ceiling.take('a')).toThrow(expect.objectContaining({ code: 'rate_limited', retryAfterSeconds: 1 }))
})
