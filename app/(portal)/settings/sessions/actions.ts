/** Ends a session: one's own for everybody, any for administrators; the service knows which it is. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { IdSchema } from '@/app/(portal)/settings/schema'
import { server } from '@/lib/server'

export const endSession = action(null, IdSchema, async (actor, { id }) => {
  await server().access.endSession(actor, id)
  refresh()
  return null
})
