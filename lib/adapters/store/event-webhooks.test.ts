/** Events are told at least once, in order, signed so that the receiver can tell; and a secret is replaced without a gap. */
import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createEventDelivery } from '@/lib/services/event-delivery'
import { WEBHOOK_EVENTS } from '@/lib/services/event-webhook-types'
import { createEventWebhooks } from '@/lib/services/event-webhooks'
import type { OutboundAnswer, OutboundRequest } from '@/lib/services/outbound'
import { actor } from '@/lib/services/testing/harness'
import { openDatabase } from './database'
import { eventWebhookStore } from './event-webhooks'
import { type DevicePortal, devicePortal } from './testing/device-portal'

const admin = actor('admin')
let all: DevicePortal
let sent: OutboundRequest[]
let answer: OutboundAnswer
let answerOf: (request: OutboundRequest) => OutboundAnswer

const SETTINGS = {
  name: 'Ticket system',
  url: 'https://hooks.example.com/latchkey',
  events: [...WEBHOOK_EVENTS],
  allowedHosts: [],
}
const OK: OutboundAnswer = { answered: true, status: 204, body: new Uint8Array(), address: '192.0.2.1' }

beforeEach(async () => {
  all = await devicePortal()
  sent = []
  answer = OK
  answerOf = () => answer
})
afterEach(() => all.close())

const clock = () => all.portal.time.now
const service = () =>
  createEventWebhooks({
    store: eventWebhookStore(all.database),
    signer: all.portal.signer,
    outbound: { send: sending },
    limit: async () => {},
    clock,
  })
const sending = async (request: OutboundRequest) => {
  sent.push(request)
  return answerOf(request)
}
const delivery = (database = all.database) =>
  createEventDelivery({
    store: eventWebhookStore(database),
    signer: all.portal.signer,
    clock,
    outbound: { send: sending },
  })
const deliver = () => delivery().advance(clock())
const told = () => sent.map(({ body }) => (JSON.parse(Buffer.from(body).toString()) as { type: string }).type)
const signature = (request: OutboundRequest | undefined, secret: string) => {
  const { 'webhook-id': id, 'webhook-timestamp': at } = request?.headers ?? {}
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signed = createHmac('sha256', key)
    .update(`${id}.${at}.`)
    .update(request?.body ?? new Uint8Array())
  return `v1,${signed.digest('base64')}`
}

test('what happens from then on is told once, signed, with what the trail says of it', async () => {
  await all.enrol('before')
  const { secret } = await service().create(admin, SETTINGS)
  const { id, serial } = await all.enrol('after')
  await all.portal.certificates.revoke(admin, id, { reason: 'keyCompromise' })
  await deliver()
  await deliver()
  expect(told()).toEqual(['certificate.issued', 'certificate.revoked'])
  const [issued, revoked] = sent
  expect(issued?.headers['webhook-signature']).toBe(signature(issued, secret))
  expect(issued?.headers['webhook-id']).not.toBe(revoked?.headers['webhook-id'])
  expect(JSON.parse(Buffer.from(revoked?.body ?? []).toString())).toMatchObject({
    type: 'certificate.revoked',
    data: { serial, reasonCode: 'keyCompromise', object: { type: 'certificate', id } },
  })
})

test('only what was chosen is told, and of our own certificates nothing', async () => {
  await service().create(admin, { ...SETTINGS, events: ['certificate.issued'] })
  await all.portal.createGroup('Another')
  const { id } = await all.enrol('device')
  await all.portal.certificates.revoke(admin, id, { reason: 'superseded' })
  await deliver()
  expect(told()).toEqual(['certificate.issued'])
})

test('one that does not answer has a batch of its own in a run, and keeps nothing from the others', async () => {
  await service().create(admin, { ...SETTINGS, url: 'https://away.example.com/', events: ['certificate.issued'] })
  await service().create(admin, { ...SETTINGS, events: ['certificate.issued'] })
  for (let number = 0; number < 25; number += 1) await all.enrol(`device-${number}`)
  answerOf = ({ url }) =>
    url.includes('away') ? { answered: false, fault: 'timeout', detail: 'It did not answer in time.' } : OK
  await deliver()
  const to = (host: string) => sent.filter(({ url }) => new URL(url).host === host).length
  expect([to('away.example.com'), to('hooks.example.com')]).toEqual([20, 25])
})

test('what fails is tried again later with the same id, and given up in the end with an event', async () => {
  const { view } = await service().create(admin, SETTINGS)
  await all.enrol('device')
  answer = { answered: true, status: 503, body: new Uint8Array(), address: '192.0.2.1' }
  await deliver()
  await deliver()
  expect(sent).toHaveLength(1)
  all.later(6)
  answer = { answered: false, fault: 'address_refused', detail: '10.0.0.1 is private.' }
  await deliver()
  expect(sent).toHaveLength(2)
  expect(sent[0]?.headers['webhook-id']).toBe(sent[1]?.headers['webhook-id'])
  expect((await service().list(admin))[0]).toMatchObject({ waiting: 1, lastError: expect.stringContaining('10.0.0.1') })
  for (let attempt = 0; attempt < 8; attempt += 1) {
    all.later(86_401)
    await deliver()
  }
  expect(sent).toHaveLength(10)
  expect((await service().list(admin))[0]).toMatchObject({ waiting: 0, givenUp: 1 })
  expect((await service().deliveries(admin, view.id))[0]).toMatchObject({ attempts: 10, event: 'certificate.issued' })
  const trail = await all.portal.backing.trail()
  expect(trail.filter(({ type }) => type === 'event_webhook.failed')).toHaveLength(1)
})

