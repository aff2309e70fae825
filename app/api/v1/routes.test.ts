/** Each route asks the service it should, with what the caller sent, as the caller. */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { ApiRoute } from '@/app/api/_door'
import { OPERATIONS } from '@/app/api/_operations'
import { type Asked, apiRequest, context, type Fakes, fakeServices, GROUP_KEY, KEYS } from '@/app/api/_testing'
import type { Services } from '@/lib/server'
import type { Role } from '@/lib/services/actor'
import { IN_GROUPS, PERMISSIONS } from '@/lib/services/permissions'

const wired = vi.hoisted(() => ({ services: undefined as Services | undefined }))
vi.mock('@/lib/server', () => ({ server: () => wired.services }))

const ID = '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b'
const SERIAL = '3A7F19C0D2E45B6781920A1B2C3D4E5F'
const DEVICE = Buffer.from('CN=tablet-7,O=Example').toString('base64url')
const PARAMS: Record<string, string> = {
  id: ID,
  kind: 'apple',
  slug: 'staff',
  certificate: SERIAL,
  device: DEVICE,
  of: 'group:staff',
  version: '3',
}

const exampleOf = (id: string): never => {
  const { answer } = OPERATIONS.find((one) => one.id === id) ?? {}
  return answer?.example as never
}
const page = (id: string) => (exampleOf(id) as { items: never[] }).items
const readingOf = (id: string) => (exampleOf(id) as { lastReading: never }).lastReading
const firstOf = (id: string): object => page(id)[0] ?? {}

let asked: unknown[][]
const noted =
  (name: string, answer: unknown) =>
  async (...args: unknown[]): Promise<never> => {
    asked.push([
      name,
      ...args.map((arg) => (isActor(arg) ? `as ${arg.name}${arg.groups ? ` of ${arg.groups.join()}` : ''}` : arg)),
    ])
    return answer as never
  }
const isActor = (value: unknown): value is { name: string; groups?: readonly string[] } =>
  typeof value === 'object' && value !== null && 'via' in value

