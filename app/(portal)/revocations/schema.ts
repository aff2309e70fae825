/** What the forms about bulk revocations may say. */
import { z } from 'zod'
import { OFFERED_REASONS } from '@/app/_components/revocation-reasons'
import { BULK_ACTIONS, SelectionSchema } from './selection'

/** A moment as the browser's own control writes it, in UTC as its label says; empty means none. */
export const utcMoment = z
  .string()
  .trim()
  .default('')
  .refine((text) => text === '' || !Number.isNaN(Date.parse(`${text}Z`)), 'Choose a day and a time.')
  .transform((text) => (text === '' ? undefined : new Date(`${text}Z`)))

export const comment = z.string().trim().max(500, 'At most 500 characters.').default('')

export const ConfirmSchema = z.strictObject({
  selection: z
    .string()
    .max(60_000)
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown
      } catch {
        context.addIssue({ code: 'custom', message: 'Select the certificates again.' })
        return z.NEVER
      }
    })
    .pipe(SelectionSchema),
  action: z.enum(BULK_ACTIONS),
  reason: z.enum(OFFERED_REASONS, 'Choose a reason.').optional(),
  comment,
  invalidityDate: utcMoment,
  startsAt: utcMoment,
  expect: z.coerce.number().int().min(1).max(100_000_000),
  confirmation: z.string().max(200),
})

export const StopSchema = z.strictObject({ id: z.uuid() })
