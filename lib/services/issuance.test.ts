/** One challenge, one certificate: what is issued, what is refused, and what survives a crash at every step. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { systemActor } from './actor'
import type { EnrolmentProof } from './issuance'
import {
  actor,
  DAY_MS,
  deviceActor,
  deviceOf,
  type Installation,
  installation,
  memoryBacking,
  newDevice,
  proofOf,
} from './testing/harness'

const job = systemActor('job', 'Reconciliation')
let portal: Installation
let endpointId: string
let issuer: { certificatePem: string; notAfter: Date }

beforeEach(async () => {
  portal = installation(memoryBacking())
  await portal.setUp()
  const group = await portal.createGroup()
  endpointId = group.endpoint.id
  issuer = group.issuer
})

const issue = (device: ReturnType<typeof newDevice>, proof: EnrolmentProof) =>
  portal.issuance.issueLeaf({ actor: deviceActor(), proof, csr: device.csr })

describe('issueLeaf', () => {
  test('builds the certificate from challenge and profile, and leaves the exact trail', async () => {
    const device = newDevice('tablet-7', [{ type: 'dns', value: 'tablet-7.example.com' }])
    const { proof, challengeId, enrolmentTransactionId } = await portal.reserve(endpointId, device)
    const { result: issued, trail } = await portal.trailOf(() => issue(device, proof))

    expect(trail).toEqual([
      {
        type: 'certificate.issue_intent',
        outcome: 'pending',
        reason: 'to_be_signed',
        object: 'certificate',
        objectId: issued.id,
      },
      { type: 'certificate.issued', outcome: 'success', reason: null, object: 'certificate', objectId: issued.id },
      { type: 'challenge.consumed', outcome: 'success', reason: null, object: 'challenge', objectId: challengeId },
    ])
    expect(await portal.backing.challengeState(challengeId)).toBe('consumed')
    expect(await portal.backing.transaction(enrolmentTransactionId)).toMatchObject({
      state: 'issued',
      certificateId: issued.id,
    })

    const certificate = parseCertificate(issued.der)
    expect(certificate).toMatchObject({
      serial: issued.serial,
      isCa: false,
      san: [{ type: 'dns', value: 'tablet-7.example.com' }],
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
      keyUsage: ['digitalSignature'],
      notBefore: new Date('2026-11-23T11:00:00Z'),
      notAfter: new Date('2027-11-23T12:00:00Z'),
    })
    expect(issued.serial).toMatch(/^[0-9A-F]{31,32}$/)
    const x509 = new X509Certificate(issued.der)
    expect(x509.verify(new X509Certificate(issuer.certificatePem).publicKey)).toBe(true)
    expect(x509.infoAccess).toContain('http://pki.example.com/ca/staff.cer')
    expect(Buffer.from(certificate.spki)).toEqual(Buffer.from(device.spki))
  })

  test('takes nothing but the key from the CSR', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const device = deviceOf('impostor', [{ type: 'dns', value: 'ca.example.com' }], privateKey, publicKey)
    const reservation = await portal.reserve(endpointId, device)
    const proof = proofOf({ ...reservation, endpointId }, { subject: [{ type: 'CN', value: 'tablet-7' }], san: [] })
    const certificate = parseCertificate((await issue(device, proof)).der)
    expect(certificate.subject.map(({ value }) => value)).toEqual(['tablet-7'])
    expect(certificate.san).toEqual([])
    expect(certificate.keyUsage).toEqual(['digitalSignature', 'keyEncipherment'])
  })

  test('is cut to the end of the issuer, and refused after it', async () => {
    portal.time.now = new Date(issuer.notAfter.getTime() - 10 * DAY_MS)
    expect(parseCertificate((await portal.enrol(endpointId)).der).notAfter).toEqual(issuer.notAfter)
    portal.time.now = new Date(issuer.notAfter.getTime() + 1_000)
    await expect(portal.enrol(endpointId)).rejects.toMatchObject({ code: 'unavailable', reason: 'issuer_expired' })
  })

  test('the same request again gets the same certificate and no second trail', async () => {
    const device = newDevice()
    const { proof } = await portal.reserve(endpointId, device)
    const first = await issue(device, proof)
    const again = await portal.trailOf(() => issue(device, proof))
    expect(again).toEqual({ result: first, trail: [] })
  })

  test('another transaction of the same key is finished with the same certificate', async () => {
    const device = newDevice()
    const reservation = await portal.reserve(endpointId, device)
    const first = await issue(device, reservation.proof)
    const enrolmentTransactionId = await portal.backing.addTransaction(endpointId, portal.time.now)
    const second = await issue(device, proofOf({ ...reservation, enrolmentTransactionId, endpointId }, device))
    expect(second.serial).toBe(first.serial)
    expect(await portal.backing.transaction(enrolmentTransactionId)).toMatchObject({
      state: 'issued',
      certificateId: first.id,
    })
  })

  test('another key with the same challenge is refused', async () => {
    const device = newDevice()
    const { proof } = await portal.reserve(endpointId, device)
    await issue(device, proof)
    const { result, trail } = await portal.trailOf(() => issue(newDevice(), proof).catch((error) => error))
    expect(result).toMatchObject({ code: 'conflict', reason: 'challenge_has_certificate' })
    expect(trail).toEqual([])
  })

  test('an endpoint that is switched off issues nothing', async () => {
    const device = newDevice()
    const { proof } = await portal.reserve(endpointId, device)
    await portal.groups.updateEndpoint(actor('admin'), 'staff', { enabled: false })
    const { result, trail } = await portal.trailOf(() => issue(device, proof).catch((error) => error))
    expect(result).toMatchObject({ code: 'unavailable', reason: 'endpoint_not_ready' })
    expect(trail).toEqual([])
  })

  test.each([
    ['a small RSA key', () => generateKeyPairSync('rsa', { modulusLength: 1024 }), 'csr_rejected'],
    ['a curve outside the profile', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }), 'csr_rejected'],
    ['Ed25519', () => generateKeyPairSync('ed25519'), 'csr_rejected'],
  ])('%s is refused before anything is recorded', async (_, makeKey, code) => {
    const { privateKey, publicKey } = makeKey()
    const device = deviceOf('tablet-7', [], privateKey, publicKey)
    const { proof } = await portal.reserve(endpointId, device)
    const { result, trail } = await portal.trailOf(() => issue(device, proof).catch((error) => error))
    expect(result).toMatchObject({ code })
    expect(trail).toEqual([])
  })

  test('a CSR that is not signed by its key, or is no CSR, is refused', async () => {
    const device = newDevice()
    const { proof } = await portal.reserve(endpointId, device)
    const forged = { ...device, csr: Uint8Array.from(device.csr) }
    forged.csr[forged.csr.length - 3] = (forged.csr.at(-3) ?? 0) ^ 1
    await expect(issue(forged, proof)).rejects.toMatchObject({ code: 'csr_rejected' })
    await expect(issue({ ...device, csr: new Uint8Array([0x30, 0x00]) }, proof)).rejects.toMatchObject({
      code: 'csr_rejected',
    })
  })

  test('a look-alike of the proof is worth nothing', async () => {
    const device = newDevice()
    const { proof } = await portal.reserve(endpointId, device)
    await expect(issue(device, { ...proof } as EnrolmentProof)).rejects.toThrow('without proof')
  })

  test('a challenge that is revoked while the certificate is signed yields none', async () => {
    const device = newDevice()
    const { proof, challengeId, enrolmentTransactionId } = await portal.reserve(endpointId, device)
    const sign = portal.signer.signCertificate
    portal.signer.signCertificate = async (id) => {
      await portal.backing.setChallenge(challengeId, 'revoked')
      return sign(id)
    }
    const { result, trail } = await portal.trailOf(() => issue(device, proof).catch((error) => error))
    expect(result).toMatchObject({ code: 'conflict', reason: 'challenge_not_reserved' })
    expect(trail.map(({ type }) => type)).toEqual(['certificate.issue_intent', 'certificate.reconciled'])
    expect(await portal.backing.transaction(enrolmentTransactionId)).toMatchObject({
      state: 'failed',
      certificateId: null,
    })
  })

  test('a signer that answers with another certificate is not believed', async () => {
    const device = newDevice()
    const other = await portal.enrol(endpointId)
    const { proof } = await portal.reserve(endpointId, device)
    portal.signer.signCertificate = async () => other.der
    const { result, trail } = await portal.trailOf(() => issue(device, proof).catch((error) => error))
    expect(result).toMatchObject({ code: 'unavailable', reason: 'signer_deviated' })
    expect(trail.map(({ type }) => type)).toEqual(['certificate.issue_intent', 'certificate.issue_failed'])
  })

  test('a signature that does not verify is never released', async () => {
    const device = newDevice()
    const { proof } = await portal.reserve(endpointId, device)
    const sign = portal.signer.signCertificate
    portal.signer.signCertificate = async (id) => {
      const der = Uint8Array.from(await sign(id))
      der[der.length - 3] = (der.at(-3) ?? 0) ^ 1
      return der
    }
    await expect(issue(device, proof)).rejects.toMatchObject({ code: 'unavailable', reason: 'signature_invalid' })
  })
})

describe('after a crash', () => {
  const killedAt = (step: string) =>
    installation(portal.backing, {
      checkpoint: async (at) => (at === step ? Promise.reject(new Error('killed')) : undefined),
    })

  test.each([
    ['intent-recorded', ['certificate.issue_intent'], 'intent'],
    ['signed', ['certificate.issue_intent'], 'intent'],
    ['recorded', ['certificate.issue_intent', 'certificate.issued', 'challenge.consumed'], 'issued'],
  ] as const)('at "%s" the device gets one certificate when it asks again', async (step, before, state) => {
    const device = newDevice()
    const { proof, enrolmentTransactionId } = await portal.reserve(endpointId, device)
    const crashed = killedAt(step)
    Object.assign(crashed.signer, portal.signer)
    const crash = await portal.trailOf(() =>
      crashed.issuance
        .issueLeaf({ actor: deviceActor(), proof, csr: device.csr })
        .catch((error: Error) => error.message),
    )
    expect(crash.result).toBe('killed')
    expect(crash.trail.map(({ type }) => type)).toEqual(before)
    const id = crash.trail[0]?.objectId ?? ''
    expect(await portal.backing.certificateState(id)).toBe(state)

    const { result, trail } = await portal.trailOf(() => issue(device, proof))
    expect(result.id).toBe(id)
    expect(trail.map(({ type }) => type)).toEqual(
      state === 'issued' ? [] : ['certificate.issued', 'challenge.consumed'],
    )
    expect(await portal.backing.transaction(enrolmentTransactionId)).toMatchObject({
      state: 'issued',
      certificateId: id,
    })
  })

  test('reconciliation completes what is older than thirty seconds, once', async () => {
    const device = newDevice()
    const { proof, challengeId } = await portal.reserve(endpointId, device)
    const crashed = killedAt('intent-recorded')
    await crashed.issuance.issueLeaf({ actor: deviceActor(), proof, csr: device.csr }).catch(() => {})
    expect(await portal.issuance.reconcile(job)).toEqual({ completed: 0, abandoned: 0 })
    portal.time.now = new Date(portal.time.now.getTime() + 30_001)
    const { result, trail } = await portal.trailOf(() => portal.issuance.reconcile(job))
    expect(result).toEqual({ completed: 1, abandoned: 0 })
    expect(trail.map(({ type }) => type)).toEqual([
      'certificate.issued',
      'challenge.consumed',
      'certificate.reconciled',
    ])
    expect(await portal.backing.challengeState(challengeId)).toBe('consumed')
    expect((await portal.trailOf(() => portal.issuance.reconcile(job))).trail).toEqual([])
  })

  test('a leaf that cannot be completed for an hour is given up and its challenge is free again', async () => {
    const device = newDevice()
    const { proof, challengeId, enrolmentTransactionId } = await portal.reserve(endpointId, device, 2 * 3_600_000)
    portal.signer.away = true
    await expect(issue(device, proof)).rejects.toMatchObject({ code: 'unavailable' })
    portal.time.now = new Date(portal.time.now.getTime() + 60_000)
    await expect(portal.issuance.reconcile(job)).rejects.toThrow('could not be completed')
    portal.time.now = new Date(portal.time.now.getTime() + 3_600_000)
    const { result, trail } = await portal.trailOf(() => portal.issuance.reconcile(job))
    expect(result).toEqual({ completed: 0, abandoned: 1 })
    expect(trail).toMatchObject([
      { type: 'certificate.reconciled', outcome: 'failure', reason: 'gave_up' },
      { type: 'challenge.released', objectId: challengeId },
    ])
    expect(await portal.backing.challengeState(challengeId)).toBe('pending')
    expect(await portal.backing.transaction(enrolmentTransactionId)).toMatchObject({
      state: 'failed',
      reason: 'gave_up',
    })
  })
})

test('complete() of something unknown is not_found', async () => {
  await expect(portal.issuance.complete(job, crypto.randomUUID())).rejects.toMatchObject({ code: 'not_found' })
})
