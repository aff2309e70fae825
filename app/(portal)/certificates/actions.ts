/** Revokes a certificate: marked, recorded and due for the next list in one transaction of the service. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { RevokeSchema } from './schema'

export const revokeCertificate = action('certificate:revoke', RevokeSchema, async (actor, { id, reason, comment }) => {
  await server().certificates.revoke(actor, id, { reason, ...(comment && { comment }) })
  refresh()
  return null
})
