import { expect, test } from 'vitest'
import { healthChecks } from './health-checks'

test('a group with devices of an MDM wants attention until something follows from what that says', () => {
  const now = new Date('2026-11-23T12:00:00Z')
  const following = [
    { group: { slug: 'lab', name: 'Lab' }, follows: false },
    { group: { slug: 'staff', name: 'Staff' }, follows: true },
  ]
  const checks = healthChecks({ authorities: [], groups: [], following }, now).flatMap((kind) => kind.checks)
  expect(checks).toMatchObject([
    { href: '/groups/lab/device-rules', subject: 'Device rules of Lab', verdict: 'soon', until: null },
    { href: '/groups/staff/device-rules', verdict: 'good', until: null },
  ])
  expect(checks[0]?.fault).toContain('only report')
})
