/** Changes one's own password; no permission is needed but being signed in, and the old password. */
'use server'

import { action } from '@/app/_actions'
import { ChangePasswordSchema } from '@/app/(portal)/settings/schema'
import { server } from '@/lib/server'

export const changePassword = action(null, ChangePasswordSchema, async (actor, { current, password }) => {
  await server().access.changeOwnPassword(actor, current, password)
  return null
})
