/** What every store of challenges and enrolment transactions must do, run in memory and on Postgres. */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expireChallenges } from '@/lib/jobs/expire-challenges'
import { forgetRecords } from '@/lib/jobs/forget-records'
import type { AuditEntry } from '@/lib/services/audit'
import type { ChallengeSort, NewChallenge } from '@/lib/services/challenges'
import { createDefaultEndpoint } from '@/lib/services/default-endpoint'
import type { Attempt } from '@/lib/services/enrolment-turns'
import type { FlightRecord } from '@/lib/services/flight-recorder'
import type { Keyset } from '@/lib/services/listing'
import type { TransactionFilter, TransactionSort } from '@/lib/services/transactions'
import type { EnrolmentBacking, EnrolmentPortal } from './enrolment'
import { enrolmentPortal } from './enrolment'
import { actor, deviceActor } from './harness'

const bytes = () => new Uint8Array(randomBytes(32))
const note = (type: AuditEntry['type']): AuditEntry => ({
  type,
  outcome: 'success',
  actor: deviceActor(),
  object: { type: 'challenge', id: null },
})

export function enrolmentStoreContract(name: string, open: () => Promise<EnrolmentBacking>): void {
  describe(`enrolment stores ${name}`, () => {
    let backing: EnrolmentBacking
    let portal: EnrolmentPortal
    let endpointId: string
    beforeAll(async () => {
      backing = await open()
      portal = await enrolmentPortal(backing)
      endpointId = portal.group.endpoint.id
    })
    afterAll(() => backing.close())

    const challenge = (more: Partial<NewChallenge> = {}): NewChallenge => ({
      id: crypto.randomUUID(),
      endpointId,
      format: 'hex32',
      handleHash: bytes(),
      ttlMinutes: 60,
      constraints: {
        v: 1,
        subject: [{ type: 'CN', value: 'tablet-7' }],
        san: [{ type: 'dns', value: 'tablet-7.example.com' }],
      },
      subject: 'CN=tablet-7',
      deviceName: null,
      mintedBy: 'Ada Admin',
      mintedVia: 'ui',
      mintedFrom: '192.0.2.1',
      pageAccountId: null,
      deviceId: null,
      ...more,
    })
    const attempt = (more: Partial<Attempt> = {}): Attempt => ({
      endpointId,
      transactionId: bytes(),
      messageType: 19,
      csrSha256: bytes(),
      spkiSha256: bytes(),
      signerSpkiSha256: bytes(),
      subject: 'CN=tablet-7',
      sourceIp: '192.0.2.9',
      userAgent: 'device',
      client: null,
      policyVersion: 1,
      ...more,
    })
    const added = async (more: Partial<NewChallenge> = {}) => {
      const row = challenge(more)
      expect(await backing.enrolment.challenges.add(row, 1_000, () => note('challenge.minted'))).toMatchObject({
        expiresAt: expect.any(Date),
      })
      return row
    }
    const begun = async (asked: Attempt = attempt()) => {
      const result = await backing.enrolment.enrolment.begin(asked)
      if (!result.started) throw new Error('known already')
      return { ...asked, transactionRowId: result.id }
    }
    const reserve = (handleHash: Uint8Array, row: Awaited<ReturnType<typeof begun>>) =>
      backing.enrolment.redemption.reserve({ ...row, handleHashes: [handleHash] }, () => note('challenge.reserved'))
    const events = async (work: () => Promise<unknown>) => (await portal.eventsOf(work)).events

    describe('minting', () => {
      test('beyond the quota adds nothing and writes nothing', async () => {
        const other = await portal.createGroup(`Quota ${name}`)
        const row = () => challenge({ endpointId: other.endpoint.id })
        const { challenges } = backing.enrolment
        expect(await challenges.add(row(), 1, () => note('challenge.minted'))).not.toBeNull()
        expect(await events(() => challenges.add(row(), 1, () => note('challenge.minted')))).toEqual([])
        expect(await challenges.add(row(), 2, () => note('challenge.minted'))).not.toBeNull()
      })

      test('one that is being redeemed is no longer among those that wait', async () => {
        const other = await portal.createGroup(`Redeemed ${name}`)
        const endpointId = other.endpoint.id
        const first = challenge({ endpointId })
        const { challenges } = backing.enrolment
        expect(await challenges.add(first, 1, () => note('challenge.minted'))).not.toBeNull()
        expect(await challenges.add(challenge({ endpointId }), 1, () => note('challenge.minted'))).toBeNull()
        expect(await reserve(first.handleHash, await begun(attempt({ endpointId })))).not.toBeNull()
        expect(await challenges.add(challenge({ endpointId }), 1, () => note('challenge.minted'))).not.toBeNull()
      })

      test('a challenge is found by subject, name and id, page by page, newest first', async () => {
        const rows = [
          await added({ deviceName: `needle ${name} 1` }),
          await added({ deviceName: `needle ${name} 2` }),
          await added({ deviceName: `needle ${name} 3` }),
        ]
        const { challenges } = backing.enrolment
        const wanted = { search: `NEEDLE ${name}`, group: portal.group.slug }
        const first = await challenges.list({ ...wanted, endpoint: portal.slug, state: 'pending' }, newestMinted(2))
        const [, end] = first
        const from = { value: end?.createdAt.toISOString() ?? '', id: end?.id ?? '' }
        const second = await challenges.list(wanted, { ...newestMinted(2), from })
        const ids = [...first, ...second].map(({ id }) => id)
        expect(ids.toSorted()).toEqual(rows.map(({ id }) => id).toSorted())
        expect(await challenges.count(wanted, { most: 9 })).toBe(3)
        expect(await challenges.count(wanted, { most: 2 })).toBe(2)
        expect(await challenges.count(wanted, { most: 9, since: first[0]?.createdAt ?? new Date(0) })).toBe(0)
        expect(await challenges.get(rows[0]?.id as string)).toMatchObject({
          state: 'pending',
          subject: 'CN=tablet-7',
          san: [{ type: 'dns', value: 'tablet-7.example.com' }],
          certificate: null,
        })
        expect(await challenges.get(crypto.randomUUID())).toBeNull()
        expect(await challenges.list({ search: '100%' }, newestMinted(2))).toEqual([])
      })

      test('all that match are revoked together, but not those that came later', async () => {
        const name = `together ${crypto.randomUUID()}`
        const [first, second] = [await added({ deviceName: name }), await added({ deviceName: name })]
        const { challenges } = backing.enrolment
        const before = (await challenges.get(second.id))?.createdAt ?? new Date(0)
        const how = { reason: 'tidied', before, limit: 1 }
        const revoked = () => note('challenge.revoked')
        const times = async () => [
          await challenges.revokeMany({ search: name }, how, revoked),
          await challenges.revokeMany({ search: name }, how, revoked),
          await challenges.revokeMany({ search: name }, how, revoked),
        ]
        expect(await events(async () => expect(await times()).toEqual([1, 1, 0]))).toHaveLength(2)
        expect(await challenges.get(first.id)).toMatchObject({ state: 'revoked', revokedReason: 'tidied' })
        const third = await added({ deviceName: name })
        const longAgo = { ...how, before: new Date(before.getTime() - 60_000) }
        expect(await challenges.revokeMany({ ids: [third.id] }, longAgo, revoked)).toBe(0)
      })

      test('past its end it reads as expired and cannot be revoked', async () => {
        const { id } = await added()
        await backing.age('challenge', id, 61)
        expect(await backing.enrolment.challenges.get(id)).toMatchObject({ state: 'expired' })
        expect(
          (await backing.enrolment.challenges.list({ state: 'pending' }, newestMinted(200))).map((row) => row.id),
        ).not.toContain(id)
        expect(await events(() => backing.enrolment.challenges.revoke(id, null, note('challenge.revoked')))).toEqual([])
      })

      test('revoking is final', async () => {
        const row = await added()
        expect(
          await events(() => backing.enrolment.challenges.revoke(row.id, 'lost', note('challenge.revoked'))),
        ).toEqual(['challenge.revoked'])
        expect(await backing.enrolment.challenges.revoke(row.id, 'lost', note('challenge.revoked'))).toBeNull()
        expect(await reserve(row.handleHash, await begun())).toBeNull()
      })
    })

    describe('reserving', () => {
      test('one of two requests gets it; the same CSR of the same transaction gets it again', async () => {
        const row = await added()
        const [mine, rival] = [await begun(), await begun()]
        expect(await reserve(row.handleHash, mine)).toMatchObject({
          id: row.id,
          subject: 'CN=tablet-7',
          constraints: row.constraints,
        })
        expect(await events(() => reserve(row.handleHash, rival))).toEqual([])
        expect(await reserve(row.handleHash, mine)).not.toBeNull()
        expect(await reserve(row.handleHash, { ...mine, csrSha256: bytes() })).toBeNull()
        expect(await backing.enrolment.redemption.lookup([row.handleHash], bytes())).toMatchObject({
          state: 'reserved',
          reservedBy: mine.transactionRowId,
          certificate: null,
        })
      })

      test('the same CSR under another transaction gets it only from a worker that is gone', async () => {
        const row = await added()
        const first = await begun()
        const second = await begun(attempt({ csrSha256: first.csrSha256, spkiSha256: first.spkiSha256 }))
        await reserve(row.handleHash, first)
        expect(await reserve(row.handleHash, second)).toBeNull()
        await backing.age('challenge', row.id, 1)
        expect(await reserve(row.handleHash, second)).not.toBeNull()
      })

      test('not at another endpoint, not past its end; once reserved it may be finished after its end', async () => {
        const row = await added()
        const mine = await begun()
        expect(await reserve(row.handleHash, { ...mine, endpointId: crypto.randomUUID() })).toBeNull()
        await reserve(row.handleHash, mine)
        await backing.age('challenge', row.id, 61)
        expect(await reserve(row.handleHash, mine)).not.toBeNull()
        const late = await added()
        await backing.age('challenge', late.id, 61)
        expect(await reserve(late.handleHash, await begun())).toBeNull()
        expect(await backing.enrolment.redemption.lookup([late.handleHash], bytes())).toMatchObject({
          state: 'expired',
        })
      })

      test('a mismatch gives it back and counts; the last one allowed revokes', async () => {
        const row = await added()
        const states: string[] = []
        for (const attempts of [1, 2]) {
          const mine = await begun()
          await reserve(row.handleHash, mine)
          await backing.enrolment.redemption.release(
            {
              challengeId: row.id,
              transactionRowId: mine.transactionRowId,
              csrSha256: mine.csrSha256,
              mismatch: true,
              mostMismatches: 2,
              row: { state: 'refused', reason: 'subject_mismatch', detail: 'x', failInfo: 'badRequest' },
            },
            (after) => {
              expect(after).toMatchObject({ released: true, attempt: attempts })
              states.push(after.state)
              return [note('challenge.mismatch')]
            },
          )
          expect(await backing.enrolment.enrolment.begin(mine)).toMatchObject({
            started: false,
            known: { state: 'refused', reason: 'subject_mismatch' },
          })
        }
        expect(states).toEqual(['pending', 'revoked'])
      })

      test('a CSR that did not fit before is not reserved for, and counts once even if it was quick', async () => {
        const row = await added()
        const first = await begun()
        const again = await begun(attempt({ csrSha256: first.csrSha256 }))
        const { redemption } = backing.enrolment
        const release = (mine: typeof first) =>
          redemption.release(
            {
              challengeId: row.id,
              transactionRowId: mine.transactionRowId,
              csrSha256: mine.csrSha256,
              mismatch: true,
              mostMismatches: 2,
              row: { state: 'refused', reason: 'san_mismatch', detail: 'why', failInfo: 'badRequest' },
            },
            (after) => {
              expect(after).toEqual({ released: true, state: 'pending', attempt: 1 })
              return []
            },
          )
        await reserve(row.handleHash, first)
        await release(first)
        expect(await reserve(row.handleHash, again)).toBeNull()
        expect(await redemption.lookup([row.handleHash], first.csrSha256)).toMatchObject({
          state: 'pending',
          mismatched: { reason: 'san_mismatch', detail: 'why' },
        })
        expect(await redemption.lookup([row.handleHash], bytes())).toMatchObject({ mismatched: null })
        // As if it had been reserved just before the first one was released.
        const other = await begun()
        await reserve(row.handleHash, other)
        await release({ ...other, csrSha256: first.csrSha256 })
      })

      test('one of many handles is found in one look', async () => {
        const row = await added()
        const { redemption } = backing.enrolment
        expect(await redemption.lookupAny([bytes(), row.handleHash, bytes()])).toEqual({
          id: row.id,
          subject: 'CN=tablet-7',
          endpointSlug: portal.slug,
        })
        expect(await redemption.lookupAny([bytes()])).toBeNull()
        expect(await redemption.lookupAny([])).toBeNull()
      })

      test('what another transaction has reserved is not released', async () => {
        const row = await added()
        const [mine, rival] = [await begun(), await begun()]
        await reserve(row.handleHash, mine)
        await backing.enrolment.redemption.release(
          {
            challengeId: row.id,
            transactionRowId: rival.transactionRowId,
            csrSha256: rival.csrSha256,
            mismatch: true,
            mostMismatches: 3,
            row: { state: 'refused', reason: 'san_mismatch', detail: '', failInfo: 'badRequest' },
          },
          (after) => {
            expect(after).toEqual({ released: false, state: 'reserved', attempt: 0 })
            return []
          },
        )
        expect(await backing.challengeState(row.id)).toBe('reserved')
      })
    })

    describe('turns', () => {
      test('an identity has one live row; failed and abandoned ones are taken over once', async () => {
        const { enrolment } = backing.enrolment
        const mine = await begun()
        expect(await enrolment.begin(mine)).toMatchObject({
          started: false,
          known: { id: mine.transactionRowId, state: 'received', certificate: null },
        })
        expect(await enrolment.takeOver(mine.transactionRowId, 15)).toBe(false)
        await backing.age('transaction', mine.transactionRowId, 1)
        expect(await enrolment.takeOver(mine.transactionRowId, 15)).toBe(true)
        expect(await enrolment.takeOver(mine.transactionRowId, 15)).toBe(false)
        await enrolment.finish(
          mine.transactionRowId,
          { state: 'failed', reason: 'unavailable', detail: '', failInfo: null },
          null,
          [],
        )
        expect(await enrolment.takeOver(mine.transactionRowId, 15)).toBe(true)
      })

      test('a row that was refused is taken over for its very reason only', async () => {
        const { enrolment } = backing.enrolment
        const mine = await begun()
        const refused = { state: 'refused', reason: 'weak_key', detail: '', failInfo: 'badRequest' } as const
        await enrolment.finish(mine.transactionRowId, refused, null, [])
        expect(await enrolment.takeOver(mine.transactionRowId, 15)).toBe(false)
        expect(await enrolment.takeOver(mine.transactionRowId, 15, 'ca_requested')).toBe(false)
        expect(await enrolment.takeOver(mine.transactionRowId, 15, 'weak_key')).toBe(true)
        expect(await enrolment.takeOver(mine.transactionRowId, 15, 'weak_key')).toBe(false)
      })

      test('a final row is finished once, and makes way when it is superseded', async () => {
        const { enrolment } = backing.enrolment
        const mine = await begun()
        const refused = {
          state: 'refused',
          reason: 'challenge_unknown',
          detail: 'why',
          failInfo: 'badRequest',
        } as const
        expect(
          await events(() => enrolment.finish(mine.transactionRowId, refused, null, [note('challenge.unknown')])),
        ).toEqual(['challenge.unknown'])
        expect(
          await events(() => enrolment.finish(mine.transactionRowId, refused, null, [note('challenge.unknown')])),
        ).toEqual([])
        await enrolment.supersede(mine.transactionRowId)
        expect((await enrolment.begin(mine)).started).toBe(true)
      })

      test('a row refused at once is never met again, with or without a CSR', async () => {
        const { enrolment } = backing.enrolment
        const asked = attempt()
        const refused = {
          state: 'refused',
          reason: 'decryption_failed',
          detail: 'why',
          failInfo: 'badRequest',
        } as const
        await enrolment.refuseAtOnce(
          { ...asked, messageType: null, csrSha256: null, spkiSha256: null, signerSpkiSha256: null },
          refused,
          null,
          [],
        )
        await enrolment.refuseAtOnce(asked, refused, null, [])
        expect(await enrolment.findForPoll(endpointId, asked.transactionId, asked.spkiSha256)).toBeNull()
        expect((await enrolment.begin(asked)).started).toBe(true)
      })

      test('a poll finds the row by the key that signed it or asked to be certified, and by no other', async () => {
        const { enrolment } = backing.enrolment
        const mine = await begun()
        for (const key of [mine.signerSpkiSha256, mine.spkiSha256]) {
          expect(await enrolment.findForPoll(endpointId, mine.transactionId, key)).toMatchObject({
            id: mine.transactionRowId,
          })
        }
        expect(await enrolment.findForPoll(endpointId, mine.transactionId, bytes())).toBeNull()
        expect(await enrolment.findForPoll(crypto.randomUUID(), mine.transactionId, mine.spkiSha256)).toBeNull()
      })
    })

    describe('the endpoint', () => {
      test('is read with its settings, profile, chain and every registration authority that has a certificate', async () => {
        const endpoint = await backing.enrolment.enrolment.endpoint(portal.slug)
        expect(endpoint).toMatchObject({
          id: endpointId,
          groupSlug: portal.group.slug,
          enabled: true,
          policy: 'dynamic',
          profile: { minRsaBits: 2048 },
        })
        expect(endpoint?.chain).toHaveLength(2)
        expect(endpoint?.registrationAuthorities).toMatchObject([{ retiredAt: null }])
        expect(await backing.enrolment.enrolment.endpoint('nowhere')).toBeNull()
      })
    })

    describe('the expiry job', () => {
      test('puts away what is past its end in one event, frees what a crash left, and ends rows nobody came back for', async () => {
        const [due, live, left, lateAndLeft] = [await added(), await added(), await added(), await added()]
        const [mine, other] = [await begun(), await begun()]
        await reserve(left.handleHash, mine)
        await reserve(lateAndLeft.handleHash, other)
        await backing.age('challenge', due.id, 61)
        await backing.age('challenge', left.id, 11)
        await backing.age('challenge', lateAndLeft.id, 61)
        await backing.age('transaction', mine.transactionRowId, 11)
        const job = expireChallenges(backing.enrolment.upkeep, backing.enrolment.flights)
        const written = await events(() => job.run(new Date()))
        expect(written.filter((type) => type === 'challenge.expired')).toHaveLength(1)
        expect(written.filter((type) => type === 'challenge.released').length).toBeGreaterThanOrEqual(2)
        const states = await Promise.all([due, live, left, lateAndLeft].map(({ id }) => backing.challengeState(id)))
        expect(states).toEqual(['expired', 'pending', 'pending', 'expired'])
        expect(await backing.enrolment.enrolment.begin(mine)).toMatchObject({
          started: false,
          known: { state: 'failed', reason: 'interrupted' },
        })
        expect(await events(() => job.run(new Date()))).toEqual([])
      })
    })

    test('the expiry job forgets refusals when the flight recorder does, and nothing that led to a certificate', async () => {
      const { enrolment, transactions } = backing.enrolment
      const { challenge: value } = await portal.mint('CN=kept')
      await (await portal.device({ challenge: value, subject: [{ type: 'CN', value: 'kept' }] })).enrol()
      const issued = (await transactions.list({ state: 'issued' }, newest(1)))[0]?.id as string
      const [old, recent, failed] = [await begun(), await begun(), await begun()]
      const refused = { state: 'refused', reason: 'weak_key', detail: '', failInfo: 'badRequest' } as const
      await enrolment.finish(old.transactionRowId, refused, null, [])
      await enrolment.finish(recent.transactionRowId, refused, null, [])
      await enrolment.finish(failed.transactionRowId, { ...refused, state: 'failed', reason: 'unavailable' }, null, [])
      const minutes = (await backing.enrolment.flights.retention()).failedDays * 1_440
      await backing.age('transaction', issued, minutes + 1)
      await backing.age('transaction', old.transactionRowId, minutes + 1)
      await backing.age('transaction', failed.transactionRowId, minutes + 1)
      await backing.age('transaction', recent.transactionRowId, minutes - 1)
      const job = expireChallenges(backing.forgetting, backing.enrolment.flights)
      await job.run(new Date())
      const kept = (await transactions.list({}, newest(200))).map(({ id }) => id)
      expect(kept).toEqual(expect.arrayContaining([issued, recent.transactionRowId]))
      expect(kept).not.toContain(old.transactionRowId)
      expect(kept).not.toContain(failed.transactionRowId)
    })

    describe('the flight recorder', () => {
      const recordOf = (enrolmentTransactionId: string, more: Partial<FlightRecord> = {}): FlightRecord => ({
        id: crypto.randomUUID(),
        enrolmentTransactionId,
        endpointId,
        createdAt: new Date('2026-11-20T10:00:00.123Z'),
        operation: 'PKCSReq',
        outcome: 'refused',
        client: null,
        sourceIp: '192.0.2.9',
        question: null,
        steps: [{ at: -5, step: 'transport', facts: { method: 'POST', bytesIn: 9, nested: [{ a: null }] } }],
        ...more,
      })

      test('reads back what it wrote, many at once, oldest first, and tells the transaction its client', async () => {
        const { flights, transactions } = backing.enrolment
        const [one, two] = [await begun(), await begun()]
        const later = new Date('2026-11-20T10:05:00.000Z')
        const client = `client of ${name}`
        await flights.add([
          recordOf(one.transactionRowId, { client }),
          recordOf(one.transactionRowId, { createdAt: later, outcome: 'issued', client: 'another' }),
          recordOf(two.transactionRowId),
        ])
        const read = await transactions.get(one.transactionRowId, 10)
        const { steps, createdAt, sourceIp } = recordOf('')
        expect(read?.records).toMatchObject([
          { steps, createdAt, sourceIp, client, operation: 'PKCSReq', outcome: 'refused' },
          { createdAt: later, outcome: 'issued' },
        ])
        expect(read).toMatchObject({ client, challenge: null, rules: { minRsaBits: 2048 }, messageType: 19 })
        expect((await transactions.get(one.transactionRowId, 1))?.records).toMatchObject([{ createdAt: later }])
        expect(await transactions.get(two.transactionRowId, 10)).toMatchObject({ client: null, records: [{}] })
        expect(await transactions.get(crypto.randomUUID(), 10)).toBeNull()
        expect(await transactions.clients({})).toContain(client)
      })

      test('forgets what is past its time, and no more than asked at once', async () => {
        const { flights, transactions } = backing.enrolment
        const { transactionRowId: id } = await begun()
        const day = (number: number) => new Date(Date.UTC(2026, 0, number))
        const at = (number: number) => recordOf(id, { createdAt: day(number), outcome: 'issued' })
        await flights.add([at(1), at(2), at(4)])
        const before = { well: day(3), badly: day(3) }
        const forgotten = [await flights.forget(before, 1), await flights.forget(before, 9)]
        expect([...forgotten, await flights.forget(before, 9)]).toEqual([1, 1, 0])
        expect((await transactions.get(id, 10))?.records).toHaveLength(1)
      })

      test('a changed retention moves what is kept: shorter forgets at the next run, longer keeps what is still there', async () => {
        const { flights, transactions } = backing.enrolment
        const job = forgetRecords(flights)
        const usual = await flights.retention()
        const { transactionRowId: id } = await begun()
        const now = new Date('2026-06-30T12:00:00Z')
        const ago = (days: number, outcome: FlightRecord['outcome']) =>
          recordOf(id, { createdAt: new Date(now.getTime() - days * 86_400_000), outcome })
        const kept = async () =>
          (await transactions.get(id, 10))?.records.map(
            ({ createdAt, outcome }) => `${outcome} ${(now.getTime() - createdAt.getTime()) / 86_400_000}`,
          )
        const setTo = (issuedDays: number, failedDays: number) =>
          flights.setRetention({ issuedDays, failedDays }, note('system.retention_changed'))
        await setTo(30, 90)
        await flights.add([
          ago(80, 'refused'),
          ago(80, 'failed'),
          ago(20, 'issued'),
          ago(5, 'refused'),
          ago(5, 'pending'),
        ])
        await job.run(now)
        expect(await kept()).toHaveLength(5)
        await setTo(10, 60)
        expect(await kept()).toHaveLength(5)
        await job.run(now)
        expect((await kept())?.toSorted()).toEqual(['pending 5', 'refused 5'])
        await setTo(100, 100)
        await job.run(new Date(now.getTime() + 90 * 86_400_000))
        expect(await kept()).toHaveLength(2)
        await setTo(usual.issuedDays, usual.failedDays)
      })

      test('keeps its retention, with the event', async () => {
        const { flights } = backing.enrolment
        const before = await flights.retention()
        const wanted = { issuedDays: 12, failedDays: 34 }
        expect(await events(() => flights.setRetention(wanted, note('system.retention_changed')))).toEqual([
          'system.retention_changed',
        ])
        expect(await flights.retention()).toEqual(wanted)
        await flights.setRetention(before, note('system.retention_changed'))
      })
    })

    describe('clients that cannot name an endpoint', () => {
      const reached = async () => (await backing.enrolment.enrolment.endpoint(''))?.slug ?? null
      const service = () =>
        createDefaultEndpoint({
          store: backing.enrolment.defaultEndpoint,
          urls: { defaultScepUrls: () => ['http://localhost/certsrv/mscep/mscep.dll'] },
        })

      test('reach the endpoint that was chosen, otherwise the only one, otherwise none', async () => {
        const alone = await enrolmentPortal(await open())
        const { enrolment, defaultEndpoint } = alone.backing.enrolment
        expect((await enrolment.endpoint(''))?.slug).toBe('staff')
        expect(await defaultEndpoint.defaultEndpoint()).toMatchObject({ endpoint: { slug: 'staff' }, chosen: false })
        await alone.createGroup('Printers')
        expect(await enrolment.endpoint('')).toBeNull()
        expect(await defaultEndpoint.defaultEndpoint()).toEqual({ endpoint: null, chosen: false })
        await defaultEndpoint.chooseDefault('printers', () => note('system.default_endpoint_changed'))
        expect((await enrolment.endpoint(''))?.slug).toBe('printers')
        await defaultEndpoint.chooseDefault(null, () => note('system.default_endpoint_changed'))
        expect(await enrolment.endpoint('')).toBeNull()
        await alone.backing.close()
      })

      test('by an administrator alone, with an event that names both, and none where nothing changes', async () => {
        const { slug } = (await portal.createGroup(`Default ${name}`)).endpoint
        for (const role of ['operator', 'auditor'] as const)
          await expect(service().choose(actor(role), slug)).rejects.toMatchObject({ code: 'forbidden' })
        const unknown = service().choose(actor('admin'), 'nowhere')
        await expect(unknown).rejects.toMatchObject({ code: 'invalid_input', fields: { endpoint: expect.any(String) } })
        const { result, events, full } = await portal.eventsOf(() => service().choose(actor('admin'), slug))
        expect(result).toMatchObject({ endpoint: { slug }, chosen: true, urls: [expect.any(String)] })
        expect(events).toEqual(['system.default_endpoint_changed'])
        expect(full).toHaveLength(1)
        expect(await reached()).toBe(slug)
        expect((await portal.eventsOf(() => service().choose(actor('admin'), slug))).events).toEqual([])
        expect(await service().get(actor('auditor'))).toMatchObject({ endpoint: { slug }, chosen: true })
        await service().choose(actor('admin'), null)
        expect(await service().get(actor('auditor'))).toMatchObject({ chosen: false })
      })
    })

    test('devices are read in order, those with a certificate and those with a challenge alone', async () => {
      const { devices } = backing.enrolment
      const subject = (part: string) => `CN=gadget ${part} ${name}`
      const named = async (part: string) => {
        const { challenge: value } = await portal.mint(subject(part))
        return portal.device({ challenge: value, subject: [{ type: 'CN', value: `gadget ${part} ${name}` }] })
      }
      await named('b')
      await (await named('a')).enrol()
      await named('c')
      const search = `GADGET`
      const [a, b, c] = [
        { subject: subject('a'), certificates: 1 },
        { subject: subject('b'), certificates: 0 },
        { subject: subject('c'), certificates: 0 },
      ]
      const page = { order: 'asc', way: 'after', from: null, limit: 2 } as const
      expect(await devices.subjects({ search }, page)).toEqual([a, b])
      expect(await devices.subjects({ search }, { ...page, from: subject('b') })).toEqual([c])
      expect(await devices.subjects({ search }, { ...page, way: 'before', from: subject('c') })).toEqual([b, a])
      expect(await devices.subjects({ search }, { ...page, order: 'desc' })).toEqual([c, b])
      expect(await devices.subjects({ search: '100%_nothing' }, page)).toEqual([])
    })

    test('a simulation finds a challenge by its hash, with what it binds and how it stands', async () => {
      const { simulation } = backing.enrolment
      const row = await added()
      expect(await simulation.challenge([row.handleHash])).toEqual({
        id: row.id,
        state: 'pending',
        constraints: row.constraints,
      })
      await backing.age('challenge', row.id, 61)
      expect(await simulation.challenge([row.handleHash])).toMatchObject({ state: 'expired' })
      expect(await simulation.challenge([bytes()])).toBeNull()
      expect(await simulation.endpoint(portal.slug)).toMatchObject({ id: endpointId })
    })

    test('transactions are found by device, subject, cause and time, and counted by cause', async () => {
      const { enrolment, transactions } = backing.enrolment
      const subject = `CN=100%_${name}`
      const row = await begun(attempt({ subject }))
      await enrolment.finish(
        row.transactionRowId,
        { state: 'refused', reason: 'sid_requested', detail: '', failInfo: 'badRequest' },
        null,
        [],
      )
      const found = async (filter: Omit<TransactionFilter, 'kind'>) =>
        (await transactions.list(filter, newest(200))).some(({ id }) => id === row.transactionRowId)
      const { createdAt } = (await transactions.list({ subject }, newest(1)))[0] ?? { createdAt: new Date(0) }
      expect(await found({ device: '100%_' })).toBe(true)
      expect(await found({ device: '100__' })).toBe(false)
      expect(await found({ subject: 'CN=100%_' })).toBe(false)
      expect(await found({ reason: 'sid_requested' })).toBe(true)
      expect(await found({ reason: 'weak_key' })).toBe(false)
      expect(await found({ client: 'none' })).toBe(false)
      expect(await found({ from: createdAt, to: new Date(createdAt.getTime() + 1) })).toBe(true)
      expect(await found({ to: createdAt })).toBe(false)
      expect(await found({ state: 'unsuccessful' })).toBe(true)
      expect(await found({ state: 'issued' })).toBe(false)
    })

    test('transactions are listed newest first, with what they were refused for', async () => {
      const transactionId = new Uint8Array(createHash('sha1').update(name).digest())
      await backing.enrolment.enrolment.refuseAtOnce(
        { ...attempt({ transactionId }), csrSha256: null },
        { state: 'refused', reason: 'decryption_failed', detail: 'why', failInfo: 'badRequest' },
        null,
        [],
      )
      const items = await backing.enrolment.transactions.list(
        { endpoint: portal.slug, group: portal.group.slug, state: 'refused' },
        newest(200),
      )
      expect(items[0]).toMatchObject({
        state: 'refused',
        reason: 'decryption_failed',
        detail: 'why',
        transactionId: `hex:${Buffer.from(transactionId).toString('hex')}`,
        certificate: null,
        sourceIp: '192.0.2.9',
      })
      const [first, second] = await backing.enrolment.transactions.list({}, newest(2))
      expect(first).toMatchObject({ id: items[0]?.id })
      const from = { value: first?.createdAt.toISOString() ?? '', id: first?.id ?? '' }
      expect(await backing.enrolment.transactions.list({}, { ...newest(1), from })).toEqual([second])
    })
  })
}

const newest = (limit: number): Keyset<TransactionSort> => ({
  sort: 'asked',
  order: 'desc',
  way: 'after',
  from: null,
  limit,
})

const newestMinted = (limit: number): Keyset<ChallengeSort> => ({ ...newest(limit), sort: 'minted' })
