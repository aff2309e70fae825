/** Confirms a bulk revocation, or ends it before its time. */
'use server'

import { refresh } from 'next/cache'
import { redirect } from 'next/navigation'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { ConfirmSchema, StopSchema } from './schema'

export const confirmBulkRevocation = action(
  'bulk-revocation:manage',
  ConfirmSchema,
  async (actor, { comment, reason, invalidityDate, startsAt, ...request }) => {
    const { id } = await server().bulkRevocations.confirm(actor, {
      ...request,
      ...(comment && { comment }),
      ...(reason && { reason }),
      ...(invalidityDate && { invalidityDate }),
      ...(startsAt && { startsAt }),
    })
    redirect(`/revocations/${id}`)
  },
)

export const stopBulkRevocation = action('bulk-revocation:manage', StopSchema, async (actor, { id }) => {
  await server().bulkRevocations.stop(actor, id)
  refresh()
  return null
})
