/** Users: the people who sign in to the portal. */
import { z } from 'zod'
import { instant, name, pageOf, paging, password } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const Role = z.enum(['admin', 'operator', 'auditor'])

const User = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    role: Role,
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
  createdAt: new Date('2026-11-23T09:05:00Z'),
  lastSignInAt: null,
  disabledAt: null,
}

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
  body: z.strictObject({ name: name(100), email: name(254), role: Role, password }).meta({ id: 'NewUser' }),
  bodyExample: { name: 'Olga Operator', email: 'olga@example.org', role: 'operator', password: '(a strong password)' },
  idempotent: true,
  answer: { status: 201, description: 'The user.', schema: User, example: userExample },
  refusals: ['conflict'],
})
