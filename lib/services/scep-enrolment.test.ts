/** One SCEP request end to end over stores in memory: the reply, and exactly the audit events it leaves. */
import { X509Certificate } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import { parseCertificate } from '@/lib/pki/certificate'
import { type EnrolmentPortal, enrolmentPortal, memoryEnrolmentBacking, REQUEST } from './testing/enrolment'
import { actor, NOON } from './testing/harness'

const REFUSED = { pkiStatus: 'FAILURE', failInfo: 2, failInfoText: 'challenge rejected' }
const ISSUED = [
  'challenge.reserved',
  'certificate.issue_intent to_be_signed',
  'certificate.issued',
  'challenge.consumed',
]

let portal: EnrolmentPortal
beforeEach(async () => {
  portal = await enrolmentPortal(memoryEnrolmentBacking())
})

describe('GetCACaps and GetCACert', () => {
  const get = (query: string, endpoint = portal.slug) =>
    portal.scep.handle({ ...REQUEST, endpoint, method: 'GET', query })

  test('capabilities are plain text without parameters and offer renewal where the endpoint does', async () => {
    const response = await get('operation=GetCACaps&message=anything')
    expect(response).toMatchObject({ status: 200, contentType: 'text/plain', headers: { 'Cache-Control': 'no-store' } })
    const lines = Buffer.from(response.body).toString('ascii').split('\n')
    expect(lines).toEqual(
      expect.arrayContaining(['AES', 'DES3', 'SHA-1', 'SHA-256', 'POSTPKIOperation', 'SCEPStandard']),
    )
    expect(lines).toContain('Renewal')
  })

  test('the chain is RA, issuer, root, and the root only where the endpoint says so', async () => {
    const full = (await portal.chain()).map((der) => new X509Certificate(der))
    expect(full).toHaveLength(3)
    expect(full[0]?.verify(full[1]?.publicKey as never)).toBe(true)
    expect(full[1]?.verify(full[2]?.publicKey as never)).toBe(true)
    await portal.groups.updateEndpoint(actor('admin'), portal.slug, { includeRoot: false })
    portal.time.now = new Date(NOON.getTime() + 1_000)
    expect(await portal.chain()).toHaveLength(2)
  })

  test('a setting that changes shows within a second', async () => {
    await get('operation=GetCACaps')
    await portal.groups.updateEndpoint(actor('admin'), portal.slug, { allowSha1: false, allow3des: false })
    portal.time.now = new Date(NOON.getTime() + 1_000)
    expect(Buffer.from((await get('operation=GetCACaps')).body).toString()).not.toMatch(/DES3|SHA-1$/m)
  })

  test.each(['nowhere', '../staff', ''])(
    'endpoint %j answers 404, unless it is the only one and a default path',
    async (endpoint) => {
      expect((await get('operation=GetCACaps', endpoint)).status).toBe(endpoint === '' ? 200 : 404)
    },
  )

  test('a disabled endpoint answers 404 to everything', async () => {
    await portal.groups.updateEndpoint(actor('admin'), portal.slug, { enabled: false })
    expect((await get('operation=GetCACaps')).status).toBe(404)
  })

  test('no rollover is staged, unknown operations and methods are refused', async () => {
    expect((await get('operation=GetNextCACert')).status).toBe(404)
    expect((await get('operation=Nonsense')).status).toBe(400)
    expect(await portal.scep.handle({ ...REQUEST, endpoint: portal.slug, method: 'DELETE', query: '' })).toMatchObject({
      status: 405,
      headers: { Allow: 'GET, HEAD, POST' },
    })
  })
})

