/** What the forms of the settings may say. Whether a password is good enough is the service's to say. */
import { z } from 'zod'
import { KEY_ROLES, ROLES } from '@/app/_components/name-of-role'

const password = z.string().min(1, 'Choose a password.').max(512)
const name = z.string().trim().min(1, 'Enter a name.').max(100, 'At most 100 characters.')

const slugs = (what: string) => z.array(z.string().max(64)).max(50, `At most 50 ${what}.`).optional()

/** Of an operator. Said in so many words: with no group ticked nobody becomes an operator of every group. */
const reach = { reach: z.enum(['all', 'some'], 'Choose which groups.'), groups: z.array(z.string().max(64)).optional() }

export const IdSchema = z.strictObject({ id: z.uuid() })

export const ChangePasswordSchema = z.strictObject({
  current: z.string().min(1, 'Enter your current password.').max(512),
  password,
})

export const NewPersonSchema = z.strictObject({
  name,
  email: z.email('Enter an e-mail address, such as ada@example.org.').max(254),
  role: z.enum(ROLES, 'Choose a role.'),
  ...reach,
  password,
})

export const RoleSchema = z.strictObject({ id: z.uuid(), role: z.enum(ROLES, 'Choose a role.'), ...reach })
export const DisabledSchema = z.strictObject({
  id: z.uuid(),
  disabled: z.enum(['true', 'false']).transform((value) => value === 'true'),
})
export const SetPasswordSchema = z.strictObject({ id: z.uuid(), password })

export const NewApiKeySchema = z.strictObject({
  name,
  role: z.enum(KEY_ROLES, 'Choose a role.'),
  /** None ticked: the key is not limited. */
  endpoints: slugs('endpoints'),
  /** The same for groups. */
  groups: slugs('groups'),
  expiresInDays: z.coerce
    .number('Enter days.')
    .int('Whole days.')
    .min(1, 'At least a day.')
    .max(365, 'At most a year.'),
})

const days = z.coerce
  .number('Enter days.')
  .int('Whole days.')
  .min(1, 'At least one day.')
  .max(730, 'At most two years, 730 days.')

export const RetentionSchema = z.strictObject({ issuedDays: days, failedDays: days })
