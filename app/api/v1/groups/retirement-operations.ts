/** The end of a group, and the way back. */
import { z } from 'zod'
import { instant, name, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const Retirement = z
  .object({
    group: z.object({ slug: z.string(), name: z.string() }),
    retired: z.object({ at: instant, by: z.string() }).nullable(),
    endpoints: z
      .array(z.object({ slug: z.string(), name: z.string() }))
      .meta({ description: 'Enabled ones, which a retirement switches off.' }),
    pendingChallenges: z.number().int(),
    certificates: z.number().int().meta({ description: 'Valid ones: they stay so until they end or are revoked.' }),
    networkAccess: z.boolean().meta({ description: 'Whether the network still lets them in.' }),
  })
  .meta({ id: 'GroupRetirement' })

const before: z.input<typeof Retirement> = {
  group: { slug: 'contractors', name: 'Contractors' },
  retired: null,
  endpoints: [{ slug: 'contractors', name: 'SCEP' }],
  pendingChallenges: 2,
  certificates: 31,
  networkAccess: true,
}
const after: z.input<typeof Retirement> = {
  ...before,
  retired: { at: new Date('2026-11-23T10:00:00Z'), by: 'automation' },
  endpoints: [],
  pendingChallenges: 0,
}

const params = z.strictObject({ slug })

export const getGroupRetirement = operation({
  id: 'getGroupRetirement',
  method: 'GET',
  path: '/groups/{slug}/retirement',
  tag: 'Groups',
  summary: 'See what the retirement of a group would stop',
  description: 'Or, once it is retired, what is left of it.',
  access: 'group:read',
  rate: 'read',
  params,
  answer: { status: 200, description: 'What would stop.', schema: Retirement, example: before },
  refusals: ['not_found'],
})

export const retireGroup = operation({
  id: 'retireGroup',
  method: 'POST',
  path: '/groups/{slug}/retirement',
  tag: 'Groups',
  summary: 'Retire a group, or reopen it',
  description:
    'Switches its endpoints off, revokes its pending challenges, and lets none of its endpoints be switched on any more. Its ' +
    'certificates keep their status. With `retired: false` the group is in use again; its endpoints stay off until each is switched on.',
  access: 'group:retire',
  rate: 'change',
  params,
  body: z
    .strictObject({
      retired: z.boolean().default(true),
      confirmation: name(100).exactOptional().meta({ description: 'The name of the group. Not to reopen it.' }),
    })
    .meta({ id: 'GroupRetirementRequest' }),
  bodyExample: { retired: true, confirmation: 'Contractors' },
  answer: { status: 200, description: 'What is left of it.', schema: Retirement, example: after },
  refusals: ['not_found', 'conflict', 'invalid_input'],
})
