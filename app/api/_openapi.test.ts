/** The OpenAPI document: whole, true to the routes, and its examples hold. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import type { ApiRoute } from '@/app/api/_door'
import { openApiDocument } from '@/app/api/_openapi'
import { OPERATIONS } from '@/app/api/_operations'
import { PROBLEMS } from '@/app/api/_problem'
import { PERMISSIONS } from '@/lib/services/permissions'

vi.mock('@/lib/server', () => ({ server: () => undefined }))

type Node = Record<string, unknown>
const document = openApiDocument() as Record<string, Node> & { paths: Record<string, Record<string, Node>> }
const schemas = (document.components as { schemas: Record<string, Node> }).schemas
const FOLDER = join(dirname(fileURLToPath(import.meta.url)), 'v1')

/** A schema with what it refers to, as JSON Schema has it. */
const standalone = (schema: unknown) => {
  const text = JSON.stringify({ ...(schema as Node), $defs: schemas })
  return z.fromJSONSchema(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')))
}

describe('every route', () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('route.ts'))
  const routes = files.map((file) => ({
    file,
    path: `/${dirname(file)}`.replace(/^\/\.$/, '/').replaceAll(/\[(\w+)\]/g, '{$1}'),
  }))
  const described = routes.filter(({ path }) => !path.includes('[...'))

  test('the files and the registry name the same paths', () => {
    const registered = new Set(OPERATIONS.map(({ path }) => path))
    expect(described.map(({ path }) => path).sort()).toEqual([...registered].sort())
  })

  test.each(described)('$path goes through the door, and is registered as what it is', async ({ file, path }) => {
    const module: Record<string, ApiRoute> = await import(join(FOLDER, file))
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter(
      (method) => module[method]?.operation !== undefined,
    )
    expect(methods.length).toBeGreaterThan(0)
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      expect(module[method]).toBeTypeOf('function')
    for (const method of methods) {
      const operation = module[method]?.operation
      expect(operation).toMatchObject({ method, path })
      expect(OPERATIONS).toContain(operation)
    }
    expect(methods.sort()).toEqual(
      OPERATIONS.filter((one) => one.path === path)
        .map(({ method }) => method)
        .sort(),
    )
    expect(readFileSync(join(FOLDER, file), 'utf8')).toContain("export const dynamic = 'force-dynamic'")
  })

  test('whatever else is below /api/v1 is a 404 problem', async () => {
    const module = await import(join(FOLDER, '[...path]/route.ts'))
    const response: Response = await module.GET(new Request('http://portal.example/api/v1/nothing'))
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
  })
})

describe('the document', () => {
  test('is OpenAPI 3.1 with one key scheme, no repeated ids and no dangling reference', () => {
    expect(document.openapi).toMatch(/^3\.1\./)
    expect(document.components?.securitySchemes).toHaveProperty('apiKey')
    expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length)
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)
    for (const [, pointer = ''] of references) {
      const found = pointer.split('/').reduce<unknown>((node, key) => (node as Node | undefined)?.[key], document)
      expect(found, pointer).toBeDefined()
    }
    expect(JSON.stringify(document)).not.toContain('$defs')
  })

  test.each(OPERATIONS.map((operation) => [operation.id, operation] as const))(
    '%s is described in full',
    (_, operation) => {
      const node = document.paths[operation.path]?.[operation.method.toLowerCase()] as Node & {
        responses: Record<string, Node>
      }
      expect(node).toMatchObject({ operationId: operation.id, tags: [operation.tag] })
      expect(operation.summary).not.toBe('')
      expect(operation.description).toMatch(/[.]$/)
      expect(node.security).toEqual(operation.access === 'public' ? [] : [{ apiKey: [] }])
      const parameters = node.parameters as { name: string; in: string; schema: Node; required: boolean }[]
      const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      expect(parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(inPath)
      expect(parameters.filter((one) => one.in === 'path').every(({ required }) => required)).toBe(true)
      for (const { schema } of parameters) expect(Object.keys(schema).length).toBeGreaterThan(0)
      expect(parameters.some(({ name }) => name === 'Idempotency-Key')).toBe(operation.answer.status === 201)
      expect(operation.idempotent).toBe(operation.answer.status === 201)
      const wanted = operation.access === 'public' ? ['500'] : ['401', '429', '500', '503']
      const guarded = operation.access in PERMISSIONS ? ['403'] : []
      const written = operation.method === 'GET' ? [] : ['400', '413', '415', '422']
      expect(Object.keys(node.responses)).toEqual(
        expect.arrayContaining([String(operation.answer.status), ...wanted, ...guarded, ...written]),
      )
      expect('requestBody' in node).toBe(operation.method !== 'GET')
    },
  )

  test.each(OPERATIONS.filter(({ bodyExample }) => bodyExample !== undefined).map((one) => [one.id, one] as const))(
    'the example body of %s is accepted by the door and by the document',
    (_, operation) => {
      expect(operation.body.parse(operation.bodyExample)).toEqual(operation.bodyExample)
      const node = document.paths[operation.path]?.[operation.method.toLowerCase()] as { requestBody: Node }
      const content = (node.requestBody.content as Record<string, Node>)['application/json']
      expect(() => standalone(content?.schema).parse(operation.bodyExample)).not.toThrow()
    },
  )

  test.each(OPERATIONS.filter(({ answer }) => !answer.files).map((one) => [one.id, one] as const))(
    'the example answer of %s holds by the document',
    (_, operation) => {
      const node = document.paths[operation.path]?.[operation.method.toLowerCase()] as {
        responses: Record<string, Node>
      }
      const { content: contents } = node.responses[String(operation.answer.status)] ?? {}
      const content = (contents as Record<string, Node>)['application/json']
      const sent = JSON.parse(JSON.stringify(operation.answer.schema.parse(operation.answer.example)))
      expect(content?.example).toEqual(sent)
      expect(() => standalone(content?.schema).parse(sent)).not.toThrow()
    },
  )

  test('a body with a required field is required, and one without is not', () => {
    const bodyOf = (path: string) =>
      (document.paths[path]?.post as { requestBody?: Node } | undefined)?.requestBody?.required
    expect(bodyOf('/groups')).toBe(true)
    expect(bodyOf('/audit-events/verify')).toBe(false)
    expect(bodyOf('/challenges/{id}/revoke')).toBe(false)
  })

  test('every problem has a status, a sentence and a response to refer to', () => {
    const { responses } = document.components as { responses: Record<string, Node> }
    expect(Object.keys(responses).sort()).toEqual(Object.keys(PROBLEMS).sort())
  })

  test('says who may', () => {
    const mint = document.paths['/challenges']?.post as { description: string }
    expect(mint.description).toContain('For admin, operator (permission `challenge:mint`).')
  })
})
