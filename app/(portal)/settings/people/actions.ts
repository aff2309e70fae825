/** Creates people, changes their roles, lets them in or keeps them out, gives them new passwords. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { DisabledSchema, NewPersonSchema, RoleSchema, SetPasswordSchema } from '@/app/(portal)/settings/schema'
import { server } from '@/lib/server'
import { groupsOf } from './chosen-groups'

export const createPerson = action('user:manage', NewPersonSchema, async (actor, { reach, groups, ...form }) => {
  await server().access.createUser(actor, { ...form, groups: groupsOf({ role: form.role, reach, groups }) })
  refresh()
  return null
})

export const changeRole = action('user:manage', RoleSchema, async (actor, { id, role, reach, groups }) => {
  await server().access.updateUser(actor, id, { role, groups: groupsOf({ role, reach, groups }) })
  refresh()
  return null
})

export const setDisabled = action('user:manage', DisabledSchema, async (actor, { id, disabled }) => {
  await server().access.updateUser(actor, id, { disabled })
  refresh()
  return null
})

export const setPassword = action('user:manage', SetPasswordSchema, async (actor, { id, password }) => {
  await server().access.setPassword(actor, id, password)
  return null
})
