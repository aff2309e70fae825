/** The flight recorder: whoever is shown only this can say what was wrong, and no secret is in it. */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import { forgetRecords } from '@/lib/jobs/forget-records'
import { parseDer, TAG } from '@/lib/pki/der'
import {
  bitString,
  context,
  encode,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  utf8String,
} from '@/lib/pki/der-write'
import { type Extension, encodeExtensions } from '@/lib/pki/extension'
import { encodeName } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { signatureIdentifier, signWith } from '@/lib/pki/sign'
import { commonAttributes, encodeSignedAttributes } from '@/lib/scep/attributes'
import { buildPkcsReq, type PkcsReqOptions, selfSignedCertificate } from '@/lib/scep/client'
import { contentInfo, digestOf, encodeIssuerAndSerial, encodeSignedData, identityOf } from '@/lib/scep/signed-data'
import { createTrace, type ExchangeTrace, type Step } from './exchange-trace'
import { createFlightRecorder, type FlightRecord } from './flight-recorder'
import type { Exchange } from './scep-exchange'
import {
  type EnrolmentPortal,
  enrolmentPortal,
  memoryEnrolmentBacking,
  REQUEST,
  rsaKey,
  TABLET,
  type Told,
} from './testing/enrolment'
import { actor, NOON } from './testing/harness'

const reader = actor('auditor')
const limits = {
  operations: { count: 1_000, seconds: 60 },
  wrongChallenges: { count: 1_000, seconds: 600 },
  guessesAtEndpoint: { count: 100_000, seconds: 600 },
  decryptionFailures: { count: 1_000, seconds: 300 },
  recordedFailures: 1_000,
}

let portal: EnrolmentPortal
beforeEach(async () => {
  portal = await enrolmentPortal(memoryEnrolmentBacking(), { limits })
})

/** The newest transaction as its page shows it. */
async function newest() {
  await portal.recorder.flush()
  const { items } = await portal.transactions.list(reader, {}, { limit: 1 })
  return portal.transactions.get(reader, items[0]?.id as string)
}

const enrolled = async (told: Told, message: Partial<PkcsReqOptions> = {}) => {
  await (await portal.device({ key: 'ec', ...told })).status(message)
  return newest()
}

const sent = async (change: (message: Uint8Array) => Uint8Array, told: Partial<PkcsReqOptions> = {}) => {
  const [recipientDer] = await portal.chain()
  const message = buildPkcsReq({
    csr: csrOf({}),
    signerKey: rsaKey(0),
    signerCertificateDer: selfSignedCertificate({ subject: TABLET, privateKey: rsaKey(0) }),
    recipientDer: recipientDer as Uint8Array,
    transactionId: crypto.randomUUID(),
    senderNonce: new Uint8Array(randomBytes(16)),
    ...told,
  })
  await portal.scep.handle({ ...REQUEST, endpoint: portal.slug, body: change(message) })
  return newest()
}

const minted = async () => (await portal.mint()).challenge

