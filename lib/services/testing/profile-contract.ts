/** What signers of configuration profiles promise, over any stores, with openssl as the device that verifies. */
import { X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openssl, scratchFiles } from '@/e2e/fixtures/openssl'
import { parseCertificate } from '@/lib/pki/certificate'
import { OID } from '@/lib/pki/oid'
import { systemActor } from '@/lib/services/actor'
import { propertyList } from '@/lib/services/property-list'
import { actor, type Backing, DAY_MS, type Installation, installation } from './harness'

const job = systemActor('job', 'test')
const profile = propertyList({ PayloadType: 'Configuration', PayloadDisplayName: 'Ä & "Ö"' })

export function profileContract(name: string, open: () => Promise<Backing>): void {
  describe(`signers of profiles, ${name}`, () => {
    let backing: Backing
    let portal: Installation
    let root: X509Certificate
    beforeEach(async () => {
      backing = await open()
      portal = installation(backing)
      root = new X509Certificate((await portal.setUp()).certificatePem)
    })
    afterEach(() => backing.close())

    const later = (ms: number) => {
      portal.time.now = new Date(portal.time.now.getTime() + ms)
    }
    const signed = async () => (await portal.profileSigners.ready())(profile)
    const current = async () => {
      const found = await portal.stores.profileSigners.current(portal.time.now)
      if (found === null) throw new Error('no signer')
      return found
    }

    test('one is made, once, and what it signs is verified by its root, content and all', async () => {
      const { result, trail } = await portal.trailOf(() => portal.profileSigners.renewEnding(job))
      expect(result).toBe(true)
      expect(trail.map(({ type }) => type)).toEqual(['key.generated', 'certificate.issue_intent', 'certificate.issued'])
      expect(await portal.profileSigners.renewEnding(job)).toBe(false)

      const der = await signed()
      const [anchor = '', cms = ''] = scratchFiles({ 'root.pem': root.toString(), 'profile.der': der })
      const at = String(Math.floor(portal.time.now.getTime() / 1000))
      const verify = ['cms', '-verify', '-inform', 'DER', '-binary', '-CAfile', anchor, '-attime', at]
      expect(openssl([...verify, '-purpose', 'smimesign', '-in', cms])).toEqual(Buffer.from(profile))
      const shown = openssl(['cms', '-cmsout', '-print', '-inform', 'DER', '-in', cms]).toString()
      for (const attribute of ['contentType', 'signingTime', 'messageDigest']) expect(shown).toContain(attribute)
      expect(shown).toContain('sha256')

      const spoilt = Buffer.from(der)
      const place = spoilt.indexOf('Configuration')
      spoilt.write('C0nfiguration', place)
      const [bad = ''] = scratchFiles({ 'spoilt.der': spoilt })
      expect(() => openssl([...verify, '-purpose', 'smimesign', '-in', bad])).toThrow()
    })

    test('its certificate is under the root, for mail and signatures, and says where to ask', async () => {
      await portal.profileSigners.renewEnding(job)
      const info = parseCertificate((await current()).certificateDer)
      expect(info).toMatchObject({
        isCa: false,
        keyUsage: ['digitalSignature'],
        extendedKeyUsage: [OID.emailProtection],
      })
      expect(info.subject.map(({ value }) => value)).toEqual(['Example Profiles', 'Example'])
      expect(new X509Certificate(info.der).verify(root.publicKey)).toBe(true)
    })

    test('it is renewed at half its life, and the one before stays good for what it signed', async () => {
      await portal.profileSigners.renewEnding(job)
      const { keyId } = await current()
      later(360 * DAY_MS)
      expect(await portal.profileSigners.renewEnding(job)).toBe(false)
      later(10 * DAY_MS)
      expect(await portal.profileSigners.renewEnding(job)).toBe(true)
      expect((await current()).keyId).not.toBe(keyId)
      expect(await portal.profileSigners.renewEnding(job)).toBe(false)
    })

    test('a revoked one signs no more, and another takes its place', async () => {
      await portal.profileSigners.renewEnding(job)
      const { certificateDer, keyId } = await current()
      const serial = parseCertificate(certificateDer).serial
      await portal.certificates.revoke(actor('admin'), serial, { reason: 'keyCompromise' })
      await expect(portal.profileSigners.ready()).rejects.toMatchObject({ reason: 'no_profile_signer' })
      expect(await portal.profileSigners.renewEnding(job)).toBe(true)
      expect((await current()).keyId).not.toBe(keyId)
    })

    test('before there is one, and past its end, nothing is signed', async () => {
      await expect(portal.profileSigners.ready()).rejects.toMatchObject({ code: 'unavailable' })
      await portal.profileSigners.renewEnding(job)
      later(800 * DAY_MS)
      await expect(portal.profileSigners.ready()).rejects.toMatchObject({ code: 'unavailable' })
    })

    test('cut off before its certificate is signed, it is completed and not made twice', async () => {
      const signCertificate = portal.signer.signCertificate
      portal.signer.signCertificate = () => Promise.reject(new Error('killed'))
      await expect(portal.profileSigners.renewEnding(job)).rejects.toThrow('killed')
      portal.signer.signCertificate = signCertificate
      expect(await portal.profileSigners.renewEnding(job)).toBe(false)
      later(31_000)
      await portal.issuance.reconcile(job)
      expect(Buffer.from(await signed()).includes(Buffer.from(profile))).toBe(true)
    })
  })
}
