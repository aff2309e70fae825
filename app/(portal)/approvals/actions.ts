/** One word of one person about a request that waits. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { DecisionSchema } from './schema'

/** What to say when it is done: an approval may need another person, or its certificate a moment. */
export const approveRequest = action('approval:decide', DecisionSchema, async (actor, { id, comment }) => {
  const { state, certificate } = await server().approvals.approve(actor, id, comment)
  refresh()
  return { complete: state === 'approved', issued: certificate !== null }
})

export const denyRequest = action('approval:decide', DecisionSchema, async (actor, { id, comment }) => {
  await server().approvals.deny(actor, id, comment)
  refresh()
  return null
})
