/** Approvals: requests that wait for people, and what people say about them. */
import { z } from 'zod'
import { instant, name, pageOf, paging, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { SubjectAlternativeName } from '@/app/api/v1/challenges/operations'

const STATES = ['open', 'approved', 'denied', 'expired'] as const
const Named = z.object({ slug: z.string(), name: z.string() })

const approvalFields = {
  id: z.string(),
  state: z.enum(STATES),
  endpoint: Named,
  group: Named,
  subject: z.string(),
  san: z.array(SubjectAlternativeName),
  key: z.string().meta({ description: 'Kind and size, such as RSA 2048.' }),
  spkiSha256: z.string().meta({ description: 'SHA-256 of the public key (SubjectPublicKeyInfo), lower-case hex.' }),
  transactionId: z.string(),
  sourceIp: z.string().nullable(),
  userAgent: z.string().nullable(),
  createdAt: instant,
  expiresAt: instant,
  decidedAt: instant.nullable(),
  approvalsRequired: z.number().int(),
  decisions: z.array(
    z.object({ name: z.string(), approves: z.boolean(), comment: z.string().nullable(), createdAt: instant }),
  ),
  certificate: z.object({ id: z.string(), serial: z.string() }).nullable(),
  renews: z
    .object({ id: z.string(), serial: z.string() })
    .nullable()
    .meta({ description: 'The certificate that signed the request, if the new one is to take over from it.' }),
  problem: z.string().nullable().meta({ description: 'Why an approved request has no certificate yet.' }),
}

const Approval = z.object(approvalFields).meta({ id: 'Approval' })

const ApprovalDetail = z
  .object({
    ...approvalFields,
    requested: z.object({
      signatureAlgorithm: z.string(),
      keyUsage: z.array(z.string()),
      extendedKeyUsage: z.array(z.string()),
      extensions: z.array(z.string()),
      dropped: z.array(z.string()).meta({ description: 'What the certificate will not carry.' }),
      wrongChallenge: z.boolean(),
    }),
    differences: z.array(z.string()).meta({ description: 'From what the endpoint expects, in sentences.' }),
    warnings: z.array(z.string()).meta({ description: 'What deserves a second look, in sentences.' }),
    history: z.object({
      certificates: z.array(
        z.object({
          id: z.string(),
          serial: z.string(),
          subject: z.string(),
          endpoint: z.string().nullable(),
          notAfter: instant,
          revokedAt: instant.nullable(),
          sameKey: z.boolean(),
          sameSubject: z.boolean(),
        }),
      ),
      transactions: z.array(
        z.object({
          id: z.string(),
          state: z.string(),
          reason: z.string().nullable(),
          endpoint: z.string(),
          createdAt: instant,
        }),
      ),
    }),
  })
  .meta({ id: 'ApprovalDetail' })

const approvalExample: z.input<typeof Approval> = {
  id: '0198d2d1-0a0b-7c0d-8e0f-1a2b3c4d5e6f',
  state: 'open',
  endpoint: { slug: 'contractors', name: 'Contractors' },
  group: { slug: 'contractors', name: 'Contractors' },
  subject: 'CN=laptop-7,O=Example',
  san: [],
  key: 'RSA 2048',
  spkiSha256: '60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752',
  transactionId: '5F2E8A',
  sourceIp: '192.0.2.9',
  userAgent: 'strongSwan',
  createdAt: new Date('2026-11-23T09:20:00Z'),
  expiresAt: new Date('2026-11-30T09:20:00Z'),
  decidedAt: null,
  approvalsRequired: 1,
  decisions: [],
  certificate: null,
  renews: null,
  problem: null,
}

export const listApprovals = operation({
  id: 'listApprovals',
  method: 'GET',
  path: '/approvals',
  tag: 'Approvals',
  summary: 'List requests that people decide about',
  description: 'Newest first. `state=open` is the queue.',
  access: 'approval:read',
  rate: 'read',
  query: z.strictObject({ ...paging, state: z.enum(STATES).exactOptional(), endpoint: slug.exactOptional() }),
  answer: {
    status: 200,
    description: 'A page of requests.',
    schema: pageOf('ApprovalPage', Approval),
    example: { items: [approvalExample], nextCursor: null },
  },
})

const params = z.strictObject({ id: z.uuid() })
const Decision = z
  .strictObject({ comment: name(500).exactOptional().meta({ description: 'Why, for the record.' }) })
  .meta({ id: 'ApprovalDecision' })

export const getApproval = operation({
  id: 'getApproval',
  method: 'GET',
  path: '/approvals/{id}',
  tag: 'Approvals',
  summary: 'Read one request before deciding',
  description: 'What it asks for, where it differs from the usual, and what its device did before.',
  access: 'approval:read',
  rate: 'read',
  params,
  answer: {
    status: 200,
    description: 'The request.',
    schema: ApprovalDetail,
    example: {
      ...approvalExample,
      requested: {
        signatureAlgorithm: 'sha256WithRSAEncryption',
        keyUsage: [],
        extendedKeyUsage: [],
        extensions: [],
        dropped: [],
        wrongChallenge: false,
      },
      differences: [],
      warnings: [],
      history: { certificates: [], transactions: [] },
    },
  },
  refusals: ['not_found'],
})

const decision = (verb: 'approve' | 'deny', summary: string, description: string, after: z.input<typeof Approval>) =>
  operation({
    id: `${verb}Request`,
    method: 'POST',
    path: `/approvals/{id}/${verb}`,
    tag: 'Approvals',
    summary,
    description,
    access: 'approval:decide',
    rate: 'change',
    params,
    body: Decision,
    bodyExample: { comment: 'Asked the owner on the phone' },
    answer: { status: 200, description: 'The request as it is now.', schema: Approval, example: after },
    refusals: ['not_found', 'conflict'],
  })

const said = { name: 'Olga Operator', comment: 'Asked the owner on the phone', createdAt: approvalExample.createdAt }

export const approveRequest = decision(
  'approve',
  'Approve a request',
  'The certificate is made at once, and the device gets it when it asks next. Where an endpoint asks for several people, a key counts as nobody: approve in the portal.',
  {
    ...approvalExample,
    state: 'approved',
    decidedAt: approvalExample.createdAt,
    decisions: [{ ...said, approves: true }],
    certificate: { id: '0198d2d3-0000-7c0d-8e0f-1a2b3c4d5e6f', serial: '3A7F19C0D2E45B6781920A1B2C3D4E5F' },
  },
)

export const denyRequest = decision(
  'deny',
  'Deny a request',
  'One denial is enough. The device hears it when it asks next.',
  {
    ...approvalExample,
    state: 'denied',
    decidedAt: approvalExample.createdAt,
    decisions: [{ ...said, approves: false }],
  },
)
