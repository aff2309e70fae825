/** Another server asks about challenges of ours: by webhook as step-ca does, and by API; on Postgres. */
import { createHash, generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type StepCaVariant, stepCa } from '@/e2e/simulators/step-ca'
import { closeValidations } from '@/lib/jobs/close-validations'
import { expireChallenges } from '@/lib/jobs/expire-challenges'
import { buildCsr } from '@/lib/pki/csr'
import { parseNameText } from '@/lib/pki/name'
import { toPem } from '@/lib/pki/pem'
import { createRedemption } from '@/lib/services/challenge-redemption'
import { type ChallengeValidation, createChallengeValidation } from '@/lib/services/challenge-validation'
import type { SubjectAlternativeName } from '@/lib/services/challenges'
import { type ConnectorsService, createConnectors } from '@/lib/services/connectors'
import { createReceivers, type ReceiversService } from '@/lib/services/receivers'
import { type EnrolmentPortal, enrolmentPortal } from '@/lib/services/testing/enrolment'
import { actor } from '@/lib/services/testing/harness'
import { receiverStore, validationStore } from './challenge-validation'
import { connectorStore } from './connectors'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'
import { validationUpkeepStore } from './validation-upkeep'

const ORIGIN = { ip: '192.0.2.40', userAgent: 'Go-http-client/1.1', requestId: 'request' }
const ADMIN = actor('admin')

let backing: Awaited<ReturnType<typeof postgresEnrolmentBacking>>
let portal: EnrolmentPortal
let validation: ChallengeValidation
let receivers: ReceiversService
let connectors: ConnectorsService
let hook: { id: string; secret: string }

beforeAll(async () => {
  backing = await postgresEnrolmentBacking()
  portal = await enrolmentPortal(backing)
  const { database } = backing
  const clock = () => portal.time.now
  validation = createChallengeValidation({
    store: validationStore(database),
    turns: backing.enrolment.enrolment,
    authoriser: createRedemption({
      store: backing.enrolment.redemption,
      signer: portal.signer,
      clock,
      pause: async () => {},
      rules: { patienceMilliseconds: 0, replayWindowSeconds: 86_400 },
    }),
    signer: portal.signer,
    clock,
  })
  receivers = createReceivers({
    store: receiverStore(database),
    validation,
    signer: portal.signer,
    limit: async () => {},
    clock,
  })
  connectors = createConnectors({
    store: connectorStore(database),
    validators: { validator: async () => null },
    calls: { ask: async () => Promise.reject(new Error('unused')) },
    signer: portal.signer,
    urls: portal.urls,
    clock,
  })
  const { view, secret } = await connectors.createReceiver(ADMIN, { name: 'step-ca', endpoint: portal.slug })
  hook = { id: view.id, secret }
})
afterAll(() => backing?.close())

/** step-ca, posting straight to the service, with what the portal's clock says. */
const caller = (as = hook) =>
  stepCa({ url: '', ...as }, async (body, headers) => {
    const answer = await receivers.receive(ORIGIN, {
      webhookId: headers['X-Smallstep-Webhook-ID'] ?? null,
      signature: headers['X-Smallstep-Signature'] ?? null,
      body,
    })
    return answer === null ? { status: 401, answer: null } : { status: 200, answer }
  })
const now = (more: StepCaVariant = {}): StepCaVariant => ({ at: portal.time.now, ...more })

let numbers = 0
/** A device with a challenge minted for it, as the other server sees both. */
async function device(told: { subject?: string; asks?: string; key?: ReturnType<typeof freshKey> } = {}) {
  numbers += 1
  const { subject = `CN=device-${numbers}`, asks = subject, key = freshKey() } = told
  const { challenge, id } = await portal.mint(subject)
  const csr = buildCsr({ subject: parseNameText(asks), challengePassword: challenge, privateKey: key })
  return { id, csr, challenge, transactionId: `T${numbers}`, key }
}
const freshKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const challenge = (id: string) => backing.database.challenge.findUniqueOrThrow({ where: { id } })
const ALLOWED = { status: 200, answer: { allow: true } }
const refusedFor = (code: string) => ({ status: 200, answer: { allow: false, error: { code } } })

