/**
 * An operator of one group against every method of every service. What is not named here must refuse them, so that a new
 * method is either shut or has to be written down, with what it may show.
 */
import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgresBacking } from '@/lib/adapters/store/testing/postgres-backing'
import { type Things, thingsOf } from '@/lib/adapters/store/testing/reach-things'
import { isRefusal } from '@/lib/errors'
import { buildServices, type Services } from '@/lib/server'
import { type Actor, systemActor } from '@/lib/services/actor'
import { CONFIGURATION_DEFAULTS } from '@/lib/services/radius-configuration'
import { installation, newDevice } from '@/lib/services/testing/harness'

/** For devices, jobs, other programs and strangers, or the same for everybody: no person asks here as themselves. */
const NOT_FOR_PEOPLE = [
  // Records that a list leaves as a file, which the list itself was asked for.
  'listExports',
  // Records that a page was read, which its own service let them read.
  'readings.note',
  // The documentation.
  'help',
  ...[
    'urls',
    'pace',
    'signer',
    'status',
    'ocsp',
    'hooks',
    'receivers',
    'scepEnrolment',
    'radiusCallers',
    'challengePage',
  ],
  ...[
    'deviceReports',
    'setup',
    'jobs',
    'startJobs',
    'followStatus',
    'ready',
    'close',
    'audit.record',
    'trust.page',
    'minters.publishedKeys',
    'mdmConnectors.kinds',
    'licences.list',
    'posture.record',
  ],
  ...['approvals.tend', 'rollover.advance', 'bulkRevocations.advance', 'overdueRenewals.find'],
  ...['validation.validateFor', 'validation.renewFor', 'access.signIn', 'access.signOut', 'access.actorOfSession'],
  ...['access.actorOfApiKey', 'access.idempotent', 'access.recordDenied', 'access.limit', 'access.isLimitReached'],
]

/** About oneself: the contract of users says that nobody else's is in reach. */
const OWN = ['access.sessions', 'access.endSession', 'access.changeOwnPassword']

/** It has a test of its own, for what it does to others cannot be taken back. */
const ALONE = [
  'challenges.revokeMatching',
  'approvals.decideMany',
  'authorityImports.importPkcs12',
  'overview.milestones',
]

type Call = (services: Services, actor: Actor, of: Things) => Promise<unknown>

