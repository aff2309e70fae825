/** Intune decides: a SCEP client, our services on Postgres, and Microsoft's side scripted. */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { grantStore } from '@/lib/adapters/store/grants'
import { intuneChallengeStore, intuneReportStore, intuneRevocationStore } from '@/lib/adapters/store/intune'
import { connectorCallStore, mdmConnectorRows } from '@/lib/adapters/store/mdm-connectors'
import { notificationStore } from '@/lib/adapters/store/notifications'
import { postgresEnrolmentBacking } from '@/lib/adapters/store/testing/postgres-enrolment'
import { validatorCircuitStore } from '@/lib/adapters/store/validator-calls'
import { parseCertificate } from '@/lib/pki/certificate'
import { createDelegation, type Delegation } from '@/lib/services/delegated-enrolment'
import { INTUNE_CODES, intuneReason } from '@/lib/services/intune-codes'
import { createIntuneDelegate } from '@/lib/services/intune-delegate'
import { createIntuneTeller } from '@/lib/services/intune-notices'
import { createIntuneRevocations, type IntuneRevocationsDependencies } from '@/lib/services/intune-revocations'
import { checkedIntuneCredential, type IntuneSettings } from '@/lib/services/intune-settings'
import { createConnectorCalls } from '@/lib/services/mdm-connector-calls'
import { createNotifications, type Notifications } from '@/lib/services/notifications'
import { type EnrolmentPortal, enrolmentPortal, type Told } from '@/lib/services/testing/enrolment'
import { intuneClient } from './intune-client'
import { type Scripted, scriptedIntune, TENANT_SETTINGS } from './testing/scripted-intune'

const CONNECTOR = crypto.randomUUID()
const SECRET = 'the-client~secret'
const REFUSED = { pkiStatus: 'FAILURE', failInfo: 2 }
const microsoft = scriptedIntune()

let backing: Awaited<ReturnType<typeof postgresEnrolmentBacking>>
let portal: EnrolmentPortal
let delegated: Delegation | undefined
let notifications: Notifications
let revocationParts: IntuneRevocationsDependencies
const present = (): Delegation => {
  if (delegated === undefined) throw new Error('too early')
  return delegated
}

beforeAll(async () => {
  backing = await postgresEnrolmentBacking()
  const database = backing.database
  const webhooks = {
    ask: () => Promise.reject(new Error('no webhook is asked')),
    tell: () => Promise.reject(new Error('no webhook is told')),
  }
  const many = { count: 10_000, seconds: 60 }
  const limits = {
    operations: many,
    wrongChallenges: many,
    guessesAtEndpoint: many,
    decryptionFailures: many,
    recordedFailures: 10_000,
  }
  portal = await enrolmentPortal(
    backing,
    // Two at once wait for each other, for Postgres and for a simulated Intune, on a machine that may be busy.
    { limits, patienceMilliseconds: 30_000 },
    {
      authorisers: {
        delegated: {
          authorise: (presentation) => present().authorise(presentation),
          giveBack: (...given) => present().giveBack(...given),
          checkRenewal: (presentation) => present().checkRenewal(presentation),
          beforeAnswer: async (...given) => present().beforeAnswer?.(...given),
          beforeResending: async (rowId) => present().beforeResending?.(rowId),
        },
      },
    },
    { validators: validatorCircuitStore(database), calls: webhooks },
  )
  const clock = () => portal.time.now
  const rows = mdmConnectorRows(database)
  const calls = createConnectorCalls({ store: connectorCallStore(database), log: () => {} })
  const caller = 'Latchkey/9.9'
  const { signer } = portal
  const client = intuneClient({ outbound: microsoft, calls, rows, signer, caller, clock, pause: async () => {} })
  const about = { client, rows, signer, caller }
  notifications = createNotifications({
    store: notificationStore(database),
    calls: webhooks,
    intune: createIntuneTeller({ ...about, reports: intuneReportStore(database) }),
    clock,
  })
  delegated = createDelegation({
    validators: validatorCircuitStore(database),
    calls: webhooks,
    intune: createIntuneDelegate({ ...about, challenges: intuneChallengeStore(database) }),
    notifications,
    grants: grantStore(database),
    redemption: backing.enrolment.redemption,
    transactions: backing.enrolment.enrolment,
    clock,
  })
  revocationParts = { ...about, store: intuneRevocationStore(database), clock }
  const sealed = await signer.seal('connector', CONNECTOR, checkedIntuneCredential({ clientSecret: SECRET }))
  await database.connector.create({
    data: {
      id: CONNECTOR,
      kind: 'intune',
      name: 'Contoso',
      slug: 'contoso',
      settings: { ...TENANT_SETTINGS },
      credentialSealed: new Uint8Array(sealed),
      createdBy: 'Ada Admin',
    },
  })
  await database.endpoint.update({
    where: { id: portal.group.endpoint.id },
    data: { policy: 'delegated', validatorId: CONNECTOR },
  })
})

