/** Connectors: MDMs that we talk to, and that talk to us. */
import { z } from 'zod'
import { instant, moment, name, pageOf, paging, slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const KINDS = ['intune', 'jamf', 'events'] as const
const LIGHTS = ['never-used', 'well', 'failing', 'credential-expiring', 'credential-expired', 'disabled'] as const
const OUTCOMES = ['success', 'refused', 'failed'] as const

const Connector = z
  .object({
    id: z.string(),
    kind: z.enum(KINDS),
    name: z.string(),
    slug: z.string().meta({ description: 'Names it here and in its hook URL.' }),
    settings: z.record(z.string(), z.unknown()).meta({ description: 'As its kind has them.' }),
    enabled: z.boolean(),
    light: z.enum(LIGHTS).meta({ description: 'How it is, in one word; the worst first.' }),
    health: z.object({
      failures: z.int().meta({ description: 'In a row.' }),
      lastSuccessAt: instant.nullable(),
      lastFailureAt: instant.nullable(),
      lastError: z.string().nullable(),
      lastHeardAt: instant.nullable().meta({ description: 'When its MDM last called us with good credentials.' }),
    }),
    remaining: z.array(z.enum(['credential', 'contact', 'heard'])).meta({
      description: 'What is still to do: enter its credential, reach it once, hear from it once.',
    }),
    hasCredential: z.boolean(),
    credentialExpiresAt: instant.nullable(),
    hookUrl: z.string().nullable().meta({ description: 'Where its MDM posts to; null if it never calls us.' }),
    previousHookSecretUntil: instant.nullable().meta({ description: 'Until when the secret before is believed too.' }),
    createdBy: z.string(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Connector', description: 'A connector to an MDM. Its credential and its secrets are never returned.' })

const example: z.input<typeof Connector> = {
  id: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b',
  kind: 'events',
  name: 'Mosyle',
  slug: 'mosyle',
  settings: {},
  enabled: true,
  light: 'well',
  health: {
    failures: 0,
    lastSuccessAt: null,
    lastFailureAt: null,
    lastError: null,
    lastHeardAt: new Date('2026-11-23T10:00:00Z'),
  },
  remaining: [],
  hasCredential: false,
  credentialExpiresAt: null,
  hookUrl: 'https://pki.example.com/hooks/mosyle',
  previousHookSecretUntil: null,
  createdBy: 'Ada Admin',
  createdAt: new Date('2026-11-23T09:00:00Z'),
  updatedAt: new Date('2026-11-23T09:00:00Z'),
}

const Call = z
  .object({
    id: z.string(),
    at: instant,
    direction: z.enum(['out', 'in']),
    operation: z.string().meta({ description: 'What it was for, such as validateRequest or device.removed.' }),
    target: z.string().nullable().meta({ description: 'Host and path, never a query.' }),
    status: z.int().nullable().meta({ description: 'HTTP status; null where there was none.' }),
    outcome: z.enum(OUTCOMES).meta({ description: 'refused: it said no. failed: it said nothing that can be used.' }),
    code: z.string().nullable(),
    detail: z.string().nullable().meta({ description: 'Without secrets.' }),
    milliseconds: z.int(),
    attempt: z.int(),
    correlationId: z.string().nullable().meta({ description: 'By which the other side finds it in its own logs.' }),
    enrolmentTransactionId: z.string().nullable(),
  })
  .meta({ id: 'ConnectorCall', description: 'One request to a connector or from it.' })

const params = z.strictObject({ slug })
const fields = {
  settings: z
    .record(text(64), z.unknown())
    .exactOptional()
    .meta({ description: 'Members that stay away keep what they were.' }),
  credential: z.record(text(64), z.unknown()).exactOptional().meta({
    description: 'What we present to it, such as {"clientSecret": "…"}. Written only: no answer holds it.',
  }),
  credentialExpiresAt: moment.nullable().exactOptional().meta({ description: 'There is a warning 30 days ahead.' }),
}
const WithSecret = Connector.extend({
  hookSecret: z
    .string()
    .nullable()
    .meta({ description: 'What its MDM presents to us. Returned here and never again.' }),
}).meta({ id: 'ConnectorWithSecret' })

export const listConnectors = operation({
  id: 'listConnectors',
  method: 'GET',
  path: '/connectors',
  tag: 'Connectors',
  summary: 'List connectors',
  description: 'The MDMs that are connected, and how each of them is.',
  access: 'connector:read',
  rate: 'read',
  query: z.strictObject({ ...paging }),
  answer: {
    status: 200,
    description: 'A page of connectors, by name.',
    schema: pageOf('ConnectorPage', Connector),
    example: { items: [example], nextCursor: null },
  },
})

export const createConnector = operation({
  id: 'createConnector',
  method: 'POST',
  path: '/connectors',
  tag: 'Connectors',
  summary: 'Add a connector',
  description: 'What its settings and its credential are depends on the kind; what is wrong is named field by field.',
  access: 'connector:manage',
  rate: 'change',
  body: z.strictObject({ kind: z.enum(KINDS), name: name(100), slug, ...fields }).meta({ id: 'NewConnector' }),
  bodyExample: { kind: 'events', name: 'Mosyle', slug: 'mosyle' },
  idempotent: true,
  answer: {
    status: 201,
    description: 'The connector, with its hook secret.',
    schema: WithSecret,
    example: { ...example, light: 'never-used', hookSecret: 'whsec_…' },
    location: ({ slug: made }) => `/connectors/${made}`,
  },
  refusals: ['conflict'],
})

export const getConnector = operation({
  id: 'getConnector',
  method: 'GET',
  path: '/connectors/{slug}',
  tag: 'Connectors',
  summary: 'Get a connector',
  description: 'One connector and its state.',
  access: 'connector:read',
  rate: 'read',
  params,
  answer: { status: 200, description: 'The connector.', schema: Connector, example },
  refusals: ['not_found'],
})

export const updateConnector = operation({
  id: 'updateConnector',
  method: 'PATCH',
  path: '/connectors/{slug}',
  tag: 'Connectors',
  summary: 'Change a connector',
  description:
    'Fields that are left out stay as they are, but settings that would send the credential somewhere else forget it unless a new one comes with them. A disabled connector is neither asked nor believed.',
  access: 'connector:manage',
  rate: 'change',
  params,
  body: z
    .strictObject({ name: name(100).exactOptional(), enabled: z.boolean().exactOptional(), ...fields })
    .meta({ id: 'ConnectorChange' }),
  bodyExample: { enabled: false },
  answer: {
    status: 200,
    description: 'The connector, changed.',
    schema: Connector,
    example: { ...example, enabled: false, light: 'disabled' },
  },
  refusals: ['not_found', 'conflict'],
})

export const testConnector = operation({
  id: 'testConnector',
  method: 'POST',
  path: '/connectors/{slug}/test',
  tag: 'Connectors',
  summary: 'Test a connector',
  description:
    'Asks its MDM step by step and changes nothing. The first step that fails ends the test and says what to do.',
  access: 'connector:manage',
  rate: 'change',
  params,
  answer: {
    status: 200,
    description: 'What came of each step.',
    schema: z
      .object({
        works: z.boolean(),
        checks: z.array(
          z.object({
            step: z.string(),
            ok: z.boolean(),
            code: z.string().nullable().meta({ description: 'What the other side called it.' }),
            sentence: z.string(),
            advice: z.string().nullable(),
          }),
        ),
      })
      .meta({ id: 'ConnectorTest' }),
    example: {
      works: false,
      checks: [
        {
          step: 'Token for Microsoft Graph',
          ok: false,
          code: 'AADSTS7000215',
          sentence: 'Entra does not accept the client secret.',
          advice: 'Make a new secret under Certificates & secrets, and enter its value here.',
        },
      ],
    },
  },
  refusals: ['not_found', 'conflict'],
})

export const rotateConnectorSecret = operation({
  id: 'rotateConnectorSecret',
  method: 'POST',
  path: '/connectors/{slug}/rotate-secret',
  tag: 'Connectors',
  summary: 'Replace the hook secret of a connector',
  description: 'The secret before is believed for another day, so that the MDM can be changed without a gap.',
  access: 'connector:manage',
  rate: 'change',
  params,
  answer: {
    status: 200,
    description: 'The connector, with its new hook secret.',
    schema: WithSecret,
    example: { ...example, hookSecret: 'whsec_…' },
  },
  refusals: ['not_found', 'conflict'],
})

export const listConnectorCalls = operation({
  id: 'listConnectorCalls',
  method: 'GET',
  path: '/connectors/{slug}/calls',
  tag: 'Connectors',
  summary: 'List the calls of a connector',
  description: 'Every request to its MDM and from it, newest first, without bodies and secrets. Kept for 30 days.',
  access: 'connector:read',
  rate: 'read',
  params,
  query: z.strictObject({
    ...paging,
    outcome: z.enum(OUTCOMES).exactOptional(),
    operation: text(100).exactOptional(),
  }),
  answer: {
    status: 200,
    description: 'A page of calls.',
    schema: pageOf('ConnectorCallPage', Call),
    example: {
      items: [
        {
          id: '0198d2d1-0a0b-7c0d-8e0f-1a2b3c4d5e6f',
          at: new Date('2026-11-23T10:00:00Z'),
          direction: 'in',
          operation: 'device.removed',
          target: '/hooks/mosyle',
          status: 200,
          outcome: 'success',
          code: null,
          detail: 'Devices concerned: 1.',
          milliseconds: 12,
          attempt: 1,
          correlationId: 'msg_2LZ8',
          enrolmentTransactionId: null,
        },
      ],
      nextCursor: null,
    },
  },
  refusals: ['not_found'],
})
