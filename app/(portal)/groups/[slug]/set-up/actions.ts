/** Saves how devices of a new group enrol, and leads on. */
'use server'

import { redirect } from 'next/navigation'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { EnrolmentStepSchema } from './schema'
import { addressOf } from './steps'

export const saveEnrolmentStep = action('endpoint:update', EnrolmentStepSchema, async (actor, form) => {
  const { group, endpoint, validityDays, ...change } = form
  await server().groups.updateEndpoint(actor, endpoint, { ...change, profile: { validityDays } })
  redirect(addressOf(group, 'network'))
})
