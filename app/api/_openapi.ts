/** The OpenAPI 3.1 document, written from the operations and the schemas that check every request. */
import { z } from 'zod'
import { MAX_BODY_BYTES } from '@/app/api/_body'
import type { AnyOperation, Tag } from '@/app/api/_operation'
import { OPERATIONS } from '@/app/api/_operations'
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode, problemUri } from '@/app/api/_problem'
import { PERMISSIONS } from '@/lib/services/permissions'

type Json = Record<string, unknown>

const TAGS: Record<Tag, string> = {
  Groups: 'Each group of people and devices has an issuer of its own.',
  Endpoints: 'Where devices ask for a certificate.',
  Challenges: 'One-time passwords: one challenge, one enrolment.',
  'Challenge page':
    'For device managements that know only the page of Microsoft NDES: accounts that fetch challenges there.',
  'Static secrets': 'One password for many devices. Weak, so bounded: for networks that have nothing better.',
  Approvals: 'Requests that wait until people decide.',
  Certificates: 'What was issued to devices.',
  Devices: 'Everything known under one name.',
  Transactions: 'Every enrolment attempt, and why it got what it got.',
  Audit: 'Everything that happened, each row chained to the one before.',
  Authorities: 'The root and the issuers.',
  Network: 'What the network grants to a group, and what RADIUS servers see and ask.',
  Connectors: 'Validators that we ask about requests, and other servers that ask us about challenges.',
  Posture: 'What keeps the network safe, check by check, and what was accepted.',
  Notices: 'What people are told before something ends or when much fails, and the mail server.',
  Access: 'API keys and people.',
  Description: 'The API about itself.',
}

const DESCRIPTION = `Automation for Latchkey. Send an API key as \`Authorization: Bearer KEY\`; its role decides what
it may do.

Every list answers \`{ items, nextCursor }\`; pass \`nextCursor\` as \`cursor\` for the next page. Bodies are JSON of
${MAX_BODY_BYTES / 1024} KiB at most; fields that are not described are refused. Errors are problem documents
(RFC 9457) with a stable \`code\` and a \`requestId\` to quote. An operation that creates takes an
\`Idempotency-Key\`: for 24 hours the same key with the same request gets the first answer again, with
\`Idempotency-Replayed: true\`.`

/** Written once: the operations do not change while a process lives. */
let written: Json | undefined

export function openApiDocument(): Json {
  written ??= write(OPERATIONS)
  return written
}

function write(operations: readonly AnyOperation[]): Json {
  const schemas: Json = { Problem: problemSchema() }
  const paths: Record<string, Json> = {}
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: describe(operation, schemas) }
  }
  return {
    openapi: '3.1.1',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: { title: 'Latchkey API', version: '1', description: DESCRIPTION },
    servers: [{ url: '/api/v1' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      responses: Object.fromEntries(Object.keys(PROBLEMS).map((code) => [code, problemAnswer(code as ProblemCode)])),
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key, made in the portal or by an administrator.',
        },
      },
    },
  }
}

function describe(operation: AnyOperation, schemas: Json): Json {
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: `${operation.description}${whoMay(operation)}`,
    security: operation.access === 'public' ? [] : [{ apiKey: [] }],
    parameters: parametersOf(operation, schemas),
    ...(operation.method === 'GET' ? {} : { requestBody: bodyOf(operation, schemas) }),
    responses: { [operation.answer.status]: answerOf(operation, schemas), ...problemsOf(operation) },
  }
}

function whoMay({ access }: AnyOperation): string {
  if (access === 'public') return ''
  // Accounts of challenge pages have no key: nobody comes as `mdm` here.
  const roles = PERMISSIONS[access].filter((role) => role !== 'mdm')
  return `\n\nFor ${roles.join(', ')} (permission \`${access}\`).`
}

function parametersOf(operation: AnyOperation, schemas: Json): Json[] {
  const of = (schema: z.ZodObject, place: 'path' | 'query') => {
    const { properties = {}, required = [] } = toSchema(schema, 'input', schemas) as {
      properties?: Record<string, Json>
      required?: string[]
    }
    return Object.entries(properties).map(([name, { description, ...rest }]) => ({
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }))
  }
  const idempotencyKey = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'Any text of your own, such as a UUID; a repeat with the same key and request gets the first answer.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  }
  return [
    ...of(operation.params, 'path'),
    ...of(operation.query, 'query'),
    ...(operation.idempotent ? [idempotencyKey] : []),
  ]
}

