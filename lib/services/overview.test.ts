/** The overview's numbers: put together by group and day, and kept to the groups of whoever asks. */
import { expect, test } from 'vitest'
import { createOverview, type OverviewStore, type Reached } from './overview'
import { actor, NOON } from './testing/harness'

const STAFF = { slug: 'staff', name: 'Staff' }
const LAB = { slug: 'lab', name: 'Lab' }
const day = (text: string) => new Date(`${text}T00:00:00Z`)

function overview(rows: Partial<OverviewStore>) {
  const asked: Reached[] = []
  const verbs = ['certificates', 'issued', 'unsuccessful', 'causes', 'ends', 'waiting', 'milestones'] as const
  const store = Object.fromEntries(
    verbs.map((verb) => [
      verb,
      (...given: unknown[]) => {
        asked.push(given.at(-1) as Reached)
        return (rows[verb] as ((...given: unknown[]) => unknown) | undefined)?.(...given) ?? Promise.resolve([])
      },
    ]),
  ) as unknown as OverviewStore
  return { service: createOverview({ store, clock: () => NOON }), asked }
}

test('certificates are counted by status, in all and by group in the order of names', async () => {
  const { service } = overview({
    certificates: async () => [
      { group: STAFF, status: 'valid', count: 5 },
      { group: LAB, status: 'valid', count: 2 },
      { group: STAFF, status: 'revoked', count: 1 },
    ],
  })
  expect(await service.standing(actor('auditor'))).toEqual({
    total: 8,
    statuses: { valid: 7, revoked: 1 },
    groups: [
      { group: LAB, total: 2, statuses: { valid: 2 } },
      { group: STAFF, total: 6, statuses: { valid: 5, revoked: 1 } },
    ],
  })
})

test('days without anything are there too, and the busiest group comes first', async () => {
  const { service } = overview({
    issued: async (from) => {
      expect(from).toEqual(day('2026-11-21'))
      return [
        { group: LAB, day: day('2026-11-22'), count: 1 },
        { group: STAFF, day: day('2026-11-22'), count: 4 },
      ]
    },
    unsuccessful: async () => [{ group: STAFF, day: day('2026-11-23'), count: 2 }],
  })
  const activity = await service.activity(actor('operator'), 3)
  expect(activity.days).toEqual([
    { day: day('2026-11-21'), issued: 0, unsuccessful: 0 },
    { day: day('2026-11-22'), issued: 5, unsuccessful: 0 },
    { day: day('2026-11-23'), issued: 0, unsuccessful: 2 },
  ])
  expect(activity.groups.map(({ group, issued, unsuccessful }) => [group.slug, issued, unsuccessful])).toEqual([
    ['staff', 4, 2],
    ['lab', 1, 0],
  ])
  expect(activity).toMatchObject({ issued: 5, unsuccessful: 2 })
})

test('nobody makes it count without bounds', async () => {
  const from: Date[] = []
  const { service } = overview({
    causes: async (since) => {
      from.push(since)
      return []
    },
  })
  for (const days of [-1, 0, 1, 1e9]) await service.causes(actor('admin'), days)
  expect(from).toEqual([day('2026-11-23'), day('2026-11-23'), day('2026-11-23'), day('2026-08-26')])
})

test('causes are said in words, those of later versions too', async () => {
  const { service } = overview({
    causes: async () => [
      { reason: 'challenge_expired', count: 2 },
      { reason: 'not_known_yet', count: 1 },
    ],
  })
  const [known, unknown] = await service.causes(actor('auditor'), 7)
  expect(known?.cause).not.toContain('challenge_expired')
  expect(unknown?.cause).toContain('not_known_yet')
})

test('an operator of some groups is counted to them alone, and of none to none', async () => {
  for (const groups of [['staff'], []]) {
    const { service, asked } = overview({ milestones: async () => ({}) as never })
    const limited = { ...actor('operator'), groups }
    await service.standing(limited)
    await service.activity(limited, 7)
    await service.causes(limited, 7)
    await service.forecast(limited)
    await service.waiting(limited)
    await service.milestones(limited)
    expect(asked).toHaveLength(7)
    for (const reached of asked) expect(reached).toEqual(groups)
  }
})

test('whoever may not see the overview is told nothing', async () => {
  const { service, asked } = overview({})
  const strangers = [
    { ...actor('operator'), role: null },
    { ...actor('operator'), scope: ['staff'] },
  ]
  for (const stranger of strangers) await expect(service.standing(stranger)).rejects.toMatchObject({ name: 'Refusal' })
  expect(asked).toEqual([])
})
