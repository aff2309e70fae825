/** What the form of a new connector may say. What its settings must mean is checked by the service. */
import { z } from 'zod'

export const KIND = z.enum(['intune', 'jamf', 'events'])

/** Empty for "not known". The end of that day: the secret still works on it. */
export const expiryDay = z
  .string()
  .regex(/^(\d{4}-\d{2}-\d{2})?$/, 'Choose a day.')
  .optional()
  .transform((day) => (day ? new Date(`${day}T23:59:59.000Z`) : null))
  .refine((date) => date === null || !Number.isNaN(date.getTime()), { error: 'Choose a day.' })

export const connectorName = z.string().trim().min(1, 'Enter a name.').max(100, 'At most 100 characters.')

/** Fields of the kind come beside these. */
export const NewConnectorSchema = z.looseObject({
  kind: KIND,
  name: connectorName,
  slug: z.string().trim().min(1, 'Enter a short name.').max(64, 'At most 64 characters.'),
  clientSecret: z.string().max(4_000).optional(),
  credentialExpires: expiryDay,
})
