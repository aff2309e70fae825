/** Break-glass on Postgres with the real services: drilled, done, and the group brought back under a new issuer. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { type BreakGlassService, createBreakGlass } from '@/lib/services/break-glass'
import { createOcspResponders } from '@/lib/services/ocsp-responders'
import { createRollover, type Rollover, rolloverActor } from '@/lib/services/rollover'
import { type EnrolmentPortal, enrolmentPortal } from '@/lib/services/testing/enrolment'
import { actor, DAY_MS, NOON } from '@/lib/services/testing/harness'
import { breakGlassStore } from './break-glass'
import { ocspStore } from './ocsp'
import { ocspResponderStore } from './ocsp-responders'
import { rolloverStore } from './rollover'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

const admin = actor('admin')
let backing: Awaited<ReturnType<typeof postgresEnrolmentBacking>>
let portal: EnrolmentPortal
let rollover: Rollover
let breakGlass: BreakGlassService

beforeEach(async () => {
  backing = await postgresEnrolmentBacking()
  portal = await enrolmentPortal(backing)
  const { signer, issuance, urls, time } = portal
  const clock = () => time.now
  rollover = createRollover({ store: rolloverStore(backing.database), signer, issuance, urls, clock })
  breakGlass = createBreakGlass({
    store: breakGlassStore(backing.database),
    audit: { record: backing.record },
    rollover,
    clock,
  })
})
afterEach(() => backing?.close())

/** Endpoints are kept for a second. */
const later = (ms = 1_500) => {
  portal.time.now = new Date(portal.time.now.getTime() + ms)
}

async function attempt(name: string) {
  const { challenge } = await portal.mint(`CN=${name}`)
  const device = await portal.device({ subject: [{ type: 'CN', value: name }], challenge, key: 'ec' })
  return device.enrol()
}

async function enrolled(name: string) {
  const [leaf] = (await attempt(name)).certificates
  if (leaf === undefined) throw new Error('no certificate')
  return parseCertificate(leaf)
}

const reason = 'cACompromise' as const
const doIt = (confirmation = 'Staff') => breakGlass.revokeIssuer(admin, portal.slug, { reason, confirmation })
const eventsOf = async (type: string) => (await backing.events()).filter((event) => event.type === type)

describe('a drill', () => {
  test('shows what would be hit and changes nothing but the trail', async () => {
    await enrolled('tablet-1')
    await enrolled('tablet-2')
    const seen = await breakGlass.drill(admin, portal.slug)
    expect(seen).toMatchObject({
      issuer: { slug: 'staff', status: 'active', revokedAt: null },
      hit: { certificates: 2, devices: 2, endpoints: [{ slug: portal.slug, enabled: true, ofIssuer: true }] },
      spared: [],
      lastDrill: { by: 'Ada Admin' },
      plan: null,
    })
    expect(await eventsOf('ca.revocation_drilled')).toMatchObject([
      { data: { certificates: 2, devices: 2, endpoints: [portal.slug] } },
    ])
    expect(await eventsOf('ca.revoked')).toEqual([])
    later()
    expect((await attempt('tablet-3')).pkiStatus).toBe('SUCCESS')
  })
})

