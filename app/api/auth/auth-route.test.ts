/** Signing in leaves a cookie by which the browser is known again; failing to leaves none. */
import { NextRequest } from 'next/server'
import type { NextAuthOptions } from 'next-auth'
import { beforeEach, expect, test, vi } from 'vitest'

vi.mock('server-only', () => ({}))
const wired = vi.hoisted(() => ({ signIn: vi.fn() }))
vi.mock('@/lib/server', () => ({
  server: () => ({
    urls: { publicUrl: new URL('https://pki.example.org') },
    signer: { mac: async () => new Uint8Array(32) },
    access: { signIn: wired.signIn },
  }),
}))
vi.mock('@/app/_session', () => ({
  isSameOrigin: async () => true,
  requestOrigin: async () => ({ ip: '192.0.2.1', userAgent: null, requestId: 'r1' }),
}))
vi.mock('next-auth', () => ({
  default: async (_request: NextRequest, _context: unknown, options: NextAuthOptions) => {
    const authorize = options.providers[0]?.options.authorize as (credentials: object) => Promise<{ id: string } | null>
    const user = await authorize({ email: 'ada@example.org', password: 'x' })
    return new Response('{}', { headers: { 'set-cookie': `next-auth=${user?.id ?? 'none'}` } })
  },
}))

beforeEach(() => vi.resetAllMocks())

async function signIn(cookie: string) {
  const { POST } = await import('@/app/api/auth/[...nextauth]/route')
  const request = new NextRequest('https://pki.example.org/api/auth/callback/credentials', {
    method: 'POST',
    headers: { cookie },
  })
  return POST(request, { params: Promise.resolve({ nextauth: ['callback', 'credentials'] }) })
}

test('a right password', async () => {
  wired.signIn.mockResolvedValue({ token: 'abc', knownBrowser: 'u.r.m' })
  const response = await signIn('a=b; __Host-latchkey.browser=before')
  expect(wired.signIn.mock.calls[0]?.[3]).toBe('before')
  expect(response.headers.getSetCookie()).toEqual([
    'next-auth=abc',
    '__Host-latchkey.browser=u.r.m; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure',
  ])
})

test('a wrong password', async () => {
  const { Refusal } = await import('@/lib/errors')
  wired.signIn.mockRejectedValue(new Refusal('unauthenticated', 'No.'))
  expect((await signIn('a=b')).headers.getSetCookie()).toEqual(['next-auth=none'])
  expect(wired.signIn.mock.calls[0]?.[3]).toBeNull()
})
