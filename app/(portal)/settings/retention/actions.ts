/** Saves how long the flight recorder keeps its records. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { RetentionSchema } from '@/app/(portal)/settings/schema'
import { server } from '@/lib/server'

export const saveRetention = action('retention:manage', RetentionSchema, async (actor, retention) => {
  await server().retention.set(actor, retention)
  refresh()
  return null
})
