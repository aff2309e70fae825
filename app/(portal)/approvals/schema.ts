/** What the forms about a request may say. */
import { z } from 'zod'

const comment = z.string().trim().max(500, 'At most 500 characters.').default('')
/** None where nothing was written; it stands in one line. */
const said = (text: string) => (text === '' ? {} : { comment: text.replace(/\s+/g, ' ') })

export const DecisionSchema = z
  .strictObject({ id: z.uuid(), comment })
  .transform(({ id, comment }) => ({ id, ...said(comment) }))

/** Either of the two says which: ids with spaces between them, or the filters of the list. Neither is refused. */
export const DecisionsSchema = z
  .strictObject({
    approves: z.enum(['yes', 'no']).transform((text) => text === 'yes'),
    requests: z
      .string()
      .max(40_000)
      .transform((text) => text.split(' '))
      .pipe(z.array(z.uuid()).min(1).max(500))
      .optional(),
    query: z.string().max(4_000).optional(),
    before: z.iso.datetime().transform((text) => new Date(text)),
    comment,
  })
  .refine(({ requests, query }) => (requests === undefined) !== (query === undefined), 'Choose the requests again.')
  .transform(({ comment, ...form }) => ({ ...form, ...said(comment) }))
