/** What a certificate is worth and how many of them end as one: on the stores in memory and on Postgres alike. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createBulkRevocations } from '@/lib/services/bulk-revocation'
import type { BulkRequest, Selection } from '@/lib/services/bulk-revocation-types'
import { statusOf } from '@/lib/services/certificate-view'
import type { CertificateStatus, RevocationReason } from '@/lib/services/certificates'
import { EnrolmentProof } from '@/lib/services/issuance'
import { actor, type Backing, DAY_MS, deviceActor, type Installation, installation, NOON, newDevice } from './harness'

const operator = actor('operator')
const inDays = (days: number) => new Date(NOON.getTime() + days * DAY_MS)

interface Case {
  name: string
  reason?: RevocationReason
  notBefore?: Date
  notAfter?: Date
  /** When the issuer of all these was revoked; null while it counts. */
  counts: CertificateStatus
  underRevoked: CertificateStatus
}

/** The issuer was revoked ten days ago. */
const ISSUER_REVOKED = inDays(-10)
const CASES: Case[] = [
  { name: 'plain', counts: 'valid', underRevoked: 'issuer_revoked' },
  { name: 'ends in 30 days', notAfter: inDays(30), counts: 'expiring', underRevoked: 'issuer_revoked' },
  {
    name: 'ends in 30 days and a bit',
    notAfter: new Date(inDays(30).getTime() + 1),
    counts: 'valid',
    underRevoked: 'issuer_revoked',
  },
  { name: 'ended after its issuer', notAfter: inDays(-1), counts: 'expired', underRevoked: 'issuer_revoked' },
  { name: 'ended before its issuer', notAfter: inDays(-11), counts: 'expired', underRevoked: 'expired' },
  { name: 'ends now', notAfter: NOON, counts: 'expiring', underRevoked: 'issuer_revoked' },
  { name: 'begins tomorrow', notBefore: inDays(1), counts: 'not_yet_valid', underRevoked: 'issuer_revoked' },
  { name: 'held', reason: 'certificateHold', counts: 'held', underRevoked: 'issuer_revoked' },
  { name: 'held and ended', reason: 'certificateHold', notAfter: inDays(-20), counts: 'held', underRevoked: 'held' },
  { name: 'revoked', reason: 'keyCompromise', counts: 'revoked', underRevoked: 'revoked' },
  { name: 'revoked and ended', reason: 'superseded', notAfter: inDays(-1), counts: 'revoked', underRevoked: 'revoked' },
]
const STATUSES: CertificateStatus[] = [
  'valid',
  'expiring',
  'expired',
  'revoked',
  'held',
  'issuer_revoked',
  'not_yet_valid',
]