/** Twenty and more ways to get it wrong, each with words that its explanation must hold. */
const BROKEN: Record<string, [work: () => ReturnType<typeof newest>, cause: RegExp, nextStep: RegExp]> = {
  'no message at all': [() => sent(() => new Uint8Array(64).fill(7)), /not a SCEP message/, /SCEP URL/],
  'a bad message signature': [
    () => sent((message) => message.map((byte, index) => (index === message.length - 1 ? byte ^ 1 : byte))),
    /signature of the message/,
    /try again/,
  ],
  'SHA-1 where it is off': [
    async () => {
      await portal.groups.updateEndpoint(actor('admin'), portal.slug, { allowSha1: false })
      return enrolled({ challenge: await minted() }, { digest: 'sha1' })
    },
    /SHA-1/,
    /SHA-256/,
  ],
  '3DES where it is off': [
    async () => {
      await portal.groups.updateEndpoint(actor('admin'), portal.slug, { allow3des: false })
      return enrolled({ challenge: await minted() }, { cipher: '3des' })
    },
    /3DES/,
    /AES/,
  ],
  'a cipher nobody takes': [
    async () => {
      const [ra] = await portal.chain()
      return sent(() => signed(enveloped(ra as Uint8Array, RC2)))
    },
    /algorithm we do not take/,
    /AES/,
  ],
  'a message type from nowhere': [
    async () => enrolled({ challenge: await minted() }, { messageType: 99 }),
    /message type/,
    /software/,
  ],
  'the wrong registration authority': [
    async () => {
      const other = await portal.createGroup('Printers')
      const [recipientDer] = await portal.chain(other.endpoint.slug)
      return enrolled({ challenge: await minted() }, { recipientDer: recipientDer as Uint8Array })
    },
    /not encrypted to the registration authority/,
    /fetch the CA certificates/,
  ],
  'a malformed CSR': [() => enrolled({ csr: new Uint8Array(100).fill(0x30) }), /cannot be read/, /software/],
  'a bad CSR signature': [
    async () => {
      const csr = csrOf({ challenges: [await minted()] })
      csr[csr.length - 1] = (csr.at(-1) ?? 0) ^ 1
      return enrolled({ csr })
    },
    /not signed by the key/,
    /proxy/,
  ],
  'a weak key': [
    async () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
      return enrolled({ csr: csrOf({ key: privateKey, challenges: [await minted()] }) })
    },
    /too weak/,
    /stronger key/,
  ],
  'CA:TRUE': [
    async () => enrolled({ csr: csrOf({ challenges: [await minted()], extensions: [CA_TRUE] }) }),
    /CA certificate/,
    /what sent it/,
  ],
  'a Windows SID': [
    async () => enrolled({ csr: csrOf({ challenges: [await minted()], extensions: [SID] }) }),
    /security identifier/,
    /Take it out/,
  ],
  'an unreadable extension': [
    async () =>
      enrolled({
        csr: csrOf({ challenges: [await minted()], extensions: [{ ...CA_TRUE, value: new Uint8Array([0x30, 9]) }] }),
      }),
    /extension/,
    /device profile/,
  ],
  'no challenge': [() => enrolled({}), /no challenge/, /Mint one/],
  'two challenges': [
    async () => enrolled({ csr: csrOf({ challenges: [await minted(), 'another'] }) }),
    /more than one challenge/,
    /device profile/,
  ],
  'an unknown challenge': [() => enrolled({ challenge: 'NEVERMINTED' }), /ever minted/, /typing mistake/],
  'a challenge of another endpoint': [
    async () => {
      const other = await portal.createGroup('Printers')
      const { challenge } = await portal.mint('CN=tablet-7,O=Example', [], other.endpoint.slug)
      return enrolled({ challenge })
    },
    /another endpoint/,
    /SCEP URL/,
  ],
  'an expired challenge': [
    async () => {
      const { id, challenge } = await portal.mint()
      await portal.backing.age('challenge', id, 61)
      return enrolled({ challenge })
    },
    /expired/,
    /Mint a new one/,
  ],
  'a used challenge': [
    async () => {
      const challenge = await minted()
      await enrolled({ challenge })
      return enrolled({ challenge })
    },
    /already been used/,
    /revoke that certificate/,
  ],
  'a revoked challenge': [
    async () => {
      const { id, challenge } = await portal.mint()
      await portal.challenges.revoke(actor('operator'), id)
      return enrolled({ challenge })
    },
    /revoked/,
    /Mint a new one/,
  ],
  'another subject': [
    async () => enrolled({ challenge: await minted(), subject: [{ type: 'CN', value: 'tablet-8' }] }),
    /another subject/,
    /Correct the device profile/,
  ],
  'a name too many': [
    async () => enrolled({ challenge: await minted(), san: [{ type: 'dns', value: 'admin.example' }] }),
    /names the challenge is not bound to/,
    /Correct the device profile/,
  ],
  'a poll for nothing': [
    async () => {
      await (await portal.device({ challenge: 'x' })).poll()
      return newest()
    },
    /do not know/,
    /enrol anew/,
  ],
  'the request of somebody else': [
    async () => {
      const device = await portal.device({ challenge: await minted() })
      await device.enrol()
      await (await portal.device({ csr: device.csr, transactionId: device.transactionId, signer: 1 })).enrol()
      return newest()
    },
    /another key had signed/,
    /source address/,
  ],
  'a certificate that was revoked': [
    async () => {
      const device = await portal.device({ challenge: await minted() })
      await device.enrol()
      const { items } = await portal.certificates.list(reader, {}, {})
      await portal.certificates.revoke(actor('operator'), items[0]?.id as string, { reason: 'keyCompromise' })
      await device.poll()
      return newest()
    },
    /has been revoked/,
    /new challenge/,
  ],
}

