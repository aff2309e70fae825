/** What the policy "static" promises, over the stores in memory and on Postgres. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import { expireChallenges } from '@/lib/jobs/expire-challenges'
import type { NewStaticSecretRequest } from '@/lib/services/static-secrets'
import { type EnrolmentBacking, type EnrolmentPortal, enrolmentPortal, type Told } from './enrolment'
import { actor } from './harness'

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
const REJECTED = { pkiStatus: 'FAILURE', failInfo: 2, failInfoText: 'challenge rejected' }

export function staticSecretContract(name: string, open: () => Promise<EnrolmentBacking>): void {
  describe(`static secrets ${name}`, () => {
    let backing: EnrolmentBacking
    let portal: EnrolmentPortal
    let endpoint: string
    let groups = 0
    beforeAll(async () => {
      backing = await open()
      portal = await enrolmentPortal(backing, { abandonedAfterSeconds: 0 })
    })
    afterAll(() => backing.close())
    /** Each test has an endpoint of its own: two active secrets are all that one may have. */
    beforeEach(async () => {
      groups += 1
      endpoint = (await portal.createGroup(`Static ${groups}`)).endpoint.slug
      await backing.setEndpoint(endpoint, { policy: 'static' })
    })

    const create = (bounds: Partial<NewStaticSecretRequest> = {}) =>
      portal.staticSecrets.create(actor('admin'), endpoint, { ...BOUNDS, ...bounds })
    /** A device of its own each time: a key of its own, a name that fits. */
    const device = (challenge: string | undefined, told: Told = {}) =>
      portal.device({
        endpoint,
        subject: PRINTER,
        transactionId: randomUUID(),
        ...(challenge === undefined ? {} : { challenge }),
        ...told,
      })
    const enrol = async (challenge: string | undefined, told: Told = {}) => (await device(challenge, told)).enrol()
    /** Settings are kept for a second. */
    const set = async (settings: Parameters<EnrolmentBacking['setEndpoint']>[1]) => {
      await backing.setEndpoint(endpoint, settings)
      portal.time.now = new Date(portal.time.now.getTime() + 1_000)
    }
    const uses = async () => (await portal.staticSecrets.list(actor('auditor'), endpoint)).map((view) => view.uses)
    const reasons = async (work: () => Promise<unknown>) => (await portal.eventsOf(work)).events

    test('a device with a name that fits is issued to, under the names it asked for', async () => {
      const { secret, view } = await create()
      expect(secret).toMatch(/^[A-HJ-KM-NP-Za-hj-km-np-z2-9]{28}$/)
      const { result, events, full } = await portal.eventsOf(() =>
        enrol(secret, { san: [{ type: 'dns', value: 'printer-7.example.com' }] }),
      )
      expect(result).toMatchObject({ pkiStatus: 'SUCCESS' })
      expect(events).toEqual([
        'static_secret.used',
        'certificate.issue_intent to_be_signed',
        'certificate.issued',
        'challenge.consumed',
      ])
      expect(full[0]).toMatchObject({ object: { type: 'static-secret', id: view.id }, data: { hint: view.hint } })
      expect(JSON.stringify(full)).not.toContain(secret)
      expect(await uses()).toEqual([1])
    })

    test('the same request again is the same certificate and one use', async () => {
      const { secret } = await create()
      const printer = await device(secret)
      const [first, second] = [await printer.enrol(), await printer.enrol()]
      expect(second.certificates).toEqual(first.certificates)
      expect(await uses()).toEqual([1])
      expect((await printer.poll()).pkiStatus).toBe('SUCCESS')
    })

    test('everything that is wrong sounds alike to the device, and is told apart in the trail', async () => {
      const { secret, view } = await create()
      const cases: [string, () => Promise<unknown>][] = [
        ['challenge.unknown static_secret_unknown', () => enrol(`${secret}x`)],
        ['challenge.unknown static_secret_unknown', () => enrol(secret.toUpperCase())],
        ['enrol.request.rejected challenge_missing', () => enrol(undefined)],
        ['enrol.request.rejected challenge_missing', () => enrol('')],
        ['enrol.request.rejected static_secret_address', () => enrol(secret, { ip: '198.51.100.1' })],
        [
          'enrol.request.rejected static_secret_template',
          () => enrol(secret, { subject: [{ type: 'CN', value: 'domain-controller' }] }),
        ],
        [
          'enrol.request.rejected static_secret_template',
          () => enrol(secret, { san: [{ type: 'upn', value: 'admin@example.com' }] }),
        ],
      ]
      for (const [expected, work] of cases) {
        const { result, events } = await portal.eventsOf(work)
        expect(result, expected).toMatchObject(REJECTED)
        expect(events).toEqual([expected])
      }
      await backing.age('static-secret', view.id, 31 * 1_440)
      expect(await reasons(() => enrol(secret))).toEqual(['enrol.request.rejected static_secret_expired'])
      expect(await uses()).toEqual([0])
    })

    test('a secret of another endpoint is unknown here', async () => {
      const other = await portal.createGroup(`Other ${name} ${groups}`)
      const { secret } = await portal.staticSecrets.create(actor('admin'), other.endpoint.slug, BOUNDS)
      await create()
      expect(await reasons(() => enrol(secret))).toEqual(['challenge.unknown static_secret_unknown'])
    })

    test('a dynamic challenge is none at a static endpoint, and a static secret is none at a dynamic one', async () => {
      const { secret } = await create()
      await set({ policy: 'dynamic' })
      expect(await reasons(() => enrol(secret))).toEqual(['challenge.unknown challenge_unknown'])
      const { challenge } = await portal.challenges.mint(actor('operator'), {
        endpoint,
        subject: 'CN=printer-7,O=Example',
      })
      await set({ policy: 'static' })
      expect(await enrol(challenge)).toMatchObject(REJECTED)
    })

    test('a message that another key signed is refused, unless its certificate is pinned', async () => {
      const { secret } = await create()
      const wrapped = await device(secret, { signer: 1, key: 0 })
      const { result, events, full } = await portal.eventsOf(() => wrapped.enrol())
      expect(result).toMatchObject({
        pkiStatus: 'FAILURE',
        failInfo: 2,
        failInfoText: 'request could not be processed',
      })
      expect(events).toEqual(['enrol.request.rejected signer_key_differs'])
      const fingerprint = /certificate ([0-9a-f]{64})/.exec(String(full[0]?.data.detail))?.[1] ?? ''
      await set({ trustedProxySigners: [fingerprint] })
      expect(await enrol(secret, { signer: 1, key: 0 })).toMatchObject({ pkiStatus: 'SUCCESS' })
      expect(await enrol(secret, { signer: 2, key: 0 })).toMatchObject({ pkiStatus: 'FAILURE' })
    })

    test('no more uses than it has, and revoking takes the rest', async () => {
      const { secret, view } = await create({ maxUses: 2 })
      expect(await enrol(secret)).toMatchObject({ pkiStatus: 'SUCCESS' })
      expect(await enrol(secret)).toMatchObject({ pkiStatus: 'SUCCESS' })
      expect(await reasons(() => enrol(secret))).toEqual(['enrol.request.rejected static_secret_exhausted'])
      const [listed] = await portal.staticSecrets.list(actor('admin'), endpoint)
      expect(listed).toMatchObject({ state: 'exhausted', uses: 2 })
      const { result, events } = await portal.eventsOf(() =>
        portal.staticSecrets.revoke(actor('admin'), endpoint, view.id),
      )
      expect(result).toMatchObject({ state: 'revoked', revokedAt: expect.any(Date) })
      expect(events).toEqual(['static_secret.revoked'])
      expect(await reasons(() => enrol(secret))).toEqual(['enrol.request.rejected static_secret_revoked'])
      await expect(portal.staticSecrets.revoke(actor('admin'), endpoint, view.id)).rejects.toMatchObject({
        code: 'conflict',
      })
    })

    test('no more in an hour than it may, and the same request may come again later', async () => {
      const { secret } = await create({ perHour: 1 })
      expect(await enrol(secret)).toMatchObject({ pkiStatus: 'SUCCESS' })
      const late = await device(secret)
      expect(await reasons(() => late.enrol())).toEqual(['enrol.request.rejected static_secret_too_fast'])
      for (const { id } of await grants()) await backing.age('challenge', id, 61)
      expect(await late.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
      expect(await uses()).toEqual([2])
    })

    test('an issuance that an outage stopped is one use, and goes on with the same request', async () => {
      const { secret } = await create({ maxUses: 1 })
      const printer = await device(secret)
      const [{ id = '' } = {}] = await portal.staticSecrets.list(actor('admin'), endpoint)
      const { signCertificate } = portal.signer
      portal.signer.signCertificate = () => Promise.reject(new Refusal('unavailable', 'The signer is away.'))
      expect(await printer.status()).toMatchObject({ status: 503 })
      portal.signer.signCertificate = signCertificate
      // Its certificate was begun, so it will be made: taking the secret back stops the others.
      await portal.staticSecrets.revoke(actor('admin'), endpoint, id)
      expect(await printer.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
      expect(await uses()).toEqual([1])
      expect(await enrol(secret)).toMatchObject(REJECTED)
    })

    test('an endpoint that is not ready gives the use back at once', async () => {
      const { secret } = await create({ maxUses: 1 })
      const printer = await device(secret)
      const { issuingEndpoint } = backing.stores.issuance
      backing.stores.issuance.issuingEndpoint = async () => null
      expect(await printer.status()).toMatchObject({ status: 503 })
      backing.stores.issuance.issuingEndpoint = issuingEndpoint
      expect(await uses()).toEqual([0])
      expect(await enrol(secret)).toMatchObject({ pkiStatus: 'SUCCESS' })
    })

    test('what a crash left reserved is a use until the sweep has been by', async () => {
      const { secret, view } = await create({ maxUses: 1 })
      const { id: endpointId } = (await backing.enrolment.staticSecrets.endpoint(endpoint)) ?? { id: '' }
      const hash = () => new Uint8Array(Buffer.from(randomUUID().replaceAll('-', '').repeat(2), 'hex'))
      const attempt = {
        endpointId,
        transactionId: hash(),
        messageType: 19,
        csrSha256: hash(),
        spkiSha256: hash(),
        signerSpkiSha256: hash(),
        subject: 'CN=printer-7',
        sourceIp: null,
        userAgent: null,
        client: null,
        policyVersion: 1,
      }
      const begun = await backing.enrolment.enrolment.begin(attempt)
      if (!begun.started) throw new Error('known already')
      const grant = {
        id: randomUUID(),
        handleHash: hash(),
        origin: 'static' as const,
        endpointId,
        transactionRowId: begun.id,
        csrSha256: attempt.csrSha256,
        spkiSha256: attempt.spkiSha256,
        subject: 'CN=printer-7',
        constraints: { v: 1 as const, subject: [], san: [] },
        evidence: { staticSecretId: view.id },
        renewsCertificateId: null,
        by: 'printer-7',
        via: 'static',
        ip: null,
      }
      expect(await backing.enrolment.staticSecrets.use(view.id, grant, [])).toMatchObject({ outcome: 'granted' })
      // The same transaction is not counted twice; another one finds no room.
      expect(await backing.enrolment.staticSecrets.use(view.id, grant, [])).toMatchObject({ outcome: 'granted' })
      expect(await enrol(secret)).toMatchObject(REJECTED)
      await backing.age('challenge', grant.id, 11)
      await expireChallenges(backing.enrolment.upkeep, backing.enrolment.flights).run(portal.time.now)
      expect(await uses()).toEqual([0])
      expect(await enrol(secret)).toMatchObject({ pkiStatus: 'SUCCESS' })
    })

    test('two may be active, for the change from one to the other', async () => {
      const first = await create()
      await create()
      await expect(create()).rejects.toMatchObject({ code: 'conflict', reason: 'static_secret_quota' })
      await portal.staticSecrets.revoke(actor('admin'), endpoint, first.view.id)
      expect((await create()).view.state).toBe('active')
    })

    test.each([
      [{ subjectTemplate: 'CN=*' }, 'subjectTemplate'],
      [{ allowedAddresses: [] }, 'allowedAddresses'],
      [{ maxUses: 0 }, 'maxUses'],
      [{ perHour: 1.5 }, 'perHour'],
      [{ expiresInDays: 366 }, 'expiresInDays'],
    ] as const)('%j is refused, and the field is named', async (bounds, field) => {
      await expect(create(bounds as Partial<NewStaticSecretRequest>)).rejects.toMatchObject({
        code: 'invalid_input',
        fields: { [field]: expect.any(String) },
      })
    })

    test('a list of addresses that shuts nobody out is possible, and says so', async () => {
      const { view } = await create({ allowedAddresses: ['0.0.0.0/0', '::/0'] })
      expect(view).toMatchObject({ fromEverywhere: true })
    })

    test('only administrators create and revoke; operators do not even look', async () => {
      const { view } = await create()
      const { staticSecrets } = portal
      await expect(staticSecrets.create(actor('operator'), endpoint, BOUNDS)).rejects.toMatchObject({
        code: 'forbidden',
      })
      await expect(staticSecrets.revoke(actor('auditor'), endpoint, view.id)).rejects.toMatchObject({
        code: 'forbidden',
      })
      await expect(staticSecrets.list(actor('operator'), endpoint)).rejects.toMatchObject({ code: 'forbidden' })
      await expect(staticSecrets.list(actor('admin'), 'nowhere')).rejects.toMatchObject({ code: 'not_found' })
    })

    async function grants(): Promise<{ id: string }[]> {
      const { items } = await portal.transactions.list(actor('auditor'), { endpoint }, { limit: 10 })
      return items.flatMap(({ challengeId }) => (challengeId === null ? [] : [{ id: challengeId }]))
    }
  })
}
