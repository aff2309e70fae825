/** Who may ask what somebody did, and about whom; the sums are asked on Postgres. */
import { expect, test } from 'vitest'
import { type ActivityKind, type ActivityStore, createActivity } from './activity'
import { keyOfDevice } from './devices'
import { actor } from './testing/harness'

const now = new Date('2026-11-23T12:00:00Z')
const asked: unknown[] = []
const store: ActivityStore = {
  async subject(kind, id, period) {
    asked.push({ kind, id, period })
    return { id, name: 'Found', events: { actorId: id }, rows: null }
  },
  sums: () => Promise.reject(new Error('a person has no rows')),
  eventCounts: async () => ({ counts: [], more: false }),
  events: async () => [],
}
const activity = createActivity({ store, clock: () => now })
const auditor = actor('auditor')
const march = { from: '2026-03-01', to: '2026-03-31' }
const person = '0198d2bf-0000-7000-8000-000000000001'

test('a period runs from the beginning of its first day to the end of its last one', async () => {
  expect(await activity.summary(auditor, { kind: 'person', id: person, ...march })).toMatchObject({
    subject: { kind: 'person', name: 'Found' },
    from: new Date('2026-03-01T00:00:00Z'),
    to: new Date('2026-03-31T23:59:59.999Z'),
    sums: null,
  })
  const today = { from: '2026-11-23', to: '2026-11-23' }
  expect(await activity.summary(auditor, { kind: 'person', id: person, ...today })).toMatchObject({ to: now })
})

test.each<[ActivityKind, string]>([
  ['person', 'ada'],
  ['group', 'Staff!'],
  ['issuer', '\0'],
  ['device', '***'],
])('what cannot be the name of a %s is not even looked for', async (kind, id) => {
  asked.length = 0
  await expect(activity.summary(auditor, { kind, id, ...march })).rejects.toMatchObject({ code: 'not_found' })
  expect(asked).toEqual([])
})

test('a device is named by its key', async () => {
  const id = keyOfDevice('CN=tablet-7')
  expect((await activity.summary(auditor, { kind: 'device', id, ...march })).subject.id).toBe(id)
})

test.each([
  { from: '2026-04-01', to: '2026-03-01' },
  { from: '2026-11-24', to: '2026-11-25' },
  { from: 'March', to: '2026-03-31' },
])('the period $from to $to is refused with a sentence', async (period) => {
  const refused = activity.summary(auditor, { kind: 'person', id: person, ...period })
  await expect(refused).rejects.toMatchObject({ code: 'invalid_input', fields: { from: expect.any(String) } })
})

test('operators do not read what people did, nor do keys that are limited', async () => {
  const request = { kind: 'person' as const, id: person, ...march }
  for (const other of [actor('operator'), { ...actor('admin'), scope: [] }, { ...actor('admin'), role: null }]) {
    await expect(activity.summary(other, request)).rejects.toThrow()
    await expect(activity.events(other, request, {})).rejects.toThrow()
  }
  await expect(activity.events(auditor, request, { cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_input' })
})