/** About one thing: another group's is as missing as what does not exist, one's own is not. */
const ONE: [method: string, call: Call, refusedAs?: string][] = [
  ['groups.get', (s, a, of) => s.groups.get(a, of.group)],
  ['groups.outline', (s, a, of) => s.groups.outline(a, of.group)],
  ['groups.getEndpoint', (s, a, of) => s.groups.getEndpoint(a, of.endpoint)],
  ['challenges.mint', (s, a, of) => s.challenges.mint(a, { endpoint: of.endpoint, subject: 'CN=x' })],
  ['challenges.get', (s, a, of) => s.challenges.get(a, of.challenge)],
  ['challenges.reissue', (s, a, of) => s.challenges.reissue(a, of.challenge)],
  ['challenges.revoke', (s, a, of) => s.challenges.revoke(a, of.challenge)],
  ['validation.validate', (s, a, of) => s.validation.validate(a, { endpoint: of.endpoint, csr: CSR, dryRun: true })],
  ['alarms.get', (s, a, of) => s.alarms.get(a, of.alarm)],
  ['alarms.dismiss', (s, a, of) => s.alarms.dismiss(a, of.challenge), 'conflict'],
  ['certificates.get', (s, a, of) => s.certificates.get(a, of.certificate.id)],
  ['certificates.get', (s, a, of) => s.certificates.get(a, of.certificate.serial)],
  ['certificates.der', (s, a, of) => s.certificates.der(a, of.certificate.serial)],
  ['certificates.revoke', (s, a, of) => s.certificates.revoke(a, of.certificate.id, { reason: 'certificateHold' })],
  ['certificates.release', (s, a, of) => s.certificates.release(a, of.certificate.serial, {})],
  ['transactions.get', (s, a, of) => s.transactions.get(a, of.transaction)],
  ['transactions.record', (s, a, of) => s.transactions.record(a, of.transaction)],
  ['approvals.get', (s, a, of) => s.approvals.get(a, of.approval)],
  ['approvals.approve', (s, a, of) => s.approvals.approve(a, of.approval)],
  ['approvals.deny', (s, a, of) => s.approvals.deny(a, of.approval)],
  ['devices.get', (s, a, of) => s.devices.get(a, of.device)],
  ['devices.get', (s, a, of) => s.devices.get(a, of.deviceKey)],
  ['devices.revokeChallenges', (s, a, of) => s.devices.revokeChallenges(a, of.device)],
  ['bulkRevocations.get', (s, a, of) => s.bulkRevocations.get(a, of.bulk)],
  ['bulkRevocations.items', (s, a, of) => s.bulkRevocations.items(a, of.bulk, {}, {})],
  [
    'bulkRevocations.preview',
    (s, a, of) => s.bulkRevocations.preview(a, 'hold', { certificates: [of.certificate.id] }),
  ],
  ['bulkRevocations.preview', (s, a, of) => s.bulkRevocations.preview(a, 'hold', { filter: { group: of.group } })],
  ['bulkRevocations.preview', (s, a, of) => s.bulkRevocations.preview(a, 'hold', { filter: { issuer: of.issuer } })],
  [
    'bulkRevocations.confirm',
    (s, a, of) => s.bulkRevocations.confirm(a, holdOf({ certificates: [of.certificate.id] })),
  ],
  ['bulkRevocations.stop', (s, a, of) => s.bulkRevocations.stop(a, of.bulk)],
  ['simulation.simulate', (s, a, of) => s.simulation.simulate(a, of.endpoint, { csr: CSR })],
  ['networkAccess.get', (s, a, of) => s.networkAccess.get(a, of.group)],
  ['networkHistory.ofGroup', (s, a, of) => s.networkHistory.ofGroup(a, of.group)],
  ['radiusConfiguration.files', (s, a, of) => s.radiusConfiguration.files(a, setUpOf(of))],
  ['radiusConfiguration.archive', (s, a, of) => s.radiusConfiguration.archive(a, setUpOf(of))],
  ['radiusConfiguration.authorities', (s, a, of) => s.radiusConfiguration.authorities(a, [of.group])],
  ['radiusReadiness.check', (s, a, of) => s.radiusReadiness.check(a, of.group)],
  ['radiusReadiness.settings', (s, a, of) => s.radiusReadiness.settings(a, of.group)],
  ['trust.setting', (s, a, of) => s.trust.setting(a, of.group)],
  ['rollover.get', (s, a, of) => s.rollover.get(a, of.group)],
  ['deviceRules.get', (s, a, of) => s.deviceRules.get(a, of.group)],
  ['deviceRules.dryRun', (s, a, of) => s.deviceRules.dryRun(a, of.group, [])],
  ['mdmProfiles.list', (s, a, of) => s.mdmProfiles.list(a, of.endpoint, {})],
  ['mdmProfiles.overview', (s, a, of) => s.mdmProfiles.overview(a, of.endpoint, {})],
  ['mdmProfiles.file', (s, a, of) => s.mdmProfiles.file(a, of.endpoint, 'apple', {})],
  ['mdmProfiles.forOneDevice', (s, a, of) => s.mdmProfiles.forOneDevice(a, of.endpoint, { subject: 'CN=x' }, {})],
]