describe('a PKCSReq with the right challenge', () => {
  test('gets its certificate, and the trail tells the story', async () => {
    const { challenge } = await portal.mint('CN=tablet-7,O=Example', [{ type: 'dns', value: 'tablet-7.example.com' }])
    const device = await portal.device({ challenge })
    const { result, events } = await portal.eventsOf(() => device.enrol())
    expect(result.pkiStatus).toBe('SUCCESS')
    expect(result.transactionId).toBe(device.transactionId)
    expect(result.certificates).toHaveLength(1)
    const leaf = parseCertificate(result.certificates[0] as Uint8Array)
    expect(leaf.san).toEqual([{ type: 'dns', value: 'tablet-7.example.com' }])
    expect(events).toEqual(ISSUED)
    const { items } = await portal.transactions.list(actor('auditor'), {}, {})
    expect(items).toMatchObject([
      { state: 'issued', reason: null, explanation: null, subject: 'CN=tablet-7,O=Example' },
    ])
  })

  test('in lower case, with a line end, under 3DES and SHA-1, by another signer key: still gets it', async () => {
    const { challenge } = await portal.mint()
    const device = await portal.device({
      challenge: `${challenge.toLowerCase()}\r\n`,
      signer: 1,
      key: 'ec',
      message: { cipher: '3des', digest: 'sha1' },
    })
    const { result, full } = await portal.eventsOf(() => device.enrol())
    expect(result.pkiStatus).toBe('SUCCESS')
    expect(full[0]).toMatchObject({ type: 'challenge.reserved', data: { signerDiffers: true } })
  })

  test.each([{ allowSha1: false }, { allow3des: false }])(
    'with %o the legacy algorithm is badAlg and nothing is used up',
    async (change) => {
      await portal.groups.updateEndpoint(actor('admin'), portal.slug, change)
      const { challenge } = await portal.mint()
      const device = await portal.device({ challenge, message: { cipher: '3des', digest: 'sha1' } })
      expect(await device.enrol()).toMatchObject({
        pkiStatus: 'FAILURE',
        failInfo: 0,
        failInfoText: 'algorithm not supported',
      })
      expect(await device.enrol({ cipher: 'aes256', digest: 'sha512' })).toMatchObject({ pkiStatus: 'SUCCESS' })
    },
  )

  test.each(['sha1', 'sha256'] as const)('the content key may come by RSAES-OAEP with %s', async (oaep) => {
    const { challenge } = await portal.mint()
    expect(await (await portal.device({ challenge })).enrol({ oaep })).toMatchObject({ pkiStatus: 'SUCCESS' })
  })
})

