import { expect, test } from 'vitest'
import { bytesOf } from './size'

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_000, '1.0 KB'],
  [123_456, '123 KB'],
  [4_900_000, '4.9 MB'],
  [5e12, '5000 GB'],
])('%i is %s', (size, text) => {
  expect(bytesOf(size)).toBe(text)
})
