/** Adds a connector. Its hook secret goes to the page that asked, and is kept nowhere in the clear. */
'use server'

import { action } from '@/app/_actions'
import { GUIDES, settingsOf } from '@/app/(portal)/connectors/kinds'
import { server } from '@/lib/server'
import { NewConnectorSchema } from './schema'

export const addConnector = action('connector:manage', NewConnectorSchema, async (actor, form) => {
  const { kind, name, slug, clientSecret = '', credentialExpires } = form
  const { view, hookSecret } = await server().mdmConnectors.create(actor, {
    kind,
    name,
    slug,
    settings: settingsOf(GUIDES[kind], form),
    ...(clientSecret.trim() === '' ? {} : { credential: { clientSecret }, credentialExpiresAt: credentialExpires }),
  })
  return { slug: view.slug, name: view.name, hookUrl: view.hookUrl, hookSecret, settings: view.settings }
})
