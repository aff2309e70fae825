/** Changes, tests, pauses and resumes a connector, replaces its hook secret, and accepts its smaller inventory. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { GUIDES, settingsOf } from '@/app/(portal)/connectors/kinds'
import { server } from '@/lib/server'
import { AcceptInventorySchema, ConnectorSettingsSchema, OneConnectorSchema, SwitchConnectorSchema } from './schema'

export const changeConnector = action('connector:manage', ConnectorSettingsSchema, async (actor, form) => {
  const { slug, kind, name, clientSecret = '', credentialExpires, expiredBefore } = form
  const entered = clientSecret.trim() !== ''
  const moved = credentialExpires?.getTime() !== expiredBefore?.getTime()
  await server().mdmConnectors.change(actor, slug, {
    name,
    settings: settingsOf(GUIDES[kind], form),
    ...(entered ? { credential: { clientSecret } } : {}),
    // A day that nobody touched stays the moment it was.
    ...(entered || moved ? { credentialExpiresAt: credentialExpires } : {}),
  })
  refresh()
  return null
})

export const testConnector = action('connector:manage', OneConnectorSchema, async (actor, { slug }) => {
  const result = await server().mdmConnectors.test(actor, slug)
  refresh()
  return result
})

export const acceptInventory = action('connector:manage', AcceptInventorySchema, async (actor, { slug, reading }) => {
  await server().inventoryReadings.accept(actor, slug, reading)
  refresh()
  return null
})

export const syncConnector = action('connector:manage', OneConnectorSchema, async (actor, { slug }) => {
  const { id } = await server().mdmConnectors.get(actor, slug)
  await server().jamfSync(actor, id)
  refresh()
  return null
})

export const replaceHookSecret = action('connector:manage', OneConnectorSchema, async (actor, { slug }) => {
  const { view, hookSecret } = await server().mdmConnectors.rotateHookSecret(actor, slug)
  refresh()
  return { hookUrl: view.hookUrl, hookSecret }
})

export const switchConnector = action('connector:manage', SwitchConnectorSchema, async (actor, { slug, enabled }) => {
  await server().mdmConnectors.change(actor, slug, { enabled })
  refresh()
  return null
})
