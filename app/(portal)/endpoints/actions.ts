/** Makes, copies and switches endpoints, and changes their settings. */
'use server'

import { refresh } from 'next/cache'
import { redirect } from 'next/navigation'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { CopySchema, DefaultSchema, EndpointSettingsSchema, NewEndpointSchema, SwitchSchema } from './schema'

export const saveEndpointSettings = action('endpoint:update', EndpointSettingsSchema, async (actor, form) => {
  await server().groups.updateEndpoint(actor, form.slug, form.change)
  refresh()
  return null
})

export const switchEndpoint = action('endpoint:update', SwitchSchema, async (actor, { slug, enabled }) => {
  await server().groups.updateEndpoint(actor, slug, { enabled })
  refresh()
  return null
})

export const chooseDefaultEndpoint = action('endpoint:update', DefaultSchema, async (actor, { endpoint }) => {
  await server().defaultEndpoint.choose(actor, endpoint)
  refresh()
  return null
})

export const createEndpoint = action('endpoint:create', NewEndpointSchema, async (actor, { slug, ...form }) => {
  const endpoint = await server().endpoints.create(actor, { ...form, ...(slug === undefined ? {} : { slug }) })
  redirect(`/endpoints/${endpoint.slug}`)
})

export const copyEndpoint = action('endpoint:create', CopySchema, async (actor, { slug }): Promise<null> => {
  const endpoint = await server().endpoints.copy(actor, slug, {})
  redirect(`/endpoints/${endpoint.slug}`)
})
