/** Adds, changes, tests and switches connectors. A secret goes to the dialog that asked, and is kept nowhere in the clear. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { ConnectorSchema, NewReceiverSchema, NewValidatorSchema, SwitchSchema, ValidatorSchema } from './schema'

export const addValidator = action('connector:manage', NewValidatorSchema, async (actor, form) => {
  const { view, secret } = await server().connectors.createValidator(actor, form)
  refresh()
  return { id: view.id, name: view.name, secret }
})

export const changeValidator = action('connector:manage', ValidatorSchema, async (actor, { id, change }) => {
  await server().connectors.updateValidator(actor, id, change)
  refresh()
  return null
})

export const testValidator = action('connector:manage', ConnectorSchema, async (actor, { id }) => {
  const result = await server().connectors.testValidator(actor, id)
  refresh()
  return result
})

export const makeValidatorSecret = action('connector:manage', ConnectorSchema, async (actor, { id }) => {
  const { secret } = await server().connectors.rotateValidatorSecret(actor, id)
  refresh()
  return { secret }
})

export const activateValidatorSecret = action('connector:manage', ConnectorSchema, async (actor, { id }) => {
  await server().connectors.activateValidatorSecret(actor, id)
  refresh()
  return null
})

export const switchValidator = action('connector:manage', SwitchSchema, async (actor, { id, enabled }) => {
  await server().connectors.updateValidator(actor, id, { enabled })
  refresh()
  return null
})

export const addReceiver = action('connector:manage', NewReceiverSchema, async (actor, form) => {
  const { view, secret } = await server().connectors.createReceiver(actor, form)
  refresh()
  return { id: view.id, name: view.name, url: view.url, secret }
})

export const replaceReceiverSecret = action('connector:manage', ConnectorSchema, async (actor, { id }) => {
  const { secret } = await server().connectors.rotateReceiverSecret(actor, id)
  refresh()
  return { secret }
})

export const switchReceiver = action('connector:manage', SwitchSchema, async (actor, { id, enabled }) => {
  await server().connectors.updateReceiver(actor, id, { enabled })
  refresh()
  return null
})