const services = (): Fakes => ({
  groups: {
    list: noted('groups.list', page('listGroups')),
    get: noted('groups.get', exampleOf('getGroup')),
    create: noted('groups.create', exampleOf('createGroup')),
    listEndpoints: noted('groups.listEndpoints', page('listEndpoints')),
    getEndpoint: noted('groups.getEndpoint', exampleOf('getEndpoint')),
    updateEndpoint: noted('groups.updateEndpoint', exampleOf('updateEndpoint')),
    authorities: noted('groups.authorities', page('listAuthorities')),
  },
  authorityImports: {
    requests: noted('authorityImports.requests', page('listAuthorityRequests')),
    importRoot: noted('authorityImports.importRoot', exampleOf('importRoot')),
    createRequest: noted('authorityImports.createRequest', exampleOf('requestAuthority')),
    acceptCertificate: noted('authorityImports.acceptCertificate', exampleOf('acceptAuthority')),
    withdrawRequest: noted('authorityImports.withdrawRequest', undefined),
    importCrl: noted('authorityImports.importCrl', exampleOf('importAuthorityCrl')),
  },
  rollover: {
    get: noted('rollover.get', exampleOf('getRollover')),
    stage: noted('rollover.stage', exampleOf('stageRollover')),
    reschedule: noted('rollover.reschedule', exampleOf('rescheduleRollover')),
    cancel: noted('rollover.cancel', exampleOf('cancelRollover')),
  },
  trust: {
    setting: noted('trust.setting', exampleOf('getTrustPage')),
    switchPage: noted('trust.switchPage', exampleOf('switchTrustPage')),
  },
  networkAccess: {
    get: noted('networkAccess.get', exampleOf('getNetworkAccess')),
    update: noted('networkAccess.update', exampleOf('updateNetworkAccess')),
  },
  networkHistory: { ofGroup: noted('networkHistory.ofGroup', exampleOf('listNetworkDecisions')) },
  radiusReadiness: { check: noted('radiusReadiness.check', exampleOf('checkRadiusReadiness')) },
  radiusConfiguration: {
    archive: noted('radiusConfiguration.archive', { name: 'files.tar.gz', bytes: new Uint8Array([31, 139]) }),
  },
  mdmProfiles: {
    overview: noted('mdmProfiles.overview', exampleOf('listEndpointProfiles')),
    file: noted('mdmProfiles.file', {
      kind: 'apple',
      fileName: 'staff.mobileconfig',
      contentType: 'application/x-apple-aspen-config',
      content: '<plist/>',
    }),
  },
  endpoints: {
    create: noted('endpoints.create', exampleOf('createEndpoint')),
    copy: noted('endpoints.copy', exampleOf('copyEndpoint')),
  },
  challenges: {
    mint: noted('challenges.mint', exampleOf('mintChallenge')),
    list: noted('challenges.list', exampleOf('listChallenges')),
    get: noted('challenges.get', exampleOf('getChallenge')),
    revoke: noted('challenges.revoke', exampleOf('revokeChallenge')),
    reissue: noted('challenges.reissue', exampleOf('reissueChallenge')),
  },
  minters: {
    list: noted('minters.list', page('listMinters')),
    get: noted('minters.get', exampleOf('getMinter')),
    create: noted('minters.create', exampleOf('createMinter')),
    update: noted('minters.update', exampleOf('updateMinter')),
    setEnabled: noted('minters.setEnabled', exampleOf('updateMinter')),
  },
  challengePageAccounts: {
    list: noted('challengePageAccounts.list', [{ ...firstOf('listChallengePageAccounts'), id: ID }]),
    get: noted('challengePageAccounts.get', exampleOf('getChallengePageAccount')),
    create: noted('challengePageAccounts.create', {
      secret: 'page-secret',
      view: firstOf('listChallengePageAccounts'),
    }),
    update: noted('challengePageAccounts.update', exampleOf('updateChallengePageAccount')),
    rotate: noted('challengePageAccounts.rotate', {
      secret: 'page-secret',
      view: firstOf('listChallengePageAccounts'),
    }),
  },
  staticSecrets: {
    list: noted('staticSecrets.list', [{ ...firstOf('listStaticSecrets'), id: ID }]),
    create: noted('staticSecrets.create', { secret: 'secret-value', view: firstOf('listStaticSecrets') }),
    revoke: noted('staticSecrets.revoke', exampleOf('revokeStaticSecret')),
  },
  approvals: {
    list: noted('approvals.list', exampleOf('listApprovals')),
    get: noted('approvals.get', exampleOf('getApproval')),
    approve: noted('approvals.approve', exampleOf('approveRequest')),
    deny: noted('approvals.deny', exampleOf('denyRequest')),
  },
  certificates: {
    list: noted('certificates.list', exampleOf('listCertificates')),
    get: noted('certificates.get', exampleOf('getCertificate')),
    der: noted('certificates.der', { der: new Uint8Array([0x30, 0]), serial: SERIAL }),
    revoke: noted('certificates.revoke', exampleOf('revokeCertificate')),
    release: noted('certificates.release', exampleOf('releaseCertificate')),
  },
  activity: {
    summary: noted('activity.summary', exampleOf('getActivity')),
    events: noted('activity.events', exampleOf('listActivityEvents')),
  },
  asOf: {
    list: noted('asOf.list', exampleOf('listPastCertificates')),
    counts: noted('asOf.counts', exampleOf('countPastCertificates')),
    compare: noted('asOf.compare', exampleOf('compareMoments')),
    changes: noted('asOf.changes', exampleOf('listComparedCertificates')),
  },
  policyVersions: {
    list: noted('policyVersions.list', exampleOf('listEndpointVersions')),
    get: noted('policyVersions.get', exampleOf('getEndpointVersion')),
  },
  provenance: { of: noted('provenance.of', exampleOf('getProvenance')) },
  bulkRevocations: {
    preview: noted('bulkRevocations.preview', exampleOf('revokeCertificates')),
    confirm: noted('bulkRevocations.confirm', exampleOf('stopBulkRevocation')),
    list: noted('bulkRevocations.list', exampleOf('listBulkRevocations')),
    get: noted('bulkRevocations.get', exampleOf('getBulkRevocation')),
    items: noted('bulkRevocations.items', exampleOf('listBulkRevocationCertificates')),
    stop: noted('bulkRevocations.stop', exampleOf('stopBulkRevocation')),
  },
  breakGlass: {
    get: noted('breakGlass.get', exampleOf('getBreakGlass')),
    drill: noted('breakGlass.drill', exampleOf('getBreakGlass')),
    revokeIssuer: noted('breakGlass.revokeIssuer', exampleOf('breakGlass')),
    replaceIssuer: noted('breakGlass.replaceIssuer', exampleOf('replaceIssuer')),
  },
  validation: { validate: noted('validation.validate', exampleOf('validateChallenge')) },
  connectors: {
    validators: noted('connectors.validators', page('listValidators')),
    validator: noted('connectors.validator', exampleOf('getValidator')),
    createValidator: noted('connectors.createValidator', { view: exampleOf('getValidator'), secret: 'whsec_new' }),
    updateValidator: noted('connectors.updateValidator', exampleOf('updateValidator')),
    rotateValidatorSecret: noted('connectors.rotateValidatorSecret', exampleOf('rotateValidatorSecret')),
    activateValidatorSecret: noted('connectors.activateValidatorSecret', exampleOf('activateValidatorSecret')),
    testValidator: noted('connectors.testValidator', exampleOf('testValidator')),
    receivers: noted('connectors.receivers', page('listReceivers')),
    receiver: noted('connectors.receiver', exampleOf('getReceiver')),
    createReceiver: noted('connectors.createReceiver', { view: exampleOf('getReceiver'), secret: 'new' }),
    updateReceiver: noted('connectors.updateReceiver', exampleOf('updateReceiver')),
    rotateReceiverSecret: noted('connectors.rotateReceiverSecret', { view: exampleOf('getReceiver'), secret: 'new' }),
  },
  mdmConnectors: {
    list: noted('mdmConnectors.list', page('listConnectors')),
    get: noted('mdmConnectors.get', exampleOf('getConnector')),
    create: noted('mdmConnectors.create', { view: exampleOf('getConnector'), hookSecret: 'whsec_new' }),
    change: noted('mdmConnectors.change', exampleOf('updateConnector')),
    test: noted('mdmConnectors.test', exampleOf('testConnector')),
    rotateHookSecret: noted('mdmConnectors.rotateHookSecret', {
      view: exampleOf('getConnector'),
      hookSecret: 'whsec_new',
    }),
    calls: noted('mdmConnectors.calls', exampleOf('listConnectorCalls')),
  },
  inventoryReadings: {
    last: noted('inventoryReadings.last', readingOf('getConnectorInventory')),
    accept: noted('inventoryReadings.accept', readingOf('acceptConnectorInventory')),
  },
  alarms: {
    list: noted('alarms.list', exampleOf('listChallengeAlarms')),
    get: noted('alarms.get', exampleOf('getChallengeAlarm')),
  },
  devices: {
    list: noted('devices.list', exampleOf('listDevices')),
    get: noted('devices.get', exampleOf('getDevice')),
    revokeChallenges: noted('devices.revokeChallenges', 1),
  },
  eventWebhooks: {
    list: noted('eventWebhooks.list', page('listEventWebhooks')),
    create: noted('eventWebhooks.create', { view: firstOf('listEventWebhooks'), secret: 'whsec_value' }),
    change: noted('eventWebhooks.change', exampleOf('updateEventWebhook')),
    rotateSecret: noted('eventWebhooks.rotateSecret', exampleOf('rotateEventWebhookSecret')),
    remove: noted('eventWebhooks.remove', undefined),
    deliveries: noted('eventWebhooks.deliveries', []),
    test: noted('eventWebhooks.test', exampleOf('testEventWebhook')),
  },
  notices: {
    list: noted('notices.list', exampleOf('listNotices')),
    deliveries: noted('notices.deliveries', []),
    settings: noted('notices.settings', exampleOf('getNoticeSettings')),
    changeSettings: noted('notices.changeSettings', exampleOf('updateNoticeSettings')),
    recipients: noted('notices.recipients', page('listNoticeRecipients')),
    addRecipient: noted('notices.addRecipient', exampleOf('addNoticeRecipient')),
    changeRecipient: noted('notices.changeRecipient', exampleOf('updateNoticeRecipient')),
    removeRecipient: noted('notices.removeRecipient', undefined),
  },
  mailServer: {
    get: noted('mailServer.get', null),
    set: noted('mailServer.set', null),
    remove: noted('mailServer.remove', undefined),
    test: noted('mailServer.test', exampleOf('testMailServer')),
  },
  overdueRenewals: { list: noted('overdueRenewals.list', exampleOf('listOverdueRenewals')) },
  deviceRules: {
    get: noted('deviceRules.get', exampleOf('getDeviceRules')),
    change: noted('deviceRules.change', exampleOf('changeDeviceRules')),
    dryRun: noted('deviceRules.dryRun', exampleOf('tryDeviceRules')),
  },
  deviceBrake: {
    list: noted('deviceBrake.list', page('listDeviceBrakes')),
    braked: noted('deviceBrake.braked', exampleOf('getDeviceBrake')),
    change: noted('deviceBrake.change', exampleOf('changeDeviceBrake')),
    decide: noted('deviceBrake.decide', exampleOf('decideBraked')),
  },
  transactions: {
    list: noted('transactions.list', exampleOf('listTransactions')),
    get: noted('transactions.get', exampleOf('getTransaction')),
  },
  simulation: { simulate: noted('simulation.simulate', exampleOf('simulateRequest')) },
  defaultEndpoint: {
    get: noted('defaultEndpoint.get', exampleOf('getDefaultEndpoint')),
    choose: noted('defaultEndpoint.choose', exampleOf('chooseDefaultEndpoint')),
  },
  groupRetirement: {
    get: noted('groupRetirement.get', exampleOf('getGroupRetirement')),
    retire: noted('groupRetirement.retire', exampleOf('retireGroup')),
    reopen: noted('groupRetirement.reopen', exampleOf('retireGroup')),
  },
  posture: {
    get: noted('posture.get', exampleOf('getPosture')),
    accept: noted('posture.accept', exampleOf('acceptRisk')),
    withdraw: noted('posture.withdraw', undefined),
    confirmSafekeeping: noted('posture.confirmSafekeeping', undefined),
  },
  retention: {
    get: noted('retention.get', exampleOf('getRetention')),
    set: noted('retention.set', exampleOf('setRetention')),
  },
  audit: {
    list: noted('audit.list', exampleOf('listAuditEvents')),
    verify: noted('audit.verify', exampleOf('verifyAuditEvents')),
  },
  access: {
    users: noted('access.users', page('listUsers')),
    createUser: noted('access.createUser', exampleOf('createUser')),
    updateUser: noted('access.updateUser', exampleOf('updateUser')),
    apiKeys: noted('access.apiKeys', [{ ...firstOf('listApiKeys'), id: ID }]),
    createApiKey: noted('access.createApiKey', { id: ID, key: 'lk_new', view: firstOf('listApiKeys') }),
    revokeApiKey: noted('access.revokeApiKey', undefined),
  },
})

