/** Renewal whole (scep.md §5), from the message to the trail, run in memory and on Postgres. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { assembleCertificate, buildTbsCertificate, parseCertificate } from '@/lib/pki/certificate'
import { TAG } from '@/lib/pki/der'
import { bitString, context, encode, integer, sequence, utf8String } from '@/lib/pki/der-write'
import { encodeName } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { parseSerial } from '@/lib/pki/serial'
import { signatureIdentifier, signWith } from '@/lib/pki/sign'
import { type CertRep, type PkcsReqOptions, selfSignedCertificate } from '@/lib/scep/client'
import type { CertificateFilter, RevocationReason } from '@/lib/services/certificates'
import type { ChallengeRules } from '@/lib/services/challenge-rules'
import type { RelativeName, SubjectAlternativeName } from '@/lib/services/challenges'
import { ENDPOINT_DEFAULTS } from '@/lib/services/endpoint-settings'
import { createSupersession } from '@/lib/services/supersession'
import { type EnrolmentBacking, type EnrolmentPortal, enrolmentPortal, rsaKey, type Told } from './enrolment'
import { actor, DAY_MS, NOON } from './harness'

const RENEWED = [
  'renewal.authorised',
  'certificate.issue_intent to_be_signed',
  'certificate.issued',
  'challenge.consumed',
]
const REFUSED = { pkiStatus: 'FAILURE', failInfo: 2, failInfoText: 'operation not permitted', certificates: [] }
const OTHER: RelativeName[] = [{ type: 'CN', value: 'somebody-else' }]

interface Holder {
  id: string
  serial: string
  der: Uint8Array
  subject: RelativeName[]
  transactionId: string
  challenge: string
}

export function renewalContract(name: string, open: () => Promise<EnrolmentBacking>): void {
  describe(`renewal ${name}`, () => {
    let backing: EnrolmentBacking
    let portal: EnrolmentPortal
    let number = 0
    beforeAll(async () => {
      backing = await open()
      const limits = {
        operations: { count: 10_000, seconds: 60 },
        wrongChallenges: { count: 10_000, seconds: 600 },
        guessesAtEndpoint: { count: 100_000, seconds: 600 },
        decryptionFailures: { count: 10, seconds: 300 },
        recordedFailures: 1_000,
      }
      portal = await enrolmentPortal(backing, { limits })
    })
    afterAll(() => backing.close())
    beforeEach(async () => {
      portal.time.now = NOON
      await configure({})
    })

    /** Settings, as they are after the second for which an endpoint is known. */
    async function configure(settings: Partial<typeof ENDPOINT_DEFAULTS>, endpointId = portal.group.endpoint.id) {
      await backing.configure(endpointId, { ...ENDPOINT_DEFAULTS, ...settings })
      portal.time.now = new Date(portal.time.now.getTime() + 1_000)
    }

    /** A certificate for RSA key 0, ten days before its end unless said otherwise. */
    async function holder(
      san: SubjectAlternativeName[] = [],
      daysLeft = 10,
      endpoint = portal.slug,
      rules: ChallengeRules = {},
    ): Promise<Holder> {
      number += 1
      portal.time.now = new Date(NOON.getTime() + 1_000)
      const subject = [
        { type: 'CN', value: `tablet-${number} ${name}` },
        { type: 'O', value: 'Example' },
      ]
      const text = subject.map(({ type, value }) => `${type}=${value}`).join(',')
      const { challenge } = await portal.mint(text, san, endpoint, rules)
      const device = await portal.device({ subject, san, challenge, endpoint })
      const [der] = (await device.enrol()).certificates
      if (!der) throw new Error('not enrolled')
      const { serial, notAfter } = parseCertificate(der)
      const { id } = await portal.certificates.get(actor('admin'), serial)
      portal.time.now = new Date(notAfter.getTime() - daysLeft * DAY_MS)
      return { id, serial, der, subject, transactionId: device.transactionId, challenge }
    }

    /** A device that signs with this certificate and asks for a new key. */
    const renewing = ({ der, subject }: Holder, told: Told = {}, message: Partial<PkcsReqOptions> = {}) =>
      portal.device({ subject, key: 1, ...told, message: { messageType: 17, signerCertificateDer: der, ...message } })
    const renew = async (held: Holder, told?: Told, message?: Partial<PkcsReqOptions>) =>
      (await renewing(held, told, message)).enrol()
    const certificateOf = (reply: CertRep) => {
      expect(reply.pkiStatus).toBe('SUCCESS')
      return parseCertificate(reply.certificates[0] as Uint8Array)
    }
    const idOf = async (reply: CertRep) =>
      (await portal.certificates.get(actor('admin'), certificateOf(reply).serial)).id
    const revoke = (serial: string, reason: RevocationReason) =>
      portal.certificates.revoke(actor('operator'), serial, { reason })
    const reasonOf = async () => (await portal.transactions.list(actor('auditor'), {}, { limit: 1 })).items[0]?.reason
    /** A signer by key 0 whose certificate is not ours. */
    const stranger = { signerCertificateDer: selfSignedCertificate({ subject: OTHER, privateKey: rsaKey(0) }) }

    describe('a certificate in its window renews itself without a challenge', () => {
      test.each([17, 19])('by a message of type %i, and the new one joins its line', async (messageType) => {
        const held = await holder([{ type: 'dns', value: 'tablet.example.com' }])
        const device = await renewing(held, { san: [{ type: 'dns', value: 'TABLET.example.com' }] }, { messageType })
        const { result, events, full } = await portal.eventsOf(() => device.enrol())
        const renewed = certificateOf(result)
        expect(events).toEqual(RENEWED)
        expect(full[0]).toMatchObject({ object: { type: 'certificate', id: held.id }, data: { serial: held.serial } })
        expect(full[2]?.data).toMatchObject({ renewsCertificateId: held.id })
        expect(Buffer.from(renewed.subjectDer).equals(parseCertificate(held.der).subjectDer)).toBe(true)
        expect(renewed.san).toEqual([{ type: 'dns', value: 'tablet.example.com' }])
        expect(await backing.line(await idOf(result))).toMatchObject({ renews: held.id, lineageId: held.id })
        expect(await backing.line(held.id)).toMatchObject({ renews: null, supersedeAt: null })
      })

      test('again and again: the third certificate still knows the first', async () => {
        const held = await holder()
        const second = await renew(held)
        const { der, notAfter } = certificateOf(second)
        portal.time.now = new Date(notAfter.getTime() - DAY_MS)
        const third = await portal.device({
          subject: held.subject,
          signer: 1,
          key: 2,
          message: { messageType: 17, signerCertificateDer: der },
        })
        const reply = await third.enrol()
        expect(await backing.line(await idOf(reply))).toMatchObject({ renews: await idOf(second), lineageId: held.id })
        const serials = [held.serial, certificateOf(second).serial, certificateOf(reply).serial]
        const middle = await portal.certificates.get(actor('auditor'), serials[1] as string)
        expect(middle.lineage.map(({ serial }) => serial)).toEqual(serials)
        expect([middle.renews?.serial, middle.renewedBy?.serial]).toEqual([serials[0], serials[2]])
        const listed = async (filter: CertificateFilter) =>
          (await portal.certificates.list(actor('auditor'), filter, { limit: 200 })).items.map(({ serial }) => serial)
        for (const line of [held.id, serials[1] as string, serials[2] as string])
          expect((await listed({ line })).toSorted()).toEqual(serials.toSorted())
        expect(await listed({ line: held.id, issuance: 'first' })).toEqual([held.serial])
        expect((await listed({ line: held.id, issuance: 'renewal' })).toSorted()).toEqual(serials.slice(1).toSorted())
        expect(await listed({ line: 'FFFF' })).toEqual([])
        const [first, renewals] = [await listed({ issuance: 'first' }), await listed({ issuance: 'renewal' })]
        expect([first.includes(held.serial), renewals.includes(held.serial)]).toEqual([true, false])
      })

      test('with the subject in other letters: the old one is copied byte for byte', async () => {
        const held = await holder()
        const subject = held.subject.map(({ type, value }) => ({ type, value: value.toUpperCase() }))
        const { subjectDer } = certificateOf(await renew(held, { subject }))
        expect(Buffer.from(subjectDer).equals(encodeName(held.subject))).toBe(true)
      })

      test('with fewer names gets those, with none keeps them all', async () => {
        const names: SubjectAlternativeName[] = [
          { type: 'dns', value: 'a.example.com' },
          { type: 'email', value: 'ada@example.com' },
        ]
        expect(certificateOf(await renew(await holder(names), { san: names.slice(1) })).san).toEqual(names.slice(1))
        expect(certificateOf(await renew(await holder(names))).san).toEqual(names)
      })

      test('with its old key and the transactionID of the first enrolment: a new certificate, not the old one', async () => {
        const held = await holder([], 364)
        await configure({ renewalWindowDays: 3_650 })
        const { challenge, transactionId } = held
        let signerCertificateDer = held.der
        for (const messageType of [17, 19]) {
          const device = await portal.device({
            subject: held.subject,
            challenge,
            transactionId,
            message: { messageType, signerCertificateDer },
          })
          const reply = await device.enrol()
          expect(certificateOf(reply).serial).not.toBe(held.serial)
          // The answer got lost: the same certificate again.
          expect(certificateOf(await device.enrol()).serial).toBe(certificateOf(reply).serial)
          signerCertificateDer = certificateOf(reply).der
        }
      })
    })

    describe('a challenge that comes along', () => {
      test.each(['optional', 'ignored'] as const)(
        'stale, and %s: does not stand in the way',
        async (renewalChallenge) => {
          await configure({ renewalChallenge })
          const held = await holder()
          for (const challenge of [held.challenge, 'NEVERMINTED']) {
            const other = await holder()
            expect((await renew(other, { challenge })).pkiStatus).toBe('SUCCESS')
          }
        },
      )

      test.each(['optional', 'ignored'] as const)(
        'fresh, and %s: is used up only where it is looked at',
        async (setting) => {
          await configure({ renewalChallenge: setting })
          const held = await holder()
          const text = held.subject.map(({ type, value }) => `${type}=${value}`).join(',')
          const { challenge, id } = await portal.mint(text)
          expect((await renew(held, { challenge })).pkiStatus).toBe('SUCCESS')
          expect(await backing.challengeState(id)).toBe(setting === 'optional' ? 'consumed' : 'pending')
        },
      )

      test('and is required: only with a good one, and the line is kept', async () => {
        await configure({ renewalChallenge: 'required' })
        const held = await holder()
        expect(await renew(held)).toMatchObject({ pkiStatus: 'FAILURE', failInfoText: 'challenge rejected' })
        expect(await renew(held, { challenge: held.challenge })).toMatchObject({ failInfoText: 'challenge rejected' })
        const text = held.subject.map(({ type, value }) => `${type}=${value}`).join(',')
        const { challenge, id } = await portal.mint(text)
        const reply = await renew(held, { challenge })
        expect(await backing.line(await idOf(reply))).toMatchObject({ renews: held.id })
        expect(await backing.challengeState(id)).toBe('consumed')
      })
    })

    describe('a request that renewal refuses', () => {
      const cases: [string, string, (held: Holder) => Promise<{ told?: Told; message?: Partial<PkcsReqOptions> }>][] = [
        ['signed by a certificate of its own making', 'renewal_signer_unknown', async () => ({ message: stranger })],
        [
          'signed by a certificate with our issuer and serial, but other bytes',
          'renewal_signer_forged',
          async ({ der }) => ({ message: { signerCertificateDer: forged(der) } }),
        ],
        [
          'signed by a revoked certificate',
          'renewal_signer_revoked',
          async ({ serial }) => {
            await revoke(serial, 'superseded')
            return {}
          },
        ],
        [
          'signed by a certificate on hold',
          'renewal_signer_revoked',
          async ({ serial }) => {
            await revoke(serial, 'certificateHold')
            return {}
          },
        ],
        [
          'signed by an expired certificate',
          'renewal_signer_expired',
          async () => {
            portal.time.now = new Date(portal.time.now.getTime() + 10 * DAY_MS)
            return {}
          },
        ],
        [
          'before its window',
          'renewal_too_early',
          async () => {
            portal.time.now = new Date(portal.time.now.getTime() - 21 * DAY_MS)
            return {}
          },
        ],
        [
          'before the window that the endpoint sets',
          'renewal_too_early',
          async () => {
            await configure({ renewalWindowDays: 9 })
            return {}
          },
        ],
        ['with another subject', 'renewal_subject_differs', async () => ({ told: { subject: OTHER } })],
        [
          'with a name more',
          'renewal_san_outside',
          async () => ({ told: { san: [{ type: 'dns', value: 'boss.example.com' }] } }),
        ],
        [
          'at an endpoint that renews nothing',
          'renewal_off',
          async () => {
            await configure({ renewal: false })
            return {}
          },
        ],
      ]
      test.each(cases)('%s: no certificate, and one event', async (_what, reason, prepare) => {
        const held = await holder()
        const { told, message } = await prepare(held)
        const device = await renewing(held, told, message)
        const { result, events } = await portal.eventsOf(() => device.enrol())
        expect(result).toMatchObject(REFUSED)
        expect(events).toEqual([`enrol.request.rejected ${reason}`])
        expect(await reasonOf()).toBe(reason)
      })

      test.each([17, 19])(
        'of type %i, signed under our serial number by an issuer whose name is none',
        async (type) => {
          const held = await holder()
          const issuerDer = Uint8Array.from([0x30, 0x03, 0x02, 0x01, 0x05])
          const message = { messageType: type, signerCertificateDer: underSerialOf(held.serial, issuerDer) }
          expect(await renew(held, {}, message)).toMatchObject({ pkiStatus: 'FAILURE', failInfo: 2 })
        },
      )

      test('with a subject of object identifiers that nobody would write', async () => {
        const held = await holder()
        const csr = withSubject(encodeOddName(), rsaKey(1))
        expect(await renew(held, { csr })).toMatchObject(REFUSED)
        expect(await reasonOf()).toBe('renewal_subject_differs')
      })

      test('as a RenewalReq does not fall back to a challenge, however good', async () => {
        const held = await holder()
        const { challenge, id } = await portal.mint('CN=somebody-else')
        expect(await renew(held, { subject: OTHER, challenge })).toMatchObject(REFUSED)
        expect(await renew(held, { subject: OTHER, challenge, signer: 0 }, stranger)).toMatchObject(REFUSED)
        expect(await backing.challengeState(id)).toBe('pending')
      })

      test('at another endpoint, which may grant more', async () => {
        const other = await portal.createGroup(`Printers ${name} ${number}`)
        const held = await holder([], 10, other.endpoint.slug)
        expect(await renew(held)).toMatchObject(REFUSED)
        expect(await reasonOf()).toBe('renewal_signer_unknown')
      })

      test.each([17, 19])('of type %i, signed by the registration authority itself', async (messageType) => {
        const held = await holder()
        const { challenge } = await portal.mint('CN=somebody-else')
        const endpoint = await backing.enrolment.enrolment.endpoint(portal.slug)
        const [ra] = endpoint?.registrationAuthorities ?? []
        if (!ra) throw new Error('no registration authority')
        const message = { messageType, signerKey: portal.signer.privateKey(ra.keyId) }
        const told = { challenge, subject: OTHER }
        expect(await renew(held, told, { ...message, signerCertificateDer: ra.certificateDer })).toMatchObject(REFUSED)
        expect(await reasonOf()).toBe('renewal_signer_no_leaf')
      })
    })

    describe('a PKCSReq whose signer may not renew', () => {
      const enrolment = (held: Holder, challenge: string, told: Told = {}) =>
        renewing(held, { challenge, ...told }, { messageType: 19 })
      const fresh = async ({ subject }: Holder) =>
        portal.mint(subject.map(({ type, value }) => `${type}=${value}`).join(','))

      test.each(['expired', 'before its window', 'where only RenewalReq renews'])(
        '%s: enrols under a good challenge, outside the line',
        async (why) => {
          const held = await holder()
          if (why === 'expired') portal.time.now = new Date(portal.time.now.getTime() + 10 * DAY_MS)
          else if (why === 'before its window') portal.time.now = new Date(portal.time.now.getTime() - 60 * DAY_MS)
          else await configure({ renewalByPkcsReq: false })
          const { challenge } = await fresh(held)
          const reply = await (await enrolment(held, challenge)).enrol()
          expect(await backing.line(await idOf(reply))).toEqual({ renews: null, lineageId: null, supersedeAt: null })
        },
      )

      test('with other names: enrols under a good challenge for them', async () => {
        const held = await holder()
        const { challenge } = await portal.mint('CN=somebody-else')
        const device = await enrolment(held, challenge, { subject: OTHER })
        expect((await device.enrol()).pkiStatus).toBe('SUCCESS')
      })

      test('revoked: is refused whatever it brings, and the challenge is not touched', async () => {
        const held = await holder()
        const { challenge, id } = await fresh(held)
        await revoke(held.serial, 'keyCompromise')
        const device = await enrolment(held, challenge)
        expect(await device.enrol()).toMatchObject(REFUSED)
        expect(await reasonOf()).toBe('renewal_signer_revoked')
        expect(await backing.challengeState(id)).toBe('pending')
      })

      test('expired and without a challenge: hears what stood in the way of renewal', async () => {
        const held = await holder()
        portal.time.now = new Date(portal.time.now.getTime() + 10 * DAY_MS)
        expect(await renew(held, {}, { messageType: 19 })).toMatchObject(REFUSED)
        expect(await reasonOf()).toBe('renewal_signer_expired')
      })

      test('with the challenge it was itself issued for: no alarm about a stolen challenge', async () => {
        const held = await holder()
        // While its value is still known: the keys of the handles change by the quarter.
        portal.time.now = new Date(NOON.getTime() + DAY_MS)
        const device = await enrolment(held, held.challenge)
        const { result, events } = await portal.eventsOf(() => device.enrol())
        expect(result).toMatchObject(REFUSED)
        expect(events).toEqual(['enrol.request.rejected renewal_too_early'])
      })

      test('with a wrong challenge: the challenge is what it hears of, and both are written down', async () => {
        const held = await holder()
        portal.time.now = new Date(portal.time.now.getTime() - 60 * DAY_MS)
        const { result, full } = await portal.eventsOf(async () => (await enrolment(held, 'NEVERMINTED')).enrol())
        expect(result).toMatchObject({ failInfoText: 'challenge rejected' })
        expect(full[0]).toMatchObject({ reason: 'challenge_unknown', data: { renewal: 'renewal_too_early' } })
      })

      test('a PKCSReq signed by a foreign CA enrols like any other', async () => {
        const held = await holder()
        const { challenge } = await fresh(held)
        const foreign = { ...stranger, messageType: 19 }
        expect((await renew(held, { challenge }, foreign)).pkiStatus).toBe('SUCCESS')
      })
    })

    describe('one certificate, one successor', () => {
      test('a second renewal with another request is refused and recorded', async () => {
        const held = await holder()
        certificateOf(await renew(held))
        const thief = await renewing(held, { key: 2 })
        const { result, events, full } = await portal.eventsOf(() => thief.enrol())
        expect(result).toMatchObject(REFUSED)
        expect(events).toEqual(['renewal.repeated renewal_repeated'])
        expect(full[0]).toMatchObject({ object: { type: 'certificate', id: held.id } })
      })

      test('the same request again gets the same certificate, under whatever transactionID', async () => {
        const held = await holder()
        const device = await renewing(held)
        const { serial } = certificateOf(await device.enrol())
        expect(certificateOf(await device.enrol()).serial).toBe(serial)
        const again = await renewing(held, { csr: device.csr, transactionId: 'another' })
        expect(certificateOf(await again.enrol()).serial).toBe(serial)
        portal.time.now = new Date(portal.time.now.getTime() + 2 * DAY_MS)
        expect(certificateOf(await device.enrol()).serial).toBe(serial)
      })

      test('the same request from a stranger gets nothing', async () => {
        const held = await holder()
        const device = await renewing(held)
        certificateOf(await device.enrol())
        const listener = await portal.device({ csr: device.csr, signer: 2, transactionId: device.transactionId })
        const { result, events } = await portal.eventsOf(() => listener.enrol())
        expect(result).toMatchObject({ pkiStatus: 'FAILURE', certificates: [] })
        expect(events).toEqual(['scep.transaction_conflict transaction_conflict'])
      })

      test('of ten requests at the same instant, one renews', async () => {
        const held = await holder()
        const devices = await Promise.all(Array.from({ length: 10 }, () => renewing(held, { key: 'ec' })))
        const { result: statuses, events } = await portal.eventsOf(() =>
          Promise.all(
            devices.map((device) =>
              device.enrol().then(
                ({ pkiStatus }) => pkiStatus,
                () => 'come back later',
              ),
            ),
          ),
        )
        expect(statuses.filter((status) => status === 'SUCCESS')).toHaveLength(1)
        expect(events.filter((event) => event === 'certificate.issued')).toHaveLength(1)
        expect(events.filter((event) => event === 'renewal.authorised')).toHaveLength(1)
      })

      test('an answer that was lost for good: the successor is revoked as unspecified, and the old one renews', async () => {
        const held = await holder()
        const lost = certificateOf(await renew(held))
        await revoke(lost.serial, 'unspecified')
        expect(certificateOf(await renew(held, { key: 2 })).serial).not.toBe(lost.serial)
        expect(await renew(held, { key: 'ec' })).toMatchObject(REFUSED)
      })

      test.each(['keyCompromise', 'cessationOfOperation', 'certificateHold'] as const)(
        'a device whose newest certificate was revoked with %s renews no older one, until it enrols anew',
        async (reason) => {
          const held = await holder()
          const text = held.subject.map(({ type, value }) => `${type}=${value}`).join(',')
          const enrol = async (key: number) => {
            const { challenge } = await portal.mint(text)
            return (await portal.device({ subject: held.subject, challenge, key })).enrol()
          }
          await revoke(certificateOf(await enrol(1)).serial, reason)
          expect(await renew(held, { key: 2 })).toMatchObject(REFUSED)
          expect(await reasonOf()).toBe('renewal_device_blocked')
          portal.time.now = new Date(portal.time.now.getTime() + 1_000)
          certificateOf(await enrol(2))
          expect((await renew(held, { key: 'ec' })).pkiStatus).toBe('SUCCESS')
        },
      )
    })

    describe('crashes', () => {
      test('after the intent: the resend, or the job, finishes the same certificate in the same line', async () => {
        for (const who of ['resend', 'job']) {
          const held = await holder()
          const device = await renewing(held)
          const { signCertificate } = portal.signer
          portal.signer.signCertificate = () => Promise.reject(new Error('killed'))
          expect(await device.status()).toMatchObject({ status: 503 })
          portal.signer.signCertificate = signCertificate
          const rival = await renewing(held, { key: 2 })
          expect(await rival.enrol()).toMatchObject(REFUSED)
          if (who === 'job') {
            portal.time.now = new Date(portal.time.now.getTime() + 60_000)
            expect(await portal.issuance.reconcile({ ...actor('admin'), type: 'system' })).toMatchObject({
              completed: 1,
            })
          }
          const reply = await device.enrol()
          expect(await backing.line(await idOf(reply))).toMatchObject({ renews: held.id, lineageId: held.id })
        }
      })

      test('a certificate revoked while its successor waits for the signer gets none', async () => {
        const held = await holder()
        const device = await renewing(held)
        const { signCertificate } = portal.signer
        portal.signer.signCertificate = () => Promise.reject(new Error('killed'))
        await device.status()
        portal.signer.signCertificate = signCertificate
        await revoke(held.serial, 'keyCompromise')
        portal.time.now = new Date(portal.time.now.getTime() + 60_000)
        expect(await portal.issuance.reconcile({ ...actor('admin'), type: 'system' })).toMatchObject({ abandoned: 1 })
        expect(await device.enrol()).toMatchObject(REFUSED)
      })

      test('a failure of ours gives the renewal back', async () => {
        const held = await holder()
        const device = await renewing(held)
        const { issuingEndpoint } = backing.stores.issuance
        backing.stores.issuance.issuingEndpoint = async () => null
        expect(await device.status()).toMatchObject({ status: 503 })
        backing.stores.issuance.issuingEndpoint = issuingEndpoint
        expect((await renew(held, { key: 2 })).pkiStatus).toBe('SUCCESS')
      })
    })

    describe('what narrowed a certificate narrows those that follow it', () => {
      const HOUR = 1 / 24
      const names: SubjectAlternativeName[] = [
        { type: 'dns', value: 'a.example.com' },
        { type: 'dns', value: 'b.example.com' },
      ]
      beforeEach(async () => {
        const profile = { extendedKeyUsage: [OID.clientAuth, OID.emailProtection] }
        await portal.groups.updateEndpoint(actor('admin'), portal.slug, { profile })
      })

      const narrow = (rules: ChallengeRules, san: SubjectAlternativeName[] = [], daysLeft = HOUR) =>
        holder(san, daysLeft, portal.slug, rules)
      const mintFor = ({ subject }: Holder, rules: ChallengeRules, san: SubjectAlternativeName[] = []) =>
        portal.mint(subject.map(({ type, value }) => `${type}=${value}`).join(','), san, portal.slug, rules)
      /** Names, usages, and days from now. */
      const saysOf = (reply: CertRep) => {
        const { san, extendedKeyUsage, notAfter } = certificateOf(reply)
        return [
          san.map(({ value }) => value),
          extendedKeyUsage,
          (notAfter.getTime() - portal.time.now.getTime()) / DAY_MS,
        ]
      }
      /** The next one of the line, shortly before the end of the one that key 1 got. */
      const renewNext = async (held: Holder, before: CertRep) => {
        const { der, notAfter } = certificateOf(before)
        portal.time.now = new Date(notAfter.getTime() - HOUR * DAY_MS)
        return renew(held, { signer: 1, key: 2 }, { signerCertificateDer: der })
      }

      test('the rules of its challenge, through every renewal', async () => {
        const held = await narrow({ maxValidityDays: 1, extendedKeyUsage: ['clientAuth'] })
        const second = await renew(held)
        expect(saysOf(second)).toEqual([[], [OID.clientAuth], 1])
        expect(saysOf(await renewNext(held, second))).toEqual([[], [OID.clientAuth], 1])
      })

      test('a certificate that nothing narrowed gets what its profile grants today', async () => {
        expect(saysOf(await renew(await narrow({})))).toEqual([[], [OID.clientAuth, OID.emailProtection], 365])
      })

      test('a challenge that a renewal requires narrows further: names, usages and life', async () => {
        const held = await narrow({ maxValidityDays: 30 }, names)
        await configure({ renewalChallenge: 'required' })
        const rules = { maxValidityDays: 2, extendedKeyUsage: ['clientAuth'] }
        const { challenge } = await mintFor(held, rules, names.slice(1))
        const second = await renew(held, { challenge })
        expect(saysOf(second)).toEqual([['b.example.com'], [OID.clientAuth], 2])
        await configure({})
        expect(saysOf(await renewNext(held, second))).toEqual([['b.example.com'], [OID.clientAuth], 2])
      })

      test('a challenge that a renewal requires grants nothing back, and the line remembers', async () => {
        const held = await narrow({ maxValidityDays: 1, extendedKeyUsage: ['clientAuth'] }, names.slice(0, 1))
        await configure({ renewalChallenge: 'required' })
        const { challenge } = await mintFor(held, { maxValidityDays: 90 }, names)
        const second = await renew(held, { challenge })
        expect(saysOf(second)).toEqual([['a.example.com'], [OID.clientAuth], 1])
        await configure({})
        expect(saysOf(await renewNext(held, second))).toEqual([['a.example.com'], [OID.clientAuth], 1])
      })

      test('no usage in common: no certificate, and the challenge is given back', async () => {
        const held = await narrow({ extendedKeyUsage: ['clientAuth'] })
        await configure({ renewalChallenge: 'required' })
        const { challenge, id } = await mintFor(held, { extendedKeyUsage: ['emailProtection'] })
        expect((await renew(held, { challenge })).pkiStatus).toBe('FAILURE')
        expect(await reasonOf()).toBe('policy_refused')
        expect(await backing.challengeState(id)).toBe('pending')
      })
    })

    describe('supersession', () => {
      const run = () => createSupersession({ store: backing.enrolment.supersession }).run(portal.time.now)
      const statusOf = async (serial: string) => (await portal.certificates.get(actor('admin'), serial)).status

      test('after the grace time the old one is revoked as superseded, with its event and its CRL due', async () => {
        await configure({ supersedeAfterHours: 48 })
        const held = await holder()
        const { serial } = certificateOf(await renew(held))
        const at = portal.time.now
        expect(await backing.line(held.id)).toMatchObject({ supersedeAt: new Date(at.getTime() + 2 * DAY_MS) })
        expect((await portal.eventsOf(run)).events).toEqual([])
        portal.time.now = new Date(at.getTime() + 2 * DAY_MS)
        const { events, full } = await portal.eventsOf(run)
        expect(events).toEqual(['certificate.revoked'])
        expect(full[0]).toMatchObject({
          object: { id: held.id },
          data: { reasonCode: 'superseded', serial: held.serial, renewedBy: serial },
        })
        expect(await portal.certificates.get(actor('admin'), held.serial)).toMatchObject({
          status: 'revoked',
          revocationReason: 'superseded',
          revokedBy: 'Latchkey',
        })
        expect(await portal.status.publishDueCrls()).toBeGreaterThan(0)
        expect((await portal.eventsOf(run)).events).toEqual([])
        // The line goes on: its newest certificate is not the one that was superseded.
        expect(await statusOf(serial)).toBe('valid')
      })

      test('at once where the endpoint says nought hours, never where it says nothing', async () => {
        const spared = await holder()
        certificateOf(await renew(spared))
        await run()
        expect(await statusOf(spared.serial)).toBe('expiring')
        await configure({ supersedeAfterHours: 0 })
        const held = await holder()
        certificateOf(await renew(held))
        await run()
        expect(await statusOf(held.serial)).toBe('revoked')
      })

      test('not when the successor was revoked, and not what somebody revoked before', async () => {
        await configure({ supersedeAfterHours: 1 })
        const [lost, stolen] = [await holder(), await holder()]
        await revoke(certificateOf(await renew(lost)).serial, 'unspecified')
        certificateOf(await renew(stolen))
        await revoke(stolen.serial, 'keyCompromise')
        portal.time.now = new Date(portal.time.now.getTime() + DAY_MS)
        expect((await portal.eventsOf(run)).events).toEqual([])
        expect(await portal.certificates.get(actor('admin'), stolen.serial)).toMatchObject({
          revocationReason: 'keyCompromise',
        })
      })
    })
  })
}

