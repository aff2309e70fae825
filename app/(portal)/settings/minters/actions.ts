/** Registers minters, changes them, switches them off and on. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { MinterSchema, NewMinterSchema, SwitchMinterSchema } from './schema'

export const createMinter = action('minter:manage', NewMinterSchema, async (actor, form) => {
  await server().minters.create(actor, form)
  refresh()
  return null
})

export const updateMinter = action('minter:manage', MinterSchema, async (actor, { id, ...change }) => {
  await server().minters.update(actor, id, change)
  refresh()
  return null
})

export const switchMinter = action('minter:manage', SwitchMinterSchema, async (actor, { id, enabled }) => {
  await server().minters.setEnabled(actor, id, enabled)
  refresh()
  return null
})