async function call(id: string, { query = '', ...asked }: Asked & { query?: string } = {}): Promise<Response> {
  const operation = OPERATIONS.find((one) => one.id === id)
  if (operation === undefined) throw new Error(id)
  const folder = operation.path.replaceAll(/\{(\w+)\}/g, '[$1]').replace(/^\/$/, '')
  const module: Record<string, ApiRoute> = await import(/* @vite-ignore */ `/app/api/v1${folder}/route.ts`)
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => PARAMS[name] ?? '')
  const json = operation.method === 'GET' ? {} : { json: operation.bodyExample ?? {} }
  const request = apiRequest(`${path}${query}`, { method: operation.method, ...json, ...asked })
  const route = module[operation.method]
  if (route === undefined) throw new Error(`${id} has no route`)
  return route(request, context(Object.fromEntries(names.map((name) => [name, PARAMS[name] ?? '']))))
}

beforeEach(() => {
  asked = []
  wired.services = fakeServices(services()).services
})

/** A RADIUS server is answered in its own statuses: server/radius-path.test.ts. */
const BEHIND_THE_DOOR = OPERATIONS.filter(({ id }) => id !== 'authorizeAccess')

test.each(BEHIND_THE_DOOR.filter(({ access }) => access !== 'public').map(({ id, answer }) => [id, answer] as const))(
  '%s answers what the document says, for an administrator',
  async (id, answer) => {
    const response = await call(id)
    expect(response.status).toBe(answer.status)
    const type = response.headers.get('content-type') ?? ''
    expect(answer.files ? Object.keys(answer.files) : ['application/json']).toContain(type)
  },
)

