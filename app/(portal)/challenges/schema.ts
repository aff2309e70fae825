/** What the forms about challenges may say. The names themselves are judged by the service. */
import { z } from 'zod'
import { RDN_TYPES, SAN_TYPES } from './name-kinds'

const text = z.string().trim().max(256, 'At most 256 characters.')
const rows = z.array(text).max(100).default([])

export const MintSchema = z
  .strictObject({
    endpoint: z.string().min(1, 'Choose an endpoint.').max(100),
    commonName: text,
    rdnType: z.array(z.enum(RDN_TYPES)).max(20).default([]),
    rdnValue: rows,
    sanType: z.array(z.enum(SAN_TYPES)).max(100).default([]),
    sanValue: rows,
    ttlMinutes: z.coerce
      .number('Enter minutes.')
      .int('Whole minutes.')
      .min(1, 'At least one minute.')
      .max(1440, 'At most a day, 1440 minutes.'),
    deviceName: text.default(''),
  })
  .transform(({ endpoint, commonName, rdnType, rdnValue, sanType, sanValue, ttlMinutes, deviceName }) => ({
    endpoint,
    subject: [...pairs(['CN'] as const, [commonName]), ...pairs(rdnType, rdnValue)],
    san: pairs(sanType, sanValue),
    ttlMinutes,
    ...(deviceName === '' ? {} : { deviceName }),
  }))

export const ChallengeIdSchema = z.strictObject({ id: z.uuid() })

/** Rows left empty are no rows. */
function pairs<Type extends string>(
  types: readonly Type[],
  values: readonly string[],
): { type: Type; value: string }[] {
  return types.flatMap((type, index) => (values[index] ? [{ type, value: values[index] }] : []))
}
