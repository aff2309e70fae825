/** What the policy "approval" promises, over the stores in memory and on Postgres. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import { parseCertificate } from '@/lib/pki/certificate'
import type { Actor } from '@/lib/services/actor'
import { systemActor } from '@/lib/services/actor'
import { MOST_WAITING } from '@/lib/services/approval-authorisation'
import { type EnrolmentBacking, type EnrolmentPortal, enrolmentPortal, type Told } from './enrolment'
import { actor } from './harness'

const DENIED = { pkiStatus: 'FAILURE', failInfo: 2, failInfoText: 'request denied' }
const EXPIRED = { pkiStatus: 'FAILURE', failInfo: 2, failInfoText: 'request expired' }
const WEEK = 168 * 60
const DAY = 1_440

/** People are told apart by their id. */
export function person(number: number): Actor {
  return { ...actor('operator'), id: `00000000-0000-4000-8000-00000000010${number}`, name: `Person ${number}` }
}

export function approvalContract(name: string, open: () => Promise<EnrolmentBacking>): void {
  describe(`approvals ${name}`, () => {
    let backing: EnrolmentBacking
    let portal: EnrolmentPortal
    let endpoint: string
    let groups = 0
    beforeAll(async () => {
      backing = await open()
      portal = await enrolmentPortal(backing, { abandonedAfterSeconds: 0 })
      portal.time.now = backing.now()
    })
    afterAll(() => backing.close())
    beforeEach(async () => {
      groups += 1
      endpoint = (await portal.createGroup(`Approval ${groups}`)).endpoint.slug
      await backing.setEndpoint(endpoint, { policy: 'approval' })
    })

    /** Settings are kept for a second. */
    const set = async (settings: Parameters<EnrolmentBacking['setEndpoint']>[1]) => {
      await backing.setEndpoint(endpoint, settings)
      portal.time.now = new Date(portal.time.now.getTime() + 1_000)
    }
    const device = (told: Told = {}) => portal.device({ endpoint, transactionId: randomUUID(), ...told })
    const open_ = async () =>
      (await portal.approvals.list(actor('auditor'), { endpoint, state: 'open' }, { limit: 50 })).items
    const waiting = async (told: Told = {}) => {
      const tablet = await device(told)
      expect(await tablet.enrol()).toMatchObject({ pkiStatus: 'PENDING' })
      const [request] = await open_()
      if (request === undefined) throw new Error('nothing waits')
      return { tablet, id: request.id, request }
    }
    const approve = (id: string, by: Actor = person(1), comment?: string) => portal.approvals.approve(by, id, comment)
    const agePast = async (id: string, minutes: number) => {
      await backing.age('approval', id, minutes)
      await backing.age('transaction', id, minutes)
    }

    test('PENDING until a person approves, then the certificate, by poll and by the same request', async () => {
      const tablet = await device({ san: [{ type: 'dns', value: 'tablet-7.example.com' }] })
      const { result: first, events, full } = await portal.eventsOf(() => tablet.enrol())
      expect(first).toMatchObject({ pkiStatus: 'PENDING', certificates: [] })
      expect(events).toEqual(['approval.requested waits_for_approval'])
      expect(full[0]).toMatchObject({
        object: { type: 'transaction' },
        data: { key: 'RSA 2048', approvalsRequired: 1 },
      })
      expect((await portal.eventsOf(() => tablet.poll())).result.pkiStatus).toBe('PENDING')

      const [request] = await open_()
      expect(request).toMatchObject({
        state: 'open',
        subject: 'CN=tablet-7,O=Example',
        san: [{ type: 'dns', value: 'tablet-7.example.com' }],
        certificate: null,
        sourceIp: '192.0.2.9',
        decisions: [],
      })
      const approval = await portal.eventsOf(() => approve(request?.id ?? '', person(1), 'New tablet of Ada'))
      expect(approval.events).toEqual([
        'approval.approved',
        'certificate.issue_intent to_be_signed',
        'certificate.issued',
        'challenge.consumed',
      ])
      expect(approval.full[0]?.data).toMatchObject({ comment: 'New tablet of Ada', approvals: 1, required: 1 })
      expect(approval.result).toMatchObject({
        state: 'approved',
        problem: null,
        certificate: { serial: expect.any(String) },
        decisions: [{ name: 'Person 1', approves: true, comment: 'New tablet of Ada' }],
      })

      const polled = await tablet.poll()
      expect(polled).toMatchObject({ pkiStatus: 'SUCCESS' })
      const leaf = parseCertificate(polled.certificates[0] as Uint8Array)
      expect(leaf.serial).toBe(approval.result.certificate?.serial)
      expect((await tablet.enrol()).certificates).toEqual(polled.certificates)
      expect(await open_()).toEqual([])
    })

    test('the same request again is PENDING again, and no second row', async () => {
      const { tablet, id } = await waiting()
      const { result, events } = await portal.eventsOf(() => tablet.enrol())
      expect(result).toMatchObject({ pkiStatus: 'PENDING' })
      expect(events).toEqual([])
      expect((await open_()).map((each) => each.id)).toEqual([id])
      const { items } = await portal.transactions.list(actor('auditor'), { endpoint }, { limit: 10 })
      expect(items).toMatchObject([{ id, state: 'pending' }])
    })

    test('a poll by another key, or of another transaction, matches nothing', async () => {
      const { tablet } = await waiting()
      const stranger = await device({ signer: 1, transactionId: tablet.transactionId })
      expect(await stranger.poll()).toMatchObject({ pkiStatus: 'FAILURE', failInfo: 4 })
      expect(await (await device()).poll()).toMatchObject({ pkiStatus: 'FAILURE', failInfo: 4 })
    })

    test('a denial is heard by poll and by the same request, and stays', async () => {
      const { tablet, id } = await waiting()
      const { result, events } = await portal.eventsOf(() => portal.approvals.deny(person(1), id, 'Not ours'))
      expect(events).toEqual(['approval.denied'])
      expect(result).toMatchObject({ state: 'denied', decisions: [{ approves: false, comment: 'Not ours' }] })
      expect(await tablet.poll()).toMatchObject(DENIED)
      expect(await tablet.enrol()).toMatchObject(DENIED)
      const { items } = await portal.transactions.list(actor('auditor'), { endpoint }, { limit: 10 })
      expect(items[0]).toMatchObject({ state: 'refused', reason: 'request_denied', detail: 'Not ours' })
      await expect(approve(id, person(2))).rejects.toMatchObject({ code: 'conflict', reason: 'approval_denied' })
    })

    test('after a day a denied device may ask anew', async () => {
      const { tablet, id } = await waiting()
      await portal.approvals.deny(person(1), id)
      await backing.age('transaction', id, DAY + 1)
      portal.time.now = new Date(portal.time.now.getTime() + 1_000)
      expect(await tablet.enrol()).toMatchObject({ pkiStatus: 'PENDING' })
      expect((await open_())[0]?.id).not.toBe(id)
    })

    test('beyond its time it is refused at once, and put away by the job', async () => {
      const { tablet, id } = await waiting()
      const before = await portal.approvals.countOpen(actor('operator'))
      await agePast(id, WEEK + 1)
      expect(await tablet.poll()).toMatchObject(EXPIRED)
      expect(await tablet.enrol()).toMatchObject(EXPIRED)
      await expect(approve(id)).rejects.toMatchObject({ code: 'conflict', reason: 'approval_expired' })
      expect(await portal.approvals.countOpen(actor('operator'))).toBe(before - 1)
      const { result, events } = await portal.eventsOf(() => portal.approvals.tend())
      expect(result).toEqual({ completed: 0, expired: 1 })
      expect(events).toEqual(['approval.expired'])
      expect(await tablet.poll()).toMatchObject(EXPIRED)
      expect((await portal.eventsOf(() => portal.approvals.tend())).result).toEqual({ completed: 0, expired: 0 })
    })

    test('long after its time the same request is a new one, whether or not the job has been by', async () => {
      const { tablet, id } = await waiting()
      await agePast(id, WEEK + DAY + 1)
      expect(await tablet.enrol()).toMatchObject({ pkiStatus: 'PENDING' })
      const [request] = await open_()
      expect(request?.id).not.toBe(id)
      expect((await portal.approvals.tend()).expired).toBe(1)
      expect((await open_()).map((each) => each.id)).toEqual([request?.id])
    })

    test('a certificate that nobody fetched waits for its device; from the first fetch on the replay window runs', async () => {
      const { tablet, id } = await waiting()
      await approve(id)
      await backing.age('transaction', id, 4 * DAY)
      const polled = await tablet.poll()
      expect(polled).toMatchObject({ pkiStatus: 'SUCCESS' })
      expect((await tablet.poll()).certificates).toEqual(polled.certificates)
      await backing.age('transaction', id, DAY + 1)
      expect(await tablet.poll()).toMatchObject({ pkiStatus: 'FAILURE', failInfo: 4 })
      expect(await tablet.enrol()).toMatchObject({ pkiStatus: 'PENDING' })
    })

    test('a certificate that was revoked before it was fetched is not handed out', async () => {
      const { tablet, id } = await waiting()
      const { certificate } = await approve(id)
      await portal.certificates.revoke(actor('admin'), certificate?.serial ?? '', { reason: 'keyCompromise' })
      expect(await tablet.poll()).toMatchObject(DENIED)
    })

    describe('several people', () => {
      beforeEach(() => set({ approvalsRequired: 2 }))

      test('as many as the endpoint asks for, each once', async () => {
        const { tablet, id } = await waiting()
        const first = await portal.eventsOf(() => approve(id, person(1)))
        expect(first.events).toEqual(['approval.approved'])
        expect(first.result).toMatchObject({ state: 'open', certificate: null })
        await expect(approve(id, person(1))).rejects.toMatchObject({ code: 'conflict', reason: 'approval_again' })
        await expect(portal.approvals.deny(person(1), id)).rejects.toMatchObject({ reason: 'approval_again' })
        expect(await tablet.poll()).toMatchObject({ pkiStatus: 'PENDING' })
        expect(await approve(id, person(2))).toMatchObject({ state: 'approved', certificate: expect.anything() })
        expect(await tablet.poll()).toMatchObject({ pkiStatus: 'SUCCESS' })
      })

      test('one denial denies', async () => {
        const { tablet, id } = await waiting()
        await approve(id, person(1))
        expect(await portal.approvals.deny(person(2), id)).toMatchObject({ state: 'denied' })
        expect(await tablet.poll()).toMatchObject(DENIED)
        await expect(approve(id, person(3))).rejects.toMatchObject({ code: 'conflict' })
      })

      test('a key or a command line counts as nobody, but may deny', async () => {
        const { id } = await waiting()
        const key: Actor = { ...actor('operator'), type: 'service', via: 'api' }
        for (const machine of [key, systemActor('cli', 'root')])
          await expect(approve(id, machine)).rejects.toMatchObject({ code: 'conflict', reason: 'approval_by_people' })
        expect(await portal.approvals.deny(key, id)).toMatchObject({ state: 'denied' })
      })

      test('two at the same instant: both count, and one certificate follows', async () => {
        const { tablet, id } = await waiting()
        const views = await Promise.all([approve(id, person(1)), approve(id, person(2))])
        expect(views.some(({ state }) => state === 'approved')).toBe(true)
        expect(await tablet.poll()).toMatchObject({ pkiStatus: 'SUCCESS' })
        expect(await issued()).toBe(1)
      })
    })

    describe('many at once', () => {
      const several = async (count: number) => {
        const tablets: Awaited<ReturnType<typeof device>>[] = []
        for (let number = 0; number < count; number += 1) {
          const tablet = await device()
          await tablet.enrol()
          tablets.push(tablet)
        }
        return { tablets, ids: (await open_()).map(({ id }) => id) }
      }
      const all = () => ({ filter: { endpoint }, before: new Date(portal.time.now.getTime() + 60_000) })
      const wait = (by: Actor) => portal.approvals.undecided(by, { endpoint })

      test('ticked ones are approved, each with its own event and certificate, and told what was left out', async () => {
        const { tablets, ids } = await several(3)
        await portal.approvals.deny(person(2), ids[0] ?? '')
        await agePast(ids[1] ?? '', WEEK + 1)
        const which = { ids: [...ids, ...ids, randomUUID()] }
        const { result, full } = await portal.eventsOf(() =>
          portal.approvals.decideMany(person(1), which, { approves: true, comment: ' The new tablets ' }),
        )
        expect(result).toEqual({ decided: 1, skipped: { denied: 1, expired: 1, unknown: 1 }, more: false })
        const said = full.filter(({ type }) => type === 'approval.approved')
        expect(said).toMatchObject([{ object: { id: ids[2] }, data: { comment: 'The new tablets', approvals: 1 } }])
        expect(await issued()).toBe(1)
        // The oldest is the last of the list.
        expect(await tablets[0]?.poll()).toMatchObject({ pkiStatus: 'SUCCESS' })
      })

      test('all that match are denied: none of another endpoint, and none that came since', async () => {
        const { tablets } = await several(2)
        const none = { filter: { endpoint }, before: new Date(0) }
        const deny = (which: Parameters<typeof portal.approvals.decideMany>[1]) =>
          portal.approvals.decideMany(person(1), which, { approves: false })
        expect(await deny(none)).toEqual({ decided: 0, skipped: {}, more: false })
        expect(await deny({ ...all(), filter: { endpoint: 'nowhere' } })).toMatchObject({ decided: 0 })
        const { result, events } = await portal.eventsOf(() => deny(all()))
        expect(result).toEqual({ decided: 2, skipped: {}, more: false })
        expect(events).toEqual(['approval.denied', 'approval.denied'])
        for (const tablet of tablets) expect(await tablet.poll()).toMatchObject(DENIED)
      })

      test('where several approve, each says it once, and what they have said is no longer theirs to say', async () => {
        await set({ approvalsRequired: 2 })
        const { ids } = await several(2)
        const approveAll = (by: Actor, which: Parameters<typeof portal.approvals.decideMany>[1] = all()) =>
          portal.approvals.decideMany(by, which, { approves: true })
        expect(await wait(person(1))).toEqual({ count: 2, more: false })
        expect(await approveAll(person(1))).toEqual({ decided: 2, skipped: {}, more: false })
        expect(await wait(person(1))).toEqual({ count: 0, more: false })
        expect(await approveAll(person(1))).toEqual({ decided: 0, skipped: {}, more: false })
        expect(await approveAll(person(1), { ids })).toEqual({ decided: 0, skipped: { again: 2 }, more: false })
        expect(await issued()).toBe(0)
        expect(await approveAll(systemActor('cli', 'root'))).toMatchObject({ decided: 0, skipped: { by_people: 2 } })
        expect(await wait(person(2))).toEqual({ count: 2, more: false })
        expect(await approveAll(person(2))).toEqual({ decided: 2, skipped: {}, more: false })
        expect(await issued()).toBe(2)
      })

      test('two people at the same instant: each request is decided once', async () => {
        await several(3)
        const said = await Promise.all(
          [1, 2].map((number) => portal.approvals.decideMany(person(number), all(), { approves: true })),
        )
        expect(said.reduce((sum, { decided }) => sum + decided, 0)).toBe(3)
        expect(await issued()).toBe(3)
      })

      test('a limited operator decides about nothing of another group, and an auditor about nothing', async () => {
        const { ids } = await several(1)
        const stranger = { ...person(1), groups: ['elsewhere'] }
        const which = [{ ids }, all()]
        const said = await Promise.all(
          which.map((each) => portal.approvals.decideMany(stranger, each, { approves: false })),
        )
        expect(said.map(({ decided }) => decided)).toEqual([0, 0])
        expect(await wait(stranger)).toEqual({ count: 0, more: false })
        expect(await open_()).toMatchObject([{ decisions: [] }])
        await expect(portal.approvals.decideMany(actor('auditor'), { ids }, { approves: true })).rejects.toMatchObject({
          code: 'forbidden',
        })
      })
    })

    test('of two who approve at the same instant, one does, and there is one certificate', async () => {
      const { id } = await waiting()
      const said = await Promise.allSettled([1, 2, 3, 4].map((number) => approve(id, person(number))))
      expect(said.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await issued()).toBe(1)
    })

    test('of an approval and a denial at the same instant, one holds, and the device hears that one', async () => {
      const { tablet, id } = await waiting()
      const said = await Promise.allSettled([approve(id, person(1)), portal.approvals.deny(person(2), id)])
      expect(said.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const approved = said[0]?.status === 'fulfilled'
      expect(await tablet.poll()).toMatchObject(approved ? { pkiStatus: 'SUCCESS' } : DENIED)
      expect(await issued()).toBe(approved ? 1 : 0)
    })

    describe('challenges', () => {
      test('a request with one is refused, unless the endpoint lets it wait', async () => {
        const { result, events } = await portal.eventsOf(async () => (await device({ challenge: 'guess' })).enrol())
        expect(result).toMatchObject({ pkiStatus: 'FAILURE', failInfoText: 'challenge rejected' })
        expect(events).toEqual(['enrol.request.rejected approval_challenge'])
        await set({ approveWrongChallenge: true })
        const { id } = await waiting({ challenge: 'guess' })
        const detail = await portal.approvals.get(actor('auditor'), id)
        expect(detail.requested.wrongChallenge).toBe(true)
        expect(JSON.stringify([detail, await backing.events()])).not.toContain('guess')
      })

      test('an empty one is none', async () => {
        await waiting({ challenge: '' })
      })
    })

    test('a message that another key signed is refused', async () => {
      const { result, events } = await portal.eventsOf(async () => (await device({ signer: 1, key: 0 })).enrol())
      expect(result).toMatchObject({ pkiStatus: 'FAILURE', failInfoText: 'request could not be processed' })
      expect(events).toEqual(['enrol.request.rejected signer_key_differs'])
    })

    test('names that no certificate may have are refused before anybody is asked', async () => {
      const tablet = await device({ subject: [{ type: 'CN', value: '{{DeviceName}}' }] })
      expect(await tablet.enrol()).toMatchObject({
        pkiStatus: 'FAILURE',
        failInfoText: 'request not permitted by policy',
      })
      expect(await open_()).toEqual([])
    })

    test('one source fills no queue, and what is decided makes room', async () => {
      const ip = `203.0.113.${groups}`
      for (let number = 0; number < MOST_WAITING.perSource; number++) await waiting({ ip })
      const late = await device({ ip })
      const { result, events } = await portal.eventsOf(() => late.enrol())
      expect(result).toMatchObject({ pkiStatus: 'FAILURE', failInfoText: 'operation not permitted' })
      expect(events).toEqual(['enrol.request.rejected approval_queue_full'])
      const [first] = await open_()
      await portal.approvals.deny(person(1), first?.id ?? '')
      expect(await late.enrol()).toMatchObject({ pkiStatus: 'PENDING' })
    })

    test('a request that was refused there and is sent again from elsewhere counts for where it comes from', async () => {
      const [full, other] = [`203.0.113.${groups}`, `198.51.100.${groups}`]
      for (let number = 0; number < MOST_WAITING.perSource; number++) await waiting({ ip: full })
      const refused = []
      for (let number = 0; number <= MOST_WAITING.perSource; number++) {
        const late = await device({ ip: full })
        expect(await late.enrol()).toMatchObject({ pkiStatus: 'FAILURE' })
        refused.push(await device({ ip: other, transactionId: late.transactionId }))
      }
      const answers: string[] = []
      for (const late of refused) answers.push((await late.enrol()).pkiStatus)
      expect(answers).toEqual([...Array(MOST_WAITING.perSource).fill('PENDING'), 'FAILURE'])
      expect((await open_())[0]).toMatchObject({ sourceIp: other })
    })

    test('a full endpoint takes nobody more, wherever they come from', async () => {
      const { approvals } = backing.enrolment
      const { id, tablet } = await waiting()
      const { transactionRowId } = { transactionRowId: id }
      const held = {
        transactionRowId,
        endpointId: (await backing.enrolment.staticSecrets.endpoint(endpoint))?.id ?? '',
        ttlHours: 1,
        spki: new Uint8Array(1),
        subjectDer: new Uint8Array(1),
        san: [],
        key: 'RSA 2048',
        requested: {
          signatureAlgorithm: '',
          keyUsage: [],
          extendedKeyUsage: [],
          extensions: [],
          dropped: [],
          wrongChallenge: false,
        },
        renews: null,
        rules: {},
        ip: null,
        source: 'elsewhere',
      }
      const unused = () => {
        throw new Error('no event')
      }
      const hash = new Uint8Array(32).fill(groups)
      const begun = await backing.enrolment.enrolment.begin({
        endpointId: held.endpointId,
        transactionId: hash,
        messageType: 19,
        csrSha256: hash,
        spkiSha256: hash,
        signerSpkiSha256: hash,
        subject: null,
        sourceIp: null,
        userAgent: null,
        client: null,
        policyVersion: 1,
      })
      if (!begun.started) throw new Error('known already')
      const most = { perEndpoint: 1, perSource: 1 }
      expect(await approvals.hold({ ...held, transactionRowId: begun.id }, most, unused)).toBe('full')
      // What is held already stays so.
      expect(await approvals.hold(held, most, unused)).toBe('open')
      expect(await tablet.poll()).toMatchObject({ pkiStatus: 'PENDING' })
    })

    describe('an issuance that stops half way', () => {
      test.each(['signCertificate', 'issuingEndpoint'])(
        'at %s: the decision stands, the device waits, and the job finishes',
        async (where) => {
          const { tablet, id } = await waiting()
          const { signCertificate } = portal.signer
          const { issuingEndpoint } = backing.stores.issuance
          if (where === 'signCertificate')
            portal.signer.signCertificate = () => Promise.reject(new Refusal('unavailable', 'The signer is away.'))
          else backing.stores.issuance.issuingEndpoint = async () => null
          try {
            expect(await approve(id)).toMatchObject({
              state: 'approved',
              certificate: null,
              problem: expect.any(String),
            })
            expect(await tablet.poll()).toMatchObject({ pkiStatus: 'PENDING' })
            await expect(portal.approvals.tend()).rejects.toThrow('1 approved requests have no certificate yet')
          } finally {
            portal.signer.signCertificate = signCertificate
            backing.stores.issuance.issuingEndpoint = issuingEndpoint
          }
          expect(await portal.approvals.tend()).toEqual({ completed: 1, expired: 0 })
          expect(await tablet.poll()).toMatchObject({ pkiStatus: 'SUCCESS' })
          expect(await issued()).toBe(1)
          expect(await portal.approvals.tend()).toEqual({ completed: 0, expired: 0 })
        },
      )

      test('the device may be quicker than the job', async () => {
        const { tablet, id } = await waiting()
        const { issuingEndpoint } = backing.stores.issuance
        backing.stores.issuance.issuingEndpoint = async () => null
        await approve(id)
        backing.stores.issuance.issuingEndpoint = issuingEndpoint
        expect(await tablet.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
        expect(await portal.approvals.tend()).toEqual({ completed: 0, expired: 0 })
        expect(await issued()).toBe(1)
      })

      test('what cannot be issued for a day beyond its time is given up', async () => {
        const { tablet, id } = await waiting()
        const { issuingEndpoint } = backing.stores.issuance
        backing.stores.issuance.issuingEndpoint = async () => null
        await approve(id)
        await agePast(id, WEEK + DAY + 1)
        await expect(portal.approvals.tend()).rejects.toThrow()
        backing.stores.issuance.issuingEndpoint = issuingEndpoint
        expect(await tablet.poll()).toMatchObject(EXPIRED)
        expect(await issued()).toBe(0)
      })
    })

    describe('a renewal that has to be authorised, as renewalChallenge = required has it', () => {
      const san = [{ type: 'dns', value: 'tablet.example.com' }] as const
      const required = { policy: 'approval', renewalChallenge: 'required', renewalWindowDays: 3_650 } as const
      /** Enrolled under a challenge that leaves it ten days, before the endpoint went over to approvals. */
      const enrolled = async () => {
        await set({ policy: 'dynamic' })
        const subject = [{ type: 'CN', value: `renewing-${groups}` }]
        const { challenge } = await portal.mint(`CN=renewing-${groups}`, [...san], endpoint, { maxValidityDays: 10 })
        const { certificates } = await (await device({ subject, challenge, san: [...san] })).enrol()
        const [der] = certificates
        if (der === undefined) throw new Error('not enrolled')
        const { serial, notAfter } = parseCertificate(der)
        await set({ ...required, supersedeAfterHours: 48 })
        return { der, subject, serial, notAfter, id: (await portal.certificates.get(actor('admin'), serial)).id }
      }
      const renewed = async ({ der, subject }: Awaited<ReturnType<typeof enrolled>>, told: Told = {}) => {
        const message = { messageType: 17, signerCertificateDer: der }
        const tablet = await device({ subject, key: 4, ...told, message })
        expect(await tablet.enrol()).toMatchObject({ pkiStatus: 'PENDING' })
        const [request] = await open_()
        if (request === undefined) throw new Error('nothing waits')
        return { tablet, id: request.id, request }
      }

      test('what people approve joins the line of the certificate that signed, with its names and its limits', async () => {
        const held = await enrolled()
        const { tablet, id, request } = await renewed(held)
        expect(request).toMatchObject({ san, renews: { id: held.id, serial: held.serial } })
        const detail = await portal.approvals.get(actor('auditor'), id)
        expect(detail.warnings).toEqual([])
        const { certificate } = await approve(id)
        const line = await backing.line(certificate?.id ?? '')
        expect(line).toMatchObject({ renews: held.id, lineageId: held.id })
        expect((await backing.line(held.id)).supersedeAt).not.toBeNull()
        const leaf = parseCertificate((await tablet.poll()).certificates[0] as Uint8Array)
        expect(leaf.san).toEqual(san)
        expect(leaf.notAfter.getTime() - leaf.notBefore.getTime()).toBeLessThan(11 * DAY * 60_000)
        // And the line remembers.
        await set({ policy: 'dynamic', renewalChallenge: 'optional' })
        const again = await device({
          subject: held.subject,
          key: 5,
          signer: 4,
          message: { messageType: 17, signerCertificateDer: leaf.der },
        })
        const third = parseCertificate((await again.enrol()).certificates[0] as Uint8Array)
        expect(third.notAfter.getTime() - third.notBefore.getTime()).toBeLessThan(11 * DAY * 60_000)
      })

      test('where the device is quicker than whoever makes it', async () => {
        const held = await enrolled()
        const { tablet, id } = await renewed(held)
        const { issuingEndpoint } = backing.stores.issuance
        backing.stores.issuance.issuingEndpoint = async () => null
        await approve(id)
        backing.stores.issuance.issuingEndpoint = issuingEndpoint
        const [der] = (await tablet.enrol()).certificates
        const { serial } = parseCertificate(der as Uint8Array)
        const { id: newest } = await portal.certificates.get(actor('admin'), serial)
        expect(await backing.line(newest)).toMatchObject({ renews: held.id, lineageId: held.id })
      })

      test('a request that was held as a new one gets the names that people saw, though it could renew by now', async () => {
        const held = await enrolled()
        await set({ ...required, renewalWindowDays: 1 })
        const message = { messageType: 19, signerCertificateDer: held.der }
        const tablet = await device({ subject: held.subject, key: 4, message })
        expect(await tablet.enrol()).toMatchObject({ pkiStatus: 'PENDING' })
        const [request] = await open_()
        expect(request).toMatchObject({ san: [], renews: null })
        const { issuingEndpoint } = backing.stores.issuance
        backing.stores.issuance.issuingEndpoint = async () => null
        await approve(request?.id ?? '')
        backing.stores.issuance.issuingEndpoint = issuingEndpoint
        await set(required)
        const [der] = (await tablet.enrol()).certificates
        expect(parseCertificate(der as Uint8Array).san).toEqual([])
      })

      test('it waits until the certificate ends at the latest', async () => {
        await set({ pendingTtlHours: 720 })
        const held = await enrolled()
        const { request } = await renewed(held)
        expect(request.expiresAt).toEqual(held.notAfter)
      })

      test('of two that wait for the same certificate, one becomes its successor', async () => {
        const held = await enrolled()
        const one = await renewed(held)
        const other = await renewed(held, { key: 5 })
        expect(await approve(one.id)).toMatchObject({ certificate: { serial: expect.any(String) } })
        const { result, events } = await portal.eventsOf(() => approve(other.id))
        expect(result).toMatchObject({ state: 'approved', certificate: null })
        expect(events).toEqual(['approval.approved', 'enrol.request.rejected renewal_repeated'])
        expect(await other.tablet.poll()).toMatchObject({ pkiStatus: 'FAILURE' })
        expect(await portal.approvals.tend()).toEqual({ completed: 0, expired: 0 })
        expect(await issued()).toBe(2)
      })

      test('of a certificate that was revoked meanwhile there is no successor', async () => {
        const held = await enrolled()
        const { tablet, id } = await renewed(held)
        await portal.certificates.revoke(actor('admin'), held.serial, { reason: 'keyCompromise' })
        const { events } = await portal.eventsOf(() => approve(id))
        expect(events).toEqual(['approval.approved', 'enrol.request.rejected renewal_signer_revoked'])
        expect(await tablet.poll()).toMatchObject({ pkiStatus: 'FAILURE' })
        expect(await issued()).toBe(1)
      })
    })

    test('what people see before they decide', async () => {
      const subject = [{ type: 'CN', value: 'kiosk-3' }]
      const before = await waiting({ subject, signer: 3 })
      await approve(before.id)
      const otherKey = await waiting({ subject, signer: 1 })
      await portal.approvals.deny(person(1), otherKey.id)
      // What a device of this name asked for beside is no request for a certificate.
      await backing.enrolment.flights.add([
        {
          id: randomUUID(),
          enrolmentTransactionId: randomUUID(),
          endpointId: (await backing.enrolment.enrolment.endpoint(endpoint))?.id ?? '',
          createdAt: portal.time.now,
          operation: 'GetCert',
          outcome: 'answered',
          client: null,
          sourceIp: null,
          steps: [],
          question: {
            transactionId: new Uint8Array(1),
            messageType: 21,
            signerSpkiSha256: new Uint8Array(32),
            subject: 'CN=kiosk-3',
            certificateId: null,
            userAgent: null,
          },
        },
      ])
      const { id } = await waiting({ subject, signer: 2 })
      const detail = await portal.approvals.get(actor('auditor'), id)
      expect(detail.history.certificates).toMatchObject([{ sameSubject: true, sameKey: false, revokedAt: null }])
      expect(detail.history.transactions.map(({ state }) => state).toSorted()).toEqual(['issued', 'refused'])
      expect(detail.warnings).toEqual([
        expect.stringContaining('same name and another key'),
        expect.stringContaining('denied before'),
      ])
      expect(detail.requested).toMatchObject({ signatureAlgorithm: 'sha256WithRSAEncryption', keyUsage: [] })

      const renamed = await waiting({ signer: 3, subject: [{ type: 'CN', value: 'elsewhere' }] })
      expect((await portal.approvals.get(actor('auditor'), renamed.id)).warnings).toEqual([
        expect.stringContaining('under another name: CN=kiosk-3'),
      ])
    })

    test('operators and administrators decide, auditors read, others do neither', async () => {
      const { id } = await waiting()
      const { approvals } = portal
      await expect(approvals.approve(actor('auditor'), id)).rejects.toMatchObject({ code: 'forbidden' })
      await expect(approvals.deny(actor('auditor'), id)).rejects.toMatchObject({ code: 'forbidden' })
      await expect(approvals.list({ ...actor('auditor'), role: null }, {}, {})).rejects.toMatchObject({
        code: 'unauthenticated',
      })
      expect(await approvals.get(actor('auditor'), id)).toMatchObject({ id })
      await expect(approvals.get(actor('auditor'), randomUUID())).rejects.toMatchObject({ code: 'not_found' })
      await expect(approve(randomUUID())).rejects.toMatchObject({ code: 'not_found' })
      await expect(approve(id, person(1), 'a\u202eb')).rejects.toMatchObject({ code: 'invalid_input' })
      expect(await approvals.approve(actor('admin'), id)).toMatchObject({ state: 'approved' })
    })

    test('the queue is read page by page, newest first', async () => {
      const ids: string[] = []
      for (let number = 0; number < 3; number++) {
        const { id } = await waiting()
        ids.unshift(id)
      }
      const first = await portal.approvals.list(actor('auditor'), { endpoint }, { limit: 2 })
      const second = await portal.approvals.list(
        actor('auditor'),
        { endpoint },
        { limit: 2, cursor: first.nextCursor ?? '' },
      )
      expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids)
      expect(second.nextCursor).toBeNull()
      expect((await portal.approvals.list(actor('auditor'), { endpoint, state: 'denied' }, {})).items).toEqual([])
    })

    async function issued(): Promise<number> {
      const { items } = await portal.transactions.list(actor('auditor'), { endpoint, state: 'issued' }, { limit: 50 })
      return new Set(items.map(({ certificate }) => certificate?.serial)).size
    }
  })
}
