/** What limits an actor: to endpoints, to groups, or not at all. */
import { describe, expect, test } from 'vitest'
import type { Actor } from './actor'
import { systemActor } from './actor'
import {
  authorise,
  authoriseGroup,
  authoriseInGroups,
  can,
  canInGroups,
  IN_GROUPS,
  inGroups,
  PERMISSIONS,
  type Permission,
  permissionsOf,
  reachOf,
} from './permissions'

const ALL = Object.keys(PERMISSIONS) as Permission[]
const operator: Actor = { ...systemActor('cli', 'operator'), type: 'user', role: 'operator' }
const limited: Actor = { ...operator, groups: ['staff'] }

describe('an operator who is limited to groups', () => {
  test('may nothing everywhere, and in the groups what is listed', () => {
    for (const permission of ALL) {
      expect(can(limited, permission)).toBe(false)
      expect(() => authorise(limited, permission)).toThrow(
        expect.objectContaining({ code: 'forbidden', reason: 'outside_groups' }),
      )
      expect(canInGroups(limited, permission)).toBe(IN_GROUPS.includes(permission))
    }
    expect(permissionsOf(limited).sort()).toEqual([...IN_GROUPS].sort())
  })

  test('is given nothing that operators may not', () => {
    for (const permission of IN_GROUPS) expect(can(operator, permission)).toBe(true)
  })

  test('finds a group that is not theirs as missing as one that does not exist', () => {
    expect(() => authoriseGroup(limited, 'group:read', 'staff')).not.toThrow()
    for (const group of ['guests', 'no-such-group', ''])
      expect(() => authoriseGroup(limited, 'group:read', group)).toThrow(expect.objectContaining({ code: 'not_found' }))
    expect(inGroups(limited, 'guests')).toBe(false)
  })

  test('of no group at all has none', () => {
    const nobody = { ...limited, groups: [] }
    expect(inGroups(nobody, 'staff')).toBe(false)
    expect(reachOf(nobody)).toEqual({ groups: [] })
  })
})

test('whoever is not limited is held to no group', () => {
  expect(reachOf(operator)).toEqual({})
  expect(inGroups(operator, 'guests')).toBe(true)
  expect(() => authoriseGroup(operator, 'group:read', 'guests')).not.toThrow()
  expect(() => authoriseInGroups(operator, 'group:create')).toThrow(
    expect.objectContaining({ code: 'forbidden', reason: 'no_permission' }),
  )
})

test.each([
  ['an administrator limited to groups', { ...limited, role: 'admin' as const }],
  ['an auditor limited to groups', { ...limited, role: 'auditor' as const }],
  ['a key limited in both ways', { ...limited, scope: ['staff'] }],
  ['nobody', { ...limited, role: null }],
])('%s may nothing', (_who, actor) => {
  expect(permissionsOf(actor)).toEqual([])
  for (const permission of ALL) {
    expect(canInGroups(actor, permission)).toBe(false)
    expect(() => authoriseInGroups(actor, permission)).toThrow()
  }
})