describe('a challenge that does not fit', () => {
  const refuse: Record<
    string,
    { event: string; reason: string; prepare(): Promise<{ challenge?: string; id?: string }> }
  > = {
    unknown: {
      event: 'challenge.unknown',
      reason: 'challenge_unknown',
      prepare: async () => ({ challenge: '0123456789ABCDEF0123456789ABCDEF' }),
    },
    empty: { event: 'enrol.request.rejected', reason: 'challenge_missing', prepare: async () => ({ challenge: '' }) },
    absent: { event: 'enrol.request.rejected', reason: 'challenge_missing', prepare: async () => ({}) },
    spent: {
      event: 'challenge.replayed',
      reason: 'challenge_replayed',
      prepare: async () => {
        const minted = await portal.mint()
        expect(await (await portal.device({ challenge: minted.challenge, key: 'ec' })).enrol()).toMatchObject({
          pkiStatus: 'SUCCESS',
        })
        return minted
      },
    },
    expired: {
      event: 'challenge.expired',
      reason: 'challenge_expired',
      prepare: async () => {
        const minted = await portal.mint()
        await portal.backing.age('challenge', minted.id, 61)
        return minted
      },
    },
    revoked: {
      event: 'enrol.request.rejected',
      reason: 'challenge_revoked',
      prepare: async () => {
        const minted = await portal.mint()
        await portal.challenges.revoke(actor('operator'), minted.id)
        return minted
      },
    },
    'of another endpoint': {
      event: 'challenge.unknown',
      reason: 'challenge_other_endpoint',
      prepare: async () => {
        const other = await portal.createGroup('Printers')
        return portal.mint('CN=tablet-7,O=Example', [], other.endpoint.slug)
      },
    },
  }

  test.each(Object.keys(refuse))('a challenge that is %s yields no certificate', async (kind) => {
    const { event, reason, prepare } = refuse[kind] as (typeof refuse)[string]
    const { challenge } = await prepare()
    const device = await portal.device(challenge === undefined ? {} : { challenge })
    const { result, events } = await portal.eventsOf(() => device.enrol())
    expect(result).toMatchObject(REFUSED)
    expect(events).toEqual([`${event} ${reason}`])
    const { items } = await portal.transactions.list(actor('auditor'), { state: 'refused' }, {})
    expect(items).toMatchObject([{ reason, explanation: expect.stringMatching(/\w/) }])
  })

  test('every cause sounds the same to the device and takes no less than the floor time', async () => {
    const lengths = new Set<number>()
    for (const kind of Object.keys(refuse)) {
      portal = await enrolmentPortal(memoryEnrolmentBacking(), { floorMilliseconds: 25 })
      const { challenge } = await (refuse[kind] as (typeof refuse)[string]).prepare()
      portal.paused.length = 0
      const { response } = await (
        await portal.device({ ...(challenge === undefined ? {} : { challenge }), transactionId: 'T' })
      ).send()
      lengths.add(response.body.length)
      expect(portal.paused).toEqual([25])
    }
    // The RA certificate's serial and signature may be an octet longer or shorter; nothing else differs.
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(6)
  })

  test.each([
    [
      'another subject',
      {
        subject: [
          { type: 'CN', value: 'admin' },
          { type: 'O', value: 'Example' },
        ],
      },
      'subject_mismatch',
    ],
    [
      'its parts in another order',
      {
        subject: [
          { type: 'O', value: 'Example' },
          { type: 'CN', value: 'tablet-7' },
        ],
      },
      'subject_mismatch',
    ],
    ['a name more', { san: [{ type: 'email', value: 'boss@example.com' }] }, 'san_mismatch'],
    ['a variable nobody replaced', { subject: [{ type: 'CN', value: '$EMAIL' }] }, 'subject_mismatch'],
  ] as const)(
    'a request with %s is refused, and the right one still gets its certificate',
    async (_, wrong, reason) => {
      const { challenge, id } = await portal.mint()
      const stranger = await portal.device({
        challenge,
        signer: 1,
        subject: [
          ...('subject' in wrong
            ? wrong.subject
            : [
                { type: 'CN', value: 'tablet-7' },
                { type: 'O', value: 'Example' },
              ]),
        ],
        san: 'san' in wrong ? [...wrong.san] : [],
      })
      const { result, events, full } = await portal.eventsOf(() => stranger.enrol())
      expect(result).toMatchObject(REFUSED)
      expect(events).toEqual(['challenge.reserved', `challenge.mismatch ${reason}`, 'challenge.released'])
      expect(full[1]?.data).toMatchObject({ attempt: 1, expected: expect.any(Array), received: expect.any(Array) })
      expect(await portal.backing.challengeState(id)).toBe('pending')
      expect(await (await portal.device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    },
  )

  test('the same work is done for a challenge that was minted here and one that never was', async () => {
    for (let number = 0; number < 3; number++) await portal.createGroup(`Group ${number}`)
    const { challenge, id } = await portal.mint()
    await portal.challenges.revoke(actor('operator'), id)
    const calls: string[][] = []
    for (const value of [challenge, 'NOSUCHCHALLENGE']) {
      const from = portal.signer.used.length
      await (await portal.device({ challenge: value, key: 'ec' })).enrol()
      calls.push(portal.signer.used.slice(from))
    }
    expect(calls[0]).toEqual(calls[1])
  })

  test('an answer that took longer than the floor comes at a multiple of it', async () => {
    portal = await enrolmentPortal(memoryEnrolmentBacking(), { floorMilliseconds: 50 })
    const device = await portal.device({ challenge: 'NOSUCHCHALLENGE' })
    const { lookup } = portal.backing.enrolment.redemption
    portal.backing.enrolment.redemption.lookup = (...given) => {
      portal.time.now = new Date(NOON.getTime() + 70)
      return lookup(...given)
    }
    await device.enrol()
    expect(portal.paused).toEqual([30])
  })

  test('the third mismatch revokes the challenge', async () => {
    const { challenge, id } = await portal.mint()
    for (const attempt of [1, 2, 3]) {
      const stranger = await portal.device({
        challenge,
        key: 'ec',
        subject: [{ type: 'CN', value: `guess ${attempt}` }],
      })
      const { events } = await portal.eventsOf(() => stranger.enrol())
      expect(events.at(-1)).toBe(attempt === 3 ? 'challenge.revoked' : 'challenge.released')
    }
    expect(await portal.backing.challengeState(id)).toBe('revoked')
    expect(await (await portal.device({ challenge })).enrol()).toMatchObject(REFUSED)
  })
})

describe('the same request again', () => {
  test('ten times, one after the other and at once, is one serial', async () => {
    const { challenge } = await portal.mint()
    const device = await portal.device({ challenge })
    const replies = [
      await device.enrol(),
      ...(await Promise.all(Array.from({ length: 8 }, () => device.enrol()))),
      await device.enrol(),
    ]
    expect(replies.map(({ pkiStatus }) => pkiStatus)).toEqual(replies.map(() => 'SUCCESS'))
    expect(
      new Set(replies.map(({ certificates }) => Buffer.from(certificates[0] as Uint8Array).toString('hex'))).size,
    ).toBe(1)
    await portal.scep.flush()
    portal.time.now = new Date(NOON.getTime() + 60_000)
    const { events } = await portal.eventsOf(() => device.enrol())
    expect(events).toEqual(['scep.retransmission'])
  })

  test('thirty times within a minute is one event, and an exact count of the rest', async () => {
    const { challenge } = await portal.mint()
    const device = await portal.device({ challenge })
    await device.enrol()
    const { events, full } = await portal.eventsOf(async () => {
      for (let number = 0; number < 30; number++) await device.enrol()
      await device.poll()
      await portal.scep.flush()
    })
    expect(events).toEqual(['scep.retransmission', 'system.rate_limited too_many'])
    expect(full[1]?.data).toMatchObject({ bucket: 'retransmissions', count: 30 })
  })

  test('at once from the start, is one serial too', async () => {
    const { challenge } = await portal.mint()
    const device = await portal.device({ challenge })
    const replies = await Promise.all(Array.from({ length: 10 }, () => device.enrol()))
    expect(
      new Set(replies.map(({ certificates }) => Buffer.from(certificates[0] as Uint8Array).toString('hex'))).size,
    ).toBe(1)
  })

  test('under a new transactionID by the same key, after the reply was lost', async () => {
    const { challenge } = await portal.mint()
    const first = await portal.device({ challenge, transactionId: 'one' })
    const second = await portal.device({ challenge, transactionId: 'two', csr: first.csr })
    const [a, b] = [await first.enrol(), await second.enrol()]
    expect(Buffer.from(a.certificates[0] as Uint8Array).equals(b.certificates[0] as Uint8Array)).toBe(true)
  })

  test('by a stranger who wrapped it anew gets nothing', async () => {
    const { challenge } = await portal.mint()
    const device = await portal.device({ challenge })
    await device.enrol()
    for (const transactionId of [device.transactionId, 'another']) {
      const stranger = await portal.device({ challenge, csr: device.csr, signer: 1, transactionId })
      const { result, events } = await portal.eventsOf(() => stranger.enrol())
      expect(result).toMatchObject(REFUSED)
      expect(result.certificates).toEqual([])
      expect(events).toEqual([
        transactionId === 'another'
          ? 'challenge.replayed challenge_replayed'
          : 'scep.transaction_conflict transaction_conflict',
      ])
    }
  })

  test('by a stranger first: the device that holds the key still collects its certificate', async () => {
    const { challenge } = await portal.mint()
    const device = await portal.device({ challenge })
    const stranger = await portal.device({ challenge, csr: device.csr, signer: 1, transactionId: device.transactionId })
    expect(await stranger.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test.each(['the same transactionID', 'another transactionID'])(
    'signed by a proxy, and by a stranger first under %s: both get the certificate, which is no secret',
    async (which) => {
      const { challenge } = await portal.mint()
      const device = await portal.device({ challenge, key: 'ec', transactionId: 'device' })
      const transactionId = which === 'another transactionID' ? 'stranger' : 'device'
      const stranger = await portal.device({ challenge, csr: device.csr, signer: 1, transactionId })
      const [robbed, { result, events }] = [await stranger.enrol(), await portal.eventsOf(() => device.enrol())]
      expect(robbed.pkiStatus).toBe('SUCCESS')
      expect(result.pkiStatus).toBe('SUCCESS')
      expect(Buffer.from(result.certificates[0] as Uint8Array).equals(robbed.certificates[0] as Uint8Array)).toBe(true)
      expect(events).toEqual(['scep.retransmission'])
    },
  )

  test('signed by a proxy, but with a certificate that is revoked or a window that is over: nothing', async () => {
    for (const what of ['revoked', 'over']) {
      portal = await enrolmentPortal(memoryEnrolmentBacking())
      const { challenge } = await portal.mint()
      const device = await portal.device({ challenge, key: 'ec', transactionId: 'one' })
      const { serial } = parseCertificate((await device.enrol()).certificates[0] as Uint8Array)
      if (what === 'over') portal.time.now = new Date(NOON.getTime() + 86_401_000)
      else await portal.certificates.revoke(actor('operator'), serial, { reason: 'keyCompromise' })
      const again = await portal.device({ challenge, csr: device.csr, transactionId: 'two' })
      expect(await again.enrol()).toMatchObject(REFUSED)
    }
  })

  test('after the profile was repaired is decided anew, in the same row', async () => {
    const { challenge, id } = await portal.mint()
    const device = await portal.device({ challenge, key: 'ec', signer: 1 })
    const store = portal.backing.enrolment.enrolment
    const { endpoint } = store
    const strict = async (slug: string) => {
      const found = await endpoint(slug)
      return found && { ...found, profile: { ...found.profile, ellipticCurves: [] } }
    }
    portal.time.now = new Date(NOON.getTime() + 2_000)
    store.endpoint = strict
    expect(await device.enrol()).toMatchObject({
      pkiStatus: 'FAILURE',
      failInfoText: 'request not permitted by policy',
    })
    expect(await portal.backing.challengeState(id)).toBe('pending')
    store.endpoint = endpoint
    portal.time.now = new Date(NOON.getTime() + 4_000)
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect((await portal.transactions.list(actor('auditor'), {}, {})).items).toMatchObject([{ state: 'issued' }])
  })

  test('while the endpoint is switched off and on: HTTP 503, no refusal, and then the certificate', async () => {
    const { challenge, id } = await portal.mint()
    const device = await portal.device({ challenge })
    const off = await enrolmentPortal(
      memoryEnrolmentBacking(),
      {},
      {
        issuance: {
          issueLeaf: () => Promise.reject(new Refusal('unavailable', 'Off.', { reason: 'endpoint_not_ready' })),
        },
      },
    )
    const minted = await off.mint()
    const there = await off.device({ challenge: minted.challenge })
    expect(await there.status()).toMatchObject({ status: 503 })
    expect(await off.backing.challengeState(minted.id)).toBe('pending')
    expect((await off.transactions.list(actor('auditor'), {}, {})).items).toMatchObject([
      { state: 'failed', reason: 'endpoint_not_ready', explanation: expect.stringContaining('switched off') },
    ])
    // The endpoint is known for a second: it is switched off in between.
    await portal.groups.updateEndpoint(actor('admin'), portal.slug, { enabled: false })
    expect(await device.status()).toMatchObject({ status: 503 })
    expect(await portal.backing.challengeState(id)).toBe('pending')
    await portal.groups.updateEndpoint(actor('admin'), portal.slug, { enabled: true })
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('after a mismatch, however often and by whomever, counts once and touches the challenge no more', async () => {
    const { challenge, id } = await portal.mint()
    const wrong = await portal.device({ challenge, subject: [{ type: 'CN', value: 'wrong' }] })
    expect(await wrong.enrol()).toMatchObject(REFUSED)
    const { events } = await portal.eventsOf(async () => {
      for (let number = 0; number < 5; number++) {
        expect(await wrong.enrol()).toMatchObject(REFUSED)
        const listener = await portal.device({ csr: wrong.csr, signer: 1 + (number % 2), transactionId: `${number}` })
        expect(await listener.enrol()).toMatchObject(REFUSED)
      }
    })
    expect(events).toEqual(['scep.retransmission subject_mismatch'])
    expect(await portal.backing.challengeState(id)).toBe('pending')
    expect(await portal.challenges.get(actor('operator'), id)).toMatchObject({ failedAttempts: 1 })
    expect(await (await portal.device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('after a refusal is refused again, with one row', async () => {
    const device = await portal.device({ challenge: 'NOSUCHCHALLENGE' })
    await device.enrol()
    const { result, events } = await portal.eventsOf(() => device.enrol())
    expect(result).toMatchObject(REFUSED)
    expect(events).toEqual(['scep.retransmission challenge_unknown'])
    expect((await portal.transactions.list(actor('auditor'), {}, {})).items).toHaveLength(1)
  })

  test.each(['a day later', 'after its revocation'])(
    '%s is a new enrolment and needs a challenge of its own',
    async (when) => {
      const { challenge } = await portal.mint()
      const device = await portal.device({ challenge })
      const reply = await device.enrol()
      if (when === 'a day later') portal.time.now = new Date(NOON.getTime() + 86_401_000)
      else
        await portal.certificates.revoke(
          actor('operator'),
          parseCertificate(reply.certificates[0] as Uint8Array).serial,
          { reason: 'keyCompromise' },
        )
      expect(await device.enrol()).toMatchObject(REFUSED)
    },
  )
})

describe('CertPoll', () => {
  test('returns the issued certificate to the key that asked for it, and to no other', async () => {
    const { challenge } = await portal.mint()
    const device = await portal.device({ challenge })
    const { certificates } = await device.enrol()
    const { result, events } = await portal.eventsOf(() => device.poll())
    expect(Buffer.from(result.certificates[0] as Uint8Array).equals(certificates[0] as Uint8Array)).toBe(true)
    expect(events).toEqual(['scep.retransmission'])
    const stranger = await portal.device({ signer: 1, transactionId: device.transactionId })
    expect(await stranger.poll()).toMatchObject({
      pkiStatus: 'FAILURE',
      failInfo: 4,
      failInfoText: 'no matching certificate',
    })
  })

  test('hears the same refusal, and nothing of a revoked certificate', async () => {
    const refused = await portal.device({ challenge: 'WRONG', signer: 1 })
    await refused.enrol()
    expect(await refused.poll()).toMatchObject(REFUSED)
    const { challenge } = await portal.mint()
    const device = await portal.device({ challenge })
    const reply = await device.enrol()
    await portal.certificates.revoke(actor('operator'), parseCertificate(reply.certificates[0] as Uint8Array).serial, {
      reason: 'superseded',
    })
    expect(await device.poll()).toMatchObject({ pkiStatus: 'FAILURE', failInfo: 2, failInfoText: 'request denied' })
  })
})

describe('messages that are refused before anything is decrypted', () => {
  test.each([0, 3, 17, 18, 23, 99, 255])(
    'messageType %i with a valid challenge issues nothing and leaves it usable',
    async (messageType) => {
      const { challenge, id } = await portal.mint()
      const device = await portal.device({ challenge })
      const used = portal.signer.used.length
      const { result, events } = await portal.eventsOf(() => device.enrol({ messageType }))
      expect(result).toMatchObject({ pkiStatus: 'FAILURE', failInfo: 2, failInfoText: 'operation not permitted' })
      expect(events).toHaveLength(1)
      expect(portal.signer.used.slice(used)).not.toContain('decryptScep')
      expect(await portal.backing.challengeState(id)).toBe('pending')
    },
  )

  test('random bytes are HTTP 400 and one event', async () => {
    const { result, events } = await portal.eventsOf(() =>
      portal.scep.handle({ ...REQUEST, endpoint: portal.slug, body: new Uint8Array(64).fill(7) }),
    )
    expect(result.status).toBe(400)
    expect(events).toEqual(['enrol.request.rejected message_malformed'])
  })

  test('a body beyond the limit is HTTP 413', async () => {
    expect(
      (await portal.scep.handle({ ...REQUEST, endpoint: portal.slug, body: new Uint8Array(131_073) })).status,
    ).toBe(413)
  })
})

describe('faults inside the envelope', () => {
  test('a wrong recipient, garbage and a CSR with a broken signature look alike', async () => {
    const { challenge } = await portal.mint()
    const good = await portal.device({ challenge })
    const broken = new Uint8Array(good.csr)
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1
    const other = await portal.createGroup('Printers')
    const [otherRa] = await portal.chain(other.endpoint.slug)
    const faults = [
      await portal.device({ csr: broken, transactionId: 'T' }),
      await portal.device({ csr: new Uint8Array(100).fill(0x30), transactionId: 'T' }),
      await portal.device({ challenge, transactionId: 'T', message: { recipientDer: otherRa as Uint8Array } }),
    ]
    const reasons: string[] = []
    for (const device of faults) {
      const { result, events } = await portal.eventsOf(() => device.enrol())
      expect(result).toMatchObject({
        pkiStatus: 'FAILURE',
        failInfo: 2,
        failInfoText: 'request could not be processed',
      })
      reasons.push(...events)
    }
    expect(reasons).toEqual([
      'enrol.request.rejected csr_signature_invalid',
      'enrol.request.rejected csr_malformed',
      expect.stringMatching(/^enrol.request.rejected (decryption_failed|csr_malformed)$/),
    ])
    expect(portal.paused.filter((milliseconds) => milliseconds === 50)).toHaveLength(3)
    expect(await good.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })
})

describe('outages', () => {
  test('without a signer nothing is decided or used up, and the same request succeeds afterwards', async () => {
    const { challenge, id } = await portal.mint()
    const device = await portal.device({ challenge })
    portal.signer.away = true
    expect(await device.status()).toMatchObject({ status: 503, retryAfter: '30' })
    portal.signer.away = false
    expect(await portal.backing.challengeState(id)).toBe('pending')
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('without a database GetCACaps still answers and PKIOperation says when to come back', async () => {
    const { challenge } = await portal.mint()
    const device = await portal.device({ challenge })
    const store = portal.backing.enrolment.enrolment
    const { endpoint } = store
    store.endpoint = () => Promise.reject(new Refusal('unavailable', 'down'))
    portal.time.now = new Date(NOON.getTime() + 5_000)
    expect(
      (await portal.scep.handle({ ...REQUEST, endpoint: portal.slug, method: 'GET', query: 'operation=GetCACaps' }))
        .status,
    ).toBe(200)
    expect(await device.status()).toMatchObject({ status: 503 })
    store.endpoint = endpoint
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('a signer that fails while the certificate is signed: the resend gets the certificate of the same intent', async () => {
    const { challenge, id } = await portal.mint()
    const device = await portal.device({ challenge })
    const sign = portal.signer.signCertificate
    portal.signer.signCertificate = () => Promise.reject(new Refusal('unavailable', 'The signer cannot be reached.'))
    expect(await device.status()).toMatchObject({ status: 503 })
    expect(await portal.backing.challengeState(id)).toBe('reserved')
    portal.signer.signCertificate = sign
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect((await portal.certificates.list(actor('admin'), {}, {})).items).toHaveLength(1)
  })

  test('the intent is finished by the job before the device comes back: it gets that certificate', async () => {
    const { challenge } = await portal.mint()
    const device = await portal.device({ challenge })
    const sign = portal.signer.signCertificate
    portal.signer.signCertificate = () => Promise.reject(new Refusal('unavailable', 'The signer cannot be reached.'))
    await device.status()
    portal.signer.signCertificate = sign
    portal.time.now = new Date(NOON.getTime() + 120_000)
    await portal.issuance.reconcile({ ...actor('admin'), type: 'system' })
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect((await portal.certificates.list(actor('admin'), {}, {})).items).toHaveLength(1)
  })

  test('a bug is an empty 500 with an id, logged without what the device sent', async () => {
    const { challenge } = await portal.mint()
    const broken = await enrolmentPortal(
      memoryEnrolmentBacking(),
      {},
      { issuance: { issueLeaf: () => Promise.reject(new TypeError(`secret ${challenge}`)) } },
    )
    const minted = await broken.mint()
    const device = await broken.device({ challenge: minted.challenge })
    expect(await device.status()).toMatchObject({ status: 500 })
    expect(await broken.backing.challengeState(minted.id)).toBe('pending')
    expect(JSON.stringify(broken.logged)).not.toContain(challenge)
    expect(JSON.stringify(broken.logged)).not.toContain(minted.challenge)
    expect(broken.logged.some(({ event }) => event === 'scep.internal_error')).toBe(true)
  })
})

describe('limits', () => {
  const limits = {
    operations: { count: 300, seconds: 60 },
    wrongChallenges: { count: 3, seconds: 600 },
    guessesAtEndpoint: { count: 10_000, seconds: 600 },
    decryptionFailures: { count: 2, seconds: 300 },
    recordedFailures: 20,
  }

  test('after too many wrong challenges a source is told to wait, and others are not', async () => {
    portal = await enrolmentPortal(memoryEnrolmentBacking(), { limits })
    const { challenge } = await portal.mint()
    for (const number of [1, 2, 3])
      expect(await (await portal.device({ challenge: `WRONG${number}`, key: 'ec' })).enrol()).toMatchObject(REFUSED)
    expect(await (await portal.device({ challenge: 'WRONG4', key: 'ec' })).status()).toMatchObject({
      status: 429,
      retryAfter: '600',
    })
    expect(await (await portal.device({ challenge })).status()).toMatchObject({ status: 429 })
    expect(await (await portal.device({ challenge, ip: '198.51.100.1' })).enrol()).toMatchObject({
      pkiStatus: 'SUCCESS',
    })
  })

  test('guesses from many sources at one endpoint are an alert, once, and shut nobody out', async () => {
    const few = { ...limits, guessesAtEndpoint: { count: 3, seconds: 600 } }
    portal = await enrolmentPortal(memoryEnrolmentBacking(), { limits: few })
    const { events } = await portal.eventsOf(async () => {
      for (let number = 0; number < 6; number++) {
        const guess = { challenge: `WRONG${number}`, key: 'ec' as const, ip: `198.51.100.${number}` }
        expect(await (await portal.device(guess)).enrol()).toMatchObject(REFUSED)
      }
    })
    expect(events.filter((event) => event === 'challenge.guessing too_many')).toHaveLength(1)
    const { challenge } = await portal.mint()
    expect(await (await portal.device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('a whole fleet behind one address with challenges used or expired is refused, not shut out', async () => {
    portal = await enrolmentPortal(memoryEnrolmentBacking(), { limits })
    const { challenge } = await portal.mint()
    expect(await (await portal.device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    for (let number = 0; number < 6; number++)
      expect(await (await portal.device({ challenge, key: 'ec' })).enrol()).toMatchObject(REFUSED)
    const fresh = await portal.mint()
    expect(await (await portal.device({ challenge: fresh.challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('after too many envelopes that do not open, the key is not asked any more', async () => {
    portal = await enrolmentPortal(memoryEnrolmentBacking(), { limits })
    const garbage = await portal.device({ csr: new Uint8Array(100).fill(0x30) })
    expect((await garbage.enrol()).pkiStatus).toBe('FAILURE')
    expect((await garbage.enrol()).pkiStatus).toBe('FAILURE')
    expect((await garbage.status()).status).toBe(429)
    const used = portal.signer.used.filter((call) => call === 'decryptScep').length
    expect((await garbage.status()).status).toBe(429)
    expect(portal.signer.used.filter((call) => call === 'decryptScep')).toHaveLength(used)
  })

  test('a source that asks too often is told to wait, and has no more messages opened', async () => {
    portal = await enrolmentPortal(memoryEnrolmentBacking(), {
      limits: { ...limits, operations: { count: 2, seconds: 60 } },
    })
    const devices = await Promise.all(
      Array.from({ length: 4 }, async () => portal.device({ challenge: (await portal.mint()).challenge, key: 'ec' })),
    )
    const answers: number[] = []
    for (const device of devices) answers.push((await device.status()).status)
    expect(answers).toEqual([200, 200, 429, 429])
    // The third was being opened while it was counted; whoever is known to be beyond the limit gets no further.
    expect(portal.signer.used.filter((call) => call === 'decryptScep')).toHaveLength(3)
  })

  test('a flood is recorded one by one at first, then as one event with an exact count', async () => {
    portal = await enrolmentPortal(memoryEnrolmentBacking(), {
      limits: { ...limits, operations: { count: 40, seconds: 60 }, recordedFailures: 5 },
    })
    const junk = () => portal.scep.handle({ ...REQUEST, endpoint: portal.slug, body: new Uint8Array(64).fill(7) })
    const { events, full } = await portal.eventsOf(async () => {
      for (let number = 0; number < 50; number++) await junk()
      portal.time.now = new Date(NOON.getTime() + 60_000)
      await portal.scep.flush()
    })
    expect(events).toEqual([
      ...Array<string>(5).fill('enrol.request.rejected message_malformed'),
      'system.rate_limited too_many',
      'system.rate_limited too_many',
    ])
    expect(full.slice(5).map(({ data }) => [data.bucket, data.count])).toEqual([
      ['failures', 35],
      ['operations', 10],
    ])
  })
})
