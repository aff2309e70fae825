/** Changes what the network grants to a group. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { NetworkAccessSchema } from './schema'

export const saveNetworkAccess = action('network:manage', NetworkAccessSchema, async (actor, { group, ...change }) => {
  await server().networkAccess.update(actor, group, change)
  refresh()
  return null
})
