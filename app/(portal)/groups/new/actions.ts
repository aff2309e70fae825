/** Makes a group with everything a device needs, then leads through what is to be decided about it. */
'use server'

import { redirect } from 'next/navigation'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { NewGroupSchema } from './schema'

export const createGroup = action('group:create', NewGroupSchema, async (actor, form) => {
  const { name, issuerKey, issuer } = form
  const request = issuer === undefined ? { name, issuerKey } : { name, issuer }
  const group = await server().groups.create(actor, request)
  redirect(`/groups/${group.slug}/set-up`)
})
