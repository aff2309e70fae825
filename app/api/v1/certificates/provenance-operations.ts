/** Where a certificate came from. */
import { z } from 'zod'
import { instant } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { PolicyChange, PolicyVersion, policyVersionExample } from '@/app/api/v1/policy-version-fields'
import type { Json } from '@/lib/services/audit'
import { certificate } from './operations'

const Named = z.object({ slug: z.string(), name: z.string() })

const Provenance = z
  .object({
    certificate: z.object({ id: z.string(), kind: z.string(), serial: z.string(), subject: z.string() }),
    requested: z.object({
      at: instant,
      by: z.object({ type: z.string(), name: z.string(), via: z.string() }),
      sourceIp: z.string().nullable(),
      userAgent: z.string().nullable(),
      client: z.string().nullable(),
      transactionId: z.string().nullable().meta({ description: 'Id of its enrolment; see /transactions.' }),
    }),
    allowed: z
      .object({
        origin: z.enum(['minted', 'signed', 'static', 'approval', 'delegated', 'renewal']),
        challengeId: z.string(),
        by: z.string(),
        via: z.string(),
        from: z.string().nullable(),
        at: instant,
        secretHint: z.string().nullable(),
        minter: z.string().nullable(),
        renews: z.object({ id: z.string(), serial: z.string() }).nullable(),
      })
      .nullable(),
    policy: z
      .object({
        endpoint: Named,
        group: Named.nullable(),
        version: PolicyVersion.nullable().meta({ description: 'Null for one from before versions were kept.' }),
        requestedUnder: z.int().nullable().meta({ description: 'Version at the request, where it was another one.' }),
        current: z.int(),
        changedSince: z.array(PolicyChange).meta({ description: 'What is different at the endpoint today.' }),
        groupVersion: z.int().nullable(),
      })
      .nullable(),
    validator: z
      .object({
        name: z.string(),
        connector: z.string().nullable(),
        verdict: z.string(),
        data: z.custom<Json>(() => true),
      })
      .nullable(),
    approvals: z.array(
      z.object({ name: z.string(), approves: z.boolean(), comment: z.string().nullable(), at: instant }),
    ),
    calls: z.array(
      z.object({
        connector: Named,
        operation: z.string(),
        outcome: z.string(),
        code: z.string().nullable(),
        detail: z.string().nullable(),
        at: instant,
      }),
    ),
    signed: z.object({
      issuer: Named,
      keyId: z.string(),
      keyAlgorithm: z.string(),
      keySha256: z.string().nullable().meta({ description: 'SHA-256 of the SubjectPublicKeyInfo of the signing key.' }),
      subjectKeyId: z.string(),
      drawnUpAt: instant,
      at: instant,
      tbsSha256: z.string().meta({ description: 'SHA-256 of the bytes that were signed.' }),
    }),
    events: z.array(
      z.object({ seq: z.string(), time: instant, type: z.string(), outcome: z.string(), sentence: z.string() }),
    ),
  })
  .meta({ id: 'Provenance' })

const at = new Date('2026-03-21T09:12:00Z')
const staff = { slug: 'staff', name: 'Staff' }

export const getProvenance = operation({
  id: 'getProvenance',
  method: 'GET',
  path: '/certificates/{certificate}/provenance',
  tag: 'Certificates',
  summary: 'Read where a certificate came from',
  description:
    'Who asked and from where, what allowed it, under which version of the policy, what a validator said, who approved, and which key signed. Nothing of it changes when settings do.',
  access: 'provenance:read',
  rate: 'audit',
  params: z.strictObject({ certificate }),
  answer: {
    status: 200,
    description: 'The provenance.',
    schema: Provenance,
    example: {
      certificate: {
        id: '0198d2d1-1a2b-7c3d-8e4f-5a6b7c8d9e0f',
        kind: 'leaf',
        serial: '3A7F19C0D2E45B6781920A1B2C3D4E5F',
        subject: 'CN=tablet-7,O=Example',
      },
      requested: {
        at,
        by: { type: 'device', name: 'tablet-7', via: 'scep' },
        sourceIp: '192.0.2.7',
        userAgent: null,
        client: null,
        transactionId: '0198d2d1-0a0b-7c0d-8e0f-1a2b3c4d5e6f',
      },
      allowed: {
        origin: 'minted',
        challengeId: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b',
        by: 'Ada Admin',
        via: 'ui',
        from: '192.0.2.1',
        at,
        secretHint: null,
        minter: null,
        renews: null,
      },
      policy: {
        endpoint: { slug: 'staff', name: 'SCEP' },
        group: staff,
        version: policyVersionExample,
        requestedUnder: null,
        current: 4,
        changedSince: [{ field: 'allowSha1', before: false, after: true }],
        groupVersion: 2,
      },
      validator: null,
      approvals: [],
      calls: [],
      signed: {
        issuer: { slug: 'staff', name: 'Staff CA' },
        keyId: '0198d2c0-0000-7000-8000-000000000002',
        keyAlgorithm: 'p256',
        keySha256: 'fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9',
        subjectKeyId: '0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33',
        drawnUpAt: at,
        at,
        tbsSha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      },
      events: [
        {
          seq: '42',
          time: at,
          type: 'certificate.issued',
          outcome: 'success',
          sentence: 'A certificate was issued to tablet-7.',
        },
      ],
    },
  },
  refusals: ['not_found', 'conflict'],
})
