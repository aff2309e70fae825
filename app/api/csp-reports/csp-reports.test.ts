/** Reports of browsers: what reaches the log, and that nobody can make more of it. */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { Refusal } from '@/lib/errors'

const keep = vi.hoisted(() => vi.fn())
vi.mock('@/lib/server', () => ({ server: () => ({ pace: { keep } }) }))
const route = await import('./route')

let logged: Record<string, unknown>[]
beforeEach(() => {
  logged = []
  keep.mockReset()
  keep.mockResolvedValue(undefined)
  vi.spyOn(console, 'warn').mockImplementation((line: string) => void logged.push(JSON.parse(line)))
  vi.spyOn(console, 'error').mockImplementation((line: string) => void logged.push(JSON.parse(line)))
})

const send = (body: BodyInit, type = 'application/csp-report') =>
  route.POST(
    new Request('http://portal.example/api/csp-reports', {
      method: 'POST',
      body,
      headers: { 'content-type': type, 'x-forwarded-for': '192.0.2.7' },
    }),
  )
const report = (fields: object) => JSON.stringify({ 'csp-report': fields })

describe('a report', () => {
  test('by report-uri is one line of plain facts, without query, sample or policy', async () => {
    const response = await send(
      report({
        'document-uri': 'https://portal.example/sign-in?next=%2Fsecret&token=hunter2',
        'blocked-uri': 'https://evil.example/steal?cookie=hunter2',
        'effective-directive': 'script-src-elem',
        'source-file': 'https://portal.example/_next/a.js?hunter2',
        'line-number': 7,
        'script-sample': 'hunter2',
        'original-policy': "script-src 'nonce-hunter2'",
        disposition: 'enforce',
      }),
    )
    expect(response.status).toBe(204)
    expect(logged).toMatchObject([
      {
        event: 'portal.csp',
        directive: 'script-src-elem',
        blocked: 'https://evil.example',
        page: '/sign-in',
        source: 'https://portal.example/_next/a.js:7',
        disposition: 'enforce',
      },
    ])
    expect(JSON.stringify(logged)).not.toContain('hunter2')
  })

  test('by report-to may hold several, of which other kinds are passed over and ten are enough', async () => {
    const one = { type: 'csp-violation', body: { documentURL: 'https://portal.example/', blockedURL: 'inline' } }
    const response = await send(
      JSON.stringify([{ type: 'deprecation', body: {} }, ...Array.from({ length: 50 }, () => one)]),
      'application/reports+json',
    )
    expect(response.status).toBe(204)
    expect(logged).toHaveLength(10)
    expect(logged[0]).toMatchObject({ blocked: 'inline', page: '/', directive: 'unknown', source: null })
  })

  test.each([
    'javascript:alert(1)',
    'https://x.example/\u0000\n{"event":"forged"}',
    `https://x.example/${'a'.repeat(3_000)}`,
    7,
    null,
    { toString: 'x' },
  ])('that says something else entirely writes one short line all the same: %#', async (value) => {
    await send(
      report({ 'document-uri': value, 'blocked-uri': value, 'source-file': value, 'effective-directive': value }),
    )
    expect(logged).toHaveLength(1)
    const line = JSON.stringify(logged[0])
    expect(line.length).toBeLessThan(900)
    expect(line).toMatch(/^[\x20-\x7e]*$/)
    expect(line).not.toContain('"event":"forged"')
  })
})

describe('what is none', () => {
  test.each([
    ['', 'application/csp-report', 400],
    ['{', 'application/csp-report', 400],
    ['7', 'application/csp-report', 400],
    ['{"csp-report":7}', 'application/csp-report', 400],
    [new Uint8Array([0xff, 0xfe]), 'application/csp-report', 400],
    [report({}), 'text/plain', 415],
    [report({ x: 'a'.repeat(16 * 1024) }), 'application/csp-report', 413],
  ] as const)('is refused and not logged: %#', async (body, type, status) => {
    expect((await send(body as BodyInit, type)).status).toBe(status)
    expect(logged).toEqual([])
  })

  test('a list that holds no report of ours is thanked for and forgotten', async () => {
    expect((await send('[{"type":"deprecation"},7,null]', 'application/reports+json')).status).toBe(204)
    expect(logged).toEqual([])
  })
})

test('a flood is told to wait, before its body is read', async () => {
  keep.mockRejectedValue(new Refusal('rate_limited', 'Too many.', { retryAfterSeconds: 2 }))
  const response = await send(report({}))
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '2'])
  expect(keep).toHaveBeenCalledWith('csp-report', '192.0.2.7')
  expect(logged).toEqual([])
})

test('a fault of ours is no fault of the browser', async () => {
  keep.mockRejectedValue(new Error('the pace is gone'))
  expect((await send(report({}))).status).toBe(204)
  expect(logged).toMatchObject([{ event: 'api.fault', operation: 'portal.csp-report' }])
  expect(JSON.stringify(logged)).not.toContain('the pace is gone')
})

test('there is nothing but POST', () => {
  expect(Object.keys(route).filter((name) => /^[A-Z]+$/.test(name))).toEqual(['POST'])
})