describe('the issuer of a group is revoked', () => {
  test('only with the name of the group', async () => {
    await expect(doIt('Stuff')).rejects.toMatchObject({
      code: 'invalid_input',
      fields: { confirmation: expect.any(String) },
    })
    expect(await breakGlass.get(admin, portal.slug)).toMatchObject({ issuer: { status: 'active' } })
  })

  test('everything it signed is worth nothing, its endpoints are off, and both lists are due', async () => {
    const leaf = await enrolled('tablet-1')
    await portal.status.publishDueCrls()
    const view = await doIt()
    expect(view).toMatchObject({
      issuer: { status: 'revoked', reason, revokedBy: 'Ada Admin' },
      hit: { certificates: 1, devices: 1, endpoints: [{ enabled: false }] },
      plan: { next: null, enrolled: 0 },
    })
    expect(await portal.certificates.get(admin, leaf.serial)).toMatchObject({
      status: 'issuer_revoked',
      revokedAt: null,
      statusCause: { decidedBy: 'issuer', by: 'Ada Admin', reason },
    })
    const [event] = await eventsOf('ca.revoked')
    expect(event).toMatchObject({ data: { certificates: 1, devices: 1, endpoints: [portal.slug], reasonCode: reason } })
    expect(await eventsOf('endpoint.updated')).toHaveLength(1)
    const authorities = await backing.database.authority.findMany({ select: { kind: true, crlDueSince: true } })
    expect(authorities.map(({ crlDueSince }) => crlDueSince !== null)).toEqual([true, true])
    const issuer = await portal.certificates.get(admin, view.issuer.certificateId)
    expect(issuer).toMatchObject({ status: 'revoked', kind: 'issuer', revocationReason: reason })
  })

  test('OCSP has a responder to say so until the last of its certificates has ended', async () => {
    await enrolled('tablet-1')
    await doIt()
    const { issuer } = await breakGlass.get(admin, portal.slug)
    const { _max: last } = await backing.database.certificate.aggregate({
      where: { kind: { not: 'ocsp' }, authority: { slug: issuer.slug } },
      _max: { notAfter: true },
    })
    const responders = ocspResponderStore(backing.database)
    const inNeed = async (at: Date) => (await responders.inNeed(at)).map(({ authority }) => authority.slug)
    expect(await inNeed(portal.time.now)).toContain('staff')
    const end = last.notAfter?.getTime() ?? 0
    expect(await inNeed(new Date(end - 1_000))).toContain('staff')
    expect(await inNeed(new Date(end + 1_000))).not.toContain('staff')
  })

  test('a responder that was begun before is finished, for it stands in the way of every other', async () => {
    const { signer, issuance, time } = portal
    const cutOff = { finish: () => Promise.reject(new Error('cut off')) }
    const store = ocspResponderStore(backing.database)
    const responders = createOcspResponders({ store, signer, issuance: cutOff, clock: () => time.now })
    await expect(responders.renewEnding(admin)).rejects.toThrow('cut off')
    await doIt()
    later(60_000)
    await issuance.reconcile(admin)
    const known = await ocspStore(backing.database).authorities(time.now)
    expect(known.find(({ slug }) => slug === 'staff')?.responder).not.toBeNull()
  })

  test('once: of two callers one is told that it is done', async () => {
    const outcomes = await Promise.allSettled([doIt(), doIt()])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await eventsOf('ca.revoked')).toHaveLength(1)
  })

  test('an endpoint that somebody switches on at the same moment ends up off', async () => {
    await portal.groups.updateEndpoint(admin, portal.slug, { enabled: false })
    await Promise.allSettled([doIt(), portal.groups.updateEndpoint(admin, portal.slug, { enabled: true })])
    expect(await portal.groups.getEndpoint(admin, portal.slug)).toMatchObject({ enabled: false })
    await expect(portal.groups.updateEndpoint(admin, portal.slug, { enabled: true })).rejects.toMatchObject({
      code: 'invalid_input',
      fields: { enabled: expect.any(String) },
    })
  })

  test('by administrators alone', async () => {
    for (const role of ['operator', 'auditor'] as const) {
      const request = { reason, confirmation: 'Staff' }
      await expect(breakGlass.revokeIssuer(actor(role), portal.slug, request)).rejects.toMatchObject({
        code: 'forbidden',
      })
      await expect(breakGlass.drill(actor(role), portal.slug)).rejects.toMatchObject({ code: 'forbidden' })
      await expect(breakGlass.replaceIssuer(actor(role), portal.slug, {})).rejects.toMatchObject({ code: 'forbidden' })
    }
    expect(await breakGlass.get(actor('auditor'), portal.slug)).toMatchObject({ issuer: { status: 'active' } })
  })
})

