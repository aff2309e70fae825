/** What the forms about an endpoint may say. */
import { z } from 'zod'

const slug = z.string().min(1).max(100)
/** A checkbox sends "on" or nothing at all. */
const checkbox = z
  .literal('on')
  .optional()
  .transform((value) => value === 'on')

export const EndpointSettingsSchema = z.strictObject({
  slug,
  challengeTtlMinutes: z.coerce
    .number('Enter minutes.')
    .int('Whole minutes.')
    .min(1, 'At least one minute.')
    .max(1440, 'At most a day, 1440 minutes.'),
  includeRoot: checkbox,
  allowSha1: checkbox,
  allow3des: checkbox,
})

export const SwitchSchema = z.strictObject({
  slug,
  enabled: z.enum(['true', 'false']).transform((value) => value === 'true'),
})
