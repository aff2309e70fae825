/** Accounts of a challenge page: added, changed, switched. A secret goes to the dialog that asked, and is kept nowhere. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { NewPageAccountSchema, PageAccountSchema, RotatePageSecretSchema, SwitchPageAccountSchema } from './schema'

export const addPageAccount = action(
  'challenge-page:manage',
  NewPageAccountSchema,
  async (actor, { slug, user, ...settings }) => {
    const request = user === '' ? settings : { ...settings, user }
    const { secret, view } = await server().challengePageAccounts.create(actor, slug, request)
    refresh()
    return { secret, url: view.url, scepUrl: view.scepUrl, user: view.user, fromEverywhere: view.fromEverywhere }
  },
)

export const changePageAccount = action(
  'challenge-page:manage',
  PageAccountSchema,
  async (actor, { slug, id, ...settings }) => {
    await server().challengePageAccounts.update(actor, slug, id, settings)
    refresh()
    return null
  },
)

export const replacePageSecret = action('challenge-page:manage', RotatePageSecretSchema, async (actor, form) => {
  const { secret, view } = await server().challengePageAccounts.rotate(actor, form.slug, form.id, form.graceHours)
  refresh()
  return { secret, graceHours: form.graceHours, user: view.user }
})

export const switchPageAccount = action(
  'challenge-page:manage',
  SwitchPageAccountSchema,
  async (actor, { slug, id, enabled }) => {
    await server().challengePageAccounts.update(actor, slug, id, { enabled })
    refresh()
    return null
  },
)
