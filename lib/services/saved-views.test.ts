/** Views of lists: whose they are, who sees them, and who takes them away. */
import { beforeEach, expect, test } from 'vitest'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { createSavedViews, type SavedViewsService } from './saved-views'
import { actor } from './testing/harness'
import { memorySavedViewStore } from './testing/saved-view-store'

const person = (role: 'admin' | 'operator' | 'auditor', id: string = role): Actor => ({
  ...actor(role),
  type: 'user',
  id,
})
const [admin, operator, auditor] = [person('admin'), person('operator'), person('auditor')]
const view = { list: 'certificates', name: 'Ends soon', query: 'status=expiring&sort=ends', shared: false }
let trail: AuditEntry[]
let views: SavedViewsService

beforeEach(() => {
  trail = []
  views = createSavedViews({ store: memorySavedViewStore(trail) })
})

const namesFor = async (who: Actor) => (await views.list(who, 'certificates')).map(({ name }) => name)

test('a view is its owner’s alone until it is shared, and every change is recorded', async () => {
  await views.save(operator, view)
  expect([await namesFor(operator), await namesFor(admin)]).toEqual([['Ends soon'], []])
  await views.save(operator, { ...view, query: 'status=held', shared: true })
  expect(await views.list(auditor, 'certificates')).toMatchObject([
    { name: 'Ends soon', query: 'status=held', shared: true, by: 'operator', removable: false },
  ])
  expect(await views.list(auditor, 'devices')).toEqual([])
  const [kept] = await views.list(operator, 'certificates')
  expect(trail).toMatchObject([kept, kept].map((each) => ({ type: 'saved_view.saved', object: { id: each?.id } })))
})

test('an auditor keeps views, and shares none', async () => {
  await views.save(auditor, view)
  await expect(views.save(auditor, { ...view, shared: true })).rejects.toMatchObject({ code: 'forbidden' })
})

test('views of the audit trail are for those who may read it', async () => {
  const ofTrail = { ...view, list: 'audit', query: 'kind=denied' }
  await views.save(admin, { ...ofTrail, shared: true })
  await views.save(auditor, { ...ofTrail, name: 'Mine' })
  expect(await views.list(auditor, 'audit')).toMatchObject([
    { name: 'Ends soon', by: 'admin' },
    { name: 'Mine', by: null },
  ])
  await expect(views.list(operator, 'audit')).rejects.toMatchObject({ code: 'forbidden' })
  await expect(views.save(operator, ofTrail)).rejects.toMatchObject({ code: 'forbidden' })
  expect(trail).toHaveLength(2)
})

test('only the owner removes a view, and an administrator one that is shared', async () => {
  await views.save(operator, view)
  await views.save(operator, { ...view, name: 'Shared', shared: true })
  const [own, shared] = (await views.list(operator, 'certificates')).map(({ id }) => id) as [string, string]
  for (const id of [own, shared])
    await expect(views.remove(person('operator', 'another'), id)).rejects.toMatchObject({ code: 'not_found' })
  await expect(views.remove(admin, own)).rejects.toMatchObject({ code: 'not_found' })
  await views.remove(admin, shared)
  await views.remove(operator, own)
  expect(await namesFor(operator)).toEqual([])
  await expect(views.remove(operator, 'nonsense')).rejects.toMatchObject({ code: 'not_found' })
})

test('names are checked, views are counted, and keys have none', async () => {
  for (const name of ['', '  ', 'a'.repeat(61), 'a\u0007'])
    await expect(views.save(admin, { ...view, name })).rejects.toMatchObject({ fields: { name: expect.any(String) } })
  await expect(views.save(admin, { ...view, query: 'a'.repeat(2_001) })).rejects.toMatchObject({
    code: 'invalid_input',
  })
  for (let number = 0; number < 30; number += 1) await views.save(admin, { ...view, name: `${number}` })
  await expect(views.save(admin, view)).rejects.toMatchObject({ code: 'conflict' })
  await views.save(admin, { ...view, name: '7', query: '' })
  await expect(views.list({ ...admin, type: 'service' }, 'certificates')).rejects.toMatchObject({ code: 'forbidden' })
})
