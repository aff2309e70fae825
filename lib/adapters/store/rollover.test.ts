/** Rollover on Postgres, with the real services: staged, announced, switched, cancelled; by two callers and after crashes. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCertificate, verifyCertificateSignature } from '@/lib/pki/certificate'
import { parsePublicKey } from '@/lib/pki/key'
import { parseCaCertificates } from '@/lib/scep/client'
import { parseSignedData, verifySigner } from '@/lib/scep/signed-data'
import { createEndpoints } from '@/lib/services/endpoints'
import { createRegistrationAuthorities } from '@/lib/services/registration-authorities'
import { createRollover, type Rollover, rolloverActor } from '@/lib/services/rollover'
import { type EnrolmentPortal, enrolmentPortal, REQUEST } from '@/lib/services/testing/enrolment'
import { actor, DAY_MS, NOON } from '@/lib/services/testing/harness'
import { registrationAuthorityStore } from './authorities'
import { groupStore } from './groups'
import { rolloverStore } from './rollover'
import { scepEnrolmentStore } from './scep-enrolment'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

let backing: Awaited<ReturnType<typeof postgresEnrolmentBacking>>
let portal: EnrolmentPortal
let rollover: Rollover
const ada = actor('admin')
const inDays = (days: number) => new Date(NOON.getTime() + days * DAY_MS)
const ask = (operation: string) =>
  portal.scep.handle({ ...REQUEST, endpoint: portal.slug, method: 'GET', query: `operation=${operation}` })
/** Endpoints are kept for a second. */
const later = () => {
  portal.time.now = new Date(portal.time.now.getTime() + 1_500)
}

beforeAll(async () => {
  backing = await postgresEnrolmentBacking()
  portal = await enrolmentPortal(backing)
  const { signer, issuance, urls, time } = portal
  rollover = createRollover({
    store: rolloverStore(backing.database),
    signer,
    issuance,
    urls,
    clock: () => time.now,
  })
})
afterAll(() => backing?.close())

async function enrol(subject: string) {
  const { challenge } = await portal.mint(subject)
  const [type = '', value = ''] = subject.split('=')
  const device = await portal.device({ subject: [{ type, value }], challenge, key: 'ec' })
  const reply = await device.enrol()
  if (reply.pkiStatus !== 'SUCCESS') throw new Error(JSON.stringify(reply))
  const [leaf] = reply.certificates
  if (leaf === undefined) throw new Error('no certificate')
  return parseCertificate(leaf)
}

