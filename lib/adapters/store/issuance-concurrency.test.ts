/** Many callers at one instant, on Postgres: one certificate, one event, rising numbers. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemActor } from '@/lib/services/actor'
import { createGroups } from '@/lib/services/groups'
import { createStatus } from '@/lib/services/status'
import { actor, deviceActor, type Installation, installation, newDevice, proofOf } from '@/lib/services/testing/harness'
import { openDatabase } from './database'
import { statusStore } from './status'
import { postgresBacking } from './testing/postgres-backing'

let backing: Awaited<ReturnType<typeof postgresBacking>>
let portal: Installation
let endpointId: string
let issuerId: string
const admin = actor('admin')

beforeAll(async () => {
  backing = await postgresBacking()
  portal = installation(backing)
  await portal.setUp()
  const group = await portal.createGroup()
  endpointId = group.endpoint.id
  issuerId = group.issuer.id
})

afterAll(() => backing.close())

const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

test('fifty parallel requests with one challenge and key give one certificate and one trail', async () => {
  const device = newDevice()
  const { proof, challengeId } = await portal.reserve(endpointId, device)
  const { result, trail } = await portal.trailOf(() =>
    times(50, () => portal.issuance.issueLeaf({ actor: deviceActor(), proof, csr: device.csr })),
  )
  expect(new Set(result.map(({ serial }) => serial)).size).toBe(1)
  expect(new Set(result.map(({ der }) => Buffer.from(der).toString('hex'))).size).toBe(1)
  expect(trail.map(({ type }) => type)).toEqual([
    'certificate.issue_intent',
    'certificate.issued',
    'challenge.consumed',
  ])
  expect(await backing.database.certificate.count({ where: { challengeId } })).toBe(1)
})

test('two who sign the same intent at the same instant both answer with the signature that is stored', async () => {
  const device = newDevice()
  const { proof, challengeId } = await portal.reserve(endpointId, device)
  const { signCertificate } = portal.signer
  const together = Promise.withResolvers<void>()
  let signed = 0
  portal.signer.signCertificate = async (id) => {
    const der = await signCertificate(id)
    signed += 1
    if (signed === 2) together.resolve()
    await together.promise
    return der
  }
  const issued = await times(2, () => portal.issuance.issueLeaf({ actor: deviceActor(), proof, csr: device.csr }))
  portal.signer.signCertificate = signCertificate
  const { der } = await backing.database.certificate.findUniqueOrThrow({ where: { challengeId } })
  for (const each of issued) expect(Buffer.from(each.der).toString('hex')).toBe(Buffer.from(der ?? []).toString('hex'))
})

test('of fifty parallel requests with one challenge the key that holds it gets the certificate', async () => {
  const holder = newDevice()
  const reservation = await portal.reserve(endpointId, holder)
  const devices = [holder, ...Array.from({ length: 49 }, () => newDevice())]
  const outcomes = await Promise.allSettled(
    devices.map((device) =>
      portal.issuance.issueLeaf({ actor: deviceActor(), proof: reservation.proof, csr: device.csr }),
    ),
  )
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(outcomes[0]?.status).toBe('fulfilled')
  for (const outcome of outcomes.slice(1)) expect(outcome).toMatchObject({ reason: { code: 'conflict' } })
  expect(await backing.database.certificate.count({ where: { challengeId: reservation.challengeId } })).toBe(1)
})

test('fifty devices at once get fifty serials, and the chain of the trail has no gap', async () => {
  const issued = await times(50, () => portal.enrol(endpointId))
  expect(new Set(issued.map(({ serial }) => serial)).size).toBe(50)
  const rows = await backing.database.auditEvent.findMany({ orderBy: { seq: 'asc' }, select: { seq: true } })
  expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_, index) => index + 1))
})

test('issuing, reconciling and giving up at once never leave a certificate without its challenge', async () => {
  const settled = await times(10, async () => {
    const device = newDevice()
    const { proof, challengeId } = await portal.reserve(endpointId, device)
    const job = systemActor('job', 'test')
    const crashing = installation(backing, { checkpoint: () => Promise.reject(new Error('killed')) })
    await crashing.issuance.issueLeaf({ actor: deviceActor(), proof, csr: device.csr }).catch(() => {})
    const { id } = await backing.database.certificate.findFirstOrThrow({ where: { challengeId } })
    await Promise.allSettled([
      portal.issuance.complete(job, id),
      portal.issuance.issueLeaf({ actor: deviceActor(), proof, csr: device.csr }),
      portal.stores.issuance.abandon({ certificateId: id, reason: 'gave_up', at: portal.time.now, events: () => [] }),
    ])
    return { certificate: await backing.certificateState(id), challenge: await backing.challengeState(challengeId) }
  })
  for (const { certificate, challenge } of settled) {
    expect([
      { certificate: 'issued', challenge: 'consumed' },
      { certificate: 'abandoned', challenge: 'pending' },
    ]).toContainEqual({ certificate, challenge })
  }
})

test('another transaction that continues the intent is finished as well', async () => {
  const device = newDevice()
  const reservation = await portal.reserve(endpointId, device)
  const transactions = [
    reservation.enrolmentTransactionId,
    ...(await times(4, () => backing.addTransaction(endpointId, portal.time.now))),
  ]
  const issued = await Promise.all(
    transactions.map((enrolmentTransactionId) =>
      portal.issuance.issueLeaf({
        actor: deviceActor(),
        proof: proofOf({ ...reservation, enrolmentTransactionId, endpointId }, device),
        csr: device.csr,
      }),
    ),
  )
  expect(new Set(issued.map(({ id }) => id)).size).toBe(1)
  for (const id of transactions)
    expect(await backing.transaction(id)).toMatchObject({ state: 'issued', certificateId: issued[0]?.id })
})

test('parallel revocations leave one event and one reason', async () => {
  const { id } = await portal.enrol(endpointId)
  const { result, trail } = await portal.trailOf(() =>
    Promise.allSettled(
      Array.from({ length: 20 }, () => portal.certificates.revoke(admin, id, { reason: 'keyCompromise' })),
    ),
  )
  expect(result.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(trail.map(({ type }) => type)).toEqual(['certificate.revoked'])
})

test('two instances publishing at once use distinct, rising numbers', async () => {
  const other = openDatabase(backing.url)
  const clock = () => portal.time.now
  const instances = [backing.database, other].map((database) =>
    createStatus({ store: statusStore(database), signer: portal.signer, clock }),
  )
  await Promise.all(instances.map((status) => status.publishDueCrls()))
  for (let round = 0; round < 5; round += 1) {
    // After a burst further lists wait some seconds.
    portal.time.now = new Date(portal.time.now.getTime() + 10_000)
    const revoked = await portal.enrol(endpointId)
    const [, ...published] = await Promise.all([
      portal.certificates.revoke(admin, revoked.id, { reason: 'superseded' }),
      ...[...instances, ...instances].map((status) => status.publishDueCrls()),
    ])
    const rest = await Promise.all(instances.map((status) => status.publishDueCrls()))
    expect([...published, ...rest].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
    expect(await backing.crlDueSince(issuerId)).toBeNull()
  }
  await other.$disconnect()
  const whole = { authorityId: issuerId, shard: 0 }
  const crls = await backing.database.crl.findMany({ where: whole, orderBy: { number: 'asc' } })
  const numbers = crls.map(({ number }) => Number(number))
  expect(numbers).toEqual([...new Set(numbers)])
  expect(crls.map(({ thisUpdate }) => thisUpdate.getTime())).toEqual(
    crls.map(({ thisUpdate }) => thisUpdate.getTime()).sort((a, b) => a - b),
  )
  const revoked = await backing.database.certificate.count({
    where: { authorityId: issuerId, revokedAt: { not: null } },
  })
  expect(crls.at(-1)?.entries).toBe(revoked)
})

test('of parallel groups with one name there is one; alike names get different slugs', async () => {
  const groups = createGroups({ ...portal.deps, store: portal.stores.groups })
  const create = (name: string) => groups.create(admin, { name, issuerKey: 'p256' })
  const same = await Promise.allSettled([create('Printers'), create('printers'), create('Printers!')])
  expect(same.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
  const slugs = (await groups.list(admin)).map(({ slug }) => slug)
  expect(slugs).toEqual(expect.arrayContaining(['printers', 'printers-2']))
})