const roles: Role[] = ['admin', 'operator', 'auditor', 'radius']
const matrix = BEHIND_THE_DOOR.flatMap(({ id, access }) => roles.map((role) => [id, role, access] as const))
test.each(matrix)('%s for a key of role %s follows the matrix', async (id, role, access) => {
  const allowed = access === 'public' || (PERMISSIONS[access] as readonly Role[]).includes(role)
  const { status } = await call(id, { key: KEYS[role] })
  expect(status === 403).toBe(!allowed)
  if (!allowed) expect(asked).toEqual([])
})

describe('a key that is limited to groups', () => {
  const isOpen = (access: (typeof BEHIND_THE_DOOR)[number]['access']) =>
    access === 'public' || IN_GROUPS.includes(access)

  test.each(BEHIND_THE_DOOR.map(({ id, access }) => [id, access] as const))('%s', async (id, access) => {
    const { status } = await call(id, { key: GROUP_KEY })
    expect(status === 403).toBe(!isOpen(access))
    // What is open is asked of a service as whoever holds the key: the service says what is of their groups.
    const people = asked.flatMap(([, who]) => (typeof who === 'string' && who.startsWith('as ') ? [who] : []))
    expect(new Set(people)).toEqual(new Set(isOpen(access) && people.length > 0 ? ['as group key of staff'] : []))
    if (!isOpen(access)) expect(asked).toEqual([])
  })

  test('reads who it is', async () => {
    expect(await (await call('getMe', { key: GROUP_KEY })).json()).toMatchObject({
      role: 'operator',
      groups: ['staff'],
      endpoints: null,
      permissions: expect.not.arrayContaining(['group:create', 'audit:read', 'connector:read']),
    })
  })
})

test('a key that is limited to endpoints is let in to their challenges alone', () => {
  expect(
    OPERATIONS.filter(({ scoped }) => scoped)
      .map(({ id }) => id)
      .sort(),
  ).toEqual([
    'getChallenge',
    'getEndpoint',
    'getMe',
    'listChallenges',
    'listEndpoints',
    'mintChallenge',
    'reissueChallenge',
    'revokeChallenge',
    'validateChallenge',
  ])
})

