/** Settings of an endpoint and further endpoints of a group, over stores in memory. */
import { beforeEach, describe, expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { nameToText } from '@/lib/pki/name'
import type { AuditEntry } from './audit'
import { createEndpoints } from './endpoints'
import { createGroups } from './groups'
import { actor, type Installation, installation, memoryBacking } from './testing/harness'

const admin = actor('admin')
let portal: Installation
beforeEach(async () => {
  portal = installation(memoryBacking())
  await portal.setUp()
  await portal.createGroup()
})

/** The services over the same stores, with what they put into the trail in full. */
function listening() {
  const events: AuditEntry[] = []
  const store: typeof portal.stores.groups = {
    ...portal.stores.groups,
    updateEndpoint: (slug, decide) =>
      portal.stores.groups.updateEndpoint(slug, (endpoint) => {
        const decision = decide(endpoint)
        events.push(...decision.events)
        return decision
      }),
    insertEndpoint: (plan, more, check) => {
      events.push(...more)
      return portal.stores.groups.insertEndpoint(plan, more, check)
    },
  }
  const deps = { ...portal.deps, store }
  return { events, groups: createGroups(deps), endpoints: createEndpoints(deps) }
}

const update = (change: Parameters<typeof portal.groups.updateEndpoint>[2]) =>
  portal.groups.updateEndpoint(admin, 'staff', change)

describe('a change of settings', () => {
  test('reaches settings and profile at once, and the event has both before and after', async () => {
    const { groups, events } = listening()
    const result = await groups.updateEndpoint(admin, 'staff', {
      policy: 'approval',
      allowDes: true,
      renewalWindowDays: 14,
      trustedProxySigners: [`SHA256:${'AB:'.repeat(31)}CD`],
      profile: { validityDays: 30, backdateMinutes: 1_440, ellipticCurves: [] },
    })
    expect(result).toMatchObject({
      policy: 'approval',
      allowDes: true,
      renewalWindowDays: 14,
      trustedProxySigners: [`${'ab'.repeat(31)}cd`],
      weaknesses: ['des', 'sha1', '3des'],
      profile: { validityDays: 30, backdateMinutes: 1_440, minRsaBits: 2048, ellipticCurves: [] },
    })
    expect(events).toHaveLength(1)
    expect(events[0]?.change).toEqual({
      fields: [
        'policy',
        'allowDes',
        'trustedProxySigners',
        'renewalWindowDays',
        'profile.validityDays',
        'profile.backdateMinutes',
        'profile.ellipticCurves',
      ],
      before: {
        policy: 'dynamic',
        allowDes: false,
        trustedProxySigners: [],
        renewalWindowDays: null,
        'profile.validityDays': 365,
        'profile.backdateMinutes': 60,
        'profile.ellipticCurves': ['P-256', 'P-384'],
      },
      after: {
        policy: 'approval',
        allowDes: true,
        trustedProxySigners: [`${'ab'.repeat(31)}cd`],
        renewalWindowDays: 14,
        'profile.validityDays': 30,
        'profile.backdateMinutes': 1_440,
        'profile.ellipticCurves': [],
      },
    })
  })

  test.each<[Parameters<typeof update>[0], string]>([
    [{ challengeTtlMinutes: 1_441 }, 'challengeTtlMinutes'],
    [{ challengeTtlMinutes: 1.5 }, 'challengeTtlMinutes'],
    [{ trustedProxySigners: ['abc'] }, 'trustedProxySigners'],
    [{ renewalWindowDays: 0 }, 'renewalWindowDays'],
    [{ renewalWindowDays: 60, profile: { validityDays: 30 } }, 'renewalWindowDays'],
    [{ supersedeAfterHours: -1 }, 'supersedeAfterHours'],
    [{ approvalsRequired: 11 }, 'approvalsRequired'],
    [{ pendingTtlHours: 721 }, 'pendingTtlHours'],
    [{ scepIdentity: 'ca' }, 'scepIdentity'],
    [{ policy: 'delegated' }, 'validatorId'],
    [{ validatorId: crypto.randomUUID() }, 'validatorId'],
    [{ name: 'a\u202eb' }, 'name'],
    [{ profile: { validityDays: 3_651 } }, 'profile.validityDays'],
    [{ profile: { backdateMinutes: 1_441 } }, 'profile.backdateMinutes'],
    [{ profile: { minRsaBits: 1_024 } }, 'profile.minRsaBits'],
    [{ profile: { ellipticCurves: ['P-224'] } }, 'profile.ellipticCurves'],
    [{ profile: { extendedKeyUsage: [] } }, 'profile.extendedKeyUsage'],
    [{ profile: { extendedKeyUsage: ['client auth'] } }, 'profile.extendedKeyUsage'],
    [{ profile: { extendedKeyUsage: ['2.5.29.37.0'] } }, 'profile.extendedKeyUsage'],
  ])('%j is refused with a sentence for its field, and changes nothing', async (change, field) => {
    const { result, trail } = await portal.trailOf(() => update(change).catch((error: unknown) => error))
    expect(result).toMatchObject({ code: 'invalid_input', fields: { [field]: expect.stringMatching(/\.$/) } })
    expect(trail).toEqual([])
  })

  test('several faults come back together', async () => {
    await expect(update({ pendingTtlHours: 0, profile: { validityDays: 0 } })).rejects.toMatchObject({
      fields: { pendingTtlHours: expect.any(String), 'profile.validityDays': expect.any(String) },
    })
  })

  test('what an RSA issuer and an elliptic curve issuer hear about the CA as identity differs', async () => {
    await portal.createGroup('Printers', 'rsa3072')
    await expect(update({ scepIdentity: 'ca' })).rejects.toMatchObject({
      sentence: expect.stringContaining('elliptic curve'),
    })
    await expect(portal.groups.updateEndpoint(admin, 'printers', { scepIdentity: 'ca' })).rejects.toMatchObject({
      sentence: expect.stringContaining('Keep the registration authority'),
    })
  })
})

describe('another endpoint', () => {
  test('gets a slug, a profile and a registration authority of its own, in one step', async () => {
    const before = await portal.groups.getEndpoint(admin, 'staff')
    const { result, trail } = await portal.trailOf(() =>
      portal.endpoints.create(admin, {
        group: 'staff',
        name: 'Old printers',
        policy: 'static',
        allowDes: true,
        profile: { validityDays: 90 },
      }),
    )
    expect(result).toMatchObject({
      slug: 'staff-old-printers',
      name: 'Old printers',
      policy: 'static',
      enabled: true,
      allowDes: true,
      scepUrl: 'https://portal.example.com/scep/staff-old-printers',
      profile: { name: 'Staff: Old printers', validityDays: 90, minRsaBits: 2048 },
    })
    expect(trail).toMatchObject([
      { type: 'endpoint.created', objectId: result.id },
      { type: 'key.generated' },
      { type: 'certificate.issue_intent' },
      { type: 'certificate.issued' },
    ])
    const authorities = [before.registrationAuthority, result.registrationAuthority]
    expect(new Set(authorities.map((ra) => ra?.fingerprintSha256))).toHaveLength(2)
    expect((await portal.groups.get(admin, 'staff')).endpoints.map(({ slug }) => slug)).toEqual([
      'staff',
      'staff-old-printers',
    ])
    await portal.groups.updateEndpoint(admin, 'staff-old-printers', { profile: { validityDays: 7 } })
    expect((await portal.groups.getEndpoint(admin, 'staff')).profile.validityDays).toBe(365)
  })

  test('issues: its registration authority is under the issuer of the group', async () => {
    const { id } = await portal.endpoints.create(admin, { group: 'staff', name: 'Second', slug: 'second' })
    const { der } = await portal.enrol(id)
    const { issuer } = await portal.groups.getEndpoint(admin, 'second')
    expect(nameToText(parseCertificate(der).issuerDer)).toBe(issuer.subject)
  })

  test.each<[object, string, string]>([
    [{ group: 'nobody', name: 'X' }, 'not_found', 'group_unknown'],
    [{ group: 'staff', name: 'X', slug: 'staff' }, 'conflict', 'slug_taken'],
    [{ group: 'staff', name: 'X', slug: 'Über' }, 'invalid_input', 'invalid_slug'],
    [{ group: 'staff', name: 'X', slug: '-x' }, 'invalid_input', 'invalid_slug'],
    [{ group: 'staff', name: '' }, 'invalid_input', 'invalid_name'],
    [{ group: 'staff', name: 'X', pendingTtlHours: 0 }, 'invalid_input', 'invalid_setting'],
    [{ group: 'staff', name: 'X', policy: 'delegated' }, 'invalid_input', 'invalid_setting'],
  ])('%j is refused, and no key is made', async (request, code, reason) => {
    const used = portal.signer.used.length
    const { result, trail } = await portal.trailOf(() =>
      portal.endpoints.create(admin, request as { group: string; name: string }).catch((error: unknown) => error),
    )
    expect(result).toMatchObject({ code, reason })
    expect(trail).toEqual([])
    expect(portal.signer.used).toHaveLength(used)
  })

  test.each(['operator', 'auditor'] as const)('an %s may neither create nor copy', async (role) => {
    const request = { group: 'staff', name: 'X' }
    await expect(portal.endpoints.create(actor(role), request)).rejects.toMatchObject({ code: 'forbidden' })
    await expect(portal.endpoints.copy(actor(role), 'staff', {})).rejects.toMatchObject({ code: 'forbidden' })
  })

  test('of many with one name each gets a slug of its own', async () => {
    const made = []
    for (let number = 0; number < 3; number += 1)
      made.push(await portal.endpoints.create(admin, { group: 'staff', name: 'Lab' }))
    expect(made.map(({ slug }) => slug)).toEqual(['staff-lab', 'staff-lab-2', 'staff-lab-3'])
  })

  test('a signer that goes away leaves an endpoint that reconciliation completes', async () => {
    const { signCertificate } = portal.signer
    portal.signer.signCertificate = async () => {
      throw new Error('gone')
    }
    const endpoint = await portal.endpoints.create(admin, { group: 'staff', name: 'Late' })
    expect(endpoint.registrationAuthority).toBeNull()
    portal.signer.signCertificate = signCertificate
    portal.time.now = new Date(portal.time.now.getTime() + 31_000)
    await portal.issuance.reconcile(admin)
    expect((await portal.groups.getEndpoint(admin, endpoint.slug)).registrationAuthority).not.toBeNull()
  })
})

describe('a copy', () => {
  test('has every setting of the original, and its own registration authority and profile', async () => {
    const original = await update({
      enabled: false,
      policy: 'approval',
      allowDes: true,
      includeRoot: false,
      caCertificates: 'single',
      replyCertificates: 'leaf_chain',
      signerKeyPolicy: 'must_match_csr',
      trustedProxySigners: ['cd'.repeat(32)],
      approvalsRequired: 2,
      challengeTtlMinutes: 5,
      profile: { validityDays: 10, backdateMinutes: 120, minRsaBits: 4096 },
    })
    const { endpoints, events } = listening()
    const copy = await endpoints.copy(admin, 'staff', {})
    const { id, slug, name, scepUrl, profile, registrationAuthority, createdAt, ...settings } = copy
    expect(original).toMatchObject({ ...settings, trustedProxySigners: ['cd'.repeat(32)] })
    expect(settings.trustedProxySigners).toEqual([])
    expect([slug, name]).toEqual(['staff-scep-copy', 'SCEP copy'])
    expect(profile).toMatchObject({ validityDays: 10, backdateMinutes: 120, minRsaBits: 4096 })
    expect(profile.id).not.toBe(original.profile.id)
    expect(id).not.toBe(original.id)
    expect(registrationAuthority?.fingerprintSha256).not.toBe(original.registrationAuthority?.fingerprintSha256)
    expect(events[0]).toMatchObject({
      type: 'endpoint.created',
      data: { copiedFrom: 'staff', policy: 'approval', settings: { allowDes: true, 'profile.validityDays': 10 } },
    })
  })

  test('may be named and given a slug; an unknown original is refused', async () => {
    expect(await portal.endpoints.copy(admin, 'staff', { name: 'Canary', slug: 'canary' })).toMatchObject({
      slug: 'canary',
      name: 'Canary',
    })
    await expect(portal.endpoints.copy(admin, 'nobody', {})).rejects.toMatchObject({ code: 'not_found' })
  })
})
