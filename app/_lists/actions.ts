/** Keeps a list as somebody sees it under a name, or forgets it. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { RemoveViewSchema, SaveViewSchema } from './schema'

export const saveView = action('saved-view:read', SaveViewSchema, async (actor, view) => {
  await server().savedViews.save(actor, view)
  refresh()
  return null
})

export const removeView = action('saved-view:read', RemoveViewSchema, async (actor, { id }) => {
  await server().savedViews.remove(actor, id)
  refresh()
  return null
})