describe('whoever is shown only the recorder', () => {
  test.each(Object.keys(BROKEN))('can say what was wrong with %s, and what to do next', async (kind) => {
    const [work, cause, nextStep] = BROKEN[kind] as (typeof BROKEN)[string]
    const detail = await work()
    expect(detail).toMatchObject({ state: 'refused', cause: expect.stringMatching(cause) })
    expect(detail.nextStep).toMatch(nextStep)
    expect(detail.exchanges.at(-1)).toMatchObject({ outcome: 'refused' })
    const steps = detail.exchanges.at(-1)?.steps ?? []
    expect(steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['transport', 'refused', 'reply']))
    expect(steps.find(({ step }) => step === 'refused')?.says[0]).toBe(detail.reason)
    expect(detail.support).toContain(detail.reason)
  })

  test('tells twenty causes and more apart', async () => {
    const causes = new Set<string | null>()
    for (const kind of Object.keys(BROKEN)) {
      portal = await enrolmentPortal(memoryEnrolmentBacking(), { limits })
      causes.add((await (BROKEN[kind] as (typeof BROKEN)[string])[0]()).cause)
    }
    expect(causes.size).toBe(Object.keys(BROKEN).length)
    expect(causes.size).toBeGreaterThanOrEqual(20)
  })

  test('sees a good enrolment from its first question to its last byte', async () => {
    const ask = (operation: string) =>
      portal.scep.handle({ ...REQUEST, endpoint: portal.slug, method: 'GET', query: `operation=${operation}` })
    await ask('GetCACaps')
    const { challenge, id } = await portal.mint('CN=tablet-7,O=Example', [{ type: 'dns', value: 'tablet-7.example' }])
    const detail = await enrolled(
      { challenge, san: [{ type: 'dns', value: 'tablet-7.example' }] },
      { cipher: 'aes256' },
    )
    expect(detail).toMatchObject({ state: 'issued', cause: null, challenge: { id, state: 'consumed' } })
    expect(detail.exchanges).toMatchObject([{ operation: 'PKCSReq', outcome: 'issued', sourceIp: '192.0.2.9' }])
    const steps = detail.exchanges[0]?.steps ?? []
    expect(steps.map(({ step }) => step)).toEqual([
      'capabilities.asked',
      'capabilities.asked',
      'transport',
      'message.verified',
      'envelope.read',
      'recipient.found',
      'csr.read',
      'turn.taken',
      'policy.checked',
      'signer.differs',
      'challenge.checked',
      'certificate.issued',
      'certificate.sent',
      'reply',
    ])
    expect(steps.find(({ step }) => step === 'envelope.read')?.says).toEqual([
      'encrypted with AES-256',
      'RSA PKCS#1 v1.5',
    ])
    expect(steps.find(({ step }) => step === 'csr.read')?.says).toContain(
      'message signed by another key than the requested one',
    )
    expect(detail.fields).toMatchObject([
      { field: 'subject', verdict: 'fits' },
      { field: 'san', expected: ['dns:tablet-7.example'], received: ['dns:tablet-7.example'], verdict: 'fits' },
      { field: 'key', received: ['P-256'], verdict: 'fits' },
    ])
  })

  test('sees expected beside received', async () => {
    const detail = await enrolled({ challenge: await minted(), subject: [{ type: 'CN', value: 'tablet-8' }] })
    expect(detail.fields).toMatchObject([
      { field: 'subject', expected: ['CN=tablet-7,O=Example'], received: ['CN=tablet-8'], verdict: 'differs' },
      { field: 'san', verdict: 'fits' },
      { field: 'key', verdict: 'fits' },
    ])
  })

  test('sees a resend and a poll as exchanges of the same enrolment', async () => {
    const device = await portal.device({ challenge: await minted() })
    await device.enrol()
    await device.enrol()
    await device.poll()
    const { exchanges } = await newest()
    expect(exchanges.map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ['PKCSReq', 'issued'],
      ['PKCSReq', 'answered_again'],
      ['CertPoll', 'answered_again'],
    ])
  })
})

