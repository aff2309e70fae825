/** What administrators decide about devices that MDMs know. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { BrakeDecisionSchema, BrakeSchema, DeviceSchema } from './schema'

export const revokeDeviceChallenges = action('challenge:revoke', DeviceSchema, async (actor, { id }) => {
  await server().devices.revokeChallenges(actor, id)
  refresh()
  return null
})

export const changeBrake = action('device-rule:manage', BrakeSchema, async (actor, { connector, mostPerHour }) => {
  await server().deviceBrake.change(actor, connector, { mostPerHour })
  refresh()
  return null
})

export const decideBraked = action('device-rule:manage', BrakeDecisionSchema, async (actor, form) => {
  await server().deviceBrake.decide(actor, form.connector, form.decision, form.action ?? 'all', form.seen)
  refresh()
  return null
})
