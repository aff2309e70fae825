/** A change as people read it: each field, before and after. */
import { expect, test } from 'vitest'
import { changedFields } from './change-diff'

test('names each field that differs, with both values, and leaves out what stayed', () => {
  const change = {
    fields: ['profile', 'enabled'],
    before: { profile: { days: 90, usages: ['clientAuth'] }, enabled: true },
    after: { profile: { days: 30, usages: ['clientAuth'] }, enabled: false },
  }
  expect(changedFields(change)).toEqual([
    { field: 'profile.days', before: '90', after: '30' },
    { field: 'enabled', before: 'true', after: 'false' },
  ])
})

test('what was added has nothing before, and what was taken away nothing after', () => {
  expect(changedFields({ fields: ['vlan', 'note'], before: { note: 'old' }, after: { vlan: 7, note: null } })).toEqual([
    { field: 'note', before: 'old', after: '' },
    { field: 'vlan', before: '', after: '7' },
  ])
})

test('a list is one value, and a change without a record of values is named all the same', () => {
  const change = { fields: ['names', 'secret'], before: { names: ['a', 'b'] }, after: { names: ['b', 'a'] } }
  expect(changedFields(change)).toEqual([
    { field: 'names', before: 'a, b', after: 'b, a' },
    { field: 'secret', before: '', after: '' },
  ])
})

test('values without members are a change as well', () => {
  expect(changedFields({ fields: ['role'], before: 'operator', after: 'admin' })).toContainEqual({
    field: 'value',
    before: 'operator',
    after: 'admin',
  })
})
