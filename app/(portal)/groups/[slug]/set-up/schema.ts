/** What the first step after a new group may say. Bounds are the service's. */
import { z } from 'zod'

const whole = z.coerce.number('Enter a whole number.').int('Enter a whole number.')

export const EnrolmentStepSchema = z.strictObject({
  group: z.string().min(1).max(100),
  endpoint: z.string().min(1).max(100),
  policy: z.enum(['dynamic', 'static', 'approval', 'delegated']),
  challengeTtlMinutes: whole,
  validityDays: whole,
  /** Absent while there is no validator to choose. */
  validatorId: z
    .union([z.literal(''), z.uuid()])
    .transform((id) => (id === '' ? null : id))
    .exactOptional(),
})
