/** Challenges and enrolment transactions on Postgres: the contract, rivals at the same instant, and whole enrolments. */
import { createPublicKey, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import { parseCertificate } from '@/lib/pki/certificate'
import { bitString, context, encode, integer, oid, sequence, setOf, utf8String } from '@/lib/pki/der-write'
import { encodeExtensions } from '@/lib/pki/extension'
import { encodeName } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { signatureIdentifier } from '@/lib/pki/sign'
import { createFlightRecorder } from '@/lib/services/flight-recorder'
import { createScepEnrolment } from '@/lib/services/scep-enrolment'
import {
  type EnrolmentPortal,
  enrolmentPortal,
  REQUEST,
  rsaKey,
  scepDevice,
  TABLET,
  type Told,
} from '@/lib/services/testing/enrolment'
import { enrolmentStoreContract } from '@/lib/services/testing/enrolment-contract'
import { actor } from '@/lib/services/testing/harness'
import { raiseAlarm } from './challenge-alarms'
import { openDatabase } from './database'
import { isOutage } from './outage'
import { scepEnrolmentStore } from './scep-enrolment'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

const COMMON_NAME = '2.5.4.3'

enrolmentStoreContract('on Postgres', postgresEnrolmentBacking)

describe('enrolment on Postgres', () => {
  let backing: Awaited<ReturnType<typeof postgresEnrolmentBacking>>
  let portal: EnrolmentPortal
  beforeAll(async () => {
    backing = await postgresEnrolmentBacking()
    const limits = {
      operations: { count: 10_000, seconds: 60 },
      wrongChallenges: { count: 10_000, seconds: 600 },
      guessesAtEndpoint: { count: 10_000, seconds: 600 },
      decryptionFailures: { count: 10, seconds: 300 },
      recordedFailures: 1_000,
    }
    portal = await enrolmentPortal(backing, { limits, patienceMilliseconds: 15_000 })
  })
  afterAll(() => backing.close())

  const certificates = (challengeId: string) => backing.database.certificate.count({ where: { challengeId } })

  test('of fifty reservations at once, one holds', async () => {
    const { challenge, id } = await portal.mint()
    const hash = (await backing.database.challenge.findUniqueOrThrow({ where: { id }, select: { handleHash: true } }))
      .handleHash
    expect(challenge).toMatch(/^[0-9A-F]{32}$/)
    const attempts = await Promise.all(
      Array.from({ length: 50 }, async (_, number) => {
        const csrSha256 = new Uint8Array(32).fill(number)
        const row = {
          endpointId: portal.group.endpoint.id,
          transactionId: csrSha256,
          messageType: 19,
          csrSha256,
          spkiSha256: csrSha256,
          signerSpkiSha256: csrSha256,
          subject: null,
          sourceIp: null,
          userAgent: null,
          client: null,
          policyVersion: 1,
        }
        const begun = await backing.enrolment.enrolment.begin(row)
        if (!begun.started) throw new Error('known already')
        return { ...row, handleHashes: [hash], transactionRowId: begun.id }
      }),
    )
    const reserved = await Promise.all(
      attempts.map((request) =>
        backing.enrolment.redemption.reserve(request, () => ({
          type: 'challenge.reserved',
          outcome: 'success',
          actor: actor('operator'),
          object: { type: 'challenge', id },
        })),
      ),
    )
    expect(reserved.filter((reservation) => reservation !== null)).toHaveLength(1)
    expect(
      (await backing.events()).filter(({ type, object }) => type === 'challenge.reserved' && object.id === id),
    ).toHaveLength(1)
  })

  test('of fifty devices with one challenge, one is issued and forty-nine hear the same and are recorded as replays', {
    timeout: 60_000,
  }, async () => {
    const { challenge, id } = await portal.mint()
    const devices = await Promise.all(Array.from({ length: 50 }, () => portal.device({ challenge, key: 'ec' })))
    const { result: replies, events } = await portal.eventsOf(() =>
      Promise.all(devices.map((device) => device.enrol())),
    )
    expect(replies.filter(({ pkiStatus }) => pkiStatus === 'SUCCESS')).toHaveLength(1)
    const refused = replies.filter(({ pkiStatus }) => pkiStatus === 'FAILURE')
    expect(new Set(refused.map(({ failInfo, failInfoText }) => `${failInfo} ${failInfoText}`))).toEqual(
      new Set(['2 challenge rejected']),
    )
    expect(events.filter((event) => event === 'challenge.replayed challenge_replayed')).toHaveLength(49)
    expect(await certificates(id)).toBe(1)
  })

  test('the same request ten times at once and ten times after is one serial', { timeout: 60_000 }, async () => {
    const { challenge, id } = await portal.mint()
    const device = await portal.device({ challenge })
    const replies = await Promise.all(Array.from({ length: 10 }, () => device.enrol()))
    for (let number = 0; number < 10; number++) replies.push(await device.enrol())
    expect(
      new Set(replies.map(({ certificates: [leaf] }) => Buffer.from(leaf as Uint8Array).toString('hex'))).size,
    ).toBe(1)
    expect(await certificates(id)).toBe(1)
    expect(await device.poll()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('refusals of every kind leave a row and an event, and the right device still enrols', async () => {
    const { challenge, id } = await portal.mint()
    const stranger = await portal.device({ challenge, signer: 1, subject: [{ type: 'CN', value: 'stranger' }] })
    const { events } = await portal.eventsOf(async () => {
      await stranger.enrol()
      await (await portal.device({ challenge: 'NOSUCH' })).enrol()
      await (await portal.device({ challenge })).enrol({ messageType: 18 })
      await portal.scep.handle({ ...REQUEST, endpoint: portal.slug, body: new Uint8Array(9) })
    })
    expect(events).toEqual([
      'challenge.reserved',
      'challenge.mismatch subject_mismatch',
      'challenge.released',
      'challenge.unknown challenge_unknown',
      'enrol.request.rejected message_type_unsupported',
      'enrol.request.rejected message_malformed',
    ])
    expect(await (await portal.device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    const { items } = await portal.transactions.list(actor('auditor'), { endpoint: portal.slug }, { limit: 5 })
    expect(items.map(({ state, reason }) => [state, reason])).toEqual([
      ['issued', null],
      ['refused', 'message_malformed'],
      ['refused', 'message_type_unsupported'],
      ['refused', 'challenge_unknown'],
      ['refused', 'subject_mismatch'],
    ])
    expect(items[0]).toMatchObject({ challengeId: id, certificate: { serial: expect.any(String) } })
  })

  test.each([
    ['a DNS name', encode(0x82, Buffer.from('a\0b.example'))],
    ['a URI', encode(0x86, Buffer.from('https://a\0b/'))],
  ])('U+0000 in %s is refused before the challenge is touched', async (_, name) => {
    const { challenge, id } = await portal.mint()
    const csr = csrWith(challenge, sequence(name))
    const device = await portal.device({ challenge, csr, transactionId: crypto.randomUUID() })
    const { result, events } = await portal.eventsOf(() => device.enrol())
    expect(result).toMatchObject({ pkiStatus: 'FAILURE', failInfoText: 'request could not be processed' })
    expect(events).toEqual(['enrol.request.rejected csr_malformed'])
    expect(await backing.challengeState(id)).toBe('pending')
    expect(await (await portal.device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('what a name may hold but nobody should read is shown as U+FFFD, in the row and in the trail', async () => {
    const { challenge, id } = await portal.mint()
    const principal = sequence(encode(0xa0, oid(OID.userPrincipalName), context(0, utf8String('ada\u202e@example'))))
    const device = await portal.device({ challenge, csr: csrWith(challenge, principal), transactionId: 'bidi' })
    const { events, full } = await portal.eventsOf(() => device.enrol())
    expect(events).toEqual(['challenge.reserved', 'challenge.mismatch san_mismatch', 'challenge.released'])
    expect(full[1]?.data).toMatchObject({ received: ['upn:ada\ufffd@example'] })
    const { items } = await portal.transactions.list(actor('auditor'), {}, { limit: 1 })
    expect(items[0]?.detail).toContain('ada\ufffd@example')
    expect(await backing.challengeState(id)).toBe('pending')
  })

  test('a detail with U+0000 from wherever gives the challenge back all the same', async () => {
    const issuance = { issueLeaf: () => Promise.reject(new Refusal('policy_refused', 'No.', { detail: 'a\0b\n' })) }
    const { enrolment: store, redemption: challenges, renewals, queries } = backing.enrolment
    const { challenge, id } = await portal.mint()
    const [ra] = await portal.chain()
    const scep = createScepEnrolment({
      store,
      challenges,
      renewals,
      queries,
      issuance,
      signer: portal.signer,
      audit: backing,
      limit: async () => {},
      clock: () => portal.time.now,
      log: () => {},
    })
    const device = scepDevice(scep.handle, { endpoint: portal.slug, challenge }, ra as Uint8Array)
    expect(await device.enrol()).toMatchObject({
      pkiStatus: 'FAILURE',
      failInfoText: 'request not permitted by policy',
    })
    expect(await backing.challengeState(id)).toBe('pending')
    const { items } = await portal.transactions.list(actor('auditor'), {}, { limit: 1 })
    expect(items[0]).toMatchObject({ reason: 'policy_refused', detail: 'a\ufffdb\ufffd' })
    // Such a cause may pass: the same request is decided anew.
    const again = await portal.device({ csr: device.csr, transactionId: device.transactionId })
    expect(await again.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('a captured request that does not fit is repeated at once and in turn: it counts once', async () => {
    const { challenge, id } = await portal.mint()
    const wrong = await portal.device({ challenge, subject: [{ type: 'CN', value: 'wrong' }] })
    const listeners = await Promise.all(
      Array.from({ length: 8 }, (_, number) =>
        portal.device({ csr: wrong.csr, signer: 1, transactionId: `${id}${number}` }),
      ),
    )
    for (const reply of await Promise.all(listeners.map((listener) => listener.enrol())))
      expect(reply).toMatchObject({ pkiStatus: 'FAILURE', failInfoText: 'challenge rejected' })
    expect(await wrong.enrol()).toMatchObject({ pkiStatus: 'FAILURE' })
    expect(await portal.challenges.get(actor('operator'), id)).toMatchObject({ state: 'pending', failedAttempts: 1 })
    expect(await (await portal.device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('a device behind a proxy gets its certificate though a stranger was quicker', async () => {
    const { challenge, id } = await portal.mint()
    const device = await portal.device({ challenge, key: 'ec' })
    const stranger = await portal.device({ csr: device.csr, signer: 1, transactionId: 'stranger' })
    expect(await stranger.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(await certificates(id)).toBe(1)
  })

  test('a transaction whose worker died is taken over by the same request', async () => {
    const { challenge, id } = await portal.mint()
    const device = await portal.device({ challenge })
    const dying = await rowOfDeadWorker(challenge, device.csr, device.transactionId)
    expect(await backing.challengeState(id)).toBe('reserved')
    await backing.age('transaction', dying, 1)
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(await certificates(id)).toBe(1)
  })

  test('a flight record reads the same as the version before wrote it', async () => {
    const { challenge } = await portal.mint('CN=old')
    const device = await portal.device({ challenge, subject: [{ type: 'CN', value: 'old' }] })
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    await portal.recorder.flush()
    const { id, enrolmentTransactionId } = await backing.database.enrolmentRecord.findFirstOrThrow()
    const read = () => portal.transactions.get(actor('auditor'), enrolmentTransactionId ?? '')
    const { exchanges } = await read()
    expect(exchanges[0]?.steps.length).toBeGreaterThan(5)
    expect(
      await backing.database.$executeRaw`
      update enrolment_record set steps = story::jsonb, story = null where id = ${id}::uuid`,
    ).toBe(1)
    expect((await read()).exchanges).toEqual(exchanges)
    await expect(
      backing.database.$executeRaw`update enrolment_record set steps = null where id = ${id}::uuid`,
    ).rejects.toThrow('enrolment_record_tells')
  })

  test('no challenge value is anywhere in the database', async () => {
    const { challenge } = await portal.mint('CN=canary')
    const device = await portal.device({ challenge, subject: [{ type: 'CN', value: 'canary' }] })
    await (await portal.device({ challenge, signer: 1 })).enrol()
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    await portal.recorder.flush()
    expect(await backing.database.enrolmentRecord.count()).toBeGreaterThanOrEqual(2)
    const tables = await backing.database.$queryRaw<
      { name: string }[]
    >`select tablename as name from pg_tables where schemaname = 'public'`
    const needles = [
      challenge,
      challenge.toLowerCase(),
      Buffer.from(challenge).toString('hex'),
      Buffer.from(challenge).toString('base64').slice(0, 40),
    ]
    for (const { name } of tables) {
      const rows = await backing.database.$queryRawUnsafe<{ text: string }[]>(`select t::text as text from "${name}" t`)
      const dump = rows.map(({ text }) => text).join('\n')
      for (const needle of needles) expect(dump.includes(needle), `${needle.slice(0, 4)}… in ${name}`).toBe(false)
    }
  })

  test('a second key for the challenge of a renewal revokes what came later in its line, and nothing earlier', async () => {
    const renewing = await portal.createGroup('Renewing')
    const endpoint = renewing.endpoint.slug
    await backing.configure(renewing.endpoint.id, { renewalWindowDays: 3_650 })
    const issued = async (told: Told) => {
      const { certificates: sent } = await (await portal.device({ endpoint, ...told })).enrol()
      portal.time.now = new Date(portal.time.now.getTime() + 1_000)
      const { serial } = parseCertificate(sent[0] as Uint8Array)
      return backing.database.certificate.findFirstOrThrow({ where: { serial } })
    }
    const renewed = ({ der }: Awaited<ReturnType<typeof issued>>, signer: number) =>
      issued({ signer, key: signer + 1, message: { messageType: 17, signerCertificateDer: der as Uint8Array } })
    const { challenge } = await portal.mint('CN=tablet-7,O=Example', [], endpoint)
    const first = await issued({ challenge })
    const second = await renewed(first, 0)
    const third = await renewed(second, 1)
    const revoked = await backing.database.$transaction((transaction) =>
      raiseAlarm(transaction, {
        challengeId: second.challengeId as string,
        spkiSha256: new Uint8Array(32),
        subject: 'CN=tablet-7',
        sourceIp: null,
        transactionRowId: second.enrolmentTransactionId as string,
        revoke: { reason: 'keyCompromise', by: 'Latchkey', comment: 'A second key.' },
      }),
    )
    expect(new Set(revoked?.map(({ id }) => id))).toEqual(new Set([second.id, third.id]))
  })

  test('a name that the record cuts inside a character costs no record, neither its own nor that of others', async () => {
    // The failures of one source that are kept are counted by the minute.
    portal.time.now = new Date(portal.time.now.getTime() + 60_000)
    const { challenge } = await portal.mint()
    const device = await portal.device({ challenge, key: 'ec' })
    const name = utf8String(`${'x'.repeat(5_996)}\u{1f600}`)
    const subject = sequence(setOf([sequence(oid(COMMON_NAME), name)]))
    const csr = csrWith('NEVERMINTED', sequence(encode(0x82, Buffer.from('a.example'))), subject)
    const stranger = await portal.device({ challenge: 'NEVERMINTED', csr, transactionId: crypto.randomUUID() })
    await stranger.enrol()
    await device.enrol()
    await portal.recorder.flush()
    const { items } = await portal.transactions.list(actor('auditor'), {}, { limit: 2 })
    expect(items.map(({ state }) => state)).toEqual(['issued', 'refused'])
    for (const { id } of items)
      expect((await portal.transactions.get(actor('auditor'), id)).exchanges).toMatchObject([
        { steps: expect.any(Array) },
      ])
  })

  test('a record that jsonb does not take costs only itself', async () => {
    const { flights } = backing.enrolment
    const logged: unknown[] = []
    const recorder = createFlightRecorder({
      store: {
        ...flights,
        add: (records) =>
          flights.add(records.map((record) => (record.outcome === 'refused' ? { ...record, sourceIp: '\0' } : record))),
      },
      clock: () => portal.time.now,
      log: (_, event, facts) => logged.push([event, facts]),
    })
    const [ra] = await portal.chain()
    const { challenge } = await portal.mint()
    const { enrolment: store, redemption: challenges, renewals, queries } = backing.enrolment
    const scep = createScepEnrolment({
      store,
      challenges,
      renewals,
      queries,
      issuance: portal.issuance,
      signer: portal.signer,
      audit: backing,
      limit: async () => {},
      recorder,
      clock: () => portal.time.now,
      log: () => {},
    })
    for (const presented of ['NEVERMINTED', challenge])
      await scepDevice(scep.handle, { endpoint: portal.slug, challenge: presented }, ra as Uint8Array).enrol()
    await recorder.flush()
    const { items } = await portal.transactions.list(actor('auditor'), {}, { limit: 2 })
    const [issued, refused] = await Promise.all(items.map(({ id }) => portal.transactions.get(actor('auditor'), id)))
    expect(issued).toMatchObject({ state: 'issued', exchanges: [{ outcome: 'issued' }] })
    expect(refused).toMatchObject({ state: 'refused', exchanges: [] })
    expect(logged[0]).toEqual(['flight.not_written', { error: expect.any(String), count: 1 }])
  })

  test('a database that cannot be reached is an outage and not a bug', async () => {
    const away = openDatabase('postgresql://postgres@127.0.0.1:1/none')
    const error: unknown = await away.endpoint.findMany().catch((reason: unknown) => reason)
    expect(isOutage(error)).toBe(true)
    await expect(scepEnrolmentStore(away).endpoint('staff')).rejects.toMatchObject({ code: 'unavailable' })
    await away.$disconnect()
    const wrong: unknown = await backing.database.$queryRaw`select 1 from nowhere`.catch((reason: unknown) => reason)
    expect(isOutage(wrong)).toBe(false)
  })

  /** buildCsr writes no such names. */
  function csrWith(challenge: string, san: Uint8Array, subject: Uint8Array = encodeName(TABLET)): Uint8Array {
    const key = rsaKey(0)
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
    const extensions = encodeExtensions([{ oid: OID.subjectAltName, critical: false, value: san }])
    const attributes = context(
      0,
      sequence(oid(OID.challengePassword), setOf([utf8String(challenge)])),
      sequence(oid(OID.extensionRequest), setOf([extensions])),
    )
    const info = sequence(integer(0), subject, spki, attributes)
    return sequence(info, signatureIdentifier(key, 'sha256'), bitString(sign('sha256', info, key)))
  }

  /** A worker that got as far as the reservation. Returns the row it left behind. */
  async function rowOfDeadWorker(challenge: string, csr: Uint8Array, transactionId: string): Promise<string> {
    const [ra] = await portal.chain()
    const { promise: stuck, resolve: reached } = Promise.withResolvers<void>()
    const issueLeaf = () => {
      reached()
      return new Promise<never>(() => {})
    }
    const { enrolment, redemption, renewals, queries } = backing.enrolment
    const dead = createScepEnrolment({
      store: enrolment,
      challenges: redemption,
      renewals,
      queries,
      issuance: { issueLeaf },
      signer: portal.signer,
      audit: backing,
      limit: async () => {},
      clock: () => portal.time.now,
      log: () => {},
    })
    void scepDevice(dead.handle, { endpoint: portal.slug, challenge, csr, transactionId }, ra as Uint8Array).enrol()
    await stuck
    const row = await backing.database.enrolmentTransaction.findFirstOrThrow({
      where: { state: 'received', transactionId: new Uint8Array(Buffer.from(transactionId)) },
      select: { id: true },
    })
    return row.id
  }
})
