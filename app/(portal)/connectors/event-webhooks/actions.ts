/** Adds, pauses and removes event webhooks, and replaces their secrets. A secret goes to the dialog that asked. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { EventWebhookSchema, NewEventWebhookSchema, PauseEventWebhookSchema } from './schema'

export const addEventWebhook = action('connector:manage', NewEventWebhookSchema, async (actor, form) => {
  const { secret } = await server().eventWebhooks.create(actor, form)
  refresh()
  return { secret }
})

export const pauseEventWebhook = action('connector:manage', PauseEventWebhookSchema, async (actor, { id, paused }) => {
  await server().eventWebhooks.change(actor, id, { paused })
  refresh()
  return null
})

export const replaceEventWebhookSecret = action('connector:manage', EventWebhookSchema, async (actor, { id }) => {
  const { secret } = await server().eventWebhooks.rotateSecret(actor, id)
  refresh()
  return { secret }
})

export const removeEventWebhook = action('connector:manage', EventWebhookSchema, async (actor, { id }) => {
  await server().eventWebhooks.remove(actor, id)
  refresh()
  return null
})

export const testEventWebhook = action('connector:manage', EventWebhookSchema, async (actor, { id }) => {
  const test = await server().eventWebhooks.test(actor, id)
  refresh()
  return test
})
