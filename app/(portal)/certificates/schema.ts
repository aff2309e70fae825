/** What the form that revokes may say. */
import { z } from 'zod'
import { OFFERED_REASONS } from '@/app/_components/revocation-reasons'

export const RevokeSchema = z.strictObject({
  id: z.uuid(),
  reason: z.enum(OFFERED_REASONS, 'Choose a reason.'),
  comment: z.string().trim().max(500, 'At most 500 characters.').default(''),
})
