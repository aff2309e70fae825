/** The posture on a real database: what is judged, accepted, kept, and told once. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAudit } from '@/lib/services/audit-trail'
import { type BackupsService, createBackups } from '@/lib/services/backups'
import { createPosture } from '@/lib/services/posture'
import { actor } from '@/lib/services/testing/harness'
import { createUrls } from '@/lib/services/urls'
import { auditStore } from './audit'
import { postureStore } from './posture'
import { type DevicePortal, devicePortal } from './testing/device-portal'

const admin = actor('admin')
let all: DevicePortal
let now: Date
let backups: BackupsService
const posture = () =>
  createPosture({
    store: postureStore(all.database),
    backups,
    urls: createUrls({ publicUrl: new URL('https://pki.example.com'), statusUrl: new URL('http://pki.example.com') }),
    clock: () => now,
  })
const check = async (id: string) => (await posture().get(admin)).checks.find((each) => each.id === id)
const events = async (type: string) => all.database.auditEvent.count({ where: { type } })
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000)

beforeAll(async () => {
  all = await devicePortal()
  now = all.portal.time.now
  backups = createBackups({
    store: auditStore(all.database),
    audit: createAudit({ store: auditStore(all.database), clock: () => now }),
    clock: () => now,
  })
  // The one key there is: the portal of these tests has a signer without rows.
  await all.database.key.create({
    data: {
      id: crypto.randomUUID(),
      purpose: 'root',
      algorithm: 'p256',
      ownerId: crypto.randomUUID(),
      publicKey: new Uint8Array(1),
      spkiSha256: new Uint8Array(32),
      kekId: 'aa00',
      wrappedDek: new Uint8Array(1),
      ciphertext: new Uint8Array(1),
    },
  })
})
afterAll(() => all.close())

test('a group with its own issuer passes, and says so', async () => {
  expect(await check('issuer-per-group')).toMatchObject({ verdict: 'pass' })
})

test('a risk is accepted with a name and an end, replaced, withdrawn, and ends by itself', async () => {
  const reason = 'The portal is reached through the VPN alone.'
  await posture().accept(admin, 'second-factor', { reason, until: hours(48) })
  await posture().accept(admin, 'second-factor', { reason: `${reason} Still.`, until: hours(24) })
  expect(await check('second-factor')).toMatchObject({
    accepted: { reason: `${reason} Still.`, acceptedBy: admin.name },
  })
  const before = now
  now = hours(25)
  expect((await check('second-factor'))?.accepted).toBeNull()
  now = before
  await posture().withdraw(admin, 'second-factor')
  await expect(posture().withdraw(admin, 'second-factor')).rejects.toMatchObject({ code: 'not_found' })
  expect([await events('posture.risk_accepted'), await events('posture.risk_withdrawn')]).toEqual([2, 1])
})

test('of two who accept the same risk at once one holds', async () => {
  const accept = (reason: string) => posture().accept(admin, 'transport', { reason, until: hours(24) })
  await Promise.all(['The first good reason', 'The second good reason'].map(accept))
  const standing = { checkId: 'transport', withdrawnAt: null }
  expect(await all.database.acceptedRisk.count({ where: standing })).toBe(1)
  await posture().withdraw(admin, 'transport')
  expect((await check('transport'))?.accepted).toBeNull()
})

test.each([
  ['no reason', { reason: 'because', until: 24 }, 'reason'],
  ['an end in the past', { reason: 'A good reason, really', until: -1 }, 'until'],
  ['an end in two years', { reason: 'A good reason, really', until: 24 * 730 }, 'until'],
])('a risk with %s is refused at its field', async (_, { reason, until }, field) => {
  const refused = posture().accept(admin, 'second-factor', { reason, until: hours(until) })
  await expect(refused).rejects.toMatchObject({ code: 'invalid_input', fields: { [field]: expect.any(String) } })
})

test.each(['operator', 'auditor'] as const)('an %s reads, and changes nothing', async (role) => {
  expect((await posture().get(actor(role))).checks.length).toBeGreaterThan(10)
  await expect(
    posture().accept(actor(role), 'second-factor', { reason: 'A good reason, really', until: hours(24) }),
  ).rejects.toMatchObject({ code: 'forbidden' })
  await expect(posture().confirmSafekeeping(actor(role), { subject: 'kek', place: 'safe' })).rejects.toMatchObject({
    code: 'forbidden',
  })
})

test('a copy of another KEK proves nothing, one of the KEK in use does', async () => {
  await expect(posture().proveKek(admin, { kekId: 'bb00', place: 'safe' })).rejects.toMatchObject({ code: 'conflict' })
  expect(await check('kek-backup')).toMatchObject({ verdict: 'open' })
  await posture().proveKek(admin, { kekId: 'aa00', place: 'safe' })
  expect(await check('kek-backup')).toMatchObject({ verdict: 'pass' })
  expect(await events('posture.kek_copy_confirmed')).toBe(1)
})

test('a backup that is said to be complete passes', async () => {
  expect(await check('database-backup')).toMatchObject({ verdict: 'open' })
  await posture().confirmSafekeeping(admin, { subject: 'database', place: 'the vault' })
  expect(await check('database-backup')).toMatchObject({ verdict: 'pass' })
})

test('a list that ran out is not hidden by an older one that would have lasted longer', async () => {
  const { id, name } = all.group.issuer
  await all.database.crl.deleteMany({ where: { authorityId: id } })
  const list = (number: bigint, until: Date) => ({
    ...{ authorityId: id, shard: 0, number, thisUpdate: now, nextUpdate: until, entries: 0 },
    ...{ der: new Uint8Array(1), sha256: new Uint8Array(32) },
  })
  await all.database.crl.createMany({ data: [list(1n, hours(48)), list(2n, hours(2))] })
  const before = now
  now = hours(3)
  const { evidence } = (await check('status-fresh')) ?? {}
  now = before
  expect(evidence).toContainEqual(
    expect.objectContaining({ text: expect.stringContaining(`${name}: its revocation list ran out`) }),
  )
})

test('a reading is kept for each day and each change, once by two instances, and what opened is told', async () => {
  const at = hours(1)
  const kept = await Promise.all([posture().record(at), posture().record(at)])
  expect(kept.filter(Boolean)).toHaveLength(1)
  expect(await posture().record(hours(1.5))).toBe(false)
  await all.database.endpoint.updateMany({ data: { allowDes: true } })
  const opened = await Promise.all([posture().record(hours(2)), posture().record(hours(2))])
  expect(opened.filter(Boolean)).toHaveLength(1)
  expect(await posture().record(hours(30))).toBe(true)
  const history = await posture().history(admin)
  expect(history.map(({ verdicts }) => verdicts['weak-algorithms'])).toEqual(['open', 'open', 'pass'])
  expect(await all.database.auditEvent.findMany({ where: { type: 'posture.check_opened' } })).toMatchObject([
    { objectId: 'weak-algorithms' },
  ])
})

test('a group that a connector mints for wants rules before the first device is known', async () => {
  const connector = await all.database.connector.create({
    data: {
      ...{ id: crypto.randomUUID(), kind: 'jamf', name: 'Jamf', slug: 'feeds', createdBy: 'Ada' },
      settings: { endpoint: all.group.endpoint.slug },
    },
  })
  const group = expect.objectContaining({ href: `/groups/${all.group.slug}/device-rules` })
  expect((await check('revocation-follows-mdm'))?.evidence).toContainEqual(group)
  await all.database.connector.update({ where: { id: connector.id }, data: { disabledAt: now } })
  expect((await check('revocation-follows-mdm'))?.evidence).not.toContainEqual(group)
})

test('checks that came with a new version are kept, and nobody is told that they fell open', async () => {
  const before = await events('posture.check_opened')
  await all.database.postureReading.create({
    data: { at: hours(50), score: 40, verdicts: { 'second-factor': 'open' } },
  })
  expect(await posture().record(hours(50.2))).toBe(true)
  expect((await posture().history(admin))[0]?.verdicts['notices-heard']).toBe('open')
  expect(await events('posture.check_opened')).toBe(before)
})