describe('a question', () => {
  test('about the right request: allowed, and the challenge is held for it', async () => {
    const one = await device()
    const { result, events, full } = await portal.eventsOf(() => caller().ask(one, now()))
    expect(result).toEqual({
      status: 200,
      answer: { allow: true, data: { challengeId: one.id, subject: `CN=device-${numbers}` } },
    })
    expect(events).toEqual(['challenge.reserved', 'challenge.validated'])
    expect(full[1]).toMatchObject({ object: { type: 'challenge', id: one.id }, data: { asker: 'step-ca' } })
    expect(await challenge(one.id)).toMatchObject({ state: 'reserved' })
  })

  test.each(['null', 'missing'] as const)(
    'with empty members %s, and with what step-ca read replaced by lies',
    async (empty) => {
      expect(await caller().ask(await device(), now({ empty, subject: 'administrator' }))).toMatchObject(ALLOWED)
    },
  )

  test('the same bytes again hear the same, and the same request under a new time is allowed again', async () => {
    const one = await device()
    const bytes = caller().question(one, now())
    const { events } = await portal.eventsOf(async () => {
      expect(await caller().send(bytes)).toMatchObject(ALLOWED)
      expect(await caller().send(bytes)).toMatchObject(ALLOWED)
    })
    expect(events).toEqual(['challenge.reserved', 'challenge.validated'])
    expect(await caller().ask(one, now({ at: new Date(portal.time.now.getTime() + 60_000) }))).toMatchObject(ALLOWED)
  })

  test('ten times at once: one challenge, held once', async () => {
    const one = await device()
    const answers = await Promise.all(Array.from({ length: 10 }, () => caller().ask(one, now())))
    for (const answer of answers) expect(answer).toMatchObject(ALLOWED)
    expect(await backing.database.enrolmentTransaction.count({ where: { challengeId: one.id } })).toBe(1)
  })

  test('about another key for the same challenge: refused', async () => {
    const one = await device()
    await caller().ask(one, now())
    const csr = buildCsr({
      subject: parseNameText(`CN=device-${numbers}`),
      challengePassword: one.challenge,
      privateKey: freshKey(),
    })
    expect(await caller().ask({ ...one, csr, transactionId: 'other' }, now())).toMatchObject(
      refusedFor('challenge_busy'),
    )
  })

  test('about another subject: refused, counted, and revoked after the third', async () => {
    const one = await device({ subject: 'CN=printer-1', asks: 'CN=administrator' })
    for (const attempt of [1, 2, 3]) {
      const csr = buildCsr({
        subject: parseNameText(`CN=administrator-${attempt}`),
        challengePassword: one.challenge,
        privateKey: one.key,
      })
      const { result, events } = await portal.eventsOf(() =>
        caller().ask({ ...one, csr, transactionId: `M${attempt}` }, now()),
      )
      expect(result).toMatchObject(refusedFor('subject_mismatch'))
      expect(events).toContain('challenge.mismatch subject_mismatch')
      expect(events).toContain('challenge.validated subject_mismatch')
      expect((await challenge(one.id)).failedAttempts).toBe(attempt)
    }
    expect(await challenge(one.id)).toMatchObject({ state: 'revoked' })
  })

  test.each([
    ['unknown', 'challenge_unknown', async () => ({ challenge: 'F'.repeat(32) })],
    ['none', 'challenge_missing', async () => ({ challenge: '' })],
  ] as const)('%s challenge: refused', async (_what, code, more) => {
    const key = freshKey()
    const { challenge: value } = await more()
    const csr = buildCsr({
      subject: parseNameText('CN=stranger'),
      ...(value === '' ? {} : { challengePassword: value }),
      privateKey: key,
    })
    expect(await caller().ask({ csr, challenge: value, transactionId: `S${code}` }, now())).toMatchObject(
      refusedFor(code),
    )
  })

  test('a challenge in the message that differs from the one in the request: refused', async () => {
    const one = await device()
    expect(await caller().ask({ ...one, challenge: 'F'.repeat(32) }, now())).toMatchObject(
      refusedFor('challenge_repeated'),
    )
    expect(await challenge(one.id)).toMatchObject({ state: 'pending' })
  })

  test('a request that is not signed by its key, or is none: refused, and no challenge is touched', async () => {
    const one = await device()
    const broken = Uint8Array.from(one.csr)
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1
    expect(await caller().ask({ ...one, csr: broken }, now())).toMatchObject(refusedFor('csr_signature_invalid'))
    expect(await caller().ask({ ...one, csr: Buffer.from('nonsense'), transactionId: 'x' }, now())).toMatchObject(
      refusedFor('csr_malformed'),
    )
    expect(await challenge(one.id)).toMatchObject({ state: 'pending' })
  })

  test('what is held for another server, our own endpoint does not give away, not even for the same request', async () => {
    const one = await device()
    await caller().ask(one, now())
    await backing.age('challenge', one.id, 1)
    const direct = await portal.device({ csr: one.csr })
    expect(await direct.status()).toMatchObject({ status: 503 })
    expect(await backing.database.certificate.count({ where: { challengeId: one.id } })).toBe(0)
  })
})

