/** Break-glass for a group: its issuer itself is revoked, after a drill that changes nothing, and another one takes over. */
import { z } from 'zod'
import { instant, name, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { RevocationReason } from '@/app/api/v1/certificates/operations'

const Endpoint = z.object({ slug: z.string(), name: z.string(), enabled: z.boolean(), ofIssuer: z.boolean() })

const BreakGlass = z
  .object({
    group: z.object({ slug: z.string(), name: z.string() }),
    issuer: z.object({
      slug: z.string(),
      name: z.string(),
      status: z.enum(['active', 'retired', 'revoked']),
      certificateId: z.string(),
      revokedAt: instant.nullable(),
      revokedBy: z.string().nullable(),
      reason: RevocationReason.nullable(),
      comment: z.string().nullable(),
    }),
    hit: z
      .object({
        certificates: z.number().int(),
        devices: z.number().int(),
        pendingChallenges: z.number().int(),
        endpoints: z.array(Endpoint),
      })
      .meta({ description: 'What it takes with it; once it is done, as it was then.' }),
    spared: z
      .array(z.object({ slug: z.string(), name: z.string(), certificates: z.number().int() }))
      .meta({ description: 'Other issuers of the group with valid certificates.' }),
    lastDrill: z.object({ at: instant, by: z.string() }).nullable(),
    plan: z
      .object({
        next: z.object({ slug: z.string(), name: z.string(), status: z.enum(['staged', 'active']) }).nullable(),
        enrolled: z
          .number()
          .int()
          .meta({ description: 'Of the devices that were hit, those with a valid certificate again.' }),
      })
      .nullable()
      .meta({ description: 'How the group comes back; null until its issuer is revoked.' }),
  })
  .meta({ id: 'BreakGlass' })

const before: z.input<typeof BreakGlass> = {
  group: { slug: 'staff', name: 'Staff' },
  issuer: {
    slug: 'staff',
    name: 'Staff Issuing CA',
    status: 'active',
    certificateId: '0198d2d1-1a2b-7c3d-8e4f-5a6b7c8d9e0f',
    revokedAt: null,
    revokedBy: null,
    reason: null,
    comment: null,
  },
  hit: {
    certificates: 340,
    devices: 331,
    pendingChallenges: 4,
    endpoints: [{ slug: 'staff', name: 'SCEP', enabled: true, ofIssuer: true }],
  },
  spared: [],
  lastDrill: null,
  plan: null,
}
const after: z.input<typeof BreakGlass> = {
  ...before,
  issuer: {
    ...before.issuer,
    status: 'revoked',
    revokedAt: new Date('2026-11-23T10:00:00Z'),
    revokedBy: 'automation',
    reason: 'cACompromise',
  },
  plan: { next: null, enrolled: 0 },
}

const params = z.strictObject({ slug })
const issuer = slug.exactOptional().meta({ description: 'One of the group; the one that issues unless given.' })

export const getBreakGlass = operation({
  id: 'getBreakGlass',
  method: 'GET',
  path: '/groups/{slug}/break-glass',
  tag: 'Groups',
  summary: 'See what a revocation of the issuer would hit',
  description: 'Certificates, devices and endpoints under it; once it is revoked, how far the group has come back.',
  access: 'break-glass:read',
  rate: 'read',
  params,
  query: z.strictObject({ issuer }),
  answer: { status: 200, description: 'What it would hit.', schema: BreakGlass, example: before },
  refusals: ['not_found'],
})

export const breakGlass = operation({
  id: 'breakGlass',
  method: 'POST',
  path: '/groups/{slug}/break-glass',
  tag: 'Groups',
  summary: 'Revoke the issuer of a group',
  description:
    'Revokes the certificate of the issuer itself, switches its endpoints off, and makes the lists of root and issuer due. ' +
    'Nothing is issued under it any more, and everything it signed counts for nothing. Cannot be undone. With `dryRun` it ' +
    'is a drill: the same answer without any effect, recorded in the audit trail.',
  access: 'break-glass:manage',
  rate: 'change',
  params,
  body: z
    .strictObject({
      issuer,
      dryRun: z.boolean().default(false),
      reason: z
        .enum(['cACompromise', 'cessationOfOperation', 'affiliationChanged', 'superseded', 'unspecified'])
        .default('cACompromise'),
      comment: name(500).exactOptional(),
      confirmation: name(100).exactOptional().meta({ description: 'The name of the group. Not for a drill.' }),
    })
    .meta({ id: 'BreakGlassRequest' }),
  bodyExample: { dryRun: false, reason: 'cACompromise', confirmation: 'Staff' },
  answer: { status: 200, description: 'What was hit, or would be.', schema: BreakGlass, example: after },
  refusals: ['not_found', 'conflict'],
})

export const replaceIssuer = operation({
  id: 'replaceIssuer',
  method: 'POST',
  path: '/groups/{slug}/break-glass/replace',
  tag: 'Groups',
  summary: 'Make the issuer that follows a revoked one',
  description:
    'Makes the next issuer of a group whose issuer is revoked, or takes the one that is staged, and moves the endpoints ' +
    'to it at once. They stay off until each is switched on. Takes some seconds with an RSA key.',
  access: 'break-glass:manage',
  rate: 'change',
  params,
  body: z
    .strictObject({ issuerKey: z.enum(['rsa3072', 'rsa4096', 'p256', 'p384']).exactOptional() })
    .meta({ id: 'IssuerReplacement' }),
  bodyExample: { issuerKey: 'p384' },
  answer: {
    status: 200,
    description: 'How far the group has come back.',
    schema: BreakGlass,
    example: {
      ...after,
      plan: { next: { slug: 'staff-g2', name: 'Staff Issuing CA G2', status: 'active' }, enrolled: 0 },
    },
  },
  refusals: ['not_found', 'conflict'],
})