test.each(BEHIND_THE_DOOR.map(({ id, access }) => [id, access] as const))('%s without a key', async (id, access) => {
  expect((await call(id, { key: null })).status).toBe(access === 'public' ? 200 : 401)
})

test.each([
  [
    'mintChallenge',
    {},
    ['challenges.mint', 'as admin key', expect.objectContaining({ endpoint: 'staff', ttlMinutes: 60 })],
  ],
  ['createGroup', { json: { name: 'Printers' } }, ['groups.create', 'as admin key', { name: 'Printers' }]],
  [
    'updateEndpoint',
    { json: { enabled: true } },
    ['groups.updateEndpoint', 'as admin key', 'staff', { enabled: true }],
  ],
  [
    'importAuthorityCrl',
    { json: { pem: 'a list' } },
    ['authorityImports.importCrl', 'as admin key', 'staff', Buffer.from('a list')],
  ],
  ['reissueChallenge', {}, ['challenges.reissue', 'as admin key', ID]],
  [
    'updateConnector',
    { json: { settings: { url: 'https://jamf.example.com' }, credentialExpiresAt: '2027-01-10T08:00:00Z' } },
    [
      'mdmConnectors.change',
      'as admin key',
      'staff',
      { settings: { url: 'https://jamf.example.com' }, credentialExpiresAt: new Date('2027-01-10T08:00:00Z') },
    ],
  ],
  [
    'listConnectorCalls',
    { query: '?outcome=failed&operation=token&limit=7' },
    ['mdmConnectors.calls', 'as admin key', 'staff', { outcome: 'failed', operation: 'token' }, { limit: 7 }],
  ],
  ['getConnectorInventory', {}, ['inventoryReadings.last', 'as admin key', 'staff']],
  ['acceptConnectorInventory', { json: { reading: ID } }, ['inventoryReadings.accept', 'as admin key', 'staff', ID]],
  [
    'createMinter',
    { json: { name: 'MDM', issuer: 'mdm', jwks: { keys: [] }, endpoints: ['staff'] } },
    ['minters.create', 'as admin key', { name: 'MDM', issuer: 'mdm', jwks: '{"keys":[]}', endpoints: ['staff'] }],
  ],
  [
    'createMinter',
    { json: { name: 'MDM', issuer: 'mdm', jwksUrl: 'https://mdm.example.com/jwks', endpoints: ['staff'] } },
    [
      'minters.create',
      'as admin key',
      { name: 'MDM', issuer: 'mdm', jwksUrl: 'https://mdm.example.com/jwks', endpoints: ['staff'] },
    ],
  ],
  [
    'updateUser',
    { json: { role: 'operator', groups: ['staff'] } },
    ['access.updateUser', 'as admin key', ID, { role: 'operator', groups: ['staff'] }],
  ],
  ['updateMinter', { json: { enabled: false } }, ['minters.setEnabled', 'as admin key', ID, false]],
  [
    'updateEndpoint',
    { json: { policy: 'approval', renewalWindowDays: null, profile: { validityDays: 30 } } },
    [
      'groups.updateEndpoint',
      'as admin key',
      'staff',
      { policy: 'approval', renewalWindowDays: null, profile: { validityDays: 30 } },
    ],
  ],
  [
    'createEndpoint',
    { json: { group: 'staff', name: 'Lab', allowDes: true } },
    ['endpoints.create', 'as admin key', { group: 'staff', name: 'Lab', allowDes: true }],
  ],
  [
    'updateNetworkAccess',
    { json: { vlan: '20', windows: [{ days: [1], from: '08:00', to: '18:00' }] } },
    [
      'networkAccess.update',
      'as admin key',
      'staff',
      { vlan: '20', windows: [{ days: [1], from: '08:00', to: '18:00' }] },
    ],
  ],
  [
    'downloadRadiusConfiguration',
    { query: '?also=students,guests&crl=no&ocsp=yes&outage=accept' },
    [
      'radiusConfiguration.archive',
      'as admin key',
      {
        groups: ['staff', 'students', 'guests'],
        checks: { rest: true, crl: false, ocsp: true },
        onOutage: 'accept',
      },
    ],
  ],
  [
    'listEndpointProfiles',
    { query: '?mdm=jamf&ssid=' },
    ['mdmProfiles.overview', 'as admin key', 'staff', { mdm: 'jamf', ssid: '' }],
  ],
  [
    'downloadEndpointProfile',
    { query: '?ssid=Corp&radius=radius.example.com' },
    ['mdmProfiles.file', 'as admin key', 'staff', 'apple', { ssid: 'Corp', radius: 'radius.example.com' }],
  ],
  ['copyEndpoint', { json: {} }, ['endpoints.copy', 'as admin key', 'staff', {}]],
  ['revokeChallenge', { json: {} }, ['challenges.revoke', 'as admin key', ID, undefined]],
  [
    'revokeCertificate',
    { json: { reason: 'superseded' } },
    ['certificates.revoke', 'as admin key', SERIAL, { reason: 'superseded' }],
  ],
  [
    'holdCertificate',
    { json: { comment: 'missing' } },
    ['certificates.revoke', 'as admin key', SERIAL, { comment: 'missing', reason: 'certificateHold' }],
  ],
  ['releaseCertificate', { json: {} }, ['certificates.release', 'as admin key', SERIAL, {}]],
  [
    'revokeCertificates',
    { json: { selection: { filter: { group: 'staff' } }, reason: 'superseded', dryRun: true } },
    ['bulkRevocations.preview', 'as admin key', 'revoke', { filter: { group: 'staff' } }],
  ],
  [
    'revokeCertificates',
    { json: { selection: { certificates: [ID] }, action: 'hold', expect: 1, startsAt: '2027-01-10T08:00:00Z' } },
    [
      'bulkRevocations.confirm',
      'as admin key',
      {
        selection: { certificates: [ID] },
        action: 'hold',
        startsAt: new Date('2027-01-10T08:00:00Z'),
        expect: 1,
        confirmation: null,
      },
    ],
  ],
  [
    'listBulkRevocationCertificates',
    { query: '?outcome=skipped&limit=5' },
    ['bulkRevocations.items', 'as admin key', ID, { outcome: 'skipped' }, { limit: 5 }],
  ],
  ['stopBulkRevocation', { json: {} }, ['bulkRevocations.stop', 'as admin key', ID]],
  ['breakGlass', { json: { dryRun: true } }, ['breakGlass.drill', 'as admin key', 'staff', undefined]],
  [
    'breakGlass',
    { json: { confirmation: 'Staff' } },
    ['breakGlass.revokeIssuer', 'as admin key', 'staff', { reason: 'cACompromise', confirmation: 'Staff' }],
  ],
  [
    'replaceIssuer',
    { json: { issuerKey: 'p384' } },
    ['breakGlass.replaceIssuer', 'as admin key', 'staff', { issuerKey: 'p384' }],
  ],
  [
    'listCertificates',
    { query: '?group=staff&status=valid&search=tab&limit=7&cursor=abc' },
    [
      'certificates.list',
      'as admin key',
      { group: 'staff', status: 'valid', search: 'tab' },
      { limit: 7, cursor: 'abc' },
    ],
  ],
  [
    'createStaticSecret',
    {},
    ['staticSecrets.create', 'as admin key', 'staff', expect.objectContaining({ maxUses: 200, perHour: 20 })],
  ],
  [
    'createChallengePageAccount',
    {},
    [
      'challengePageAccounts.create',
      'as admin key',
      'staff',
      { name: 'Workspace ONE', subjectTemplate: 'CN=laptop-*,O=Example', allowedAddresses: ['192.0.2.0/24'] },
    ],
  ],
  [
    'updateChallengePageAccount',
    { json: { enabled: false, mostPending: 5 } },
    ['challengePageAccounts.update', 'as admin key', 'staff', ID, { enabled: false, mostPending: 5 }],
  ],
  [
    'rotateChallengePageSecret',
    { json: { graceHours: 0 } },
    ['challengePageAccounts.rotate', 'as admin key', 'staff', ID, 0],
  ],
  ['revokeStaticSecret', {}, ['staticSecrets.revoke', 'as admin key', 'staff', ID]],
  ['listApprovals', { query: '?state=open' }, ['approvals.list', 'as admin key', { state: 'open' }, { limit: 50 }]],
  ['approveRequest', { json: { comment: 'known' } }, ['approvals.approve', 'as admin key', ID, 'known']],
  ['denyRequest', { json: {} }, ['approvals.deny', 'as admin key', ID, undefined]],
  [
    'listTransactions',
    { query: '?device=tab&reason=weak_key&from=2026-11-23T00:00:00Z' },
    [
      'transactions.list',
      'as admin key',
      { device: 'tab', reason: 'weak_key', from: new Date('2026-11-23T00:00:00Z') },
      { limit: 50 },
    ],
  ],
  [
    'simulateRequest',
    { json: { transaction: ID, changes: { allowSha1: false } } },
    ['simulation.simulate', 'as admin key', 'staff', { transaction: ID, changes: { allowSha1: false } }],
  ],
  [
    'listChallengeAlarms',
    { query: '?open=true&endpoint=staff' },
    ['alarms.list', 'as admin key', { open: true, endpoint: 'staff' }, { limit: 50 }],
  ],
  ['getChallengeAlarm', {}, ['alarms.get', 'as admin key', ID]],
  [
    'listDevices',
    { query: `?search=tab&cursor=${DEVICE}` },
    ['devices.list', 'as admin key', { search: 'tab' }, { limit: 50, cursor: DEVICE }],
  ],
  ['getDevice', {}, ['devices.get', 'as admin key', DEVICE]],
  ['revokeDeviceChallenges', { json: {} }, ['devices.revokeChallenges', 'as admin key', DEVICE]],
  [
    'listOverdueRenewals',
    { query: '?group=staff' },
    ['overdueRenewals.list', 'as admin key', { group: 'staff' }, { limit: 50 }],
  ],
  [
    'createEventWebhook',
    { json: { name: 'Tickets', url: 'https://hooks.example.com/', events: ['certificate.issued'] } },
    [
      'eventWebhooks.create',
      'as admin key',
      { name: 'Tickets', url: 'https://hooks.example.com/', events: ['certificate.issued'], allowedHosts: [] },
    ],
  ],
  ['updateEventWebhook', { json: { paused: true } }, ['eventWebhooks.change', 'as admin key', ID, { paused: true }]],
  ['rotateEventWebhookSecret', { json: {} }, ['eventWebhooks.rotateSecret', 'as admin key', ID]],
  ['removeEventWebhook', { json: {} }, ['eventWebhooks.remove', 'as admin key', ID]],
  ['listEventDeliveries', {}, ['eventWebhooks.deliveries', 'as admin key', ID]],
  ['testEventWebhook', { json: {} }, ['eventWebhooks.test', 'as admin key', ID]],
  ['listNotices', { query: '?standing=true' }, ['notices.list', 'as admin key', { standing: true }, { limit: 50 }]],
  ['listNoticeDeliveries', {}, ['notices.deliveries', 'as admin key']],
  ['getNoticeSettings', {}, ['notices.settings', 'as admin key']],
  [
    'updateNoticeSettings',
    { json: { thresholds: { 'api-key-expiry': [30, 7] } } },
    ['notices.changeSettings', 'as admin key', { thresholds: { 'api-key-expiry': [30, 7] } }],
  ],
  ['listNoticeRecipients', {}, ['notices.recipients', 'as admin key']],
  [
    'addNoticeRecipient',
    { json: { name: 'PKI', address: 'pki@example.org', topics: ['api-key-expiry'] } },
    [
      'notices.addRecipient',
      'as admin key',
      { name: 'PKI', address: 'pki@example.org', topics: ['api-key-expiry'], groups: [] },
    ],
  ],
  [
    'updateNoticeRecipient',
    { json: { paused: true } },
    ['notices.changeRecipient', 'as admin key', ID, { paused: true }],
  ],
  ['removeNoticeRecipient', { json: {} }, ['notices.removeRecipient', 'as admin key', ID]],
  ['getMailServer', {}, ['mailServer.get', 'as admin key']],
  [
    'setMailServer',
    { json: { host: 'mail.example.org', port: 587, security: 'starttls', fromAddress: 'pki@example.org' } },
    [
      'mailServer.set',
      'as admin key',
      {
        host: 'mail.example.org',
        port: 587,
        security: 'starttls',
        username: null,
        fromName: 'Latchkey',
        fromAddress: 'pki@example.org',
        privateNetwork: false,
        ca: null,
      },
    ],
  ],
  ['removeMailServer', { json: {} }, ['mailServer.remove', 'as admin key']],
  ['testMailServer', { json: { to: 'ada@example.org' } }, ['mailServer.test', 'as admin key', 'ada@example.org']],
  ['getDeviceRules', {}, ['deviceRules.get', 'as admin key', 'staff']],
  [
    'changeDeviceRules',
    { json: { rules: [{ trigger: 'wiped', action: 'revoke' }] } },
    ['deviceRules.change', 'as admin key', 'staff', [{ trigger: 'wiped', action: 'revoke' }]],
  ],
  ['tryDeviceRules', { json: { rules: [] } }, ['deviceRules.dryRun', 'as admin key', 'staff', []]],
  ['listDeviceBrakes', {}, ['deviceBrake.list', 'as admin key']],
  ['getDeviceBrake', {}, ['deviceBrake.braked', 'as admin key', 'staff']],
  [
    'changeDeviceBrake',
    { json: { mostPerHour: 5 } },
    ['deviceBrake.change', 'as admin key', 'staff', { mostPerHour: 5 }],
  ],
  [
    'decideBraked',
    { json: { decision: 'let_through', seen: 40 } },
    ['deviceBrake.decide', 'as admin key', 'staff', 'let_through', 'all', 40],
  ],
  ['chooseDefaultEndpoint', { json: { endpoint: null } }, ['defaultEndpoint.choose', 'as admin key', null]],
  ['getTransaction', {}, ['transactions.get', 'as admin key', ID]],
  ['listChallenges', {}, ['challenges.list', 'as admin key', {}, { limit: 50 }]],
  [
    'listAuditEvents',
    { query: '?types=challenge.,certificate.revoked&from=2026-11-23T10:00:00%2B01:00' },
    [
      'audit.list',
      'as admin key',
      { types: ['challenge.', 'certificate.revoked'], from: new Date('2026-11-23T09:00:00Z') },
      { limit: 50 },
    ],
  ],
] as const)('%s hands over what was sent %j', async (id, sent, expected) => {
  await call(id, sent)
  expect(asked).toEqual([expected])
})