describe('who is believed', () => {
  test.each([
    ['wrong', { signature: 'wrong' }],
    ['made with the secret as text', { signature: 'key not decoded' }],
    ['missing', { signature: 'missing' }],
  ] as const)('nobody whose signature is %s', async (_what, variant) => {
    const one = await device()
    const { result, events } = await portal.eventsOf(() => caller().ask(one, now(variant)))
    expect(result).toEqual({ status: 401, answer: null })
    expect(events).toEqual([])
    expect(await challenge(one.id)).toMatchObject({ state: 'pending' })
  })

  test.each([crypto.randomUUID(), 'nonsense', "' or true --"])('nobody who calls itself %s', async (id) => {
    expect(await caller({ ...hook, id }).ask(await device(), now())).toMatchObject({ status: 401 })
  })

  test.each([-6, 6])('nobody whose clock is %i minutes off', async (minutes) => {
    const one = await device()
    const at = new Date(portal.time.now.getTime() + minutes * 60_000)
    expect(await caller().ask(one, { at })).toMatchObject(refusedFor('stale'))
    expect(await challenge(one.id)).toMatchObject({ state: 'pending' })
  })

  test.each(['', '{}', '[]', '"x"', '{"timestamp":"yesterday"}', '\u{0}', '['.repeat(5_000)])(
    'signed nonsense is no question: %j',
    async (text) => {
      expect(await caller().send(Buffer.from(text))).toMatchObject(refusedFor('malformed'))
    },
  )

  test('nobody who was disabled', async () => {
    const { view, secret } = await connectors.createReceiver(ADMIN, { name: 'old', endpoint: portal.slug })
    const old = { id: view.id, secret }
    expect(await caller(old).ask(await device(), now())).toMatchObject(ALLOWED)
    const { events } = await portal.eventsOf(() => connectors.updateReceiver(ADMIN, view.id, { enabled: false }))
    expect(events).toEqual(['receiver.disabled'])
    expect(await caller(old).ask(await device(), now())).toMatchObject({ status: 401 })
  })

  test('while a secret is replaced both are believed, and after a day the new one alone', async () => {
    const { view, secret } = await connectors.createReceiver(ADMIN, { name: 'rotating', endpoint: portal.slug })
    const next = await connectors.rotateReceiverSecret(ADMIN, view.id)
    expect(next.secret).not.toBe(secret)
    for (const each of [secret, next.secret])
      expect(await caller({ id: view.id, secret: each }).ask(await device(), now())).toMatchObject(ALLOWED)
    await backing.database.receiver.update({ where: { id: view.id }, data: { previousSecretUntil: new Date() } })
    expect(await caller({ id: view.id, secret }).ask(await device(), now())).toMatchObject({ status: 401 })
    expect(await caller({ id: view.id, secret: next.secret }).ask(await device(), now())).toMatchObject(ALLOWED)
  })
})

