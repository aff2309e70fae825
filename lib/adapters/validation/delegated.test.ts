/** The policy `delegated`, whole: a SCEP client, our services on Postgres, and a validator that does what validators do. */
import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { believes, type Receiver, startReceiver } from '@/e2e/simulators/receiver'
import { guardedFetch } from '@/lib/adapters/net/guarded-fetch'
import { grantStore } from '@/lib/adapters/store/grants'
import { notificationStore } from '@/lib/adapters/store/notifications'
import { postgresEnrolmentBacking } from '@/lib/adapters/store/testing/postgres-enrolment'
import { validatorCircuitStore } from '@/lib/adapters/store/validator-calls'
import { parseCertificate } from '@/lib/pki/certificate'
import { parseCsr } from '@/lib/pki/csr'
import { toPem } from '@/lib/pki/pem'
import type { Actor } from '@/lib/services/actor'
import { createDelegation, type Delegation } from '@/lib/services/delegated-enrolment'
import { createNotifications, type Notifications } from '@/lib/services/notifications'
import type { SimulationRequest } from '@/lib/services/simulation-types'
import { type EnrolmentPortal, enrolmentPortal, type Told } from '@/lib/services/testing/enrolment'
import { actor } from '@/lib/services/testing/harness'
import { parseVerdict } from '@/lib/services/validator-verdict'
import { createValidatorCalls, unnoted, type ValidatorCalls } from '@/lib/services/validators'
import { newSecret } from '@/lib/services/webhook-signature'
import { webhookClient } from './webhook'

const LOOPBACK = { host: '127.0.0.0', port: null, prefix: 8, plain: true }
const SECRET = newSecret()
const DAY_MS = 86_400_000

let backing: Awaited<ReturnType<typeof postgresEnrolmentBacking>>
let portal: EnrolmentPortal
let validator: Receiver
let notifications: Notifications
let validatorId: string
let unnotedCalls: ValidatorCalls | undefined
const looking = (): ValidatorCalls => {
  if (unnotedCalls === undefined) throw new Error('too early')
  return unnotedCalls
}

beforeAll(async () => {
  backing = await postgresEnrolmentBacking()
  validator = await startReceiver()
  const database = backing.database
  const limits = {
    operations: { count: 10_000, seconds: 60 },
    wrongChallenges: { count: 10_000, seconds: 600 },
    guessesAtEndpoint: { count: 100_000, seconds: 600 },
    decryptionFailures: { count: 10, seconds: 300 },
    recordedFailures: 10_000,
  }
  let delegated: Delegation | undefined
  const present = (): Delegation => {
    if (delegated === undefined) throw new Error('too early')
    return delegated
  }
  portal = await enrolmentPortal(
    backing,
    { limits },
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
    { validators: validatorCircuitStore(database), calls: { ask: (...given) => looking().ask(...given) } },
  )
  const clock = () => portal.time.now
  const validators = validatorCircuitStore(database)
  const calling = {
    client: webhookClient({ outbound: guardedFetch({ rules: [LOOPBACK] }), pause: async () => {} }),
    signer: portal.signer,
    clock,
    parse: parseVerdict,
  }
  const calls = createValidatorCalls({ ...calling, store: validators })
  unnotedCalls = createValidatorCalls({ ...calling, store: unnoted(validators) })
  notifications = createNotifications({ store: notificationStore(database), calls, clock })
  delegated = createDelegation({
    validators,
    calls,
    notifications,
    grants: grantStore(database),
    redemption: backing.enrolment.redemption,
    transactions: backing.enrolment.enrolment,
    clock,
  })
  validatorId = crypto.randomUUID()
  await database.validator.create({
    data: {
      id: validatorId,
      name: 'Inventory',
      dialect: 'smallstep',
      url: validator.url,
      secretSealed: new Uint8Array(await portal.signer.seal('validator', validatorId, SECRET)),
      createdBy: 'Ada Admin',
    },
  })
  await database.endpoint.update({
    where: { id: portal.group.endpoint.id },
    data: { policy: 'delegated', validatorId },
  })
})

afterAll(async () => {
  await validator?.close()
  await backing?.close()
})

