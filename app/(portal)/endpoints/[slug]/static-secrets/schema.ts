/** What the forms about static secrets may say. Template and networks are judged by the service. */
import { z } from 'zod'

const slug = z.string().min(1).max(100)
const count = (most: number) =>
  z.coerce
    .number('Enter a number.')
    .int('Whole numbers.')
    .min(1, 'At least one.')
    .max(most, `At most ${most.toLocaleString('en-GB')}.`)

export const NewStaticSecretSchema = z
  .strictObject({
    slug,
    subjectTemplate: z.string().trim().min(1, 'Say which names devices may ask for.').max(1_000),
    allowedAddresses: z.string().trim().min(1, 'Name at least one network.').max(5_000),
    maxUses: count(100_000),
    perHour: count(10_000),
    expiresInDays: count(365),
  })
  .transform(({ allowedAddresses, ...rest }) => ({
    ...rest,
    allowedAddresses: allowedAddresses.split(/[\s,]+/).filter((entry) => entry !== ''),
  }))

export const RevokeStaticSecretSchema = z.strictObject({ slug, id: z.uuid() })
