/** Creates and revokes the static secrets of an endpoint. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { NewStaticSecretSchema, RevokeStaticSecretSchema } from './schema'

/** The value goes to the dialog that asked, and is kept nowhere. */
export const createStaticSecret = action(
  'static-secret:manage',
  NewStaticSecretSchema,
  async (actor, { slug, ...bounds }) => {
    const { secret, view } = await server().staticSecrets.create(actor, slug, bounds)
    refresh()
    return { secret, fromEverywhere: view.fromEverywhere }
  },
)

export const revokeStaticSecret = action('static-secret:manage', RevokeStaticSecretSchema, async (actor, form) => {
  await server().staticSecrets.revoke(actor, form.slug, form.id)
  refresh()
  return null
})
