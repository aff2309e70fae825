/** Groups: everything in one step, one trail, names that people can tell apart. */
import { X509Certificate } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { fromPem, parseCertificate } from '@/lib/pki/certificate'
import { freeSlug, slugOf } from './group-plan'
import { actor, type Installation, installation, memoryBacking } from './testing/harness'

const admin = actor('admin')
let portal: Installation

beforeEach(() => {
  portal = installation(memoryBacking())
})

describe('create', () => {
  test('makes issuer, RA, profile and endpoint, and records every step', async () => {
    const root = await portal.setUp()
    const { result: group, trail } = await portal.trailOf(() =>
      portal.groups.create(admin, { name: '  Staff ', issuerKey: 'p256' }),
    )
    expect(group).toMatchObject({
      slug: 'staff',
      name: 'Staff',
      ready: true,
      issuer: {
        slug: 'staff',
        subject: 'CN=Staff Issuing CA,O=Example',
        keyAlgorithm: 'p256',
        crlUrl: 'http://pki.example.com/crl/staff.crl',
      },
      endpoints: [
        {
          slug: 'staff',
          name: 'SCEP',
          policy: 'dynamic',
          enabled: true,
          scepUrl: 'https://portal.example.com/scep/staff',
          profile: {
            validityDays: 365,
            extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
            minRsaBits: 2048,
            ellipticCurves: ['P-256', 'P-384'],
          },
          registrationAuthority: { subject: 'CN=Staff SCEP RA,O=Example' },
        },
      ],
      counts: { certificates: 0, valid: 0, revoked: 0, pendingChallenges: 0 },
    })
    const endpoint = group.endpoints[0]
    expect(trail).toMatchObject([
      { type: 'group.created', objectId: group.id },
      { type: 'ca.create.requested', objectId: group.issuer?.id },
      { type: 'key.generated' },
      { type: 'certificate.issue_intent', objectId: group.issuer?.certificateId },
      { type: 'endpoint.created', objectId: endpoint?.id },
      { type: 'key.generated' },
      { type: 'certificate.issue_intent' },
      { type: 'certificate.issued', objectId: group.issuer?.certificateId },
      { type: 'ca.create.completed', objectId: group.issuer?.id },
      { type: 'certificate.issued' },
    ])
    const issuer = new X509Certificate(fromPem(group.issuer?.certificatePem ?? '')[0] ?? new Uint8Array())
    const ra = new X509Certificate(
      fromPem(endpoint?.registrationAuthority?.certificatePem ?? '')[0] ?? new Uint8Array(),
    )
    const rootCertificate = new X509Certificate(root.certificatePem)
    expect(issuer.verify(rootCertificate.publicKey)).toBe(true)
    expect(issuer.checkIssued(rootCertificate)).toBe(true)
    expect(ra.verify(issuer.publicKey)).toBe(true)
    expect(ra.publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 })
    expect(parseCertificate(issuer.raw)).toMatchObject({
      isCa: true,
      pathLength: 0,
      notAfter: new Date('2036-11-23T12:00:00Z'),
    })
    expect(parseCertificate(ra.raw)).toMatchObject({ isCa: false, notAfter: new Date('2028-11-23T12:00:00Z') })
    expect(issuer.infoAccess).toContain('http://pki.example.com/ca/root.cer')
    expect(ra.infoAccess).toContain('http://pki.example.com/ca/staff.cer')
  })

  test('the issuer key is RSA 3072 unless another is asked for, and its first CRL is due at once', async () => {
    await portal.setUp()
    const group = await portal.groups.create(admin, { name: 'Staff' })
    expect(group.issuer?.keyAlgorithm).toBe('rsa3072')
    expect(await portal.backing.crlDueSince(group.issuer?.id ?? '')).toEqual(portal.time.now)
    expect(portal.pokes).toHaveLength(1)
  })

  test.each([
    ['', 'invalid_input'],
    ['   ', 'invalid_input'],
    ['x'.repeat(65), 'invalid_input'],
    ['Staff\u202egnp', 'invalid_input'],
    ['Staff\u0007', 'invalid_input'],
    ['Sta\u200bff', 'invalid_input'],
    ['STAFF', 'conflict'],
    ['Ｓtaff', 'conflict'],
  ])('the name %j is refused and leaves nothing', async (name, code) => {
    await portal.setUp()
    await portal.createGroup('Staff')
    const before = (await portal.groups.list(admin)).length
    const attempt = portal.trailOf(() =>
      portal.groups.create(admin, { name, issuerKey: 'p256' }).catch((error) => error),
    )
    const { result, trail } = await attempt
    expect(result).toMatchObject({ name: 'Refusal', code, fields: { name: expect.any(String) } })
    expect(trail).toEqual([])
    expect(await portal.groups.list(admin)).toHaveLength(before)
  })

  test('names alike in the URL alphabet get numbered slugs', async () => {
    await portal.setUp()
    expect((await portal.createGroup('Café')).slug).toBe('cafe')
    expect((await portal.createGroup('Cafe')).slug).toBe('cafe-2')
    expect((await portal.createGroup('Root')).slug).toBe('root-2')
  })

  test('before set-up it is refused', async () => {
    await expect(portal.groups.create(admin, { name: 'Staff' })).rejects.toMatchObject({ code: 'setup_required' })
    expect(portal.signer.used).toEqual([])
  })

  test.each(['operator', 'auditor'] as const)('an %s may not', async (role) => {
    await expect(portal.groups.create(actor(role), { name: 'Staff' })).rejects.toMatchObject({ code: 'forbidden' })
  })

  test('a signer that goes away leaves a group that reconciliation completes', async () => {
    await portal.setUp()
    const { signCertificate } = portal.signer
    portal.signer.signCertificate = async () => {
      throw new Error('gone')
    }
    const group = await portal.groups.create(admin, { name: 'Staff', issuerKey: 'p256' })
    expect(group).toMatchObject({ ready: false, issuer: null })
    portal.signer.signCertificate = signCertificate
    portal.time.now = new Date(portal.time.now.getTime() + 31_000)
    expect(await portal.issuance.reconcile(admin)).toEqual({ completed: 2, abandoned: 0 })
    expect(await portal.groups.get(admin, 'staff')).toMatchObject({
      ready: true,
      issuer: { subject: 'CN=Staff Issuing CA,O=Example' },
    })
  })
})

