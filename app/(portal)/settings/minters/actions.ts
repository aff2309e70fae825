/** Registers minters, changes them, switches them off and on, and looks at the keys they publish. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { FetchKeysSchema, MinterSchema, NewMinterSchema, SwitchMinterSchema } from './schema'

export const createMinter = action('minter:manage', NewMinterSchema, async (actor, form) => {
  await server().minters.create(actor, form)
  refresh()
  return null
})

/** Shows them and keeps nothing: what is shown goes into the form, and with the form to be pinned. */
export const fetchMinterKeys = action('minter:manage', FetchKeysSchema, async (actor, { jwksUrl }) =>
  server().minters.fetchKeys(actor, jwksUrl),
)

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
