/** Each number of the overview is that of the list that it opens, whatever has become of the certificates. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CertificateListFilter } from '@/lib/services/certificates'
import { createOverview, firstOf } from '@/lib/services/overview'
import { beginningOfWeek, DAY_MS, WEEK_MS } from '@/lib/services/overview-forecast'
import { actor, NOON, newDevice } from '@/lib/services/testing/harness'
import { createTransactions, type TransactionFilter } from '@/lib/services/transactions'
import { overviewStore } from './overview'
import { type DevicePortal, devicePortal } from './testing/device-portal'
import { transactionStore } from './transactions'

const reader = actor('auditor')
const inDays = (days: number) => new Date(NOON.getTime() + days * DAY_MS)
let all: DevicePortal
let lab: Awaited<ReturnType<DevicePortal['portal']['createGroup']>>

beforeAll(async () => {
  all = await devicePortal()
  const { portal, group } = all
  lab = await portal.createGroup('Lab')
  // Ends, in days from now: over, within the month, in the same far week, and in a year.
  const ends = { over: -3, soon: 5, first: 100, renewed: 100, held: 100, revoked: 100 }
  const ids = new Map<string, string>()
  for (const [name, days] of Object.entries(ends)) {
    const { id } = await all.enrol(name)
    await portal.backing.setNotAfter(id, inDays(days))
    ids.set(name, id)
  }
  const successor = await portal.enrol(lab.endpoint.id, newDevice('successor'))
  await all.rewrite(successor.id, 'renews_certificate_id', ids.get('renewed') ?? '')
  await all.rewrite(successor.id, 'issued_at', inDays(-2).toISOString())
  const admin = actor('admin')
  await portal.certificates.revoke(admin, ids.get('held') ?? '', { reason: 'certificateHold' })
  await portal.certificates.revoke(admin, ids.get('revoked') ?? '', { reason: 'keyCompromise' })
  const attempts = [
    { state: 'refused', reason: 'challenge_expired', days: 0, messageType: 19 },
    { state: 'refused', reason: 'challenge_expired', days: -2, messageType: null },
    { state: 'failed', reason: 'signer_unavailable', days: -2, messageType: 17 },
    { state: 'failed', reason: null, days: -2, messageType: 19 },
    // Neither an old one counts, nor a question, nor what went well or waits.
    { state: 'refused', reason: 'challenge_expired', days: -40, messageType: 19 },
    { state: 'refused', reason: 'crl_unknown', days: 0, messageType: 22 },
    { state: 'issued', reason: null, days: 0, messageType: 19 },
    { state: 'pending', reason: 'challenge_expired', days: 0, messageType: 19 },
  ] as const
  for (const { state, reason, days, messageType } of attempts) {
    const id = await portal.backing.addTransaction(group.endpoint.id, inDays(days))
    await all.database.enrolmentTransaction.update({ where: { id }, data: { state, reason, messageType } })
  }
})
afterAll(() => all.close())

const overview = () => createOverview({ store: overviewStore(all.database), clock: all.portal.deps.clock })
const listed = async (filter: CertificateListFilter) =>
  (await all.portal.certificates.list(reader, filter, { limit: 200 })).items.length
const attempted = async (filter: TransactionFilter) =>
  (await createTransactions({ store: transactionStore(all.database) }).list(reader, filter, { limit: 200 })).items
    .length

test('by status, in all and by group', async () => {
  const { total, statuses, groups } = await overview().standing(reader)
  expect(statuses).toEqual({ valid: 3, expiring: 1, expired: 1, held: 1, revoked: 1 })
  expect(total).toBe(await listed({}))
  for (const [status, count] of Object.entries(statuses))
    expect(await listed({ status: status as 'valid' })).toBe(count)
  expect(groups.map(({ group }) => group?.slug)).toEqual(['lab', 'staff'])
  for (const { group, ...counts } of groups)
    for (const [status, count] of Object.entries(counts.statuses))
      expect(await listed({ status: status as 'valid', group: group?.slug ?? '' })).toBe(count)
})

test('by day, and by group and day', async () => {
  const activity = await overview().activity(reader, 30)
  expect(activity).toMatchObject({ issued: 7, unsuccessful: 4 })
  expect(activity.days.at(-3)).toEqual({ day: new Date('2026-11-21T00:00:00Z'), issued: 1, unsuccessful: 3 })
  for (const { slug, days } of [
    { slug: undefined, days: activity.days },
    ...activity.groups.map(({ group, days }) => ({ slug: group.slug, days })),
  ])
    for (const { day, issued, unsuccessful } of days.filter((each) => each.issued + each.unsuccessful > 0)) {
      const period = { from: day, to: new Date(day.getTime() + DAY_MS) }
      const group = slug === undefined ? {} : { group: slug }
      expect(await listed({ issuedFrom: dayText(day), issuedTo: dayText(day), ...group })).toBe(issued)
      expect(await attempted({ state: 'unsuccessful', ...period, ...group })).toBe(unsuccessful)
    }
})

const dayText = (at: Date) => at.toISOString().slice(0, 10)

test('by cause', async () => {
  const causes = await overview().causes(reader, 30)
  expect(causes.map(({ reason, count }) => [reason, count])).toEqual([
    ['challenge_expired', 2],
    ['signer_unavailable', 1],
  ])
  for (const { reason, count } of causes)
    expect(await attempted({ reason, state: 'unsuccessful', from: firstOf(30, NOON) })).toBe(count)
})

test('by the week of their end, those apart that another one took over from', async () => {
  const weeks = await overview().forecast(reader)
  expect(weeks[0]?.from).toEqual(beginningOfWeek(NOON))
  expect(weeks.reduce((sum, { count }) => sum + count, 0)).toBe(await listed({ current: true }))
  const busy = weeks.filter(({ count }) => count > 0)
  expect(busy.map(({ count, renewed }) => [count, renewed])).toEqual([
    [1, 0],
    [2, 1],
    [1, 0],
  ])
  for (const { from, count, renewed } of busy) {
    const ends = { endsFrom: dayText(from), endsTo: dayText(new Date(from.getTime() + WEEK_MS - DAY_MS)) }
    expect(await listed({ current: true, ...ends })).toBe(count)
    expect(await listed({ current: true, ...ends, renewed: true })).toBe(renewed)
    expect(await listed({ current: true, ...ends, renewed: false })).toBe(count - renewed)
  }
})

test('an operator of some groups gets the numbers of these', async () => {
  const limited = { ...actor('operator'), groups: ['lab'] }
  expect(await overview().standing(limited)).toMatchObject({ total: 1, groups: [{ group: { slug: 'lab' } }] })
  expect(await overview().activity(limited, 30)).toMatchObject({ issued: 1, unsuccessful: 0 })
  expect(await overview().causes(limited, 30)).toEqual([])
  expect((await overview().forecast(limited)).filter(({ count }) => count > 0)).toHaveLength(1)
  expect(await overview().milestones({ ...limited, groups: [] })).toMatchObject({ group: false, certificate: false })
})

test('challenges that wait, and how far the installation has come', async () => {
  const challenge = await all.database.challenge.findFirstOrThrow()
  const { id: _, handleHash: __, indexState: ___, evidence, constraints, ...like } = challenge
  const waits = (origin: 'minted' | 'approval', expiresAt: Date) =>
    all.database.challenge.create({
      data: {
        ...like,
        id: crypto.randomUUID(),
        handleHash: new Uint8Array(crypto.getRandomValues(new Uint8Array(32))),
        evidence: evidence ?? {},
        constraints: constraints ?? {},
        state: 'pending',
        notBefore: inDays(-2),
        origin,
        expiresAt,
      },
    })
  await waits('minted', inDays(1))
  await waits('minted', inDays(-1))
  await waits('approval', inDays(1))
  expect(await overview().waiting(reader)).toEqual({
    total: 1,
    groups: [{ group: { slug: 'staff', name: 'Staff' }, count: 1 }],
  })
  expect(await overview().milestones(reader)).toEqual({
    group: true,
    authorised: true,
    certificate: true,
    networkAccess: false,
    radiusServer: false,
    admitted: false,
  })
})

test('under an issuer that is revoked, and before they begin, certificates are counted as the list tells them', async () => {
  const { portal } = all
  const later = await all.enrol('later')
  await portal.backing.setNotBefore(later.id, inDays(1))
  await portal.enrol(lab.endpoint.id, newDevice('under revoked'))
  const ended = await portal.enrol(lab.endpoint.id, newDevice('ended before'))
  await portal.backing.setNotAfter(ended.id, inDays(-3))
  await portal.backing.revokeAuthority(lab.issuer.id, inDays(-1))
  const { statuses } = await overview().standing(reader)
  expect(statuses).toEqual({
    valid: 2,
    expiring: 1,
    expired: 2,
    held: 1,
    revoked: 1,
    not_yet_valid: 1,
    issuer_revoked: 2,
  })
  for (const [status, count] of Object.entries(statuses))
    expect(await listed({ status: status as 'valid' }), status).toBe(count)
  const ends = await overview().forecast(reader)
  expect(ends.reduce((sum, { count }) => sum + count, 0)).toBe(await listed({ current: true }))
})

test('a certificate that another one took over from twice is one that ends', async () => {
  const { portal } = all
  const first = await all.enrol('renewed twice')
  await portal.backing.setNotAfter(first.id, inDays(200))
  for (const name of ['given up', 'in its place']) {
    const successor = await all.enrol(name)
    await portal.backing.setNotAfter(successor.id, inDays(300))
    await all.rewrite(successor.id, 'renews_certificate_id', first.id)
    if (name === 'given up') await portal.certificates.revoke(actor('admin'), successor.id, { reason: 'unspecified' })
  }
  const end = inDays(200)
  const week = (await overview().forecast(reader)).find(
    ({ from }) => from <= end && end < new Date(from.getTime() + WEEK_MS),
  )
  expect(week).toMatchObject({ count: 1, renewed: 1 })
})
