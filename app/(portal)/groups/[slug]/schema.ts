/** What the forms about a group's rollover and its trust page may say. */
import { z } from 'zod'
import { ISSUER_KEYS } from '@/app/(portal)/groups/issuer-keys'

const group = z.string().min(1).max(100)

export const StageRolloverSchema = z.strictObject({
  group,
  activatesOn: z.iso.date('Choose a day.'),
  issuerKey: z.enum(ISSUER_KEYS),
  /** Empty for a new one. */
  issuer: z
    .string()
    .max(100)
    .optional()
    .transform((slug) => (slug === '' ? undefined : slug)),
})

export const CancelRolloverSchema = z.strictObject({ group })

export const SwitchTrustPageSchema = z.strictObject({
  slug: group,
  enabled: z.enum(['true', 'false']).transform((value) => value === 'true'),
})