afterAll(() => backing?.close())

beforeEach(async () => {
  microsoft.reset()
  await settings({})
  await backing.database.notification.deleteMany({})
})

async function settings(change: Partial<IntuneSettings>) {
  await backing.database.connector.update({
    where: { id: CONNECTOR },
    data: { settings: { ...TENANT_SETTINGS, ...change } },
  })
}

let devices = 0
const device = (told: Told = {}) => {
  devices += 1
  // As long as a real one: base64 of a signed and encrypted message.
  const challenge = randomBytes(3_000).toString('base64')
  return portal.device({ subject: [{ type: 'CN', value: `laptop-${devices}` }], challenge, key: 'ec', ...told })
}
const leaves = () =>
  backing.database.certificate.findMany({
    where: { subject: `CN=laptop-${devices}`, state: 'issued' },
    select: { id: true, serial: true, revokedAt: true, revocationReason: true },
  })
const transaction = () =>
  backing.database.enrolmentTransaction.findFirstOrThrow({
    where: { subject: `CN=laptop-${devices}` },
    orderBy: { createdAt: 'desc' },
  })
const due = () => backing.database.notification.updateMany({ data: { nextAttemptAt: new Date(0), claimedUntil: null } })
const bodies = (hop: string) =>
  microsoft.received.filter((each) => each.hop === hop).map(({ body }) => Buffer.from(body).toString())

test('a connector of this kind has a validator of the same id, which follows it', async () => {
  const { database } = backing
  const validator = () => database.validator.findUniqueOrThrow({ where: { id: CONNECTOR } })
  expect(await validator()).toMatchObject({ kind: 'intune', name: 'Contoso', connectorId: CONNECTOR, disabledAt: null })
  await database.connector.update({ where: { id: CONNECTOR }, data: { name: 'Fabrikam', disabledAt: new Date() } })
  expect(await validator()).toMatchObject({ name: 'Fabrikam', disabledAt: expect.any(Date) })
  expect(await (await device()).enrol()).toMatchObject(REFUSED)
  expect(microsoft.received).toEqual([])
  await database.connector.update({ where: { id: CONNECTOR }, data: { name: 'Contoso', disabledAt: null } })
})