test.each(['?limit=0', '?limit=201', '?limit=x', '?limit=1.5', '?cursor=', '?status=good', '?search=ab', '?group=A'])(
  'certificates%s is 422',
  async (query) => {
    expect((await call('listCertificates', { query })).status).toBe(422)
  },
)

test('an empty change of an endpoint is refused', async () => {
  expect((await call('updateEndpoint', { json: {} })).status).toBe(422)
  expect(asked).toEqual([])
})

test('a list that a service returns whole is paged here', async () => {
  const groups = ['a', 'b', 'c'].map((id) => ({ ...firstOf('listGroups'), id }))
  wired.services = fakeServices({ groups: { list: noted('groups.list', groups) } }).services
  const seen: string[] = []
  let query = '?limit=2'
  for (let turn = 0; turn < 2; turn++) {
    const { items, nextCursor } = (await (await call('listGroups', { query })).json()) as {
      items: { id: string }[]
      nextCursor: string | null
    }
    seen.push(...items.map(({ id }) => id))
    expect(nextCursor === null).toBe(turn === 1)
    query = `?limit=2&cursor=${nextCursor}`
  }
  expect(seen).toEqual(['a', 'b', 'c'])
  expect((await call('listGroups', { query: '?cursor=bm9wZQ' })).status).toBe(422)
})