/** The same certificate with another signature: a chain check alone would not tell. */
function forged(der: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(der)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  return bytes
}

/** A certificate for RSA key 0 with this serial number and whatever stands where the issuer's name should. */
function underSerialOf(serial: string, issuerDer: Uint8Array): Uint8Array {
  const tbs = buildTbsCertificate({
    serial: parseSerial(serial),
    issuerDer,
    subjectDer: encodeName(OTHER),
    spki: spkiOf(rsaKey(0)),
    notBefore: NOON,
    notAfter: new Date(NOON.getTime() + DAY_MS),
    signature: 'sha256WithRSA',
    extensions: [],
  })
  return assembleCertificate(tbs, signWith(rsaKey(0), 'sha256', tbs))
}

/** An attribute type with more arcs than a person would ever type. */
function encodeOddName(): Uint8Array {
  const type = encode(TAG.oid, new Uint8Array(20).fill(1))
  return sequence(encode(TAG.set, sequence(type, utf8String('x'))))
}

function withSubject(subjectDer: Uint8Array, key: KeyObject): Uint8Array {
  const info = sequence(integer(0), subjectDer, spkiOf(key), context(0))
  return sequence(info, signatureIdentifier(key, 'sha256'), bitString(signWith(key, 'sha256', info)))
}

function spkiOf(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ format: 'der', type: 'spki' })
}