export function revocationContract(name: string, open: () => Promise<Backing>): void {
  describe(name, () => {
    let portal: Installation
    let group: Awaited<ReturnType<Installation['createGroup']>>

    beforeEach(async () => {
      portal = installation(await open())
      await portal.setUp()
      group = await portal.createGroup()
    })
    afterEach(() => portal.backing.close())

    const enrolled = async (count: number, prefix = 'tablet') => {
      const ids: string[] = []
      for (let each = 0; each < count; each += 1)
        ids.push((await portal.enrol(group.endpoint.id, newDevice(`${prefix}-${each}`))).id)
      return ids
    }
    const ofGroup: Selection = { filter: { group: 'staff' } }
    const request = (more: Partial<BulkRequest> & Pick<BulkRequest, 'expect'>): BulkRequest => ({
      selection: ofGroup,
      action: 'revoke',
      reason: 'cessationOfOperation',
      confirmation: null,
      ...more,
    })
    const statusesOf = (ids: string[]) =>
      Promise.all(ids.map(async (id) => (await portal.certificates.get(operator, id)).status))
    const countOf = async (type: string) => (await portal.backing.trail()).filter((event) => event.type === type).length

    describe('what a certificate is worth', () => {
      test.each(['counts', 'underRevoked'] as const)(
        'the page, the list and its filter agree when the issuer %s',
        async (which) => {
          const ids = new Map<string, Case>()
          for (const each of CASES) {
            const { id } = await portal.enrol(group.endpoint.id, newDevice(each.name.replaceAll(' ', '-')))
            if (each.reason) await portal.certificates.revoke(operator, id, { reason: each.reason })
            if (each.notAfter) await portal.backing.setNotAfter(id, each.notAfter)
            if (each.notBefore) await portal.backing.setNotBefore(id, each.notBefore)
            ids.set(id, each)
          }
          if (which === 'underRevoked') await portal.backing.revokeAuthority(group.issuer.id, ISSUER_REVOKED)
          const wanted = new Map([...ids].map(([id, each]) => [id, each[which]]))
          const all = await portal.certificates.list(operator, {}, { limit: 100 })
          expect(new Map(all.items.map(({ id, status }) => [id, status]))).toEqual(wanted)
          for (const status of STATUSES) {
            const found = await portal.certificates.list(operator, { status }, { limit: 100 })
            expect(new Set(found.items.map(({ id }) => id)), status).toEqual(
              new Set([...wanted].flatMap(([id, each]) => (each === status ? [id] : []))),
            )
          }
          const tally = await portal.stores.bulkRevocations.tally(
            { filter: {} },
            { now: NOON, expiringBefore: inDays(30) },
          )
          for (const status of STATUSES)
            expect(tally[status] ?? 0, status).toBe([...wanted.values()].filter((each) => each === status).length)
          for (const [id, status] of wanted) {
            const [record] = await portal.stores.certificates.find({ id })
            expect(record && statusOf(record, NOON)).toBe(status)
          }
          const counts = await portal.certificates.counts(operator)
          const several = (...these: CertificateStatus[]) =>
            [...wanted.values()].filter((status) => these.includes(status)).length
          expect(counts).toMatchObject({
            total: CASES.length,
            valid: several('valid'),
            expiring: several('expiring'),
            expired: several('expired'),
            revoked: several('revoked', 'held', 'issuer_revoked'),
          })
        },
      )
    })

    describe('release and revocation at once', () => {
      test('whoever comes first, what is revoked for good stays so, and the trail tells what happened', async () => {
        for (const id of await enrolled(5)) {
          await portal.certificates.revoke(operator, id, { reason: 'certificateHold' })
          const { result, trail } = await portal.trailOf(() =>
            Promise.allSettled([
              portal.certificates.release(operator, id, {}),
              portal.certificates.revoke(operator, id, { reason: 'keyCompromise' }),
            ]),
          )
          expect(result[1].status).toBe('fulfilled')
          expect(await portal.certificates.get(operator, id)).toMatchObject({
            status: 'revoked',
            revocationReason: 'keyCompromise',
          })
          expect(trail.map(({ type }) => type)).toEqual([
            ...(result[0].status === 'fulfilled' ? ['certificate.hold_released'] : []),
            'certificate.revoked',
          ])
        }
      })

      test('of two who release one is told that there is no hold', async () => {
        const [id = ''] = await enrolled(1)
        await portal.certificates.revoke(operator, id, { reason: 'certificateHold' })
        const release = () => portal.certificates.release(operator, id, {})
        const outcomes = await Promise.allSettled([release(), release()])
        expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
        expect(await countOf('certificate.hold_released')).toBe(1)
      })
    })

    describe('many as one', () => {
      test('the dry run says how many, which, and why the others are left out, and changes nothing', async () => {
        const [revoked = '', held = '', ended = ''] = await enrolled(6)
        await portal.certificates.revoke(operator, revoked, { reason: 'superseded' })
        await portal.certificates.revoke(operator, held, { reason: 'certificateHold' })
        await portal.backing.setNotAfter(ended, inDays(-1))
        const { result, trail } = await portal.trailOf(() =>
          portal.bulkRevocations.preview(operator, 'revoke', ofGroup),
        )
        expect(result).toMatchObject({
          described: 'all certificates of the group Staff',
          matched: 6,
          affected: 4,
          statuses: { valid: 3, held: 1 },
          skipped: { already_revoked: 1, expired: 1 },
          confirm: 'Staff',
        })
        expect(result.samples).toHaveLength(4)
        expect(await portal.bulkRevocations.preview(operator, 'hold', ofGroup)).toMatchObject({
          affected: 3,
          skipped: { already_revoked: 1, expired: 1, on_hold: 1 },
        })
        expect(await portal.bulkRevocations.preview(operator, 'release', ofGroup)).toMatchObject({ affected: 1 })
        expect(trail).toEqual([])
      })

      test('each is revoked once, with an event of its own, and two for the whole', async () => {
        const ids = await enrolled(5)
        const { result: bulk, trail: begun } = await portal.trailOf(() =>
          portal.bulkRevocations.confirm(operator, request({ expect: 5, confirmation: ' Staff ', comment: 'closed' })),
        )
        expect(bulk).toMatchObject({ state: 'running', total: 5, done: 0, requestedBy: 'Ada Admin' })
        expect(begun.map(({ type }) => type)).toEqual(['certificate.bulk_revoke.started'])
        portal.pokes.length = 0
        const { trail } = await portal.trailOf(() => portal.bulkRevocations.advance())
        expect(trail.map(({ type }) => type)).toEqual([
          ...Array<string>(5).fill('certificate.revoked'),
          'certificate.bulk_revoke.finished',
        ])
        expect(new Set(trail.slice(0, 5).map(({ objectId }) => objectId))).toEqual(new Set(ids))
        expect(portal.pokes.length).toBeGreaterThan(0)
        expect(await statusesOf(ids)).toEqual(ids.map(() => 'revoked'))
        expect(await portal.certificates.get(operator, ids[0] ?? '')).toMatchObject({
          revokedBy: 'Ada Admin',
          revocationComment: 'closed',
          revocationReason: 'cessationOfOperation',
        })
        expect(await portal.bulkRevocations.get(operator, bulk.id)).toMatchObject({
          state: 'finished',
          done: 5,
          skipped: 0,
          endedAt: NOON,
          renewed: 0,
        })
        expect(await portal.backing.crlDueSince(group.issuer.id)).not.toBeNull()
      })

      test('the selection is frozen when it is confirmed: who matches later is not hit', async () => {
        const before = await enrolled(2)
        await portal.bulkRevocations.confirm(operator, request({ expect: 2 }))
        const later = await enrolled(1, 'late')
        await portal.bulkRevocations.advance()
        expect(await statusesOf([...before, ...later])).toEqual(['revoked', 'revoked', 'valid'])
      })

      test('another number than the dry run said is refused, with nothing kept', async () => {
        await enrolled(3)
        const { result, trail } = await portal.trailOf(() =>
          portal.bulkRevocations.confirm(operator, request({ expect: 2 })).catch((error) => error),
        )
        expect(result).toMatchObject({ code: 'conflict', reason: 'selection_changed' })
        const frozen = await portal.stores.bulkRevocations.freeze(
          {
            id: crypto.randomUUID(),
            action: 'hold',
            reason: 'certificateHold',
            comment: null,
            invalidityDate: null,
            selection: ofGroup,
            described: 'all',
            requestedBy: operator,
            state: 'running',
            skippedBefore: {},
            createdAt: NOON,
            startsAt: NOON,
          },
          ['valid'],
          2,
          { now: NOON, expiringBefore: inDays(30) },
          [],
        )
        expect(frozen).toEqual({ frozen: false, found: 3 })
        expect((await portal.bulkRevocations.list(operator, {})).items).toEqual([])
        expect(trail).toEqual([])
      })

      test.each([
        ['a wrong name', { confirmation: 'Stuff' }, 'not_confirmed'],
        ['a number instead of the name', { confirmation: '2' }, 'not_confirmed'],
        ['nothing typed', { confirmation: '' }, 'not_confirmed'],
        ['a time gone by', { startsAt: inDays(-1) }, 'invalid_start'],
        ['a hold called revocation', { reason: 'certificateHold' as const }, 'invalid_reason'],
        ['a compromise date for another reason', { invalidityDate: inDays(-1) }, 'invalid_invalidity_date'],
        [
          'a compromise date that no list could say',
          { reason: 'keyCompromise' as const, invalidityDate: new Date('0949-01-01T00:00:00Z') },
          'invalid_invalidity_date',
        ],
        ['a group that there is not', { selection: { filter: { group: 'nobody' } } }, 'group_unknown'],
        [
          'a certificate that there is not',
          { selection: { certificates: [crypto.randomUUID()] } },
          'certificate_unknown',
        ],
        ['a character that no name has', { selection: { filter: { subject: 'CN=a\0' } } }, 'invalid_filter'],
        ['no certificate', { selection: { certificates: [] } }, 'invalid_selection'],
      ])('is refused with %s', async (_, more, reason) => {
        const ids = await enrolled(2)
        await expect(portal.bulkRevocations.confirm(operator, request({ expect: 2, ...more }))).rejects.toMatchObject({
          reason,
        })
        expect(await statusesOf(ids)).toEqual(['valid', 'valid'])
      })

      test('ticked ones are confirmed by their number, as people write it', async () => {
        const [first = '', second = ''] = await enrolled(3)
        const selection = { certificates: [first, second] }
        const seen = await portal.bulkRevocations.preview(operator, 'hold', selection)
        expect(seen).toMatchObject({ confirm: '2', affected: 2, described: '2 ticked certificates' })
        await portal.bulkRevocations.confirm(operator, {
          selection,
          action: 'hold',
          expect: 2,
          confirmation: '2',
        })
        await portal.bulkRevocations.advance()
        expect(await statusesOf([first, second])).toEqual(['held', 'held'])
      })

      test('held ones are released as one', async () => {
        const ids = await enrolled(3)
        for (const id of ids) await portal.certificates.revoke(operator, id, { reason: 'certificateHold' })
        await portal.bulkRevocations.confirm(operator, {
          selection: ofGroup,
          action: 'release',
          expect: 3,
          confirmation: null,
        })
        await portal.bulkRevocations.advance()
        expect(await statusesOf(ids)).toEqual(['valid', 'valid', 'valid'])
        expect(await countOf('certificate.hold_released')).toBe(3)
      })

      test('a hold that is set after the release was confirmed is not the one that was meant', async () => {
        const [anew = '', still = ''] = await enrolled(2)
        for (const id of [anew, still]) await portal.certificates.revoke(operator, id, { reason: 'certificateHold' })
        const { id } = await portal.bulkRevocations.confirm(operator, {
          selection: ofGroup,
          action: 'release',
          startsAt: inDays(1),
          expect: 2,
          confirmation: null,
        })
        await portal.certificates.release(operator, anew, {})
        portal.time.now = new Date(NOON.getTime() + 1)
        await portal.certificates.revoke(operator, anew, { reason: 'certificateHold', comment: 'Stolen' })
        portal.time.now = inDays(2)
        await portal.bulkRevocations.advance()
        expect(await statusesOf([anew, still])).toEqual(['held', 'valid'])
        const { items } = await portal.bulkRevocations.items(operator, id, { outcome: 'skipped' }, {})
        expect(items).toMatchObject([{ certificate: { id: anew }, why: 'on_hold' }])
      })

      test('what ended or was revoked meanwhile is skipped, and says why', async () => {
        const [revoked = '', ended = '', left = ''] = await enrolled(3)
        const { id } = await portal.bulkRevocations.confirm(operator, request({ expect: 3 }))
        await portal.certificates.revoke(operator, revoked, { reason: 'keyCompromise' })
        await portal.backing.setNotAfter(ended, inDays(-1))
        await portal.bulkRevocations.advance()
        expect(await portal.bulkRevocations.get(operator, id)).toMatchObject({ done: 1, skipped: 2, state: 'finished' })
        const { items } = await portal.bulkRevocations.items(operator, id, { outcome: 'skipped' }, {})
        expect(new Map(items.map(({ certificate, why }) => [certificate.id, why]))).toEqual(
          new Map([
            [revoked, 'already_revoked'],
            [ended, 'expired'],
          ]),
        )
        expect(await portal.certificates.get(operator, revoked)).toMatchObject({ revocationReason: 'keyCompromise' })
        expect((await portal.bulkRevocations.items(operator, id, { outcome: 'done' }, {})).items).toMatchObject([
          { certificate: { id: left }, why: null, at: NOON },
        ])
      })

      test('the list of what happened comes in pages', async () => {
        await enrolled(5)
        const { id } = await portal.bulkRevocations.confirm(operator, request({ expect: 5 }))
        const seen: string[] = []
        for (let cursor: string | undefined; ; ) {
          const page = await portal.bulkRevocations.items(operator, id, {}, { limit: 2, ...(cursor ? { cursor } : {}) })
          seen.push(...page.items.map(({ certificate }) => certificate.id))
          if (page.nextCursor === null) break
          cursor = page.nextCursor
        }
        expect(new Set(seen).size).toBe(5)
        expect(seen).toHaveLength(5)
      })
    })

    describe('renewed in the middle', () => {
      const renew = async (id: string) => {
        const device = newDevice('tablet-0')
        const { proof } = await portal.reserve(group.endpoint.id, device)
        const renewal = EnrolmentProof.ofReservedChallenge({
          ...proof,
          renews: { certificateId: id, lineageId: id },
        })
        return portal.issuance.issueLeaf({ actor: deviceActor(), proof: renewal, csr: device.csr })
      }

      test('the one that was selected ends, its successor does not, and the result names it', async () => {
        const [id = ''] = await enrolled(2)
        const bulk = await portal.bulkRevocations.confirm(operator, request({ expect: 2, startsAt: inDays(1) }))
        const successor = await renew(id)
        portal.time.now = inDays(1)
        await portal.bulkRevocations.advance()
        expect(await statusesOf([id, successor.id])).toEqual(['revoked', 'valid'])
        expect(await portal.bulkRevocations.get(operator, bulk.id)).toMatchObject({ done: 2, renewed: 1 })
        const { items } = await portal.bulkRevocations.items(operator, bulk.id, {}, {})
        expect(items.find(({ certificate }) => certificate.id === id)?.renewedBy).toEqual({
          id: successor.id,
          serial: successor.serial,
        })
        await portal.certificates.revoke(operator, successor.id, { reason: 'superseded' })
        expect(await portal.bulkRevocations.get(operator, bulk.id)).toMatchObject({ renewed: 0 })
      })

      test('what is revoked meanwhile renews no more', async () => {
        const [id = ''] = await enrolled(1)
        await portal.bulkRevocations.confirm(operator, request({ expect: 1 }))
        const outcomes = await Promise.allSettled([portal.bulkRevocations.advance(), renew(id)])
        expect(await statusesOf([id])).toEqual(['revoked'])
        const [bulk] = (await portal.bulkRevocations.list(operator, {})).items
        const { renewed } = await portal.bulkRevocations.get(operator, bulk?.id ?? '')
        expect(renewed).toBe(outcomes[1].status === 'fulfilled' ? 1 : 0)
      })
    })

    describe('stopped, scheduled, taken over', () => {
      /** One batch of two, as if the process had ended there. */
      const oneBatch = async (id: string) => {
        const store = portal.stores.bulkRevocations
        const only: typeof store = {
          ...store,
          work: async (...given) => {
            const outcome = await store.work(...given)
            if (outcome === 'more') throw new Error('cut off')
            return outcome
          },
        }
        const cut = createBulkRevocations({ store: only, clock: () => portal.time.now, batch: 2 })
        await expect(cut.advance()).rejects.toThrow('cut off')
        return portal.bulkRevocations.get(operator, id)
      }

      test('another process goes on where one was cut off, and none is done twice', async () => {
        const ids = await enrolled(5)
        const { id } = await portal.bulkRevocations.confirm(operator, request({ expect: 5 }))
        expect(await oneBatch(id)).toMatchObject({ state: 'running', done: 2 })
        await portal.bulkRevocations.advance()
        expect(await portal.bulkRevocations.get(operator, id)).toMatchObject({ state: 'finished', done: 5 })
        expect(await statusesOf(ids)).toEqual(ids.map(() => 'revoked'))
        expect(await countOf('certificate.revoked')).toBe(5)
        expect(await countOf('certificate.bulk_revoke.finished')).toBe(1)
      })

      test('two who work on it at once do each once', async () => {
        await enrolled(7)
        await portal.bulkRevocations.confirm(operator, request({ expect: 7 }))
        await Promise.all([portal.bulkRevocations.advance(), portal.bulkRevocations.advance()])
        expect(await countOf('certificate.revoked')).toBe(7)
        expect(await countOf('certificate.bulk_revoke.finished')).toBe(1)
      })

      test('two that share certificates both come to their end', async () => {
        const ids = await enrolled(6)
        await portal.bulkRevocations.confirm(operator, request({ expect: 6 }))
        await portal.bulkRevocations.confirm(
          operator,
          request({ selection: { certificates: ids.toReversed() }, expect: 6, reason: 'superseded' }),
        )
        await Promise.all([portal.bulkRevocations.advance(), portal.bulkRevocations.advance()])
        expect(await countOf('certificate.revoked')).toBe(6)
        const { items } = await portal.bulkRevocations.list(operator, {})
        expect(items.map(({ state, done, skipped }) => [state, done + skipped])).toEqual([
          ['finished', 6],
          ['finished', 6],
        ])
        expect(items.reduce((sum, { done }) => sum + done, 0)).toBe(6)
      })

      test('stopping leaves the rest as it is', async () => {
        const ids = await enrolled(5)
        const { id } = await portal.bulkRevocations.confirm(operator, request({ expect: 5 }))
        await oneBatch(id)
        expect(await portal.bulkRevocations.stop(operator, id)).toMatchObject({
          state: 'stopped',
          endedBy: 'Ada Admin',
        })
        await portal.bulkRevocations.advance()
        expect((await statusesOf(ids)).filter((status) => status === 'revoked')).toHaveLength(2)
        expect((await portal.bulkRevocations.items(operator, id, { outcome: 'waiting' }, {})).items).toHaveLength(3)
        await expect(portal.bulkRevocations.stop(operator, id)).rejects.toMatchObject({ reason: 'bulk_over' })
        expect(await countOf('certificate.bulk_revoke.stopped')).toBe(1)
      })

      test('a scheduled one is shown with its certificates and begins at its time', async () => {
        const [id = ''] = await enrolled(1)
        const bulk = await portal.bulkRevocations.confirm(
          operator,
          request({ selection: { certificates: [id] }, expect: 1, startsAt: inDays(2) }),
        )
        expect(bulk).toMatchObject({ state: 'scheduled', startedAt: null })
        expect((await portal.certificates.get(operator, id)).scheduled).toEqual({
          bulkId: bulk.id,
          action: 'revoke',
          startsAt: inDays(2),
        })
        portal.time.now = new Date(inDays(2).getTime() - 1)
        await portal.bulkRevocations.advance()
        expect(await statusesOf([id])).toEqual(['valid'])
        portal.time.now = inDays(2)
        await portal.bulkRevocations.advance()
        expect(await portal.certificates.get(operator, id)).toMatchObject({
          status: 'revoked',
          revokedAt: inDays(2),
          scheduled: null,
        })
        expect(await countOf('certificate.bulk_revoke.scheduled')).toBe(1)
        expect(await countOf('certificate.bulk_revoke.started')).toBe(1)
      })

      test('a scheduled one can be cancelled, and never begins then', async () => {
        const ids = await enrolled(2)
        const { id } = await portal.bulkRevocations.confirm(operator, request({ expect: 2, startsAt: inDays(1) }))
        expect(await portal.bulkRevocations.stop(operator, id)).toMatchObject({ state: 'cancelled' })
        portal.time.now = inDays(3)
        await portal.bulkRevocations.advance()
        expect(await statusesOf(ids)).toEqual(['valid', 'valid'])
        expect(await countOf('certificate.bulk_revoke.cancelled')).toBe(1)
      })
    })

    test('whoever is limited to a group works through it alone, and sees what was done within it', async () => {
      const [own = ''] = await enrolled(1)
      const guests = await portal.createGroup('Guests')
      const { id: other } = await portal.enrol(guests.endpoint.id, newDevice('guest'))
      const limited = { ...operator, groups: ['staff'] }
      const all: Selection = { filter: {} }
      const { certificates, bulkRevocations } = portal

      expect((await certificates.list(limited, {}, {})).items.map(({ id }) => id)).toEqual([own])
      expect(await certificates.counts(limited)).toMatchObject({ total: 1, valid: 1 })
      expect(await certificates.counts(operator)).toMatchObject({ total: 2, valid: 2 })
      await expect(certificates.get(limited, other)).rejects.toMatchObject({ code: 'not_found' })
      await expect(certificates.revoke(limited, other, { reason: 'superseded' })).rejects.toMatchObject({
        code: 'not_found',
      })

      expect(await bulkRevocations.preview(limited, 'revoke', all)).toMatchObject({ matched: 1, affected: 1 })
      for (const selection of [
        { certificates: [own, other] },
        { filter: { group: 'guests' } },
        { filter: { issuer: guests.issuer.slug } },
      ])
        await expect(bulkRevocations.preview(limited, 'revoke', selection)).rejects.toMatchObject({ code: 'not_found' })
      const mine = await bulkRevocations.confirm(limited, request({ selection: all, expect: 1 }))
      const theirs = await bulkRevocations.confirm(
        operator,
        request({ selection: { filter: { group: 'guests' } }, action: 'hold', expect: 1 }),
      )
      while (await bulkRevocations.advance()) {}
      expect(await statusesOf([own, other])).toEqual(['revoked', 'held'])
      expect((await bulkRevocations.list(limited, {})).items.map(({ id }) => id)).toEqual([mine.id])
      await expect(bulkRevocations.get(limited, theirs.id)).rejects.toMatchObject({ code: 'not_found' })
      expect(await bulkRevocations.get(operator, theirs.id)).toMatchObject({ state: 'finished', done: 1 })
    })

    test('who may only read neither looks ahead nor confirms nor stops', async () => {
      await enrolled(1)
      const { id } = await portal.bulkRevocations.confirm(operator, request({ expect: 1 }))
      const auditor = actor('auditor')
      for (const attempt of [
        () => portal.bulkRevocations.preview(auditor, 'revoke', ofGroup),
        () => portal.bulkRevocations.confirm(auditor, request({ expect: 1 })),
        () => portal.bulkRevocations.stop(auditor, id),
      ])
        await expect(attempt()).rejects.toMatchObject({ code: 'forbidden' })
      expect(await portal.bulkRevocations.get(auditor, id)).toMatchObject({ id })
    })
  })
}
