/** What every set of stores promises the publisher of CRLs: run on those in memory and on Postgres. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { findExtension, parseCrlDistributionPoint } from '@/lib/pki/extension-values'
import { OID } from '@/lib/pki/oid'
import { systemActor } from '@/lib/services/actor'
import type { AuditEntry } from '@/lib/services/audit'
import { createShards } from '@/lib/services/crl-shards'
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

export function crlContract(name: string, open: () => Promise<Backing>): void {
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
      await portal.stores.status.publish(published({ number: 101n }), null, [{ number: 1, content: 'a' }], [PUBLISHED])
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

    test('the lists that are published are told with their shards, and which is overdue', async () => {
      await portal.status.publishDueCrls()
      const lists = async () =>
        (await portal.crlLists.list(admin)).map(({ authority, shard, url, crl, overdue, open }) => ({
          list: `${authority.slug}/${shard ?? 'all'}`,
          url,
          number: crl?.number,
          entries: crl?.entries,
          overdue,
          open,
        }))
      const fresh = { number: '1', entries: 0, overdue: false, open: false }
      const url = (path: string) => `http://pki.example.com/crl/${path}.crl`
      expect(await lists()).toEqual([
        { ...fresh, list: 'root/all', url: url('root') },
        { ...fresh, list: 'staff/all', url: url('staff') },
        { ...fresh, list: 'staff/1', url: url('staff/1'), open: true },
      ])
      const overdue = async () => (await lists()).filter((each) => each.overdue).map(({ list }) => list)
      later(3.5 * DAY_MS - 1_000)
      expect(await overdue()).toEqual([])
      later(1_000)
      expect(await overdue()).toEqual(['staff/all', 'staff/1'])
      later(90 * DAY_MS)
      expect(await overdue()).toEqual(['root/all', 'staff/all', 'staff/1'])
      await portal.status.publishDueCrls()
      expect(await overdue()).toEqual([])
      const size = (await portal.crlLists.list(admin)).map(({ crl }) => crl?.size ?? 0)
      for (const octets of size) expect(octets).toBeGreaterThan(200)
    })
  })
}

function pointOf(der: Uint8Array): string {
  const point = findExtension(parseCertificate(der).extensions, OID.crlDistributionPoints)
  return parseCrlDistributionPoint(point?.value ?? new Uint8Array())
}
