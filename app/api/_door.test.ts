/** The door: what every API route promises, whatever it does. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { apiResource, apiRoute, unknownPath } from '@/app/api/_door'
import { FileAnswer, operation } from '@/app/api/_operation'
import { type Asked, apiRequest, context, type Fake, fakeServices, KEYS } from '@/app/api/_testing'
import { Refusal } from '@/lib/errors'
import type { Services } from '@/lib/server'

const wired = vi.hoisted(() => ({ services: undefined as Services | undefined }))
vi.mock('@/lib/server', () => ({ server: () => wired.services }))

const answer = {
  status: 201 as const,
  description: '',
  schema: z.object({ id: z.string() }),
  example: { id: 'a' },
  location: ({ id }: { id: string }) => `/things/${id}`,
}
const parts = { tag: 'Groups', summary: '', description: '', answer } as const
const makeThing = operation({
  ...parts,
  id: 'makeThing',
  method: 'POST',
  path: '/things',
  access: 'group:create',
  rate: 'change',
  query: z.strictObject({ dry: z.string().exactOptional() }),
  body: z.strictObject({ name: z.string().min(1), note: z.string().exactOptional() }),
  idempotent: true,
})
const readThing = operation({
  ...parts,
  id: 'readThing',
  method: 'GET',
  path: '/things/{id}',
  access: 'group:read',
  rate: 'read',
  params: z.strictObject({ id: z.string().regex(/^[a-z]+$/) }),
  answer: { ...answer, status: 200 },
})

let fake: Fake
let made: unknown[]
let work: (body: unknown) => unknown
const things = apiResource({
  POST: apiRoute(makeThing, async ({ body }) => {
    made.push(body)
    return (work(body) ?? { id: `thing-${made.length}` }) as { id: string }
  }),
})
const thing = apiResource({
  GET: apiRoute(readThing, async ({ params, actor }) => ({ id: `${params.id} for ${actor.name} at ${actor.ip}` })),
})
const post = (asked: Asked) => things.POST(apiRequest('/things', { json: { name: 'a' }, ...asked }), context())
const problemOf = async (response: Response) => (await response.json()) as Record<string, unknown>

beforeEach(() => {
  fake = fakeServices()
  wired.services = fake.services
  made = []
  work = () => undefined
})
afterEach(() => vi.restoreAllMocks())

describe('who', () => {
  test.each([null, 'lk_wrong', 'lk_admin lk_admin', ''])('key %j is refused with 401 and a challenge', async (key) => {
    const response = await post({ key })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(await problemOf(response)).toMatchObject({ code: 'unauthenticated', status: 401 })
    expect(made).toEqual([])
  })

  test('an address that keeps coming with wrong keys has to wait', async () => {
    for (let n = 0; n < 60; n++) expect((await post({ key: 'lk_wrong' })).status).toBe(401)
    expect((await post({ key: 'lk_wrong' })).status).toBe(429)
  })

  test('a role that may not is refused with 403, and the attempt is on record', async () => {
    const response = await post({ key: KEYS.operator })
    expect(response.status).toBe(403)
    expect(made).toEqual([])
    expect(fake.audit).toMatchObject([
      {
        type: 'authz.denied',
        outcome: 'denied',
        reason: 'no_permission',
        actor: { name: 'operator key', ip: '192.0.2.1' },
        data: { permission: 'group:create', method: 'POST', path: '/api/v1/things' },
      },
    ])
  })

  test('a refusal that cannot be recorded is an outage, and no way in', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    fake = fakeServices({ audit: { record: () => Promise.reject(new Error('disk full')) } })
    wired.services = fake.services
    expect((await post({ key: KEYS.auditor })).status).toBe(500)
    expect(made).toEqual([])
    expect(logged).toHaveBeenCalledOnce()
  })

  test('a forged address in X-Forwarded-For does not reach the audit trail as an address', async () => {
    const request = apiRequest('/things/a', { headers: { 'x-forwarded-for': '"><script>' } })
    expect(await (await thing.GET(request, context({ id: 'a' }))).json()).toEqual({ id: 'a for admin key at null' })
  })
})

describe('how often', () => {
  test('300 requests a minute and key, then 429 with Retry-After', async () => {
    const read = () => thing.GET(apiRequest('/things/a'), context({ id: 'a' }))
    for (let n = 0; n < 300; n++) expect((await read()).status).toBe(200)
    const response = await read()
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('13')
    expect(response.headers.get('ratelimit')).toBe('"api";r=0;t=13')
    expect(await problemOf(response)).toMatchObject({ code: 'rate_limited', status: 429 })
  })

  test('a runaway key is stopped before it is counted in the database', async () => {
    const counted = vi.fn()
    const keep = async () => {
      throw new Refusal('rate_limited', 'Too many requests.', { retryAfterSeconds: 1 })
    }
    wired.services = fakeServices({ pace: { keep }, access: { limit: counted } }).services
    const response = await thing.GET(apiRequest('/things/a'), context({ id: 'a' }))
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1'])
    expect(counted).not.toHaveBeenCalled()
  })

  test('60 changes a minute and key', async () => {
    for (let n = 0; n < 60; n++) expect((await post({})).status).toBe(201)
    expect((await post({})).status).toBe(429)
    expect(made).toHaveLength(60)
  })
})

describe('is the request sound', () => {
  test('another method is 405 with Allow', async () => {
    for (const [method, call] of Object.entries({
      GET: things.GET,
      PUT: things.PUT,
      DELETE: things.DELETE,
      PATCH: things.PATCH,
    })) {
      const response = await call(
        apiRequest('/things', { method, ...(method === 'GET' ? {} : { json: {} }) }),
        context(),
      )
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toBe('OPTIONS, POST')
      expect(await problemOf(response)).toMatchObject({ code: 'method_not_allowed' })
    }
    expect((await things.HEAD(apiRequest('/things', { method: 'HEAD' }), context())).status).toBe(405)
    const options = await thing.OPTIONS(apiRequest('/things/a', { method: 'OPTIONS', key: null }), context())
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
  })

  test('HEAD is GET without its body', async () => {
    const response = await thing.HEAD(apiRequest('/things/a', { method: 'HEAD' }), context({ id: 'a' }))
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/json',
      '',
    ])
  })

  test('an unknown path is a 404 problem, and so is a name that no object can have', async () => {
    expect(await problemOf(await unknownPath(apiRequest('/nothing')))).toMatchObject({
      status: 404,
      code: 'unknown_path',
    })
    const response = await thing.GET(apiRequest('/things/%27'), context({ id: "'" }))
    expect(await problemOf(response)).toMatchObject({ status: 404, code: 'not_found' })
  })

  test('a body over 256 KiB is cut off, announced or not', async () => {
    let pulled = 0
    const endless = new ReadableStream({
      pull(controller) {
        pulled++
        controller.enqueue(new Uint8Array(64 * 1024).fill(0x20))
      },
    })
    expect(
      (await post({ json: undefined, body: endless, headers: { 'content-type': 'application/json' } })).status,
    ).toBe(413)
    expect(pulled).toBeLessThan(10)
    const announced = await post({ headers: { 'content-length': String(300 * 1024) } })
    expect(await problemOf(announced)).toMatchObject({ status: 413, code: 'payload_too_large' })
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', ''])(
    'a body of type %j is 415',
    async (type) => {
      const response = await post({ headers: { 'content-type': type } })
      expect(response.status).toBe(415)
      expect(response.headers.get('accept')).toBe('application/json')
    },
  )

  test('a compressed body is 415', async () => {
    expect((await post({ headers: { 'content-encoding': 'gzip' } })).status).toBe(415)
  })

  test.each([
    ['no JSON', '{"name":'],
    ['not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
    ['a repeated field', '{"name":"a","name":"b"}'],
    ['a repeated field, once escaped', '{"name":"a","\\u006eame":"b"}'],
    ['nested too deep', `{"name":${'['.repeat(21)}${']'.repeat(21)}}`],
    ['a byte order mark', '\ufeff{"name":"a"}'],
  ])('%s is 400', async (_, body) => {
    const response = await post({ json: undefined, body, headers: { 'content-type': 'application/json' } })
    expect(await problemOf(response)).toMatchObject({ status: 400, code: 'malformed_request' })
    expect(made).toEqual([])
  })

  test('fields that are missing, unknown or wrong are all named, never their values', async () => {
    const response = await post({ json: { name: '', note: 5, secret: 'hunter2', __proto__x: 1 } })
    const problem = await problemOf(response)
    expect(problem).toMatchObject({ status: 422, code: 'invalid_input' })
    const fields = (problem.errors as { field: string }[]).map(({ field }) => field)
    expect(fields.sort()).toEqual(['__proto__x', 'name', 'note', 'secret'])
    expect(JSON.stringify(problem)).not.toContain('hunter2')
  })

  test('"__proto__" is an unknown field like any other', async () => {
    const body = '{"name":"a","__proto__":{"admin":true}}'
    expect((await post({ json: undefined, body, headers: { 'content-type': 'application/json' } })).status).toBe(422)
  })

  test('a parameter that is unknown or comes twice is refused', async () => {
    const ask = (query: string) => things.POST(apiRequest(`/things${query}`, { json: { name: 'a' } }), context())
    expect((await ask('?dri=1')).status).toBe(422)
    expect((await ask('?dry=1&dry=2')).status).toBe(422)
    expect((await ask('?dry=1')).status).toBe(201)
  })
})

describe('the answer', () => {
  test('holds what the schema describes and nothing else, with Location and no cache', async () => {
    work = () => ({ id: 'thing', passwordHash: 'canary' })
    const response = await post({})
    expect(response.status).toBe(201)
    expect(await response.text()).toBe('{"id":"thing"}')
    expect(response.headers.get('location')).toBe('/api/v1/things/thing')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('ratelimit-policy')).toBe('"api";q=300;w=60')
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('a refusal is a problem document in its words', async () => {
    work = () => {
      throw new Refusal('conflict', 'The name is taken.', { fields: { name: 'Taken.' }, detail: 'row 7 of table x' })
    }
    const response = await post({})
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await problemOf(response)).toEqual({
      type: 'urn:latchkey:problem:conflict',
      title: 'The state of the object does not allow this',
      status: 409,
      detail: 'The name is taken.',
      code: 'conflict',
      requestId: response.headers.get('x-request-id'),
      errors: [{ field: 'name', message: 'Taken.' }],
    })
  })

  test('anything unexpected is a 500 that says its id, and the log does not say the message', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    work = () => {
      throw Object.assign(new Error('insert into challenge values (canary)'), { code: 'P2002' })
    }
    const response = await post({})
    const problem = await problemOf(response)
    expect(problem).toMatchObject({ status: 500, code: 'internal_error' })
    expect(JSON.stringify(problem)).not.toContain('canary')
    const line = String(logged.mock.calls[0]?.[0])
    expect(JSON.parse(line)).toMatchObject({ operation: 'makeThing', requestId: problem.requestId, code: 'P2002' })
    expect(line).not.toContain('canary')
  })

  test('an answer that breaks its own schema does not leave', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    work = () => ({ id: 5, secret: 'canary' })
    expect((await post({})).status).toBe(500)
  })

  test('a file keeps its bytes, and its name cannot break the header', async () => {
    const download = apiRoute(
      readThing,
      async () => new FileAnswer('application/pkix-cert', 'a"b\r\nc.cer', new Uint8Array([0, 255])),
    )
    const response = await download(apiRequest('/things/a'), context({ id: 'a' }))
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="a_b__c.cer"')
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255])
  })
})

describe('Idempotency-Key', () => {
  const keyed = (key: string, json: unknown = { name: 'a' }) => post({ json, headers: { 'idempotency-key': key } })

  test('the same request again creates nothing and gets the same answer', async () => {
    const first = await keyed('k1')
    const again = await keyed('k1')
    expect(made).toHaveLength(1)
    expect([again.status, await again.text()]).toEqual([201, await first.text()])
    expect(first.headers.has('idempotency-replayed')).toBe(false)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(again.headers.get('location')).toBe('/api/v1/things/thing-1')
  })

  test('another request under the same key is a conflict', async () => {
    await keyed('k1')
    expect((await keyed('k1', { name: 'b' })).status).toBe(409)
    expect(made).toHaveLength(1)
  })

  test.each(['', 'two words', 'x'.repeat(256), 'sch\u00f6n'])('the key %j is 400', async (key) => {
    expect((await keyed(key)).status).toBe(400)
    expect(made).toEqual([])
  })

  test('what is stored of a request cannot be guessed back without the API key', async () => {
    const hashes: Uint8Array[] = []
    fake = fakeServices({
      access: {
        idempotent: async (_actor, _secrets, hash, run) => {
          hashes.push(hash)
          return { ...(await run()), replayed: false }
        },
      },
    })
    wired.services = fake.services
    await keyed('k1')
    await keyed('k1', { name: 'b' })
    expect(hashes.map((hash) => hash.length)).toEqual([32, 32])
    expect(hashes[0]).not.toEqual(hashes[1])
    const { createHash } = await import('node:crypto')
    const plain = createHash('sha256').update('POST\n/api/v1/things\n{"name":"a"}').digest()
    expect(Buffer.from(hashes[0] ?? []).equals(plain)).toBe(false)
  })
})
