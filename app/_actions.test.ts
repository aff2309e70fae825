/** The door of server actions: nobody gets past it without session, permission, origin and a sound form. */
import { redirect } from 'next/navigation'
import { beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Refusal } from '@/lib/errors'
import type { Role } from '@/lib/services/actor'
import type { ActionState } from './_components/action-state'

vi.mock('server-only', () => ({}))
const session = vi.hoisted(() => ({
  currentActor: vi.fn(),
  keepPace: vi.fn(),
  isSameOrigin: vi.fn(),
  recordDenied: vi.fn(),
  recordingDenied: vi.fn(),
  requestOrigin: vi.fn(),
}))
vi.mock('./_session', () => session)
const limit = vi.hoisted(() => vi.fn())
vi.mock('@/lib/server', () => ({
  server: () => ({ access: { limit }, urls: { publicUrl: new URL('https://pki.example.org') } }),
}))
const { action, strangerAction } = await import('./_actions')

const actorOf = (role: Role) => ({ type: 'user', id: 'u1', name: 'Ada', role, sessionId: 's1' })
const schema = z.strictObject({ name: z.string().min(1, 'Name it.'), tags: z.array(z.string()).default([]) })
const work = vi.fn(async (_actor: unknown, form: { name: string }) => `made ${form.name}`)
const create = action('group:create', schema, work)

function formOf(values: [string, string][]): FormData {
  const form = new FormData()
  for (const [name, value] of values) form.append(name, value)
  return form
}
const send = (values: [string, string][] = [['name', 'Staff']]): Promise<ActionState<string>> =>
  create({ status: 'idle' }, formOf(values))

beforeEach(() => {
  vi.resetAllMocks()
  work.mockImplementation(async (_actor, form) => `made ${form.name}`)
  session.currentActor.mockResolvedValue(actorOf('admin'))
  session.isSameOrigin.mockResolvedValue(true)
  session.recordingDenied.mockImplementation((_actor: unknown, _permission: unknown, deed: () => unknown) => deed())
  session.requestOrigin.mockResolvedValue({ ip: '192.0.2.1', userAgent: null, requestId: 'r1' })
})

test('an allowed person with a sound form gets the answer of the service', async () => {
  expect(
    await send([
      ['name', 'Staff'],
      ['tags[]', 'a'],
      ['tags[]', 'b'],
      ['$ACTION_ID', 'x'],
    ]),
  ).toEqual({
    status: 'done',
    result: 'made Staff',
  })
  expect(work.mock.calls[0]?.[1]).toEqual({ name: 'Staff', tags: ['a', 'b'] })
})

test.each(['operator', 'auditor'] as const)(
  '%ss are refused what is for administrators, on the record',
  async (role) => {
    session.currentActor.mockResolvedValue(actorOf(role))
    expect(await send()).toMatchObject({ status: 'refused', sentence: expect.stringContaining('role') })
    expect(session.recordDenied).toHaveBeenCalledExactlyOnceWith(actorOf(role), 'group:create')
    expect(work).not.toHaveBeenCalled()
  },
)

test('a stranger is sent to the sign-in', async () => {
  session.currentActor.mockResolvedValue(null)
  await expect(send()).rejects.toMatchObject({ digest: expect.stringContaining('/sign-in') })
  expect(work).not.toHaveBeenCalled()
})

test('a form from another site is refused before anybody is looked up', async () => {
  session.isSameOrigin.mockResolvedValue(false)
  expect(await send()).toMatchObject({
    status: 'refused',
    sentence: expect.stringContaining('https://pki.example.org'),
  })
  expect(session.currentActor).not.toHaveBeenCalled()
  expect(work).not.toHaveBeenCalled()
})

test('a form that breaks its schema names the fields, and one with unknown fields is refused', async () => {
  expect(await send([['name', '']])).toMatchObject({ status: 'refused', fields: { name: 'Name it.' } })
  expect(
    await send([
      ['name', 'Staff'],
      ['role', 'admin'],
    ]),
  ).toMatchObject({ status: 'refused' })
  expect(
    await send([
      ['name', 'Staff'],
      ['__proto__', 'x'],
    ]),
  ).toMatchObject({ status: 'refused' })
  expect(work).not.toHaveBeenCalled()
})

test('what no column of text can hold is refused at its field', async () => {
  expect(
    await send([
      ['name', 'Sta\0ff'],
      ['tags[]', 'a'],
      ['tags[]', '\0'],
    ]),
  ).toMatchObject({ status: 'refused', fields: { name: expect.stringContaining('U+0000'), tags: expect.any(String) } })
  expect(work).not.toHaveBeenCalled()
})

test('a refusal of the service arrives in its own words', async () => {
  work.mockRejectedValue(
    new Refusal('conflict', 'There is one already.', { fields: { name: 'Taken.' }, detail: 'row 7' }),
  )
  expect(await send()).toEqual({ status: 'refused', sentence: 'There is one already.', fields: { name: 'Taken.' } })
})

test('too many changes are refused with the time to wait', async () => {
  limit.mockRejectedValue(new Refusal('rate_limited', 'Try again in a minute.', { retryAfterSeconds: 60 }))
  expect(await send()).toMatchObject({ status: 'refused', retryAfterSeconds: 60 })
  expect(work).not.toHaveBeenCalled()
})

test('a session that asks too fast is refused before anybody is looked up', async () => {
  session.keepPace.mockRejectedValue(new Refusal('rate_limited', 'Slow down.', { retryAfterSeconds: 1 }))
  expect(await send()).toMatchObject({ status: 'refused', retryAfterSeconds: 1 })
  expect(session.currentActor).not.toHaveBeenCalled()
})

test('a fault of ours is answered with a reference and no detail', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  work.mockRejectedValue(new Error('password=hunter2'))
  const answer = await send()
  expect(answer).toMatchObject({ status: 'refused', sentence: expect.stringContaining('r1') })
  expect(JSON.stringify(answer)).not.toContain('hunter2')
})

test("the framework's own signals pass through", async () => {
  work.mockImplementation(async () => redirect('/groups/staff'))
  await expect(send()).rejects.toMatchObject({ digest: expect.stringContaining('/groups/staff') })
})

test('set-up needs no session, but the same origin and a limit per address', async () => {
  const setUp = strangerAction(schema, async () => 'done')
  expect(await setUp({ status: 'idle' }, formOf([['name', 'x']]))).toEqual({ status: 'done', result: 'done' })
  expect(limit).toHaveBeenCalledExactlyOnceWith('ui:setup:192.0.2.1', 20, 900)
  session.isSameOrigin.mockResolvedValue(false)
  expect(await setUp({ status: 'idle' }, formOf([['name', 'x']]))).toMatchObject({ status: 'refused' })
})
