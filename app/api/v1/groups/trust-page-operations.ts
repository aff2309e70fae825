/** The public page of a group's CA certificates. */
import { z } from 'zod'
import { slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const params = z.strictObject({ slug })
const TrustPage = z
  .object({
    enabled: z.boolean().meta({ description: 'Whether strangers see it.' }),
    url: z.string().meta({ description: 'Where it is, or would be.' }),
  })
  .meta({ id: 'TrustPage' })

const example = { enabled: true, url: 'https://portal.example.com/trust/staff' }

export const getTrustPage = operation({
  id: 'getTrustPage',
  method: 'GET',
  path: '/groups/{slug}/trust-page',
  tag: 'Groups',
  summary: 'Read whether the trust page is on',
  description: 'The public page of the CA certificates of the group, and its address.',
  access: 'group:read',
  rate: 'read',
  params,
  answer: { status: 200, description: 'The page.', schema: TrustPage, example },
  refusals: ['not_found'],
})

export const switchTrustPage = operation({
  id: 'switchTrustPage',
  method: 'PATCH',
  path: '/groups/{slug}/trust-page',
  tag: 'Groups',
  summary: 'Switch the trust page on or off',
  description: 'Switched off, the page and its downloads answer as if the group did not exist.',
  access: 'group:update',
  rate: 'change',
  params,
  body: z.strictObject({ enabled: z.boolean() }).meta({ id: 'TrustPageChange' }),
  bodyExample: { enabled: false },
  answer: {
    status: 200,
    description: 'The page as it is now.',
    schema: TrustPage,
    example: { ...example, enabled: false },
  },
  refusals: ['not_found'],
})
