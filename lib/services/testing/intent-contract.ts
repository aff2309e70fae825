/** What every store of intents promises issuance: run on the one in memory and on Postgres. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newSerial } from '@/lib/pki/serial'
import { systemActor } from '@/lib/services/actor'
import type { AuditEntry } from '@/lib/services/audit'
import type { CertificateIntent } from '@/lib/services/certificate-intent'
import { type Backing, deviceActor, type Installation, installation, newDevice } from './harness'

const job = systemActor('job', 'test')
const HOUR_MS = 3_600_000
const EVENT: AuditEntry = { type: 'key.used', outcome: 'success', actor: job, object: { type: 'key', id: null } }

export function intentContract(name: string, open: () => Promise<Backing>): void {
  describe(name, () => {
    let portal: Installation
    let endpointId: string

    beforeEach(async () => {
      portal = installation(await open())
      await portal.setUp()
      endpointId = (await portal.createGroup()).endpoint.id
    })

    afterEach(() => portal.backing.close())

    const later = (ms: number) => {
      portal.time.now = new Date(portal.time.now.getTime() + ms)
    }

    /** Records an intent and stops there, as a crash would. */
    async function interrupted(device = newDevice(), ttlMs = HOUR_MS) {
      const reservation = await portal.reserve(endpointId, device, ttlMs)
      const crashing = installation(portal.backing, {
        checkpoint: async () => {
          throw new Error('killed')
        },
      })
      crashing.time.now = portal.time.now
      await crashing.issuance
        .issueLeaf({ actor: deviceActor(), proof: reservation.proof, csr: device.csr })
        .catch(() => {})
      const id =
        (await portal.backing.trail()).findLast(({ type }) => type === 'certificate.issue_intent')?.objectId ?? ''
      const intent = await portal.stores.issuance.find(id)
      if (!intent) throw new Error('no intent was recorded')
      return { ...reservation, device, id, intent }
    }

    test('a leaf is recorded only while its challenge is reserved, here and for this key', async () => {
      const { intent, challengeId } = await interrupted()
      const other = await portal.createGroup('Students')
      const fresh = (change: Partial<CertificateIntent>): CertificateIntent => ({
        ...intent,
        tbs: intent.tbs ?? new Uint8Array(),
        subjectDer: new Uint8Array([0x30, 0]),
        commonName: null,
        keyAlgorithm: 'EC P-256',
        id: crypto.randomUUID(),
        serial: newSerial(),
        ...change,
      })
      const record = (change: Partial<CertificateIntent>) =>
        portal.stores.issuance.recordLeafIntent(fresh(change), [EVENT])
      expect(await record({})).toMatchObject({ outcome: 'existing', intent: { id: intent.id, challengeId } })

      const device = newDevice()
      const { challengeId: free } = await portal.reserve(endpointId, device)
      expect(await record({ challengeId: free })).toEqual({ outcome: 'challenge_gone' }) // reserved for another key
      expect(await record({ challengeId: free, endpointId: other.endpoint.id })).toEqual({
        outcome: 'challenge_gone',
      })
      expect(await record({ challengeId: crypto.randomUUID() })).toEqual({ outcome: 'challenge_gone' })
    })

    test('a serial is used once by an authority', async () => {
      const { intent, device } = await interrupted()
      const { challengeId } = await portal.reserve(endpointId, device)
      const twin = {
        ...intent,
        tbs: intent.tbs ?? new Uint8Array(),
        subjectDer: new Uint8Array([0x30, 0]),
        commonName: null,
        keyAlgorithm: 'EC P-256',
      }
      await expect(
        portal.stores.issuance.recordLeafIntent({ ...twin, id: crypto.randomUUID(), challengeId }, [EVENT]),
      ).rejects.toThrow(/serial|unique/i)
    })

    test('the first to finish decides; the second gets what is stored', async () => {
      const { intent, id, challengeId, enrolmentTransactionId } = await interrupted()
      const der = await portal.signer.signCertificate(id)
      const record = (bytes: Uint8Array) =>
        portal.stores.issuance.recordIssued({
          intent,
          der: bytes,
          fingerprintSha256: new Uint8Array(32).fill(bytes[0] ?? 0),
          enrolmentTransactionIds: [enrolmentTransactionId],
          at: portal.time.now,
          events: [EVENT],
        })
      const { result, trail } = await portal.trailOf(async () => [await record(der), await record(new Uint8Array([1]))])
      expect(result[0]).toEqual({ outcome: 'recorded' })
      expect(result[1]?.outcome).toBe('already')
      expect(result[1]).toMatchObject({ der: Uint8Array.from(der) })
      expect(trail.map(({ type }) => type)).toEqual(['key.used'])
      expect(await portal.backing.challengeState(challengeId)).toBe('consumed')
      expect(await portal.backing.transaction(enrolmentTransactionId)).toEqual({
        state: 'issued',
        reason: null,
        certificateId: id,
      })
      expect(await portal.stores.issuance.find(id)).toMatchObject({ state: 'issued', tbs: null })
    })

    test('nothing is recorded once the challenge is revoked', async () => {
      const { intent, id, challengeId, enrolmentTransactionId } = await interrupted()
      await portal.backing.setChallenge(challengeId, 'revoked')
      const request = { intent, der: new Uint8Array([1]), fingerprintSha256: new Uint8Array(32), at: portal.time.now }
      const { result, trail } = await portal.trailOf(() =>
        portal.stores.issuance.recordIssued({
          ...request,
          enrolmentTransactionIds: [enrolmentTransactionId],
          events: [EVENT],
        }),
      )
      expect(result).toEqual({ outcome: 'challenge_gone' })
      expect(trail).toEqual([])
      expect(await portal.backing.certificateState(id)).toBe('intent')
      expect(await portal.backing.transaction(enrolmentTransactionId)).toMatchObject({ state: 'received' })
    })

    test('what is given up frees its challenge for another certificate; what is issued is never given up', async () => {
      const { id, challengeId, proof, device } = await interrupted()
      const events = () => []
      const abandon = () =>
        portal.stores.issuance.abandon({ certificateId: id, reason: 'gave_up', at: portal.time.now, events })
      expect(await abandon()).toBe(true)
      expect(await abandon()).toBe(false)
      expect(await portal.backing.challengeState(challengeId)).toBe('pending')
      expect(await portal.backing.certificateState(id)).toBe('abandoned')
      expect(await portal.issuance.complete(job, id)).toBeNull()
      await expect(portal.issuance.issueLeaf({ actor: deviceActor(), proof, csr: device.csr })).rejects.toMatchObject({
        reason: 'challenge_not_reserved',
      })

      const issued = await portal.enrol(endpointId)
      expect(
        await portal.stores.issuance.abandon({
          certificateId: issued.id,
          reason: 'gave_up',
          at: portal.time.now,
          events,
        }),
      ).toBe(false)
      expect(await portal.backing.challengeState(issued.challengeId)).toBe('consumed')
    })

    test('a challenge that ended meanwhile is expired, not pending', async () => {
      const { id, challengeId } = await interrupted(newDevice(), HOUR_MS)
      later(HOUR_MS)
      let released: unknown
      await portal.stores.issuance.abandon({
        certificateId: id,
        reason: 'gave_up',
        at: portal.time.now,
        events: (challenge) => {
          released = challenge
          return []
        },
      })
      expect(released).toEqual({ id: challengeId, state: 'expired' })
      expect(await portal.backing.challengeState(challengeId)).toBe('expired')
    })

    test('overdue intents are completed by reconciliation', async () => {
      const { id, challengeId } = await interrupted()
      expect(await portal.stores.issuance.overdue(portal.time.now, 10)).toEqual([])
      later(31_000)
      expect(await portal.stores.issuance.overdue(portal.time.now, 10)).toEqual([id])
      const { result, trail } = await portal.trailOf(() => portal.issuance.reconcile(job))
      expect(result).toEqual({ completed: 1, abandoned: 0 })
      expect(trail.map(({ type }) => type)).toEqual([
        'certificate.issued',
        'challenge.consumed',
        'certificate.reconciled',
      ])
      expect(await portal.backing.challengeState(challengeId)).toBe('consumed')
    })
  })
}
