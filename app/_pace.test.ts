/** Whoever asks too fast: a page sends them away, a download says so, and the database is asked nothing. */
import { beforeEach, expect, test, vi } from 'vitest'
import { Refusal } from '@/lib/errors'

const keep = vi.hoisted(() => vi.fn())
const actorOfSession = vi.hoisted(() => vi.fn())
vi.mock('server-only', () => ({}))
vi.mock('next/headers', () => ({
  headers: async () => new Headers(),
  cookies: async () => ({ get: () => ({ value: 'cookie' }) }),
}))
vi.mock('./_auth', () => ({ sessionCookieName: () => 'session', sessionTokenOf: async () => 'the token' }))
vi.mock('@/lib/server', () => ({ server: () => ({ pace: { keep }, access: { actorOfSession } }) }))
const { download, keepPace, requireActor } = await import('./_session')
const { GET: slowDown } = await import('./slow-down/route')

beforeEach(() => {
  vi.resetAllMocks()
  actorOfSession.mockResolvedValue({ type: 'user', id: 'u1', role: 'admin' })
})
const tooFast = () =>
  keep.mockRejectedValue(new Refusal('rate_limited', 'Too many requests.', { retryAfterSeconds: 3 }))

test('within the pace a page knows who is there', async () => {
  expect(await requireActor('group:read')).toMatchObject({ id: 'u1' })
  expect(keep).toHaveBeenCalledWith('session', 'the token')
})

test('a page sends whoever is too fast to an answer of 429 that says when to come back', async () => {
  tooFast()
  await expect(requireActor('group:read')).rejects.toMatchObject({ digest: expect.stringContaining('/slow-down') })
  expect(actorOfSession).not.toHaveBeenCalled()
  const response = slowDown()
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '5'])
})

test('a download answers 429 itself', async () => {
  tooFast()
  const work = vi.fn()
  const response = await download('certificate:read', work)
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '3'])
  expect(work).not.toHaveBeenCalled()
  expect(actorOfSession).not.toHaveBeenCalled()
})

test('a fault of the pace is a fault, not a way in', async () => {
  keep.mockRejectedValue(new Error('gone'))
  await expect(keepPace()).rejects.toThrow('gone')
  await expect(requireActor('group:read')).rejects.toThrow('gone')
})
