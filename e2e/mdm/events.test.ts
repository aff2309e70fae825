/** An MDM that posts events, over real HTTP to the real product: believed by its signature alone, and acted on once. */
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { signatureHeaders } from '@/lib/services/webhook-signature'

interface Connected {
  slug: string
  hookUrl: string
  hookSecret: string
}

let database: TestDatabase
let portal: Organisation
let mdm: Connected

beforeAll(async () => {
  database = await testDatabase()
  portal = await startOrganisation({ databaseUrl: database.url })
  mdm = await portal.json<Connected>('connector', 'create', '--kind', 'events', '--name', 'Mosyle', '--slug', 'mosyle')
}, 240_000)
afterAll(async () => {
  await portal?.stop()
  await database?.drop()
})

function send(event: unknown, more: { id?: string; secret?: string; url?: string; at?: Date } = {}) {
  const { id = crypto.randomUUID(), secret = mdm.hookSecret, url = mdm.hookUrl, at = new Date() } = more
  const body = Buffer.from(JSON.stringify(event))
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const headers = {
    'Content-Type': 'application/json',
    ...signatureHeaders('standard', key, { id, connectionId: '', at, body }),
  }
  return fetch(url, { method: 'POST', body, headers })
}

async function devices() {
  const client = new pg.Client({ connectionString: database.adminUrl })
  await client.connect()
  const { rows } = await client.query(
    'select external_id, serial, management, compliance, user_disabled from device order by external_id',
  )
  await client.end()
  return rows
}

test('what happened to a device is known at once', async () => {
  expect(mdm.hookUrl).toBe(`${portal.url}/hooks/mosyle`)
  const device = { id: 'd-1', serial: 'c02example01', name: 'MB-17' }
  const user = { email: 'ada@example.com' }
  const enrolled = await send({ type: 'device.enrolled', data: { device, user } })
  expect([enrolled.status, await enrolled.json()]).toEqual([
    200,
    { id: expect.any(String), type: 'device.enrolled', acted: true, devices: 1 },
  ])
  expect((await send({ type: 'device.noncompliant', data: { device: { serial: 'C02EXAMPLE01' } } })).status).toBe(200)
  expect(await (await send({ type: 'user.disabled', data: { user } })).json()).toMatchObject({ devices: 1 })
  expect(await devices()).toEqual([
    {
      external_id: 'd-1',
      serial: 'C02EXAMPLE01',
      management: 'managed',
      compliance: 'noncompliant',
      user_disabled: true,
    },
  ])
})

test('a message that comes again is answered alike and acted on once', async () => {
  const removed = { type: 'device.removed', data: { device: { id: 'd-1' } } }
  const both = await Promise.all([send(removed, { id: 'once' }), send(removed, { id: 'once' })])
  expect(both.map(({ status }) => status).toSorted()[0]).toBe(200)
  const answers = await Promise.all([1, 2].map(async () => (await send(removed, { id: 'once' })).json()))
  expect(answers[0]).toEqual(answers[1])
  expect(await devices()).toMatchObject([{ management: 'removed' }])
})

test('strangers are all told the same', async () => {
  const event = { type: 'device.wiped', data: { device: { id: 'd-1' } } }
  const wrong = `whsec_${Buffer.alloc(64, 1).toString('base64')}`
  const answers = await Promise.all([
    send(event, { secret: wrong }),
    send(event, { url: `${portal.url}/hooks/nobody` }),
    fetch(mdm.hookUrl, { method: 'POST', body: JSON.stringify(event) }),
  ])
  const told = await Promise.all(
    answers.map(async (answer) => {
      const { requestId: _, ...problem } = (await answer.json()) as { requestId: string }
      return { status: answer.status, type: answer.headers.get('content-type'), problem }
    }),
  )
  expect(told[0]).toMatchObject({ status: 401, type: 'application/problem+json', problem: { code: 'unauthenticated' } })
  expect(told[1]).toEqual(told[0])
  expect(told[2]).toEqual(told[0])
  expect(await devices()).toMatchObject([{ management: 'removed' }])
})

test('other methods, bodies too large and messages of another time are refused in clear words', async () => {
  expect((await fetch(mdm.hookUrl)).status).toBe(405)
  const large = await fetch(mdm.hookUrl, { method: 'POST', body: 'x'.repeat(64 * 1024 + 1) })
  expect(large.status).toBe(413)
  const event = { type: 'device.compliant', data: { device: { id: 'd-1' } } }
  const stale = await send(event, { at: new Date(Date.now() - 10 * 60_000) })
  expect([stale.status, await stale.json()]).toMatchObject([400, { detail: expect.stringContaining('five minutes') }])
  const nameless = await send({ type: 'device.removed', data: { device: {} } })
  expect([nameless.status, await nameless.json()]).toMatchObject([400, { errors: [{ field: 'data.device' }] }])
  expect((await send({ type: 'fleet.renamed', data: {} })).status).toBe(202)
})

test('a new secret is believed at once, the one before for a while, and everything is in the log', async () => {
  const rotated = await portal.json<Connected>('connector', 'rotate-secret', 'mosyle')
  const event = { type: 'device.compliant', data: { device: { id: 'd-1' } } }
  for (const secret of [rotated.hookSecret, mdm.hookSecret]) expect((await send(event, { secret })).status).toBe(200)
  const { items } = await portal.json<{ items: { operation: string; outcome: string; code: string | null }[] }>(
    'connector',
    'calls',
    'mosyle',
    '--limit',
    '100',
  )
  const seen = items.map(({ operation, outcome, code }) => [operation, outcome, code].join(' '))
  for (const line of [
    'device.enrolled success ',
    'device.removed success repeated',
    'message refused unauthenticated',
    'message refused stale',
    'message refused malformed_event',
    'fleet.renamed success ignored',
    'device.compliant success ',
  ])
    expect(seen).toContain(line)
  expect(JSON.stringify(items)).not.toContain(mdm.hookSecret)
  await portal.json('connector', 'change', 'mosyle', '--disable')
  expect((await send(event)).status).toBe(401)
})
