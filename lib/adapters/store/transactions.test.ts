/** An enrolment's audit trail on Postgres: the event of its own refusal, whatever that names and whoever else is refused. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EnrolmentPortal, enrolmentPortal, REQUEST, type Told } from '@/lib/services/testing/enrolment'
import { actor } from '@/lib/services/testing/harness'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

let backing: Awaited<ReturnType<typeof postgresEnrolmentBacking>>
let portal: EnrolmentPortal
beforeAll(async () => {
  backing = await postgresEnrolmentBacking()
  const many = { count: 10_000, seconds: 600 }
  const limits = {
    ...{ operations: many, wrongChallenges: many, guessesAtEndpoint: many, decryptionFailures: many },
    recordedFailures: 1_000,
  }
  portal = await enrolmentPortal(backing, { limits, patienceMilliseconds: 15_000 })
})
afterAll(() => backing.close())

async function refuse(told: Told): Promise<string> {
  const device = await portal.device({ challenge: 'NEVERMINTED', ...told })
  expect((await device.enrol()).pkiStatus).toBe('FAILURE')
  return device.transactionId
}

const rowOf = async (transactionId: string) =>
  backing.database.enrolmentTransaction.findFirstOrThrow({
    where: { transactionId: Buffer.from(transactionId) },
    orderBy: { createdAt: 'desc' },
    select: { id: true },
  })

const historyOf = async (id: string, groups?: readonly string[]) =>
  (await portal.transactions.get({ ...actor('operator'), ...(groups && { groups }) }, id)).history

test('a challenge that nobody knows: the event names the endpoint', async () => {
  const { id } = await rowOf(await refuse({ key: 'ec' }))
  for (const groups of [undefined, [portal.group.slug]])
    expect(await historyOf(id, groups)).toMatchObject([
      { type: 'challenge.unknown', reason: 'challenge_unknown', object: { type: 'endpoint' } },
    ])
})

test('a static secret from an address that is not allowed: the event names the secret', async () => {
  const { endpoint } = await portal.createGroup('Fixed')
  await backing.setEndpoint(endpoint.slug, { policy: 'static' })
  const bounds = {
    ...{ subjectTemplate: 'CN=*,O=Example', allowedAddresses: ['192.0.2.0/24'] },
    ...{ maxUses: 5, perHour: 5, expiresInDays: 30 },
  }
  const { secret } = await portal.staticSecrets.create(actor('admin'), endpoint.slug, bounds)
  const { id } = await rowOf(await refuse({ endpoint: endpoint.slug, challenge: secret, ip: '198.51.100.1' }))
  expect(await historyOf(id)).toMatchObject([{ reason: 'static_secret_address', object: { type: 'static-secret' } }])
})

test('a challenge for another subject is in the trail once, among what else became of it', async () => {
  const { challenge } = await portal.mint()
  const { id } = await rowOf(await refuse({ challenge, subject: [{ type: 'CN', value: 'stranger' }], key: 'ec' }))
  const types = (await historyOf(id)).map(({ type, reason }) => `${type} ${reason}`)
  expect(types.filter((type) => type.endsWith('subject_mismatch'))).toHaveLength(1)
  expect(types).toContain('challenge.minted null')
})

test('of forty that are refused at once each has its own', { timeout: 60_000 }, async () => {
  const sent = await Promise.all(
    Array.from({ length: 40 }, (_, number) => refuse({ key: 'ec', ip: `198.51.100.${number + 1}` })),
  )
  const histories = await Promise.all(sent.map(async (transactionId) => historyOf((await rowOf(transactionId)).id)))
  expect(histories.map((events) => events.length)).toEqual(sent.map(() => 1))
  expect(histories.map(([event]) => event?.source.ip)).toEqual(sent.map((_, number) => `198.51.100.${number + 1}`))
  expect(new Set(histories.map(([event]) => event?.id)).size).toBe(40)
})

test('of many that use one transactionID each has its own', { timeout: 60_000 }, async () => {
  const transactionId = 'ALWAYS-THE-SAME'
  await Promise.all(Array.from({ length: 20 }, () => refuse({ key: 'ec', transactionId })))
  const rows = await backing.database.enrolmentTransaction.findMany({
    where: { transactionId: Buffer.from(transactionId) },
    select: { id: true, csrSha256: true },
  })
  expect(rows).toHaveLength(20)
  for (const { id, csrSha256 } of rows) {
    const sha256 = `sha256:${Buffer.from(csrSha256 ?? []).toString('hex')}`
    expect(await historyOf(id)).toMatchObject([{ data: { csrSha256: sha256 } }])
  }
})

test('a request that came from another address first has its event all the same', async () => {
  const { id } = await rowOf(await refuse({ key: 'ec' }))
  await backing.database.enrolmentTransaction.update({
    where: { id },
    data: { sourceIp: '203.0.113.5' },
    select: { id: true },
  })
  expect(await historyOf(id)).toHaveLength(1)
})

test('a message that nobody can read has the event from its own address', async () => {
  const before = new Date()
  const addresses = ['198.51.100.101', '198.51.100.102']
  const body = new Uint8Array([0x30, 0x03, 1, 1, 0])
  await Promise.all(addresses.map((ip) => portal.scep.handle({ ...REQUEST, endpoint: portal.slug, body, ip })))
  const rows = await backing.database.enrolmentTransaction.findMany({
    where: { createdAt: { gte: before }, sourceIp: { in: addresses } },
    select: { id: true, sourceIp: true },
  })
  expect(rows).toHaveLength(2)
  for (const { id, sourceIp } of rows)
    expect(await historyOf(id)).toMatchObject([{ source: { ip: sourceIp }, object: { type: 'endpoint' } }])
})
