/** Somebody else's SCEP server asks about a request and its challenge. */
import { z } from 'zod'
import { slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const Validation = z
  .object({
    allow: z.boolean().meta({ description: 'Whether the request may have a certificate. Nothing else means yes.' }),
    dryRun: z.boolean(),
    reason: z.string().nullable().meta({ description: 'Why not, as a stable code. Do not show it to a device.' }),
    explanation: z.string().nullable(),
    challenge: z.object({ id: z.string(), subject: z.string() }).nullable(),
  })
  .meta({ id: 'Validation' })

export const validateChallenge = operation({
  id: 'validateChallenge',
  method: 'POST',
  path: '/challenges/validate',
  tag: 'Challenges',
  summary: 'Ask about a request and its challenge',
  description:
    'The rules of an enrolment here, for a request that another server received. If it is allowed, the challenge is held for this very request, which may be asked about again, and counts as used after 15 minutes. A dry run changes nothing. Servers that speak the webhook format of step-ca post here too, with X-Smallstep-Webhook-ID and X-Smallstep-Signature in place of a key.',
  access: 'challenge:validate',
  scoped: true,
  rate: 'read',
  body: z
    .strictObject({
      endpoint: slug.meta({ description: 'Slug of the endpoint the challenge was minted for.' }),
      csr: z.string().min(1).max(65_536).meta({ description: 'The certificate request: PEM, or DER in base64.' }),
      challenge: text(16_384).exactOptional().meta({ description: 'If the request itself does not carry it.' }),
      transactionId: text(255).min(1).exactOptional().meta({ description: 'SCEP transactionID.' }),
      dryRun: z.boolean().exactOptional(),
    })
    .meta({ id: 'NewValidation' }),
  bodyExample: { endpoint: 'staff', csr: 'MIIC…', transactionId: '5F1C7A', dryRun: true },
  answer: {
    status: 200,
    description: 'The verdict.',
    schema: Validation,
    example: {
      allow: false,
      dryRun: true,
      reason: 'challenge_expired',
      explanation: 'The challenge had expired. Mint a new one, with a longer time to live if the device is slow.',
      challenge: { id: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b', subject: 'CN=tablet-7,O=Example' },
    },
  },
  refusals: ['not_found'],
})
