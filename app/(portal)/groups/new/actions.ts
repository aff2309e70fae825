/** Makes a group with everything a device needs, then shows it. */
'use server'

import { redirect } from 'next/navigation'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { NewGroupSchema } from './schema'

export const createGroup = action('group:create', NewGroupSchema, async (actor, form) => {
  const group = await server().groups.create(actor, form)
  redirect(`/groups/${group.slug}`)
})