describe('a group rolls over to its next issuer', () => {
  test('nothing is announced while nothing is staged', async () => {
    expect(new TextDecoder().decode((await ask('GetCACaps')).body)).not.toContain('GetNextCACert')
    expect((await ask('GetNextCACert')).status).toBe(404)
    expect(await rollover.get(ada, portal.slug)).toMatchObject({ next: null, retired: [] })
  })

  test('operators look on, and dates in the past or far ahead are refused', async () => {
    await expect(rollover.stage(actor('operator'), portal.slug, { activatesAt: inDays(30) })).rejects.toMatchObject({
      code: 'forbidden',
    })
    for (const days of [0, -1, 800]) {
      await expect(rollover.stage(ada, portal.slug, { activatesAt: inDays(days) })).rejects.toMatchObject({
        reason: 'invalid_date',
      })
    }
  })

  test('of two who stage at once, one does', async () => {
    const both = await Promise.allSettled([
      rollover.stage(ada, portal.slug, { activatesAt: inDays(30), issuerKey: 'p256' }),
      rollover.stage(ada, portal.slug, { activatesAt: inDays(30), issuerKey: 'p256' }),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const { next, current } = await rollover.get(ada, portal.slug)
    expect(next).toMatchObject({ ready: true, issuer: { status: 'staged', slug: 'staff-g2', keyAlgorithm: 'p256' } })
    expect(current.slug).toBe('staff')
  })

  test('GetNextCACert hands it out, signed by the present registration authority', async () => {
    later()
    expect(new TextDecoder().decode((await ask('GetCACaps')).body)).toContain('GetNextCACert\n')
    const response = await ask('GetNextCACert')
    expect(response).toMatchObject({ status: 200, contentType: 'application/x-x509-next-ca-cert' })
    const signed = parseSignedData(response.body)
    const [present] = await portal.chain()
    const [info] = signed.signers
    if (present === undefined || info === undefined || signed.content === null) throw new Error('unsigned')
    expect(verifySigner(info, 'sha256', parsePublicKey(parseCertificate(present).spki))).toBe(true)
    const digest = createHash('sha256').update(signed.content).digest('hex')
    expect(Buffer.from(info.signedAttributes?.content ?? []).toString('hex')).toContain(digest)
    const [ra, issuer, root] = parseCaCertificates(signed.content).map(parseCertificate)
    if (!ra || !issuer || !root) throw new Error('not the whole chain')
    expect(verifyCertificateSignature(ra.der, issuer.spki)).toBe(true)
    expect(verifyCertificateSignature(issuer.der, root.spki)).toBe(true)
    expect(Buffer.from(ra.der).equals(present)).toBe(false)
  })

  test('until its day the present issuer issues, and messages to the next RA are opened already', async () => {
    const leaf = await enrol('CN=before')
    const { current } = await rollover.get(ada, portal.slug)
    expect(verifyCertificateSignature(leaf.der, parseCertificate(pemBytes(current.certificatePem)).spki)).toBe(true)
    expect(await rollover.advance(rolloverActor())).toBe(0)
    const signed = parseSignedData((await ask('GetNextCACert')).body)
    const [nextRa] = parseCaCertificates(signed.content ?? new Uint8Array())
    if (nextRa === undefined) throw new Error('no next RA')
    const { challenge } = await portal.mint('CN=early')
    const device = await portal.device({ subject: [{ type: 'CN', value: 'early' }], challenge, key: 'ec' })
    expect((await device.enrol({ recipientDer: nextRa })).pkiStatus).toBe('SUCCESS')
  })

  test('read while the issuer is switched, an endpoint is of the one or of the other, never of both', async () => {
    const { database } = backing
    const store = scepEnrolmentStore(database)
    const where = { slug: portal.slug }
    const { authorityId: present } = await database.endpoint.findUniqueOrThrow({ where })
    const { id: next } = await database.authority.findFirstOrThrow({ where: { replacesId: present, status: 'staged' } })
    const seen = new Set<string>()
    let switching = true
    const switched = (async () => {
      while (switching)
        for (const authorityId of [next, present]) await database.endpoint.update({ where, data: { authorityId } })
    })()
    try {
      for (let reads = 0; reads < 200 || (seen.size < 2 && reads < 2_000); reads++) {
        const endpoint = await store.endpoint(portal.slug)
        const issuer = endpoint?.issuer?.certificateDer ?? new Uint8Array(0)
        expect(Buffer.compare(issuer, endpoint?.chain[0] ?? new Uint8Array(0))).toBe(0)
        expect(endpoint?.nextChain).toHaveLength(endpoint?.issuer?.id === present ? 2 : 0)
        seen.add(endpoint?.issuer?.id ?? 'none')
      }
    } finally {
      switching = false
      await switched
    }
    expect(seen).toEqual(new Set([present, next]))
  })

  test('an endpoint that was added meanwhile gets its share before the switch', async () => {
    const { id, ...copy } = await backing.database.endpoint.findFirstOrThrow({ where: { slug: portal.slug } })
    await backing.database.endpoint.create({ data: { ...copy, id: crypto.randomUUID(), slug: 'staff-second' } })
    expect((await rollover.get(ada, portal.slug)).next?.ready).toBe(false)
    portal.time.now = inDays(31)
    expect(id).toBeTruthy()
    const [first, second] = await Promise.all([rollover.advance(rolloverActor()), rollover.advance(rolloverActor())])
    expect(first + second).toBe(1)
  })

  test('from its day the next issuer issues under the same URL; the old one is retired and its RA still opens', async () => {
    const oldRa = await oldRegistrationAuthority()
    later()
    const { current, next, retired, devices } = await rollover.get(ada, portal.slug)
    expect(current).toMatchObject({ slug: 'staff-g2', status: 'active' })
    expect(next).toBeNull()
    expect(retired.map(({ slug }) => slug)).toEqual(['staff'])
    expect(devices).toEqual({ total: 2, moved: 0 })
    const leaf = await enrol('CN=after')
    expect(verifyCertificateSignature(leaf.der, parseCertificate(pemBytes(current.certificatePem)).spki)).toBe(true)
    expect((await rollover.get(ada, portal.slug)).devices).toEqual({ total: 3, moved: 1 })
    const { challenge } = await portal.mint('CN=late')
    const device = await portal.device({ subject: [{ type: 'CN', value: 'late' }], challenge, key: 'ec' })
    expect((await device.enrol({ recipientDer: oldRa })).pkiStatus).toBe('SUCCESS')
    expect((await ask('GetNextCACert')).status).toBe(404)
  })

  test('the trail tells it', async () => {
    const types = (await backing.events()).map(({ type }) => type)
    for (const type of ['rollover.staged', 'ra.staged', 'rollover.activated']) expect(types).toContain(type)
  })

  test('a cancelled one never takes over, is revoked on the root, and another can be staged', async () => {
    await rollover.stage(ada, portal.slug, { activatesAt: new Date(portal.time.now.getTime() + DAY_MS) })
    const { next } = await rollover.get(ada, portal.slug)
    await rollover.cancel(ada, portal.slug)
    await expect(rollover.cancel(ada, portal.slug)).rejects.toMatchObject({ reason: 'nothing_staged' })
    const certificate = await backing.database.certificate.findUniqueOrThrow({
      where: { id: next?.issuer?.certificateId ?? '' },
    })
    expect(certificate.revocationReason).toBe('cessationOfOperation')
    expect((await backing.database.authority.findFirstOrThrow({ where: { kind: 'root' } })).crlDueSince).not.toBeNull()
    portal.time.now = new Date(portal.time.now.getTime() + 2 * DAY_MS)
    expect(await rollover.advance(rolloverActor())).toBe(0)
    const again = await rollover.stage(ada, portal.slug, { activatesAt: new Date(portal.time.now.getTime() + DAY_MS) })
    expect(again.next?.issuer?.slug).toBe('staff-g4')
  })
})

test('an endpoint that was set to answer with its issuer meanwhile keeps one out that may not', async () => {
  const answerBy = (scepIdentity: string) =>
    backing.database.endpoint.update({ where: { slug: portal.slug }, data: { scepIdentity } })
  const staged = (await rollover.get(ada, portal.slug)).next
  portal.time.now = new Date((staged?.activatesAt.getTime() ?? 0) + 1_000)
  await answerBy('ca')
  expect((await rollover.get(ada, portal.slug)).next?.ready).toBe(false)
  await expect(rollover.advance(rolloverActor())).rejects.toMatchObject({ reason: 'next_issuer_cannot_answer' })
  const before = { now: portal.time.now, answersScep: false }
  const { id } = await backing.database.authority.findUniqueOrThrow({ where: { slug: staged?.issuer?.slug ?? '' } })
  expect(await rolloverStore(backing.database).activate(id, before, [])).toBe(false)
  await answerBy('ra')
  expect(await rollover.advance(rolloverActor())).toBe(1)
})

test.each([1, 2])('cut off before signature %i while it is staged, the job makes the rest', async (cutOff) => {
  const { slug } = await portal.groups.create(ada, { name: `Cut off ${cutOff}`, issuerKey: 'p256' })
  const { signer, issuance, urls, time } = portal
  let signatures = 0
  const dying = createRollover({
    store: rolloverStore(backing.database),
    signer,
    issuance: {
      finish: (...given) => {
        signatures += 1
        if (signatures === cutOff) throw new Error('cut off')
        return issuance.finish(...given)
      },
    },
    urls,
    clock: () => time.now,
  })
  const activatesAt = new Date(time.now.getTime() + DAY_MS)
  await expect(dying.stage(ada, slug, { activatesAt })).rejects.toThrow('cut off')
  expect((await rollover.get(ada, slug)).next).toMatchObject({ ready: false, activatesAt })
  await expect(rollover.stage(ada, slug, { activatesAt })).rejects.toMatchObject({ reason: 'staged_already' })
  time.now = new Date(activatesAt.getTime() + 1_000)
  expect(await rollover.advance(rolloverActor())).toBe(1)
  const { current, next, retired } = await rollover.get(ada, slug)
  expect([current.slug, next, retired.length]).toEqual([`${slug}-g2`, null, 1])
})

test('who comes with a registration authority after the switch leaves nothing behind that blocks the next rollover', async () => {
  const { slug, endpoints } = await portal.groups.create(ada, { name: 'Late', issuerKey: 'p256' })
  const stage = () => rollover.stage(ada, slug, { activatesAt: new Date(portal.time.now.getTime() + DAY_MS) })
  await stage()
  const { id: _id, ...copy } = await backing.database.endpoint.findFirstOrThrow({
    where: { slug: endpoints[0]?.slug ?? '' },
  })
  const { id: added } = await backing.database.endpoint.create({
    data: { ...copy, id: crypto.randomUUID(), slug: 'late-second' },
  })
  const store = rolloverStore(backing.database)
  const { signer, issuance, urls, time } = portal
  const slow = createRollover({
    store: {
      ...store,
      async insertRegistrationAuthority(...given) {
        expect(await rollover.advance(rolloverActor())).toBe(1)
        return store.insertRegistrationAuthority(...given)
      },
    },
    signer,
    issuance,
    urls,
    clock: () => time.now,
  })
  time.now = new Date(time.now.getTime() + 2 * DAY_MS)
  expect(await slow.advance(rolloverActor())).toBe(0)
  const left = await backing.database.registrationAuthority.findMany({ where: { endpointId: added } })
  expect(left.map(({ authorityId, retiredAt }) => [authorityId, retiredAt])).toEqual([[null, null]])
  await stage()
  time.now = new Date(time.now.getTime() + 2 * DAY_MS)
  expect(await rollover.advance(rolloverActor())).toBe(1)
})

describe('while the issuer changes', () => {
  test('an endpoint that was drawn up under the one before is refused, and may be asked for again', async () => {
    const { slug } = await portal.groups.create(ada, { name: 'Overtaken', issuerKey: 'p256' })
    await rollover.stage(ada, slug, { activatesAt: new Date(portal.time.now.getTime() + DAY_MS) })
    portal.time.now = new Date(portal.time.now.getTime() + 2 * DAY_MS)
    const { signer, issuance, urls, time } = portal
    const store = groupStore(backing.database)
    const endpoints = createEndpoints({
      store: {
        ...store,
        async insertEndpoint(...given) {
          await rollover.advance(rolloverActor())
          return store.insertEndpoint(...given)
        },
      },
      signer,
      issuance,
      urls,
      clock: () => time.now,
    })
    const wish = { group: slug, name: 'Second' }
    await expect(endpoints.create(ada, wish)).rejects.toMatchObject({ code: 'conflict', reason: 'issuer_retired' })
    expect((await rollover.get(ada, slug)).current.slug).toBe(`${slug}-g2`)
    expect(await endpoints.create(ada, wish)).toMatchObject({ name: 'Second' })
    expect((await rollover.get(ada, slug)).current.slug).toBe(`${slug}-g2`)
  })

  test('a registration authority that is still to come holds it up, and one of the issuer before is too late', async () => {
    const { slug, endpoints } = await portal.groups.create(ada, { name: 'Renewing', issuerKey: 'p256' })
    await rollover.stage(ada, slug, { activatesAt: new Date(portal.time.now.getTime() + DAY_MS) })
    portal.time.now = new Date(portal.time.now.getTime() + 2 * DAY_MS)
    const { signer, issuance, urls, time, database } = { ...portal, database: backing.database }
    const store = registrationAuthorityStore(database)
    let signed = false
    const renewing = createRegistrationAuthorities({
      store: {
        ...store,
        endingBefore: async () =>
          (await store.endingBefore(new Date(time.now.getTime() + 3_650 * DAY_MS))).filter(
            ({ group }) => group.name === 'Renewing',
          ),
      },
      signer,
      issuance: {
        finish: async (...given) => {
          // Begun under the present issuer, not signed yet: nothing may change under it.
          expect(await rollover.advance(rolloverActor())).toBe(0)
          signed = true
          return issuance.finish(...given)
        },
      },
      urls,
      clock: () => time.now,
    })
    expect(await renewing.renewEnding(ada)).toBe(1)
    expect(signed).toBe(true)
    const [inNeed] = (await store.endingBefore(new Date(time.now.getTime() + 3_650 * DAY_MS))).filter(
      ({ group }) => group.name === 'Renewing',
    )
    expect(await rollover.advance(rolloverActor())).toBe(1)
    const late = createRegistrationAuthorities({
      store: { ...store, endingBefore: async () => (inNeed === undefined ? [] : [inNeed]) },
      signer,
      issuance,
      urls,
      clock: () => time.now,
    })
    expect(inNeed?.endpointId).toBe(endpoints[0]?.id)
    expect(await late.renewEnding(ada)).toBe(0)
  })
})

test('a CA that answers SCEP itself: its own certificate first, its own key for envelopes and replies', async () => {
  const group = await portal.groups.create(ada, { name: 'Printers', issuerKey: 'rsa3072', answersScep: true })
  const endpoint = group.endpoints[0]?.slug ?? ''
  await backing.database.endpoint.update({ where: { slug: endpoint }, data: { scepIdentity: 'ca' } })
  const [first] = await portal.chain(endpoint)
  expect(Buffer.from(first ?? []).equals(pemBytes(group.issuer?.certificatePem ?? ''))).toBe(true)
  const { challenge } = await portal.mint('CN=printer-1', [], endpoint)
  const device = await portal.device({ endpoint, subject: [{ type: 'CN', value: 'printer-1' }], challenge, key: 'ec' })
  expect((await device.enrol()).pkiStatus).toBe('SUCCESS')
  await expect(portal.groups.create(ada, { name: 'Labs', issuerKey: 'p256', answersScep: true })).rejects.toMatchObject(
    { reason: 'invalid_key' },
  )
})

async function oldRegistrationAuthority(): Promise<Uint8Array> {
  const old = await backing.database.registrationAuthority.findFirstOrThrow({
    where: { retiredAt: { not: null }, endpoint: { slug: portal.slug } },
    orderBy: { createdAt: 'asc' },
  })
  if (old.certificateDer === null) throw new Error('unfinished')
  return old.certificateDer
}

function pemBytes(pem: string): Uint8Array {
  return new Uint8Array(Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64'))
}

describe('an endpoint that answers with its issuer, and a next issuer that may not answer SCEP', () => {
  const REFUSED = {
    code: 'invalid_input',
    fields: { scepIdentity: expect.stringContaining('The next issuer of this group, which is staged, may not answer') },
  }
  const MUST_ANSWER = {
    code: 'invalid_input',
    fields: { issuerKey: expect.stringContaining('answers with its issuer') },
  }
  let number = 0
  /** A group whose issuer may answer, with one endpoint that does not do so yet. */
  const answering = async () => {
    number += 1
    const request = { name: `Answering ${number}`, issuerKey: 'rsa3072', answersScep: true } as const
    const { slug, endpoints } = await portal.groups.create(ada, request)
    return { group: slug, endpoint: endpoints[0]?.slug ?? '' }
  }
  const answerBy = (endpoint: string, scepIdentity: 'ca' | 'ra') =>
    portal.groups.updateEndpoint(ada, endpoint, { scepIdentity })
  const wish = (issuerKey: 'p256' | 'rsa3072') => ({
    issuerKey,
    activatesAt: new Date(portal.time.now.getTime() + DAY_MS),
  })
  const built = (change: (store: ReturnType<typeof rolloverStore>) => Partial<ReturnType<typeof rolloverStore>>) => {
    const { signer, issuance, urls, time } = portal
    const store = rolloverStore(backing.database)
    return createRollover({ store: { ...store, ...change(store) }, signer, issuance, urls, clock: () => time.now })
  }
  const newEndpoints = () => {
    const { signer, issuance, urls, time } = portal
    return createEndpoints({ store: groupStore(backing.database), signer, issuance, urls, clock: () => time.now })
  }

  test('the setting is refused at once while such an issuer is staged, and nothing else is', async () => {
    const { group, endpoint } = await answering()
    await rollover.stage(ada, group, wish('p256'))
    await expect(answerBy(endpoint, 'ca')).rejects.toMatchObject(REFUSED)
    expect(await portal.groups.updateEndpoint(ada, endpoint, { pendingTtlHours: 5 })).toMatchObject({
      scepIdentity: 'ra',
      pendingTtlHours: 5,
    })
    await rollover.cancel(ada, group)
    expect(await answerBy(endpoint, 'ca')).toMatchObject({ scepIdentity: 'ca' })
  })

  test('neither is a new endpoint made with it, nor a copy', async () => {
    const { group, endpoint } = await answering()
    await rollover.stage(ada, group, wish('p256'))
    const created = newEndpoints().create(ada, { group, name: 'Second', scepIdentity: 'ca' })
    await expect(created).rejects.toMatchObject(REFUSED)
    await backing.database.endpoint.update({ where: { slug: endpoint }, data: { scepIdentity: 'ca' } })
    await expect(newEndpoints().copy(ada, endpoint, {})).rejects.toMatchObject(REFUSED)
    await backing.database.endpoint.update({ where: { slug: endpoint }, data: { scepIdentity: 'ra' } })
    expect(await newEndpoints().create(ada, { group, name: 'Second' })).toMatchObject({ scepIdentity: 'ra' })
  })

  test('one that may answer, as one before that does, stands in nobody’s way', async () => {
    const { group, endpoint } = await answering()
    await rollover.stage(ada, group, wish('rsa3072'))
    expect(await answerBy(endpoint, 'ca')).toMatchObject({ scepIdentity: 'ca' })
    expect((await rollover.get(ada, group)).next?.ready).toBe(true)
  })

  test('the other way round such an issuer is not staged', async () => {
    const { group, endpoint } = await answering()
    await answerBy(endpoint, 'ca')
    await expect(rollover.stage(ada, group, wish('p256'))).rejects.toMatchObject(MUST_ANSWER)
    const quiet = { ...wish('rsa3072'), answersScep: false }
    await expect(rollover.stage(ada, group, quiet)).rejects.toMatchObject(MUST_ANSWER)
    expect((await rollover.get(ada, group)).next).toBeNull()
  })

  test('set while the key of the next one is being made, the setting holds and the issuer is not staged', async () => {
    const { group, endpoint } = await answering()
    const slow = built((store) => ({
      async stage(...given) {
        await answerBy(endpoint, 'ca')
        return store.stage(...given)
      },
    }))
    await expect(slow.stage(ada, group, wish('p256'))).rejects.toMatchObject(MUST_ANSWER)
    expect((await rollover.get(ada, group)).next).toBeNull()
  })

  test('of both at the same instant one holds', async () => {
    const { group, endpoint } = await answering()
    const done = await Promise.allSettled([rollover.stage(ada, group, wish('p256')), answerBy(endpoint, 'ca')])
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('while the next one is not signed yet, the sentence says to wait', async () => {
    const { group, endpoint } = await answering()
    const { signer, issuance, urls, time } = portal
    const finish = issuance.finish
    let cut = false
    const dying = createRollover({
      store: rolloverStore(backing.database),
      signer,
      issuance: {
        finish: (...given) => {
          if (!cut) {
            cut = true
            throw new Error('cut off')
          }
          return finish(...given)
        },
      },
      urls,
      clock: () => time.now,
    })
    await expect(dying.stage(ada, group, wish('rsa3072'))).rejects.toThrow('cut off')
    await expect(answerBy(endpoint, 'ca')).rejects.toMatchObject({ sentence: expect.stringContaining('a minute') })
    await dying.advance(rolloverActor())
    expect(await answerBy(endpoint, 'ca')).toMatchObject({ scepIdentity: 'ca' })
  })
})
