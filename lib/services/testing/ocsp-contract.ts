/** What OCSP promises, over any stores: run on those in memory and on Postgres, with openssl as relying party. */
import { randomBytes, X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { certId, extension, judgeOcsp, ocspRequest, ocspText, type RequestOptions } from '@/e2e/fixtures/ocsp'
import { fromPem, parseCertificate } from '@/lib/pki/certificate'
import { findExtension } from '@/lib/pki/extension-values'
import type { OcspHash } from '@/lib/pki/ocsp-request'
import { OID } from '@/lib/pki/oid'
import { newSerial } from '@/lib/pki/serial'
import { systemActor } from '@/lib/services/actor'
import type { RevocationReason } from '@/lib/services/certificates'
import { actor, type Backing, DAY_MS, type Installation, installation, newDevice } from './harness'

const job = systemActor('job', 'test')
const admin = actor('admin')
const MALFORMED = '30030a0101'
const UNAUTHORIZED = '30030a0106'
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

export function ocspContract(name: string, open: () => Promise<Backing>): void {
  describe(name, () => {
    let portal: Installation
    let root: Uint8Array
    let issuer: Uint8Array
    let issuerId: string
    let rootId: string
    let endpointId: string
    let serial: string
    let certificateId: string

    beforeEach(async () => {
      portal = installation(await open())
      const made = await portal.setUp()
      const group = await portal.createGroup()
      root = fromPem(made.certificatePem)[0] as Uint8Array
      issuer = fromPem(group.issuer.certificatePem)[0] as Uint8Array
      rootId = made.id
      issuerId = group.issuer.id
      endpointId = group.endpoint.id
      const issued = await portal.enrol(endpointId)
      serial = issued.serial
      certificateId = issued.id
      await portal.ocspResponders.renewEnding(job)
      hear()
    })

    afterEach(() => portal.backing.close())

    const later = (ms: number) => {
      portal.time.now = new Date(portal.time.now.getTime() + ms)
    }
    const hear = (...changes: { authorityId: string; serial: string | null }[]) =>
      portal.ocsp.changed(changes, portal.time.now.getTime())
    const signed = () => portal.signer.used.filter((call) => call === 'signOcspResponse').length
    const ask = async (request: Uint8Array, slug: string | null = 'staff') => portal.ocsp.answer(slug, request)
    const about = (hash: OcspHash = 'sha1', about = serial) => certId({ issuer, serial: about, hash })

    async function judged(options: RequestOptions & { hash?: OcspHash; slug?: string | null; of?: string } = {}) {
      const { hash = 'sha1', slug = 'staff', of = serial } = options
      const request = ocspRequest([about(hash, of)], options)
      const { body: response } = await ask(request, slug)
      return judgeOcsp({ response, request, issuer, root, serial: of, hash, at: portal.time.now })
    }

    const revoke = (reason: RevocationReason) => portal.certificates.revoke(admin, certificateId, { reason })

    test.each(['sha1', 'sha256', 'sha384', 'sha512'] as const)(
      'openssl verifies good, asked with %s, with and without nonce',
      async (hash) => {
        expect(await judged({ hash })).toMatchObject({ verified: true, status: 'good' })
        const withNonce = await judged({ hash, nonce: randomBytes(16) })
        expect(withNonce).toMatchObject({ verified: true, status: 'good' })
        expect(withNonce.output).not.toMatch(/nonce/i)
      },
    )

    test('at the common address the request says whose certificate it is', async () => {
      expect(await judged({ slug: null })).toMatchObject({ verified: true, status: 'good' })
    })

    test('the page of a certificate shows what OCSP answers, whatever became of it or of its issuer', async () => {
      const issued = await Promise.all(
        [1, 2, 3, 4].map((number) => portal.enrol(endpointId, newDevice(`pair-${number}`))),
      )
      const [held, revoked, ended] = [issued[0]?.id ?? '', issued[1]?.id ?? '', issued[2]?.id ?? '']
      const pairs = () =>
        Promise.all(
          issued.map(async ({ id, serial: of }) => {
            const { status: page, revocationReason } = await portal.certificates.get(admin, id)
            const { verified, status, reason } = await judged({ of, nonce: randomBytes(8) })
            expect(verified).toBe(true)
            if (page === 'revoked' || page === 'held') expect(reason).toBe(revocationReason)
            return `${page}: ${status}`
          }),
        )
      await portal.backing.setNotAfter(ended, new Date(portal.time.now.getTime() - DAY_MS))
      expect(await pairs()).toEqual(['valid: good', 'valid: good', 'expired: good', 'valid: good'])
      await portal.certificates.revoke(admin, held, { reason: 'certificateHold' })
      await portal.certificates.revoke(admin, revoked, { reason: 'keyCompromise' })
      expect(await pairs()).toEqual(['held: revoked', 'revoked: revoked', 'expired: good', 'valid: good'])
      await portal.certificates.release(admin, held, {})
      expect(await pairs()).toEqual(['valid: good', 'revoked: revoked', 'expired: good', 'valid: good'])
      await portal.certificates.revoke(admin, held, { reason: 'certificateHold' })
      await portal.backing.revokeAuthority(issuerId, portal.time.now)
      expect(await pairs()).toEqual([
        'issuer_revoked: revoked',
        'revoked: revoked',
        'expired: good',
        'issuer_revoked: revoked',
      ])
    })

    test('a serial that was never issued is unknown, an issuer that is not ours unauthorized', async () => {
      expect(await judged({ of: newSerial() })).toMatchObject({ verified: true, status: 'unknown' })
      const stranger = certId({ issuer: root, serial })
      expect(hex((await ask(ocspRequest([stranger]))).body)).toBe(UNAUTHORIZED)
      expect(hex((await ask(ocspRequest([about()]), 'nobody')).body)).toBe(UNAUTHORIZED)
      const unknownHash = Buffer.from(about())
      unknownHash[unknownHash.indexOf(Buffer.from('2b0e03021a', 'hex')) + 4] = 0x1b
      expect(hex((await ask(ocspRequest([unknownHash]))).body)).toBe(UNAUTHORIZED)
    })

    test('a negative serial is unknown, and what was only meant is not good', async () => {
      const negative = Buffer.from(certId({ issuer, serial: '7F' }))
      negative[negative.length - 1] = 0x80
      const { body } = await ask(ocspRequest([negative]))
      expect(ocspText(body)).toMatch(/Cert Status: unknown/)
      const device = newDevice('tablet-8')
      const { proof } = await portal.reserve(endpointId, device)
      const killed = installation(portal.backing, { checkpoint: async () => Promise.reject(new Error('killed')) })
      await killed.issuance.issueLeaf({ actor: job, proof, csr: device.csr }).catch(() => {})
      const intent = (await portal.backing.trail()).findLast(({ type }) => type === 'certificate.issue_intent')
      const { serial: meant } = (await portal.stores.issuance.find(intent?.objectId ?? '')) ?? { serial: '' }
      expect(await judged({ of: meant })).toMatchObject({ verified: true, status: 'unknown' })
    })

    test('a revocation is in the next answer, with its time and reason', async () => {
      expect(await judged()).toMatchObject({ status: 'good' })
      later(1_500)
      await revoke('keyCompromise')
      hear({ authorityId: issuerId, serial })
      const verdict = await judged()
      expect(verdict).toMatchObject({ verified: true, status: 'revoked', reason: 'keyCompromise' })
      expect(verdict.output).toMatch(/Revocation Time: Nov 23 12:00:01 2026 GMT/)
    })

    test('an unspecified reason is left out', async () => {
      await revoke('unspecified')
      hear({ authorityId: issuerId, serial })
      expect(await judged()).toMatchObject({ verified: true, status: 'revoked', reason: undefined })
    })

    test('a hold is revoked with reason certificateHold, for five minutes', async () => {
      await revoke('certificateHold')
      hear({ authorityId: issuerId, serial })
      expect(await judged()).toMatchObject({ verified: true, status: 'revoked', reason: 'certificateHold' })
      expect(await ask(ocspRequest([about()]))).toMatchObject({
        maxAge: 150,
        nextUpdate: new Date(portal.time.now.getTime() + 300_000),
      })
    })

    test('a hold that is released is good again, a revocation never is', async () => {
      await revoke('certificateHold')
      hear({ authorityId: issuerId, serial })
      expect(await judged()).toMatchObject({ status: 'revoked', reason: 'certificateHold' })
      await portal.certificates.release(admin, certificateId, {})
      hear({ authorityId: issuerId, serial })
      expect(await judged()).toMatchObject({ verified: true, status: 'good' })
      await revoke('superseded')
      hear({ authorityId: issuerId, serial })
      await expect(portal.certificates.release(admin, certificateId, {})).rejects.toMatchObject({ code: 'conflict' })
      expect(await judged()).toMatchObject({ status: 'revoked', reason: 'superseded' })
    })

    test('without word of a change, what may have changed is looked up again after five seconds', async () => {
      expect(await judged()).toMatchObject({ status: 'good' })
      await revoke('superseded')
      later(4_900)
      expect(await judged()).toMatchObject({ status: 'good' })
      later(200)
      expect(await judged()).toMatchObject({ status: 'revoked', reason: 'superseded' })
    })

    test('what is revoked for good is answered from memory, whatever is heard', async () => {
      await revoke('superseded')
      hear({ authorityId: issuerId, serial })
      await judged()
      const before = signed()
      later(60_000)
      expect(await judged()).toMatchObject({ status: 'revoked' })
      expect(signed()).toBe(before)
    })

    test('an answer is kept for half its life, and signed ahead before that', async () => {
      const first = await ask(ocspRequest([about()]))
      expect(await ask(ocspRequest([about()]))).toEqual(first)
      expect(signed()).toBe(1)
      later(239_000)
      hear()
      expect(await ask(ocspRequest([about()]))).toEqual(first)
      expect(signed()).toBe(1)
      later(2_000)
      hear()
      // This one still gets what is kept; the next one is there already.
      expect(await ask(ocspRequest([about()]))).toEqual(first)
      await expect.poll(signed).toBe(2)
      expect(await ask(ocspRequest([about()]))).toMatchObject({ thisUpdate: portal.time.now })
    })

    test('many who ask at once wait for one signature', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => ask(ocspRequest([about()]))))
      expect(signed()).toBe(1)
      expect(new Set(answers.map(({ body }) => hex(body))).size).toBe(1)
    })

    test('nothing is kept of a look that a change overtook', async () => {
      const { ocsp: store } = portal.stores
      const status = store.status
      store.status = async (authorityId, of) => {
        const found = await status(authorityId, of)
        await revoke('superseded')
        hear({ authorityId: issuerId, serial })
        return found
      }
      await ask(ocspRequest([about()]))
      store.status = status
      expect(await judged()).toMatchObject({ status: 'revoked' })
    })

    test.each([1, 8, 16, 32, 128])(
      'a nonce of %i bytes comes back as it was, in an answer that is not kept',
      async (length) => {
        const nonce = randomBytes(length)
        const { kind, body } = await ask(ocspRequest([about()], { nonce }))
        expect(kind).toBe('single')
        expect(
          Buffer.from(body).includes(
            Buffer.from(
              extension(
                OID.ocspNonce,
                Buffer.concat([Buffer.from(length < 128 ? [4, length] : [4, 0x81, length]), nonce]),
              ),
            ),
          ),
        ).toBe(true)
        await ask(ocspRequest([about()], { nonce: randomBytes(length) }))
        expect(signed()).toBe(2)
      },
    )

    test('a nonce without its OCTET STRING comes back as it was', async () => {
      const bareNonce = randomBytes(20)
      bareNonce[0] = 0x77
      const { body } = await ask(ocspRequest([about()], { bareNonce }))
      expect(Buffer.from(body).includes(Buffer.from(extension(OID.ocspNonce, bareNonce)))).toBe(true)
    })

    test.each([
      ['an empty nonce', { nonce: new Uint8Array() }],
      ['a nonce of 129 bytes', { nonce: randomBytes(129) }],
      ['two nonces', { nonce: randomBytes(8), extensions: [extension(OID.ocspNonce, randomBytes(8))] }],
      ['an unknown critical extension', { extensions: [extension('1.2.3.4', randomBytes(8), true)] }],
      ['version 2', { version: 1 }],
    ])('%s is malformed', async (_what, options) => {
      expect(hex((await ask(ocspRequest([about()], options))).body)).toBe(MALFORMED)
    })

    test('what else is in a request is passed over', async () => {
      const options = {
        version: 0,
        extensions: [
          extension('1.2.3.4', randomBytes(8)),
          extension(OID.ocspPreferredSignatures, Buffer.from('3000', 'hex'), true),
        ],
      }
      expect(await judged(options)).toMatchObject({ verified: true, status: 'good' })
    })

    test('garbage, nothing, too much, and requests for nothing or for too many are malformed', async () => {
      const many = (count: number) => ocspRequest(Array.from({ length: count }, () => about()))
      const wrong = [
        randomBytes(60),
        new Uint8Array(),
        ocspRequest([]),
        many(21),
        randomBytes(3_000),
        Buffer.concat([ocspRequest([about()]), Buffer.of(0)]),
      ]
      for (const request of wrong) expect(hex((await ask(request)).body)).toBe(MALFORMED)
      expect(ocspText((await ask(many(20))).body).match(/Cert Status: good/g)).toHaveLength(20)
    })

    test('several certificates of one issuer in one answer; of two issuers, none', async () => {
      const other = await portal.enrol(endpointId, newDevice('tablet-9'))
      const request = ocspRequest([
        about('sha1'),
        about('sha256'),
        about('sha1', other.serial),
        about('sha1', newSerial()),
      ])
      const { body } = await ask(request, null)
      expect(ocspText(body).match(/Cert Status: \w+/g)).toEqual([
        'Cert Status: good',
        'Cert Status: good',
        'Cert Status: good',
        'Cert Status: unknown',
      ])
      const mixed = ocspRequest([about(), certId({ issuer: root, serial: parseCertificate(issuer).serial })])
      expect(hex((await ask(mixed, null)).body)).toBe(UNAUTHORIZED)
    })

    test.each(['null', 'absent'] as const)(
      'the CertID comes back byte for byte with %s parameters',
      async (parameters) => {
        const asked = certId({ issuer, serial, hash: 'sha256', parameters })
        const { body } = await ask(ocspRequest([asked]))
        expect(Buffer.from(body).includes(Buffer.from(asked))).toBe(true)
      },
    )

    test('times have no fractions, and now lies between them', async () => {
      later(777)
      const { body } = await ask(ocspRequest([about()]))
      const times = [
        ...Buffer.from(body)
          .toString('latin1')
          .matchAll(/(\d{14}Z)/g),
      ].map(([, time]) => time)
      expect(times.slice(0, 3)).toEqual(['20261123120000Z', '20261123120000Z', '20261123121000Z'])
      expect(ocspText(body)).toMatch(/Responder Id: [0-9A-F]{40}\n/)
    })

    test('an issuer is asked about at the root, for an hour', async () => {
      const of = parseCertificate(issuer).serial
      const request = ocspRequest([certId({ issuer: root, serial: of })])
      const answer = await ask(request, 'root')
      expect(answer).toMatchObject({ maxAge: 1_800 })
      expect(
        judgeOcsp({ response: answer.body, request, issuer: root, root, serial: of, at: portal.time.now }),
      ).toMatchObject({
        verified: true,
        status: 'good',
      })
    })

    test('each authority has a responder of its own, made by its own key', async () => {
      await portal.createGroup('Students')
      await portal.ocspResponders.renewEnding(job)
      const authorities = await portal.stores.ocsp.authorities(portal.time.now)
      expect(authorities).toHaveLength(3)
      const keys = new Set(authorities.map(({ responder }) => responder?.keyId))
      expect(keys.size).toBe(3)
      for (const { certificateDer, responder } of authorities) {
        const der = responder?.certificateDer ?? new Uint8Array()
        const own = new X509Certificate(der)
        expect(own.verify(new X509Certificate(certificateDer).publicKey)).toBe(true)
        const info = parseCertificate(der)
        expect(info).toMatchObject({ isCa: false, keyUsage: ['digitalSignature'], extendedKeyUsage: [OID.ocspSigning] })
        const noCheck = findExtension(info.extensions, OID.ocspNoCheck)
        expect(hex(noCheck?.value ?? new Uint8Array())).toBe('0500')
        expect(Buffer.from(der).includes(Buffer.from('300f06092b060105050730010504020500', 'hex'))).toBe(true)
        const types = info.extensions.map(({ oid }) => oid)
        expect(types).toEqual(expect.arrayContaining([OID.subjectKeyIdentifier, OID.authorityKeyIdentifier]))
        expect(types).not.toContain(OID.authorityInfoAccess)
        expect(types).not.toContain(OID.crlDistributionPoints)
        expect(info.notAfter.getTime() - info.notBefore.getTime()).toBeLessThanOrEqual(7 * DAY_MS)
        // No authority may sign answers itself: it would be a responder of the root.
        expect(parseCertificate(certificateDer).extendedKeyUsage).toEqual([])
      }
    })

    describe('renewal', () => {
      const responders = async () =>
        (await portal.stores.groups.authorities()).map(({ ocspResponder }) => ocspResponder?.certificateId)

      test('comes at half the life, once, and what was signed before is still good', async () => {
        const before = await responders()
        const { body: old } = await ask(ocspRequest([about()]))
        later(3.4 * DAY_MS)
        expect(await portal.ocspResponders.renewEnding(job)).toBe(0)
        later(0.2 * DAY_MS)
        const { result, trail } = await portal.trailOf(() => portal.ocspResponders.renewEnding(job))
        expect(result).toBe(2)
        expect(trail.map(({ type }) => type)).toEqual([
          ...['key.generated', 'certificate.issue_intent', 'certificate.issued'],
          ...['key.generated', 'certificate.issue_intent', 'certificate.issued'],
        ])
        expect(await portal.ocspResponders.renewEnding(job)).toBe(0)
        expect(new Set([...before, ...(await responders())]).size).toBe(4)
        hear({ authorityId: issuerId, serial: null })
        expect(await judged({ nonce: randomBytes(8) })).toMatchObject({ verified: true, status: 'good' })
        expect(judgeOcsp({ response: old, issuer, root, serial, at: portal.time.now })).toMatchObject({
          verified: true,
        })
      })

      test.each(['intent-recorded', 'signed', 'recorded'] as const)(
        'cut off after %s, it is completed and not done twice',
        async (step) => {
          later(4 * DAY_MS)
          const killed = installation(portal.backing, {
            checkpoint: async (reached) => {
              if (reached === step) throw new Error('killed')
            },
          })
          killed.signer.generateKey = portal.signer.generateKey
          killed.signer.signCertificate =
            step === 'intent-recorded' ? () => Promise.reject(new Error('killed')) : portal.signer.signCertificate
          killed.time.now = portal.time.now
          await expect(killed.ocspResponders.renewEnding(job)).rejects.toThrow()
          const before = await responders()
          expect(await portal.ocspResponders.renewEnding(job)).toBe(0)
          hear({ authorityId: issuerId, serial: null })
          expect(await judged({ nonce: randomBytes(8) })).toMatchObject({ verified: true, status: 'good' })
          later(31_000)
          await portal.issuance.reconcile(job)
          expect(await portal.ocspResponders.renewEnding(job)).toBe(0)
          const after = await responders()
          expect(after.filter((id) => before.includes(id))).toHaveLength(step === 'recorded' ? 2 : 0)
          hear({ authorityId: issuerId, serial: null })
          expect(await judged({ nonce: randomBytes(8) })).toMatchObject({ verified: true, status: 'good' })
        },
      )

      test('goes on under a revoked issuer, whose certificates are told revoked to their end', async () => {
        await portal.backing.revokeAuthority(issuerId, portal.time.now)
        later(8 * DAY_MS)
        expect(await portal.ocspResponders.renewEnding(job)).toBe(2)
        hear()
        expect(await judged({ nonce: randomBytes(8) })).toMatchObject({ verified: true, status: 'revoked' })
      })

      test('without a responder, or past its end, there is no answer', async () => {
        later(8 * DAY_MS)
        hear()
        await expect(ask(ocspRequest([about()]))).rejects.toMatchObject({ code: 'unavailable', reason: 'no_responder' })
      })

      test('cannot be revoked like a device', async () => {
        const [, own] = await responders()
        await expect(portal.certificates.revoke(admin, own ?? '', { reason: 'superseded' })).rejects.toMatchObject({
          code: 'conflict',
        })
      })
    })

    test('while the signer is away what is kept is answered, and nothing else', async () => {
      const kept = await ask(ocspRequest([about()]))
      portal.signer.away = true
      expect(await ask(ocspRequest([about()]))).toEqual(kept)
      await expect(ask(ocspRequest([about('sha256')]))).rejects.toMatchObject({ code: 'unavailable' })
      await expect(ask(ocspRequest([about()], { nonce: randomBytes(8) }))).rejects.toMatchObject({
        code: 'unavailable',
      })
    })

    test("a status that changed between our look and the signer's is looked up again", async () => {
      const sign = portal.signer.signOcspResponse
      let refusals = 0
      portal.signer.signOcspResponse = async (keyId, tbs) => {
        if (refusals++ === 0) {
          const { Refusal } = await import('@/lib/errors')
          throw new Refusal('policy_refused', 'The signer does not sign this.', { reason: 'status_differs' })
        }
        return sign(keyId, tbs)
      }
      expect(await judged()).toMatchObject({ verified: true, status: 'good' })
      expect(refusals).toBe(2)
    })

    test('the common address knows every authority: the root speaks for issuers, each issuer for its devices', async () => {
      expect(rootId).not.toBe(issuerId)
      const of = parseCertificate(issuer).serial
      const request = ocspRequest([certId({ issuer: root, serial: of })])
      const { body: response } = await ask(request, null)
      expect(judgeOcsp({ response, request, issuer: root, root, serial: of, at: portal.time.now })).toMatchObject({
        verified: true,
      })
    })
  })
}
