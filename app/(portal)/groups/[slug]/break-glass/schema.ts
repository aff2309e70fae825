/** What the forms of a break-glass may say. */
import { z } from 'zod'
import { ISSUER_REASON_CHOICES } from '@/app/_components/revocation-reasons'
import { ISSUER_KEYS } from '@/app/(portal)/groups/issuer-keys'
import { comment } from '@/app/(portal)/revocations/schema'

const group = z.string().min(1).max(100)
const issuer = z.string().min(1).max(100)
const REASONS = ISSUER_REASON_CHOICES.map(([reason]) => reason)

export const DrillSchema = z.strictObject({ group, issuer })

export const RevokeIssuerSchema = z.strictObject({
  group,
  issuer,
  reason: z.enum(REASONS, 'Choose a reason.'),
  comment,
  confirmation: z.string().max(200),
})

export const ReplaceIssuerSchema = z.strictObject({ group, issuerKey: z.enum(ISSUER_KEYS) })
