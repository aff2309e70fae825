/** GET /me: whose key this is, and what it may do. */
import { z } from 'zod'
import { operation } from '@/app/api/_operation'

const Me = z
  .object({
    type: z.string(),
    id: z.string().nullable(),
    name: z.string(),
    role: z.string().nullable(),
    permissions: z.array(z.string()),
    endpoints: z
      .array(z.string())
      .nullable()
      .meta({ description: 'To whose challenges the key is limited; null: it is not.' }),
    groups: z
      .array(z.string())
      .nullable()
      .meta({ description: 'To which groups the key is limited; null: it is not.' }),
  })
  .meta({ id: 'Me' })

export const getMe = operation({
  id: 'getMe',
  method: 'GET',
  path: '/me',
  tag: 'Access',
  summary: 'Who this key is',
  description: 'The name and role of the API key of this request, and the permissions of that role.',
  access: 'key:describe',
  scoped: true,
  rate: 'read',
  answer: {
    status: 200,
    description: 'The caller.',
    schema: Me,
    example: {
      type: 'service',
      id: '0198d2bf-1000-7000-8000-000000000001',
      name: 'deployment script',
      role: 'operator',
      permissions: ['challenge:mint', 'challenge:read'],
      endpoints: null,
      groups: null,
    },
  },
})
