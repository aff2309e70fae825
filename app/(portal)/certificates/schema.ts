/** What the forms that revoke and release may say. */
import { z } from 'zod'
import { REASONS_FOR_ONE } from '@/app/_components/revocation-reasons'
import { comment, utcMoment } from '@/app/(portal)/revocations/schema'

export const RevokeSchema = z.strictObject({
  id: z.uuid(),
  reason: z.enum(REASONS_FOR_ONE, 'Choose a reason.'),
  comment,
  invalidityDate: utcMoment,
  startsAt: utcMoment,
})

export const ReleaseSchema = z.strictObject({ id: z.uuid() })
