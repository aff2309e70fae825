/** What Postgres keeps of policies: a version for each change, whoever makes it, with the event that says so. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBreakGlass } from '@/lib/services/break-glass'
import { createDeviceRules } from '@/lib/services/device-rules'
import { flat } from '@/lib/services/endpoint-change'
import { createNetworkAccess } from '@/lib/services/network-access'
import { createPolicyVersions, type PolicyObjectType, type PolicyVersionsService } from '@/lib/services/policy-versions'
import { createProvenance } from '@/lib/services/provenance'
import { actor, type Installation, installation } from '@/lib/services/testing/harness'
import { createTransactions } from '@/lib/services/transactions'
import { auditStore } from './audit'
import { breakGlassStore } from './break-glass'
import { deviceRuleStore } from './device-rules'
import { networkAccessStore } from './network-access'
import { policyVersionStore } from './policy-versions'
import { provenanceStore } from './provenance'
import { postgresBacking } from './testing/postgres-backing'
import { transactionStore } from './transactions'

const admin = actor('admin')
let backing: Awaited<ReturnType<typeof postgresBacking>>
let portal: Installation
let versions: PolicyVersionsService
let owner: pg.Client

beforeAll(async () => {
  backing = await postgresBacking()
  portal = installation(backing)
  await portal.setUp()
  versions = createPolicyVersions({ store: policyVersionStore(backing.database) })
  owner = new pg.Client({ connectionString: backing.adminUrl })
  await owner.connect()
})
afterAll(async () => {
  await owner.end()
  await backing.close()
})

const list = async (type: PolicyObjectType, slug: string) => (await versions.list(admin, { type, slug }, {})).items
const newest = async (type: PolicyObjectType, slug: string) => (await list(type, slug))[0]

describe('versions of an endpoint', () => {
  test('begin with its creation, by whoever made it', async () => {
    await portal.createGroup('First')
    const all = await list('endpoint', 'first')
    expect(all).toMatchObject([
      { version: 1, origin: 'created', by: { name: admin.name, via: admin.via }, event: {}, changes: [] },
    ])
    expect((await list('group', 'first'))[0]).toMatchObject({ origin: 'created', event: { type: 'group.created' } })
  })

  test('say what was changed, once for a change of endpoint and profile, with its audit event', async () => {
    await portal.createGroup('Changed')
    await portal.groups.updateEndpoint(admin, 'changed', { allowSha1: false, profile: { validityDays: 30 } })
    const [version, ...before] = await list('endpoint', 'changed')
    expect(version).toMatchObject({ version: 2, origin: 'changed', by: { name: admin.name, sourceIp: admin.ip } })
    expect(version?.changes).toEqual([
      { field: 'allowSha1', before: true, after: false },
      { field: 'profile.validityDays', before: 365, after: 30 },
    ])
    expect(before).toHaveLength(1)
    const event = await backing.database.auditEvent.findUniqueOrThrow({
      where: { seq: BigInt(version?.event?.seq ?? 0) },
    })
    expect(event).toMatchObject({ type: 'endpoint.updated', time: version?.at, actorName: admin.name })
  })

  test('hold every setting, and nothing that is none', async () => {
    await portal.createGroup('Whole')
    const { state } = await versions.get(admin, { type: 'endpoint', slug: 'whole' }, 1)
    const settings = Object.keys(flat(await portal.groups.getEndpoint(admin, 'whole')))
    const expected = settings.map((name) => (name === 'validatorId' ? 'validator' : name))
    expect(Object.keys(state).sort()).toEqual([...expected, 'issuer'].sort())
  })

  test('are not made by a change that changes nothing, nor by one that fails', async () => {
    await portal.createGroup('Same')
    await portal.groups.updateEndpoint(admin, 'same', { allowSha1: true })
    await portal.groups
      .updateEndpoint(admin, 'same', { validatorId: crypto.randomUUID(), allowSha1: false })
      .catch(() => null)
    expect(await list('endpoint', 'same')).toHaveLength(1)
  })

  test('are made by what changes an endpoint from elsewhere, with its own event', async () => {
    const { id } = await portal.createGroup('Broken')
    const breakGlass = createBreakGlass({
      store: breakGlassStore(backing.database),
      audit: { record: async () => {} },
      rollover: { replace: () => Promise.reject(new Error('not asked for')) },
      clock: () => portal.time.now,
    })
    await breakGlass.revokeIssuer(admin, 'broken', { reason: 'cACompromise', confirmation: 'Broken' })
    expect(id).not.toBe('')
    expect(await newest('endpoint', 'broken')).toMatchObject({
      version: 2,
      by: { name: admin.name },
      changes: [{ field: 'enabled', before: true, after: false }],
    })
  })

  test('tell a change in the database itself, which has no event', async () => {
    await portal.createGroup('Bypassed')
    await owner.query(`update endpoint set allow_des = true where slug = 'bypassed'`)
    expect(await newest('endpoint', 'bypassed')).toMatchObject({
      version: 2,
      origin: 'unrecorded',
      by: null,
      event: null,
      changes: [{ field: 'allowDes', before: false, after: true }],
    })
  })

  test('come one after the other when two change at once, and certificates count along', async () => {
    const { endpoint } = await portal.createGroup('Rivals')
    await Promise.all([
      portal.groups.updateEndpoint(admin, 'rivals', { challengeTtlMinutes: 5 }),
      portal.groups.updateEndpoint(admin, 'rivals', { allowSha1: false }),
      portal.groups.updateEndpoint(admin, 'rivals', { profile: { validityDays: 9 } }),
    ])
    expect((await list('endpoint', 'rivals')).map(({ version }) => version)).toEqual([4, 3, 2, 1])
    const { id } = await portal.enrol(endpoint.id)
    expect(await portal.certificates.get(admin, id)).toMatchObject({ policyVersion: 4 })
    await expect(backing.database.certificate.update({ where: { id }, data: { policyVersion: 1 } })).rejects.toThrow(
      'never changes',
    )
  })
})

describe('versions of a group', () => {
  test('follow its network access, device rules and trust page', async () => {
    await portal.createGroup('Network')
    const access = createNetworkAccess({ store: networkAccessStore(backing.database) })
    const rules = createDeviceRules({ store: deviceRuleStore(backing.database), clock: () => portal.time.now })
    await access.update(admin, 'network', {}) // makes a row, which changes nothing
    await access.update(admin, 'network', { enabled: true, vlan: '12' })
    await rules.change(admin, 'network', [{ trigger: 'wiped', action: 'revoke', reason: 'keyCompromise' }])
    await portal.trust.switchPage(admin, 'network', false)
    const all = await list('group', 'network')
    expect(all.map(({ version, changes, event }) => [version, event?.type, changes])).toEqual([
      [4, 'group.updated', [{ field: 'trustPage', before: true, after: false }]],
      [3, 'device.rules_changed', [{ field: 'deviceRules.wiped', before: null, after: 'revoke (keyCompromise)' }]],
      [
        2,
        'network.access_changed',
        [
          { field: 'networkAccess.enabled', before: false, after: true },
          { field: 'networkAccess.vlan', before: null, after: '12' },
        ],
      ],
      [1, 'group.created', []],
    ])
  })
})

test('nobody writes, changes or removes a version', async () => {
  await portal.createGroup('Kept')
  const refused = [
    `delete from policy_version`,
    `update policy_version set actor_name = 'x'`,
    `truncate policy_version`,
  ]
  for (const statement of refused) {
    await expect(owner.query(statement)).rejects.toThrow('append-only')
    await expect(backing.database.$executeRawUnsafe(statement)).rejects.toThrow('permission denied')
  }
  await expect(
    backing.database
      .$executeRaw`insert into policy_version (object_type, object_id, version, at, state) values ('group', gen_random_uuid(), 1, now(), '{}')`,
  ).rejects.toThrow('permission denied')
})

test('a hold that ended is remembered, and who revoked for good ends it too', async () => {
  const { endpoint } = await portal.createGroup('Holds')
  const [released, revoked, held] = [
    await portal.enrol(endpoint.id),
    await portal.enrol(endpoint.id),
    await portal.enrol(endpoint.id),
  ]
  for (const { id } of [released, revoked, held])
    await portal.certificates.revoke(admin, id, { reason: 'certificateHold' })
  await portal.certificates.release(admin, released.id, {})
  portal.time.now = new Date(portal.time.now.getTime() + 60_000)
  await portal.certificates.revoke(admin, revoked.id, { reason: 'keyCompromise' })
  const holds = await backing.database.pastHold.findMany({
    where: { certificateId: { in: [released.id, revoked.id, held.id] } },
  })
  expect(holds.map(({ certificateId }) => certificateId).sort()).toEqual([released.id, revoked.id].sort())
  expect(holds.find(({ certificateId }) => certificateId === revoked.id)?.until).toEqual(portal.time.now)
})

test('the provenance of a certificate stays what it was when the policy changes', async () => {
  const { endpoint, issuer } = await portal.createGroup('Origin')
  await portal.groups.updateEndpoint(admin, 'origin', { profile: { validityDays: 30 } })
  // Versions have the database's time: the certificate is drawn up after all of them.
  portal.time.now = new Date(Date.now() + 60_000)
  const { id, serial, challengeId, enrolmentTransactionId } = await portal.enrol(endpoint.id)
  await portal.groups.updateEndpoint(admin, 'origin', { profile: { validityDays: 7 } })
  const provenance = createProvenance({ store: provenanceStore(backing.database) })
  const told = await provenance.of(actor('auditor'), serial)
  expect(told).toMatchObject({
    certificate: { id, kind: 'leaf', serial },
    requested: { sourceIp: '192.0.2.9', transactionId: enrolmentTransactionId, by: { name: 'tablet-7', via: 'scep' } },
    allowed: { challengeId, origin: 'minted', by: 'Ada Admin', via: 'ui' },
    policy: {
      version: { version: 2, by: { name: 'Ada Admin' } },
      current: 3,
      changedSince: [{ field: 'profile.validityDays', before: 30, after: 7 }],
    },
    signed: { issuer: { name: issuer.name }, keySha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  })
  expect(told.policy?.groupVersion).toBe(1)
  expect(told.events.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['certificate.issue_intent', 'certificate.issued', 'challenge.consumed']),
  )
  expect(await provenance.of(admin, issuer.slug).catch(({ code }) => code)).toBe('not_found')
})

test('that people read about a certificate leaves what happened to it in its place', async () => {
  const { endpoint } = await portal.createGroup('Read')
  const { id, enrolmentTransactionId } = await portal.enrol(endpoint.id)
  const provenance = createProvenance({ store: provenanceStore(backing.database) })
  const transactions = createTransactions({ store: transactionStore(backing.database) })
  const typesOf = async () => {
    const told = await Promise.all([
      portal.certificates.get(admin, id).then(({ history }) => history),
      provenance.of(admin, id).then(({ events }) => events),
      transactions.get(admin, enrolmentTransactionId).then(({ history }) => history),
    ])
    return told.map((events) => events.map(({ type }) => type))
  }
  const before = await typesOf()
  const object = { type: 'certificate', id, name: 'the certificate of somebody' } as const
  await auditStore(backing.database).append([{ type: 'audit.read', outcome: 'success', actor: admin, object }])
  expect(await typesOf()).toEqual(before)
})
