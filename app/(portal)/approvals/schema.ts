/** What the forms about a request may say. */
import { z } from 'zod'

export const DecisionSchema = z
  .strictObject({
    id: z.uuid(),
    comment: z.string().trim().max(500, 'At most 500 characters.').default(''),
  })
  .transform(({ id, comment }) => ({ id, ...(comment === '' ? {} : { comment: comment.replace(/\s+/g, ' ') }) }))