describe('what became of it', () => {
  const certificateFor = async (key: ReturnType<typeof freshKey>) => {
    // Any certificate for this key: a device of ours enrols with it elsewhere.
    const minted = await portal.mint(`CN=elsewhere-${numbers}`)
    const csr = buildCsr({
      subject: parseNameText(`CN=elsewhere-${numbers}`),
      challengePassword: minted.challenge,
      privateKey: key,
    })
    const reply = await (await portal.device({ csr })).enrol()
    return reply.certificates?.[0] ?? new Uint8Array()
  }

  test('issued elsewhere: the challenge is used up, and knows the certificate', async () => {
    const one = await device()
    await caller().ask(one, now())
    const certificate = await certificateFor(one.key)
    const { events, full } = await portal.eventsOf(() => caller().notifyIssued(one, certificate, now()))
    expect(events).toEqual(['challenge.consumed'])
    expect(full[0]?.data).toMatchObject({
      receiver: 'step-ca',
      issuedElsewhere: { sha256: createHash('sha256').update(certificate).digest('hex') },
    })
    expect(await challenge(one.id)).toMatchObject({
      state: 'consumed',
      evidence: { issuedElsewhere: { subject: `CN=elsewhere-${numbers}` } },
    })
    expect(await caller().ask(one, now({ at: new Date(portal.time.now.getTime() + 1_000) }))).toMatchObject(
      refusedFor('challenge_replayed'),
    )
  })

  test('a certificate for another key is not what the challenge was for', async () => {
    const one = await device()
    await caller().ask(one, now())
    const { events } = await portal.eventsOf(async () =>
      caller().notifyIssued(one, await certificateFor(freshKey()), now()),
    )
    expect(events.filter((event) => event === 'challenge.consumed')).toHaveLength(1)
    expect(await challenge(one.id)).toMatchObject({ state: 'reserved' })
  })

  test('failed: the challenge can be used again', async () => {
    const one = await device()
    await caller().ask(one, now())
    const { events } = await portal.eventsOf(() => caller().notifyFailed(one, 'template failed', now()))
    expect(events).toEqual(['challenge.released'])
    expect(await challenge(one.id)).toMatchObject({ state: 'pending', evidence: {} })
    const later = now({ at: new Date(portal.time.now.getTime() + 1_000) })
    expect(await caller().ask(one, later)).toMatchObject(ALLOWED)
  })

  test('never reported: closed as used after fifteen minutes, never freed', async () => {
    const one = await device()
    await caller().ask(one, now())
    await backing.age('challenge', one.id, 14)
    const upkeep = [
      expireChallenges(backing.enrolment.upkeep, backing.enrolment.flights),
      closeValidations(validationUpkeepStore(backing.database)),
    ]
    for (const job of upkeep) await job.run(new Date())
    expect(await challenge(one.id)).toMatchObject({ state: 'reserved' })
    await backing.age('challenge', one.id, 2)
    const { full } = await portal.eventsOf(async () => {
      for (const job of upkeep) await job.run(new Date())
    })
    expect(full.filter(({ object }) => object.id === one.id)).toMatchObject([
      { type: 'challenge.consumed', data: { why: 'not_reported' } },
    ])
    expect(await challenge(one.id)).toMatchObject({ state: 'consumed' })
  })
})

