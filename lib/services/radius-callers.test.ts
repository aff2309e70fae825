import { beforeEach, expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import { createRadiusCallers, KEY_HOLDS_MS, type RadiusCallers } from './radius-callers'
import { actor, NOON } from './testing/harness'

const ORIGIN = { ip: '192.0.2.5', userAgent: 'FreeRADIUS 3.2.1', requestId: 'request-9' }
let now: Date
let asked: (string | null)[]
let limited: number
let answer: () => Promise<Actor>
let callers: RadiusCallers

beforeEach(() => {
  now = NOON
  asked = []
  limited = 0
  answer = async () => actor('radius')
  callers = createRadiusCallers({
    access: {
      actorOfApiKey: (_origin, authorization) => {
        asked.push(authorization)
        return answer()
      },
      limit: async () => {
        limited += 1
      },
    },
    clock: () => now,
  })
})
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

test.each([
  ['Bearer lk_key', 'Bearer lk_key'],
  [basic('anything:lk_key'), 'Bearer lk_key'],
  [basic(':lk_key'), 'Bearer lk_key'],
  [basic('lk_key'), 'Bearer lk_key'],
  [null, null],
])('%s is the key %s', async (authorization, bearer) => {
  expect(await callers.actorOf(ORIGIN, authorization)).toMatchObject({ role: 'radius', ...ORIGIN })
  expect(asked).toEqual([bearer])
})

test('a key is looked up once in some seconds, and each key by itself', async () => {
  await Promise.all([1, 2, 3].map(() => callers.actorOf(ORIGIN, 'Bearer a')))
  await callers.actorOf({ ...ORIGIN, ip: '192.0.2.6' }, basic('x:a'))
  expect(asked).toEqual(['Bearer a'])
  await callers.actorOf(ORIGIN, 'Bearer b')
  expect(asked).toEqual(['Bearer a', 'Bearer b'])
})

test('a revoked key is refused once those seconds are over', async () => {
  await callers.actorOf(ORIGIN, 'Bearer a')
  answer = async () => {
    throw new Refusal('unauthenticated', 'Send a valid key.')
  }
  now = new Date(NOON.getTime() + KEY_HOLDS_MS)
  await expect(callers.actorOf(ORIGIN, 'Bearer a')).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(limited).toBe(1)
})

test('an outage is not remembered', async () => {
  answer = async () => {
    throw new Refusal('unavailable', 'Later.')
  }
  await expect(callers.actorOf(ORIGIN, 'Bearer a')).rejects.toMatchObject({ code: 'unavailable' })
  answer = async () => actor('radius')
  expect(await callers.actorOf(ORIGIN, 'Bearer a')).toMatchObject({ role: 'radius' })
})
