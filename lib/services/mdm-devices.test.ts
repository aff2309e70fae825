/** What a device is worth, in words: why it still has a certificate though its MDM says otherwise. */
import { expect, test } from 'vitest'
import { effectiveDeviceStatus } from './mdm-devices'

test.each([
  [[], 'the rules of its group only report that'],
  [[{ state: 'done' }], 'the rules of its group only report that'],
  [[{ state: 'waiting' }], 'what the rules want is about to be done'],
  [
    [{ state: 'waiting' }, { state: 'braked' }],
    'the brake of its MDM stopped what the rules want, until an administrator decides',
  ],
] as const)('a wiped device with a certificate that counts, and %j', (open, why) => {
  expect(effectiveDeviceStatus(['valid'], ['wiped'], open)).toEqual({
    verdict: 'attention',
    sentence: `It has a certificate that counts, though it was wiped: ${why}.`,
  })
})
