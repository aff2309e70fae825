import { expect, test } from 'vitest'
import { healthChecks } from './health-checks'

const NOTHING = { authorities: [], groups: [], following: [], connectors: [], installation: null }

test('a group with devices of an MDM wants attention until something follows from what that says', () => {
  const now = new Date('2026-11-23T12:00:00Z')
  const following = [
    { group: { slug: 'lab', name: 'Lab' }, follows: false },
    { group: { slug: 'staff', name: 'Staff' }, follows: true },
  ]
  const checks = healthChecks({ ...NOTHING, following }, now).flatMap((kind) => kind.checks)
  expect(checks).toMatchObject([
    { href: '/groups/lab/device-rules', subject: 'Device rules of Lab', verdict: 'soon', until: null },
    { href: '/groups/staff/device-rules', verdict: 'good', until: null },
  ])
  expect(checks[0]?.fault).toContain('only report')
})

test.each([
  [null, 'soon'],
  [1, 'good'],
  [35, 'good'],
  [37, 'soon'],
  [24 * 8, 'bad'],
])('a backup of %s hours ago is %s', (hours, verdict) => {
  const now = new Date('2026-11-23T12:00:00Z')
  const backup = hours === null ? null : { at: new Date(now.getTime() - hours * 3_600_000) }
  const checks = healthChecks({ ...NOTHING, installation: { signer: true, backup } }, now).flatMap(
    (kind) => kind.checks,
  )
  expect(checks.map(({ id, verdict }) => [id, verdict])).toEqual([
    ['signer', 'good'],
    ['backup', verdict],
  ])
})

test("a connector that is switched off is nobody's trouble, one that fails is", () => {
  const connectors = (['well', 'failing', 'disabled', 'credential-expiring'] as const).map((light) => ({
    slug: light,
    name: light,
    light,
    credentialExpiresAt: null,
  }))
  const checks = healthChecks({ ...NOTHING, connectors }, new Date()).flatMap((kind) => kind.checks)
  expect(checks.map(({ subject, verdict }) => [subject, verdict])).toEqual([
    ['well', 'good'],
    ['failing', 'bad'],
    ['credential-expiring', 'soon'],
  ])
})
