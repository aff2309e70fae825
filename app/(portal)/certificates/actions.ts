/** Revokes a certificate, now or at a time ahead, or releases it from a hold. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { RevocationRequest } from '@/lib/services/revocation'
import { ReleaseSchema, RevokeSchema } from './schema'

export const revokeCertificate = action(
  'certificate:revoke',
  RevokeSchema,
  async (actor, { id, reason, comment, invalidityDate, startsAt }) => {
    const request = { reason, ...(comment && { comment }), ...(invalidityDate && { invalidityDate }) }
    if (startsAt) await schedule(actor, id, request, startsAt)
    else await server().certificates.revoke(actor, id, request)
    refresh()
    return null
  },
)

export const releaseCertificate = action('certificate:revoke', ReleaseSchema, async (actor, { id }) => {
  await server().certificates.release(actor, id, {})
  refresh()
  return null
})

/** Whatever waits for its time is listed and cancelled in one place, be it one certificate or many. */
async function schedule(actor: Actor, id: string, { reason, ...request }: RevocationRequest, startsAt: Date) {
  await server().bulkRevocations.confirm(actor, {
    selection: { certificates: [id] },
    ...(reason === 'certificateHold' ? { action: 'hold' as const } : { action: 'revoke' as const, reason }),
    ...request,
    startsAt,
    expect: 1,
    confirmation: null,
  })
}
