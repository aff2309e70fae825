/** Finding, reading and revoking certificates. */
import { beforeEach, describe, expect, test } from 'vitest'
import { fromPem, parseCertificate } from '@/lib/pki/certificate'
import { actor, type Installation, installation, memoryBacking, NOON, newDevice } from './testing/harness'

const operator = actor('operator')
let portal: Installation
let endpointId: string
let issuerId: string

beforeEach(async () => {
  portal = installation(memoryBacking())
  await portal.setUp()
  const group = await portal.createGroup()
  endpointId = group.endpoint.id
  issuerId = group.issuer.id
})

test('get shows names, key, chain, challenge, transaction and history', async () => {
  const device = newDevice('tablet-7', [{ type: 'email', value: 'ada@example.com' }])
  const issued = await portal.enrol(endpointId, device)
  const detail = await portal.certificates.get(
    actor('auditor'),
    issued.serial.toLowerCase().replace(/(..)/g, '$1:').replace(/:$/, ''),
  )
  expect(detail).toMatchObject({
    id: issued.id,
    kind: 'leaf',
    subject: 'CN=tablet-7,O=Example',
    commonName: 'tablet-7',
    san: [{ type: 'email', value: 'ada@example.com' }],
    status: 'valid',
    group: { slug: 'staff', name: 'Staff' },
    endpoint: { slug: 'staff', name: 'SCEP' },
    issuer: { slug: 'staff', name: 'Staff Issuing CA' },
    publicKey: { algorithm: 'EC', size: 'P-256' },
    challenge: { id: issued.challengeId, mintedBy: 'Ada Admin' },
    transaction: { id: issued.enrolmentTransactionId, sourceIp: '192.0.2.9' },
  })
  expect(fromPem(detail.chainPem).map((der) => parseCertificate(der).subject[0]?.value)).toEqual([
    'tablet-7',
    'Staff Issuing CA',
    'Example Root CA',
  ])
  expect(detail.extensions.length).toBeGreaterThan(5)
  expect(detail.history.map(({ type }) => type)).toEqual([
    'challenge.consumed',
    'certificate.issued',
    'certificate.issue_intent',
  ])
  expect(await portal.certificates.der(operator, issued.id)).toEqual({ der: issued.der, serial: issued.serial })
})