/** About many: what comes back names things of one's own group and none of the other. `of` is the other group. */
const MANY: [method: string, call: Call, finds?: 'nothing'][] = [
  ['search.find', (s, a) => s.search.find(a, 'CN=')],
  ['overview.standing', (s, a) => s.overview.standing(a)],
  ['overview.activity', (s, a) => s.overview.activity(a, 30)],
  ['overview.causes', (s, a) => s.overview.causes(a, 30)],
  ['overview.waiting', (s, a) => s.overview.waiting(a)],
  ['groups.list', (s, a) => s.groups.list(a)],
  ['groups.outlines', (s, a) => s.groups.outlines(a)],
  ['groups.names', (s, a) => s.groups.names(a)],
  ['groups.listEndpoints', (s, a) => s.groups.listEndpoints(a)],
  ['groups.authorities', (s, a) => s.groups.authorities(a)],
  ['trust.pagesByAuthority', (s, a) => s.trust.pagesByAuthority(a)],
  ['deviceRules.following', (s, a) => s.deviceRules.following(a), 'nothing'],
  ['challenges.list', (s, a) => s.challenges.list(a, {}, {})],
  ['challenges.list', (s, a, of) => s.challenges.list(a, { group: of.group }, {}), 'nothing'],
  ['challenges.list', (s, a, of) => s.challenges.list(a, { endpoint: of.endpoint }, {}), 'nothing'],
  ['challenges.list', (s, a, of) => s.challenges.list(a, { deviceId: of.device }, {}), 'nothing'],
  ['challenges.list', (s, a, of) => s.challenges.list(a, { search: of.challenge }, {}), 'nothing'],
  ['alarms.list', (s, a) => s.alarms.list(a, {}, {})],
  ['alarms.list', (s, a, of) => s.alarms.list(a, { endpoint: of.endpoint }, {}), 'nothing'],
  ['alarms.open', (s, a) => s.alarms.open(a)],
  ['alarms.ofChallenge', (s, a, of) => s.alarms.ofChallenge(a, of.challenge), 'nothing'],
  ['certificates.list', (s, a) => s.certificates.list(a, {}, {})],
  ['certificates.list', (s, a, of) => s.certificates.list(a, { group: of.group }, {}), 'nothing'],
  ['certificates.list', (s, a, of) => s.certificates.list(a, { endpoint: of.endpoint }, {}), 'nothing'],
  ['certificates.list', (s, a, of) => s.certificates.list(a, { issuer: of.issuer }, {}), 'nothing'],
  ['certificates.list', (s, a, of) => s.certificates.list(a, { subject: of.subject }, {}), 'nothing'],
  ['certificates.list', (s, a, of) => s.certificates.list(a, { search: of.certificate.serial }, {}), 'nothing'],
  ['certificates.list', (s, a, of) => s.certificates.list(a, { line: of.certificate.id }, {}), 'nothing'],
  ['certificates.list', (s, a, of) => s.certificates.list(a, { deviceId: of.device }, {}), 'nothing'],
  ['transactions.list', (s, a) => s.transactions.list(a, { kind: 'all' }, {})],
  ['transactions.list', (s, a, of) => s.transactions.list(a, { group: of.group }, {}), 'nothing'],
  ['transactions.list', (s, a, of) => s.transactions.list(a, { deviceId: of.device }, {}), 'nothing'],
  ['transactions.clients', (s, a) => s.transactions.clients(a)],
  ['approvals.list', (s, a) => s.approvals.list(a, {}, {})],
  ['approvals.list', (s, a, of) => s.approvals.list(a, { endpoint: of.endpoint }, {}), 'nothing'],
  ['devices.list', (s, a) => s.devices.list(a, {}, {})],
  ['devices.list', (s, a, of) => s.devices.list(a, { group: of.group }, {}), 'nothing'],
  ['devices.list', (s, a, of) => s.devices.list(a, { search: of.group }, {}), 'nothing'],
  ['overdueRenewals.list', (s, a) => s.overdueRenewals.list(a, {}, {})],
  ['overdueRenewals.list', (s, a, of) => s.overdueRenewals.list(a, { group: of.group }, {}), 'nothing'],
  ['overdueRenewals.list', (s, a) => s.overdueRenewals.list(a, {}, { sort: 'found' })],
  ['bulkRevocations.list', (s, a) => s.bulkRevocations.list(a, {})],
  ['bulkRevocations.preview', (s, a) => s.bulkRevocations.preview(a, 'hold', { filter: {} })],
  ['networkHistory.ofCertificates', (s, a, of) => s.networkHistory.ofCertificates(a, [of.certificate.id]), 'nothing'],
]

