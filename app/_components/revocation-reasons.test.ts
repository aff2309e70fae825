/** What the reasons say of renewal is what renewal does. */
import { expect, test } from 'vitest'
import { DISTRUSTING } from '@/lib/services/renewal-checks'
import { REASONS } from './revocation-reasons'

test('whoever chooses no reason reads that the device may renew all the same', () => {
  expect(DISTRUSTING).not.toContain('unspecified')
  expect(REASONS.unspecified.when).toContain('can still be renewed')
})
