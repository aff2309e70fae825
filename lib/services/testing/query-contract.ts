/** GetCert and GetCRL (RFC 8894 §3.3.4, §3.3.5), run in memory and on Postgres. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expireChallenges } from '@/lib/jobs/expire-challenges'
import { parseCertificate } from '@/lib/pki/certificate'
import { parseCrlHeader } from '@/lib/pki/crl'
import { parseDer } from '@/lib/pki/der'
import { encodeName, parseName } from '@/lib/pki/name'
import {
  buildGetCert,
  buildGetCrl,
  buildPkcsReq,
  type CertRep,
  type MessageOptions,
  parseCertRep,
  selfSignedCertificate,
} from '@/lib/scep/client'
import { identityOf } from '@/lib/scep/signed-data'
import { type EnrolmentBacking, type EnrolmentPortal, enrolmentPortal, REQUEST, rsaKey } from './enrolment'
import { actor, NOON } from './harness'

const NO_MATCH = {
  pkiStatus: 'FAILURE',
  failInfo: 4,
  failInfoText: 'no matching certificate',
  certificates: [],
  crls: [],
}

export function queryContract(name: string, open: () => Promise<EnrolmentBacking>): void {
  describe(`GetCert and GetCRL ${name}`, () => {
    let backing: EnrolmentBacking
    let portal: EnrolmentPortal
    let number = 0
    beforeAll(async () => {
      backing = await open()
      portal = await enrolmentPortal(backing)
      await portal.status.publishDueCrls()
    })
    afterAll(() => backing.close())

    async function enrolled(key: number, common = `query-${++number} ${name}`) {
      const { challenge } = await portal.mint(`CN=${common}`)
      const device = await portal.device({ subject: [{ type: 'CN', value: common }], challenge, signer: key })
      const [der] = (await device.enrol()).certificates
      if (!der) throw new Error('not enrolled')
      return { common, ...identityOf(parseDer(der)), hex: parseCertificate(der).serial }
    }

    /** Sends one question, signed by RSA key `key`, and opens the answer. */
    async function ask(
      key: number,
      signer: Uint8Array,
      build: (options: MessageOptions) => Uint8Array,
    ): Promise<CertRep> {
      const [raDer] = await portal.chain()
      if (!raDer) throw new Error('no registration authority')
      const senderNonce = new Uint8Array(randomBytes(16))
      const privateKey = rsaKey(key)
      const body = build({
        signerKey: privateKey,
        signerCertificateDer: signer,
        recipientDer: raDer,
        transactionId: 'SSCEP transactionId',
        senderNonce,
      })
      const response = await portal.scep.handle({ ...REQUEST, endpoint: portal.slug, body })
      expect(response.status).toBe(200)
      return parseCertRep(response.body, { raDer, privateKey, senderNonce })
    }
    const selfMade = (key: number) =>
      selfSignedCertificate({ subject: [{ type: 'CN', value: 'temporary' }], privateKey: rsaKey(key) })

    describe('GetCert', () => {
      test('gives a certificate to the key in it, whatever certificate signs, and leaves no event', async () => {
        const { der, issuerDer, serial } = await enrolled(0)
        for (const signer of [der, selfMade(0)]) {
          const { result, events } = await portal.eventsOf(() =>
            ask(0, signer, (options) => buildGetCert({ ...options, issuerDer, serial })),
          )
          expect(result.pkiStatus).toBe('SUCCESS')
          expect(result.certificates.map((each) => Buffer.from(each))).toEqual([Buffer.from(der)])
          expect(events).toEqual([])
        }
      })

      test('gives an older one to a valid certificate of the same subject', async () => {
        const old = await enrolled(0)
        const now = await enrolled(1, old.common)
        const asked = (options: MessageOptions) =>
          buildGetCert({ ...options, issuerDer: old.issuerDer, serial: old.serial })
        expect(await ask(1, now.der, asked)).toMatchObject({ pkiStatus: 'SUCCESS' })
        await portal.certificates.revoke(actor('operator'), now.hex, { reason: 'keyCompromise' })
        expect(await ask(1, now.der, asked)).toMatchObject(NO_MATCH)
      })

      test('gives nothing to another key, to another subject, and nothing that is not there', async () => {
        const { issuerDer, serial } = await enrolled(0)
        const other = await enrolled(1)
        const asked = (options: MessageOptions) => buildGetCert({ ...options, issuerDer, serial })
        for (const signer of [selfMade(1), other.der]) {
          const { result, events } = await portal.eventsOf(() => ask(1, signer, asked))
          expect(result).toMatchObject(NO_MATCH)
          expect(events).toEqual(['enrol.request.rejected certificate_not_found'])
        }
        const unknown = (options: MessageOptions) =>
          buildGetCert({ ...options, issuerDer, serial: new Uint8Array([1, 2, 3]) })
        expect(await ask(0, selfMade(0), unknown)).toMatchObject(NO_MATCH)
        const elsewhere = (options: MessageOptions) =>
          buildGetCert({ ...options, issuerDer: encodeName([{ type: 'CN', value: 'Another CA' }]), serial })
        expect(await ask(0, selfMade(0), elsewhere)).toMatchObject(NO_MATCH)
      })

      test('is no way to the certificates of the authority', async () => {
        const endpoint = await backing.enrolment.enrolment.endpoint(portal.slug)
        const { issuerDer, serial } = identityOf(
          parseDer(endpoint?.registrationAuthorities[0]?.certificateDer as Uint8Array),
        )
        expect(await ask(0, selfMade(0), (options) => buildGetCert({ ...options, issuerDer, serial }))).toMatchObject(
          NO_MATCH,
        )
      })
    })

    describe('the flight recorder', () => {
      const newest = async (kind: 'enrolment' | 'question' | 'all') => {
        await portal.recorder.flush()
        const filter = { kind, ...(kind === 'question' ? { state: 'answered' as const } : {}) }
        return (await portal.transactions.list(actor('auditor'), filter, { limit: 100 })).items
      }
      /** The newest is the one that was asked last. */
      const aSecondOn = () => {
        portal.time.now = new Date(portal.time.now.getTime() + 1_000)
      }

      test('tells what was asked and what was sent, among the questions and not among the enrolments', async () => {
        const { issuerDer, serial, der, hex, common } = await enrolled(0)
        aSecondOn()
        await ask(0, der, (options) => buildGetCert({ ...options, issuerDer, serial }))
        aSecondOn()
        await ask(0, der, (options) => buildGetCrl({ ...options, issuerDer, serial }))
        const [crl, certificate] = await newest('question')
        expect(certificate).toMatchObject({
          state: 'answered',
          operation: 'GetCert',
          subject: `CN=${common}`,
          reason: null,
          explanation: 'The device asked for a certificate of its own, and got it.',
          certificate: { serial: hex },
          sourceIp: '192.0.2.9',
          challengeId: null,
        })
        expect(crl).toMatchObject({ state: 'answered', operation: 'GetCRL', subject: null, certificate: null })
        const { exchanges, fields } = await portal.transactions.get(actor('auditor'), certificate?.id ?? '')
        expect(exchanges).toMatchObject([{ operation: 'GetCert', outcome: 'answered' }])
        expect(fields).toEqual([])
        const told = exchanges[0]?.steps.map(({ label, says }) => [label, ...says].join(': '))
        expect(told).toContain(`Certificate looked up: serial ${hex}: it belongs to who asks`)
        expect(told).toContain('Sent: what was asked for')
        expect((await newest('enrolment')).map(({ operation }) => operation)).not.toContain('GetCert')
        expect((await newest('all')).map(({ operation }) => operation)).toContain('GetCRL')
      })

      test('tells why a question was refused, and counts it among no failures', async () => {
        const { issuerDer } = await enrolled(0)
        const failures = () => portal.transactions.matching(actor('auditor'), { state: 'unsuccessful' })
        const before = await failures()
        const unknown = (options: MessageOptions) =>
          buildGetCert({ ...options, issuerDer, serial: new Uint8Array([4, 5, 6]) })
        expect(await ask(0, selfMade(0), unknown)).toMatchObject(NO_MATCH)
        await portal.recorder.flush()
        const filter = { kind: 'question', state: 'refused' } as const
        const [refused] = (await portal.transactions.list(actor('auditor'), filter, { limit: 1 })).items
        expect(refused).toMatchObject({ operation: 'GetCert', reason: 'certificate_not_found' })
        const { exchanges } = await portal.transactions.get(actor('auditor'), refused?.id ?? '')
        expect(exchanges).toMatchObject([{ operation: 'GetCert', outcome: 'refused' }])
        expect(await failures()).toEqual(before)
      })

      test('forgets a question with what went well, and no poll meets it', async () => {
        const { issuerDer, serial, der } = await enrolled(0)
        const before = portal.time.now
        portal.time.now = backing.now()
        aSecondOn()
        await ask(0, der, (options) => buildGetCrl({ ...options, issuerDer, serial }))
        const id = (await newest('question'))[0]?.id ?? ''
        portal.time.now = before
        const device = await portal.device({ transactionId: 'SSCEP transactionId' })
        expect(await device.poll()).toMatchObject({ pkiStatus: 'FAILURE', failInfo: 4 })
        const daysOn = async (days: number) => {
          await backing.age('transaction', id, days * 1_440)
          const retention = async () => ({ issuedDays: 3, failedDays: 90 })
          await expireChallenges(backing.forgetting, { retention }).run(new Date())
          return portal.transactions.get(actor('auditor'), id)
        }
        expect(await daysOn(2)).toMatchObject({ id, state: 'answered' })
        await expect(daysOn(2)).rejects.toMatchObject({ code: 'not_found' })
      })
    })

    describe('GetCRL', () => {
      test('gives the newest list of the issuer of the endpoint to anybody, however its name is written', async () => {
        const { issuerDer, serial, hex } = await enrolled(0)
        await portal.certificates.revoke(actor('operator'), hex, { reason: 'superseded' })
        portal.time.now = new Date(NOON.getTime() + 60_000)
        await portal.status.publishDueCrls()
        const newest = await portal.status.crl(portal.group.issuer.slug)
        for (const issuer of [issuerDer, inCapitals(issuerDer)]) {
          const reply = await ask(1, selfMade(1), (options) => buildGetCrl({ ...options, issuerDer: issuer, serial }))
          expect(reply).toMatchObject({ pkiStatus: 'SUCCESS', certificates: [] })
          expect(reply.crls).toHaveLength(1)
          expect(`${parseCrlHeader(reply.crls[0] as Uint8Array).number}`).toBe(newest?.number)
        }
      })

      test('gives nothing of another authority, another group among them', async () => {
        const printers = await portal.createGroup(`Printers ${name}`)
        await portal.status.publishDueCrls()
        const theirs = (await portal.chain(printers.endpoint.slug)).map((der) => parseCertificate(der).subjectDer)
        for (const issuerDer of [...theirs.slice(1), encodeName([{ type: 'CN', value: 'Another CA' }])]) {
          const serial = new Uint8Array([1])
          expect(await ask(0, selfMade(0), (options) => buildGetCrl({ ...options, issuerDer, serial }))).toMatchObject(
            NO_MATCH,
          )
        }
      })
    })

    test.each([21, 22])(
      'a message of type %i that names no certificate is refused like any other garbage',
      async (type) => {
        const { result, events } = await portal.eventsOf(() =>
          ask(0, selfMade(0), (options) =>
            buildPkcsReq({ ...options, csr: new Uint8Array(60).fill(0x30), messageType: type }),
          ),
        )
        expect(result).toMatchObject({
          pkiStatus: 'FAILURE',
          failInfo: 2,
          failInfoText: 'request could not be processed',
        })
        expect(events).toEqual(['enrol.request.rejected query_malformed'])
      },
    )
  })
}

/** Embedded stacks write names anew. */
function inCapitals(nameDer: Uint8Array): Uint8Array {
  return encodeName(parseName(nameDer).map(({ type, value }) => ({ type, value: value.toUpperCase() })))
}
