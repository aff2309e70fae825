/** What Postgres says of an issuer, a group, a device and a person, in a period and outside of it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ActivityKind, type ActivityService, createActivity } from '@/lib/services/activity'
import { keyOfDevice } from '@/lib/services/devices'
import { actor, type Installation, installation, newDevice } from '@/lib/services/testing/harness'
import { activityStore } from './activity'
import { postgresBacking } from './testing/postgres-backing'

const admin = actor('admin')
let backing: Awaited<ReturnType<typeof postgresBacking>>
let portal: Installation
let activity: ActivityService
// Events have the database's time, rows that of the services: they are the same here.
const begin = new Date(Date.now() - 60_000).toISOString()

beforeAll(async () => {
  backing = await postgresBacking()
  portal = installation(backing)
  portal.time.now = new Date()
  activity = createActivity({ store: activityStore(backing.database), clock: () => new Date(Date.now() + 3_600_000) })
  await portal.setUp()
  const { endpoint } = await portal.createGroup('Staff')
  await portal.createGroup('Lab')
  await portal.groups.updateEndpoint(admin, 'staff', { allowSha1: false })
  const stolen = await portal.enrol(endpoint.id, newDevice('tablet-7'))
  await portal.enrol(endpoint.id, newDevice('tablet-8'))
  await portal.certificates.revoke(admin, stolen.id, { reason: 'keyCompromise' })
  await backing.database.user.create({
    data: {
      ...{ id: admin.id ?? '', name: admin.name, email: 'ada@example.com', emailNormalised: 'ada@example.com' },
      ...{ passwordHash: 'x', role: 'admin' },
    },
  })
})
afterAll(() => backing.close())

const period = () => ({ from: begin, to: new Date(Date.now() + 60_000).toISOString() })
const of = (kind: ActivityKind, id: string, between = period()) =>
  activity.summary(actor('auditor'), { kind, id, ...between })
const typesOf = async (kind: ActivityKind, id: string) =>
  (await activity.events(actor('auditor'), { kind, id, ...period() }, {})).items.map(({ type }) => type)

test.each(['group', 'issuer'] as const)('of a %s: what it issued and what was revoked, by whom', async (kind) => {
  expect((await of(kind, 'staff')).sums).toMatchObject({
    issued: 2,
    renewed: 0,
    challenges: 2,
    enrolments: [{ count: 2 }],
    revocations: [{ by: 'Ada Admin', reason: 'keyCompromise', count: 1 }],
    decisions: [],
  })
  expect((await of(kind, 'lab')).sums).toMatchObject({ issued: 0, challenges: 0, enrolments: [], revocations: [] })
})

test('of a group: the changes of its endpoints and authorities', async () => {
  expect(await typesOf('group', 'staff')).toEqual(
    expect.arrayContaining(['group.created', 'endpoint.updated', 'ca.create.completed']),
  )
  expect(await typesOf('group', 'lab')).not.toContain('endpoint.updated')
})

test('of a device: its own certificates and what happened to them', async () => {
  const key = keyOfDevice('CN=tablet-7,O=Example')
  expect(await of('device', key)).toMatchObject({
    subject: { name: 'CN=tablet-7,O=Example' },
    sums: { issued: 1, revocations: [{ count: 1 }] },
  })
  expect(await typesOf('device', key)).toEqual(expect.arrayContaining(['certificate.issued', 'certificate.revoked']))
  expect(await typesOf('device', keyOfDevice('CN=tablet-8,O=Example'))).not.toContain('certificate.revoked')
  await expect(of('device', keyOfDevice('CN=nobody'))).rejects.toMatchObject({ code: 'not_found' })
})

test('of a person: the events of which they are the actor, counted, and page by page', async () => {
  const { subject, sums, events } = await of('person', admin.id ?? '')
  expect({ name: subject.name, sums, more: events.more }).toEqual({ name: 'Ada Admin', sums: null, more: false })
  expect(events.counts).toContainEqual({ type: 'certificate.revoked', outcome: 'success', count: 1 })
  expect(events.counts.map(({ type }) => type)).toContain('endpoint.updated')
  const request = { kind: 'person' as const, id: admin.id ?? '', ...period() }
  const all = await activity.events(admin, request, { limit: 200 })
  const first = await activity.events(admin, request, { limit: 2 })
  const second = await activity.events(admin, request, { limit: 2, cursor: first.nextCursor ?? '' })
  expect([...first.items, ...second.items].map(({ seq }) => seq)).toEqual(all.items.slice(0, 4).map(({ seq }) => seq))
  expect(events.counts.reduce((sum, { count }) => sum + count, 0)).toBe(all.items.length)
})

test('before and after the period there is nothing', async () => {
  const past = { from: '2020-01-01', to: '2020-12-31' }
  expect(await of('group', 'staff', past)).toMatchObject({
    sums: { issued: 0, challenges: 0, enrolments: [], revocations: [] },
    events: { counts: [], more: false },
  })
  const later = { from: new Date(Date.now() + 120_000).toISOString(), to: new Date(Date.now() + 180_000).toISOString() }
  expect((await of('person', admin.id ?? '', later)).events.counts).toEqual([])
})
