/** What the past of certificates promises: the same of the store in memory and of Postgres. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AsOfService, type AsOfStore, createAsOf } from '@/lib/services/as-of'
import { actor, type Backing, DAY_MS, type Installation, installation, newDevice } from './harness'

const HOUR_MS = 3_600_000
const auditor = { ...actor('auditor'), name: 'Alma Auditor' }
const admin = actor('admin')

export function asOfContract(name: string, open: () => Promise<{ backing: Backing; store: AsOfStore }>): void {
  describe(name, () => {
    let portal: Installation
    let asOf: AsOfService
    // Ten days up to now: the database says itself when a hold ended.
    const begin = Date.now() - 10 * DAY_MS
    const day = (number: number, hours = 0) => new Date(begin + number * DAY_MS + hours * HOUR_MS)
    const on = (number: number) => day(number, 1).toISOString()

    beforeAll(async () => {
      const { backing, store } = await open()
      portal = installation(backing)
      portal.time.now = day(0)
      asOf = createAsOf({ store, clock: () => portal.time.now })
      await portal.setUp()
      const { id: staff } = (await portal.createGroup('Staff')).endpoint
      const lab = await portal.createGroup('Lab')
      await portal.groups.updateEndpoint(admin, 'staff', { profile: { validityDays: 5 } })
      await portal.enrol(staff, newDevice('short'))

      portal.time.now = day(1)
      await portal.groups.updateEndpoint(admin, 'staff', { profile: { validityDays: 365 } })
      const paused = await portal.enrol(staff, newDevice('paused'))
      const stolen = await portal.enrol(staff, newDevice('stolen'))
      await portal.enrol(lab.endpoint.id, newDevice('microscope'))

      portal.time.now = day(2)
      await portal.certificates.revoke(admin, paused.id, { reason: 'certificateHold' })
      await portal.backing.revokeAuthority(lab.issuer.id, day(2))
      portal.time.now = day(3)
      await portal.certificates.revoke(admin, stolen.id, { reason: 'keyCompromise' })
      portal.time.now = day(4)
      const suspect = await portal.enrol(staff, newDevice('suspect'))
      portal.time.now = day(5)
      await portal.certificates.revoke(admin, suspect.id, { reason: 'certificateHold' })
      portal.time.now = day(10)
      await portal.certificates.release(admin, paused.id, {})
      portal.time.now = new Date(Date.now() + HOUR_MS)
    })
    afterAll(() => portal.backing.close())

    const namesOn = async (moment: string, filter = {}) =>
      (await asOf.list(auditor, moment, filter, {})).items.map(({ commonName }) => commonName).sort()
    const now = () => portal.time.now.toISOString()

    test('a certificate counts from its issuance to its end, its revocation or that of its issuer, and not on hold', async () => {
      expect(await namesOn(day(-1).toISOString())).toEqual([])
      expect(await namesOn(on(0))).toEqual(['short'])
      expect(await namesOn(on(1))).toEqual(['microscope', 'paused', 'short', 'stolen'])
      expect(await namesOn(on(2))).toEqual(['short', 'stolen'])
      expect(await namesOn(on(3))).toEqual(['short'])
      expect(await namesOn(on(4))).toEqual(['short', 'suspect'])
      expect(await namesOn(on(6))).toEqual([])
      expect(await namesOn(now())).toEqual(['paused'])
    })

    test('by group and by issuer, and page by page', async () => {
      expect(await namesOn(on(1), { group: 'lab' })).toEqual(['microscope'])
      expect(await namesOn(on(1), { issuer: 'staff' })).toEqual(['paused', 'short', 'stolen'])
      expect(await namesOn(on(1), { endpoint: 'nowhere' })).toEqual([])
      const seen: (string | null)[] = []
      let cursor: string | null = null
      do {
        const page: Awaited<ReturnType<AsOfService['list']>> = await asOf.list(
          auditor,
          on(1),
          {},
          { limit: 1, ...(cursor === null ? {} : { cursor }) },
        )
        seen.push(...page.items.map(({ commonName }) => commonName))
        cursor = page.nextCursor
      } while (cursor !== null)
      expect(seen).toHaveLength(4)
      expect(seen.toSorted()).toEqual(['microscope', 'paused', 'short', 'stolen'])
    })

    test('counts say under which version of which policy, and add up to the list', async () => {
      const { total, counts } = await asOf.counts(auditor, on(1), {})
      expect(total).toBe(4)
      expect(
        counts.map((row) => [
          row.group?.slug,
          row.issuer.slug,
          row.endpoint?.slug,
          row.policyVersion,
          row.certificates,
        ]),
      ).toEqual(
        expect.arrayContaining([
          ['staff', 'staff', 'staff', 3, 2],
          ['staff', 'staff', 'staff', 2, 1],
          ['lab', 'lab', 'lab', 1, 1],
        ]),
      )
      expect((await asOf.counts(auditor, on(6), {})).counts).toEqual([])
    })

    test('two moments are compared: what came and what is gone, and why', async () => {
      expect((await asOf.compare(auditor, { from: on(1), to: on(4) }, {})).groups).toEqual([
        {
          group: { slug: 'lab', name: 'Lab' },
          before: 1,
          after: 0,
          came: { issued: 0, renewed: 0, released: 0 },
          gone: { expired: 0, revoked: 0, held: 0, issuer_revoked: 1 },
        },
        {
          group: { slug: 'staff', name: 'Staff' },
          before: 3,
          after: 2,
          came: { issued: 1, renewed: 0, released: 0 },
          gone: { expired: 0, revoked: 1, held: 1, issuer_revoked: 0 },
        },
      ])
      const { groups } = await asOf.compare(auditor, { from: on(2), to: now() }, { group: 'staff' })
      expect(groups).toMatchObject([
        { before: 2, after: 1, came: { issued: 0, released: 1 }, gone: { expired: 1, revoked: 1, held: 0 } },
      ])
      expect((await asOf.compare(auditor, { from: on(4), to: on(6) }, {})).groups).toMatchObject([
        { before: 2, after: 0, gone: { expired: 1, held: 1 } },
      ])
    })

    test('the certificates of each side are listed with their cause', async () => {
      const causes = async (side: 'came' | 'gone', from: string, to: string) => {
        const { items } = await asOf.changes(auditor, { from, to, side }, {}, {})
        return items.map(({ commonName, cause }) => `${commonName} ${cause}`).sort()
      }
      expect(await causes('gone', on(1), on(4))).toEqual(['microscope issuer_revoked', 'paused held', 'stolen revoked'])
      expect(await causes('came', on(1), on(4))).toEqual(['suspect issued'])
      expect(await causes('came', on(2), now())).toEqual(['paused released'])
      expect(await causes('gone', on(4), on(6))).toEqual(['short expired', 'suspect held'])
    })

    test('an authority that came between the two is named', async () => {
      const { authorities } = await asOf.compare(auditor, { from: day(-1).toISOString(), to: on(1) }, {})
      expect(authorities.map(({ authority, what }) => `${authority.slug} ${what}`)).toEqual(
        expect.arrayContaining(['staff created', 'lab created']),
      )
    })
  })
}
