/** Stages the next issuer of a group, or gives it up; shows or hides its trust page. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { CancelRolloverSchema, StageRolloverSchema, SwitchTrustPageSchema } from './schema'

export const stageRollover = action(
  'rollover:manage',
  StageRolloverSchema,
  async (actor, { group, activatesOn, issuerKey, issuer }) => {
    const activatesAt = new Date(`${activatesOn}T00:00:00Z`)
    await server().rollover.stage(actor, group, { activatesAt, ...(issuer === undefined ? { issuerKey } : { issuer }) })
    refresh()
    return null
  },
)

export const cancelRollover = action('rollover:manage', CancelRolloverSchema, async (actor, { group }) => {
  await server().rollover.cancel(actor, group)
  refresh()
  return null
})

export const switchTrustPage = action('group:update', SwitchTrustPageSchema, async (actor, { slug, enabled }) => {
  await server().trust.switchPage(actor, slug, enabled)
  refresh()
  return null
})
