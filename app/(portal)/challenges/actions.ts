/** Mints, re-issues and revokes challenges, and closes their alarms. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { readParameters } from '@/app/_components/search-parameters'
import { CHALLENGE_LIST } from '@/app/_lists/challenges'
import { server } from '@/lib/server'
import { ChallengeIdSchema, MintSchema, RevokeChallengesSchema } from './schema'

/** The value goes to the page that asked and is kept nowhere: neither here nor in the router's cache. */
export const mintChallenge = action('challenge:mint', MintSchema, (actor, form) =>
  server().challenges.mint(actor, form),
)

/** The new value goes to the dialog that asked, and is kept nowhere. */
export const reissueChallenge = action('challenge:mint', ChallengeIdSchema, async (actor, { id }) => {
  const minted = await server().challenges.reissue(actor, id)
  refresh()
  return minted
})

export const dismissAlarm = action('challenge:revoke', ChallengeIdSchema, async (actor, { id }) => {
  await server().alarms.dismiss(actor, id)
  refresh()
  return null
})

export const revokeChallenge = action('challenge:revoke', ChallengeIdSchema, async (actor, { id }) => {
  await server().challenges.revoke(actor, id)
  refresh()
  return null
})

/** The ticked ones, or all that match the filters of the list; of what was minted later nothing is touched. */
export const revokeChallenges = action('challenge:revoke', RevokeChallengesSchema, async (actor, form) => {
  // Read as the page read them, so that both mean the same challenges.
  const given = Promise.resolve(Object.fromEntries(new URLSearchParams(form.query ?? '')))
  const filter =
    form.challenges === undefined
      ? CHALLENGE_LIST.filterOf(await readParameters(given, CHALLENGE_LIST.parameters))
      : { ids: form.challenges }
  await server().challenges.revokeMatching(actor, filter, form.before)
  refresh()
  return null
})
