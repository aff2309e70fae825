/** What the forms about devices may say. */
import { z } from 'zod'

export const DeviceSchema = z.strictObject({ id: z.uuid() })

const slug = z.string().min(1).max(100)

export const BrakeSchema = z.strictObject({
  connector: slug,
  mostPerHour: z
    .string()
    .trim()
    .regex(/^\d{1,7}$/, 'Give a whole number of devices, from 0 to 1,000,000.')
    .transform(Number),
})

/** Without `action` it is about all that wait. */
export const BrakeDecisionSchema = z.strictObject({
  connector: slug,
  decision: z.enum(['let_through', 'cancel']),
  action: z.array(z.uuid()).max(200).optional(),
  /** How many devices waited as the page was made. */
  seen: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .optional(),
})
