/** The next issuer of a group: staged, announced to devices, switched to on a date. */
import { z } from 'zod'
import { instant, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { Authority, authorityExample } from '@/app/api/v1/authorities/operations'

const Rollover = z
  .object({
    group: z.object({ slug: z.string(), name: z.string() }),
    current: Authority,
    next: z
      .object({
        issuer: Authority.nullable(),
        ready: z.boolean().meta({ description: 'True when every certificate of it is made.' }),
        activatesAt: instant,
      })
      .nullable()
      .meta({ description: 'The staged issuer; null while nothing is staged.' }),
    retired: z.array(Authority),
    devices: z
      .object({ total: z.number().int(), moved: z.number().int() })
      .meta({ description: 'Devices with a valid certificate, and those that have one of the present issuer.' }),
  })
  .meta({ id: 'Rollover' })

const nextIssuer = {
  ...authorityExample,
  status: 'staged' as const,
  slug: 'staff-g2',
  name: 'Staff Issuing CA G2',
  subject: 'CN=Staff Issuing CA G2,O=Example',
}
const activatesAt = new Date('2027-01-10T08:00:00Z')
const stagedExample: z.input<typeof Rollover> = {
  group: { slug: 'staff', name: 'Staff' },
  current: authorityExample,
  next: { issuer: nextIssuer, ready: true, activatesAt },
  retired: [],
  devices: { total: 340, moved: 340 },
}
const quietExample: z.input<typeof Rollover> = { ...stagedExample, next: null }
const day = z.iso.datetime({ offset: true }).meta({ description: 'When it takes over: ahead, within two years.' })
const params = z.strictObject({ slug })

export const getRollover = operation({
  id: 'getRollover',
  method: 'GET',
  path: '/groups/{slug}/rollover',
  tag: 'Groups',
  summary: 'Read the rollover of a group',
  description: 'The present issuer, the staged one if there is one, those before, and how many devices have moved.',
  access: 'group:read',
  rate: 'read',
  params,
  answer: { status: 200, description: 'The rollover.', schema: Rollover, example: stagedExample },
  refusals: ['not_found'],
})

export const stageRollover = operation({
  id: 'stageRollover',
  method: 'POST',
  path: '/groups/{slug}/rollover',
  tag: 'Groups',
  summary: 'Stage the next issuer',
  description:
    'Makes the next issuer and a registration authority for each endpoint, and announces them by GetNextCACert. On ' +
    'the day given they take over. Takes some seconds with an RSA key.',
  access: 'rollover:manage',
  rate: 'change',
  params,
  body: z
    .strictObject({
      activatesAt: day,
      issuerKey: z
        .enum(['rsa3072', 'rsa4096', 'p256', 'p384'])
        .exactOptional()
        .meta({ description: 'Its key. Like the present one unless given.' }),
      answersScep: z
        .boolean()
        .exactOptional()
        .meta({ description: 'Its own key may answer SCEP, for endpoints with the CA as identity. RSA only.' }),
      issuer: slug.exactOptional().meta({
        description: 'An issuer that came from elsewhere and has no group yet, instead of a new one.',
      }),
    })
    .meta({ id: 'NewRollover' }),
  bodyExample: { activatesAt: '2027-01-10T08:00:00Z' },
  idempotent: true,
  answer: {
    status: 201,
    description: 'The rollover as it is now.',
    schema: Rollover,
    example: stagedExample,
    location: (rollover) => `/groups/${rollover.group.slug}/rollover`,
  },
  refusals: ['not_found', 'conflict'],
})

export const rescheduleRollover = operation({
  id: 'rescheduleRollover',
  method: 'PATCH',
  path: '/groups/{slug}/rollover',
  tag: 'Groups',
  summary: 'Choose another day',
  description: 'Changes when the staged issuer takes over.',
  access: 'rollover:manage',
  rate: 'change',
  params,
  body: z.strictObject({ activatesAt: day }).meta({ id: 'RolloverChange' }),
  bodyExample: { activatesAt: '2027-02-01T08:00:00Z' },
  answer: { status: 200, description: 'The rollover as it is now.', schema: Rollover, example: stagedExample },
  refusals: ['not_found', 'conflict'],
})

export const cancelRollover = operation({
  id: 'cancelRollover',
  method: 'POST',
  path: '/groups/{slug}/rollover/cancel',
  tag: 'Groups',
  summary: 'Cancel a rollover',
  description: 'The staged issuer never takes over: its certificate is revoked, for devices may have heard of it.',
  access: 'rollover:manage',
  rate: 'change',
  params,
  answer: { status: 200, description: 'The rollover as it is now.', schema: Rollover, example: quietExample },
  refusals: ['not_found', 'conflict'],
})
