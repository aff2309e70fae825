/** Enrolment attempts: every one, why it got what it got, and its steps. */
import { z } from 'zod'
import { instant, moment, pageOf, paging, slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { FieldComparison } from '@/app/api/v1/endpoints/[slug]/simulate/operations'

const STATES = ['received', 'pending', 'issued', 'answered', 'refused', 'failed'] as const
const KINDS = ['enrolment', 'question', 'all'] as const
const Named = z.object({ slug: z.string(), name: z.string() })

export const Transaction = z
  .object({
    id: z.string(),
    state: z.enum(STATES),
    operation: z.string().meta({ description: 'PKCSReq, RenewalReq, GetCert or GetCRL; PKIOperation: unreadable.' }),
    endpoint: Named,
    group: Named,
    subject: z.string().nullable(),
    reason: z.string().nullable().meta({ description: 'Stable code, such as challenge_expired.' }),
    explanation: z.string().nullable().meta({ description: 'The cause in plain words, and the next step.' }),
    transactionId: z.string().meta({ description: 'As the client chose it, RFC 8894 §3.2.1.1. Empty: unreadable.' }),
    sourceIp: z.string().nullable(),
    userAgent: z.string().nullable(),
    client: z.string().nullable().meta({ description: 'Client family, where it was recognised.' }),
    challengeId: z.string().nullable(),
    certificate: z.object({ id: z.string(), serial: z.string() }).nullable(),
    createdAt: instant,
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'Transaction' })

const Exchange = z
  .object({
    id: z.string(),
    at: instant,
    operation: z.string(),
    outcome: z.enum(['issued', 'answered_again', 'answered', 'pending', 'refused', 'failed']),
    client: z.string().nullable(),
    sourceIp: z.string().nullable(),
    steps: z.array(
      z.object({
        at: z.number().int().meta({ description: 'Milliseconds since the request came in.' }),
        took: z.number().int().meta({ description: 'Milliseconds since the step before.' }),
        step: z.string(),
        label: z.string(),
        tone: z.enum(['neutral', 'good', 'bad']),
        says: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: 'Exchange' })

const TransactionDetail = Transaction.extend({
  cause: z.string().nullable(),
  nextStep: z.string().nullable(),
  detail: z.string().nullable().meta({ description: 'What exactly differed or was wrong; technical.' }),
  messageType: z.number().int().nullable(),
  csrSha256: z.string().nullable(),
  spkiSha256: z.string().nullable(),
  signerSpkiSha256: z.string().nullable(),
  challenge: z
    .object({ id: z.string(), subject: z.string(), state: z.string(), origin: z.string() })
    .nullable()
    .meta({ description: 'What authorised it, or was to. Never its value.' }),
  fields: z.array(FieldComparison),
  exchanges: z.array(Exchange).meta({ description: 'What the flight recorder kept, oldest first.' }),
  support: z.string().meta({ description: 'The same as text, without names and addresses.' }),
}).meta({ id: 'TransactionDetail' })

const example: z.input<typeof Transaction> = {
  id: '0198d2d1-0a0b-7c0d-8e0f-1a2b3c4d5e6f',
  state: 'refused',
  operation: 'PKCSReq',
  endpoint: { slug: 'staff', name: 'Staff' },
  group: { slug: 'staff', name: 'Staff' },
  subject: 'CN=tablet-9,O=Example',
  reason: 'challenge_expired',
  explanation: 'The challenge had expired. Mint a new one and send it to the device again.',
  transactionId: '5F2E8A',
  sourceIp: '192.0.2.9',
  userAgent: null,
  client: null,
  challengeId: null,
  certificate: null,
  createdAt: new Date('2026-11-23T09:20:00Z'),
  finishedAt: new Date('2026-11-23T09:20:00Z'),
}

export const listTransactions = operation({
  id: 'listTransactions',
  method: 'GET',
  path: '/transactions',
  tag: 'Transactions',
  summary: 'List enrolment attempts',
  description: 'Newest first. A device learns only that it was refused; here is why.',
  access: 'transaction:read',
  rate: 'read',
  query: z.strictObject({
    ...paging,
    kind: z.enum(KINDS).exactOptional().meta({
      description: 'Enrolments, unless said otherwise; questions are GetCert and GetCRL.',
    }),
    endpoint: slug.exactOptional(),
    group: slug.exactOptional(),
    state: z.enum(STATES).exactOptional(),
    reason: text(64).exactOptional().meta({ description: 'Code of the cause, such as challenge_expired.' }),
    client: text(64).exactOptional().meta({ description: 'Client family.' }),
    device: text(200).exactOptional().meta({ description: 'Part of the subject.' }),
    from: moment.exactOptional(),
    to: moment.exactOptional(),
  }),
  answer: {
    status: 200,
    description: 'A page of enrolment attempts.',
    schema: pageOf('TransactionPage', Transaction),
    example: { items: [example], nextCursor: null },
  },
})

export const getTransaction = operation({
  id: 'getTransaction',
  method: 'GET',
  path: '/transactions/{id}',
  tag: 'Transactions',
  summary: 'Read one enrolment attempt',
  description: 'With every step the flight recorder kept, and what was expected beside what was received.',
  access: 'transaction:read',
  rate: 'read',
  params: z.strictObject({ id: z.uuid() }),
  answer: {
    status: 200,
    description: 'The attempt.',
    schema: TransactionDetail,
    example: {
      ...example,
      cause: 'The challenge had expired.',
      nextStep: 'Mint a new one, with a longer time to live if the device is slow.',
      detail: 'the challenge is past its end',
      messageType: 19,
      csrSha256: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
      spkiSha256: 'fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9',
      signerSpkiSha256: 'fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9',
      challenge: null,
      fields: [{ field: 'key', expected: ['RSA 2048 or more'], received: ['RSA 2048'], verdict: 'fits' }],
      exchanges: [
        {
          id: '0198d2d1-0a0b-7c0d-8e0f-1a2b3c4d5e70',
          at: new Date('2026-11-23T09:20:00Z'),
          operation: 'PKCSReq',
          outcome: 'refused',
          client: null,
          sourceIp: '192.0.2.9',
          steps: [
            { at: 3, took: 3, step: 'envelope.read', label: 'Envelope read', tone: 'neutral', says: ['AES-256'] },
          ],
        },
      ],
      support: 'Latchkey enrolment, names and addresses replaced\n',
    },
  },
  refusals: ['not_found'],
})
