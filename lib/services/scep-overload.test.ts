/** More than there is room for: turned away with a time to come back, and nothing signed for those who no longer wait. */
import { beforeEach, describe, expect, test } from 'vitest'
import { SCEP_LIMITS } from './scep-throttle'
import { type EnrolmentPortal, enrolmentPortal, memoryEnrolmentBacking, REQUEST, scepDevice } from './testing/enrolment'
import { actor, NOON } from './testing/harness'

let portal: EnrolmentPortal
beforeEach(async () => {
  portal = await enrolmentPortal(memoryEnrolmentBacking())
})

/** Holds every request inside the signer until it is let go. */
function held() {
  const { decryptScep } = portal.signer
  const waiting: (() => void)[] = []
  portal.signer.decryptScep = async (...given) => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return decryptScep(...given)
  }
  return {
    waiting,
    letGo() {
      portal.signer.decryptScep = decryptScep
      for (const go of waiting.splice(0)) go()
    },
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1))
}

describe('as many at once as the process takes', () => {
  test('one more is told to come back, costs no key, and those inside are answered', async () => {
    portal = await enrolmentPortal(memoryEnrolmentBacking(), { concurrent: 2 })
    const [first, second, third] = await Promise.all(
      [0, 1, 0].map(async (signer) => portal.device({ challenge: (await portal.mint()).challenge, signer, key: 'ec' })),
    )
    if (!first || !second || !third) throw new Error('three devices')
    const gate = held()
    const inside = [first.enrol(), second.enrol()]
    await until(() => gate.waiting.length === 2)
    const used = portal.signer.used.length
    expect(await third.status()).toEqual({ status: 503, retryAfter: '5' })
    expect(portal.signer.used).toHaveLength(used)
    gate.letGo()
    expect((await Promise.all(inside)).map(({ pkiStatus }) => pkiStatus)).toEqual(['SUCCESS', 'SUCCESS'])
    expect(await third.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('capabilities and certificates are still given out, for they cost nothing', async () => {
    portal = await enrolmentPortal(memoryEnrolmentBacking(), { concurrent: 0 })
    const get = (query: string) => portal.scep.handle({ ...REQUEST, endpoint: portal.slug, method: 'GET', query })
    expect((await get('operation=GetCACaps')).status).toBe(200)
    expect((await get('operation=GetCACert')).status).toBe(200)
  })
})

describe('nothing is signed late', () => {
  const inTrail = async (id: string) =>
    (await portal.backing.events()).filter(({ object }) => object.id === id).map(({ type }) => type)

  test('past the deadline: HTTP 503, the challenge free again, and the same request succeeds later', async () => {
    const { challenge, id } = await portal.mint()
    const device = await portal.device({ challenge })
    const gate = held()
    const used = portal.signer.used.length
    const answer = device.status()
    await until(() => gate.waiting.length === 1)
    portal.time.now = new Date(NOON.getTime() + 10_001)
    gate.letGo()
    expect(await answer).toEqual({ status: 503, retryAfter: '5' })
    expect(portal.signer.used.slice(used)).not.toContain('signCertificate')
    expect(await portal.backing.challengeState(id)).toBe('pending')
    expect(await inTrail(id)).toEqual(['challenge.minted', 'challenge.reserved', 'challenge.released'])
    expect((await portal.transactions.list(actor('auditor'), {}, {})).items).toMatchObject([
      { state: 'failed', reason: 'too_late', explanation: expect.stringContaining('Nothing was issued') },
    ])
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('for a client that has hung up: likewise', async () => {
    const { challenge, id } = await portal.mint()
    const [raDer = new Uint8Array()] = await portal.chain()
    let gone = false
    const impatient = scepDevice(
      (request) => portal.scep.handle({ ...request, gone: () => gone }),
      { endpoint: portal.slug, challenge },
      raDer,
    )
    const gate = held()
    const used = portal.signer.used.length
    const answer = impatient.status()
    await until(() => gate.waiting.length === 1)
    gone = true
    gate.letGo()
    expect(await answer).toMatchObject({ status: 503 })
    expect(portal.signer.used.slice(used)).not.toContain('signCertificate')
    expect(await portal.backing.challengeState(id)).toBe('pending')
    gone = false
    expect(await impatient.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })
})

describe('a source that asks too much', () => {
  test('a thousand malformed messages a minute: throttled, while other sources are served', async () => {
    portal = await enrolmentPortal(memoryEnrolmentBacking(), {}, { pause: async () => {} })
    const junk = () => portal.scep.handle({ ...REQUEST, endpoint: portal.slug, body: new Uint8Array(64).fill(7) })
    const statuses = new Map<number, number>()
    for (let number = 0; number < 1_000; number++) {
      const { status } = await junk()
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    const { count } = SCEP_LIMITS.operations
    expect(Object.fromEntries(statuses)).toEqual({ 400: count, 429: 1_000 - count })
    expect((await junk()).headers).toMatchObject({ 'Retry-After': expect.stringMatching(/^[1-9]\d?$/) })
    const { challenge } = await portal.mint()
    const elsewhere = await portal.device({ challenge, ip: '198.51.100.7' })
    expect(await elsewhere.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('wrong challenges are counted for each endpoint, so one does not shut out the other', async () => {
    const limits = { ...SCEP_LIMITS, wrongChallenges: { count: 1, seconds: 600 } }
    portal = await enrolmentPortal(memoryEnrolmentBacking(), { limits })
    const other = await portal.createGroup('Printers')
    for (const number of [1, 2]) await (await portal.device({ challenge: `WRONG${number}`, key: 'ec' })).status()
    const { challenge } = await portal.mint()
    expect(await (await portal.device({ challenge })).status()).toMatchObject({ status: 429 })
    const there = await portal.mint(undefined, [], other.endpoint.slug)
    const printer = await portal.device({ challenge: there.challenge, endpoint: other.endpoint.slug })
    expect(await printer.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })
})
