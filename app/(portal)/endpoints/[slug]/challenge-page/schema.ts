/** What the forms about the challenge page may say. Names, template and networks are judged by the service. */
import { z } from 'zod'

const slug = z.string().min(1).max(100)
const whole = (least: number, most: number) =>
  z.coerce
    .number('Enter a number.')
    .int('Whole numbers.')
    .min(least, `At least ${least}.`)
    .max(most, `At most ${most.toLocaleString('en-GB')}.`)
const ticked = z
  .literal('on')
  .optional()
  .transform((value) => value === 'on')

const settings = {
  name: z.string().trim().min(1, 'Name the device management.').max(60, 'At most 60 characters.'),
  subjectTemplate: z.string().trim().min(1, 'Say which names devices may ask for.').max(1_000),
  allowedAddresses: z
    .string()
    .max(5_000)
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== '')),
  anyAddress: ticked,
  encoding: z.enum(['utf-16le', 'utf-8']),
  format: z.enum(['hex32', 'hex16']),
  ttlMinutes: whole(5, 1_440),
  mostPending: whole(1, 1_000),
}

export const NewPageAccountSchema = z.strictObject({ slug, user: z.string().trim().max(64), ...settings })
export const PageAccountSchema = z.strictObject({ slug, id: z.uuid(), ...settings })
export const RotatePageSecretSchema = z.strictObject({ slug, id: z.uuid(), graceHours: whole(0, 168) })
export const SwitchPageAccountSchema = z.strictObject({
  slug,
  id: z.uuid(),
  enabled: z.enum(['true', 'false']).transform((value) => value === 'true'),
})
