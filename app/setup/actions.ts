/** Set-up's two questions to the server: is this link good, and make the installation. */
'use server'

import { strangerAction } from '@/app/_actions'
import { server } from '@/lib/server'
import { LinkForm, SetupForm } from './schema'

export const checkSetupLink = strangerAction(LinkForm, async (_origin, { token }) => ({
  good: await server().setup.checkLink(token),
}))

export const completeSetup = strangerAction(SetupForm, async (origin, { token, ...request }) => {
  const actor = { type: 'anonymous' as const, id: null, name: request.name, role: null, via: 'ui' as const, ...origin }
  await server().setup.complete(actor, token, request)
  return null
})
