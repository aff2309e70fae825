/** Creates and revokes API keys. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { IdSchema, NewApiKeySchema } from '@/app/(portal)/settings/schema'
import { server } from '@/lib/server'

/** The key goes to the dialog that asked, and is kept nowhere. */
export const createApiKey = action(
  'api-key:manage',
  NewApiKeySchema,
  async (actor, { endpoints = [], groups = [], ...form }) => {
    const { key } = await server().access.createApiKey(actor, {
      ...form,
      endpoints: endpoints.length === 0 ? null : endpoints,
      groups: groups.length === 0 ? null : groups,
    })
    refresh()
    return { name: form.name, key }
  },
)

export const revokeApiKey = action('api-key:manage', IdSchema, async (actor, { id }) => {
  await server().access.revokeApiKey(actor, id)
  refresh()
  return null
})