describe('hold and release', () => {
  test('a hold is an event of its own, and so is its release, after which the certificate counts again', async () => {
    const { id } = await portal.enrol(endpointId)
    const { trail } = await portal.trailOf(async () => {
      await portal.certificates.revoke(operator, id, { reason: 'certificateHold', comment: 'missing' })
      expect(await portal.certificates.get(operator, id)).toMatchObject({
        status: 'held',
        statusCause: { decidedBy: 'revocation', by: 'Ada Admin', sentence: expect.stringContaining('can be released') },
      })
      const released = await portal.certificates.release(operator, id, { comment: 'found' })
      expect(released).toMatchObject({ status: 'valid', revokedAt: null, revocationReason: null, revokedBy: null })
    })
    expect(trail.map(({ type }) => type)).toEqual(['certificate.hold_set', 'certificate.hold_released'])
  })

  test('what is revoked for good never comes back, and what is valid cannot be released', async () => {
    const { id } = await portal.enrol(endpointId)
    const release = () => portal.certificates.release(operator, id, {})
    await expect(release()).rejects.toMatchObject({ code: 'conflict', reason: 'not_on_hold' })
    await portal.certificates.revoke(operator, id, { reason: 'keyCompromise' })
    const { trail } = await portal.trailOf(() => release().catch(() => {}))
    expect(trail).toEqual([])
    expect(await portal.certificates.get(operator, id)).toMatchObject({ status: 'revoked' })
  })

  test('an auditor neither holds nor releases', async () => {
    const { id } = await portal.enrol(endpointId)
    await expect(portal.certificates.release(actor('auditor'), id, {})).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('the date of a compromise', () => {
  const day = new Date('2026-11-20T00:00:00Z')

  test('is kept with a key compromise', async () => {
    const { id } = await portal.enrol(endpointId)
    const revoked = await portal.certificates.revoke(operator, id, { reason: 'keyCompromise', invalidityDate: day })
    expect(revoked).toMatchObject({ invalidityDate: day })
  })

  test.each([
    ['another reason', { reason: 'superseded', invalidityDate: day }],
    ['a day ahead', { reason: 'keyCompromise', invalidityDate: new Date(NOON.getTime() + 1) }],
  ] as const)('is refused with %s', async (_, request) => {
    const { id } = await portal.enrol(endpointId)
    await expect(portal.certificates.revoke(operator, id, request)).rejects.toMatchObject({
      code: 'invalid_input',
      fields: { invalidityDate: expect.any(String) },
    })
  })
})

describe('revoke', () => {
  test('marks, records and makes a CRL due', async () => {
    const { id, serial } = await portal.enrol(endpointId)
    await portal.status.publishDueCrls()
    portal.pokes.length = 0
    const { result, trail } = await portal.trailOf(() =>
      portal.certificates.revoke(operator, serial, { reason: 'keyCompromise', comment: ' stolen ' }),
    )
    expect(result).toMatchObject({ id, status: 'revoked', revocationReason: 'keyCompromise', revokedAt: NOON })
    expect(trail).toEqual([
      { type: 'certificate.revoked', outcome: 'success', reason: null, object: 'certificate', objectId: id },
    ])
    expect(await portal.backing.crlDueSince(issuerId)).toEqual(NOON)
    expect(portal.pokes).toEqual(['crl'])
    expect(await portal.certificates.get(operator, id)).toMatchObject({
      revokedBy: 'Ada Admin',
      revocationComment: 'stolen',
    })
  })

  test('twice is a conflict and leaves one event; a hold may become a revocation', async () => {
    const { id } = await portal.enrol(endpointId)
    expect(await portal.certificates.revoke(operator, id, { reason: 'certificateHold' })).toMatchObject({
      status: 'held',
    })
    expect(await portal.certificates.revoke(operator, id, { reason: 'superseded' })).toMatchObject({
      status: 'revoked',
    })
    const again = portal.trailOf(() =>
      portal.certificates.revoke(operator, id, { reason: 'keyCompromise' }).catch((error) => error),
    )
    const { result, trail } = await again
    expect(result).toMatchObject({ code: 'conflict', reason: 'already_revoked' })
    expect(trail).toEqual([])
  })

  test('neither an authority nor a registration authority can be revoked, by nobody', async () => {
    const { issuer } = await portal.groups.getEndpoint(operator, 'staff')
    const raId = (await portal.backing.trail()).findLast(({ type }) => type === 'certificate.issued')?.objectId ?? ''
    const ra = await portal.certificates.get(operator, raId)
    expect(ra.kind).toBe('ra')
    for (const which of [ra.id, ra.serial, issuer.certificateId]) {
      for (const role of ['operator', 'admin'] as const) {
        await expect(portal.certificates.revoke(actor(role), which, { reason: 'superseded' })).rejects.toMatchObject({
          code: 'conflict',
          reason: 'not_revocable',
        })
      }
    }
    expect(await portal.certificates.get(operator, ra.id)).toMatchObject({ kind: 'ra', revokedAt: null })
    expect((await portal.certificates.get(operator, issuer.certificateId)).kind).toBe('issuer')
  })

  test.each([
    ['auditor', { reason: 'superseded' }, 'forbidden'],
    ['operator', { reason: 'because' }, 'invalid_input'],
    ['operator', { reason: 'superseded', comment: 'x'.repeat(501) }, 'invalid_input'],
    ['operator', { reason: 'superseded', comment: 'a\u0000b' }, 'invalid_input'],
  ] as const)('by %s with %j is refused: %s', async (role, request, code) => {
    const { id } = await portal.enrol(endpointId)
    const attempt = portal.certificates.revoke(
      actor(role),
      id,
      request as Parameters<typeof portal.certificates.revoke>[2],
    )
    await expect(attempt).rejects.toMatchObject({ code })
  })

  test('of something unknown is not_found', async () => {
    await expect(portal.certificates.revoke(operator, 'AB12', { reason: 'superseded' })).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(portal.certificates.get(operator, crypto.randomUUID())).rejects.toMatchObject({ code: 'not_found' })
  })
})

test('a page marker of somebody else and a search of two letters are refused', async () => {
  await expect(portal.certificates.list(operator, {}, { cursor: 'bm8' })).rejects.toMatchObject({
    code: 'invalid_input',
  })
  await expect(portal.certificates.list(operator, { search: 'ab' }, {})).rejects.toMatchObject({
    code: 'invalid_input',
    fields: { search: expect.any(String) },
  })
})
