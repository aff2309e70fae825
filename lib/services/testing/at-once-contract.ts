/** What every store of the usual enrolment in one step must do, run in memory and on Postgres. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCsr } from '@/lib/pki/csr'
import type { AuditEntry } from '@/lib/services/audit'
import { sha256 } from '@/lib/services/certificate-intent'
import { handleHashes } from '@/lib/services/challenge-handles'
import type { UsualEnrolment } from '@/lib/services/enrolment-at-once'
import type { Attempt } from '@/lib/services/enrolment-turns'
import { type EnrolmentBacking, type EnrolmentPortal, enrolmentPortal } from './enrolment'
import { actor, deviceActor } from './harness'

const bytes = () => new Uint8Array(randomBytes(32))
const RECORDED = ['challenge.reserved', 'certificate.issue_intent to_be_signed']

export function atOnceStoreContract(name: string, open: () => Promise<EnrolmentBacking>): void {
  describe(`the usual enrolment in one step ${name}`, () => {
    let backing: EnrolmentBacking
    let portal: EnrolmentPortal
    let endpointId: string
    beforeAll(async () => {
      backing = await open()
      portal = await enrolmentPortal(backing)
      endpointId = portal.group.endpoint.id
    })
    afterAll(() => backing.close())

    const store = () => backing.enrolment.atOnce
    const offerOf = async (value: string, at = endpointId) =>
      store().offer({ handleHashes: await handleHashes(portal.signer, at, value), endpointId: at })
    const eventsOf = async (work: () => Promise<unknown>) => (await portal.eventsOf(work)).events
    const row = async (id: string) => (await portal.transactions.get(actor('auditor'), id)) as { state: string }

    async function workedOn() {
      const { items } = await portal.transactions.list(actor('auditor'), { state: 'received' }, {})
      return items.map(({ id }) => id)
    }

    /** A minted challenge and all that would be recorded for a device that presents it. */
    async function usual(more: Partial<Attempt> = {}) {
      return usualWith(await portal.mint(), more)
    }

    async function usualWith(minted: { id: string; challenge: string }, more: Partial<Attempt> = {}) {
      const offer = await offerOf(minted.challenge)
      if (offer === null) throw new Error('the challenge is not offered')
      const { csr: der } = await portal.device({ challenge: minted.challenge, key: 'ec' })
      const csr = parseCsr(der)
      const rowId = crypto.randomUUID()
      const attempt: Attempt = {
        endpointId,
        transactionId: bytes(),
        messageType: 19,
        csrSha256: sha256(csr.der),
        spkiSha256: sha256(csr.spki),
        signerSpkiSha256: sha256(csr.spki),
        subject: 'CN=tablet-7,O=Example',
        sourceIp: '192.0.2.9',
        userAgent: 'device',
        client: null,
        policyVersion: 1,
        ...more,
      }
      const leaf = portal.issuance.drawLeaf({
        actor: deviceActor(),
        csr,
        endpoint: offer.endpoint,
        challenge: {
          challengeId: offer.reservation.id,
          endpointId,
          enrolmentTransactionId: rowId,
          constraints: offer.reservation.constraints,
        },
      })
      const reserved: AuditEntry = {
        type: 'challenge.reserved',
        outcome: 'success',
        actor: deviceActor(),
        object: { type: 'challenge', id: minted.id },
      }
      const enrolment: UsualEnrolment = { rowId, attempt, leaf, events: [reserved, leaf.event] }
      return { enrolment, minted, certificateId: leaf.intent.id }
    }

    test('a pending challenge is offered with what its certificate is drawn up from', async () => {
      const { id, challenge } = await portal.mint()
      expect(await offerOf(challenge)).toMatchObject({
        reservation: { id, subject: 'CN=tablet-7,O=Example', constraints: { subject: expect.any(Array) } },
        endpoint: { endpointId, authority: { certificateDer: expect.any(Uint8Array) } },
      })
    })

    test('a challenge that is unknown, of another endpoint, revoked, expired or reserved is not offered', async () => {
      expect(await offerOf('NOSUCH')).toBeNull()
      const other = await portal.createGroup(`Elsewhere ${name}`)
      expect(await offerOf((await portal.mint()).challenge, other.endpoint.id)).toBeNull()
      const revoked = await portal.mint()
      await portal.challenges.revoke(actor('operator'), revoked.id)
      expect(await offerOf(revoked.challenge)).toBeNull()
      const expired = await portal.mint()
      await backing.age('challenge', expired.id, 61)
      expect(await offerOf(expired.challenge)).toBeNull()
      const { enrolment, minted } = await usual()
      expect(await store().enrol(enrolment)).toBe('recorded')
      expect(await offerOf(minted.challenge)).toBeNull()
    })

    test('a challenge that was presented with a wrong request is looked into step by step', async () => {
      const { challenge } = await portal.mint()
      await (await portal.device({ challenge, subject: [{ type: 'CN', value: 'stranger' }] })).enrol()
      expect(await offerOf(challenge)).toBeNull()
    })

    test('an endpoint that is switched off offers nothing', async () => {
      const group = await portal.createGroup(`Off ${name}`)
      const { challenge } = await portal.mint('CN=tablet-7,O=Example', [], group.endpoint.slug)
      expect(await offerOf(challenge, group.endpoint.id)).not.toBeNull()
      await portal.groups.updateEndpoint(actor('admin'), group.endpoint.slug, { enabled: false })
      expect(await offerOf(challenge, group.endpoint.id)).toBeNull()
    })

    test('turn, reservation and intent are recorded together, with their events', async () => {
      const { enrolment, minted, certificateId } = await usual()
      expect(await eventsOf(() => store().enrol(enrolment))).toEqual(RECORDED)
      expect(await row(enrolment.rowId)).toMatchObject({ state: 'received', challengeId: minted.id })
      expect(await workedOn()).toContain(enrolment.rowId)
      expect(await backing.challengeState(minted.id)).toBe('reserved')
      expect(await backing.stores.issuance.find(certificateId)).toMatchObject({
        state: 'intent',
        challengeId: minted.id,
        enrolmentTransactionId: enrolment.rowId,
      })
      // The reservation is this row's: the single steps may take it up.
      const { attempt, rowId } = enrolment
      const request = { ...attempt, handleHashes: await handleHashes(portal.signer, endpointId, minted.challenge) }
      const noted = { ...(enrolment.events[0] as AuditEntry) }
      const again = await backing.enrolment.redemption.reserve({ ...request, transactionRowId: rowId }, () => noted)
      expect(again).toMatchObject({ id: minted.id })
    })

    test('what a crash leaves behind is ended with its intent, and found without one once it was taken over', async () => {
      const { enrolment, minted, certificateId } = await usual()
      const { rowId } = enrolment
      const { upkeep, enrolment: turns } = backing.enrolment
      const interrupt = async () => {
        await backing.age('transaction', rowId, 11)
        await upkeep.failInterrupted(10, 1_000)
        return row(rowId)
      }
      expect(await store().enrol(enrolment)).toBe('recorded')
      expect(await interrupt()).toMatchObject({ state: 'received' })
      const given = { certificateId, reason: 'signing_failed', at: backing.now(), events: () => [] }
      expect(await backing.stores.issuance.abandon(given)).toBe(true)
      expect(await row(rowId)).toMatchObject({ state: 'failed', reason: 'signing_failed' })
      expect(await workedOn()).not.toContain(rowId)
      expect(await backing.challengeState(minted.id)).toBe('pending')
      expect(await turns.takeOver(rowId, 15)).toBe(true)
      expect(await workedOn()).toContain(rowId)
      expect(await interrupt()).toMatchObject({ state: 'failed', reason: 'interrupted' })
    })

    test('while a live row of its identity is there, nothing is done', async () => {
      const { enrolment, minted, certificateId } = await usual()
      const begun = await backing.enrolment.enrolment.begin(enrolment.attempt)
      expect(begun.started).toBe(true)
      expect(
        await eventsOf(async () => {
          expect(await store().enrol(enrolment)).toBe('taken')
        }),
      ).toEqual([])
      expect(await backing.challengeState(minted.id)).toBe('pending')
      expect(await backing.stores.issuance.find(certificateId)).toBeNull()
    })

    test('when the challenge is gone by then, the turn alone is taken, and no intent and no event is left', async () => {
      const { enrolment, minted, certificateId } = await usual()
      await portal.challenges.revoke(actor('operator'), minted.id)
      expect(
        await eventsOf(async () => {
          expect(await store().enrol(enrolment)).toBe('begun')
        }),
      ).toEqual([])
      expect(await row(enrolment.rowId)).toMatchObject({ state: 'received', challengeId: null })
      expect(await workedOn()).toContain(enrolment.rowId)
      expect(await backing.challengeState(minted.id)).toBe('revoked')
      expect(await backing.stores.issuance.find(certificateId)).toBeNull()
    })

    test('of several requests for one challenge at the same instant, one has it and the others their turn', async () => {
      const first = await usual()
      const rivals = await Promise.all([usualWith(first.minted), usualWith(first.minted), usualWith(first.minted)])
      const all = [first, ...rivals]
      const outcomes: string[] = []
      expect(
        await eventsOf(async () => {
          outcomes.push(...(await Promise.all(all.map(({ enrolment }) => store().enrol(enrolment)))))
        }),
      ).toEqual(RECORDED)
      expect(outcomes.toSorted()).toEqual(['begun', 'begun', 'begun', 'recorded'])
      const intents = await Promise.all(all.map(({ certificateId }) => backing.stores.issuance.find(certificateId)))
      expect(intents.map((intent) => intent !== null)).toEqual(outcomes.map((outcome) => outcome === 'recorded'))
    })

    test('of one request sent several times at the same instant, one has the turn', async () => {
      const { enrolment, minted } = await usual()
      const again = Array.from({ length: 3 }, async () => {
        const each = await usualWith(minted)
        const { transactionId, csrSha256 } = enrolment.attempt
        return { ...each.enrolment, attempt: { ...each.enrolment.attempt, transactionId, csrSha256 } }
      })
      const all = [enrolment, ...(await Promise.all(again))]
      const outcomes: string[] = []
      expect(
        await eventsOf(async () => {
          outcomes.push(...(await Promise.all(all.map((each) => store().enrol(each)))))
        }),
      ).toEqual(RECORDED)
      expect(outcomes.toSorted()).toEqual(['recorded', 'taken', 'taken', 'taken'])
    })
  })
}