beforeEach(async () => {
  validator.script('allow')
  validator.received.length = 0
  await settings({})
  await backing.database.notification.deleteMany({})
})

/** The validator's row as it is by default, with what a test changes. */
async function settings(data: Parameters<typeof backing.database.validator.update>[0]['data']) {
  const defaults = {
    dialect: 'smallstep',
    url: validator.url,
    authorizationKind: 'none',
    authorizationSealed: null,
    timeoutMs: 2_000,
    sendCsr: 'masked',
    askOnRenewal: false,
    notify: true,
    notifyBeforeAnswer: false,
    disabledAt: null,
    failures: 0,
    openUntil: null,
  }
  await backing.database.validator.update({ where: { id: validatorId }, data: { ...defaults, ...data } })
}

let devices = 0
/** Each device has a name, a key and a challenge of its own. */
const device = (told: Told = {}) => {
  devices += 1
  return portal.device({
    subject: [{ type: 'CN', value: `tablet-${devices}` }],
    challenge: `CHALLENGE${devices}`,
    key: 'ec',
    ...told,
  })
}
const row = () => backing.database.validator.findUniqueOrThrow({ where: { id: validatorId } })
const certificates = () => backing.database.certificate.count({ where: { kind: 'leaf', state: 'issued' } })
const grants = () => backing.database.challenge.count({ where: { origin: 'delegated' } })
/** badRequest. */
const REFUSED = { pkiStatus: 'FAILURE', failInfo: 2 }