describe('the group comes back', () => {
  test('under a new issuer, on the same endpoints, once somebody switches them on', async () => {
    await enrolled('tablet-1')
    await enrolled('tablet-2')
    await doIt()
    const view = await breakGlass.replaceIssuer(admin, portal.slug, { issuerKey: 'p256' })
    expect(view).toMatchObject({
      issuer: { slug: 'staff', status: 'revoked' },
      plan: { next: { slug: 'staff-g2', status: 'active' }, enrolled: 0 },
      hit: { devices: 2, endpoints: [{ slug: portal.slug, enabled: false, ofIssuer: false }] },
    })
    await portal.groups.updateEndpoint(admin, portal.slug, { enabled: true })
    later()
    const leaf = await enrolled('tablet-1')
    expect(await portal.certificates.get(admin, leaf.serial)).toMatchObject({
      status: 'valid',
      issuer: { slug: 'staff-g2' },
    })
    expect(await breakGlass.get(admin, portal.slug, 'staff')).toMatchObject({
      hit: { devices: 2 },
      plan: { enrolled: 1 },
    })
    expect(await rollover.get(admin, portal.slug)).toMatchObject({
      current: { slug: 'staff-g2', status: 'active' },
      retired: [{ slug: 'staff', status: 'revoked' }],
    })
  })

  test('under the issuer that was staged already', async () => {
    await rollover.stage(admin, portal.slug, { issuerKey: 'p256', activatesAt: new Date(NOON.getTime() + 90 * DAY_MS) })
    await doIt()
    expect(await breakGlass.get(admin, portal.slug)).toMatchObject({ plan: { next: { status: 'staged' } } })
    expect(await breakGlass.replaceIssuer(admin, portal.slug, {})).toMatchObject({
      plan: { next: { slug: 'staff-g2', status: 'active' } },
    })
  })

  test('although the process was cut off after the new issuer was staged: the clock finishes it', async () => {
    await doIt()
    const store = rolloverStore(backing.database)
    const { signer, issuance, urls, time } = portal
    const cut = createRollover({
      store: { ...store, activate: () => Promise.reject(new Error('cut off')) },
      signer,
      issuance,
      urls,
      clock: () => time.now,
    })
    await expect(cut.replace(admin, portal.slug, { issuerKey: 'p256' })).rejects.toThrow('cut off')
    await rollover.advance(rolloverActor())
    expect(await breakGlass.get(admin, portal.slug, 'staff')).toMatchObject({ plan: { next: { status: 'active' } } })
  })

  test('and a renewal that waited for people under the old one has no successor under the new one', async () => {
    const subject = [{ type: 'CN', value: 'tablet-1' }]
    const { challenge } = await portal.mint('CN=tablet-1')
    const [der] = (await (await portal.device({ subject, challenge })).enrol()).certificates
    if (der === undefined) throw new Error('no certificate')
    const { serial } = parseCertificate(der)
    await backing.setEndpoint(portal.slug, {
      policy: 'approval',
      renewalChallenge: 'required',
      renewalWindowDays: 365,
    })
    later()
    const device = await portal.device({ subject, key: 4, message: { messageType: 17, signerCertificateDer: der } })
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'PENDING' })
    const [request] = (await portal.approvals.list(admin, { state: 'open' }, {})).items
    await doIt()
    await breakGlass.replaceIssuer(admin, portal.slug, { issuerKey: 'p256' })
    await portal.groups.updateEndpoint(admin, portal.slug, { enabled: true })
    later()
    const { result, events } = await portal.eventsOf(() => portal.approvals.approve(admin, request?.id ?? ''))
    expect(result).toMatchObject({ certificate: null, renews: { serial } })
    expect(events).toEqual(['approval.approved', 'enrol.request.rejected renewal_issuer_revoked'])
    expect(await portal.transactions.get(admin, request?.id ?? '')).toMatchObject({ state: 'refused' })
    expect(await portal.approvals.tend()).toEqual({ completed: 0, expired: 0 })
  })

  test('not while its issuer is not revoked', async () => {
    await expect(breakGlass.replaceIssuer(admin, portal.slug, {})).rejects.toMatchObject({
      reason: 'issuer_not_revoked',
    })
  })
})
