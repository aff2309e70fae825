/** The challenge policies on Postgres: the contracts, and rivals at the same instant. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { approvalContract, person } from '@/lib/services/testing/approval-contract'
import { type EnrolmentPortal, enrolmentPortal } from '@/lib/services/testing/enrolment'
import { actor } from '@/lib/services/testing/harness'
import { staticSecretContract } from '@/lib/services/testing/static-contract'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

staticSecretContract('on Postgres', postgresEnrolmentBacking)
approvalContract('on Postgres', postgresEnrolmentBacking)

describe('rivals on Postgres', () => {
  let backing: Awaited<ReturnType<typeof postgresEnrolmentBacking>>
  let portal: EnrolmentPortal
  beforeAll(async () => {
    backing = await postgresEnrolmentBacking()
    const limits = {
      operations: { count: 10_000, seconds: 60 },
      wrongChallenges: { count: 10_000, seconds: 600 },
      guessesAtEndpoint: { count: 100_000, seconds: 600 },
      decryptionFailures: { count: 10, seconds: 300 },
      recordedFailures: 1_000,
    }
    portal = await enrolmentPortal(backing, { limits, patienceMilliseconds: 15_000 })
    portal.time.now = backing.now()
  })
  afterAll(() => backing.close())

  test('of fifty devices with a secret for seven, seven are issued to', { timeout: 120_000 }, async () => {
    await backing.setEndpoint(portal.slug, { policy: 'static' })
    const { secret } = await portal.staticSecrets.create(actor('admin'), portal.slug, {
      subjectTemplate: 'CN=printer-*',
      allowedAddresses: ['192.0.2.0/24'],
      maxUses: 7,
      perHour: 1_000,
      expiresInDays: 1,
    })
    const devices = await Promise.all(
      Array.from({ length: 50 }, (_, number) =>
        portal.device({ challenge: secret, subject: [{ type: 'CN', value: `printer-${number}` }] }),
      ),
    )
    const { result: replies, events } = await portal.eventsOf(() =>
      Promise.all(devices.map((device) => device.enrol())),
    )
    expect(replies.filter(({ pkiStatus }) => pkiStatus === 'SUCCESS')).toHaveLength(7)
    const refused = replies.filter(({ pkiStatus }) => pkiStatus === 'FAILURE')
    expect(new Set(refused.map(({ failInfo, failInfoText }) => `${failInfo} ${failInfoText}`))).toEqual(
      new Set(['2 challenge rejected']),
    )
    expect(events.filter((event) => event === 'static_secret.used')).toHaveLength(7)
    expect(await backing.database.certificate.count({ where: { kind: 'leaf' } })).toBe(7)
    expect(await portal.staticSecrets.list(actor('admin'), portal.slug)).toMatchObject([
      { uses: 7, state: 'exhausted' },
    ])
  })

  test('of ten who create a third secret at once, none does; of ten who create a second, one', async () => {
    const group = await portal.createGroup('Rotation')
    const bounds = {
      subjectTemplate: 'CN=printer-*',
      allowedAddresses: ['192.0.2.0/24'],
      maxUses: 7,
      perHour: 10,
      expiresInDays: 1,
    }
    const create = () => portal.staticSecrets.create(actor('admin'), group.endpoint.slug, bounds)
    await create()
    const second = await Promise.allSettled(Array.from({ length: 10 }, create))
    expect(second.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('forty requests of one source at once: twenty wait', { timeout: 60_000 }, async () => {
    const group = await portal.createGroup('Queue')
    await backing.setEndpoint(group.endpoint.slug, { policy: 'approval' })
    const devices = await Promise.all(
      Array.from({ length: 40 }, () => portal.device({ endpoint: group.endpoint.slug, transactionId: randomUUID() })),
    )
    const replies = await Promise.all(devices.map((device) => device.enrol()))
    expect(replies.filter(({ pkiStatus }) => pkiStatus === 'PENDING')).toHaveLength(20)
    expect(await backing.database.approvalRequest.count({ where: { state: 'open' } })).toBe(20)
  })

  test('ten people, the job and the device at once: one certificate', { timeout: 60_000 }, async () => {
    const group = await portal.createGroup('Crowd')
    await backing.setEndpoint(group.endpoint.slug, { policy: 'approval', approvalsRequired: 3 })
    for (let round = 0; round < 5; round++) {
      const subject = [{ type: 'CN', value: `crowd-${round}` }]
      const device = await portal.device({ endpoint: group.endpoint.slug, subject, transactionId: randomUUID() })
      expect(await device.enrol()).toMatchObject({ pkiStatus: 'PENDING' })
      const { items } = await portal.approvals.list(actor('auditor'), { endpoint: group.endpoint.slug }, {})
      const id = items[0]?.id ?? ''
      const [said] = await Promise.all([
        Promise.allSettled(Array.from({ length: 9 }, (_, number) => portal.approvals.approve(person(number), id))),
        portal.approvals.tend(),
        device.poll(),
        device.status(),
      ])
      expect(said.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
      expect(await device.poll()).toMatchObject({ pkiStatus: 'SUCCESS' })
      expect(await backing.database.certificate.count({ where: { commonName: `crowd-${round}` } })).toBe(1)
      expect(
        await backing.database.challenge.findFirstOrThrow({ where: { subject: `CN=crowd-${round}` } }),
      ).toMatchObject({ origin: 'approval', state: 'consumed', evidence: { approvals: expect.any(Array) } })
    }
  })

  test('no static secret is anywhere in the database', async () => {
    const group = await portal.createGroup('Canary')
    await backing.setEndpoint(group.endpoint.slug, { policy: 'static' })
    const { secret } = await portal.staticSecrets.create(actor('admin'), group.endpoint.slug, {
      subjectTemplate: 'CN=canary',
      allowedAddresses: ['0.0.0.0/0'],
      maxUses: 5,
      perHour: 5,
      expiresInDays: 1,
    })
    const enrol = async (name: string) =>
      (
        await portal.device({
          endpoint: group.endpoint.slug,
          challenge: secret,
          subject: [{ type: 'CN', value: name }],
        })
      ).enrol()
    expect(await enrol('canary')).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(await enrol('crow')).toMatchObject({ pkiStatus: 'FAILURE' })
    const tables = await backing.database.$queryRaw<
      { name: string }[]
    >`select tablename as name from pg_tables where schemaname = 'public'`
    const needles = [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64').slice(0, 36)]
    for (const { name } of tables) {
      const rows = await backing.database.$queryRawUnsafe<{ text: string }[]>(`select t::text as text from "${name}" t`)
      const dump = rows.map(({ text }) => text).join('\n')
      for (const needle of needles) expect(dump.includes(needle), `${needle.slice(0, 4)}… in ${name}`).toBe(false)
    }
    expect(JSON.stringify(portal.logged)).not.toContain(secret)
  })
})
