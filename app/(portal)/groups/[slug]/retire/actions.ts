/** Retires a group, and takes it back. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { ReopenSchema, RetireSchema } from './schema'

export const retireGroup = action('group:retire', RetireSchema, async (actor, { group, confirmation }) => {
  await server().groupRetirement.retire(actor, group, { confirmation })
  refresh()
  return null
})

export const reopenGroup = action('group:retire', ReopenSchema, async (actor, { group }) => {
  await server().groupRetirement.reopen(actor, group)
  refresh()
  return null
})
