/** What every set of stores promises the services: run on those in memory and on Postgres. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemActor } from '@/lib/services/actor'
import { createEndpoints } from '@/lib/services/endpoints'
import { createGroups } from '@/lib/services/groups'
import { actor, type Backing, DAY_MS, type Installation, installation, newDevice } from './harness'

const admin = actor('admin')
const job = systemActor('job', 'test')

export function storeContract(name: string, open: () => Promise<Backing>): void {
  describe(name, () => {
    let portal: Installation
    let endpointId: string
    let issuerId: string

    beforeEach(async () => {
      portal = installation(await open())
      await portal.setUp()
      const group = await portal.createGroup()
      endpointId = group.endpoint.id
      issuerId = group.issuer.id
    })

    afterEach(() => portal.backing.close())

    const later = (ms: number) => {
      portal.time.now = new Date(portal.time.now.getTime() + ms)
    }

    describe('authorities and groups', () => {
      test('there is one root, whoever asks', async () => {
        const { result, trail } = await portal.trailOf(() =>
          portal.authorities.createRoot(job, { organisation: 'Other', key: 'p384' }),
        )
        expect(result.name).toBe('Example Root CA')
        expect(trail).toEqual([])
      })

      test('a group is read back as it was planned', async () => {
        const [group] = await portal.stores.groups.groups('staff')
        expect(group).toMatchObject({
          name: 'Staff',
          issuer: {
            id: issuerId,
            kind: 'issuer',
            slug: 'staff',
            keyAlgorithm: 'p256',
            notAfter: new Date('2036-11-23T12:00:00Z'),
            crl: null,
          },
          endpoints: [
            {
              id: endpointId,
              slug: 'staff',
              policy: 'dynamic',
              protocol: 'scep',
              enabled: true,
              challengeTtlMinutes: 60,
            },
          ],
        })
        expect(await portal.stores.groups.slugs()).toEqual(new Set(['root', 'staff']))
        expect(await portal.stores.groups.names()).toEqual([{ slug: 'staff', name: 'Staff' }])
        expect((await portal.stores.groups.authorities()).map(({ slug }) => slug)).toEqual(['root', 'staff'])
      })

      test('of two groups with one name the second leaves nothing behind', async () => {
        const { groups } = portal.stores
        // As a second instance that had looked before the first group was there.
        const late = createGroups({ ...portal.deps, store: { ...groups, names: async () => [] } })
        const { result, trail } = await portal.trailOf(() =>
          late.create(admin, { name: 'STAFF', issuerKey: 'p256' }).catch((error: unknown) => error),
        )
        expect(result).toMatchObject({ code: 'conflict', reason: 'name_taken' })
        expect(trail).toEqual([])
      })

      test('settings of an endpoint change with their event', async () => {
        const { result, trail } = await portal.trailOf(() =>
          portal.groups.updateEndpoint(admin, 'staff', { enabled: false, challengeTtlMinutes: 30 }),
        )
        expect(result).toMatchObject({ enabled: false, challengeTtlMinutes: 30, includeRoot: true })
        expect(trail).toMatchObject([{ type: 'endpoint.updated', objectId: endpointId }])
        expect(await portal.stores.issuance.issuingEndpoint(endpointId)).toBeNull()
      })

      test('every setting is kept, of the endpoint and of its profile', async () => {
        const change = {
          name: 'Everything',
          policy: 'static',
          challengeTtlMinutes: 5,
          includeRoot: false,
          allowSha1: false,
          allow3des: false,
          allowDes: true,
          caCertificates: 'single',
          replyCertificates: 'leaf_issuer',
          signerKeyPolicy: 'must_match_csr',
          trustedProxySigners: ['ab'.repeat(32)],
          renewal: false,
          renewalByPkcsReq: false,
          renewalWindowDays: 9,
          renewalChallenge: 'required',
          supersedeAfterHours: 0,
          challengeFormat: 'base62',
          revokeOnSecondKey: true,
          approvalsRequired: 2,
          pendingTtlHours: 1,
          approveWrongChallenge: true,
          profile: {
            validityDays: 90,
            backdateMinutes: 1_440,
            minRsaBits: 3072,
            ellipticCurves: ['P-521'],
            extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'],
          },
        } as const
        const wish = {
          ...change,
          trustedProxySigners: [...change.trustedProxySigners],
          profile: {
            ...change.profile,
            ellipticCurves: [...change.profile.ellipticCurves],
            extendedKeyUsage: [...change.profile.extendedKeyUsage],
          },
        }
        await portal.groups.updateEndpoint(admin, 'staff', wish)
        expect(await portal.groups.getEndpoint(admin, 'staff')).toMatchObject(wish)
        await portal.groups.updateEndpoint(admin, 'staff', { renewalWindowDays: null, supersedeAfterHours: null })
        expect(await portal.groups.getEndpoint(admin, 'staff')).toMatchObject({
          ...wish,
          renewalWindowDays: null,
          supersedeAfterHours: null,
        })
      })

      test('a certificate says for ever under which version of the policy it was issued', async () => {
        const policyOf = async (id: string) => (await portal.certificates.get(admin, id)).policyVersion
        const first = await portal.enrol(endpointId)
        await portal.groups.updateEndpoint(admin, 'staff', { profile: { validityDays: 30 } })
        await portal.groups.updateEndpoint(admin, 'staff', { profile: { validityDays: 30 } }) // nothing changes
        const second = await portal.enrol(endpointId)
        await portal.groups.updateEndpoint(admin, 'staff', { challengeTtlMinutes: 5 })
        const third = await portal.enrol(endpointId)
        expect([await policyOf(first.id), await policyOf(second.id), await policyOf(third.id)]).toEqual([1, 2, 3])
      })

      test('a validator that does not exist is refused, with no change and no event', async () => {
        const { result, trail } = await portal.trailOf(() =>
          portal.groups
            .updateEndpoint(admin, 'staff', { validatorId: crypto.randomUUID(), allowSha1: false })
            .catch((error: unknown) => error),
        )
        expect(result).toMatchObject({ code: 'invalid_input', reason: 'validator_unknown' })
        expect(trail).toEqual([])
        expect(await portal.groups.getEndpoint(admin, 'staff')).toMatchObject({ allowSha1: true })
      })

      test('a second endpoint of the group issues beside the first, and a copy has its settings', async () => {
        const second = await portal.endpoints.create(admin, {
          group: 'staff',
          name: 'Lab',
          allowDes: true,
          profile: { validityDays: 3 },
        })
        expect(second.registrationAuthority).not.toBeNull()
        await portal.enrol(second.id)
        const copy = await portal.endpoints.copy(admin, second.slug, { slug: 'lab-copy' })
        expect(copy).toMatchObject({ slug: 'lab-copy', allowDes: true, profile: { validityDays: 3 } })
        expect((await portal.groups.get(admin, 'staff')).endpoints.map(({ slug }) => slug)).toEqual([
          'staff',
          'staff-lab',
          'lab-copy',
        ])
      })

      test('of two endpoints with one slug the second leaves nothing behind', async () => {
        const late = createEndpoints({
          ...portal.deps,
          store: { ...portal.stores.groups, slugs: async () => new Set() },
        })
        const { result, trail } = await portal.trailOf(() =>
          late.create(admin, { group: 'staff', name: 'Twice', slug: 'staff' }).catch((error: unknown) => error),
        )
        expect(result).toMatchObject({ code: 'conflict', reason: 'slug_taken' })
        expect(trail).toEqual([])
        expect((await portal.groups.get(admin, 'staff')).endpoints).toHaveLength(1)
      })
    })

    describe('certificates', () => {
      test('are listed newest first, page by page, without gaps or repeats', async () => {
        const issued: string[] = []
        for (let number = 0; number < 5; number += 1) {
          if (number % 2 === 0) later(1_000) // two share a moment
          issued.push((await portal.enrol(endpointId, newDevice(`tablet-${number}`))).id)
        }
        const seen: string[] = []
        const times: number[] = []
        let cursor: string | null = null
        do {
          const page: Awaited<ReturnType<typeof portal.certificates.list>> = await portal.certificates.list(
            admin,
            {},
            { limit: 2, ...(cursor ? { cursor } : {}) },
          )
          seen.push(...page.items.map(({ id }) => id))
          times.push(...page.items.map(({ issuedAt }) => issuedAt.getTime()))
          cursor = page.nextCursor
        } while (cursor)
        expect(new Set(seen)).toEqual(new Set(issued))
        expect(seen).toHaveLength(5)
        expect(times).toEqual([...times].sort((a, b) => b - a))
      })

      test('are listed in the order of any column, both ways, and counted', async () => {
        for (const name of ['b', 'd', 'a', 'c', 'e']) {
          later(1_000)
          await portal.enrol(endpointId, newDevice(name))
        }
        for (const sort of ['name', 'ends', 'issued', 'serial'] as const)
          for (const order of ['asc', 'desc'] as const) {
            const page = (cursor?: string | null) =>
              portal.certificates.list(admin, {}, { limit: 2, sort, order, ...(cursor ? { cursor } : {}) })
            const whole = (await portal.certificates.list(admin, {}, { sort, order })).items
            const names = whole.map(({ commonName }) => commonName)
            expect([...names].sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
            if (sort === 'name') expect(names[0]).toBe(order === 'asc' ? 'a' : 'e')
            if (sort === 'issued') expect(names[0]).toBe(order === 'asc' ? 'b' : 'e')
            const first = await page()
            const second = await page(first.nextCursor)
            const third = await page(second.nextCursor)
            expect([first, second, third].flatMap(({ items }) => items)).toEqual(whole)
            expect([first.previousCursor, third.nextCursor]).toEqual([null, null])
            expect((await page(third.previousCursor)).items).toEqual(second.items)
            const back = await page((await page(third.previousCursor)).previousCursor)
            expect(back).toMatchObject({ items: first.items, previousCursor: null, nextCursor: first.nextCursor })
          }
        expect(await portal.certificates.matching(admin, {})).toEqual({ count: 5, more: false })
        const all = await portal.certificates.list(admin, {}, { order: 'asc' })
        expect(await portal.certificates.matching(admin, {}, all.items[2]?.issuedAt)).toMatchObject({ more: false })
        await expect(
          portal.certificates.list(admin, {}, { sort: 'name', cursor: all.nextCursor ?? 'bm8' }),
        ).rejects.toMatchObject({ reason: 'invalid_cursor' })
      })

      test('are found by when they end and were issued', async () => {
        const { id } = await portal.enrol(endpointId, newDevice('tablet-7'))
        const { notAfter, issuedAt } = await portal.certificates.get(admin, id)
        const found = async (filter: Parameters<typeof portal.certificates.list>[1]) =>
          (await portal.certificates.matching(admin, filter)).count
        const [ends, issued] = [notAfter, issuedAt].map((at) => at.toISOString().slice(0, 10)) as [string, string]
        expect(await found({ endsFrom: ends, endsTo: ends, issuedFrom: issued, issuedTo: issued })).toBe(1)
        expect(await found({ endsFrom: notAfter.toISOString() })).toBe(1)
        expect(await found({ endsTo: notAfter.toISOString() })).toBe(0)
        expect(await found({ issuedTo: '2000-01-01' })).toBe(0)
        await expect(found({ endsTo: 'soon' })).rejects.toMatchObject({ code: 'invalid_input' })
      })

      test('are found by status, group, endpoint and search', async () => {
        const device = newDevice('Tablet 100%_A', [{ type: 'dns', value: 'seven.example.com' }])
        const { id, serial } = await portal.enrol(endpointId, device)
        const revoked = await portal.enrol(endpointId, newDevice('phone-1'))
        await portal.certificates.revoke(admin, revoked.id, { reason: 'superseded' })
        const found = async (filter: Parameters<typeof portal.certificates.list>[1]) =>
          (await portal.certificates.list(admin, filter, {})).items.map((item) => item.id)
        const { fingerprintSha256 } = await portal.certificates.get(admin, id)
        for (const search of [
          serial,
          serial.slice(0, 8).toLowerCase(),
          fingerprintSha256.toUpperCase(),
          'tablet 100%_a',
          'seven.example',
          'N=Tab',
        ]) {
          expect(await found({ search }), search).toEqual([id])
        }
        expect(await found({ search: '100_' })).toEqual([])
        expect(await found({ search: 'dns' })).toEqual([])
        expect(await found({ status: 'valid' })).toEqual([id])
        expect(await found({ status: 'revoked', group: 'staff', endpoint: 'staff' })).toEqual([revoked.id])
        expect(await found({ group: 'nobody' })).toEqual([])
        later(340 * DAY_MS)
        expect(await found({ status: 'expiring' })).toEqual([id])
        later(60 * DAY_MS)
        expect(await found({ status: 'expired' })).toEqual([id])
        expect(await found({ status: 'revoked' })).toEqual([revoked.id])
      })

      test('are counted by status', async () => {
        await portal.enrol(endpointId)
        const { id } = await portal.enrol(endpointId)
        await portal.certificates.revoke(admin, id, { reason: 'superseded' })
        const counts = {
          total: 2,
          valid: 1,
          expiring: 0,
          expired: 0,
          revoked: 1,
          last24h: 2,
          refused24h: 0,
          pendingChallenges: 0,
        }
        expect(await portal.certificates.counts(admin)).toEqual(counts)
        expect((await portal.groups.get(admin, 'staff')).counts).toEqual({
          certificates: 2,
          valid: 1,
          revoked: 1,
          pendingChallenges: 0,
        })
        later(340 * DAY_MS)
        expect(await portal.certificates.counts(admin)).toMatchObject({ valid: 0, expiring: 1, last24h: 0 })
      })

      test('tell their history, and their chain up to the root', async () => {
        const { id, challengeId, enrolmentTransactionId } = await portal.enrol(endpointId)
        await portal.certificates.revoke(admin, id, { reason: 'keyCompromise' })
        const detail = await portal.certificates.get(admin, id)
        const types = ['certificate.revoked', 'challenge.consumed', 'certificate.issued', 'certificate.issue_intent']
        expect(detail.history.map(({ type }) => type)).toEqual(types)
        expect(detail).toMatchObject({
          challenge: { id: challengeId },
          transaction: { id: enrolmentTransactionId },
          status: 'revoked',
        })
        expect(detail.chainPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(3)
      })

      test('every revocation moves the moment since when a CRL is due', async () => {
        const one = await portal.enrol(endpointId)
        const two = await portal.enrol(endpointId)
        await portal.certificates.revoke(admin, one.id, { reason: 'superseded' })
        const first = await portal.backing.crlDueSince(issuerId)
        await portal.certificates.revoke(admin, two.id, { reason: 'superseded' })
        expect((await portal.backing.crlDueSince(issuerId))?.getTime()).toBeGreaterThan(first?.getTime() ?? 0)
        await expect(portal.certificates.revoke(admin, two.id, { reason: 'keyCompromise' })).rejects.toMatchObject({
          code: 'conflict',
        })
      })
    })

    describe('registration authorities', () => {
      const raPem = async () => (await portal.groups.getEndpoint(admin, 'staff')).registrationAuthority?.certificatePem

      test('get a successor thirty days before their end, once', async () => {
        const before = await raPem()
        later(700 * DAY_MS) // of 731
        expect(await portal.registrationAuthorities.renewEnding(job)).toBe(0)
        later(2 * DAY_MS)
        const { result, trail } = await portal.trailOf(() => portal.registrationAuthorities.renewEnding(job))
        expect(result).toBe(1)
        expect(trail.map(({ type }) => type)).toEqual([
          'key.generated',
          'certificate.issue_intent',
          'certificate.issued',
        ])
        expect(await raPem()).not.toBe(before)
        expect(await portal.registrationAuthorities.renewEnding(job)).toBe(0)
      })

      test('while a successor is being made the old one answers and no second is begun', async () => {
        const before = await raPem()
        later(2 * 365 * DAY_MS - 20 * DAY_MS)
        const { signCertificate } = portal.signer
        portal.signer.signCertificate = async () => {
          throw new Error('gone')
        }
        await expect(portal.registrationAuthorities.renewEnding(job)).rejects.toMatchObject({ code: 'unavailable' })
        expect(await raPem()).toBe(before)
        expect(await portal.registrationAuthorities.renewEnding(job)).toBe(0)
        portal.signer.signCertificate = signCertificate
        later(31_000)
        await portal.issuance.reconcile(job)
        expect(await raPem()).not.toBe(before)
      })

      test('near the end of the issuer no successor is made that would not last longer', async () => {
        later(10 * 365 * DAY_MS - 40 * DAY_MS)
        expect(await portal.registrationAuthorities.renewEnding(job)).toBe(1)
        later(20 * DAY_MS)
        expect(await portal.registrationAuthorities.renewEnding(job)).toBe(0)
      })
    })
  })
}
