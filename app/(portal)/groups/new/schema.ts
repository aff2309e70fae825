/** What the form for a new group may say. */
import { z } from 'zod'

export const ISSUER_KEYS = ['rsa3072', 'p256', 'p384', 'rsa4096'] as const

export const NewGroupSchema = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1, 'Name the group.')
    .max(64, 'At most 64 characters: it goes into the name of the issuer.'),
  issuerKey: z.enum(ISSUER_KEYS).default('rsa3072'),
})
