/** Whom the limits count. The limits themselves are tested with whole requests in scep-enrolment.test.ts. */
import { expect, test } from 'vitest'
import { createScepThrottle, SCEP_LIMITS, sourceOf } from './scep-throttle'

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  [null, 'unknown'],
])('%s counts as %s', (ip, source) => {
  expect(sourceOf(ip)).toBe(source)
})

test('a limiter that does not answer is an outage: nobody is let through uncounted', async () => {
  const throttle = createScepThrottle({
    limit: () => Promise.reject(new Error('connection lost')),
    record: async () => {},
    clock: () => new Date(0),
    limits: SCEP_LIMITS,
  })
  await expect(throttle.count('operations', '192.0.2.7')).rejects.toMatchObject({ code: 'unavailable' })
})
