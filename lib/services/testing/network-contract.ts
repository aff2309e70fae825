/** Who the network lets in, and with what: run in memory and on Postgres. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { oneLineName } from '@/lib/pki/openssl-name'
import { parseSerial } from '@/lib/pki/serial'
import type { AccessQuestion } from '@/lib/radius/rest-request'
import { createNetworkAccess, type NetworkAccess, type NetworkAccessService } from '@/lib/services/network-access'
import { createNetworkDecisions, type NetworkDecisions } from '@/lib/services/network-decisions'
import { createNetworkHistory, type NetworkHistoryService } from '@/lib/services/network-history'
import { createRadiusAuthorisation, type RadiusAuthorisation } from '@/lib/services/radius-authorisation'
import { actor, type Backing, DAY_MS, type Installation, installation } from './harness'
import type { NetworkStores } from './network-stores'

const admin = actor('admin')
const radius = actor('radius')

export function networkContract(name: string, open: () => Promise<{ backing: Backing; stores: NetworkStores }>): void {
  describe(name, () => {
    let portal: Installation
    let stores: NetworkStores
    let access: NetworkAccessService
    let decisions: NetworkDecisions
    let history: NetworkHistoryService
    let authorisation: RadiusAuthorisation
    let issuer: { id: string; subject: string; keyId: string; certificateId: string }
    let endpointId: string

    beforeEach(async () => {
      const opened = await open()
      stores = opened.stores
      portal = installation(opened.backing)
      const clock = () => portal.time.now
      access = createNetworkAccess({ store: stores.access })
      decisions = createNetworkDecisions({ store: stores.decisions, clock, log: () => {} })
      history = createNetworkHistory({ store: stores.decisions })
      authorisation = createRadiusAuthorisation({ store: stores.authorisation, decisions, clock })
      await portal.setUp()
      const group = await portal.createGroup()
      endpointId = group.endpoint.id
      const [record] = (await stores.authorisation.issuers()).filter(({ id }) => id === group.issuer.id)
      if (record === undefined) throw new Error('no issuer')
      issuer = {
        id: record.id,
        subject: oneLineName(record.subjectDer),
        keyId: Buffer.from(record.subjectKeyId).toString('hex'),
        certificateId: group.issuer.certificateId,
      }
    })
    afterEach(() => portal.backing.close())

    const asked = (serial: string, more: Partial<AccessQuestion> = {}): AccessQuestion => ({
      form: 'rlm_rest',
      serial: parseSerial(serial),
      authorityKeyId: issuer.keyId,
      issuer: null,
      ssid: 'Staff',
      networkServers: ['ap-12', '192.0.2.12'],
      station: '02-00-00-00-00-01',
      ...more,
    })
    const decide = (serial: string, more?: Partial<AccessQuestion>) => authorisation.decide(radius, asked(serial, more))
    const set = (change: Partial<NetworkAccess>) => access.update(admin, 'staff', { enabled: true, ...change })
    const later = (ms: number) => {
      portal.time.now = new Date(portal.time.now.getTime() + ms)
    }
    const enrolled = async () => {
      const { id, serial, der } = await portal.enrol(endpointId)
      return { id, serial, der }
    }

    test('a group for which nothing was set is let in nowhere', async () => {
      const { serial } = await enrolled()
      expect(await access.get(admin, 'staff')).toMatchObject({ enabled: false, vlan: null, updatedAt: null })
      expect(await decide(serial)).toEqual({ accept: false, about: 'certificate', reason: 'access_off' })
    })

    test('settings change with their event, and every one is kept', async () => {
      const wish: NetworkAccess = {
        enabled: true,
        vlan: '20',
        filterId: 'staff.in',
        class: 'staff',
        sessionTimeoutSeconds: 3_600,
        ssids: ['Staff', 'Café'],
        networkServers: ['ap-12', '10.20.0.0/16'],
        timeZone: 'Europe/Zurich',
        windows: [{ days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00' }],
      }
      const { result, trail } = await portal.trailOf(() => access.update(admin, 'staff', wish))
      expect(result).toMatchObject(wish)
      expect(trail).toMatchObject([{ type: 'network.access_changed', outcome: 'success', object: 'group' }])
      expect(await access.get(admin, 'staff')).toMatchObject({ ...wish, group: { slug: 'staff', name: 'Staff' } })
      const again = await portal.trailOf(() => access.update(admin, 'staff', { vlan: '20' }))
      expect(again.trail).toEqual([])
      expect(await access.update(admin, 'staff', { vlan: '', windows: [] })).toMatchObject({ vlan: null, windows: [] })
    })

    test('what is wrong is refused, and changes nothing', async () => {
      const { result, trail } = await portal.trailOf(() =>
        access.update(admin, 'staff', { vlan: '4095', class: '%{exec:id}' }).catch((error: unknown) => error),
      )
      expect(result).toMatchObject({
        code: 'invalid_input',
        fields: { vlan: expect.any(String), class: expect.any(String) },
      })
      expect(trail).toEqual([])
      await expect(access.update(admin, 'nobody', {})).rejects.toMatchObject({ code: 'not_found' })
      await expect(access.update(actor('operator'), 'staff', {})).rejects.toMatchObject({ code: 'forbidden' })
    })

    test('a valid certificate gets what its group is granted', async () => {
      const { serial } = await enrolled()
      await set({ vlan: '20', filterId: 'staff.in', class: 'staff', sessionTimeoutSeconds: 600 })
      const granted = { vlan: '20', filterId: 'staff.in', class: 'staff', sessionTimeoutSeconds: 600 }
      expect(await decide(serial)).toEqual({ accept: true, granted })
      expect(await decide(serial.toLowerCase())).toEqual({ accept: true, granted })
    })

    test('the issuer is found by its key, else by its name, and never by another', async () => {
      const { serial } = await enrolled()
      await set({})
      const yes = { accept: true }
      const unknown = { accept: false, reason: 'certificate_unknown' }
      expect(await decide(serial, { authorityKeyId: null, issuer: issuer.subject })).toMatchObject(yes)
      expect(await decide(serial, { authorityKeyId: null, issuer: '/CN=Other' })).toMatchObject(unknown)
      expect(await decide(serial, { authorityKeyId: null, issuer: null })).toMatchObject(unknown)
      expect(await decide(serial, { authorityKeyId: 'ab'.repeat(20), issuer: issuer.subject })).toMatchObject(unknown)
      const other = await portal.createGroup('Students')
      later(2_000)
      expect(
        await decide(serial, { authorityKeyId: null, issuer: `/CN=${other.issuer.name}/O=Example` }),
      ).toMatchObject(unknown)
    })

    test('an issuer that was made a moment ago is known', async () => {
      await decide((await enrolled()).serial)
      later(2_000)
      const group = await portal.createGroup('Students')
      const { serial, der } = await portal.enrol(group.endpoint.id)
      await access.update(admin, 'students', { enabled: true, vlan: 'students' })
      const issuerName = oneLineName(parseCertificate(der).issuerDer)
      expect(await decide(serial, { authorityKeyId: null, issuer: issuerName })).toMatchObject({
        accept: true,
        granted: { vlan: 'students' },
      })
    })

    test('serials that were never released, and certificates that are no device’s, are unknown', async () => {
      await set({})
      for (const serial of ['01', 'ff'.repeat(20)])
        expect(await decide(serial)).toMatchObject({ accept: false, reason: 'certificate_unknown' })
      const ra = await portal.groups.get(admin, 'staff')
      const pem = ra.endpoints[0]?.registrationAuthority?.certificatePem ?? ''
      const { serial } = parseCertificate(Buffer.from(pem.replace(/-----.*-----|\s/g, ''), 'base64'))
      expect(await decide(serial)).toMatchObject({ accept: false, reason: 'certificate_unknown' })
    })

    test.each([
      ['superseded', 'certificate_revoked'],
      ['certificateHold', 'certificate_held'],
    ] as const)('revoked as %s: %s, at the next question', async (reason, fault) => {
      const { id, serial } = await enrolled()
      await set({ vlan: '20' })
      expect(await decide(serial)).toMatchObject({ accept: true })
      await portal.certificates.revoke(admin, id, { reason })
      expect(await decide(serial)).toEqual({ accept: false, about: 'certificate', reason: fault })
    })

    test('nothing of an issuer is let in once the issuer is revoked', async () => {
      const { serial } = await enrolled()
      await set({})
      const { now: at } = portal.time
      const { certificateId: id } = issuer
      await portal.stores.certificates.revoke({
        id,
        reason: 'cACompromise',
        comment: null,
        invalidityDate: null,
        by: 'test',
        at,
        events: [],
      })
      expect(await decide(serial)).toEqual({ accept: false, about: 'certificate', reason: 'issuer_revoked' })
    })

    test('expired, and not yet valid', async () => {
      const { serial } = await enrolled()
      await set({})
      later(-2 * DAY_MS)
      expect(await decide(serial)).toMatchObject({ reason: 'certificate_not_yet_valid' })
      later(400 * DAY_MS)
      expect(await decide(serial)).toMatchObject({ reason: 'certificate_expired' })
    })

    test('only on these wireless networks, access points and switches', async () => {
      const { serial } = await enrolled()
      await set({ ssids: ['Staff'], networkServers: ['ap-12', '192.0.2.0/24'] })
      expect(await decide(serial)).toMatchObject({ accept: true })
      expect(await decide(serial, { networkServers: ['ap-13', '192.0.2.13'] })).toMatchObject({ accept: true })
      expect(await decide(serial, { ssid: 'Guests' })).toEqual({
        accept: false,
        about: 'place',
        reason: 'ssid_not_allowed',
      })
      expect(await decide(serial, { ssid: null })).toMatchObject({ reason: 'ssid_not_allowed' })
      expect(await decide(serial, { networkServers: ['ap-13', '198.51.100.1'] })).toMatchObject({
        about: 'place',
        reason: 'network_server_not_allowed',
      })
    })

    test('only at these hours, and no longer than they last', async () => {
      const { serial } = await enrolled()
      // Monday noon in UTC is 13:00 in Zurich.
      await set({ windows: [{ days: [1], from: '08:00', to: '14:00' }], timeZone: 'Europe/Zurich' })
      expect(await decide(serial)).toMatchObject({ accept: true, granted: { sessionTimeoutSeconds: 3_600 } })
      await set({ sessionTimeoutSeconds: 600 })
      expect(await decide(serial)).toMatchObject({ accept: true, granted: { sessionTimeoutSeconds: 600 } })
      later(3_600_000)
      expect(await decide(serial)).toEqual({ accept: false, about: 'place', reason: 'outside_hours' })
    })

    test('a session ends with the certificate at the latest', async () => {
      const { serial, der } = await enrolled()
      await set({ sessionTimeoutSeconds: 600 })
      portal.time.now = new Date(parseCertificate(der).notAfter.getTime() - 90_000)
      expect(await decide(serial)).toMatchObject({ accept: true, granted: { sessionTimeoutSeconds: 90 } })
    })

    test.each(['admin', 'operator', 'auditor'] as const)('the role %s may not ask', async (role) => {
      const { serial } = await enrolled()
      await expect(authorisation.decide(actor(role), asked(serial))).rejects.toMatchObject({ code: 'forbidden' })
    })

    describe('what is remembered', () => {
      test('a certificate that was let in: when, where and how often, without an event', async () => {
        const { id, serial } = await enrolled()
        await set({ vlan: '20' })
        const { trail } = await portal.trailOf(async () => {
          await decide(serial)
          later(5_000)
          await decide(serial, { ssid: 'Staff-5G', networkServers: ['ap-13'] })
          await decisions.flush()
          later(5_000)
          await decide(serial, { ssid: 'Staff', networkServers: ['ap-14'] })
          await decisions.flush()
        })
        expect(trail).toEqual([])
        const seen = {
          certificate: { id, serial },
          accepted: 3,
          lastAcceptedAt: portal.time.now,
          vlan: '20',
          ssid: 'Staff',
          networkServer: 'ap-14',
          station: '02-00-00-00-00-01',
        }
        expect(await history.ofGroup(admin, 'staff')).toMatchObject({ sightings: [seen], refusals: [] })
        expect(await history.ofCertificates(admin, [id])).toMatchObject({ sightings: [seen], refusals: [] })
        expect(await history.ofCertificates(admin, [])).toEqual({ sightings: [], refusals: [] })
      })

      test('a refusal: why, once for each reason and place, and one event an hour', async () => {
        const { id, serial } = await enrolled()
        await set({ ssids: ['Staff'] })
        const first = portal.time.now
        const { trail } = await portal.trailOf(async () => {
          for (let turn = 0; turn < 5; turn++) {
            await decide(serial, { ssid: 'Guests' })
            later(60_000)
            await decisions.flush()
          }
        })
        expect(trail).toMatchObject([{ type: 'network.access_refused', outcome: 'denied', reason: 'ssid_not_allowed' }])
        const { refusals } = await history.ofGroup(admin, 'staff')
        expect(refusals).toMatchObject([
          { reason: 'ssid_not_allowed', certificate: { id }, ssid: 'Guests', count: 5, firstAt: first },
        ])
        later(3_600_000)
        const again = await portal.trailOf(async () => {
          await decide(serial, { ssid: 'Guests' })
          await decisions.flush()
        })
        expect(again.trail).toHaveLength(1)
      })

      test('a flood of serials that nobody has leaves twenty events a minute, and rows up to a bound', async () => {
        const { trail } = await portal.trailOf(async () => {
          for (let number = 0; number < 600; number++) await decide(number.toString(16).padStart(4, '0'))
          await decisions.flush()
          later(60_000)
          await decisions.flush()
        })
        expect(trail.filter(({ type }) => type === 'network.access_refused')).toHaveLength(20)
        expect(trail.filter(({ type }) => type === 'system.rate_limited')).toHaveLength(1)
        const all = await stores.decisions.refusals('staff', 1_000, {})
        expect(all).toHaveLength(501)
        expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(600)
        await stores.decisions.add([], [refusalLike(portal.time.now)], 50, [])
        expect(await stores.decisions.refusals('staff', 1_000, {})).toHaveLength(50)
      })

      test('what cannot be written is written later', async () => {
        const { id, serial } = await enrolled()
        await set({})
        const { add } = stores.decisions
        stores.decisions.add = async () => {
          throw new Error('away')
        }
        await decide(serial)
        await decisions.flush()
        stores.decisions.add = add
        await decide(serial)
        await decisions.flush()
        expect((await history.ofCertificates(admin, [id])).sightings).toMatchObject([{ accepted: 2 }])
      })

      test('text of a request is cut and made printable before it is kept', async () => {
        const { id, serial } = await enrolled()
        await set({})
        await decide(serial, { ssid: 'a\u0000b\u202ec', station: 'x'.repeat(500) })
        await decisions.flush()
        const [seen] = (await history.ofCertificates(admin, [id])).sightings
        expect(seen).toMatchObject({ ssid: 'a\ufffdb\ufffdc', station: 'x'.repeat(100) })
      })
    })
  })
}

function refusalLike(at: Date) {
  const nothing = { groupId: null, certificateId: null, serial: null, issuer: null, ssid: null, networkServer: null }
  const id = new Uint8Array(32)
  return { ...nothing, id, reason: 'access_off' as const, station: null, firstAt: at, lastAt: at, count: 1 }
}
