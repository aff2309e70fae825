/** What the set-up forms may say. */
import { z } from 'zod'

const token = z.string().min(1).max(200)

export const LinkForm = z.strictObject({ token })

export const SetupForm = z.strictObject({
  token,
  organisation: z
    .string()
    .trim()
    .min(1, 'Name your organisation.')
    .max(64, 'At most 64 characters: it goes into certificates.'),
  name: z.string().trim().min(1, 'Enter your name.').max(100, 'At most 100 characters.'),
  email: z.email('Enter an e-mail address, such as ada@example.org.').max(254),
  password: z.string().min(1, 'Choose a password.').max(512),
  rootKey: z.enum(['p384', 'rsa4096']).default('p384'),
})
