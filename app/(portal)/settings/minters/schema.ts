/** What the forms about minters may say. The keys themselves are judged by the service. */
import { z } from 'zod'
import { SAN_TYPES } from '@/lib/services/minter-limits'

const number = (least: number, most: number) =>
  z.coerce
    .number('Enter a number.')
    .int('Whole numbers only.')
    .min(least, `At least ${least}.`)
    .max(most, `At most ${most}.`)

const fields = {
  name: z.string().trim().min(1, 'Enter a name.').max(100, 'At most 100 characters.'),
  endpoints: z.array(z.string().min(1).max(64)).max(100).default([]),
  subjectTemplate: z.string().max(1_024, 'At most 1,024 characters.'),
  sanTypes: z.array(z.enum(SAN_TYPES)).default([]),
  maxTtlMinutes: number(1, 1_440),
  perHour: number(1, 100_000),
}
const keys = {
  jwks: z.string().max(32_768, 'This is too long for a set of public keys.'),
  jwksUrl: z.string().max(2_048, 'At most 2,048 characters.'),
}

export const NewMinterSchema = z.strictObject({
  ...fields,
  issuer: z.string().trim().min(1, 'Enter the issuer.').max(255, 'At most 255 characters.'),
  ...keys,
})
export const MinterSchema = z.strictObject({ id: z.uuid(), ...fields, ...keys })
export const FetchKeysSchema = z.strictObject({ jwksUrl: keys.jwksUrl })
export const SwitchMinterSchema = z.strictObject({
  id: z.uuid(),
  enabled: z.enum(['true', 'false']).transform((value) => value === 'true'),
})