describe('allowed', () => {
  test('the certificate carries the names of the request, and rests on the verdict', async () => {
    validator.script({ allow: true, data: { department: 'eng' } })
    const one = await device({ san: [{ type: 'dns', value: 'tablet.example.com' }] })
    const { result, events, full } = await portal.eventsOf(() => one.enrol())
    expect(result.pkiStatus).toBe('SUCCESS')
    expect(parseCertificate(result.certificates?.[0] ?? new Uint8Array())).toMatchObject({
      subject: [{ value: `tablet-${devices}` }],
      san: [{ type: 'dns', value: 'tablet.example.com' }],
    })
    expect(events).toEqual([
      'validator.answered',
      'certificate.issue_intent to_be_signed',
      'certificate.issued',
      'challenge.consumed',
    ])
    expect(full[0]).toMatchObject({ object: { type: 'validator', id: validatorId }, data: { verdict: 'allow' } })
    const grant = await backing.database.challenge.findFirstOrThrow({ orderBy: { createdAt: 'desc' } })
    expect(grant).toMatchObject({
      origin: 'delegated',
      state: 'consumed',
      evidence: { validatorId, validator: 'Inventory', verdict: 'allow', data: { department: 'eng' } },
    })
  })

  test('what it tells is kept without the challenge and printable, whatever it holds', async () => {
    const challenge = 'SECRET-OF-THIS-DEVICE'
    const data = { note: `asked with ${challenge}`, [`of ${challenge}`]: ['a\0b', 'half \ud83d'] }
    validator.script({ json: { allow: true, data } })
    const one = await device({ challenge })
    expect(await one.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    const { evidence } = await backing.database.challenge.findFirstOrThrow({ orderBy: { createdAt: 'desc' } })
    expect(evidence).toMatchObject({
      data: { note: 'asked with [masked]', 'of [masked]': ['a\ufffdb', 'half \ufffd'] },
    })
  })

  test("the question is step-ca's, signed over its very bytes", async () => {
    await settings({ sendCsr: 'full' })
    const one = await device()
    await one.enrol()
    const [question] = validator.questions()
    if (!question) throw new Error('nobody asked')
    expect(believes(question, SECRET)).toBe(true)
    expect(question.headers).toMatchObject({
      'x-smallstep-webhook-id': validatorId,
      'content-type': 'application/json',
    })
    expect(Object.keys(question.json).slice(0, 5)).toEqual([
      'timestamp',
      'provisionerName',
      'x509CertificateRequest',
      'scepChallenge',
      'scepTransactionID',
    ])
    expect(question.json).toMatchObject({
      timestamp: portal.time.now.toISOString(),
      provisionerName: portal.slug,
      scepChallenge: `CHALLENGE${devices}`,
      scepTransactionID: one.transactionId,
      x509CertificateRequest: {
        version: 0,
        subject: { commonName: `tablet-${devices}`, extraNames: null },
        dnsNames: null,
        publicKeyAlgorithm: 'ECDSA',
        signatureAlgorithm: '',
        raw: Buffer.from(one.csr).toString('base64'),
      },
      scepMessageType: 'PKCSReq',
      clientAddress: '192.0.2.9',
    })
  })

  test.each([
    ['masked', (raw: unknown) => parseCsr(Buffer.from(String(raw), 'base64')).challengePasswords[0]],
    ['fields', (raw: unknown) => raw],
  ] as const)('the request is sent %s, and the challenge only where it belongs', async (sendCsr, read) => {
    await settings({ sendCsr })
    await (await device()).enrol()
    const [question] = validator.questions()
    const secret = `CHALLENGE${devices}`
    expect(read(question?.json.x509CertificateRequest?.raw)).toBe(
      sendCsr === 'fields' ? null : '*'.repeat(secret.length),
    )
    expect(question?.json.scepChallenge).toBe(secret)
  })

  test('Standard Webhooks, with a bearer token', async () => {
    const token = await portal.signer.seal('validator-authorization', validatorId, Buffer.from('token-1'))
    await settings({ dialect: 'standard', authorizationKind: 'bearer', authorizationSealed: new Uint8Array(token) })
    expect((await (await device()).enrol()).pkiStatus).toBe('SUCCESS')
    const [question] = validator.questions()
    expect(question && believes(question, SECRET)).toBe(true)
    expect(question?.headers).toMatchObject({ authorization: 'Bearer token-1' })
    expect(question?.headers['x-smallstep-signature']).toBeUndefined()
  })

  test('a request that has its certificate never reaches the validator again', async () => {
    const one = await device()
    const first = await one.enrol()
    const again = await one.enrol()
    expect(again.certificates).toEqual(first.certificates)
    expect(await one.poll()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(validator.questions()).toHaveLength(1)
  })
})

describe('not allowed', () => {
  test.each([
    ['deny', {}],
    ['allow missing', {}],
    ['deny with error', { code: 'unknown_device', detail: 'unknown_device: This device is not enrolled.' }],
  ] as const)('%s: the device hears nothing of why', async (act, data) => {
    validator.script(act)
    const before = await certificates()
    const one = await device()
    const { result, full } = await portal.eventsOf(() => one.enrol())
    expect(result).toMatchObject({ ...REFUSED, failInfoText: 'challenge rejected' })
    expect(full).toMatchObject([{ type: 'validator.answered', outcome: 'denied', reason: 'validator_denied', data }])
    expect(await certificates()).toBe(before)
    expect((await row()).failures).toBe(0)
    // The validator has spoken: the same request hears the same, and nobody is asked again.
    validator.script('allow')
    expect(await one.enrol()).toMatchObject(REFUSED)
    expect(validator.questions()).toHaveLength(1)
  })

  test.each([
    ['whole', 'SECRET-OF-THIS-DEVICE', 'SECRET-OF-THIS-DEVICE'],
    ['trimmed and in other letters', ' SECRET-OF-THIS-DEVICE\n', 'secret-of-this-device'],
    ['so long that it is cut', 'SECRET-OF-THIS-DEVICE'.repeat(20), 'SECRET-OF-THIS-DEVICE'.repeat(20)],
  ])('a challenge that the validator repeats, %s, is kept nowhere', async (_what, challenge, repeated) => {
    const message = `No device has\nthe challenge ${repeated}.`
    validator.script({ json: { allow: false, error: { code: `unknown:${repeated}`, message } } })
    const one = await device({ challenge })
    const { full } = await portal.eventsOf(() => one.enrol())
    const detail = 'unknown:[masked]: No device has the challenge [masked].'
    expect(full).toMatchObject([{ reason: 'validator_denied', data: { code: 'unknown:[masked]', detail } }])
    await portal.recorder.flush()
    const { items } = await portal.transactions.list(actor('auditor'), {}, { limit: 1 })
    const shown = await portal.transactions.get(actor('auditor'), items[0]?.id ?? '')
    expect(shown).toMatchObject({ detail, exchanges: [{ outcome: 'refused' }] })
    expect(JSON.stringify([full, shown]).toUpperCase()).not.toContain('SECRET-OF')
  })

  test('without a challenge nobody is asked', async () => {
    const one = await portal.device({ subject: [{ type: 'CN', value: 'nobody' }], key: 'ec' })
    const { result, events } = await portal.eventsOf(() => one.enrol())
    expect(result).toMatchObject(REFUSED)
    expect(events).toEqual(['enrol.request.rejected challenge_missing'])
    expect(validator.received).toHaveLength(0)
  })

  test('names that no certificate may say stay out, whatever the validator allows', async () => {
    const one = await device({ subject: [{ type: 'CN', value: '$DEVICENAME' }] })
    const { result, events } = await portal.eventsOf(() => one.enrol())
    expect(result).toMatchObject(REFUSED)
    expect(events).toEqual(['enrol.request.rejected csr_rejected'])
  })
})

describe('the data of an answer can only narrow', () => {
  const san = [
    { type: 'dns', value: 'a.example.com' },
    { type: 'dns', value: 'b.example.com' },
  ] as const

  test('fewer names, a shorter life', async () => {
    validator.script({ allow: true, data: { sans: ['dns:A.example.com'], validityDays: 7 } })
    const { certificates: issued } = await (await device({ san: [...san] })).enrol()
    const certificate = parseCertificate(issued?.[0] ?? new Uint8Array())
    expect(certificate.san).toEqual([san[0]])
    expect(certificate.notAfter.getTime()).toBe(portal.time.now.getTime() + 7 * DAY_MS)
  })

  describe('in a renewal', () => {
    /** As it is after the second for which an endpoint is known. */
    const configure = async (set: Parameters<typeof backing.setEndpoint>[1]) => {
      await backing.setEndpoint(portal.slug, set)
      portal.time.now = new Date(portal.time.now.getTime() + 1_000)
    }
    beforeEach(() => configure({ renewalWindowDays: 3_650 }))
    afterEach(() => configure({ renewalWindowDays: null, renewalChallenge: 'optional' }))

    /** Enrols under one verdict, and renews under another. */
    const renewed = async (first: object, second: object, asked: Told = {}) => {
      validator.script({ allow: true, data: first })
      devices += 1
      const told: Told = {
        subject: [{ type: 'CN', value: `renewing-${devices}` }],
        challenge: `RENEWING${devices}`,
      }
      const [der = new Uint8Array()] = (await (await portal.device({ ...told, san: [...san] })).enrol()).certificates
      validator.script({ allow: true, data: second })
      const message = { messageType: 17, signerCertificateDer: der }
      const { certificates: issued } = await (await portal.device({ ...told, ...asked, key: 1, message })).enrol()
      const { san: names, notAfter } = parseCertificate(issued[0] ?? new Uint8Array())
      const days = (notAfter.getTime() - portal.time.now.getTime()) / DAY_MS
      return [names, days]
    }

    test('what it took away at first stays away, whether or not it is asked again', async () => {
      const first = { sans: ['dns:a.example.com'], validityDays: 7 }
      expect(await renewed(first, {})).toEqual([[san[0]], 7])
      await settings({ askOnRenewal: true })
      expect(await renewed(first, { validityDays: 30 })).toEqual([[san[0]], 7])
    })

    test('asked again, it takes away more', async () => {
      await settings({ askOnRenewal: true })
      const second = { sans: ['dns:b.example.com'], validityDays: 7 }
      expect(await renewed({}, second, { san: [...san] })).toEqual([[san[1]], 7])
      expect(await renewed({}, { validityDays: 3 })).toEqual([[...san], 3])
      expect(await renewed({}, { sans: [] })).toEqual([[], 365])
    })

    test('a required authorisation narrows too, and silence about names keeps them', async () => {
      await configure({ renewalChallenge: 'required' })
      expect(await renewed({}, { validityDays: 7 })).toEqual([[...san], 7])
      expect(await renewed({ validityDays: 7 }, { sans: ['dns:b.example.com'] }, { san: [...san] })).toEqual([
        [san[1]],
        7,
      ])
      expect(await renewed({}, { sans: [] })).toEqual([[], 365])
    })
  })

  test('a longer life, CA powers and key usages change nothing', async () => {
    validator.script({
      allow: true,
      data: { validityDays: 36_500, basicConstraints: { isCA: true }, extKeyUsage: ['serverAuth'], profile: 'root' },
    })
    const plain = await (await device()).enrol()
    const certificate = parseCertificate(plain.certificates?.[0] ?? new Uint8Array())
    expect(certificate.isCa).toBe(false)
    expect(certificate.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(certificate.notAfter.getTime()).toBeLessThanOrEqual(portal.time.now.getTime() + 400 * DAY_MS)
  })

  test.each([
    ['another subject', { subject: 'CN=administrator' }],
    ['a name that was not asked for', { sans: ['dns:a.example.com', 'dns:vpn.example.com'] }],
    ['no sensible life', { validityDays: -1 }],
    ['a subject of another type', { subject: { commonName: 'x' } }],
  ])('%s: no certificate', async (_what, data) => {
    validator.script({ allow: true, data })
    const before = await certificates()
    expect(await (await device({ san: [...san] })).enrol()).toMatchObject(REFUSED)
    expect(await certificates()).toBe(before)
  })
})

describe('nobody decides (dynamic-challenge.md §7, 14 and §9, 10)', () => {
  test.each([
    ['not JSON', 'not_json'],
    ['no content', 'not_json'],
    ['redirect', 'status'],
    ['bad request', 'status'],
    ['unauthorised', 'status'],
    ['server error', 'status'],
    ['hang', 'timeout'],
    ['hang up', 'connection_lost'],
    ['drip', 'timeout'],
    ['ten megabytes', 'answer_too_large'],
    [{ json: [true] }, 'not_json'],
    [{ json: { allow: 'true' } }, 'not_json'],
  ] as const)('%j: FAILURE, nothing used up, and after recovery the same request succeeds', async (act, fault) => {
    await settings({ timeoutMs: 300 })
    validator.script(act)
    const before = { certificates: await certificates(), grants: await grants() }
    const one = await device()
    const { result, full } = await portal.eventsOf(() => one.enrol())
    expect(result).toMatchObject(REFUSED)
    expect(full).toMatchObject([
      {
        type: 'validator.unavailable',
        outcome: 'error',
        object: { type: 'validator', id: validatorId },
        data: { detail: expect.stringMatching(new RegExp(`^${fault}: `)) },
      },
    ])
    expect({ certificates: await certificates(), grants: await grants() }).toEqual(before)
    const transaction = await backing.database.enrolmentTransaction.findFirstOrThrow({
      where: { csrSha256: createHash('sha256').update(one.csr).digest() },
    })
    expect(transaction).toMatchObject({ state: 'failed', reason: 'validator_unavailable' })

    validator.script('allow')
    expect((await one.enrol()).pkiStatus).toBe('SUCCESS')
    expect(await certificates()).toBe(before.certificates + 1)
  })

  test('an error once, then an answer: one certificate, and the same bytes both times', async () => {
    validator.script('server error', 'allow')
    const before = await certificates()
    expect((await (await device()).enrol()).pkiStatus).toBe('SUCCESS')
    expect(await certificates()).toBe(before + 1)
    const [first, second, ...more] = validator.questions()
    expect(more).toEqual([])
    expect(second?.body.equals(first?.body ?? Buffer.of())).toBe(true)
    for (const header of ['x-request-id', 'x-smallstep-signature'])
      expect(second?.headers[header]).toBe(first?.headers[header])
  })

  test('a deadline is no reason to ask twice', async () => {
    await settings({ timeoutMs: 200 })
    validator.script('hang')
    await (await device()).enrol()
    expect(validator.questions()).toHaveLength(1)
  })

  test('an address that is not public is never called', async () => {
    for (const url of ['http://169.254.169.254/', 'https://[::1]:1/', 'https://10.0.0.1/']) {
      await settings({ url })
      const { full } = await portal.eventsOf(async () => (await device()).enrol())
      expect(full[0]?.data.detail).toMatch(/^address_refused: /)
    }
  })

  test('after five failures in a row the validator is left alone, then one request tries it', async () => {
    validator.script('not JSON')
    for (let failure = 0; failure < 5; failure++) expect(await (await device()).enrol()).toMatchObject(REFUSED)
    expect(validator.questions()).toHaveLength(5)
    const { full } = await portal.eventsOf(async () => (await device()).enrol())
    expect(full[0]?.data.detail).toMatch(/^circuit_open: /)
    expect(validator.questions()).toHaveLength(5)

    // Half an hour later, of ten at once one asks while the others are told to come back.
    await backing.database.validator.update({ where: { id: validatorId }, data: { openUntil: new Date(0) } })
    const waiting = await Promise.all(Array.from({ length: 10 }, () => device()))
    await Promise.all(waiting.map((each) => each.enrol()))
    expect(validator.questions()).toHaveLength(6)

    validator.script('allow')
    await backing.database.validator.update({ where: { id: validatorId }, data: { openUntil: new Date(0) } })
    expect((await (await device()).enrol()).pkiStatus).toBe('SUCCESS')
    expect(await row()).toMatchObject({ failures: 0, openUntil: null })
    expect((await (await device()).enrol()).pkiStatus).toBe('SUCCESS')
  })

  test('who answers 4xx is up: strange requests do not shut out others', async () => {
    validator.script('bad request')
    for (let failure = 0; failure < 7; failure++) await (await device()).enrol()
    expect(validator.questions()).toHaveLength(7)
    expect(await row()).toMatchObject({ failures: 0, openUntil: null, lastError: 'status: It answered HTTP 400.' })
  })

  test('a disabled validator, or none, decides nothing', async () => {
    await settings({ disabledAt: new Date() })
    const { result, events } = await portal.eventsOf(async () => (await device()).enrol())
    expect(result).toMatchObject({ ...REFUSED, failInfoText: 'operation not permitted' })
    expect(events).toEqual(['enrol.request.rejected validator_missing'])
  })

  test('credentials that do not open are an outage', async () => {
    const { secretSealed } = await row()
    await settings({ secretSealed: new Uint8Array(60) })
    const { full } = await portal.eventsOf(async () => (await device()).enrol())
    expect(full[0]?.data.detail).toMatch(/^credentials: /)
    await settings({ secretSealed })
  })
})

describe('what became of it is told', () => {
  const outbox = () => backing.database.notification.findFirstOrThrow({ orderBy: { createdAt: 'desc' } })
  const makeDue = () => backing.database.notification.updateMany({ data: { nextAttemptAt: new Date(0) } })

  test('with the certificate, and without the challenge', async () => {
    const one = await device()
    const { certificates: issued } = await one.enrol()
    expect(validator.notifications()).toEqual([])
    await notifications.deliverDue()
    const [told, ...more] = validator.notifications()
    expect(more).toEqual([])
    expect(told && believes(told, SECRET)).toBe(true)
    expect(told?.json).toMatchObject({
      scepTransactionID: one.transactionId,
      x509Certificate: { publicKeyAlgorithm: 'ECDSA', raw: Buffer.from(issued?.[0] ?? '').toString('base64') },
    })
    expect(told?.body.includes(`CHALLENGE${devices}`)).toBe(false)
    expect(await outbox()).toMatchObject({ event: 'issued', attempts: 1, deliveredAt: expect.any(Date) })
    expect(await notifications.deliverDue()).toBe(0)
  })

  test('with the reason, when the issuance was refused after all', async () => {
    const { csr, enrol } = await device()
    await enrol()
    const csrSha256 = createHash('sha256').update(csr).digest()
    const transaction = await backing.database.enrolmentTransaction.findFirstOrThrow({ where: { csrSha256 } })
    await backing.database.enrolmentTransaction.update({
      where: { id: transaction.id },
      data: { state: 'refused', reason: 'policy_refused', certificateId: null },
    })
    await notifications.deliverDue()
    const [told] = validator.notifications()
    expect(told?.json.scepErrorDescription).toMatch(/^policy_refused: /)
    expect(told?.json.x509Certificate).toBeUndefined()
    expect(await outbox()).toMatchObject({ event: 'failed', deliveredAt: expect.any(Date) })
  })

  test('at least once: it is tried again with ever longer pauses, and given up in the end with a note', async () => {
    await (await device()).enrol()
    validator.script('server error')
    const { events } = await portal.eventsOf(async () => {
      for (let attempt = 0; attempt < 10; attempt++) {
        await makeDue()
        expect(await notifications.deliverDue()).toBe(1)
      }
    })
    expect(events).toEqual(['notification.failed given_up'])
    expect(await outbox()).toMatchObject({ attempts: 10, deliveredAt: null, givenUpAt: expect.any(Date) })
    await makeDue()
    expect(await notifications.deliverDue()).toBe(0)
  })

  test('two instances never tell the same thing at once', async () => {
    for (let each = 0; each < 5; each++) await (await device()).enrol()
    const counts = await Promise.all([1, 2, 3, 4].map(() => notifications.deliverDue()))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5)
    expect(validator.notifications()).toHaveLength(5)
  })

  test('a request that failed and came again is told once, by its outcome', async () => {
    const one = await device()
    validator.script(() => {
      portal.signer.away = true
      return 'allow'
    })
    expect((await one.status()).status).not.toBe(200)
    portal.signer.away = false
    expect(await notifications.deliverDue()).toBe(0)
    validator.script('allow')
    portal.time.now = new Date(portal.time.now.getTime() + 60_000)
    expect((await one.enrol()).pkiStatus).toBe('SUCCESS')
    await notifications.deliverDue()
    expect(validator.notifications()).toHaveLength(1)
    expect(validator.notifications()[0]?.json.x509Certificate).toBeDefined()
  })

  test('where it must be told first, no certificate leaves before it was', async () => {
    await settings({ notifyBeforeAnswer: true })
    validator.script((received) => (received.json.provisionerName === undefined ? 'server error' : 'allow'))
    const before = await certificates()
    const one = await device()
    expect(await one.status()).toEqual({ status: 503, retryAfter: '10' })
    // It exists, and neither a resend nor a poll brings it out.
    expect(await certificates()).toBe(before + 1)
    expect(await one.status()).toEqual({ status: 503, retryAfter: '10' })
    expect(await one.status({ messageType: 20 })).toMatchObject({ status: 503 })
    validator.script('allow')
    expect((await one.enrol()).pkiStatus).toBe('SUCCESS')
    expect(await certificates()).toBe(before + 1)
    expect(validator.questions()).toHaveLength(1)
  })
})

test('neither challenge nor secret is written anywhere', async () => {
  const canary = `CANARY${Date.now()}`
  await (await device({ challenge: canary })).enrol()
  validator.script('not JSON')
  await (await device({ challenge: canary })).enrol()
  validator.script('deny with error')
  await (await device({ challenge: canary })).enrol()
  const tables = ['challenge', 'enrolment_transaction', 'notification', 'validator', 'audit_event', 'certificate']
  for (const table of tables) {
    const rows = await backing.database.$queryRawUnsafe<{ text: string }[]>(`select t::text as text from ${table} t`)
    const dump = rows.map(({ text }) => text).join('\n')
    for (const secret of [canary, Buffer.from(canary).toString('hex'), Buffer.from(SECRET).toString('hex')])
      expect(dump.includes(secret)).toBe(false)
    expect(dump.includes(Buffer.from(canary).toString('base64').slice(0, 12))).toBe(false)
  }
  expect(JSON.stringify(portal.logged)).not.toContain(canary)
})

describe('what would happen', () => {
  const admin = (): Actor => ({ ...actor('admin'), id: crypto.randomUUID() })
  const quietly = async (request: SimulationRequest, who = admin()) => {
    const before = await backing.tables()
    const report = await portal.simulation.simulate(who, portal.slug, request)
    expect(await backing.tables()).toEqual(before)
    return report
  }
  const pem = ({ csr }: { csr: Uint8Array }) => toPem(csr, 'CERTIFICATE REQUEST')
  const recorded = async (told: Told = {}) => {
    await (await device(told)).enrol()
    await portal.recorder.flush()
    return (await portal.transactions.list(admin(), {}, { limit: 1 })).items[0]?.id ?? ''
  }

  test('nobody is asked unless somebody says so, and what would be asked is written out without the challenge', async () => {
    const tablet = await device({ challenge: 'VERYSECRET' })
    const report = await quietly({ csr: pem(tablet), address: '192.0.2.9' })
    expect(report).toMatchObject({ verdict: 'would_ask', question: { validator: 'Inventory', asked: false } })
    expect(validator.received).toEqual([])
    expect(JSON.stringify(report)).not.toContain('VERYSECRET')
    const written = JSON.parse(report.question?.body ?? '')
    await tablet.enrol()
    const [asked] = validator.questions()
    // What only the device decides, the time and the challenge are all that differs.
    const { scepTransactionID: _, timestamp: __, scepChallenge, ...sent } = asked?.json ?? { timestamp: '' }
    expect(written).toMatchObject(sent)
    expect([scepChallenge, written.scepChallenge]).toEqual(['VERYSECRET', '(the challenge)'])
  })

  test('the request as a whole is shown with stars where the challenge is', async () => {
    await settings({ sendCsr: 'full' })
    const { question } = await quietly({ csr: pem(await device({ challenge: 'VERYSECRET' })) })
    const { raw } = JSON.parse(question?.body ?? '').x509CertificateRequest
    expect(Buffer.from(raw, 'base64').toString('latin1')).not.toContain('VERYSECRET')
  })

  test.each([
    ['allow', 'would_issue', null],
    ['deny', 'would_refuse', 'validator_denied'],
    ['not JSON', 'would_refuse', 'validator_unavailable'],
    ['server error', 'would_refuse', 'validator_unavailable'],
  ] as const)('asked for once, it is told what comes of "%s", and no row changes', async (act, verdict, reason) => {
    const csr = pem(await device())
    validator.script(act)
    expect(await quietly({ csr, askValidator: true })).toMatchObject({ verdict, reason, question: { asked: true } })
    expect(validator.questions().length).toBeGreaterThan(0)
    expect(validator.notifications()).toEqual([])
    expect(await row()).toMatchObject({ failures: 0, openUntil: null })
  })

  test('an answer that narrows shows what the certificate goes without', async () => {
    const san = [
      { type: 'dns' as const, value: 'a.example.com' },
      { type: 'dns' as const, value: 'b.example.com' },
    ]
    validator.script({ allow: true, data: { sans: ['dns:a.example.com'], validityDays: 7 } })
    const report = await quietly({ csr: pem(await device({ san })), askValidator: true })
    expect(report.verdict).toBe('would_issue')
    expect(report.checks.at(-1)?.says).toContain('without 1 of its alternative names and for 7 days at most')
    expect(report.fields).toContainEqual({
      field: 'san',
      expected: ['dns:a.example.com'],
      received: ['dns:a.example.com', 'dns:b.example.com'],
      verdict: 'dropped',
    })
    validator.script({ allow: true, data: { subject: 'CN=somebody-else' } })
    expect(await quietly({ csr: pem(await device()), askValidator: true })).toMatchObject({
      reason: 'validator_denied',
    })
  })

  test('asking is for administrators alone', async () => {
    const csr = pem(await device())
    for (const role of ['operator', 'auditor'] as const)
      await expect(quietly({ csr, askValidator: true }, actor(role))).rejects.toMatchObject({ code: 'forbidden' })
    expect(validator.received).toEqual([])
    expect(await quietly({ csr }, actor('operator'))).toMatchObject({ verdict: 'would_ask' })
  })

  test('without a validator, or with one that is disabled, nobody decides', async () => {
    const csr = pem(await device())
    await settings({ disabledAt: new Date() })
    expect(await quietly({ csr, askValidator: true })).toMatchObject({ reason: 'validator_missing' })
    expect(validator.received).toEqual([])
  })

  test('a recorded enrolment is judged by the answer that it got', async () => {
    const allowed = await recorded()
    validator.script('deny with error')
    const denied = await recorded()
    validator.received.length = 0
    expect(await quietly({ transaction: allowed })).toMatchObject({ verdict: 'would_issue', question: { body: null } })
    expect(await quietly({ transaction: denied })).toMatchObject({ reason: 'validator_denied' })
    expect(validator.received).toEqual([])
  })
})
