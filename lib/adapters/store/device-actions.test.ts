/** What follows from what an MDM says: by the rules of the group, at once, once, and no further than the brake lets it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDeviceActions } from '@/lib/services/device-actions'
import type { DeviceReport } from '@/lib/services/device-types'
import { actor, newDevice } from '@/lib/services/testing/harness'
import { openDatabase } from './database'
import { deviceActionStore } from './device-actions'
import { type DevicePortal, devicePortal } from './testing/device-portal'

const admin = actor('admin')
let all: DevicePortal

beforeEach(async () => {
  all = await devicePortal()
})
afterEach(() => all.close())

const types = (trail: { type: string }[]) => trail.map(({ type }) => type)
const actions = async () =>
  (await all.database.deviceAction.findMany({ orderBy: [{ createdAt: 'asc' }, { trigger: 'asc' }] })).map(
    ({ trigger, action, state, certificates }) => `${trigger} ${action} ${state} ${certificates ?? '-'}`,
  )

describe('rules', () => {
  test('a device that is wiped loses all its certificates, with an event for each and a due CRL', async () => {
    await all.setRules({ trigger: 'wiped', action: 'revoke', reason: 'keyCompromise' })
    const one = await all.enrol('S1')
    const two = await all.enrol('S1')
    const other = await all.enrol('S2')
    await all.tell({ externalId: '1', serial: 'S1', management: 'managed' }, { externalId: '2', serial: 'S2' })
    await all.run()
    const due = await all.portal.backing.crlDueSince(all.group.issuer.id)
    await all.tell({ externalId: '1', management: 'wiped' })
    const { trail } = await all.portal.trailOf(() => all.run())
    expect(types(trail)).toEqual(['certificate.revoked', 'certificate.revoked'])
    expect([await all.status(one.id), await all.status(two.id), await all.status(other.id)]).toEqual([
      'keyCompromise',
      'keyCompromise',
      'valid',
    ])
    expect(await all.portal.backing.crlDueSince(all.group.issuer.id)).not.toEqual(due)
    const shown = await all.portal.certificates.get(admin, one.serial)
    expect(shown.statusCause.sentence).toContain('Device rules')
    expect(await actions()).toEqual(['wiped revoke done 2'])
  })

  test('until an administrator chose, everything is only reported', async () => {
    const { id } = await all.enrol('S1')
    await all.tell({
      externalId: '1',
      serial: 'S1',
      management: 'wiped',
      compliance: 'noncompliant',
      userDisabled: true,
    })
    await all.run()
    expect(await all.status(id)).toBe('valid')
    expect(await actions()).toEqual([])
    expect((await all.rules.get(admin, all.group.slug)).rules.map(({ action }) => action)).toEqual(
      Array(6).fill('report'),
    )
  })

  test('a hold ends when the device is fine again, and only if the rule had set it', async () => {
    await all.setRules({ trigger: 'noncompliant', action: 'hold' })
    const ruled = await all.enrol('S1')
    const byHand = await all.enrol('S1')
    await all.portal.certificates.revoke(admin, byHand.id, { reason: 'certificateHold' })
    await all.tell({ externalId: '1', serial: 'S1', compliance: 'noncompliant' })
    const held = await all.portal.trailOf(() => all.run())
    expect(types(held.trail)).toEqual(['certificate.hold_set'])
    await all.tell({ externalId: '1', compliance: 'compliant' })
    const released = await all.portal.trailOf(() => all.run())
    expect(types(released.trail)).toEqual(['certificate.hold_released'])
    expect([await all.status(ruled.id), await all.status(byHand.id)]).toEqual(['valid', 'certificateHold'])
  })

  test('a hold that somebody set again stays, and one that somebody released is not set again by a repeated report', async () => {
    await all.setRules({ trigger: 'noncompliant', action: 'hold' })
    const { id } = await all.enrol('S1')
    await all.tell({ externalId: '1', serial: 'S1', compliance: 'noncompliant' })
    await all.run()
    await all.portal.certificates.release(admin, id, {})
    await all.tell({ externalId: '1', compliance: 'noncompliant' })
    await all.run()
    expect(await all.status(id)).toBe('valid')
    await all.portal.certificates.revoke(admin, id, { reason: 'certificateHold' })
    await all.tell({ externalId: '1', compliance: 'compliant' })
    await all.run()
    expect(await all.status(id)).toBe('certificateHold')
  })

  test('a hold stays while another rule still wants it, and a revocation takes its place', async () => {
    await all.setRules(
      { trigger: 'noncompliant', action: 'hold' },
      { trigger: 'user_disabled', action: 'hold' },
      { trigger: 'removed', action: 'revoke' },
    )
    const { id } = await all.enrol('S1')
    await all.tell({ externalId: '1', serial: 'S1', compliance: 'noncompliant', userDisabled: true })
    await all.run()
    await all.tell({ externalId: '1', compliance: 'compliant' })
    await all.run()
    expect(await all.status(id)).toBe('certificateHold')
    await all.tell({ externalId: '1', management: 'removed' })
    await all.run()
    expect(await all.status(id)).toBe('cessationOfOperation')
    await all.tell({ externalId: '1', management: 'managed', userDisabled: false })
    await all.run()
    expect(await all.status(id)).toBe('cessationOfOperation')
  })

  test('a certificate that is issued after the device was wiped ends as well', async () => {
    await all.setRules({ trigger: 'wiped', action: 'revoke' })
    const before = await all.enrol('S1')
    await all.tell({ externalId: '1', serial: 'S1', management: 'wiped' })
    await all.run()
    const after = await all.enrol('S1')
    await all.run()
    expect([await all.status(before.id), await all.status(after.id)]).toEqual([
      'cessationOfOperation',
      'cessationOfOperation',
    ])
  })

  test('what an MDM takes back before it was done is not done', async () => {
    await all.setRules({ trigger: 'removed', action: 'revoke' })
    const { id } = await all.enrol('S1')
    await all.tell({ externalId: '1', serial: 'S1', management: 'managed' })
    await all.run()
    await all.tell({ externalId: '1', management: 'removed' })
    await all.tell({ externalId: '1', management: 'managed' })
    const { trail } = await all.portal.trailOf(() => all.run())
    expect(trail).toEqual([])
    expect(await all.status(id)).toBe('valid')
    expect(await actions()).toEqual(['removed revoke cancelled -'])
  })

  test('a rule that is set answers what devices are already, and the dry run had said so without doing it', async () => {
    const held = await all.enrol('S1')
    const gone = await all.enrol('S2')
    await all.tell(
      { externalId: '1', serial: 'S1', compliance: 'noncompliant' },
      { externalId: '2', serial: 'S2', management: 'removed', compliance: 'noncompliant' },
    )
    await all.run()
    const change = [
      { trigger: 'noncompliant', action: 'hold' },
      { trigger: 'removed', action: 'revoke' },
    ] as const
    const dry = await all.portal.trailOf(() => all.rules.dryRun(admin, all.group.slug, change))
    expect(dry.trail).toEqual([])
    expect(dry.result.effects.filter(({ devices }) => devices > 0)).toEqual([
      { trigger: 'removed', action: 'revoke', devices: 1, certificates: 1 },
      { trigger: 'noncompliant', action: 'hold', devices: 2, certificates: 2 },
    ])
    expect(dry.result).toMatchObject({ total: { devices: 2, certificates: 2, releases: 0 } })
    expect(dry.result.connectors).toMatchObject([{ devices: 2, mostPerHour: 25 }])
    await all.run()
    expect(await all.status(gone.id)).toBe('valid')
    const set = await all.portal.trailOf(() => all.setRules(...change))
    expect(types(set.trail)).toEqual(['device.rules_changed'])
    await all.run()
    expect([await all.status(held.id), await all.status(gone.id)]).toEqual(['certificateHold', 'cessationOfOperation'])
    const back = await all.rules.dryRun(admin, all.group.slug, [{ trigger: 'noncompliant', action: 'report' }])
    expect(back.total).toEqual({ devices: 0, certificates: 0, releases: 1 })
    await all.setRules({ trigger: 'noncompliant', action: 'report' })
    await all.run()
    expect(await all.status(held.id)).toBe('valid')
  })

  test.each(['removed', 'unmanaged'] as const)(
    'challenges that wait for a device that is %s are revoked with its certificates',
    async (trigger) => {
      await all.setRules({ trigger, action: 'revoke' })
      const [device] = await all.tell({ externalId: '1', management: 'managed' })
      const { challengeId } = await all.portal.reserve(all.group.endpoint.id, newDevice())
      const fresh = { deviceId: device ?? null, state: 'pending' as const, reservedBy: null }
      await all.database.challenge.update({ where: { id: challengeId }, data: { ...fresh, reservedAt: null } })
      await all.tell({ externalId: '1', management: trigger })
      const { trail } = await all.portal.trailOf(() => all.run())
      expect(types(trail)).toEqual(['challenge.revoked'])
      expect(await all.portal.backing.challengeState(challengeId)).toBe('revoked')
    },
  )

  test('of each group with devices of an enabled MDM it is told whether anything follows', async () => {
    const following = () => all.rules.following(actor('auditor'))
    await all.portal.createGroup('lab')
    const { id } = await all.enrol('S1')
    await all.tell({ externalId: '1', serial: 'S1', management: 'managed' })
    expect(await following()).toEqual([])
    await all.run()
    expect(await all.deviceOf(id)).not.toBeNull()
    const { slug, name } = all.group
    expect(await following()).toEqual([{ group: { slug, name }, follows: false }])
    await all.setRules({ trigger: 'wiped', action: 'report' }, { trigger: 'removed', action: 'hold' })
    expect(await following()).toEqual([{ group: { slug, name }, follows: true }])
    await all.setRules({ trigger: 'removed', action: 'report' })
    expect(await following()).toEqual([{ group: { slug, name }, follows: false }])
    await all.database.connector.update({ where: { id: all.connector }, data: { disabledAt: all.portal.time.now } })
    expect(await following()).toEqual([])
  })

  test('only administrators set rules, and what no rule knows is refused', async () => {
    await expect(all.rules.change(actor('operator'), all.group.slug, [])).rejects.toMatchObject({ code: 'forbidden' })
    for (const wrong of [{ trigger: 'stolen' }, { action: 'erase' }, { reason: 'certificateHold' }])
      await expect(
        all.rules.change(admin, all.group.slug, [{ trigger: 'wiped', action: 'revoke', ...wrong } as never]),
      ).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(all.rules.get(admin, 'nobody')).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('the brake', () => {
  /** So many devices, each with a certificate, of which the MDM says that they are gone. */
  async function inventory(count: number): Promise<{ removed: DeviceReport[]; certificates: string[] }> {
    await all.setRules({ trigger: 'removed', action: 'revoke' })
    const certificates: string[] = []
    const said: DeviceReport[] = []
    for (let number = 1; number <= count; number += 1) {
      certificates.push((await all.enrol(`S${number}`)).id)
      said.push({ externalId: `id-${number}`, serial: `S${number}`, management: 'managed' })
    }
    await all.tell(...said)
    await all.run()
    return { removed: said.map((each) => ({ ...each, management: 'removed' })), certificates }
  }
  const connectorSlug = async () => (await all.brake.list(admin))[0]?.connector.slug ?? ''
  const ended = async (ids: string[]) =>
    (await Promise.all(ids.map((id) => all.status(id)))).filter((status) => status !== 'valid').length

  test('never lets more devices of an MDM pass within an hour, though instances work side by side', async () => {
    const { removed, certificates } = await inventory(9)
    const slug = await connectorSlug()
    await all.brake.change(admin, slug, { mostPerHour: 4 })
    await all.tell(...removed)
    const others = [0, 1, 2].map(() => openDatabase(all.url))
    const work = () =>
      Promise.all(
        others.map((database) =>
          createDeviceActions({ store: deviceActionStore(database) }).advance(all.portal.time.now),
        ),
      )
    for (let round = 0; round < 4; round += 1) await work()
    await Promise.all(others.map((database) => database.$disconnect()))
    expect(await ended(certificates)).toBe(4)
    expect((await all.brake.list(admin))[0]).toMatchObject({ mostPerHour: 4, waiting: 5 })
    const trail = await all.portal.backing.trail()
    expect(trail.filter(({ type }) => type === 'device.brake_pulled')).toHaveLength(1)
    expect(trail.filter(({ type }) => type === 'certificate.revoked')).toHaveLength(4)
  })

  test('once pulled it lets nothing pass, however long, until an administrator has decided', async () => {
    const { removed, certificates } = await inventory(4)
    const slug = await connectorSlug()
    await all.brake.change(admin, slug, { mostPerHour: 1 })
    await all.tell(...removed.slice(0, 2))
    await all.run()
    all.later(7_200)
    await all.tell(...removed.slice(2))
    await all.run()
    expect(await ended(certificates)).toBe(1)
    const { actions: waiting } = await all.brake.braked(admin, slug)
    expect(waiting).toHaveLength(3)
    await expect(all.brake.decide(actor('operator'), slug, 'let_through', 'all')).rejects.toMatchObject({
      code: 'forbidden',
    })
    const first = await all.portal.trailOf(() => all.brake.decide(admin, slug, 'let_through', [waiting[0]?.id ?? '']))
    expect(first.result).toMatchObject({ devices: 1, brake: { waiting: 2 } })
    expect(types(first.trail)).toEqual(['device.brake_released'])
    await all.run()
    expect(await ended(certificates)).toBe(2)
    const rest = await all.portal.trailOf(() => all.brake.decide(admin, slug, 'cancel', 'all'))
    expect(rest.result).toMatchObject({ devices: 2, brake: { waiting: 0, pulledAt: null } })
    expect(types(rest.trail)).toEqual(['device.actions_cancelled'])
    await all.run()
    expect(await ended(certificates)).toBe(2)
  })

  test('a word about all that was seen is none about what came since', async () => {
    const { removed, certificates } = await inventory(4)
    const slug = await connectorSlug()
    await all.brake.change(admin, slug, { mostPerHour: 0 })
    await all.tell(...removed.slice(0, 1))
    await all.run()
    const seen = (await all.brake.braked(admin, slug)).brake.waiting
    await all.tell(...removed.slice(1))
    await all.run()
    await expect(all.brake.decide(admin, slug, 'let_through', 'all', seen)).rejects.toMatchObject({
      code: 'conflict',
      reason: 'more_wait',
    })
    await all.run()
    expect(await ended(certificates)).toBe(0)
    expect(await all.brake.decide(admin, slug, 'let_through', 'all', 4)).toMatchObject({ devices: 4 })
    await all.run()
    expect(await ended(certificates)).toBe(4)
  })

  test('a word about a hold is none about a revocation', async () => {
    await all.setRules({ trigger: 'noncompliant', action: 'hold' })
    const { id } = await all.enrol('S1')
    const slug = await connectorSlug()
    await all.brake.change(admin, slug, { mostPerHour: 0 })
    await all.tell({ externalId: '1', serial: 'S1', compliance: 'noncompliant' })
    await all.run()
    await all.brake.decide(admin, slug, 'let_through', 'all')
    await all.setRules({ trigger: 'noncompliant', action: 'revoke' })
    await all.run()
    expect(await all.status(id)).toBe('valid')
    expect((await all.brake.braked(admin, slug)).actions).toMatchObject([{ action: 'revoke' }])
  })

  test('a release does not wait behind the brake in the place of a hold that did', async () => {
    await all.setRules({ trigger: 'noncompliant', action: 'hold' })
    const first = await all.enrol('S1')
    await all.tell({ externalId: '1', serial: 'S1', compliance: 'noncompliant' })
    const slug = await connectorSlug()
    await all.run()
    await all.brake.change(admin, slug, { mostPerHour: 0 })
    all.later(7_200)
    const second = await all.enrol('S1')
    await all.run()
    expect((await all.brake.list(admin))[0]).toMatchObject({ waiting: 1 })
    await all.tell({ externalId: '1', compliance: 'compliant' })
    await all.run()
    expect([await all.status(first.id), await all.status(second.id)]).toEqual(['valid', 'valid'])
    expect((await all.brake.list(admin))[0]).toMatchObject({ waiting: 0, pulledAt: null })
  })

  test('what an MDM takes back needs no decision, and the brake is free again', async () => {
    const { removed, certificates } = await inventory(3)
    const slug = await connectorSlug()
    await all.brake.change(admin, slug, { mostPerHour: 0 })
    await all.tell(...removed)
    await all.run()
    expect((await all.brake.list(admin))[0]).toMatchObject({ waiting: 3 })
    await all.tell(...removed.map((each): DeviceReport => ({ ...each, management: 'managed' })))
    expect((await all.brake.list(admin))[0]).toMatchObject({ waiting: 0, pulledAt: null })
    await all.brake.change(admin, slug, { mostPerHour: 5 })
    await all.tell(...removed.slice(0, 1))
    await all.run()
    expect(await ended(certificates)).toBe(1)
  })

  test('a device that loses a second certificate within the hour is no second device, and a release is never braked', async () => {
    await all.setRules({ trigger: 'noncompliant', action: 'hold' }, { trigger: 'removed', action: 'revoke' })
    const { id } = await all.enrol('S1')
    await all.tell({ externalId: '1', serial: 'S1', compliance: 'noncompliant' })
    const slug = await connectorSlug()
    await all.brake.change(admin, slug, { mostPerHour: 1 })
    await all.run()
    expect(await all.status(id)).toBe('certificateHold')
    await all.tell({ externalId: '1', compliance: 'compliant' })
    await all.run()
    expect(await all.status(id)).toBe('valid')
    await all.tell({ externalId: '1', management: 'removed' })
    await all.run()
    expect(await all.status(id)).toBe('cessationOfOperation')
    for (const mostPerHour of [-1, 1.5, Number.NaN])
      await expect(all.brake.change(admin, slug, { mostPerHour })).rejects.toMatchObject({ code: 'invalid_input' })
  })
})

test('an action that ends before its events are written has changed nothing, and is done again', async () => {
  await all.setRules({ trigger: 'wiped', action: 'revoke' })
  const { id } = await all.enrol('S1')
  await all.tell({ externalId: '1', serial: 'S1', management: 'wiped' })
  all.later(1)
  await all.links.advance(all.portal.time.now)
  const store = deviceActionStore(all.database)
  const cut = createDeviceActions({
    store: {
      ...store,
      waiting: store.waiting,
      act: (action, at, words, events) =>
        store.act(action, at, words, {
          ...events,
          ended: (context, facts, reason) => {
            if (facts.id === id) throw new Error('cut off')
            return events.ended(context, facts, reason)
          },
        }),
    },
  })
  const other = await all.enrol('S2')
  await all.tell({ externalId: '2', serial: 'S2', management: 'wiped' })
  await all.links.advance(all.portal.time.now)
  await expect(cut.advance(all.portal.time.now)).rejects.toThrow('cut off')
  // One that always fails keeps none of those behind it.
  expect(await all.status(other.id)).toBe('cessationOfOperation')
  expect(await all.status(id)).toBe('valid')
  await all.run()
  expect(await all.status(id)).toBe('cessationOfOperation')
})
