/** Switches an endpoint and changes its settings. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { EndpointSettingsSchema, SwitchSchema } from './schema'

export const saveEndpointSettings = action(
  'endpoint:update',
  EndpointSettingsSchema,
  async (actor, { slug, ...change }) => {
    await server().groups.updateEndpoint(actor, slug, change)
    refresh()
    return null
  },
)

export const switchEndpoint = action('endpoint:update', SwitchSchema, async (actor, { slug, enabled }) => {
  await server().groups.updateEndpoint(actor, slug, { enabled })
  refresh()
  return null
})
