/** The pace of one caller: what is let through, what is refused, and what it leaves behind. */
import { beforeEach, expect, test } from 'vitest'
import type { AuditEntry } from './audit'
import { createPace, PACES, type Pace, type PaceKind } from './pace'

let now: Date
let trail: AuditEntry[]
let pace: Pace

beforeEach(() => {
  now = new Date('2026-11-23T12:00:00Z')
  trail = []
  pace = createPace({ audit: { record: async (entry) => void trail.push(entry) }, clock: () => now })
})

const later = (ms: number) => {
  now = new Date(now.getTime() + ms)
}
const refusalOf = (kind: PaceKind, caller: string) =>
  pace.keep(kind, caller).then(
    () => null,
    (refusal: unknown) => refusal,
  )
async function sent(kind: PaceKind, caller: string, count: number): Promise<number> {
  let passed = 0
  for (let index = 0; index < count; index += 1) if ((await refusalOf(kind, caller)) === null) passed += 1
  return passed
}

test('a session has 600 requests, then as many as flow in again', async () => {
  expect(await sent('session', 'token', 700)).toBe(600)
  expect(await refusalOf('session', 'token')).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 1 })
  later(1_000)
  expect(await sent('session', 'token', 20)).toBe(10)
  later(600_000)
  expect(await sent('session', 'token', 700)).toBe(600)
})

test('nobody spends what is another’s, nor what is of another kind', async () => {
  await sent('session', 'one', 601)
  expect(await sent('session', 'two', 600)).toBe(600)
  expect(await sent('api-key', 'one', 600)).toBe(600)
})

test('a clock that is set back gives nothing and takes nothing', async () => {
  await sent('session', 'token', 600)
  later(-3_600_000)
  expect(await sent('session', 'token', 1)).toBe(0)
  later(1_000)
  expect(await sent('session', 'token', 20)).toBe(10)
})

test('the trail hears of it once a minute, without the secret', async () => {
  await sent('session', 'the token', 700)
  expect(trail).toMatchObject([{ type: 'system.rate_limited', data: { bucket: 'pace:session', limit: 600 } }])
  expect(JSON.stringify(trail)).not.toContain('the token')
  later(60_000)
  await sent('session', 'the token', 700)
  expect(trail).toHaveLength(2)
})

test('reports of strangers are bounded and leave no event', async () => {
  expect(await sent('csp-report', '192.0.2.1', 100)).toBe(PACES['csp-report'].perMinute)
  expect(trail).toEqual([])
})

test('callers without number take no memory without end, and cost whoever is at it nothing', async () => {
  await sent('session', 'patient', 600)
  for (let index = 0; index < 19_000; index += 1) await pace.keep('session', `stranger ${index}`)
  expect(await sent('session', 'patient', 1)).toBe(0)
  for (let index = 0; index < 21_000; index += 1) await pace.keep('session', `other ${index}`)
  expect(await sent('session', 'patient', 1)).toBe(1)
})
