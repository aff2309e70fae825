/** Validators: whom we ask about requests under the policy `delegated`. */
import { z } from 'zod'
import { instant, name, pageOf, paging, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const Dialect = z.enum(['standard', 'smallstep'])
const SendCsr = z.enum(['full', 'masked', 'fields'])

const Validator = z
  .object({
    id: z.string(),
    name: z.string(),
    dialect: Dialect,
    url: z.string(),
    timeoutMs: z.int(),
    sendCsr: SendCsr,
    askOnRenewal: z.boolean(),
    notify: z.boolean(),
    notifyBeforeAnswer: z.boolean(),
    allowedHosts: z.array(z.string()),
    authorizationKind: z.enum(['none', 'bearer', 'basic']).meta({ description: 'Whether there is a credential.' }),
    nextSecretWaits: z.boolean(),
    endpoints: z.array(z.object({ slug: z.string(), name: z.string() })),
    createdBy: z.string(),
    createdAt: instant,
    enabled: z.boolean(),
    health: z.object({
      circuit: z.enum(['closed', 'open']),
      failures: z.int(),
      openUntil: instant.nullable(),
      lastSuccessAt: instant.nullable(),
      lastFailureAt: instant.nullable(),
      lastError: z.string().nullable(),
    }),
    notifications: z.object({ waiting: z.int(), delivered: z.int(), givenUp: z.int() }),
  })
  .meta({ id: 'Validator', description: 'A validator. Its secret and its credential are never returned.' })

const example: z.input<typeof Validator> = {
  id: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b',
  name: 'Inventory',
  dialect: 'standard',
  url: 'https://inventory.example.com/scep',
  timeoutMs: 5_000,
  sendCsr: 'masked',
  askOnRenewal: false,
  notify: true,
  notifyBeforeAnswer: false,
  allowedHosts: [],
  authorizationKind: 'bearer',
  nextSecretWaits: false,
  endpoints: [{ slug: 'staff', name: 'Staff' }],
  createdBy: 'Ada Admin',
  createdAt: new Date('2026-11-23T09:00:00Z'),
  enabled: true,
  health: {
    circuit: 'closed',
    failures: 0,
    openUntil: null,
    lastSuccessAt: new Date('2026-11-23T10:00:00Z'),
    lastFailureAt: null,
    lastError: null,
  },
  notifications: { waiting: 0, delivered: 12, givenUp: 0 },
}

const Authorization = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('bearer'), token: z.string().min(1).max(2_000) }),
  z.strictObject({ kind: z.literal('basic'), user: z.string().min(1).max(200), password: z.string().max(1_000) }),
])

const settings = {
  dialect: Dialect.exactOptional(),
  timeoutMs: z.int().min(1_000).max(15_000).exactOptional(),
  sendCsr: SendCsr.exactOptional(),
  askOnRenewal: z.boolean().exactOptional(),
  notify: z.boolean().exactOptional(),
  notifyBeforeAnswer: z.boolean().exactOptional(),
  allowedHosts: z.array(text(260)).max(20).exactOptional().meta({ description: 'Private hosts that may be called.' }),
  authorization: Authorization.exactOptional().meta({ description: 'Write-only.' }),
}
const params = z.strictObject({ id: z.uuid() })
const secret = z.string().meta({ description: 'Returned here and never again.' })

export const listValidators = operation({
  id: 'listValidators',
  method: 'GET',
  path: '/validators',
  tag: 'Connectors',
  summary: 'List validators',
  description: 'With the state of each: last answers, failures, notifications.',
  access: 'connector:read',
  rate: 'read',
  query: z.strictObject({ ...paging }),
  answer: {
    status: 200,
    description: 'A page of validators.',
    schema: pageOf('ValidatorPage', Validator),
    example: { items: [example], nextCursor: null },
  },
})

export const createValidator = operation({
  id: 'createValidator',
  method: 'POST',
  path: '/validators',
  tag: 'Connectors',
  summary: 'Add a validator',
  description: 'The secret that signs our messages to it is in this answer only.',
  access: 'connector:manage',
  rate: 'change',
  body: z.strictObject({ name: name(100), url: text(2_000), ...settings }).meta({ id: 'NewValidator' }),
  bodyExample: { name: 'Inventory', url: 'https://inventory.example.com/scep' },
  idempotent: true,
  answer: {
    status: 201,
    description: 'The validator, with its secret.',
    schema: Validator.extend({ secret }).meta({ id: 'CreatedValidator' }),
    example: { ...example, secret: '(the secret)' },
  },
})

export const getValidator = operation({
  id: 'getValidator',
  method: 'GET',
  path: '/validators/{id}',
  tag: 'Connectors',
  summary: 'Get a validator',
  description: 'One validator and its state.',
  access: 'connector:read',
  rate: 'read',
  params,
  answer: { status: 200, description: 'The validator.', schema: Validator, example },
  refusals: ['not_found'],
})

export const updateValidator = operation({
  id: 'updateValidator',
  method: 'PATCH',
  path: '/validators/{id}',
  tag: 'Connectors',
  summary: 'Change a validator',
  description:
    'Fields that are left out stay as they are, but a new address clears the credential unless a new one comes with it. A disabled validator allows nothing.',
  access: 'connector:manage',
  rate: 'change',
  params,
  body: z
    .strictObject({
      name: name(100).exactOptional(),
      url: text(2_000).exactOptional(),
      enabled: z.boolean().exactOptional(),
      ...settings,
    })
    .meta({ id: 'ValidatorChange' }),
  bodyExample: { enabled: false },
  answer: {
    status: 200,
    description: 'The validator, changed.',
    schema: Validator,
    example: { ...example, enabled: false },
  },
  refusals: ['not_found'],
})

export const rotateValidatorSecret = operation({
  id: 'rotateValidatorSecret',
  method: 'POST',
  path: '/validators/{id}/rotate-secret',
  tag: 'Connectors',
  summary: 'Make a new secret for a validator',
  description: 'Teach it to the validator beside the present one, then activate it: no message is lost in between.',
  access: 'connector:manage',
  rate: 'change',
  params,
  answer: {
    status: 200,
    description: 'The secret to come.',
    schema: z.object({ secret }).meta({ id: 'NextSecret' }),
    example: { secret: '(the secret)' },
  },
  refusals: ['not_found'],
})

export const activateValidatorSecret = operation({
  id: 'activateValidatorSecret',
  method: 'POST',
  path: '/validators/{id}/activate-secret',
  tag: 'Connectors',
  summary: 'Sign with the new secret',
  description: 'From now on the secret that was made last signs, and the one before is forgotten.',
  access: 'connector:manage',
  rate: 'change',
  params,
  answer: { status: 200, description: 'The validator.', schema: Validator, example },
  refusals: ['not_found', 'conflict'],
})

export const testValidator = operation({
  id: 'testValidator',
  method: 'POST',
  path: '/validators/{id}/test',
  tag: 'Connectors',
  summary: 'Test the connection to a validator',
  description: 'Asks about a made-up request. Whatever it answers, nothing is issued.',
  access: 'connector:manage',
  rate: 'change',
  params,
  answer: {
    status: 200,
    description: 'What came of it.',
    schema: z
      .object({
        works: z.boolean(),
        result: z.string().meta({ description: 'allow, deny, or what failed, such as dns_failed or timeout.' }),
        sentence: z.string(),
      })
      .meta({ id: 'ConnectionTest' }),
    example: { works: true, result: 'deny', sentence: 'It answered and refused the made-up request, as it should.' },
  },
  refusals: ['not_found'],
})
