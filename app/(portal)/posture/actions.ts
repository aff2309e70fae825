/** Risks that an administrator takes upon themselves, and copies that lie elsewhere. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { AcceptRiskSchema, SafekeepingSchema, WithdrawRiskSchema } from './schema'

export const acceptRisk = action('posture:manage', AcceptRiskSchema, async (actor, { check, reason, until }) => {
  await server().posture.accept(actor, check, { reason, until })
  refresh()
  return null
})

export const withdrawRisk = action('posture:manage', WithdrawRiskSchema, async (actor, { check }) => {
  await server().posture.withdraw(actor, check)
  refresh()
  return null
})

export const confirmSafekeeping = action('posture:manage', SafekeepingSchema, async (actor, form) => {
  await server().posture.confirmSafekeeping(actor, form)
  refresh()
  return null
})
