/** A challenge works once, for one endpoint, one subject and one key; every refusal looks the same to the device. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OpensslDevice, opensslDevice, type ScepReply } from '@/e2e/fixtures/openssl-client'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'

const run = promisify(execFile)

let portal: Organisation
let staff: GroupCreated
let students: GroupCreated
const devices: OpensslDevice[] = []

beforeAll(async () => {
  portal = await startOrganisation()
  staff = await portal.createGroup('Staff', 'p256')
  students = await portal.createGroup('Students', 'p256')
}, 240_000)

afterAll(async () => {
  for (const device of devices) await device.remove()
  await portal?.stop()
})

async function raPem(group: GroupCreated): Promise<string> {
  const response = await fetch(`${group.endpoint.scepUrl}?operation=GetCACert`)
  const child = run('openssl', ['pkcs7', '-inform', 'DER', '-print_certs'])
  child.child.stdin?.end(new Uint8Array(await response.arrayBuffer()))
  return /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec((await child).stdout)?.[0] ?? ''
}

async function device(
  group: GroupCreated,
  request: { subject: string; challenge?: string; san?: string },
): Promise<OpensslDevice> {
  const made = await opensslDevice(await raPem(group))
  devices.push(made)
  await made.prepare(request)
  return made
}

async function send(group: GroupCreated, message: Uint8Array): Promise<{ bytes: Uint8Array; status: number }> {
  const response = await fetch(`${group.endpoint.scepUrl}?operation=PKIOperation`, {
    method: 'POST',
    body: message as Uint8Array<ArrayBuffer>,
  })
  return { bytes: new Uint8Array(await response.arrayBuffer()), status: response.status }
}

async function enrol(group: GroupCreated, from: OpensslDevice): Promise<ScepReply & { length: number }> {
  const { bytes } = await send(group, await from.message())
  return { ...(await from.open(bytes)), length: bytes.length }
}

async function serialOf(certificate: string): Promise<string> {
  const child = run('openssl', ['x509', '-noout', '-serial'])
  child.child.stdin?.end(certificate)
  return (await child).stdout.trim().replace('serial=', '')
}

test('used twice, for another subject, elsewhere, empty, revoked, unknown: all refused alike, told apart in the portal', async () => {
  const used = await portal.mint(staff.endpoint.slug, 'CN=alpha')
  expect(await enrol(staff, await device(staff, { subject: 'CN=alpha', challenge: used.challenge }))).toMatchObject({
    status: 'SUCCESS',
  })
  const bound = await portal.mint(staff.endpoint.slug, 'CN=beta')
  const elsewhere = await portal.mint(students.endpoint.slug, 'CN=gamma')
  const revoked = await portal.mint(staff.endpoint.slug, 'CN=delta')
  await portal.json('challenge', 'revoke', revoked.id)

  const replies = [
    await enrol(staff, await device(staff, { subject: 'CN=alpha', challenge: used.challenge })),
    await enrol(staff, await device(staff, { subject: 'CN=other', challenge: bound.challenge })),
    await enrol(
      staff,
      await device(staff, { subject: 'CN=beta', challenge: bound.challenge, san: 'DNS:admin.example.com' }),
    ),
    await enrol(staff, await device(staff, { subject: 'CN=gamma', challenge: elsewhere.challenge })),
    await enrol(staff, await device(staff, { subject: 'CN=delta', challenge: revoked.challenge })),
    await enrol(staff, await device(staff, { subject: 'CN=epsilon', challenge: '0123456789ABCDEF0123456789ABCDEF' })),
    await enrol(staff, await device(staff, { subject: 'CN=zeta' })),
  ]
  for (const reply of replies) expect(reply).toMatchObject({ status: 'FAILURE', failInfo: 2, certificate: null })
  // Same fields, same text: the lengths differ by the transactionID's own length alone, and these are all SHA-1 in hex.
  expect(new Set(replies.map((reply) => reply.length)).size).toBe(1)

  // Neither the stranger's wrong name nor the wrong endpoint burnt anything.
  expect(await enrol(staff, await device(staff, { subject: 'CN=beta', challenge: bound.challenge }))).toMatchObject({
    status: 'SUCCESS',
  })
  expect(
    await enrol(students, await device(students, { subject: 'CN=gamma', challenge: elsewhere.challenge })),
  ).toMatchObject({ status: 'SUCCESS' })

  const types = (await portal.events()).map((event) => event.type)
  for (const type of ['challenge.replayed', 'challenge.mismatch', 'challenge.unknown', 'enrol.request.rejected'])
    expect(types).toContain(type)
})

test('the same request ten times, one after the other and all at once, gets one serial', async () => {
  const { challenge } = await portal.mint(staff.endpoint.slug, 'CN=patient')
  const patient = await device(staff, { subject: 'CN=patient', challenge })
  const message = await patient.message()
  const sequential = []
  for (let n = 0; n < 5; n++) sequential.push(await send(staff, message))
  const parallel = await Promise.all(Array.from({ length: 5 }, () => send(staff, message)))
  const serials = new Set<string>()
  for (const { bytes } of [...sequential, ...parallel]) {
    const { status, certificate } = await patient.open(bytes)
    expect(status).toBe('SUCCESS')
    serials.add(await serialOf(certificate ?? ''))
  }
  expect(serials.size).toBe(1)
})

test('fifty keys at once with one challenge: one certificate', async () => {
  const { challenge } = await portal.mint(staff.endpoint.slug, 'CN=crowded')
  const crowd = await Promise.all(Array.from({ length: 50 }, () => device(staff, { subject: 'CN=crowded', challenge })))
  const messages = await Promise.all(crowd.map((one) => one.message()))
  const answers = await Promise.all(messages.map((message) => send(staff, message)))
  const replies = await Promise.all(
    answers.map(({ status, bytes }, index) => (status === 200 ? crowd[index]?.open(bytes) : undefined)),
  )
  const successes = replies.filter((reply) => reply?.status === 'SUCCESS')
  // Wrong challenges are limited per address, so some of the crowd may be told to come back later; none gets a second one.
  expect(successes).toHaveLength(1)
  const list = await portal.json<{ items: unknown[] }>('certificate', 'list', '--search', 'crowded')
  expect(list.items).toHaveLength(1)
}, 120_000)

// 17 is signed by a certificate of the device's own making, 21 and 22 carry a CSR instead of a name.
test.each(['0', '3', '17', '18', '21', '22', '99', 'abc'])(
  'message type %s issues nothing and burns nothing',
  async (messageType) => {
    const { challenge } = await portal.mint(staff.endpoint.slug, 'CN=typed')
    const typed = await device(staff, { subject: 'CN=typed', challenge })
    const { bytes, status } = await send(staff, await typed.message({ messageType }))
    expect(status).toBe(200)
    expect(await typed.open(bytes)).toMatchObject({ status: 'FAILURE' })
    expect(await enrol(staff, typed)).toMatchObject({ status: 'SUCCESS' })
  },
)

test('garbage, PEM, an empty body and too much of it are client errors, never a 500', async () => {
  const bodies: [Uint8Array, number][] = [
    [new Uint8Array(0), 400],
    [crypto.getRandomValues(new Uint8Array(2_000)), 400],
    [new TextEncoder().encode('-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----'), 400],
    [new Uint8Array(200_000), 413],
  ]
  for (const [body, expected] of bodies)
    expect((await send(staff, body).catch(() => ({ status: 413 }))).status).toBe(expected)
})