/** How many: those of one's own group. */
const COUNTS: [method: string, call: Call, answer: unknown][] = [
  ['approvals.countOpen', (s, a) => s.approvals.countOpen(a), 1],
  ['overview.forecast', async (s, a) => (await s.overview.forecast(a)).reduce((sum, { count }) => sum + count, 0), 1],
  ['approvals.undecided', (s, a) => s.approvals.undecided(a, {}), { count: 1, more: false }],
  ['overdueRenewals.count', (s, a) => s.overdueRenewals.count(a), { count: 1, more: false }],
  ['overdueRenewals.matching', (s, a) => countedAsListed(s.overdueRenewals, a, {}), true],
  ['challenges.matching', (s, a) => countedAsListed(s.challenges, a, {}), true],
  ['certificates.matching', (s, a) => countedAsListed(s.certificates, a, {}), true],
  ['transactions.matching', (s, a) => countedAsListed(s.transactions, a, { kind: 'all' }), true],
  ['approvals.matching', (s, a) => countedAsListed(s.approvals, a, {}), true],
  ['devices.matching', (s, a) => countedAsListed(s.devices, a, {}), true],
  [
    'bulkRevocations.matching',
    async (s, a) =>
      (await s.bulkRevocations.matching(a, {})).count === (await s.bulkRevocations.list(operator, {})).items.length,
    true,
  ],
  [
    'certificates.counts',
    (s, a) => s.certificates.counts(a),
    expect.objectContaining({ total: 1, expiring: 1, last24h: 1, refused24h: 1, pendingChallenges: 1 }),
  ],
]

/** As many as the operator's list has: what is listed is held to the groups by the tests above. */
async function countedAsListed<Filter>(
  list: {
    list(actor: Actor, filter: Filter, page: { limit: number }): Promise<{ items: unknown[] }>
    matching(actor: Actor, filter: Filter): Promise<{ count: number }>
  },
  actor: Actor,
  filter: Filter,
): Promise<boolean> {
  const { items } = await list.list(operator, filter, { limit: 500 })
  return items.length > 0 && (await list.matching(actor, filter)).count === items.length
}

const CSR = Buffer.from(newDevice('nobody').csr).toString('base64')
const holdOf = (selection: { certificates: string[] }) =>
  ({ selection, action: 'hold', expect: 1, confirmation: null }) as const
const setUpOf = (of: Things) => ({ ...CONFIGURATION_DEFAULTS, groups: [of.group] })

const admin = systemActor('cli', 'test')
const operator: Actor = {
  ...{ type: 'user', id: '00000000-0000-4000-8000-000000000001', name: 'Olga', role: 'operator', via: 'ui' },
  ...{ ip: '192.0.2.7', userAgent: null, requestId: 'request-1', groups: ['staff'] },
}
let backing: Awaited<ReturnType<typeof postgresBacking>>
let services: Services
let staff: Things
let guests: Things

beforeAll(async () => {
  backing = await postgresBacking()
  const portal = installation(backing)
  portal.time.now = new Date()
  services = buildServices({
    databaseUrl: backing.url,
    // Nobody listens there: what needs a key is refused as unavailable, and no method of this test gets so far for others.
    signerSocket: `/nowhere/${crypto.randomUUID()}`,
    publicUrl: new URL('http://127.0.0.1:1'),
    statusUrl: new URL('http://127.0.0.1:1'),
    log: () => {},
  })
  await portal.setUp()
  const making = { portal, database: backing.database, bulk: portal.bulkRevocations, admin }
  staff = await thingsOf('Staff', 'challenge_expired', making)
  guests = await thingsOf('Guests', 'weak_key', making)
  await backing.database.networkRefusal.create({
    data: {
      ...{ id: new Uint8Array(32), reason: 'unknown', networkServer: 'guests-server' },
      firstAt: new Date(),
      lastAt: new Date(),
    },
  })
}, 120_000)
afterAll(async () => {
  await services?.close()
  await backing?.close()
})

async function challengeFor(deviceId: string, endpoint: string, subject: string): Promise<string> {
  const { database } = backing
  const { id: endpointId } = await database.endpoint.findUniqueOrThrow({ where: { slug: endpoint } })
  const id = crypto.randomUUID()
  const handleHash = new Uint8Array(randomBytes(32))
  const bound = { constraints: { v: 1, subject: [], san: [] }, subject, mintedBy: 'script', mintedVia: 'api' }
  const expiresAt = new Date(Date.now() + 86_400_000)
  await database.challenge.create({ data: { id, endpointId, handleHash, expiresAt, deviceId, ...bound } })
  return id
}

async function askedAs(
  subject: string,
  endpointId: string,
  more: { reason?: string; detail?: string; challengeId?: string } = {},
): Promise<string> {
  const hash = () => new Uint8Array(randomBytes(32))
  const request = { transactionId: hash(), csrSha256: hash(), spkiSha256: hash(), signerSpkiSha256: hash() }
  const id = crypto.randomUUID()
  const data = { id, endpointId, messageType: 19, state: 'refused', subject, ...request, ...more } as const
  await backing.database.enrolmentTransaction.create({ data })
  return id
}

