/** What the forms about challenges may say. The names themselves are judged by the service. */
import { z } from 'zod'
import { CHALLENGE_FORMATS } from '@/lib/services/challenge-formats'
import { type ChallengeRules, KEY_ALGORITHMS, MESSAGE_TYPES } from '@/lib/services/challenge-rules'
import { RDN_TYPES, SAN_TYPES } from './name-kinds'

const text = z.string().trim().max(256, 'At most 256 characters.')
const rows = z.array(text).max(100).default([])
/** A field left empty says nothing. */
const nothing = z
  .string()
  .regex(/^\s*$/)
  .transform(() => undefined)
const optional = <Shape extends z.ZodType>(shape: Shape) => z.union([nothing, shape]).optional()
const number = (least: number, most: number) =>
  optional(
    z.coerce
      .number('Enter a number.')
      .int('Whole numbers only.')
      .min(least, `At least ${least}.`)
      .max(most, `At most ${most}.`),
  )

const Advanced = {
  format: optional(z.enum(CHALLENGE_FORMATS)),
  messageType: optional(z.enum(MESSAGE_TYPES)),
  subjectMode: optional(z.literal('template')),
  extraSubjectParts: optional(text),
  sanMode: optional(z.literal('exact')),
  keyAlgorithm: optional(z.enum(KEY_ALGORITHMS)),
  minRsaBits: number(2048, 8192),
  maxValidityDays: number(1, 3650),
  deviceSerial: optional(text),
  deviceUdid: optional(text),
  spkiSha256: optional(text),
}

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
    ...Advanced,
  })
  .transform(({ endpoint, commonName, rdnType, rdnValue, sanType, sanValue, ttlMinutes, deviceName, ...advanced }) => ({
    endpoint,
    subject: [...pairs(['CN'] as const, [commonName]), ...pairs(rdnType, rdnValue)],
    san: pairs(sanType, sanValue),
    ttlMinutes,
    ...(deviceName === '' ? {} : { deviceName }),
    ...(advanced.format === undefined ? {} : { format: advanced.format }),
    ...rulesOf(advanced),
  }))

export const ChallengeIdSchema = z.strictObject({ id: z.uuid() })

type AdvancedForm = { [Field in keyof typeof Advanced]?: z.output<(typeof Advanced)[Field]> }

function rulesOf(form: AdvancedForm): { rules?: ChallengeRules } {
  const { format: _, messageType, keyAlgorithm, extraSubjectParts, ...same } = form
  const said = Object.entries({
    ...same,
    messageTypes: messageType && [messageType],
    keyAlgorithms: keyAlgorithm && [keyAlgorithm],
    extraSubjectParts: extraSubjectParts?.split(/[\s,]+/).filter((part) => part !== ''),
  }).filter(([, value]) => value !== undefined)
  return said.length === 0 ? {} : { rules: Object.fromEntries(said) as ChallengeRules }
}

/** Rows left empty are no rows. */
function pairs<Type extends string>(
  types: readonly Type[],
  values: readonly string[],
): { type: Type; value: string }[] {
  return types.flatMap((type, index) => (values[index] ? [{ type, value: values[index] }] : []))
}

/** Either of the two says which: ids with spaces between them, or the filters of the list. Neither is refused. */
export const RevokeChallengesSchema = z
  .strictObject({
    challenges: z
      .string()
      .max(40_000)
      .transform((text) => text.split(' '))
      .pipe(z.array(z.uuid()).min(1).max(500))
      .optional(),
    query: z.string().max(4_000).optional(),
    before: z.iso.datetime().transform((text) => new Date(text)),
  })
  .refine(
    ({ challenges, query }) => (challenges === undefined) !== (query === undefined),
    'Choose the challenges again.',
  )