test('a receiver that takes nothing keeps no other from hearing all there is to hear', async () => {
  await service().create(admin, { ...SETTINGS, name: 'Dead', url: 'https://dead.example.com/' })
  await service().create(admin, SETTINGS)
  for (let at = 0; at < 25; at += 1) await all.enrol(`device-${at}`)
  const gone: OutboundAnswer = { answered: false, fault: 'timeout', detail: 'No answer in time.' }
  answerOf = ({ url }) => (url.includes('dead') ? gone : OK)
  await deliver()
  const hosts = sent.map(({ url }) => new URL(url).host)
  expect(hosts.filter((host) => host === 'dead.example.com')).toHaveLength(20)
  expect(hosts.filter((host) => host === 'hooks.example.com')).toHaveLength(25)
})

test('a secret that does not open keeps no other webhook from being told', async () => {
  const { view } = await service().create(admin, SETTINGS)
  await service().create(admin, { ...SETTINGS, name: 'Other', url: 'https://other.example.com/' })
  await all.database.eventWebhook.update({ where: { id: view.id }, data: { secretSealed: new Uint8Array([1]) } })
  for (let at = 0; at < 22; at += 1) await all.enrol(`device-${at}`)
  await expect(deliver()).rejects.toThrow()
  expect(sent.map(({ url }) => new URL(url).host)).toEqual(Array.from({ length: 22 }, () => 'other.example.com'))
})

test('while it is paused events wait, and come when it goes on', async () => {
  const { view } = await service().create(admin, SETTINGS)
  await service().change(admin, view.id, { paused: true })
  await all.enrol('one')
  await all.enrol('two')
  await deliver()
  expect(sent).toEqual([])
  await service().change(admin, view.id, { paused: false })
  await deliver()
  expect(told()).toEqual(['certificate.issued', 'certificate.issued'])
})

test('for a day after its secret was replaced both sign, then the new one alone', async () => {
  const { view, secret: before } = await service().create(admin, SETTINGS)
  const { secret: after } = await service().rotateSecret(admin, view.id)
  await all.enrol('one')
  await deliver()
  const both = sent[0]?.headers['webhook-signature']
  expect(both).toBe(`${signature(sent[0], after)} ${signature(sent[0], before)}`)
  all.later(86_401)
  await all.enrol('two')
  await deliver()
  expect(sent[1]?.headers['webhook-signature']).toBe(signature(sent[1], after))
})

test('instances that work at once tell each event once', async () => {
  await service().create(admin, SETTINGS)
  for (const name of ['a', 'b', 'c', 'd']) await all.enrol(name)
  const others = [openDatabase(all.url), openDatabase(all.url)]
  await Promise.all([...others, all.database].map((database) => delivery(database).advance(clock())))
  await Promise.all(others.map((database) => database.$disconnect()))
  await deliver()
  expect(told()).toHaveLength(4)
})

test('what is removed hears nothing more, and only administrators change any of it', async () => {
  const { view } = await service().create(admin, SETTINGS)
  await all.enrol('one')
  await service().remove(admin, view.id)
  await deliver()
  expect(sent).toEqual([])
  expect(await service().list(admin)).toEqual([])
  await expect(service().rotateSecret(admin, view.id)).rejects.toMatchObject({ code: 'not_found' })
  await expect(service().create(actor('operator'), SETTINGS)).rejects.toMatchObject({ code: 'forbidden' })
})

test.each([
  { url: 'ftp://hooks.example.com/' },
  { url: 'https://user:secret@hooks.example.com/' },
  { name: ' ' },
  { events: [] },
  { events: ['everything'] as never },
  { allowedHosts: ['two words'] },
])('%j is refused', async (wrong) => {
  await expect(service().create(admin, { ...SETTINGS, ...wrong })).rejects.toMatchObject({ code: 'invalid_input' })
})

test('the trail of its administration names what changed and no secret', async () => {
  const { view, secret } = await service().create(admin, SETTINGS)
  await service().change(admin, view.id, { name: 'Tickets', events: ['certificate.revoked'] })
  await service().rotateSecret(admin, view.id)
  const events = await all.database.auditEvent.findMany({
    where: { objectType: 'event-webhook' },
    orderBy: { seq: 'asc' },
  })
  expect(events.map(({ type }) => type)).toEqual([
    'event_webhook.created',
    'event_webhook.updated',
    'event_webhook.updated',
  ])
  const text = events.map(({ payload }) => Buffer.from(payload).toString()).join()
  expect(text).not.toContain(secret.slice(6))
})

test('a test is sent at once, signed, and stands in the history without being counted as an event that was lost', async () => {
  const { view, secret } = await service().create(admin, { ...SETTINGS, events: ['certificate.revoked'] })
  expect(await service().test(admin, view.id)).toEqual({ works: true, status: 204, sentence: 'It answered HTTP 204.' })
  expect(sent[0]?.headers['webhook-signature']).toBe(signature(sent[0], secret))
  all.later(1)
  answer = { answered: true, status: 500, body: new Uint8Array(), address: '192.0.2.1' }
  expect(await service().test(admin, view.id)).toMatchObject({ works: false, status: 500 })
  await deliver()
  expect(told()).toEqual(['webhook.test', 'webhook.test'])
  expect(await service().deliveries(admin, view.id)).toMatchObject([
    { event: 'webhook.test', status: 500, deliveredAt: null },
    { event: 'webhook.test', status: 204, givenUpAt: null },
  ])
  expect((await service().list(admin))[0]).toMatchObject({ givenUp: 0, waiting: 0, lastError: null })
  const trail = await all.portal.backing.trail()
  expect(trail.filter(({ type }) => type === 'event_webhook.tested').map(({ outcome }) => outcome)).toEqual([
    'success',
    'failure',
  ])
  await expect(service().test(actor('operator'), view.id)).rejects.toMatchObject({ code: 'forbidden' })
})