describe('a device of Intune', () => {
  test('gets its certificate once Intune has taken note of it', async () => {
    const one = await device({ san: [{ type: 'uri', value: 'IntuneDeviceId://4f2e4f24-da75-4edf-b497-4d25f68ea7ce' }] })
    const { result, events } = await portal.eventsOf(() => one.enrol())
    expect(result.pkiStatus).toBe('SUCCESS')
    expect(microsoft.hops().slice(-2)).toEqual(['validate', 'success'])
    expect(events).toEqual([
      'validator.answered',
      'certificate.issue_intent to_be_signed',
      'certificate.issued',
      'challenge.consumed',
    ])
    const der = result.certificates?.[0] ?? new Uint8Array()
    const { authority } = await backing.database.certificate.findFirstOrThrow({
      where: { subject: `CN=laptop-${devices}` },
      select: { authority: { select: { id: true, name: true } } },
    })
    const certificateRequest = Buffer.from(one.csr).toString('base64')
    const request = { transactionId: one.transactionId, certificateRequest, callerInfo: 'Latchkey/9.9' }
    expect(bodies('validate')).toEqual([JSON.stringify({ request })])
    const { serial, notAfter } = parseCertificate(der)
    const [sent = ''] = bodies('success')
    expect(Object.entries(JSON.parse(sent).notification)).toEqual([
      ['transactionId', one.transactionId],
      ['certificateRequest', certificateRequest],
      ['certificateThumbprint', createHash('sha1').update(der).digest('hex').toUpperCase()],
      ['certificateSerialNumber', serial],
      ['certificateExpirationDateUtc', notAfter.toISOString()],
      ['issuingCertificateAuthority', expect.stringContaining('CN=')],
      ['callerInfo', 'Latchkey/9.9'],
      ['caConfiguration', authority?.id],
      ['certificateAuthority', authority?.name],
    ])
    const kept = await backing.database.intuneCertificate.findFirstOrThrow({ orderBy: { reportedAt: 'desc' } })
    expect(kept).toMatchObject({ connectorId: CONNECTOR, reportedSerial: serial, confirmedAt: expect.any(Date) })
    const notification = await backing.database.notification.findFirstOrThrow({})
    expect(notification).toMatchObject({ deliveredAt: expect.any(Date), sealed: null })
  })

  test('gets the same certificate again without anybody being asked', async () => {
    const one = await device()
    const first = await one.enrol()
    microsoft.received.length = 0
    expect((await one.enrol()).certificates).toEqual(first.certificates)
    expect(await one.poll()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(microsoft.received).toEqual([])
  })

  test('that asks twice at once gets one certificate', async () => {
    const one = await device()
    const results = await Promise.all([one.enrol(), one.enrol()])
    for (const result of results) expect(result.pkiStatus).toBe('SUCCESS')
    expect(await leaves()).toHaveLength(1)
    expect(bodies('validate')).toHaveLength(1)
    expect(bodies('success')).toHaveLength(1)
  })

  test('names itself to domain controllers by the SAN that Intune compared, never by an extension', async () => {
    const value = 'tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-1104'
    const one = await device({ san: [{ type: 'uri', value }] })
    const { certificates } = await one.enrol()
    expect(parseCertificate(certificates?.[0] ?? new Uint8Array()).san).toEqual([{ type: 'uri', value }])
  })

  test('without a challenge is refused, and Intune not asked', async () => {
    const one = await portal.device({ subject: [{ type: 'CN', value: 'nobody' }], key: 'ec' })
    expect(await one.enrol()).toMatchObject(REFUSED)
    expect(microsoft.received).toEqual([])
  })
})

describe('a no of Intune', () => {
  test.each([...INTUNE_CODES, 'SomethingNew'])('%s: no certificate, and the code is there for people', async (code) => {
    microsoft.script('validate', { status: 200, json: { code, errorDescription: 'because of it' } })
    const one = await device()
    const { result, full } = await portal.eventsOf(() => one.enrol())
    expect(result).toMatchObject({ ...REFUSED, failInfoText: 'challenge rejected' })
    expect(full).toMatchObject([
      { outcome: 'denied', reason: intuneReason(code), data: { code, detail: `${code}: because of it` } },
    ])
    expect(await transaction()).toMatchObject({ state: 'refused', reason: intuneReason(code) })
    expect(await leaves()).toEqual([])
    expect(microsoft.hops().at(-1)).toBe('validate')
  })

  test('holds for the same request', async () => {
    microsoft.script('validate', { status: 200, json: { code: 'ChallengeExpired' } })
    const one = await device()
    await one.enrol()
    expect(await one.enrol()).toMatchObject(REFUSED)
    expect(bodies('validate')).toHaveLength(1)
  })
})

describe('while Intune cannot be asked', () => {
  const faults: [string, ...Scripted[]][] = [
    ['HTTP 500', { status: 500 }, { status: 500 }],
    ['a reset', { fault: 'connection_lost' }, { fault: 'connection_lost' }],
    ['silence', { fault: 'timeout' }],
    ['HTML', { status: 200, text: '<html>' }],
    ['no code', { status: 200, json: {} }],
  ]
  test.each(faults)('%s: FAILURE, and later the same request succeeds', async (_, ...answers) => {
    microsoft.script('validate', ...answers)
    const one = await device()
    const { result, events } = await portal.eventsOf(() => one.enrol())
    expect(result).toMatchObject(REFUSED)
    expect(events).toEqual(['validator.unavailable validator_unavailable'])
    expect(await leaves()).toEqual([])
    expect(await one.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('or HTTP 503, where the connector says so', async () => {
    await settings({ unavailableAnswer: 'retry' })
    microsoft.script('validate', { fault: 'timeout' })
    const one = await device()
    await expect(one.send()).rejects.toMatchObject({ response: { status: 503, headers: { 'Retry-After': '30' } } })
    expect(await one.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })
})

describe('the notice of success', () => {
  test('refused: the certificate is revoked before anybody had it, for good', async () => {
    microsoft.script('success', { status: 200, json: { code: 'Unknown', errorDescription: 'no' } })
    const one = await device()
    const { result, events } = await portal.eventsOf(() => one.enrol())
    expect(result).toMatchObject(REFUSED)
    expect(result.certificates ?? []).toEqual([])
    expect(events.slice(-2)).toEqual(['validator.answered intune_not_confirmed', 'certificate.revoked'])
    expect(await leaves()).toMatchObject([{ revokedAt: expect.any(Date), revocationReason: 'cessationOfOperation' }])
    expect(await transaction()).toMatchObject({
      state: 'refused',
      reason: 'intune_not_confirmed',
      detail: 'Unknown: no',
    })
    expect(await one.enrol()).toMatchObject(REFUSED)
    expect(await one.poll()).toMatchObject({ pkiStatus: 'FAILURE' })
    await due()
    await notifications.deliverDue()
    expect(await leaves()).toHaveLength(1)
    expect(bodies('success')).toHaveLength(1)
    expect(bodies('failure')).toEqual([])
  })

  test('refused, while another worker waits for it: that one hears so, and the notice stays over', async () => {
    microsoft.script('success', { status: 200, json: { code: 'Unknown', errorDescription: 'no' } })
    await (await device()).enrol()
    const notice = () => backing.database.notification.findFirstOrThrow({})
    const rowId = (await notice()).enrolmentTransactionId ?? ''
    await expect(notifications.deliverBeforeAnswer(rowId)).rejects.toMatchObject({ reason: 'intune_not_confirmed' })
    expect(await notice()).toMatchObject({ givenUpAt: expect.any(Date), deliveredAt: null })
  })

  test.each<[string, ...Scripted[]]>([
    ['HTTP 500', { status: 500 }, { status: 500 }],
    ['silence', { fault: 'timeout' }],
    ['HTML', { status: 200, text: '<html>' }],
  ])('unheard (%s): held back, and a resend completes it with the very same bytes', async (_, ...answers) => {
    microsoft.script('success', ...answers)
    const one = await device()
    expect(await one.enrol()).toMatchObject(REFUSED)
    expect(await leaves()).toMatchObject([{ revokedAt: null }])
    expect(await backing.database.intuneCertificate.findFirst({ orderBy: { reportedAt: 'desc' } })).toMatchObject({
      confirmedAt: null,
    })
    expect(await one.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(await leaves()).toHaveLength(1)
    expect(bodies('validate')).toHaveLength(1)
    expect(new Set(bodies('success')).size).toBe(1)
  })

  test('unheard: the job completes it, and the device then has it without a call', async () => {
    microsoft.script('success', { fault: 'timeout' })
    const one = await device()
    await one.enrol()
    await due()
    await notifications.deliverDue()
    expect(new Set(bodies('success')).size).toBe(1)
    microsoft.received.length = 0
    expect(await one.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(microsoft.received).toEqual([])
  })

  test('heard, and its answer lost: the resend tells it again, and there is one certificate', async () => {
    const failing = { fault: 'connection_lost' } as const
    microsoft.script('success', failing, failing)
    const one = await device()
    expect(await one.enrol()).toMatchObject(REFUSED)
    expect(await one.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(await leaves()).toHaveLength(1)
    expect(new Set(bodies('success')).size).toBe(1)
  })

  test('unheard for a day: the certificate is revoked', async () => {
    microsoft.script('success', { fault: 'timeout' }, { fault: 'timeout' })
    const one = await device()
    await one.enrol()
    await backing.database.notification.updateMany({ data: { createdAt: new Date(Date.now() - 25 * 3_600_000) } })
    await due()
    await notifications.deliverDue()
    expect(await leaves()).toMatchObject([{ revocationReason: 'cessationOfOperation' }])
    expect(await one.enrol()).toMatchObject(REFUSED)
    expect(bodies('success')).toHaveLength(2)
  })

  test('the job leaves it to the device that waits', async () => {
    microsoft.script('success', async () => {
      expect(await notifications.deliverDue()).toBe(0)
    })
    expect(await (await device()).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(bodies('success')).toHaveLength(1)
  })

  test('a process that died between signing and telling: the resend tells', async () => {
    const one = await device()
    let died = false
    microsoft.script('success', async () => {
      if (!died) {
        died = true
        throw new Error('killed')
      }
    })
    await expect(one.send()).rejects.toMatchObject({ response: { status: 500 } })
    await due()
    expect(await one.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(await leaves()).toHaveLength(1)
    expect(new Set(bodies('success')).size).toBe(1)
  })
})

describe('a failure of ours', () => {
  test('after Intune has allowed the request is told to it, and the request may come again', async () => {
    const one = await device()
    microsoft.script('validate', async () => {
      portal.signer.away = true
    })
    await expect(one.send()).rejects.toMatchObject({ response: { status: 503 } })
    portal.signer.away = false
    expect(await one.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('of the profile, after the request was allowed, reaches Intune with a code', async () => {
    const one = await device()
    microsoft.script('validate', async () => {
      await backing.database.endpoint.update({ where: { id: portal.group.endpoint.id }, data: { enabled: false } })
    })
    await expect(one.send()).rejects.toMatchObject({ response: { status: 503 } })
    await backing.database.endpoint.update({ where: { id: portal.group.endpoint.id }, data: { enabled: true } })
    await due()
    await notifications.deliverDue()
    const [sent = '{}'] = bodies('failure')
    expect(JSON.parse(sent)).toEqual({
      notification: {
        transactionId: one.transactionId,
        certificateRequest: Buffer.from(one.csr).toString('base64'),
        hResult: -2147024894,
        errorDescription: expect.stringMatching(/^endpoint_not_ready: .{1,240}$/),
        callerInfo: 'Latchkey/9.9',
      },
    })
  })

  test('before it, or a no of Intune’s, is none of its business', async () => {
    microsoft.script('validate', { status: 200, json: { code: 'ChallengeExpired' } })
    await (await device()).enrol()
    microsoft.script('validate', { fault: 'timeout' })
    await (await device()).enrol()
    await due()
    await notifications.deliverDue()
    expect(bodies('failure')).toEqual([])
  })
})

describe('a challenge that comes back with another key', () => {
  const challenge = randomBytes(3_000).toString('base64')

  test('is refused, and Intune not asked again', async () => {
    expect(await (await device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    microsoft.received.length = 0
    const other = await device({ challenge })
    const { result, events } = await portal.eventsOf(() => other.enrol())
    expect(result).toMatchObject(REFUSED)
    expect(events).toEqual(['challenge.replayed intune_challenge_replayed'])
    expect(microsoft.received).toEqual([])
  })

  test('of two at once one passes', async () => {
    const shared = randomBytes(3_000).toString('base64')
    const both = [await device({ challenge: shared }), await device({ challenge: shared })]
    const results = await Promise.all(both.map((each) => each.enrol()))
    expect(results.map(({ pkiStatus }) => pkiStatus).sort()).toEqual(['FAILURE', 'SUCCESS'])
  })

  test('passes where the connector lets Intune decide', async () => {
    await settings({ strictReplay: false })
    expect(await (await device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })
})

test('challenge, request, token and secret are nowhere in the database', async () => {
  const challenge = `MII${randomBytes(3_000).toString('base64')}`
  microsoft.script('validate', { status: 200, json: { code: 'Unknown', errorDescription: `bad ${challenge}` } })
  const one = await device({ challenge })
  await one.enrol()
  microsoft.script('success', { fault: 'timeout' })
  const other = await device({ challenge: `${challenge}AAAA` })
  await other.enrol()
  await portal.recorder.flush()
  const { database } = backing
  const dump = JSON.stringify(
    await Promise.all([
      database.connectorCall.findMany({}),
      database.notification.findMany({}),
      database.enrolmentTransaction.findMany({ where: { subject: `CN=laptop-${devices}` } }),
      database.$queryRaw`select record::text from enrolment_record r`.catch(
        () => database.$queryRaw`select r::text from enrolment_record r`,
      ),
      database.$queryRaw`select e::text from audit_event e`,
    ]),
    (_, value) => (typeof value === 'bigint' ? String(value) : value),
  )
  const csr = Buffer.from(one.csr).toString('base64').slice(40, 120)
  for (const secret of [challenge.slice(0, 60), csr, 'SECRET-TOKEN', SECRET]) expect(dump).not.toContain(secret)
})

describe('revocation', () => {
  const run = (more: Partial<IntuneRevocationsDependencies> = {}) =>
    createIntuneRevocations({ ...revocationParts, ...more }).pullDue()
  const item = (serialNumber: string, requestContext = crypto.randomUUID()) => ({
    requestContext,
    serialNumber,
    issuerName: null,
    caConfiguration: null,
  })
  async function enrolled(): Promise<string> {
    await (await device()).enrol()
    microsoft.received.length = 0
    const [leaf] = await leaves()
    if (leaf === undefined) throw new Error('not enrolled')
    return leaf.serial
  }
  beforeEach(async () => {
    await again()
    await backing.database.intuneRevocation.deleteMany({})
  })
  const again = () => backing.database.intunePull.updateMany({ data: { nextAt: new Date(0), claimedUntil: null } })

  test('a wiped device loses its certificate, with the event, and Intune hears so', async () => {
    const serial = await enrolled()
    microsoft.revocations = [[item(serial, 'context-1')]]
    const { full } = await portal.eventsOf(() => run())
    expect(full).toMatchObject([
      { type: 'certificate.revoked', data: { serial, reasonCode: 'cessationOfOperation', connector: 'contoso' } },
    ])
    expect(await leaves()).toMatchObject([{ revokedAt: expect.any(Date), revocationReason: 'cessationOfOperation' }])
    expect(microsoft.uploaded).toEqual([
      { requestContext: 'context-1', succeeded: true, errorCode: 'None', errorMessage: '' },
    ])
    expect(await backing.database.intuneRevocation.findFirstOrThrow({})).toMatchObject({ uploadedAt: expect.any(Date) })
  })

  test.each<[string, (serial: string) => string]>([
    ['in lower case with colons', (serial) => (serial.toLowerCase().match(/../g) ?? []).join(':')],
    ['with 0x and zeros', (serial) => `0x00${serial}`],
    ['in decimal', (serial) => BigInt(`0x${serial}`).toString(10)],
  ])('a serial %s is found', async (_, spelt) => {
    const serial = await enrolled()
    microsoft.revocations = [[item(spelt(serial))]]
    await run()
    expect(await leaves()).toMatchObject([{ revokedAt: expect.any(Date) }])
  })

  test('what is unknown, unreadable or revoked before is answered as such', async () => {
    const serial = await enrolled()
    const issued = { where: { kind: 'ra' as const }, select: { serial: true } }
    const { serial: ofTheRa } = await backing.database.certificate.findFirstOrThrow(issued)
    microsoft.revocations = [
      [item(serial, 'a'), item(serial, 'b'), item('ABCDEF', 'c'), item('not a serial', 'd'), item(ofTheRa, 'e')],
    ]
    const { events } = await portal.eventsOf(() => run())
    expect(events).toEqual(['certificate.revoked'])
    expect(microsoft.uploaded.map(({ requestContext, errorCode }) => [requestContext, errorCode]).sort()).toEqual([
      ['a', 'None'],
      ['b', 'None'],
      ['c', 'CertificateNotFoundError'],
      ['d', 'ParameterDataInvalidError'],
      ['e', 'CertificateNotFoundError'],
    ])
  })

  test('page after page, until one is not full', async () => {
    const page = (name: string, size: number) =>
      Array.from({ length: size }, (_, index) => item('ABCDEF', `${name}-${index}`))
    microsoft.revocations = [page('a', 100), page('b', 100), page('c', 3)]
    await run()
    expect(microsoft.hops().filter((hop) => hop === 'rev-download')).toHaveLength(3)
    expect(new Set(microsoft.uploaded.map(({ requestContext }) => requestContext)).size).toBe(203)
  })

  test.each<[string, ...Scripted[]]>([
    ['fails', { status: 500 }, { status: 500 }],
    ['is not recorded', { status: 200, json: { value: false } }],
  ])('an upload that %s is made up for by the next run, first of all', async (_, ...answers) => {
    const serial = await enrolled()
    microsoft.revocations = [[item(serial, 'late')]]
    microsoft.script('rev-upload', ...answers)
    await run()
    expect(await leaves()).toMatchObject([{ revokedAt: expect.any(Date) }])
    expect(microsoft.uploaded).toEqual([])
    await again()
    microsoft.received.length = 0
    await run()
    expect(microsoft.hops().filter((hop) => hop.startsWith('rev'))).toEqual(['rev-upload', 'rev-download'])
    expect(microsoft.uploaded).toMatchObject([{ requestContext: 'late', succeeded: true }])
  })

  test.each(['settled', 'uploaded'] as const)(
    'a process that dies once results are %s loses and doubles nothing',
    async (step) => {
      const serial = await enrolled()
      microsoft.revocations = [[item(serial, 'one')]]
      const checkpoint = async (reached: string) => {
        if (reached === step) throw new Error('killed')
      }
      await expect(run({ checkpoint })).rejects.toThrow('killed')
      await again()
      // Intune hands out again what it has no result of.
      if (step === 'settled') microsoft.revocations = [[item(serial, 'one')]]
      const { events } = await portal.eventsOf(() => run())
      expect(events).toEqual([])
      expect(microsoft.uploaded.every(({ succeeded }) => succeeded === true)).toBe(true)
      expect(await backing.database.intuneRevocation.findMany({})).toMatchObject([
        { requestContext: 'one', uploadedAt: expect.any(Date) },
      ])
    },
  )

  test('two at once ask once, and not before it is time', async () => {
    await Promise.all([run(), run()])
    await run()
    expect(microsoft.hops().filter((hop) => hop === 'rev-download')).toHaveLength(1)
    await again()
    await run()
    expect(microsoft.hops().filter((hop) => hop === 'rev-download')).toHaveLength(2)
  })

  test('requests whose texts no column takes keep no other request from being settled', async () => {
    const serial = await enrolled()
    microsoft.revocations = [
      [
        item(serial, 'bad\u0000context'),
        item('AB\u0000CD', 'nul'),
        item(serial, 'x'.repeat(20_000)),
        item(serial, 'good'),
      ],
    ]
    await run()
    expect(await leaves()).toMatchObject([{ revokedAt: expect.any(Date) }])
    expect(microsoft.uploaded).toMatchObject([
      { requestContext: 'nul', errorCode: 'ParameterDataInvalidError' },
      { requestContext: 'good', succeeded: true },
    ])
  })

  test('a request that cannot be settled leaves the others and the other connectors theirs', async () => {
    const serial = await enrolled()
    const { store } = revocationParts
    const other = { ...(await revocationParts.rows.connectorsOf('intune'))[0], id: crypto.randomUUID() }
    microsoft.revocations = [[item('ABCDEF', 'poison'), item(serial, 'good')]]
    const broken: IntuneRevocationsDependencies = {
      ...revocationParts,
      rows: { connectorsOf: async (kind) => [other as never, ...(await revocationParts.rows.connectorsOf(kind))] },
      store: {
        ...store,
        async claim(id, ...more) {
          if (id === other.id) throw new Error('broken connector')
          return store.claim(id, ...more)
        },
        async settle(request, ...more) {
          if (request.item.requestContext === 'poison') throw new Error('broken request')
          return store.settle(request, ...more)
        },
      },
    }
    await expect(run(broken)).rejects.toThrow('broken connector')
    expect(await leaves()).toMatchObject([{ revokedAt: expect.any(Date) }])
    expect(microsoft.uploaded).toMatchObject([{ requestContext: 'good', succeeded: true }])
  })

  test('however slowly it hands them out, a run ends, and the next one goes on', async () => {
    const page = (name: string) => Array.from({ length: 100 }, (_, index) => item('ABCDEF', `${name}-${index}`))
    microsoft.revocations = [page('a'), page('b'), page('c')]
    let now = 0
    const clock = () => {
      now += 30_000
      return new Date(now)
    }
    await run({ clock })
    expect(microsoft.hops().filter((hop) => hop === 'rev-download').length).toBeLessThan(3)
    await again()
    await run()
    expect(new Set(microsoft.uploaded.map(({ requestContext }) => requestContext)).size).toBe(300)
  })

  test('nothing is fetched where the connector does not want it', async () => {
    await settings({ revocations: false })
    await run()
    expect(microsoft.received).toEqual([])
  })
})
