/** What every set of stores promises the services: run on those in memory and on Postgres. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { findExtension, parseCrlDistributionPoint } from '@/lib/pki/extension-values'
import { OID } from '@/lib/pki/oid'
import { systemActor } from '@/lib/services/actor'
import type { AuditEntry } from '@/lib/services/audit'
import { createShards } from '@/lib/services/crl-shards'
import { createEndpoints } from '@/lib/services/endpoints'
import { createGroups } from '@/lib/services/groups'
import { createIssuance } from '@/lib/services/issuance'
import type { NewCrl, StatusStore } from '@/lib/services/status'
import { createUrls } from '@/lib/services/urls'
import { actor, type Backing, DAY_MS, deviceActor, type Installation, installation, NOON, newDevice } from './harness'

const admin = actor('admin')
const job = systemActor('job', 'test')
const HOUR_MS = 3_600_000
const PUBLISHED: AuditEntry = {
  type: 'crl.published',
  outcome: 'success',
  actor: job,
  object: { type: 'crl', id: null, name: 'test' },
}

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
        const [group] = await portal.stores.groups.groups(NOON, 'staff')
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
          counts: { certificates: 0, valid: 0, revoked: 0, pendingChallenges: 0 },
        })
        expect(await portal.stores.groups.slugs()).toEqual(new Set(['root', 'staff']))
        expect(await portal.stores.groups.names()).toEqual(['Staff'])
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

    describe('CRLs', () => {
      const claim = () => {
        const { now } = portal.time
        const ago = new Date(now.getTime() - 12 * HOUR_MS)
        return portal.stores.status.claimDue({
          now,
          until: new Date(now.getTime() + 60_000),
          publishedBefore: { root: ago, issuer: ago, shard: ago },
          burst: { lists: 2, seconds: 6, entriesPerSecond: 4_000, mostSeconds: 60 },
        })
      }

      test('each claim is exclusive until it ends, and each number is used once', async () => {
        const claims = async () => [await claim(), await claim(), await claim()]
        const first = await claims()
        const scopes = first.map((due) => `${due?.authority.slug}/${due?.shard?.number ?? 'all'}`)
        expect(scopes.slice(0, 2).toSorted()).toEqual(['root/all', 'staff/all'])
        expect(scopes[2]).toBe('staff/1')
        expect(await claim()).toBeNull()
        later(60_000)
        expect((await claims()).map((due) => due?.number)).toEqual([2n, 2n, 2n])
      })

      test('a CRL is due until one was published that began after the last revocation', async () => {
        await portal.status.publishDueCrls()
        expect(await portal.backing.crlDueSince(issuerId)).toBeNull()
        const { id } = await portal.enrol(endpointId)
        await portal.certificates.revoke(admin, id, { reason: 'superseded' })
        const due = await claim()
        expect(due).toMatchObject({ authority: { id: issuerId }, number: 2n, previousThisUpdate: NOON })
        const another = await portal.enrol(endpointId)
        await portal.certificates.revoke(admin, another.id, { reason: 'superseded' })
        const crl = {
          authorityId: issuerId,
          shard: null,
          number: 2n,
          thisUpdate: NOON,
          nextUpdate: NOON,
          entries: 1,
          der: new Uint8Array([1]),
          sha256: new Uint8Array(32),
        }
        await portal.stores.status.publish(crl, due?.dueSince ?? null, [], [PUBLISHED])
        expect(await portal.backing.crlDueSince(issuerId)).not.toBeNull()
        later(10_000)
        expect(await claim()).toMatchObject({ number: 3n })
      })

      const published = (change: Partial<NewCrl> = {}): NewCrl => ({
        authorityId: issuerId,
        shard: null,
        number: 100n,
        thisUpdate: portal.time.now,
        nextUpdate: new Date(portal.time.now.getTime() + 7 * DAY_MS),
        entries: 0,
        der: new Uint8Array([1]),
        sha256: new Uint8Array(32),
        ...change,
      })
      const due = async () => {
        const lists: string[] = []
        for (let next = await claim(); next !== null; next = await claim())
          lists.push(`${next.authority.slug}/${next.shard?.number ?? 'all'}`)
        return lists
      }

      test('a shard is due when the whole list shows that its entries changed, and not otherwise', async () => {
        await portal.status.publishDueCrls()
        const publish = (number: bigint, contents: { number: number; content: string }[]) =>
          portal.stores.status.publish(published({ number }), null, contents, [PUBLISHED])
        await publish(100n, [{ number: 1, content: 'a' }])
        expect(await due()).toEqual(['staff/1'])
        later(60_000)
        await portal.stores.status.publish(published({ shard: 1 }), null, [], [PUBLISHED])
        expect(await due()).toEqual(['staff/1'])
      })

      test('what a shard became due for is done with by the list that was built for it alone', async () => {
        await portal.status.publishDueCrls()
        await portal.stores.status.publish(published(), null, [{ number: 1, content: 'a' }], [PUBLISHED])
        const first = await claim()
        expect(first).toMatchObject({ shard: { number: 1, url: 'http://pki.example.com/crl/staff/1.crl' }, number: 2n })
        const list = published({ shard: 1, number: 2n })
        await portal.stores.status.publish(list, first?.dueSince ?? null, [], [PUBLISHED])
        expect(await due()).toEqual([])
        await portal.stores.status.publish(
          published({ number: 101n }),
          null,
          [{ number: 1, content: 'a' }],
          [PUBLISHED],
        )
        expect(await due()).toEqual([])
        await portal.stores.status.publish(published({ number: 102n }), null, [], [PUBLISHED])
        expect(await due()).toEqual(['staff/1'])
      })

      test('two lists may follow each other at once, further ones wait some seconds, for long lists more', async () => {
        await portal.status.publishDueCrls()
        const revoke = async () => {
          const { id } = await portal.enrol(endpointId)
          await portal.certificates.revoke(admin, id, { reason: 'superseded' })
        }
        await revoke()
        expect(await portal.status.publishDueCrls()).toBe(2)
        await revoke()
        expect(await portal.status.publishDueCrls()).toBe(0)
        later(7_000)
        expect(await portal.status.publishDueCrls()).toBe(2)
        await portal.stores.status.publish(published({ number: 4n, entries: 40_000 }), null, [], [PUBLISHED])
        await revoke()
        later(10_000)
        expect((await due()).filter((list) => list === 'staff/all')).toEqual([])
        later(7_000)
        expect(await due()).toContain('staff/all')
      })

      test('lists of shards are renewed daily; one that is closed, until all of its certificates have ended', async () => {
        await portal.status.publishDueCrls()
        await portal.enrol(endpointId)
        later(60_000)
        await portal.shards.tend()
        const open = { number: 2, url: 'http://pki.example.com/crl/staff/2.crl' }
        await portal.stores.shards.open({ authorityId: issuerId, previous: 1, shard: open, at: portal.time.now })
        await portal.status.publishDueCrls()
        const shards = async () => {
          later(DAY_MS)
          const before = (await portal.backing.trail()).length
          await portal.status.publishDueCrls()
          const numbers = await Promise.all([1, 2].map(async (n) => (await portal.status.crl('staff', n))?.number))
          expect((await portal.backing.trail()).length).toBeGreaterThan(before)
          return numbers
        }
        expect(await shards()).toEqual(['2', '2'])
        later(400 * DAY_MS)
        expect(await shards()).toEqual(['3', '3'])
        expect(await shards()).toEqual(['3', '4'])
      })

      test('a full shard is followed by the next one, which new certificates name', async () => {
        const first = await portal.enrol(endpointId)
        const [before] = await portal.stores.shards.issuers()
        expect(before).toMatchObject({ slug: 'staff', lastNumber: 1, open: { number: 1, certificates: 0 } })
        later(10_000)
        await portal.shards.tend()
        expect((await portal.stores.shards.issuers())[0]?.open).toMatchObject({ number: 1, certificates: 1 })
        const request = {
          authorityId: issuerId,
          previous: 1,
          shard: { number: 2, url: 'http://pki.example.com/crl/staff/2.crl' },
          at: portal.time.now,
        }
        await Promise.all([portal.stores.shards.open(request), portal.stores.shards.open(request)])
        await portal.stores.shards.open({ ...request, shard: { number: 3, url: 'x' } })
        const second = await portal.enrol(endpointId)
        expect((await portal.stores.shards.issuers())[0]).toMatchObject({ lastNumber: 2, open: { number: 2 } })
        expect([pointOf(first.der), pointOf(second.der)]).toEqual([
          'http://pki.example.com/crl/staff/1.crl',
          'http://pki.example.com/crl/staff/2.crl',
        ])
      })

      test('an address that changed opens shards under the new one; until then certificates name the whole list', async () => {
        const moved = createUrls({ publicUrl: portal.urls.publicUrl, statusUrl: new URL('http://new.example.com') })
        const { issueLeaf } = createIssuance({ ...portal.deps, store: portal.stores.issuance, urls: moved })
        const issued = async () => {
          const device = newDevice()
          const { proof } = await portal.reserve(endpointId, device)
          return pointOf((await issueLeaf({ actor: deviceActor(), proof, csr: device.csr })).der)
        }
        expect(await issued()).toBe('http://new.example.com/crl/staff.crl')
        const shards = createShards({ store: portal.stores.shards, urls: moved, clock: () => portal.time.now })
        await shards.tend()
        await shards.tend()
        expect(await issued()).toBe('http://new.example.com/crl/staff/2.crl')
      })

      test('revoked certificates come by serial, leaves and RAs alike', async () => {
        const ra = (await portal.backing.trail()).findLast(({ type }) => type === 'certificate.issued')?.objectId ?? ''
        for (let number = 0; number < 3; number += 1) {
          const { id } = await portal.enrol(endpointId)
          await portal.certificates.revoke(admin, id, { reason: 'keyCompromise' })
        }
        const { now: at } = portal.time
        await portal.stores.certificates.revoke({
          id: ra,
          reason: 'superseded',
          comment: null,
          invalidityDate: null,
          by: 'test',
          at,
          events: [],
        })
        const revoked = async (scope: Partial<Parameters<StatusStore['revoked']>[1]>) => {
          const list: string[] = []
          const found: number[] = []
          const pages = portal.stores.status.revoked(issuerId, { shard: null, previousThisUpdate: null, ...scope })
          for await (const { count, serials, serialEnds, reasons, revokedAt } of pages) {
            const ends = [0, ...serialEnds]
            for (let i = 0; i < count; i += 1)
              list.push(
                Buffer.from(serials.slice(ends[i], ends[i + 1]))
                  .toString('hex')
                  .toUpperCase(),
              )
            found.push(...reasons)
            for (const moment of revokedAt) expect(moment).toBe(at.getTime())
          }
          return { list, reasons: found }
        }
        const { list, reasons } = await revoked({})
        expect(list).toHaveLength(4)
        expect(list).toEqual(list.toSorted())
        expect(reasons.toSorted()).toEqual([1, 1, 1, 4])
        expect((await revoked({ shard: 1 })).list).toHaveLength(3)
        expect((await revoked({ shard: 2 })).list).toEqual([])
        expect((await revoked({ previousThisUpdate: new Date(NOON.getTime() + 10_000 * DAY_MS) })).list).toEqual([])
      })

      test('the newest number is served', async () => {
        await portal.status.publishDueCrls()
        later(13 * HOUR_MS)
        await portal.status.publishDueCrls()
        expect(await portal.status.crl('staff')).toMatchObject({ number: '2', thisUpdate: portal.time.now })
        expect((await portal.groups.get(admin, 'staff')).issuer?.crl).toMatchObject({ number: '2', entries: 0 })
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

function pointOf(der: Uint8Array): string {
  const point = findExtension(parseCertificate(der).extensions, OID.crlDistributionPoints)
  return parseCrlDistributionPoint(point?.value ?? new Uint8Array())
}
