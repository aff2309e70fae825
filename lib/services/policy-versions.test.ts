/** Versions of policies as people see them: what changed, by whom, page by page. */
import { expect, test } from 'vitest'
import { changesBetween, createPolicyVersions, type PolicyVersionRow, type PolicyVersionStore } from './policy-versions'
import { actor } from './testing/harness'

const auditor = actor('auditor')
const rows: PolicyVersionRow[] = [1, 2, 3].map((version) => ({
  version,
  at: new Date(Date.UTC(2026, 2, version)),
  state: { validityDays: version * 10, allowSha1: version < 3 },
  found: version === 1,
  auditSeq: version === 2 ? '12' : null,
  eventType: version === 2 ? 'endpoint.updated' : null,
  actorType: version === 2 ? 'user' : null,
  actorId: null,
  actorName: version === 2 ? 'Ada Admin' : null,
  via: 'ui',
  sourceIp: null,
}))
const store: PolicyVersionStore = {
  object: async (type, slug) => (slug === 'staff' ? { type, slug, name: 'Staff', id: 'e1' } : null),
  versions: async (_type, _id, { below, limit }) =>
    rows
      .filter(({ version }) => below === null || version < below)
      .toReversed()
      .slice(0, limit),
}
const versions = createPolicyVersions({ store })
const staff = { type: 'endpoint', slug: 'staff' } as const

test('newest first, each with what it changed, across pages', async () => {
  const first = await versions.list(auditor, staff, { limit: 2 })
  expect(first.items.map(({ version, origin, changes }) => [version, origin, changes.length])).toEqual([
    [3, 'unrecorded', 2],
    [2, 'changed', 1],
  ])
  expect(first.items[1]).toMatchObject({ by: { name: 'Ada Admin' }, event: { seq: '12' } })
  const last = await versions.list(auditor, staff, { limit: 2, cursor: first.nextCursor ?? '' })
  expect(last).toMatchObject({ items: [{ version: 1, origin: 'found', by: null, changes: [] }], nextCursor: null })
})

test('one version has its whole state, and what is different now', async () => {
  const second = await versions.get(auditor, staff, 2)
  expect(second).toMatchObject({ state: { validityDays: 20 }, since: { version: 3, changes: [{}, {}] } })
  expect((await versions.get(auditor, staff, 3)).since).toBeNull()
})

test.each([0, -1, 4, 1.5, Number.NaN, 2 ** 31])('version %s is not there', async (version) => {
  await expect(versions.get(auditor, staff, version)).rejects.toMatchObject({ code: 'not_found' })
})

test('refuses what is not there, page markers of others, and who may not', async () => {
  await expect(versions.list(auditor, { type: 'group', slug: 'x' }, {})).rejects.toMatchObject({ code: 'not_found' })
  await expect(versions.list(auditor, staff, { cursor: '0' })).rejects.toMatchObject({ code: 'invalid_input' })
  for (const nobody of [
    { ...actor('admin'), role: null },
    { ...actor('operator'), scope: ['staff'] },
  ])
    await expect(versions.list(nobody, staff, {})).rejects.toThrow()
})

test('a setting that came or went is a change, and one that is alike is none', () => {
  expect(changesBetween({ a: 1, gone: ['x'], same: ['y'] }, { a: 2, came: null, same: ['y'], added: 'z' })).toEqual([
    { field: 'a', before: 1, after: 2 },
    { field: 'added', before: null, after: 'z' },
    { field: 'gone', before: ['x'], after: null },
  ])
})