describe('what is passed on', () => {
  test('holds ids, hashes, algorithms and reasons, and no name, address or challenge', async () => {
    const challenge = await minted()
    const san = [{ type: 'email', value: 'grace@example.org' } as const]
    const { support, id, csrSha256 } = await enrolled({ challenge, subject: [{ type: 'CN', value: 'Grace "7"' }], san })
    for (const part of [id, csrSha256, 'subject_mismatch', 'aes128', 'sha256']) expect(support).toContain(part)
    for (const part of ['Grace', 'tablet-7', 'example.org', '192.0.2.9', challenge]) expect(support).not.toContain(part)
    // Equal names have equal stand-ins, so that it still shows what differs.
    expect(support).toMatch(/^subject: \[name \d+\] \| \[name \d+\] \| differs$/m)
  })
})

describe('secrets and floods', () => {
  test('a challenge is masked wherever it turns up, and no message of a GET is kept', async () => {
    const canary = 'CANARY0123456789ABCDEF'
    const written: FlightRecord[] = []
    const recorder = createFlightRecorder({
      store: { add: async (records) => void written.push(...records) },
      clock: () => NOON,
      log: () => {},
    })
    portal = await enrolmentPortal(memoryEnrolmentBacking(), { limits }, { recorder })
    const subject = [{ type: 'CN', value: `device ${canary.toLowerCase()}` }]
    const device = await portal.device({ challenge: canary, subject, key: 'ec' })
    await device.enrol()
    const [recipientDer] = await portal.chain()
    const message = buildPkcsReq({
      csr: device.csr,
      signerKey: rsaKey(0),
      signerCertificateDer: selfSignedCertificate({ subject: TABLET, privateKey: rsaKey(0) }),
      recipientDer: recipientDer as Uint8Array,
      transactionId: 'GET',
      senderNonce: new Uint8Array(16),
    })
    const query = `operation=PKIOperation&message=${encodeURIComponent(Buffer.from(message).toString('base64'))}`
    await portal.scep.handle({ ...REQUEST, endpoint: portal.slug, method: 'GET', query, body: new Uint8Array(0) })
    await recorder.flush()
    const text = JSON.stringify(written)
    expect(written).toHaveLength(2)
    expect(text).toContain('[masked]')
    expect(text.toUpperCase()).not.toContain(canary)
    expect(text).not.toContain(Buffer.from(message).toString('base64').slice(100, 140))
  })

  test('of one source so many failures are kept each minute; new certificates always are', async () => {
    const wrong = await portal.device({ challenge: 'NEVERMINTED', transactionId: 'T' })
    for (let number = 0; number < 30; number++) await wrong.enrol()
    for (let number = 0; number < 3; number++) await enrolled({ challenge: await minted() })
    await portal.recorder.flush()
    const { items } = await portal.transactions.list(reader, { state: 'refused' }, {})
    expect((await portal.transactions.get(reader, items[0]?.id as string)).exchanges).toHaveLength(20)
    const issued = await portal.transactions.list(reader, { state: 'issued' }, {})
    for (const { id } of issued.items) expect((await portal.transactions.get(reader, id)).exchanges).toHaveLength(1)
    expect(portal.logged).toContainEqual({ level: 'info', event: 'flight.sampled', facts: { count: 10 } })
  })

  test('a database that does not answer costs the record, never the answer', async () => {
    const logged: [string, unknown][] = []
    const store: Parameters<typeof createFlightRecorder>[0]['store'] = { add: () => Promise.reject(new Error('down')) }
    const log = (_: string, event: string, facts: unknown) => void logged.push([event, facts])
    const recorder = createFlightRecorder({ store, clock: () => NOON, log, limits: { waiting: 2 } })
    portal = await enrolmentPortal(memoryEnrolmentBacking(), { limits }, { recorder })
    for (let number = 0; number < 4; number++)
      expect(await (await portal.device({ challenge: await minted() })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    await recorder.flush()
    expect(logged).toEqual([['flight.not_written', { error: 'Error', count: 2 }]])
    store.add = async () => {}
    await (await portal.device({ challenge: await minted() })).enrol()
    await recorder.flush()
    expect(logged.at(-1)).toEqual(['flight.dropped', { count: 4 }])
  })

  test('what comes while others are written waits for the next time, and the last time writes all of it', async () => {
    const batches: number[] = []
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const held = [first, second]
    const add = async (records: FlightRecord[]) => {
      batches.push(records.length)
      await held[batches.length - 1]?.promise
    }
    const recorder = createFlightRecorder({ store: { add }, clock: () => NOON, log: () => {} })
    const come = async (times: number) => {
      for (let number = 0; number < times; number++) {
        const trace = createTrace(NOON, () => NOON)
        trace.belongsTo(crypto.randomUUID())
        trace.note('certificate.sent')
        await recorder.recorded(exchangeOf(trace), reply)
      }
    }
    await come(2)
    const flush = recorder.flush()
    await come(501)
    first.resolve()
    await flush
    expect(batches).toEqual([2])
    // Two at once, as when the last one finds the one before still at it.
    const late = recorder.flush()
    await come(1)
    const last = recorder.flush()
    second.resolve()
    await Promise.all([late, last])
    expect(batches).toEqual([2, 500, 2])
  })

  test('a challenge is masked trimmed too, as whoever reads it may repeat it', async () => {
    const trace = createTrace(NOON, () => NOON)
    trace.hide(' CANARY0123\n')
    trace.belongsTo(crypto.randomUUID())
    trace.note('validator.answered', { message: 'no device has canary0123.' })
    const [record] = await recordedAlone(trace)
    expect(record?.steps.find(({ step }) => step === 'validator.answered')?.facts).toEqual({
      message: 'no device has [masked].',
    })
  })

  test('a text is cut without half a character at its end', async () => {
    const trace = createTrace(NOON, () => NOON)
    trace.belongsTo(crypto.randomUUID())
    trace.note('csr.read', { subject: `${'x'.repeat(5_999)}\u{1f600}` })
    const [record] = await recordedAlone(trace)
    const subject = record?.steps.find(({ step }) => step === 'csr.read')?.facts.subject as string
    expect(subject).toHaveLength(6_000)
    expect(subject.isWellFormed()).toBe(true)
  })

  test('a record that the store refuses, or that cannot be made, costs only itself', async () => {
    const { flights } = portal.backing.enrolment
    const add = flights.add
    flights.add = async (records) => {
      if (records.some(({ sourceIp }) => sourceIp === '203.0.113.66')) throw new SyntaxError('not for jsonb')
      await add(records)
    }
    const from = (ip: string, trace: ExchangeTrace) => portal.recorder.recorded(exchangeOf(trace, ip), reply)
    const traceOf = (facts: Step['facts']) => {
      const trace = createTrace(NOON, () => NOON)
      trace.belongsTo(crypto.randomUUID())
      trace.note('csr.read', facts)
      return trace
    }
    await (await portal.device({ challenge: await minted() })).enrol()
    await from('203.0.113.66', traceOf({}))
    await from('203.0.113.67', traceOf(endless()))
    await (await portal.device({ challenge: await minted() })).enrol()
    await portal.recorder.flush()
    const { items } = await portal.transactions.list(reader, { state: 'issued' }, {})
    expect(items).toHaveLength(2)
    for (const { id } of items) expect((await portal.transactions.get(reader, id)).exchanges).toHaveLength(1)
    const facts = { error: 'SyntaxError', count: 2 }
    expect(portal.logged).toContainEqual({ level: 'warn', event: 'flight.not_written', facts })
  })

  test('while the database is away, a batch is tried once and not record by record', async () => {
    let tries = 0
    portal.backing.enrolment.flights.add = async () => {
      tries += 1
      throw new Refusal('unavailable', 'Later.')
    }
    for (let number = 0; number < 3; number++) await (await portal.device({ challenge: await minted() })).enrol()
    await portal.recorder.flush()
    expect(tries).toBe(1)
    const facts = { error: 'Refusal', count: 3 }
    expect(portal.logged).toContainEqual({ level: 'warn', event: 'flight.not_written', facts })
  })

  test('failures are kept longer than what went well, by the setting', async () => {
    await portal.retention.set(actor('admin'), { issuedDays: 7, failedDays: 14 })
    const well = await enrolled({ challenge: await minted() })
    const badly = await enrolled({ challenge: 'NEVERMINTED' })
    const kept = async () =>
      Promise.all([well, badly].map(async ({ id }) => (await portal.transactions.get(reader, id)).exchanges.length))
    const job = forgetRecords(portal.backing.enrolment.flights)
    const runAfter = (days: number) => job.run(new Date(NOON.getTime() + days * 86_400_000 + 1))
    await runAfter(6)
    expect(await kept()).toEqual([1, 1])
    await runAfter(7)
    expect(await kept()).toEqual([0, 1])
    await runAfter(14)
    expect(await kept()).toEqual([0, 0])
  })

  test('only an administrator sets how long, within bounds, and it is in the trail', async () => {
    await expect(portal.retention.set(actor('operator'), { issuedDays: 1, failedDays: 1 })).rejects.toMatchObject({
      code: 'forbidden',
    })
    await expect(portal.retention.set(actor('admin'), { issuedDays: 0, failedDays: 90 })).rejects.toMatchObject({
      code: 'invalid_input',
      fields: { issuedDays: expect.any(String) },
    })
    const { events } = await portal.eventsOf(() =>
      portal.retention.set(actor('admin'), { issuedDays: 10, failedDays: 90 }),
    )
    expect(events).toEqual(['system.retention_changed'])
    expect(await portal.retention.get(actor('admin'))).toEqual({ issuedDays: 10, failedDays: 90 })
  })
})

const reply = async () => ({ status: 200, contentType: 'text/plain', body: new Uint8Array(0) })

function exchangeOf(trace: ExchangeTrace, ip = '192.0.2.9') {
  const request = { ...REQUEST, endpoint: portal.slug, body: new Uint8Array(0), ip }
  return {
    trace,
    request,
    source: ip,
    endpoint: { id: portal.group.endpoint.id },
    startedAt: NOON,
  } as unknown as Exchange
}

async function recordedAlone(trace: ExchangeTrace): Promise<FlightRecord[]> {
  const written: FlightRecord[] = []
  const add = async (records: FlightRecord[]) => void written.push(...records)
  const recorder = createFlightRecorder({ store: { add }, clock: () => NOON, log: () => {} })
  await recorder.recorded(exchangeOf(trace), reply)
  await recorder.flush()
  return written
}

/** Facts that hold themselves. */
function endless(): Step['facts'] {
  const facts: Step['facts'] = {}
  facts.self = facts
  return facts
}

const RC2 = '1.2.840.113549.3.2'

function enveloped(ra: Uint8Array, cipher: string): Uint8Array {
  const name = encodeIssuerAndSerial(identityOf(parseDer(ra)))
  const transport = sequence(oid(OID.rsaEncryption), nullValue())
  const recipient = sequence(integer(0), name, transport, octetString(new Uint8Array(256)))
  const algorithm = sequence(oid(cipher), octetString(new Uint8Array(8)))
  const content = sequence(oid(OID.data), algorithm, encode(0x80, new Uint8Array(64)))
  return contentInfo(OID.envelopedData, sequence(integer(0), setOf([recipient]), content))
}

function signed(content: Uint8Array): Uint8Array {
  const bytes = Buffer.from(crypto.randomUUID())
  const signedAttributes = encodeSignedAttributes(
    commonAttributes({
      digest: digestOf('sha256', content),
      messageType: 19,
      transactionId: { tag: TAG.printableString, bytes },
      senderNonce: new Uint8Array(16),
    }),
  )
  const certificate = identityOf(parseDer(selfSignedCertificate({ subject: TABLET, privateKey: rsaKey(0) })))
  const signature = signWith(rsaKey(0), 'sha256', signedAttributes)
  return encodeSignedData({ content, digest: 'sha256', certificate, signedAttributes, signature })
}

const CA_TRUE: Extension = {
  oid: OID.basicConstraints,
  critical: true,
  value: sequence(encode(0x01, new Uint8Array([0xff]))),
}
const SID: Extension = { oid: '1.3.6.1.4.1.311.25.2', critical: false, value: sequence() }

/** buildCsr writes none of these. */
function csrOf(request: { key?: KeyObject; challenges?: string[]; extensions?: Extension[] }): Uint8Array {
  const { key = rsaKey(0), challenges = [], extensions = [] } = request
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const attributes = [
    ...(challenges.length === 0 ? [] : [sequence(oid(OID.challengePassword), setOf(challenges.map(utf8String)))]),
    ...(extensions.length === 0 ? [] : [sequence(oid(OID.extensionRequest), setOf([encodeExtensions(extensions)]))]),
  ]
  const info = sequence(integer(0), encodeName(TABLET), spki, context(0, ...attributes))
  return new Uint8Array(sequence(info, signatureIdentifier(key, 'sha256'), bitString(sign('sha256', info, key))))
}