async function refusalOf(work: () => Promise<unknown>): Promise<{ code: string; reason: string } | null> {
  try {
    await work()
    return null
  } catch (error) {
    if (isRefusal(error)) return { code: error.code, reason: error.reason }
    throw error
  }
}

/** Whatever the things of the other group are called, and the cause of its refusal. */
const THEIRS = /guests|weak_key/i
const OURS = /staff|challenge_expired/i

describe('what is of many groups', () => {
  test.each(MANY)('%s shows those of one’s own alone (%#)', async (_method, call, finds) => {
    const everything = finds === 'nothing' ? '' : inspect(await call(services, admin, guests), { depth: 12 })
    if (finds !== 'nothing') expect(everything).toMatch(THEIRS)
    let shown = ''
    const refused = await refusalOf(async () => {
      shown = inspect(await call(services, operator, guests), { depth: 12 })
    })
    expect([null, 'not_found']).toContain(refused?.code ?? null)
    expect(shown).not.toMatch(THEIRS)
    if (finds !== 'nothing') expect(shown).toMatch(OURS)
  })

  test.each(COUNTS)('%s counts those of one’s own alone', async (_method, call, answer) => {
    expect(await call(services, operator, staff)).toEqual(answer)
    expect(await call(services, admin, staff)).not.toEqual(answer)
  })

  test('of an operator of no group, there is nothing', async () => {
    for (const [, call] of MANY) {
      let shown = ''
      await refusalOf(async () => {
        shown = inspect(await call(services, { ...operator, groups: [] }, staff), { depth: 12 })
      })
      expect(shown).not.toMatch(OURS)
      expect(shown).not.toMatch(THEIRS)
    }
  })
})

