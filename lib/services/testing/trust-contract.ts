/** What every store of trust pages promises: run on the one in memory and on Postgres. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { actor, type Backing, DAY_MS, type Installation, installation, NOON } from './harness'

export function trustContract(name: string, open: () => Promise<Backing>): void {
  describe(`trust pages ${name}`, () => {
    let portal: Installation
    let root: string
    let issuer: string
    let endpoint: string

    beforeEach(async () => {
      portal = installation(await open())
      root = (await portal.setUp()).id
      const group = await portal.createGroup()
      issuer = group.issuer.id
      endpoint = group.endpoint.id
      await portal.createGroup('Guests')
    })
    afterEach(() => portal.backing.close())

    const switchPage = (slug: string, enabled: boolean) =>
      portal.stores.trust.switchPage(slug, enabled, ({ id, name: groupName }) => ({
        type: 'group.updated',
        outcome: 'success',
        actor: actor('admin'),
        object: { type: 'group', id, name: groupName },
      }))

    test('show the root and the group’s own issuers, while they are on', async () => {
      const { trust } = portal.stores
      expect((await trust.shown()).sort()).toEqual(['guests', 'staff'])
      const records = (await trust.authorities('staff')) ?? []
      expect(new Map(records.map(({ id, kind, status }) => [id, [kind, status]]))).toEqual(
        new Map([
          [root, ['root', 'active']],
          [issuer, ['issuer', 'active']],
        ]),
      )
      for (const { certificateDer } of records) expect(certificateDer.length).toBeGreaterThan(300)
      expect(await trust.authorities('nobody')).toBeNull()
    })

    test('are switched by one caller of two, with one event', async () => {
      const { trust } = portal.stores
      const { result, trail } = await portal.trailOf(() =>
        Promise.all([switchPage('staff', false), switchPage('staff', false)]),
      )
      expect(result.sort()).toEqual(['switched', 'unchanged'])
      expect(trail).toMatchObject([{ type: 'group.updated', object: 'group' }])
      expect(await trust.setting('staff')).toBe(false)
      expect(await trust.shown()).toEqual(['guests'])
      expect(await trust.authorities('staff')).toBeNull()
      expect((await trust.pagesByAuthority()).map(({ groupSlug }) => groupSlug)).toEqual(['guests'])
      expect(await switchPage('nobody', false)).toBe('unknown')
      expect(await trust.setting('nobody')).toBeNull()
      expect(await switchPage('staff', true)).toBe('switched')
      expect(await trust.pagesByAuthority()).toContainEqual({ authorityId: issuer, groupSlug: 'staff' })
    })

    test('know whose certificates devices still hold', async () => {
      const { trust } = portal.stores
      expect(await trust.stillHeld([root, issuer], NOON)).toEqual([])
      const { id } = await portal.enrol(endpoint)
      expect(await trust.stillHeld([root, issuer], NOON)).toEqual([issuer])
      expect(await trust.stillHeld([root], NOON)).toEqual([])
      expect(await trust.stillHeld([issuer], new Date(NOON.getTime() + 800 * DAY_MS))).toEqual([])
      await portal.certificates.revoke(actor('admin'), id, { reason: 'superseded' })
      expect(await trust.stillHeld([issuer], NOON)).toEqual([])
    })
  })
}