function bodyOf(operation: AnyOperation, schemas: Json): Json {
  const example = operation.bodyExample === undefined ? {} : { example: operation.bodyExample }
  return {
    required: !operation.body.safeParse({}).success,
    content: { 'application/json': { schema: toSchema(operation.body, 'input', schemas), ...example } },
  }
}

function answerOf({ answer, idempotent }: AnyOperation, schemas: Json): Json {
  const header = (description: string, schema: Json = { type: 'string' }) => ({ description, schema })
  const headers = {
    'X-Request-Id': header('Names this request in logs and in the audit trail.'),
    'RateLimit-Policy': header('How often a key may ask, as q requests in w seconds.'),
    ...(answer.location ? { Location: header('Path of what was created.') } : {}),
    ...(idempotent ? { 'Idempotency-Replayed': header('true when this is the answer to an earlier request.') } : {}),
  }
  if (answer.files) {
    const content = Object.entries(answer.files).map(([type, when]) => [
      type,
      { schema: { type: 'string', format: 'binary', description: when } },
    ])
    return { description: answer.description, headers, content: Object.fromEntries(content) }
  }
  return {
    description: answer.description,
    headers,
    content: {
      'application/json': {
        schema: toSchema(answer.schema, 'output', schemas),
        example: answer.schema.parse(answer.example),
      },
    },
  }
}

/** The refusals an operation can answer, by status; several codes may share one. */
function problemsOf(operation: AnyOperation): Json {
  const codes: ProblemCode[] = ['internal_error', ...operation.refusals]
  if (operation.access !== 'public')
    codes.push('unauthenticated', 'forbidden', 'rate_limited', 'unavailable', 'invalid_input')
  if (Object.keys(operation.params.shape).length > 0) codes.push('not_found')
  if (operation.method !== 'GET') codes.push('malformed_request', 'payload_too_large', 'unsupported_media_type')
  if (operation.idempotent) codes.push('conflict')
  const answers = new Map<number, ProblemCode[]>()
  for (const code of new Set(codes)) {
    const { status } = PROBLEMS[code]
    answers.set(status, [...(answers.get(status) ?? []), code])
  }
  const sorted = [...answers].sort(([a], [b]) => a - b)
  return Object.fromEntries(sorted.map(([status, same]) => [status, problemReference(same)]))
}

function problemReference(codes: ProblemCode[]): Json {
  const [first] = codes
  if (codes.length === 1) return { $ref: `#/components/responses/${first}` }
  const description = codes.map((code) => `${PROBLEMS[code].title} (\`${code}\`).`).join(' ')
  return { description, content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } } }
}

function problemAnswer(code: ProblemCode): Json {
  const { status, title } = PROBLEMS[code]
  const wait = { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } }
  return {
    description: `${title} (\`${code}\`).`,
    ...(status === 429 || status === 503 ? { headers: wait } : {}),
    content: {
      [PROBLEM_TYPE]: {
        schema: { $ref: '#/components/schemas/Problem' },
        example: {
          type: problemUri(code),
          title,
          status,
          detail: 'A sentence that says what to do next.',
          code,
          requestId: '0b6f6c1e-5d0a-4c3b-9b7e-2f1d3c4b5a69',
        },
      },
    },
  }
}

function problemSchema(): Json {
  const schema = z.object({
    type: z.string().meta({ description: 'urn:latchkey:problem: and the code.' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'A sentence for people.' }),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    requestId: z.string(),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Which fields are not valid, and why.' }),
  })
  return toSchema(schema, 'output', {})
}

/** JSON Schema of a zod schema; named ones move to the components and leave a reference. */
function toSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const {
    $schema: _,
    $defs: named = {},
    ...rest
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // A format says enough; and an answer may gain fields, so clients must not refuse those they do not know.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  })
  for (const [id, definition] of Object.entries(named)) schemas[id] = moved(definition)
  return moved(rest) as Json
}

/** References as the document has them, and no `id`, which OpenAPI reads as a base address. */
function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => {
    if (key === '$ref' && typeof inner === 'string') return [key, inner.replace('#/$defs/', '#/components/schemas/')]
    return [key, moved(inner)]
  })
  return Object.fromEntries(entries)
}
