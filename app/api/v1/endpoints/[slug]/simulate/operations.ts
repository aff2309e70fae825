/** POST /endpoints/{slug}/simulate: what would happen to a request, without any effect. */
import { z } from 'zod'
import { slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { SubjectAlternativeName } from '@/app/api/v1/challenges/operations'
import { SIMULATION_CHECKS } from '@/lib/services/simulation-types'

export const FieldComparison = z
  .object({
    field: z.enum(['subject', 'san', 'key', 'keyUsage', 'extendedKeyUsage', 'ca', 'extensions']),
    expected: z.array(z.string()).nullable().meta({ description: 'Null when nothing binds the field.' }),
    received: z.array(z.string()),
    verdict: z.enum(['fits', 'differs', 'dropped', 'unchecked']),
  })
  .meta({ id: 'FieldComparison' })

const Changes = z
  .strictObject({
    policy: z.enum(['dynamic', 'static', 'approval', 'delegated']).exactOptional(),
    minRsaBits: z.int().min(1024).max(8192).exactOptional(),
    ellipticCurves: z.array(z.enum(['P-256', 'P-384', 'P-521'])).exactOptional(),
    extendedKeyUsage: z.array(text(100)).max(20).exactOptional(),
    usageOutsideProfile: z.enum(['drop', 'refuse']).exactOptional(),
    signerKeyPolicy: z.enum(['must_match_csr', 'allow_with_challenge']).exactOptional(),
    allowSha1: z.boolean().exactOptional(),
    allow3des: z.boolean().exactOptional(),
    allowDes: z.boolean().exactOptional(),
    renewal: z.boolean().exactOptional(),
    renewalByPkcsReq: z.boolean().exactOptional(),
    renewalWindowDays: z.int().min(1).max(3650).nullable().exactOptional(),
    renewalChallenge: z.enum(['required', 'optional', 'ignored']).exactOptional(),
    approvalsRequired: z.int().min(1).max(10).exactOptional(),
    approveWrongChallenge: z.boolean().exactOptional(),
  })
  .meta({ id: 'SimulatedChanges', description: 'Settings to try; what is left out stays as it is.' })

export const simulateRequest = operation({
  id: 'simulateRequest',
  method: 'POST',
  path: '/endpoints/{slug}/simulate',
  tag: 'Endpoints',
  summary: 'See what would happen to a request',
  description:
    'The verdict about a certificate request or a recorded enrolment, by the present rules or edited ones. Nothing is reserved, counted or sent. Verdicts about challenges need the role operator, twenty in ten minutes. With `askValidator`, which needs the role administrator, the validator of the endpoint hears a real question.',
  access: 'simulation:run',
  rate: 'change',
  params: z.strictObject({ slug }),
  body: z
    .strictObject({
      csr: z.string().max(100_000).exactOptional().meta({ description: 'PEM or base64; or name a transaction.' }),
      transaction: z.uuid().exactOptional(),
      challenge: text(16_384).min(1).exactOptional().meta({ description: 'Instead of the one inside the request.' }),
      address: text(64).min(1).exactOptional().meta({ description: 'Where the device asks from.' }),
      signedBy: text(128)
        .min(1)
        .exactOptional()
        .meta({ description: 'Serial number of the certificate that signs the message, as in a renewal.' }),
      messageType: z
        .enum(['PKCSReq', 'RenewalReq'])
        .exactOptional()
        .meta({ description: 'RenewalReq unless said, where a certificate signs.' }),
      askValidator: z
        .boolean()
        .exactOptional()
        .meta({ description: 'Really asks the validator; what that leads to over there is up to it.' }),
      expected: z
        .strictObject({ subject: text(1_000), san: z.array(SubjectAlternativeName).max(100).exactOptional() })
        .exactOptional()
        .meta({ description: 'Names to compare with, as if a challenge were bound to them.' }),
      changes: Changes.exactOptional(),
    })
    .meta({ id: 'SimulationRequest' }),
  bodyExample: { csr: '-----BEGIN CERTIFICATE REQUEST-----\n(base64)\n-----END CERTIFICATE REQUEST-----\n' },
  answer: {
    status: 200,
    description: 'The verdict.',
    schema: z
      .object({
        endpoint: z.string(),
        verdict: z.enum(['would_issue', 'would_refuse', 'would_ask', 'undecided']),
        summary: z.string(),
        reason: z.string().nullable(),
        nextStep: z.string().nullable(),
        checks: z.array(
          z.object({
            check: z.enum(SIMULATION_CHECKS),
            verdict: z
              .enum(['passes', 'fails', 'asks', 'not_checked', 'set_aside'])
              .meta({ description: '`set_aside`: it fails, and something else decides.' }),
            says: z.string(),
            reason: z.string().exactOptional().meta({ description: 'Why a device would be refused.' }),
          }),
        ),
        fields: z.array(FieldComparison),
        dropped: z.array(z.string()).meta({ description: 'What the certificate would not carry.' }),
        notes: z.array(z.string()).meta({ description: 'What people who decide would be shown beside it.' }),
        question: z
          .object({
            validator: z.string(),
            url: z.string(),
            asked: z.boolean(),
            body: z.string().nullable().meta({ description: 'JSON, with a stand-in for the challenge.' }),
            answers: z.array(z.object({ answer: z.string(), leadsTo: z.string() })),
          })
          .nullable()
          .meta({ description: 'What a validator is asked, where one decides.' }),
      })
      .meta({ id: 'SimulationReport' }),
    example: {
      endpoint: 'staff',
      verdict: 'would_refuse',
      summary: 'It would be refused. The challenge had expired.',
      reason: 'challenge_expired',
      nextStep: 'Mint a new one, with a longer time to live if the device is slow.',
      checks: [
        { check: 'authorisation', verdict: 'fails', says: 'The challenge had expired.', reason: 'challenge_expired' },
      ],
      fields: [{ field: 'key', expected: ['RSA 2048 or more'], received: ['RSA 2048'], verdict: 'fits' }],
      dropped: [],
      notes: [],
      question: null,
    },
  },
  refusals: ['not_found'],
})
