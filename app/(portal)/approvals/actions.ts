/** One word of one person about a request that waits, or about many. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { readParameters } from '@/app/_components/search-parameters'
import { APPROVAL_LIST } from '@/app/_lists/approvals'
import { server } from '@/lib/server'
import { DecisionSchema, DecisionsSchema } from './schema'

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

/** The ticked ones, or all that match the filters of the list; about what came later nothing is said. */
export const decideRequests = action('approval:decide', DecisionsSchema, async (actor, form) => {
  const { approves, comment, requests, before } = form
  // Read as the page read them, so that both mean the same requests.
  const given = Promise.resolve(Object.fromEntries(new URLSearchParams(form.query ?? '')))
  const which =
    requests === undefined
      ? { filter: APPROVAL_LIST.filterOf(await readParameters(given, APPROVAL_LIST.parameters)), before }
      : { ids: requests }
  const decision = { approves, ...(comment === undefined ? {} : { comment }) }
  const made = await server().approvals.decideMany(actor, which, decision)
  refresh()
  return made
})
