/** What the forms about saved views may say. */
import { z } from 'zod'

export const LIST_NAMES = [
  'certificates',
  'devices',
  'overdue-renewals',
  'enrolments',
  'challenges',
  'approvals',
  'revocations',
  'audit',
] as const

export const SaveViewSchema = z.strictObject({
  list: z.enum(LIST_NAMES),
  name: z.string().max(200),
  query: z.string().max(4_000),
  shared: z
    .literal('on')
    .optional()
    .transform((value) => value === 'on'),
})

export const RemoveViewSchema = z.strictObject({ id: z.uuid() })
