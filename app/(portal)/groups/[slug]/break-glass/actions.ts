/** Drills the revocation of a group's issuer, does it, and makes the next one. */
'use server'

import { refresh } from 'next/cache'
import { redirect } from 'next/navigation'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { DrillSchema, ReplaceIssuerSchema, RevokeIssuerSchema } from './schema'

export const drillBreakGlass = action('break-glass:manage', DrillSchema, async (actor, { group, issuer }) => {
  await server().breakGlass.drill(actor, group, issuer)
  refresh()
  return null
})

export const revokeIssuer = action(
  'break-glass:manage',
  RevokeIssuerSchema,
  async (actor, { group, comment, ...request }) => {
    await server().breakGlass.revokeIssuer(actor, group, { ...request, ...(comment && { comment }) })
    // The page stays with this issuer, also once another one issues.
    redirect(`/groups/${group}/break-glass?issuer=${encodeURIComponent(request.issuer)}`)
  },
)

export const replaceIssuer = action('break-glass:manage', ReplaceIssuerSchema, async (actor, { group, ...request }) => {
  await server().breakGlass.replaceIssuer(actor, group, request)
  refresh()
  return null
})
