/** What the forms of the posture may say. */
import { z } from 'zod'
import { POSTURE_CHECKS, SAFEKEEPING } from '@/lib/services/posture-types'

const check = z.enum(POSTURE_CHECKS)

export const AcceptRiskSchema = z.strictObject({
  check,
  reason: z.string().max(2_000),
  /** The end of the day, in UTC. */
  until: z.iso.date('Choose a day.').transform((day) => new Date(`${day}T23:59:59Z`)),
})

export const WithdrawRiskSchema = z.strictObject({ check })

export const SafekeepingSchema = z.strictObject({ subject: z.enum(SAFEKEEPING), place: z.string().max(500) })