test.each([
  ['pem', 'application/x-pem-file', `${SERIAL}.pem`],
  ['der', 'application/pkix-cert', `${SERIAL}.cer`],
  ['chain', 'application/pem-certificate-chain', `${SERIAL}-chain.pem`],
])('a certificate as %s is a %s named %s', async (format, type, name) => {
  const response = await call('downloadCertificate', { query: `?format=${format}` })
  expect(response.headers.get('content-type')).toBe(type)
  expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${name}"`)
})

test('the value of a new API key is in its answer, once', async () => {
  const response = await call('createApiKey')
  expect(await response.json()).toMatchObject({ key: 'lk_new', name: 'deployment script' })
  expect(await (await call('listApiKeys')).text()).not.toContain('lk_new')
})

test('the value of a new static secret is in its answer, once', async () => {
  expect(await (await call('createStaticSecret')).json()).toMatchObject({ secret: 'secret-value', state: 'active' })
  expect(await (await call('listStaticSecrets')).text()).not.toContain('secret-value')
})

test('a challenge of a challenge page is shown with its template, which nobody may send', async () => {
  const rules = { subjectTemplate: 'CN=laptop-*,O=Example' }
  const schema = OPERATIONS.find(({ id }) => id === 'getChallenge')?.answer.schema
  expect(schema?.parse({ ...(exampleOf('getChallenge') as object), rules })).toMatchObject({ rules })
  const refused = await call('mintChallenge', { json: { endpoint: 'staff', subject: 'CN=laptop-7', rules } })
  expect(refused.status).toBe(422)
})

test('the secret of an account of a challenge page is in two answers, and in no list', async () => {
  for (const id of ['createChallengePageAccount', 'rotateChallengePageSecret'])
    expect(await (await call(id)).json()).toMatchObject({ secret: 'page-secret', user: 'workspace-one' })
  for (const id of ['listChallengePageAccounts', 'getChallengePageAccount'])
    expect(await (await call(id)).text()).not.toContain('page-secret')
})

test('who am I', async () => {
  expect(await (await call('getMe', { key: KEYS.auditor })).json()).toMatchObject({
    name: 'auditor key',
    role: 'auditor',
    permissions: expect.arrayContaining(['audit:read']),
  })
})

test.each([
  ['0000-01-01T00:00:00Z', 422],
  ['1969-12-31T23:59:59Z', 422],
  ['9999-12-31T23:59:59-01:00', 422],
  ['1970-01-01T00:00:00Z', 200],
  ['9999-12-31T23:59:59Z', 200],
])('audit events from %s: %i', async (from, status) => {
  expect((await call('listAuditEvents', { query: `?from=${encodeURIComponent(from)}` })).status).toBe(status)
  expect((await call('listAuditEvents', { query: `?to=${encodeURIComponent(from)}` })).status).toBe(status)
})
