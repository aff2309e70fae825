/** Challenges in every form, their rules, and the alarm of a second key: whole enrolments, in memory and on Postgres. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { createAlarms } from '@/lib/services/challenge-alarms'
import type { MintRequest } from '@/lib/services/challenges'
import { type EnrolmentBacking, type EnrolmentPortal, enrolmentPortal, type Told } from './enrolment'
import { actor, DAY_MS } from './harness'

const LIMITS = {
  operations: { count: 10_000, seconds: 60 },
  wrongChallenges: { count: 10_000, seconds: 600 },
  guessesAtEndpoint: { count: 10_000, seconds: 600 },
  decryptionFailures: { count: 10, seconds: 300 },
  recordedFailures: 1_000,
}
const REJECTED = { pkiStatus: 'FAILURE', failInfo: 2, failInfoText: 'challenge rejected' }

export function challengeContract(name: string, open: () => Promise<EnrolmentBacking>): void {
  describe(`challenges ${name}`, () => {
    let backing: EnrolmentBacking
    let portal: EnrolmentPortal
    beforeAll(async () => {
      backing = await open()
      portal = await enrolmentPortal(backing, { limits: LIMITS, patienceMilliseconds: 15_000 })
    })
    afterAll(() => backing.close())

    const minted = (more: Partial<MintRequest> = {}) =>
      portal.challenges.mint(actor('operator'), {
        endpoint: portal.slug,
        subject: 'CN=tablet-7,O=Example',
        ...more,
      })
    const enrol = async (told: Told) => (await portal.device({ key: 'ec', ...told })).enrol()
    const stateOf = async (id: string) => (await portal.challenges.get(actor('admin'), id)).state

    describe.each(['hex32', 'hex16', 'base62', 'sealed'] as const)('%s', (format) => {
      test('enrols once, behind a line end too, and says how it was written', async () => {
        const { id, challenge } = await minted({ format })
        expect(challenge).toMatch(/^[0-9A-Za-z]{16,255}$/)
        expect(await enrol({ challenge: `${challenge}\r\n` })).toMatchObject({ pkiStatus: 'SUCCESS' })
        expect(await portal.challenges.get(actor('admin'), id)).toMatchObject({ state: 'consumed', format })
        expect(await enrol({ challenge })).toMatchObject(REJECTED)
      })

      test('that belongs to another endpoint is refused there and not used up', async () => {
        const other = await portal.createGroup(`Other ${format} ${name}`)
        const { id, challenge } = await minted({ format })
        const { result, full } = await portal.eventsOf(() => enrol({ challenge, endpoint: other.endpoint.slug }))
        expect(result).toMatchObject(REJECTED)
        expect(full).toMatchObject([{ type: 'challenge.unknown', reason: 'challenge_other_endpoint' }])
        expect(await stateOf(id)).toBe('pending')
        expect(await enrol({ challenge })).toMatchObject({ pkiStatus: 'SUCCESS' })
      })
    })

    test('a short value lives an hour at most, whatever the endpoint says', async () => {
      await expect(minted({ format: 'hex16', ttlMinutes: 61 })).rejects.toMatchObject({
        code: 'invalid_input',
        fields: { ttlMinutes: expect.stringContaining('60 minutes') },
      })
      await minted({ format: 'hex16', ttlMinutes: 60 })
    })

    test('hex may come in small letters, base62 may not: its case means something', async () => {
      const hex = await minted({ format: 'hex16' })
      expect(await enrol({ challenge: hex.challenge.toLowerCase() })).toMatchObject({ pkiStatus: 'SUCCESS' })
      const base62 = await minted({ format: 'base62' })
      expect(await enrol({ challenge: base62.challenge.toLowerCase() })).toMatchObject(REJECTED)
    })

    test.each([
      [
        'altered in one digit',
        (value: string) => `${value.slice(0, 60)}${value[60] === 'A' ? 'B' : 'A'}${value.slice(61)}`,
      ],
      ['with the key id of another key', (value: string) => `SC1AAAAAEA${value.slice(10)}`],
      ['cut short', (value: string) => value.slice(0, -1)],
    ])('a sealed challenge %s is unknown, and not used up', async (_, alter) => {
      const { id, challenge } = await minted({ format: 'sealed' })
      const { result, full } = await portal.eventsOf(() => enrol({ challenge: alter(challenge) }))
      expect(result).toMatchObject(REJECTED)
      expect(full).toMatchObject([{ type: 'challenge.unknown', reason: 'challenge_unknown' }])
      expect(await stateOf(id)).toBe('pending')
    })

    test('a sealed challenge whose row was changed is refused, given back, and an alarm for the portal', async () => {
      const { id, challenge } = await minted({ format: 'sealed' })
      await backing.rebind(id, { v: 1, subject: [{ type: 'CN', value: 'admin' }], san: [] })
      const subject = [{ type: 'CN', value: 'admin' }]
      const { result, events } = await portal.eventsOf(() => enrol({ challenge, subject }))
      expect(result).toMatchObject(REJECTED)
      expect(events).toEqual(['challenge.reserved', 'challenge.mismatch challenge_altered', 'challenge.released'])
      expect(await stateOf(id)).toBe('pending')
    })

    test('keys change at a quarter, and nothing that is live is refused', async () => {
      const before = portal.time.now
      portal.time.now = new Date('2026-12-31T23:50:00Z')
      const live = [await minted({ format: 'hex32' }), await minted({ format: 'sealed' })]
      portal.time.now = new Date('2027-01-01T00:20:00Z')
      const fresh = await minted({ format: 'sealed' })
      expect(fresh.challenge.slice(3, 10)).not.toBe(live[1]?.challenge.slice(3, 10))
      for (const { challenge } of [...live, fresh])
        expect(await enrol({ challenge })).toMatchObject({ pkiStatus: 'SUCCESS' })
      portal.time.now = before
    })

    test('rules narrow what is issued: usages and validity', async () => {
      const [usage = ''] = portal.group.endpoint.profile.extendedKeyUsage
      const { challenge } = await minted({ rules: { maxValidityDays: 7, extendedKeyUsage: [usage] } })
      const reply = await enrol({ challenge })
      const leaf = parseCertificate(reply.certificates[0] ?? new Uint8Array(0))
      expect(leaf.extendedKeyUsage).toEqual([usage])
      expect(leaf.notAfter.getTime() - portal.time.now.getTime()).toBeLessThanOrEqual(7 * DAY_MS)
    })

    test('a request outside the rules is refused in the same words, listed field by field for the portal, and given back', async () => {
      const { id, challenge } = await minted({ rules: { keyAlgorithms: ['RSA'], sanMode: 'exact' } })
      const { result, full, events } = await portal.eventsOf(() => enrol({ challenge }))
      expect(result).toMatchObject(REJECTED)
      expect(events).toEqual(['challenge.reserved', 'challenge.mismatch key_mismatch', 'challenge.released'])
      expect(full[1]?.data).toMatchObject({
        attempt: 1,
        differences: [{ field: 'key', expected: ['RSA'], received: ['EC'] }],
      })
      expect(await stateOf(id)).toBe('pending')
      expect(await enrol({ challenge, key: 0 })).toMatchObject({ pkiStatus: 'SUCCESS' })
    })

    test('the same wrong request again counts once, whatever was wrong', async () => {
      const { id, challenge } = await minted({ rules: { signatureHashes: ['sha512'] } })
      const device = await portal.device({ challenge, key: 'ec' })
      for (let time = 0; time < 4; time++) expect(await device.enrol()).toMatchObject(REJECTED)
      expect(await portal.challenges.get(actor('admin'), id)).toMatchObject({ state: 'pending', failedAttempts: 1 })
    })

    test('ten challenges wait for one device at most, under its serial number or its id', async () => {
      const device = { deviceSerial: `C02${name}`.replaceAll(' ', '') }
      const waiting = []
      for (let count = 0; count < 10; count++) waiting.push(await minted({ rules: device }))
      const { events } = await portal.eventsOf(() =>
        expect(minted({ rules: { ...device, deviceUdid: 'another' } })).rejects.toMatchObject({
          code: 'rate_limited',
          reason: 'device_quota',
        }),
      )
      expect(events).toEqual(['challenge.mint_refused device_quota'])
      await portal.challenges.revoke(actor('operator'), waiting[0]?.id ?? '')
      await minted({ rules: device })
      await minted({ rules: { deviceSerial: 'OTHER' } })
    })

    test('for an MDM the oldest challenge of a device gives way, and nothing of another device', async () => {
      const device = { deviceSerial: `M02${name}`.replaceAll(' ', ''), deviceUdid: `M02-${name}`.replaceAll(' ', '') }
      const mdm = { deviceId: null }
      const other = await minted({ rules: { deviceSerial: 'M03OTHER' }, mdm })
      const waiting = []
      for (let count = 0; count < 10; count++) waiting.push(await minted({ rules: device, mdm }))
      const { result: newest, events } = await portal.eventsOf(() => minted({ rules: device, mdm }))
      expect(events).toEqual(['challenge.revoked', 'challenge.minted'])
      const states = await Promise.all([...waiting, newest, other].map(({ id }) => stateOf(id)))
      expect(states).toEqual(['revoked', ...Array.from({ length: 11 }, () => 'pending')])
      const oldest = waiting[0]
      expect(await enrol({ challenge: oldest?.challenge ?? '' })).toMatchObject(REJECTED)
      expect(await enrol({ challenge: newest.challenge })).toMatchObject({ pkiStatus: 'SUCCESS' })
    })

    test('the ledger says what was refused and why, and another like it is minted from its row', async () => {
      const rules = { signatureHashes: ['sha512' as const] }
      const old = await minted({ rules, format: 'base62', ttlMinutes: 30, deviceName: 'Tablet 7' })
      await enrol({ challenge: old.challenge })
      const page = await portal.challenges.list(actor('auditor'), { state: 'refused' }, { limit: 200 })
      expect(page.items.find(({ id }) => id === old.id)).toMatchObject({
        state: 'pending',
        origin: 'minted',
        rules,
        lastRefusal: {
          reason: 'key_mismatch',
          explanation: expect.stringContaining('key'),
          detail: expect.stringContaining('sha512'),
        },
      })
      const { result: fresh, events } = await portal.eventsOf(() =>
        portal.challenges.reissue(actor('operator'), old.id),
      )
      expect(events).toEqual(['challenge.minted', 'challenge.revoked'])
      expect(await portal.challenges.get(actor('auditor'), old.id)).toMatchObject({
        state: 'revoked',
        revokedReason: `re-issued as ${fresh.id}`,
      })
      const view = await portal.challenges.get(actor('auditor'), fresh.id)
      expect(view).toMatchObject({ format: 'base62', rules, deviceName: 'Tablet 7', lastRefusal: null })
      expect(Math.round((view.expiresAt.getTime() - view.createdAt.getTime()) / 60_000)).toBe(30)
      await expect(portal.challenges.reissue(actor('auditor'), fresh.id)).rejects.toMatchObject({ code: 'forbidden' })
      await expect(portal.challenges.reissue(actor('operator'), crypto.randomUUID())).rejects.toMatchObject({
        code: 'not_found',
      })
    })

    describe('a second key for a consumed challenge', () => {
      const alarms = () => createAlarms({ store: backing.enrolment.alarms })
      const certificateOf = async (id: string) => {
        const { certificate } = await portal.challenges.get(actor('admin'), id)
        return portal.certificates.get(actor('admin'), certificate?.id ?? '')
      }

      test('is an alarm, once for the key and not for each try, until it is dismissed', async () => {
        const { id, challenge } = await minted()
        await enrol({ challenge })
        const rival = await portal.device({ challenge, key: 'ec' })
        const again = await portal.device({ csr: rival.csr, transactionId: `again ${id}` })
        const { full } = await portal.eventsOf(async () => {
          for (const device of [rival, rival, again]) expect(await device.enrol()).toMatchObject(REJECTED)
        })
        expect(full.filter(({ type }) => type === 'challenge.replayed')).toMatchObject([
          { object: { type: 'challenge', id }, data: { alarm: true, firstCertificateId: expect.any(String) } },
        ])
        expect((await alarms().open(actor('auditor'))).filter(({ challengeId }) => challengeId === id)).toMatchObject([
          { subject: 'CN=tablet-7,O=Example', certificate: { revokedAt: null }, dismissedAt: null },
        ])
        expect(await certificateOf(id)).toMatchObject({ revokedAt: null })
        await enrol({ challenge })
        const raised = await alarms().ofChallenge(actor('auditor'), id)
        expect(raised).toHaveLength(2)
        const listed = async (open: boolean) => {
          const seen: string[] = []
          for (let cursor: string | undefined; ; ) {
            const page = { limit: 1, ...(cursor === undefined ? {} : { cursor }) }
            const { items, nextCursor } = await alarms().list(actor('auditor'), { open, endpoint: portal.slug }, page)
            seen.push(...items.map((each) => each.id))
            if (nextCursor === null) return seen
            cursor = nextCursor
          }
        }
        const ids = raised.map((each) => each.id)
        expect(await listed(true)).toEqual(expect.arrayContaining(ids))
        expect(new Set(await listed(true)).size).toBe((await listed(true)).length)
        expect((await alarms().list(actor('auditor'), { endpoint: 'nowhere' }, {})).items).toEqual([])
        expect(await alarms().get(actor('auditor'), ids[0] ?? '')).toMatchObject({ challengeId: id, dismissedAt: null })
        for (const unknown of [crypto.randomUUID(), 'x'])
          await expect(alarms().get(actor('auditor'), unknown)).rejects.toMatchObject({ code: 'not_found' })
        const { events } = await portal.eventsOf(() => alarms().dismiss(actor('operator'), id))
        expect(events).toEqual(['challenge.alarm_dismissed'])
        await expect(alarms().dismiss(actor('operator'), id)).rejects.toMatchObject({ code: 'conflict' })
        expect((await alarms().open(actor('auditor'))).map(({ challengeId }) => challengeId)).not.toContain(id)
        await expect(alarms().dismiss(actor('auditor'), id)).rejects.toMatchObject({ code: 'forbidden' })
        expect(await listed(true)).not.toEqual(expect.arrayContaining(ids))
        expect(await listed(false)).toEqual(expect.arrayContaining(ids))
        await expect(alarms().list({ ...actor('auditor'), role: null }, {}, {})).rejects.toMatchObject({
          code: 'unauthenticated',
        })
      })

      test('revokes the first certificate at once where the endpoint says so, and its list is due', async () => {
        const other = await portal.createGroup(`Strict ${name}`)
        await backing.revokeOnSecondKey(other.endpoint.id)
        const { id, challenge } = await minted({ endpoint: other.endpoint.slug })
        const told = { challenge, endpoint: other.endpoint.slug }
        await enrol(told)
        const { result, events } = await portal.eventsOf(() => enrol(told))
        expect(result).toMatchObject(REJECTED)
        expect(events).toEqual(['challenge.replayed challenge_replayed', 'certificate.revoked'])
        expect(await certificateOf(id)).toMatchObject({
          revokedAt: expect.any(Date),
          revocationReason: 'keyCompromise',
          revokedBy: 'Latchkey',
        })
        expect(await backing.crlDue(other.issuer.id)).toBe(true)
        expect((await alarms().open(actor('auditor'))).map(({ challengeId }) => challengeId)).not.toContain(id)
        const third = await portal.eventsOf(() => enrol(told))
        expect(third.events).toEqual(['challenge.replayed challenge_replayed'])
      })

      test('is none when the same key comes with another request', async () => {
        const { id, challenge } = await minted()
        expect(await enrol({ challenge, key: 1, signer: 1 })).toMatchObject({ pkiStatus: 'SUCCESS' })
        const again = await portal.device({ challenge, key: 1, signer: 1, san: [{ type: 'dns', value: 'x.example' }] })
        const { events } = await portal.eventsOf(() => again.enrol())
        expect(events).toEqual(['challenge.replayed challenge_replayed'])
        expect(await alarms().ofChallenge(actor('auditor'), id)).toEqual([])
      })
    })
  })
}
