/** The session cookie: only our own token, for this purpose, with a living row behind it. */
import { encode } from 'next-auth/jwt'
import { beforeEach, expect, test, vi } from 'vitest'

vi.mock('server-only', () => ({}))
const services = vi.hoisted(() => ({
  publicUrl: new URL('https://pki.example.org'),
  mac: vi.fn(),
  access: { signIn: vi.fn(), signOut: vi.fn(), actorOfSession: vi.fn() },
}))
vi.mock('@/lib/server', () => ({
  server: () => ({ urls: { publicUrl: services.publicUrl }, signer: { mac: services.mac }, access: services.access }),
}))

const KEY = new Uint8Array(32).fill(7)
const secret = Buffer.from(KEY).toString('base64url')
const origin = { ip: '192.0.2.1', userAgent: null, requestId: 'r1' }

beforeEach(() => {
  vi.resetModules()
  vi.resetAllMocks()
  services.mac.mockResolvedValue(KEY)
})

test('a cookie of ours yields the token of its session row', async () => {
  const { sessionTokenOf } = await import('./_auth')
  expect(await sessionTokenOf(await encode({ token: { sid: 'abc', purpose: 'session' }, secret }))).toBe('abc')
})

test.each([
  ['none at all', async () => undefined],
  ['noise', async () => 'eyJhbGciOiJkaXIifQ.x.y.z'],
  ['one for another purpose', () => encode({ token: { sid: 'abc', purpose: 'state' }, secret })],
  ['one without a purpose', () => encode({ token: { sid: 'abc' }, secret })],
  ['one without a session', () => encode({ token: { purpose: 'session' }, secret })],
  ['one under another key', () => encode({ token: { sid: 'abc', purpose: 'session' }, secret: 'x'.repeat(43) })],
  ['one that is too old', () => encode({ token: { sid: 'abc', purpose: 'session' }, secret, maxAge: -60 })],
])('%s opens nothing', async (_what, cookie) => {
  const { sessionTokenOf } = await import('./_auth')
  expect(await sessionTokenOf(await cookie())).toBeNull()
})

test('behind https every cookie is bound to the host and out of reach of scripts', async () => {
  const { authOptions } = await import('./_auth')
  const { cookies } = await authOptions(origin)
  for (const cookie of Object.values(cookies ?? {})) {
    expect(cookie.name).toMatch(/^__Host-/)
    expect(cookie.options).toEqual({ httpOnly: true, secure: true, sameSite: 'lax', path: '/' })
  }
})

test('the cookie carries the session token and its purpose, nothing about the person', async () => {
  const { authOptions } = await import('./_auth')
  const { callbacks } = await authOptions(origin)
  const token = await callbacks?.jwt?.({
    token: { name: 'Ada', email: 'ada@example.org', sub: 'u1' },
    user: { id: 'abc' },
    account: null,
  })
  expect(token).toEqual({ sid: 'abc', purpose: 'session' })
})

test('a cookie whose row has ended is no session', async () => {
  const { authOptions } = await import('./_auth')
  const { callbacks } = await authOptions(origin)
  services.access.actorOfSession.mockResolvedValue(null)
  const refresh = callbacks?.jwt?.({ token: { sid: 'abc', purpose: 'session' }, account: null } as never)
  await expect(refresh).rejects.toThrow('session ended')
})

test.each([
  ['wrong passwords', 'unauthenticated', null],
  ['too many attempts', 'rate_limited', 'rate_limited:90'],
  ['an outage', 'unavailable', 'unavailable'],
  ['a bug', null, 'unavailable'],
] as const)('signing in answers %s with a code and no detail', async (_what, refusal, code) => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  // Imported here, for the modules were reset: the class must be the one that the code under test knows.
  const { Refusal } = await import('@/lib/errors')
  const detail = 'password=hunter2'
  const more = { detail, retryAfterSeconds: 90 }
  services.access.signIn.mockRejectedValue(refusal ? new Refusal(refusal, 'No.', more) : new Error(detail))
  const { authOptions } = await import('./_auth')
  const [provider] = (await authOptions(origin)).providers
  const authorize = provider?.options.authorize as (credentials: object) => Promise<unknown>
  const answer = authorize({ email: 'ada@example.org', password: 'x' })
  if (code === null) expect(await answer).toBeNull()
  else await expect(answer).rejects.toThrow(new RegExp(`^${code}$`))
})

test.each([
  ['https://pki.example.org', '__Host-latchkey.browser', '; Secure'],
  ['http://localhost:3000', 'latchkey.browser', ''],
])('at %s a browser that signed in is known again by a cookie out of reach of scripts', async (url, name, secure) => {
  services.publicUrl = new URL(url)
  services.access.signIn.mockResolvedValue({ token: 'abc', knownBrowser: 'next' })
  const { authOptions, browserCookie, browserOf } = await import('./_auth')
  const browser = browserOf({ cookies: { get: (asked) => (asked === name ? { value: 'before' } : undefined) } })
  const [provider] = (await authOptions(origin, browser)).providers
  const authorize = provider?.options.authorize as (credentials: object) => Promise<unknown>
  expect(await authorize({ email: 'ada@example.org', password: 'x' })).toEqual({ id: 'abc' })
  expect(services.access.signIn).toHaveBeenCalledExactlyOnceWith(origin, 'ada@example.org', 'x', 'before')
  expect(browserCookie(browser.issued ?? '')).toBe(
    `${name}=next; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax${secure}`,
  )
  services.publicUrl = new URL('https://pki.example.org')
})

test('a signer that was out of reach is asked again', async () => {
  services.mac.mockRejectedValueOnce(new Error('socket closed'))
  const { authOptions } = await import('./_auth')
  await expect(authOptions(origin)).rejects.toThrow('socket closed')
  expect((await authOptions(origin)).secret).toBe(secret)
})

test('signing out ends the row', async () => {
  const { authOptions } = await import('./_auth')
  const { events } = await authOptions(origin)
  await events?.signOut?.({ token: { sid: 'abc' } } as never)
  expect(services.access.signOut).toHaveBeenCalledExactlyOnceWith(origin, 'abc')
})
