/** Users: the people who sign in to the portal. */
import { z } from 'zod'
import { instant, name, pageOf, paging, password, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const Role = z.enum(['admin', 'operator', 'auditor'])

const User = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    role: Role,
    groups: z
      .array(z.object({ slug: z.string(), name: z.string() }))
      .nullable()
      .meta({ description: 'The groups to which an operator is limited; null for everybody else.' }),
    createdAt: instant,
    lastSignInAt: instant.nullable(),
    disabledAt: instant.nullable(),
  })
  .meta({ id: 'User' })

const userExample: z.input<typeof User> = {
  id: '0198d2bf-0000-7000-8000-000000000002',
  name: 'Olga Operator',
  email: 'olga@example.org',
  role: 'operator',
  groups: [{ slug: 'staff', name: 'Staff' }],
  createdAt: new Date('2026-11-23T09:05:00Z'),
  lastSignInAt: null,
  disabledAt: null,
}

const groups = z.array(slug).min(1).max(200).nullable().meta({
  description: 'Slugs, for an operator: what concerns other groups is then out of their reach. Null: every group.',
})

export const listUsers = operation({
  id: 'listUsers',
  method: 'GET',
  path: '/users',
  tag: 'Access',
  summary: 'List users',
  description: 'Everybody who can or could sign in.',
  access: 'user:read',
  rate: 'read',
  query: z.strictObject({ ...paging }),
  answer: {
    status: 200,
    description: 'A page of users.',
    schema: pageOf('UserPage', User),
    example: { items: [userExample], nextCursor: null },
  },
})

export const createUser = operation({
  id: 'createUser',
  method: 'POST',
  path: '/users',
  tag: 'Access',
  summary: 'Create a user',
  description: 'Hand the password over in person, and ask for it to be changed after the first sign-in.',
  access: 'user:manage',
  rate: 'change',
  body: z
    .strictObject({ name: name(100), email: name(254), role: Role, groups: groups.exactOptional(), password })
    .meta({ id: 'NewUser' }),
  bodyExample: {
    name: 'Olga Operator',
    email: 'olga@example.org',
    role: 'operator',
    groups: ['staff'],
    password: '(a strong password)',
  },
  idempotent: true,
  answer: { status: 201, description: 'The user.', schema: User, example: userExample },
  refusals: ['conflict'],
})

export const updateUser = operation({
  id: 'updateUser',
  method: 'PATCH',
  path: '/users/{id}',
  tag: 'Access',
  summary: 'Change a user',
  description:
    'Name, role, groups of an operator, or whether they may sign in. Sessions end when anything but the name changes; another role keeps no groups. The last administrator stays one.',
  access: 'user:manage',
  rate: 'change',
  params: z.strictObject({ id: z.uuid() }),
  body: z
    .strictObject({
      name: name(100).exactOptional(),
      role: Role.exactOptional(),
      groups: groups.exactOptional(),
      disabled: z.boolean().exactOptional(),
    })
    .meta({ id: 'UserChange' }),
  bodyExample: { groups: ['staff'] },
  answer: { status: 200, description: 'The user as it is now.', schema: User, example: userExample },
  refusals: ['not_found', 'conflict'],
})