describe('what is of one group and of another', () => {
  const shared = crypto.randomUUID()
  let theirs = ''

  beforeAll(async () => {
    const { database } = backing
    await database.device.create({ data: { id: shared, name: 'shared-pad' } })
    for (const { certificate } of [staff, guests])
      await database.deviceCertificate.update({ where: { certificateId: certificate.id }, data: { deviceId: shared } })
    const challenges = await Promise.all(
      [staff, guests].map(({ endpoint }) => challengeFor(shared, endpoint, `CN=${endpoint}-shared`)),
    )
    theirs = challenges[1] ?? ''
    // Somebody called like the visitor of the one group asked at the other.
    const { endpointId } = await database.challenge.findUniqueOrThrow({ where: { id: guests.challenge } })
    await askedAs('CN=staff-visitor', endpointId)
  })
  afterAll(async () => {
    for (const { certificate, device } of [staff, guests])
      await backing.database.deviceCertificate.update({
        where: { certificateId: certificate.id },
        data: { deviceId: device },
      })
  })

  test('an enrolment does not tell for whom the challenge was that it presented', async () => {
    const { endpointId } = await backing.database.challenge.findUniqueOrThrow({ where: { id: staff.challenge } })
    const detail = 'the challenge was minted for endpoint guests'
    const id = await askedAs('CN=staff-lost', endpointId, {
      ...{ reason: 'challenge_other_endpoint', detail, challengeId: guests.challenge },
    })
    for (const call of [
      () => services.transactions.get(operator, id),
      () => services.transactions.record(operator, id),
      () => services.transactions.list(operator, {}, {}),
    ]) {
      const shown = inspect(await call(), { depth: 12 })
      expect(shown).toContain('CN=staff-lost')
      expect(shown).not.toMatch(THEIRS)
      expect(shown).not.toContain(guests.challenge)
    }
    expect(await services.transactions.get(admin, id)).toMatchObject({ detail, challenge: { id: guests.challenge } })
  })

  test('a device shows its certificates and challenges of one’s own alone', async () => {
    const shown = inspect(await services.devices.get(operator, shared), { depth: 12 })
    expect(shown).toMatch(OURS)
    expect(shown).not.toMatch(THEIRS)
    const { items } = await services.devices.list(operator, { search: 'shared' }, {})
    expect(items[0]).toMatchObject({ key: shared, certificates: 1, subject: staff.subject })
    const all = await services.devices.list(admin, { search: 'shared' }, {})
    expect(all.items[0]).toMatchObject({ key: shared, certificates: 2 })
  })

  test('a device does not tell that it is of another group, too', async () => {
    const { items } = await services.devices.list(admin, { group: guests.group, search: 'shared' }, {})
    expect(items).toHaveLength(1)
    expect((await services.devices.list(operator, { group: guests.group }, {})).items).toEqual([])
    expect(await services.devices.matching(operator, { group: guests.group })).toMatchObject({ count: 0 })
  })

  test('a challenge does not tell where else it was presented', async () => {
    const { database } = backing
    const { challengeId } = await database.certificate.findUniqueOrThrow({ where: { id: staff.certificate.id } })
    const transaction = await database.enrolmentTransaction.findFirstOrThrow({
      where: { certificateId: staff.certificate.id },
    })
    await database.enrolmentTransaction.update({ where: { id: transaction.id }, data: { challengeId } })
    await services.audit.record({
      ...{ type: 'enrol.request.rejected', outcome: 'denied', reason: 'challenge_other_endpoint', actor: admin },
      object: { type: 'challenge', id: challengeId ?? '', name: 'CN=staff-tablet' },
      data: { endpoint: guests.endpoint, subject: 'CN=guests-lost' },
    })
    const calls = [
      (who: Actor) => services.certificates.get(who, staff.certificate.id),
      (who: Actor) => services.transactions.get(who, transaction.id),
    ]
    for (const call of calls) {
      expect(inspect((await call(operator)).history, { depth: 12 })).not.toMatch(THEIRS)
      expect(inspect((await call(admin)).history, { depth: 12 })).toMatch(THEIRS)
    }
  })

  test('an enrolment of one’s own is found however many others have its id', async () => {
    const { database } = backing
    const name = { transactionId: new TextEncoder().encode('chosen-alike') }
    const endpointOf = async ({ challenge }: Things) =>
      (await database.challenge.findUniqueOrThrow({ where: { id: challenge } })).endpointId
    const mine = await askedAs('CN=staff-alike', await endpointOf(staff))
    await database.enrolmentTransaction.update({ where: { id: mine }, data: { ...name, createdAt: new Date(0) } })
    for (let other = 0; other < 5; other += 1) {
      const id = await askedAs(`CN=guests-alike-${other}`, await endpointOf(guests))
      await database.enrolmentTransaction.update({ where: { id }, data: name })
    }
    const hits = await services.search.find(operator, 'chosen-alike')
    expect(hits).toMatchObject([{ kind: 'enrolment', key: mine }])
  })

  test('its challenges of other groups stay', async () => {
    expect(await services.devices.revokeChallenges(operator, shared)).toBe(1)
    expect(await services.challenges.get(admin, theirs)).toMatchObject({ state: 'pending' })
  })

  test('a request does not tell of what its name did elsewhere', async () => {
    const { history } = await services.approvals.get(operator, staff.approval)
    expect(history).toEqual({ certificates: [], transactions: [] })
    expect((await services.approvals.get(admin, staff.approval)).history.transactions).toHaveLength(1)
  })

  test('a bulk revocation takes those of one’s own alone, and is frozen so', async () => {
    const request = { selection: { filter: {} }, action: 'hold', expect: 1, confirmation: null } as const
    const startsAt = new Date(Date.now() + 86_400_000)
    const bulk = await services.bulkRevocations.confirm(operator, { ...request, startsAt })
    expect(bulk).toMatchObject({ total: 1, described: 'all certificates, within staff' })
    const { items } = await services.bulkRevocations.items(admin, bulk.id, {}, {})
    expect(items.map(({ certificate }) => certificate.id)).toEqual([staff.certificate.id])
    const ofBoth = { ...operator, groups: ['staff', 'guests'] }
    const wide = await services.bulkRevocations.confirm(ofBoth, { ...request, startsAt, expect: 2 })
    expect(await refusalOf(() => services.bulkRevocations.get(operator, wide.id))).toMatchObject({ code: 'not_found' })
    await services.bulkRevocations.stop(admin, bulk.id)
    await services.bulkRevocations.stop(ofBoth, wide.id)
  })
})