describe('endpoints', () => {
  test('a change is recorded with what was and what is; no change leaves no event', async () => {
    await portal.setUp()
    await portal.createGroup()
    const { result, trail } = await portal.trailOf(() =>
      portal.groups.updateEndpoint(admin, 'staff', { enabled: false, allow3des: true }),
    )
    expect(result).toMatchObject({ enabled: false, allow3des: true })
    expect(trail).toMatchObject([{ type: 'endpoint.updated', objectId: result.id }])
    expect(
      (await portal.trailOf(() => portal.groups.updateEndpoint(admin, 'staff', { enabled: false }))).trail,
    ).toEqual([])
  })

  test('unknown ones, lifetimes out of range and operators are refused', async () => {
    await portal.setUp()
    await portal.createGroup()
    await expect(portal.groups.updateEndpoint(admin, 'nobody', { enabled: false })).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(portal.groups.updateEndpoint(admin, 'staff', { challengeTtlMinutes: 0 })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    await expect(portal.groups.updateEndpoint(actor('operator'), 'staff', { enabled: false })).rejects.toMatchObject({
      code: 'forbidden',
    })
  })

  test('getEndpoint shows issuer and root; authorities lists the root first', async () => {
    const root = await portal.setUp()
    const group = await portal.createGroup()
    const endpoint = await portal.groups.getEndpoint(actor('auditor'), 'staff')
    expect(endpoint).toMatchObject({ group: { slug: 'staff' }, issuer: { id: group.issuer.id }, root: { id: root.id } })
    expect((await portal.groups.authorities(admin)).map(({ slug }) => slug)).toEqual(['root', 'staff'])
  })
})

test('slugs use a-z, 0-9 and hyphens, at most 64 of them', () => {
  expect(slugOf('Große  Öffentliche & Gäste!')).toBe('grosse-offentliche-gaste')
  expect(slugOf('学生')).toBe('group')
  expect(slugOf(`${'a'.repeat(63)} b`)).toBe('a'.repeat(63))
  expect(freeSlug('a'.repeat(64), new Set(['a'.repeat(64)]))).toBe(`${'a'.repeat(62)}-2`)
})
