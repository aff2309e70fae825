/** What the form for a new group may say. */
import { z } from 'zod'
import { ISSUER_KEYS } from '@/app/(portal)/groups/issuer-keys'

export const NewGroupSchema = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1, 'Name the group.')
    .max(64, 'At most 64 characters: it goes into the name of the issuer.'),
  issuerKey: z.enum(ISSUER_KEYS).default('rsa3072'),
  /** Empty for a new one. */
  issuer: z
    .string()
    .max(100)
    .optional()
    .transform((slug) => (slug === '' ? undefined : slug)),
})
