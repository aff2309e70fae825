/** Stages the next issuer of a group, or gives it up. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { CancelRolloverSchema, StageRolloverSchema } from './schema'

export const stageRollover = action(
  'rollover:manage',
  StageRolloverSchema,
  async (actor, { group, activatesOn, issuerKey }) => {
    await server().rollover.stage(actor, group, { activatesAt: new Date(`${activatesOn}T00:00:00Z`), issuerKey })
    refresh()
    return null
  },
)

export const cancelRollover = action('rollover:manage', CancelRolloverSchema, async (actor, { group }) => {
  await server().rollover.cancel(actor, group)
  refresh()
  return null
})
