/** What every store of challenges and enrolment transactions must do, run in memory and on Postgres. */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expireChallenges } from '@/lib/jobs/expire-challenges'
import type { AuditEntry } from '@/lib/services/audit'
import type { NewChallenge } from '@/lib/services/challenges'
import type { Attempt } from '@/lib/services/enrolment-turns'
import type { EnrolmentBacking, EnrolmentPortal } from './enrolment'
import { enrolmentPortal } from './enrolment'
import { deviceActor } from './harness'

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
      backing.enrolment.redemption.reserve({ ...row, handleHash }, () => note('challenge.reserved'))
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

      test('a challenge is found by subject, name and id, page by page, newest first', async () => {
        const rows = [
          await added({ deviceName: `needle ${name} 1` }),
          await added({ deviceName: `needle ${name} 2` }),
          await added({ deviceName: `needle ${name} 3` }),
        ]
        const { challenges } = backing.enrolment
        const first = await challenges.list(
          { search: `NEEDLE ${name}`, endpoint: portal.slug, state: 'pending' },
          { limit: 2 },
        )
        const second = await challenges.list(
          { search: `NEEDLE ${name}`, group: portal.group.slug },
          { limit: 2, cursor: first.nextCursor ?? '' },
        )
        const ids = [...first.items, ...second.items].map(({ id }) => id)
        expect(ids.toSorted()).toEqual(rows.map(({ id }) => id).toSorted())
        expect(second.nextCursor).toBeNull()
        expect(await challenges.get(rows[0]?.id as string)).toMatchObject({
          state: 'pending',
          subject: 'CN=tablet-7',
          san: [{ type: 'dns', value: 'tablet-7.example.com' }],
          certificate: null,
        })
        expect(await challenges.get(crypto.randomUUID())).toBeNull()
        expect((await challenges.list({ search: '100%' }, { limit: 2 })).items).toEqual([])
      })

      test('past its end it reads as expired and cannot be revoked', async () => {
        const { id } = await added()
        await backing.age('challenge', id, 61)
        expect(await backing.enrolment.challenges.get(id)).toMatchObject({ state: 'expired' })
        expect(
          (await backing.enrolment.challenges.list({ state: 'pending' }, { limit: 200 })).items.map((row) => row.id),
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
        expect(await backing.enrolment.redemption.lookup(row.handleHash, bytes())).toMatchObject({
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
        expect(await backing.enrolment.redemption.lookup(late.handleHash, bytes())).toMatchObject({ state: 'expired' })
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
        expect(await redemption.lookup(row.handleHash, first.csrSha256)).toMatchObject({
          state: 'pending',
          mismatched: { reason: 'san_mismatch', detail: 'why' },
        })
        expect(await redemption.lookup(row.handleHash, bytes())).toMatchObject({ mismatched: null })
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
        const job = expireChallenges(backing.enrolment.upkeep)
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

    test('the expiry job forgets refusals of last month, and nothing that led to a certificate', async () => {
      const { enrolment, transactions } = backing.enrolment
      const { challenge: value } = await portal.mint('CN=kept')
      await (await portal.device({ challenge: value, subject: [{ type: 'CN', value: 'kept' }] })).enrol()
      const issued = (await transactions.list({ state: 'issued' }, { limit: 1 })).items[0]?.id as string
      const [old, recent, failed] = [await begun(), await begun(), await begun()]
      const refused = { state: 'refused', reason: 'weak_key', detail: '', failInfo: 'badRequest' } as const
      await enrolment.finish(old.transactionRowId, refused, null, [])
      await enrolment.finish(recent.transactionRowId, refused, null, [])
      await enrolment.finish(failed.transactionRowId, { ...refused, state: 'failed', reason: 'unavailable' }, null, [])
      const minutes = 30 * 1_440
      await backing.age('transaction', issued, minutes + 1)
      await backing.age('transaction', old.transactionRowId, minutes + 1)
      await backing.age('transaction', failed.transactionRowId, minutes + 1)
      await backing.age('transaction', recent.transactionRowId, minutes - 1)
      const job = expireChallenges(backing.forgetting)
      await job.run(new Date())
      const kept = (await transactions.list({}, { limit: 200 })).items.map(({ id }) => id)
      expect(kept).toEqual(expect.arrayContaining([issued, recent.transactionRowId]))
      expect(kept).not.toContain(old.transactionRowId)
      expect(kept).not.toContain(failed.transactionRowId)
    })

    test('transactions are listed newest first, with what they were refused for', async () => {
      const transactionId = new Uint8Array(createHash('sha1').update(name).digest())
      await backing.enrolment.enrolment.refuseAtOnce(
        { ...attempt({ transactionId }), csrSha256: null },
        { state: 'refused', reason: 'decryption_failed', detail: 'why', failInfo: 'badRequest' },
        null,
        [],
      )
      const { items } = await backing.enrolment.transactions.list(
        { endpoint: portal.slug, group: portal.group.slug, state: 'refused' },
        { limit: 200 },
      )
      expect(items[0]).toMatchObject({
        state: 'refused',
        reason: 'decryption_failed',
        detail: 'why',
        transactionId: `hex:${Buffer.from(transactionId).toString('hex')}`,
        certificate: null,
        sourceIp: '192.0.2.9',
      })
      const pages = await backing.enrolment.transactions.list({}, { limit: 1 })
      const next = await backing.enrolment.transactions.list({}, { limit: 1, cursor: pages.nextCursor ?? '' })
      expect(next.items[0]?.id).not.toBe(pages.items[0]?.id)
    })
  })
}
