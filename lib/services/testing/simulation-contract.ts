/** What a simulation says is what then happens to the device, at each policy, and saying it changes no row. In memory and on Postgres. */
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { CompactEncrypt, CompactSign, importJWK } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { toPem } from '@/lib/pki/pem'
import type { PkcsReqOptions } from '@/lib/scep/client'
import type { MinterRequest } from '@/lib/services/minters'
import type { SimulationReport, SimulationRequest } from '@/lib/services/simulation-types'
import type { NewStaticSecretRequest } from '@/lib/services/static-secrets'
import { type EnrolmentBacking, type EnrolmentPortal, enrolmentPortal, type Told } from './enrolment'
import { actor, DAY_MS } from './harness'

const admin = actor('admin')
const ENDLESS = { count: 100_000, seconds: 60 }
const LIMITS = {
  operations: ENDLESS,
  wrongChallenges: ENDLESS,
  guessesAtEndpoint: ENDLESS,
  decryptionFailures: ENDLESS,
  recordedFailures: 100_000,
}
const VERDICTS = { SUCCESS: 'would_issue', PENDING: 'would_ask', FAILURE: 'would_refuse' } as const

export function simulationContract(name: string, open: () => Promise<EnrolmentBacking>): void {
  describe(`simulations ${name}`, () => {
    let backing: EnrolmentBacking
    let portal: EnrolmentPortal
    let endpoint: string
    let groups = 0
    beforeAll(async () => {
      backing = await open()
      portal = await enrolmentPortal(backing, { limits: LIMITS, abandonedAfterSeconds: 0 })
    })
    afterAll(() => backing.close())
    beforeEach(async () => {
      groups += 1
      portal.time.now = backing.now()
      endpoint = (await portal.createGroup(`Simulation ${groups}`)).endpoint.slug
    })

    /** Settings are kept for a second. */
    const set = async (settings: Parameters<EnrolmentBacking['setEndpoint']>[1]) => {
      await backing.setEndpoint(endpoint, settings)
      portal.time.now = new Date(portal.time.now.getTime() + 1_000)
    }
    /** Each by a person of its own, so that nobody meets the limit of one. */
    const quietly = async (request: SimulationRequest): Promise<SimulationReport> => {
      const before = await backing.tables()
      const report = await portal.simulation.simulate({ ...admin, id: randomUUID() }, endpoint, request)
      expect(await backing.tables()).toEqual(before)
      return report
    }
    const device = (told: Told = {}) =>
      portal.device({ endpoint, transactionId: randomUUID(), ip: '192.0.2.9', ...told })
    const newest = async () => {
      await portal.recorder.flush()
      const [row] = (await portal.transactions.list(admin, { endpoint }, { limit: 1 })).items
      if (row === undefined) throw new Error('nothing was asked')
      return row
    }
    /** Says first, then lets the device ask, and holds one against the other. */
    const agreed = async (
      told: Told,
      request: SimulationRequest = {},
      message: Partial<PkcsReqOptions> = {},
    ): Promise<SimulationReport> => {
      const tablet = await device(told)
      const report = await quietly({
        csr: toPem(tablet.csr, 'CERTIFICATE REQUEST'),
        address: told.ip ?? '192.0.2.9',
        ...request,
      })
      const reply = await tablet.enrol(message)
      expect([report.verdict, report.reason]).toEqual([VERDICTS[reply.pkiStatus], (await newest()).reason])
      return report
    }
    const checkOf = (report: SimulationReport, check: string) => report.checks.find((each) => each.check === check)

    describe('static secrets', () => {
      const PRINTER = [
        { type: 'CN', value: 'printer-7' },
        { type: 'O', value: 'Example' },
      ]
      const BOUNDS: NewStaticSecretRequest = {
        subjectTemplate: 'CN=printer-*,O=Example; dns:*.example.com',
        allowedAddresses: ['192.0.2.0/24'],
        maxUses: 100,
        perHour: 100,
        expiresInDays: 30,
      }
      const create = (bounds: Partial<NewStaticSecretRequest> = {}) =>
        portal.staticSecrets.create(admin, endpoint, { ...BOUNDS, ...bounds })
      beforeEach(() => set({ policy: 'static' }))

      test('the right one in its bounds leads to a certificate, check by check', async () => {
        const { secret, view } = await create()
        const report = await agreed({ subject: PRINTER, challenge: secret })
        for (const check of ['authorisation', 'expiry', 'uses', 'address', 'template', 'rate'])
          expect(checkOf(report, check)).toMatchObject({ verdict: 'passes' })
        expect(checkOf(report, 'authorisation')?.says).toContain(view.hint)
        expect(checkOf(report, 'uses')?.says).toBe('0 of 100 uses are taken.')
        expect(report.fields.slice(0, 2)).toMatchObject([
          { field: 'subject', expected: ['CN=printer-*,O=Example'], verdict: 'fits' },
          { field: 'san', expected: ['dns:*.example.com'], verdict: 'fits' },
        ])
        expect(JSON.stringify(report)).not.toContain(secret)
      })

      test.each<[string, Partial<NewStaticSecretRequest>, Told, string, string]>([
        ['another address', {}, { ip: '198.51.100.1' }, 'address', 'static_secret_address'],
        ['another name', {}, { subject: [{ type: 'CN', value: 'server' }] }, 'template', 'static_secret_template'],
        ['a name more', {}, { san: [{ type: 'dns', value: 'a.example.net' }] }, 'template', 'static_secret_template'],
      ])('%s is refused, and the check says so', async (_, bounds, told, check, reason) => {
        const { secret } = await create(bounds)
        const report = await agreed({ subject: PRINTER, challenge: secret, ...told })
        expect(report).toMatchObject({ reason })
        expect(checkOf(report, check)).toMatchObject({ verdict: 'fails', reason })
      })

      test('a value that is none of the endpoint, or none at all, is refused', async () => {
        const { secret } = await create()
        expect(await agreed({ subject: PRINTER, challenge: `${secret}x` })).toMatchObject({
          reason: 'static_secret_unknown',
        })
        expect(await agreed({ subject: PRINTER })).toMatchObject({ reason: 'challenge_missing' })
      })

      test('revoked, expired, used up and used too fast are told apart', async () => {
        const revoked = await create()
        await portal.staticSecrets.revoke(admin, endpoint, revoked.view.id)
        expect(await agreed({ subject: PRINTER, challenge: revoked.secret })).toMatchObject({
          reason: 'static_secret_revoked',
        })
        const expired = await create()
        await backing.age('static-secret', expired.view.id, 31 * 1_440)
        expect(await agreed({ subject: PRINTER, challenge: expired.secret })).toMatchObject({
          reason: 'static_secret_expired',
        })
        const once = await create({ maxUses: 1 })
        await agreed({ subject: PRINTER, challenge: once.secret })
        expect(await agreed({ subject: PRINTER, challenge: once.secret, signer: 1 })).toMatchObject({
          reason: 'static_secret_exhausted',
        })
        const hourly = await create({ perHour: 1 })
        await agreed({ subject: PRINTER, challenge: hourly.secret })
        const report = await quietlyAsPrinter(hourly.secret)
        expect(report).toMatchObject({ reason: 'static_secret_too_fast' })
        expect(checkOf(report, 'rate')?.says).toContain('1 of 1 uses')
      })

      test('without an address nothing is said for sure', async () => {
        const { secret } = await create()
        const csr = toPem((await device({ subject: PRINTER, challenge: secret })).csr, 'CERTIFICATE REQUEST')
        const report = await quietly({ csr })
        expect(report).toMatchObject({ verdict: 'undecided', summary: expect.stringContaining('where it comes from') })
        expect(checkOf(report, 'address')).toMatchObject({ verdict: 'not_checked' })
        await expect(quietly({ csr, address: 'printer-room' })).rejects.toMatchObject({ code: 'invalid_input' })
      })

      test('a recorded one is judged by the bounds as they are now, without its value', async () => {
        const { secret, view } = await create()
        const elsewhere = { subject: PRINTER, challenge: secret, ip: '198.51.100.1' }
        await (await device(elsewhere)).enrol()
        const { id } = await newest()
        expect(await quietly({ transaction: id })).toMatchObject({ reason: 'static_secret_address' })
        expect(await quietly({ transaction: id, address: '192.0.2.1' })).toMatchObject({ verdict: 'would_issue' })
        await portal.staticSecrets.revoke(admin, endpoint, view.id)
        expect(await quietly({ transaction: id, address: '192.0.2.1' })).toMatchObject({
          reason: 'static_secret_revoked',
        })
        await (await device({ ...elsewhere, challenge: 'guess' })).enrol()
        expect(await quietly({ transaction: (await newest()).id })).toMatchObject({ reason: 'static_secret_unknown' })
      })

      test('an auditor is told nothing of it, right or wrong', async () => {
        const { secret } = await create()
        for (const challenge of [secret, 'guess']) {
          const csr = toPem((await device({ subject: PRINTER, challenge })).csr, 'CERTIFICATE REQUEST')
          const report = await portal.simulation.simulate(actor('auditor'), endpoint, { csr })
          expect(report.verdict).toBe('undecided')
          expect(report.checks.at(-1)).toMatchObject({ check: 'authorisation', verdict: 'not_checked' })
        }
      })

      async function quietlyAsPrinter(challenge: string): Promise<SimulationReport> {
        const { csr } = await device({ subject: PRINTER, challenge, key: 'ec' })
        return quietly({ csr: toPem(csr, 'CERTIFICATE REQUEST'), address: '192.0.2.9' })
      }
    })

    describe('approval', () => {
      beforeEach(() => set({ policy: 'approval' }))
      const waiting = async () =>
        (await portal.approvals.list(admin, { endpoint, state: 'open' }, { limit: 1 })).items[0]?.id ?? ''

      test('a new request would wait, and it says for whom', async () => {
        const report = await agreed({})
        expect(report.summary).toContain('one administrator or operator')
        expect(checkOf(report, 'queue')?.says).toContain('0 of 1000 requests wait')
        await set({ approvalsRequired: 2 })
        expect((await agreed({ signer: 1 })).summary).toContain('2 administrators or operators')
      })

      test('the same request is recognised: while it waits, once it is approved, and when it was denied', async () => {
        await set({ approvalsRequired: 2 })
        const tablet = await device()
        const csr = toPem(tablet.csr, 'CERTIFICATE REQUEST')
        await tablet.enrol()
        const id = await waiting()
        expect((await quietly({ csr })).summary).toContain('0 of 2 approvals')
        await portal.approvals.approve({ ...admin, id: randomUUID() }, id)
        expect((await quietly({ csr })).summary).toContain('1 of 2 approvals')
        await portal.recorder.flush()
        expect(await quietly({ transaction: id })).toMatchObject({ verdict: 'would_ask' })
        await portal.approvals.approve({ ...admin, id: randomUUID() }, id)
        expect(await quietly({ csr })).toMatchObject({ verdict: 'would_issue' })
        expect(await tablet.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })

        const denied = await device({ signer: 1 })
        await denied.enrol()
        await portal.approvals.deny(admin, await waiting())
        const report = await quietly({ csr: toPem(denied.csr, 'CERTIFICATE REQUEST') })
        expect(report).toMatchObject({ reason: 'request_denied' })
        expect(await denied.enrol()).toMatchObject({ failInfoText: 'request denied' })
      })

      test('approved and not yet issued, the certificate would be made at once', async () => {
        const tablet = await device()
        await tablet.enrol()
        const { issuingEndpoint } = backing.stores.issuance
        backing.stores.issuance.issuingEndpoint = async () => null
        await portal.approvals.approve(admin, await waiting())
        backing.stores.issuance.issuingEndpoint = issuingEndpoint
        const report = await quietly({ csr: toPem(tablet.csr, 'CERTIFICATE REQUEST') })
        expect(report).toMatchObject({ verdict: 'would_issue' })
        expect(checkOf(report, 'people')?.says).toContain('at once')
        expect(await tablet.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
      })

      test('a challenge, names that no certificate has, and a full queue are refused', async () => {
        expect(await agreed({ challenge: 'guess' })).toMatchObject({ reason: 'approval_challenge' })
        await set({ approveWrongChallenge: true })
        expect((await agreed({ challenge: 'guess' })).notes.join()).toContain('authorises nothing at this endpoint')
        expect(await agreed({ subject: [{ type: 'CN', value: '{{Name}}' }] })).toMatchObject({ reason: 'csr_rejected' })
        const ip = `203.0.113.${groups}`
        for (let number = 0; number < 20; number++) await (await device({ ip })).enrol()
        expect(await agreed({ ip, signer: 1 })).toMatchObject({ reason: 'approval_queue_full' })
        expect(await agreed({ ip: '203.0.113.250', signer: 1 })).toMatchObject({ verdict: 'would_ask' })
      })

      test('says what whoever decides would be shown', async () => {
        const subject = [{ type: 'CN', value: `kiosk ${name}` }]
        const first = await device({ subject })
        await first.enrol()
        await portal.approvals.approve(admin, await waiting())
        const { notes } = await agreed({ subject, signer: 1 })
        expect(notes.join()).toContain('same name and another key')
      })
    })

    describe('sealed challenges', () => {
      beforeEach(() => set({ challengeFormat: 'sealed' }))
      const subject = [
        { type: 'CN', value: 'tablet-7' },
        { type: 'O', value: 'Example' },
      ]
      const mint = () => portal.mint('CN=tablet-7,O=Example', [], endpoint)

      test('open and say what their row says, or it shows which does not hold', async () => {
        expect(checkOf(await agreed({ subject, challenge: (await mint()).challenge }), 'seal')).toMatchObject({
          verdict: 'passes',
        })
        const { challenge } = await mint()
        const altered = `${challenge.slice(0, -12)}${challenge.at(-12) === 'A' ? 'B' : 'A'}${challenge.slice(-11)}`
        expect(checkOf(await agreed({ subject, challenge: altered }), 'seal')).toMatchObject({ verdict: 'fails' })
        const rebound = await mint()
        await backing.rebind(rebound.id, { v: 1, subject: [{ type: 'CN', value: 'evil' }], san: [] })
        expect(await agreed({ subject: [{ type: 'CN', value: 'evil' }], challenge: rebound.challenge })).toMatchObject({
          reason: 'challenge_altered',
        })
        const used = await mint()
        await agreed({ subject, challenge: used.challenge })
        expect(await quietly({ csr: await pem({ subject, challenge: used.challenge, key: 'ec' }) })).toMatchObject({
          reason: 'challenge_replayed',
        })
      })
    })

    describe('signed challenges', () => {
      const ed = generateKeyPairSync('ed25519')
      const stranger = generateKeyPairSync('ed25519')
      const subject = [
        { type: 'CN', value: 'tablet-7' },
        { type: 'O', value: 'Example' },
      ]
      let issuer: string
      let minterId: string
      const register = async (more: Partial<MinterRequest> = {}) => {
        issuer = `https://mdm-${groups}.example.com`
        const jwks = JSON.stringify({ keys: [{ ...ed.publicKey.export({ format: 'jwk' }), kid: 'ed' }] })
        const request = {
          name: `MDM ${groups}`,
          issuer,
          jwks,
          endpoints: [endpoint],
          subjectTemplate: 'CN=*,O=Example',
        }
        minterId = (await portal.minters.create(admin, { ...request, sanTypes: ['dns'], maxTtlMinutes: 60, ...more }))
          .id
      }
      const token = async (more: object = {}, key: KeyObject = ed.privateKey): Promise<string> => {
        const published = await portal.minters.publishedKeys(endpoint)
        const jwk = published?.keys.find(({ alg }) => alg === 'ECDH-ES')
        if (!published || !jwk) throw new Error('no key is published')
        const now = Math.floor(portal.time.now.getTime() / 1_000)
        const claims = {
          ...{ iss: issuer, aud: published.aud, iat: now, exp: now + 600, jti: randomUUID() },
          ...{ csr: { subject: 'CN=tablet-7,O=Example' }, ...more },
        }
        const jws = await new CompactSign(Buffer.from(JSON.stringify(claims)))
          .setProtectedHeader({ alg: 'EdDSA', kid: 'ed' })
          .sign(key)
        return new CompactEncrypt(Buffer.from(jws))
          .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: jwk.kid, cty: 'JWT' })
          .encrypt(await importJWK({ ...jwk }, 'ECDH-ES'))
      }
      const failing = ({ checks }: SimulationReport) =>
        checks.filter(({ verdict }) => verdict === 'fails').map(({ check }) => check)
      beforeEach(() => register())

      test('a sound one would be redeemed, and its jti is still unused afterwards', async () => {
        const challenge = await token()
        const csr = await pem({ subject, challenge, key: 'ec' })
        for (let time = 0; time < 2; time++) expect(await quietly({ csr })).toMatchObject({ verdict: 'would_issue' })
        const report = await agreed({ subject, challenge, key: 'ec' })
        expect(checkOf(report, 'tokenJti')).toMatchObject({ verdict: 'passes' })
        expect(await quietly({ csr })).toMatchObject({ reason: 'challenge_replayed' })
      })

      test('of another, it says which part fails', async () => {
        const now = Math.floor(portal.time.now.getTime() / 1_000)
        const cases: [string, () => Promise<string>][] = [
          ['tokenSignature', () => token({}, stranger.privateKey)],
          ['tokenIssuer', () => token({ iss: 'https://nobody.example.com' })],
          ['tokenLimits', () => token({ csr: { subject: 'CN=tablet-7,O=Elsewhere' } })],
          ['tokenLifetime', () => token({ iat: now - 3_000, exp: now - 2_000 })],
          ['tokenLifetime', () => token({ exp: now + 7_200 })],
          ['tokenAudience', () => token({ aud: 'https://portal.example.com/scep/elsewhere' })],
          ['names', () => token({ csr: { subject: 'CN=tablet-8,O=Example' } })],
          ['tokenForm', async () => `${(await token()).slice(0, -4)}AAAA`],
        ]
        for (const [check, made] of cases)
          expect(failing(await agreed({ subject, challenge: await made(), key: 'ec' })), check).toEqual([check])
      })

      test('a jti of another token, a minter that is switched off, and one that has minted enough are refused', async () => {
        const jti = randomUUID()
        await agreed({ subject, challenge: await token({ jti }), key: 'ec' })
        const other = await token({ jti, deviceName: 'Other' })
        expect(failing(await agreed({ subject, challenge: other, key: 'ec' }))).toEqual(['tokenJti'])
        await portal.minters.update(admin, minterId, { perHour: 1 })
        expect(failing(await agreed({ subject, challenge: await token(), key: 'ec' }))).toEqual(['tokenHour'])
        await portal.minters.setEnabled(admin, minterId, false)
        const off = await quietly({ csr: await pem({ subject, challenge: await token(), key: 'ec' }) })
        expect(failing(off)).toContain('tokenMinter')
      })
    })

    describe('renewals', () => {
      let number = 0
      const holder = async (daysLeft = 10, at = endpoint) => {
        number += 1
        portal.time.now = new Date(backing.now().getTime() + 1_000)
        const subject = [{ type: 'CN', value: `renewing ${number} ${name}` }]
        const { challenge } = await portal.mint(`CN=renewing ${number} ${name}`, [], at)
        const [der] = (await (await portal.device({ endpoint: at, subject, challenge })).enrol()).certificates
        if (!der) throw new Error('not enrolled')
        const { serial, notAfter } = parseCertificate(der)
        portal.time.now = new Date(notAfter.getTime() - daysLeft * DAY_MS)
        return { serial, subject, message: { messageType: 17, signerCertificateDer: der } as Partial<PkcsReqOptions> }
      }
      type Holder = Awaited<ReturnType<typeof holder>>
      /** By RSA key 0, which holds the certificate, for key 1. */
      const renewed = (held: Holder, told: Told = {}, request: SimulationRequest = {}, messageType = 17) =>
        agreed(
          { subject: held.subject, key: 1, ...told },
          { signedBy: held.serial, ...(messageType === 19 ? { messageType: 'PKCSReq' as const } : {}), ...request },
          { ...held.message, messageType },
        )
      const renewSet = async (settings: Parameters<EnrolmentBacking['setEndpoint']>[1]) => {
        await backing.setEndpoint(endpoint, settings)
        portal.time.now = new Date(portal.time.now.getTime() + 1_000)
      }

      test('in its window a certificate would renew itself, check by check, and once', async () => {
        const held = await holder()
        const report = await renewed(held)
        for (const check of ['signingCertificate', 'renewalWindow', 'renewalNames', 'renewalDevice', 'authorisation'])
          expect(checkOf(report, check)).toMatchObject({ verdict: 'passes' })
        expect(await renewed(held, { key: 2 })).toMatchObject({ reason: 'renewal_repeated' })
      })

      test('of everything else it says why not', async () => {
        expect(await renewed(await holder(200))).toMatchObject({ reason: 'renewal_too_early' })
        const san = [{ type: 'dns' as const, value: 'more.example.com' }]
        expect(await renewed(await holder(), { san })).toMatchObject({ reason: 'renewal_san_outside' })
        const subject = [{ type: 'CN', value: 'somebody else' }]
        expect(await renewed(await holder(), { subject })).toMatchObject({ reason: 'renewal_subject_differs' })
        expect(await renewed(await holder(-1))).toMatchObject({ reason: 'renewal_signer_expired' })
        const revoked = await holder()
        await portal.certificates.revoke(admin, revoked.serial, { reason: 'keyCompromise' })
        expect(await renewed(revoked)).toMatchObject({ reason: 'renewal_signer_revoked' })
        const held = await holder()
        await renewSet({ renewal: false })
        expect(await renewed(held)).toMatchObject({ reason: 'renewal_off' })
      })

      test('while the newest certificate of its subject is revoked, an older one does not renew', async () => {
        const held = await holder()
        const { challenge } = await portal.mint(`CN=${held.subject[0]?.value}`, [], endpoint)
        const second = await (await device({ subject: held.subject, challenge, key: 2, signer: 2 })).enrol()
        const { serial } = parseCertificate(second.certificates[0] as Uint8Array)
        await portal.certificates.revoke(admin, serial, { reason: 'keyCompromise' })
        expect(await renewed(held)).toMatchObject({ reason: 'renewal_device_blocked' })
      })

      test('a PKCSReq that cannot renew falls back to its challenge, if it has one', async () => {
        const held = await holder(200)
        expect(await renewed(held, {}, {}, 19)).toMatchObject({ reason: 'renewal_too_early' })
        const { challenge } = await portal.mint(`CN=${held.subject[0]?.value}`, [], endpoint)
        const report = await renewed(held, { challenge }, {}, 19)
        expect(report).toMatchObject({ verdict: 'would_issue' })
        expect(checkOf(report, 'renewalWindow')).toMatchObject({ verdict: 'set_aside', reason: 'renewal_too_early' })
      })

      test('where a challenge is required it has to hold as well', async () => {
        const held = await holder()
        await renewSet({ renewalChallenge: 'required' })
        expect(await renewed(held)).toMatchObject({ reason: 'challenge_missing' })
        const { challenge } = await portal.mint(`CN=${held.subject[0]?.value}`, [], endpoint)
        expect(await renewed(held, { challenge })).toMatchObject({ verdict: 'would_issue' })
      })

      test('of another group, of nobody, and what is no serial number', async () => {
        const other = await portal.createGroup(`Elsewhere ${groups}`)
        const held = await holder(10, other.endpoint.slug)
        expect(await renewed(held)).toMatchObject({ reason: 'renewal_signer_unknown' })
        const csr = await pem({})
        expect(await quietly({ csr, messageType: 'RenewalReq' })).toMatchObject({ reason: 'renewal_signer_unknown' })
        await expect(quietly({ csr, signedBy: 'mine' })).rejects.toMatchObject({ code: 'invalid_input' })
      })

      test('a recorded one is judged by the certificate that signed it', async () => {
        const held = await holder(200)
        await (await device({ subject: held.subject, key: 1 })).enrol(held.message)
        const { id } = await newest()
        expect(await quietly({ transaction: id })).toMatchObject({ reason: 'renewal_too_early' })
        const changes = { renewalWindowDays: 300 }
        expect(await quietly({ transaction: id, changes })).toMatchObject({ verdict: 'would_issue' })
      })
    })

    async function pem(told: Told): Promise<string> {
      return toPem((await device(told)).csr, 'CERTIFICATE REQUEST')
    }
  })
}