describe('what is of one group', () => {
  test.each(ONE)('%s does not know that of another (%#)', async (_method, call, refusedAs = 'not_found') => {
    expect(await refusalOf(() => call(services, operator, guests))).toMatchObject({ code: refusedAs })
  })

  test.each(ONE)('%s is open for one’s own (%#)', async (_method, call) => {
    const refused = await refusalOf(() => call(services, operator, staff))
    expect(['not_found', 'forbidden', 'unauthenticated']).not.toContain(refused?.code)
  })

  test('challenges of another group are not revoked together with others', async () => {
    for (const filter of [{ ids: [guests.challenge] }, { group: guests.group }, { endpoint: guests.endpoint }])
      expect(await services.challenges.revokeMatching(operator, filter, new Date())).toBe(0)
  })

  test('requests of another group are not decided together with others', async () => {
    for (const which of [
      { ids: [guests.approval] },
      { filter: { endpoint: guests.endpoint }, before: new Date(Date.now() + 60_000) },
      { filter: { search: 'guests' }, before: new Date(Date.now() + 60_000) },
    ])
      expect(await services.approvals.decideMany(operator, which, { approves: false })).toMatchObject({ decided: 0 })
  })

  test('an enrolment of another group cannot be judged at one’s own endpoint', async () => {
    const judged = () => services.simulation.simulate(operator, staff.endpoint, { transaction: guests.transaction })
    expect(await refusalOf(judged)).toMatchObject({ code: 'not_found' })
  })

  test('nothing of the other group changed', async () => {
    expect(await services.challenges.get(admin, guests.challenge)).toMatchObject({ state: 'pending' })
    expect(await services.certificates.get(admin, guests.certificate.id)).toMatchObject({ revokedAt: null })
    expect(await services.approvals.get(admin, guests.approval)).toMatchObject({ state: 'open', decisions: [] })
    expect(await services.bulkRevocations.get(admin, guests.bulk)).toMatchObject({ state: 'scheduled' })
    expect(await services.alarms.open(admin)).toMatchObject([{ id: guests.alarm }])
  })
})

test('no authority is imported by them', async () => {
  const refused = refusalOf(async () =>
    services.authorityImports.importPkcs12(operator, new Uint8Array(1), new Uint8Array(1)),
  )
  expect(await refused).toMatchObject({ reason: 'outside_groups' })
})

test('what the organisation has come to is that of their groups', async () => {
  expect(await services.overview.milestones(operator)).toMatchObject({ group: true, certificate: true })
  expect(await services.overview.milestones({ ...operator, groups: [] })).toMatchObject({
    group: false,
    certificate: false,
  })
})

test('every other method of every service refuses them', async () => {
  const named = new Set([...OWN, ...ALONE, ...[...ONE, ...MANY, ...COUNTS].map(([method]) => method)])
  const open: string[] = []
  for (const [method, call] of methods(services)) {
    if (named.has(method) || NOT_FOR_PEOPLE.includes(method) || NOT_FOR_PEOPLE.includes(method.split('.')[0] ?? ''))
      continue
    const refused = await refusalOf(async () => call(operator, 'x', {}, {}, {})).catch((error: unknown) => error)
    if (!(refused instanceof Object && 'reason' in refused && refused.reason === 'outside_groups')) open.push(method)
  }
  expect(open).toEqual([])
})

test('no table speaks of a method that there is not', () => {
  const all = new Set(methods(services).flatMap(([method]) => [method, method.split('.')[0]]))
  const spoken = [...NOT_FOR_PEOPLE, ...OWN, ...ALONE, ...[...ONE, ...MANY, ...COUNTS].map(([method]) => method)]
  expect(spoken.filter((method) => !all.has(method) && !(method in services))).toEqual([])
})

type Method = (...given: unknown[]) => Promise<unknown>

function methods(of: Services): [name: string, call: Method][] {
  return Object.entries(of).flatMap(([name, service]: [string, unknown]): [string, Method][] => {
    if (typeof service === 'function') return [[name, service as Method]]
    if (typeof service !== 'object' || service === null) return []
    const members = Object.entries(service) as [string, unknown][]
    return members.flatMap(([member, call]): [string, Method][] =>
      typeof call === 'function' ? [[`${name}.${member}`, call as Method]] : [],
    )
  })
}
