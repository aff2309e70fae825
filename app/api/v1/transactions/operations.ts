/** GET /transactions: every enrolment attempt, and why it got what it got. */
import { z } from 'zod'
import { instant, pageOf, paging, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const STATES = ['received', 'pending', 'issued', 'refused', 'failed'] as const
const Named = z.object({ slug: z.string(), name: z.string() })

const Transaction = z
  .object({
    id: z.string(),
    state: z.enum(STATES),
    endpoint: Named,
    group: Named,
    subject: z.string().nullable(),
    reason: z.string().nullable().meta({ description: 'Stable code, such as challenge_expired.' }),
    explanation: z.string().nullable().meta({ description: 'The cause in plain words, and the next step.' }),
    transactionId: z.string().meta({ description: 'As the client chose it, RFC 8894 §3.2.1.1.' }),
    sourceIp: z.string().nullable(),
    userAgent: z.string().nullable(),
    challengeId: z.string().nullable(),
    certificate: z.object({ id: z.string(), serial: z.string() }).nullable(),
    createdAt: instant,
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'Transaction' })

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
    endpoint: slug.exactOptional(),
    group: slug.exactOptional(),
    state: z.enum(STATES).exactOptional(),
  }),
  answer: {
    status: 200,
    description: 'A page of enrolment attempts.',
    schema: pageOf('TransactionPage', Transaction),
    example: {
      items: [
        {
          id: '0198d2d1-0a0b-7c0d-8e0f-1a2b3c4d5e6f',
          state: 'refused',
          endpoint: { slug: 'staff', name: 'Staff' },
          group: { slug: 'staff', name: 'Staff' },
          subject: 'CN=tablet-9,O=Example',
          reason: 'challenge_expired',
          explanation: 'The challenge had expired. Mint a new one and send it to the device again.',
          transactionId: '5F2E8A',
          sourceIp: '192.0.2.9',
          userAgent: null,
          challengeId: null,
          certificate: null,
          createdAt: new Date('2026-11-23T09:20:00Z'),
          finishedAt: new Date('2026-11-23T09:20:00Z'),
        },
      ],
      nextCursor: null,
    },
  },
})