describe('without a challenge', () => {
  test('a renewal by subject is a switch, needs a certificate in its window, and is off', async () => {
    const one = await device()
    await (await portal.device({ csr: one.csr })).enrol()
    const csr = buildCsr({ subject: parseNameText(`CN=device-${numbers}`), privateKey: freshKey() })
    const { view, secret } = await connectors.createReceiver(ADMIN, { name: 'renewing', endpoint: portal.slug })
    const renewing = caller({ id: view.id, secret })
    let at = portal.time.now.getTime()
    const ask = () => {
      at += 1_000
      return renewing.ask({ csr, challenge: '', transactionId: 'R' }, { at: new Date(at) })
    }
    expect(await ask()).toMatchObject(refusedFor('challenge_missing'))
    await connectors.updateReceiver(ADMIN, view.id, { renewBySubject: true })
    expect(await ask()).toMatchObject(refusedFor('challenge_missing'))
    const slug = portal.slug
    await backing.database.endpoint.update({ where: { slug }, data: { renewalWindowDays: 3_650 } })
    expect(await ask()).toMatchObject(ALLOWED)
    const { id } = await backing.database.certificate.findFirstOrThrow({ where: { subject: `CN=device-${numbers}` } })
    await portal.certificates.revoke(ADMIN, id, { reason: 'keyCompromise' })
    expect(await ask()).toMatchObject(refusedFor('challenge_missing'))
  })

  test('no renewal adds a name, is made where renewal is off, or goes around a distrust of the device', async () => {
    const other = await portal.createGroup('Renewing')
    const endpoint = { id: other.endpoint.id }
    await backing.database.endpoint.update({ where: endpoint, data: { renewalWindowDays: 3_650 } })
    const told = { name: 'renewing strictly', endpoint: other.endpoint.slug, renewBySubject: true }
    const { view, secret } = await connectors.createReceiver(ADMIN, told)
    const subject = [{ type: 'CN', value: 'tablet-by-subject' }]
    const enrolled = async (san: SubjectAlternativeName[]) => {
      const { id, challenge } = await portal.mint('CN=tablet-by-subject', san, other.endpoint.slug)
      const at = { challenge, subject, san, endpoint: other.endpoint.slug }
      expect(await (await portal.device(at)).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
      return backing.database.certificate.findFirstOrThrow({ where: { challengeId: id } })
    }
    let at = portal.time.now.getTime()
    const ask = (...names: string[]) => {
      at += 1_000
      const san = names.map((value) => ({ type: 'dns', value }) as const)
      const csr = buildCsr({ subject, san, privateKey: freshKey() })
      return caller({ id: view.id, secret }).ask({ csr, challenge: '', transactionId: 'R' }, { at: new Date(at) })
    }
    await enrolled([{ type: 'dns', value: 'tablet.example.com' }])
    expect(await ask()).toMatchObject(ALLOWED)
    expect(await ask('Tablet.example.com')).toMatchObject(ALLOWED)
    expect(await ask('tablet.example.com', 'vpn.example.com')).toMatchObject(refusedFor('challenge_missing'))

    await backing.database.endpoint.update({ where: endpoint, data: { renewal: false } })
    expect(await ask()).toMatchObject(refusedFor('challenge_missing'))
    await backing.database.endpoint.update({ where: endpoint, data: { renewal: true } })
    expect(await ask()).toMatchObject(ALLOWED)

    portal.time.now = new Date(portal.time.now.getTime() + 1_000)
    const harmless = await enrolled([])
    await portal.certificates.revoke(ADMIN, harmless.id, { reason: 'superseded' })
    expect(await ask()).toMatchObject(ALLOWED)
    portal.time.now = new Date(portal.time.now.getTime() + 1_000)
    const stolen = await enrolled([])
    await portal.certificates.revoke(ADMIN, stolen.id, { reason: 'keyCompromise' })
    expect(await ask()).toMatchObject(refusedFor('challenge_missing'))
  })
})

describe('by API', () => {
  const ask = async (one: { csr: Uint8Array }, more: object = {}) =>
    validation.validate(actor('operator'), {
      endpoint: portal.slug,
      csr: Buffer.from(one.csr).toString('base64'),
      ...more,
    })

  test('PEM and base64 are read, the reason is told, and the challenge is held', async () => {
    const one = await device()
    expect(await ask(one)).toMatchObject({ allow: true, reason: null, challenge: { id: one.id } })
    expect(await ask(one, { csr: toPem(one.csr, 'CERTIFICATE REQUEST') })).toMatchObject({ allow: true })
    expect(await challenge(one.id)).toMatchObject({ state: 'reserved' })
    const wrong = await device({ subject: 'CN=right', asks: 'CN=wrong' })
    expect(await ask(wrong)).toMatchObject({
      allow: false,
      reason: 'subject_mismatch',
      explanation: expect.stringContaining('another subject'),
    })
  })

  test('a dry run has no effect at all', async () => {
    const one = await device({ subject: 'CN=dry', asks: 'CN=wet' })
    const good = await device()
    const before = await challenge(one.id)
    const transactions = await backing.database.enrolmentTransaction.count()
    const { events } = await portal.eventsOf(async () => {
      for (let time = 0; time < 4; time++)
        expect(await ask(one, { dryRun: true })).toMatchObject({
          allow: false,
          reason: 'subject_mismatch',
          dryRun: true,
        })
      expect(await ask(good, { dryRun: true })).toMatchObject({ allow: true, dryRun: true, challenge: { id: good.id } })
    })
    expect(events).toEqual([])
    expect(await challenge(one.id)).toEqual(before)
    expect(await challenge(good.id)).toMatchObject({ state: 'pending' })
    expect(await backing.database.enrolmentTransaction.count()).toBe(transactions)
  })

  test('another role, another endpoint, no request', async () => {
    const one = await device()
    const csr = Buffer.from(one.csr).toString('base64')
    await expect(validation.validate(actor('auditor'), { endpoint: portal.slug, csr })).rejects.toMatchObject({
      code: 'forbidden',
    })
    await expect(ask(one, { endpoint: 'nowhere' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(ask(one, { csr: '%%%' })).rejects.toMatchObject({ code: 'invalid_input' })
  })
})
