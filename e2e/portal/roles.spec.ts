/** Who may do what, decided by the server for every page, action and download, whatever a client sends. */
import { readdirSync } from 'node:fs'
import { request as httpRequest, type RequestOptions } from 'node:http'
import { join } from 'node:path'
import type { APIRequestContext } from '@playwright/test'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { keyOfDevice } from '@/lib/services/devices'
import { enrol, inFolder } from './support/devices'
import { expectReadable, open } from './support/looks'
import { ADA, AUGUST, employ, OLGA, type Person } from './support/people'
import { actionBody, handlerRoutes, inParts, pageRoutes, pathOf, serverActions } from './support/routes'
import { expect, REFUSED_PAGE, row, test } from './support/test'

const FINN: Person = {
  name: 'Finn Contractor',
  email: 'finn@example.com',
  password: 'maple anchor violet kettle 31',
  role: 'operator',
}

const EVERYBODY = ['admin', 'operator', 'auditor']
const WORKERS = ['admin', 'operator']
const ONLOOKERS = ['admin', 'auditor']
const ADMINS = ['admin']
const STRANGERS = 'strangers'

/** The promise, written down apart from the code that keeps it. A page that is not here fails the test. */
const PAGES: Readonly<Record<string, readonly string[] | typeof STRANGERS>> = {
  '/': EVERYBODY,
  '/approvals': EVERYBODY,
  '/approvals/[id]': EVERYBODY,
  '/audit': ONLOOKERS,
  '/audit/activity': ONLOOKERS,
  '/audit/as-of': EVERYBODY,
  '/audit/compare': EVERYBODY,
  '/audit/report': ONLOOKERS,
  '/authorities': EVERYBODY,
  '/authorities/[slug]': EVERYBODY,
  '/authorities/import': ADMINS,
  '/authorities/requests/[id]': EVERYBODY,
  '/certificates': EVERYBODY,
  '/certificates/[id]': EVERYBODY,
  '/challenges': EVERYBODY,
  '/challenges/[id]': EVERYBODY,
  '/challenges/new': WORKERS,
  '/connectors': EVERYBODY,
  '/connectors/[slug]': EVERYBODY,
  '/connectors/new': ADMINS,
  '/connectors/new/[kind]': ADMINS,
  '/connectors/event-webhooks/[id]': EVERYBODY,
  '/endpoints': EVERYBODY,
  '/devices': EVERYBODY,
  '/devices/[key]': EVERYBODY,
  '/devices/brake': EVERYBODY,
  '/devices/overdue': EVERYBODY,
  '/endpoints/[slug]': EVERYBODY,
  '/endpoints/[slug]/profiles': EVERYBODY,
  '/endpoints/[slug]/simulate': EVERYBODY,
  '/endpoints/[slug]/versions': EVERYBODY,
  '/endpoints/[slug]/versions/[version]': EVERYBODY,
  '/enrolments': EVERYBODY,
  '/enrolments/[id]': EVERYBODY,
  '/groups': EVERYBODY,
  '/groups/[slug]': EVERYBODY,
  '/groups/[slug]/break-glass': ONLOOKERS,
  '/groups/[slug]/device-rules': EVERYBODY,
  '/groups/[slug]/endpoints/new': ADMINS,
  '/groups/[slug]/radius': EVERYBODY,
  '/groups/[slug]/retire': EVERYBODY,
  '/groups/[slug]/set-up': ADMINS,
  '/groups/[slug]/versions': EVERYBODY,
  '/groups/[slug]/versions/[version]': EVERYBODY,
  '/groups/new': ADMINS,
  '/posture': EVERYBODY,
  '/help': EVERYBODY,
  '/help/[...doc]': EVERYBODY,
  '/revocations': EVERYBODY,
  '/revocations/[id]': EVERYBODY,
  '/revocations/new': WORKERS,
  '/settings': EVERYBODY,
  '/settings/about': EVERYBODY,
  '/settings/account': EVERYBODY,
  '/settings/api-keys': ONLOOKERS,
  '/settings/appearance': EVERYBODY,
  '/settings/minters': EVERYBODY,
  '/settings/notifications': ONLOOKERS,
  '/settings/people': ONLOOKERS,
  '/settings/retention': ADMINS,
  '/settings/sessions': EVERYBODY,
  '/setup': STRANGERS,
  '/setup/group': ADMINS,
  '/sign-in': STRANGERS,
  '/trust/[group]': STRANGERS,
}

/** The same for what changes something. `own`: for everybody, about themselves. */
const ACTIONS: Readonly<Record<string, readonly string[] | 'own' | typeof STRANGERS>> = {
  acceptInventory: ADMINS,
  acceptRisk: ADMINS,
  confirmSafekeeping: ADMINS,
  withdrawRisk: ADMINS,
  approveRequest: WORKERS,
  activateValidatorSecret: ADMINS,
  addConnector: ADMINS,
  addPageAccount: ADMINS,
  addEventWebhook: ADMINS,
  addNoticeRecipient: ADMINS,
  addReceiver: ADMINS,
  addValidator: ADMINS,
  changePageAccount: ADMINS,
  changeBrake: ADMINS,
  changePassword: 'own',
  cancelRollover: ADMINS,
  changeConnector: ADMINS,
  changeNoticeRecipient: ADMINS,
  acceptCertificate: ADMINS,
  bringBack: ADMINS,
  changeRole: ADMINS,
  changeValidator: ADMINS,
  checkSetupLink: STRANGERS,
  chooseDefaultEndpoint: ADMINS,
  chooseForNewIssuers: ADMINS,
  confirmBulkRevocation: WORKERS,
  completeSetup: STRANGERS,
  copyEndpoint: ADMINS,
  createApiKey: ADMINS,
  createEndpoint: ADMINS,
  createGroup: ADMINS,
  createMinter: ADMINS,
  createPerson: ADMINS,
  dismissAlarm: WORKERS,
  createStaticSecret: ADMINS,
  decideBraked: ADMINS,
  decideRequests: WORKERS,
  denyRequest: WORKERS,
  drillBreakGlass: ADMINS,
  endSession: 'own',
  fetchMinterKeys: ADMINS,
  makeValidatorSecret: ADMINS,
  makeCertificate: ADMINS,
  makeDeviceProfile: WORKERS,
  importCrl: ADMINS,
  importPkcs12: ADMINS,
  importRoot: ADMINS,
  mintChallenge: WORKERS,
  reissueChallenge: WORKERS,
  releaseCertificate: WORKERS,
  requestAuthority: ADMINS,
  pauseEventWebhook: ADMINS,
  pauseNoticeRecipient: ADMINS,
  removeEventWebhook: ADMINS,
  removeMailServer: ADMINS,
  removeNoticeRecipient: ADMINS,
  replaceEventWebhookSecret: ADMINS,
  replaceIssuer: ADMINS,
  replaceHookSecret: ADMINS,
  replacePageSecret: ADMINS,
  replaceReceiverSecret: ADMINS,
  switchPageAccount: ADMINS,
  reopenGroup: ADMINS,
  retireGroup: ADMINS,
  revokeApiKey: ADMINS,
  saveEnrolmentStep: ADMINS,
  revokeCertificate: WORKERS,
  revokeChallenge: WORKERS,
  revokeChallenges: WORKERS,
  removeView: EVERYBODY,
  saveView: EVERYBODY,
  revokeDeviceChallenges: WORKERS,
  revokeIssuer: ADMINS,
  revokeStaticSecret: ADMINS,
  saveDeviceRules: ADMINS,
  saveEndpointSettings: ADMINS,
  saveMailServer: ADMINS,
  saveNetworkAccess: ADMINS,
  saveRetention: ADMINS,
  saveThresholds: ADMINS,
  sendTestMail: ADMINS,
  setDisabled: ADMINS,
  setPassword: ADMINS,
  stageRollover: ADMINS,
  stopBulkRevocation: WORKERS,
  simulateRequest: EVERYBODY,
  switchEndpoint: ADMINS,
  switchTrustPage: ADMINS,
  tryDeviceRules: EVERYBODY,
  switchMinter: ADMINS,
  updateMinter: ADMINS,
  switchConnector: ADMINS,
  takeCertificate: ADMINS,
  takeOffline: ADMINS,
  withdrawRequest: ADMINS,
  syncConnector: ADMINS,
  switchReceiver: ADMINS,
  switchValidator: ADMINS,
  testConnector: ADMINS,
  testEventWebhook: ADMINS,
  testValidator: ADMINS,
}

/** An operator of another group than the one that the pages above are about: what they see of their own, and what there is not. */
const LIMITED = {
  open: [
    ...[
      '/',
      '/approvals',
      '/approvals/[id]',
      '/certificates',
      '/challenges',
      '/challenges/new',
      '/devices',
      '/devices/overdue',
    ],
    ...['/endpoints', '/enrolments', '/groups', '/revocations', '/revocations/new', '/settings', '/settings/account'],
    '/settings/sessions',
    '/settings/appearance',
    '/help',
    '/help/[...doc]',
  ],
  missing: [
    ...['/certificates/[id]', '/challenges/[id]', '/devices/[key]', '/endpoints/[slug]', '/endpoints/[slug]/profiles'],
    ...['/endpoints/[slug]/simulate', '/enrolments/[id]', '/groups/[slug]', '/groups/[slug]/device-rules'],
    ...['/groups/[slug]/radius', '/revocations/[id]'],
  ],
}

/** Ways to ask Next for a page other than a browser's first visit, the bypasses of its middleware among them. */
const DISGUISES: readonly { suffix?: string; headers: Record<string, string> }[] = [
  { headers: {} },
  { headers: { 'x-middleware-subrequest': 'middleware:middleware:middleware:middleware:middleware' } },
  { headers: { 'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy' } },
  { headers: { 'x-middleware-subrequest': 'src/proxy:src/proxy:src/proxy:src/proxy:src/proxy' } },
  { headers: { RSC: '1' } },
  { headers: { RSC: '1', 'Next-Router-Prefetch': '1' } },
  { headers: { RSC: '1', 'Next-Router-Prefetch': '1', 'Next-Router-Segment-Prefetch': '/_tree' } },
  { suffix: '.rsc', headers: {} },
  { suffix: '.rsc', headers: { RSC: '1' } },
  { suffix: '?_rsc=abcde', headers: { RSC: '1' } },
  { suffix: '.segments/_tree.segment.rsc', headers: {} },
]

/** Words that are in the data and nowhere else: whoever reads one has read what was not theirs. */
const CANARIES = ['Zebrafinch', 'quokka', OLGA.email, AUGUST.email, 'wombat connector']
const OF_OTHERS = ['Zebrafinch', 'quokka-7', 'quokka-8', OLGA.email, AUGUST.email, 'wombat connector']
/** One's own account is everybody's to change. */
const OWN = ['/settings', '/settings/account']
const REFUSED = 'Your role does not include this page'
const MUTATING =
  /\b(add|approve|change|create|delete|deny|disable|edit|enable|end|mint|new|register|reissue|re-issue|remove|revoke|save|set|switch)\b/i

let portal: Organisation
let group: GroupCreated
let certificate = ''
const ids: Record<string, string> = {}

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  // An organisation with one of everything, by the command line.
  test.setTimeout(180_000)
  portal = await startOrganisation()
  group = await portal.createGroup('Zebrafinch', 'p256')
  await portal.mint(group.slug, 'CN=quokka-8')
  await enrol(portal, await portal.mint(group.slug, 'CN=quokka-7'), 'CN=quokka-7')
  await Promise.all([
    portal.json('connector', 'create', '--kind', 'events', '--name', 'Mosyle', '--slug', 'mosyle'),
    portal.json('api-key', 'create', '--name', 'wombat connector', '--role', 'auditor'),
  ])
  const { items } = await portal.json<{ items: { id: string }[] }>('certificate', 'list')
  certificate = items[0]?.id ?? ''
  const challenges = await portal.json<{ items: { id: string }[] }>('challenge', 'list')
  const enrolments = await portal.json<{ items: { id: string }[] }>('transaction', 'list')
  const hook = ['--name', 'Ticket system', '--url', 'https://hooks.example.com/', '--event', 'certificate.issued']
  const { id: webhook } = await portal.json<{ id: string }>('event-webhook', 'create', ...hook)
  Object.assign(ids, {
    '/connectors/event-webhooks/[id]': `/connectors/event-webhooks/${webhook}`,
    '/approvals/[id]': `/approvals/${await requestThatWaits()}`,
    '/connectors/[slug]': '/connectors/mosyle',
    '/help/[...doc]': '/help/mdm/intune',
    '/connectors/new/[kind]': '/connectors/new/events',
    '/authorities/[slug]': '/authorities/root',
    '/authorities/requests/[id]': `/authorities/requests/${await requestAuthority()}`,
    '/groups/[slug]': `/groups/${group.slug}`,
    '/endpoints/[slug]': `/endpoints/${group.endpoint.slug}`,
    '/certificates/[id]': `/certificates/${certificate}`,
    '/challenges/[id]': `/challenges/${challenges.items[0]?.id ?? ''}`,
    '/enrolments/[id]': `/enrolments/${enrolments.items[0]?.id}`,
    '/devices/[key]': `/devices/${keyOfDevice('CN=quokka-7')}`,
    '/versions/[version]': '/versions/1',
    '/revocations/[id]': `/revocations/${await scheduledRevocation()}`,
  })
})
test.afterAll(() => portal?.stop())

async function requestAuthority(): Promise<string> {
  const name = ['--name', 'Issuer of another root', '--issuer-key', 'p256']
  return (await portal.json<{ id: string }>('authority', 'request', ...name)).id
}

async function scheduledRevocation(): Promise<string> {
  const nextYear = new Date(Date.now() + 300 * 86_400_000).toISOString()
  const when = ['--reason', 'superseded', '--at', nextYear, '--expect', '1']
  return (await portal.json<{ id: string }>('revocation', 'start', '--certificate', certificate, ...when)).id
}

async function requestThatWaits(): Promise<string> {
  const { slug, scepUrl } = (await portal.createGroup('Contractors', 'p256')).endpoint
  await portal.json('endpoint', 'update', slug, '--policy', 'approval')
  await inFolder((folder) => {
    const files = ['--key-out', `${folder}/device.key`, '--cert-out', `${folder}/device.pem`]
    const request = ['--url', scepUrl, '--no-challenge', '--subject', 'CN=quokka-9', '--poll-for', '0']
    return portal.cli(['enrol', ...request, ...files])
  })
  const { items } = await portal.json<{ items: { id: string }[] }>('approval', 'list')
  return items[0]?.id ?? ''
}

test('the administrator lets an operator and an auditor in', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/settings/people')
  for (const person of [OLGA, AUGUST]) {
    await page.getByRole('button', { name: 'Add person' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add a person' })
    await dialog.getByLabel('Name').fill(person.name)
    await dialog.getByLabel('E-mail').fill(person.email)
    await dialog.getByRole('radio', { name: person.role === 'operator' ? /^Operator/ : /^Auditor/ }).check()
    await dialog.getByLabel('First password').fill(person.password)
    await dialog.getByRole('button', { name: 'Add person' }).click()
    await expect(dialog).toBeHidden()
    await expect(row(page, person.email)).toContainText('Active')
  }
})

test('every page opens for exactly the roles it is for', async ({ visit }) => {
  test.slow()
  expect(pageRoutes()).toEqual(Object.keys(PAGES).sort())
  const { request: admin } = (await visit(portal, { as: ADA })).context()
  const shown = await Promise.all(
    ['/', '/groups', '/settings/people', '/settings/api-keys'].map((path) => admin.get(path)),
  )
  const all = (await Promise.all(shown.map((response) => response.text()))).join()
  for (const canary of CANARIES) expect(all).toContain(canary)
  for (const person of [ADA, OLGA, AUGUST]) {
    const { request } = (await visit(portal, { as: person })).context()
    for (const [route, roles] of Object.entries(PAGES)) {
      if (roles === STRANGERS) continue
      await test.step(`${person.role} ${route}`, () => expectPage(request, route, roles.includes(person.role)))
    }
  }
})

const pagesOf = (role: Person['role']) =>
  Object.keys(PAGES).filter((route) => PAGES[route] !== STRANGERS && PAGES[route]?.includes(role))

for (const { routes, name } of inParts(pagesOf('operator')))
  test(`an operator reads every page of theirs in both themes, ${name}`, async ({ visit }) => {
    test.slow()
    const page = await visit(portal, { as: OLGA })
    for (const route of routes)
      await test.step(route, async () => {
        await open(page, pathOf(route, ids))
        await expectReadable(page, `operator ${route}`)
      })
  })

async function expectPage(request: APIRequestContext, route: string, allowed: boolean): Promise<void> {
  const path = pathOf(route, ids)
  const response = await request.get(path)
  expect(response.status()).toBe(allowed ? 200 : 403)
  if (allowed) return
  expect(await response.text()).toContain(REFUSED)
  for (const { suffix = '', headers } of DISGUISES) {
    const disguised = await request.get(`${path}${suffix}`, { headers })
    const text = await disguised.text()
    for (const canary of CANARIES) expect(text, `${path}${suffix} ${JSON.stringify(headers)}`).not.toContain(canary)
  }
}

test('the operator does the daily work and is offered nothing else', async ({ visit, tolerate }) => {
  tolerate(REFUSED_PAGE)
  const page = await visit(portal, { as: OLGA })
  await page.goto('/')
  const main = page.getByRole('navigation', { name: 'Main' })
  await expect(main.getByRole('link', { name: 'Certificates' })).toBeVisible()
  await expect(main.getByRole('link', { name: 'Audit' })).toHaveCount(0)
  await page.goto('/groups')
  await expect(page.getByRole('link', { name: 'New group' })).toHaveCount(0)
  await page.goto('/settings/account')
  const tabs = page.getByRole('navigation', { name: 'Settings' })
  await expect(tabs.getByRole('link')).toHaveText(['Account', 'Sessions', 'Minters', 'Appearance', 'About'])
  await page.goto('/groups/new')
  await expect(page.getByRole('heading', { name: REFUSED })).toBeVisible()
  for (const asked of ['format=jsonl', 'format=csv', 'since=2026-01-01T00:00:00Z'])
    expect((await page.context().request.get(`/audit/rows?${asked}`)).status(), asked).toBe(403)

  await page.goto(`/challenges/new?endpoint=${group.endpoint.slug}`)
  await page.getByLabel('Common name (CN)').fill('tablet-9')
  await page.getByRole('button', { name: 'Mint challenge' }).click()
  await expect(page.getByRole('heading', { name: 'Challenge minted' })).toBeVisible()
  await page.goto('/challenges')
  await row(page, 'tablet-9').getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke challenge' }).click()
  await expect(row(page, 'tablet-9')).toContainText('Revoked')

  await page.goto(`/endpoints/${group.endpoint.slug}`)
  await expect(page.getByRole('button', { name: /Switch|Save/ })).toHaveCount(0)
  await expect(page.getByLabel('Challenges live for')).toBeDisabled()
})

test('an operator of one group finds nothing of another, nor of the installation', async ({ visit, tolerate }) => {
  test.slow()
  tolerate(REFUSED_PAGE)
  const admin = await visit(portal, { as: ADA })
  await admin.goto('/settings/people')
  await admin.getByRole('button', { name: 'Add person' }).click()
  const dialog = admin.getByRole('dialog', { name: 'Add a person' })
  await dialog.getByLabel('Name').fill(FINN.name)
  await dialog.getByLabel('E-mail').fill(FINN.email)
  await dialog.getByRole('radio', { name: /^Auditor/ }).check()
  await expect(dialog.getByRole('group', { name: 'Groups' })).toBeHidden()
  await dialog.getByRole('radio', { name: /^Operator/ }).check()
  await dialog.getByRole('radio', { name: /^Only some groups/ }).check()
  await dialog.getByRole('checkbox', { name: 'Contractors' }).check()
  await dialog.getByLabel('First password').fill(FINN.password)
  await dialog.getByRole('button', { name: 'Add person' }).click()
  await expect(dialog).toBeHidden()
  await expect(row(admin, FINN.email)).toContainText('Of Contractors')

  const page = await visit(portal, { as: FINN })
  const { request } = page.context()
  for (const [route, roles] of Object.entries(PAGES)) {
    if (roles === STRANGERS) continue
    const path = pathOf(route, ids)
    const response = await request.get(path)
    const status = LIMITED.open.includes(route) ? 200 : LIMITED.missing.includes(route) ? 404 : 403
    expect(response.status(), route).toBe(status)
    for (const { suffix = '', headers } of status === 200 ? DISGUISES.slice(0, 1) : DISGUISES) {
      const text = await (await request.get(`${path}${suffix}`, { headers })).text()
      for (const canary of OF_OTHERS) expect(text, `${path}${suffix} ${JSON.stringify(headers)}`).not.toContain(canary)
    }
  }
  for (const route of LIMITED.open)
    await test.step(route, async () => {
      await open(page, pathOf(route, ids))
      await expectReadable(page, `operator of a group ${route}`)
    })
  const main = page.getByRole('navigation', { name: 'Main' })
  await expect(main.getByRole('link', { name: 'Authorities' })).toHaveCount(0)
  await page.goto('/approvals')
  await page.getByRole('link', { name: 'CN=quokka-9' }).click()
  await expect(page.getByRole('button', { name: /Approve/ })).toBeVisible()

  // Their page is open while somebody gives them another group: the next click asks them to sign in.
  await admin.goto('/settings/people')
  await admin.getByRole('button', { name: `Actions for ${FINN.name}` }).click()
  await admin.getByRole('menuitem', { name: 'Change role and groups' }).click()
  const change = admin.getByRole('dialog', { name: `Change the role of ${FINN.name}` })
  await expect(change.getByRole('checkbox', { name: 'Contractors' })).toBeChecked()
  await change.getByRole('checkbox', { name: 'Contractors' }).uncheck()
  await change.getByRole('button', { name: 'Change role' }).click()
  await expect(change.getByText('Choose from 1 to 200 groups.').first()).toBeVisible()
  await change.getByRole('checkbox', { name: 'Zebrafinch' }).check()
  await change.getByRole('button', { name: 'Change role' }).click()
  await expect(change).toBeHidden()
  await page.goto('/groups')
  await expect(page).toHaveURL(/\/sign-in/)
})

for (const { routes, name } of inParts(pagesOf('auditor').filter((route) => !OWN.includes(route))))
  test(`the auditor sees everything and can change nothing, ${name}`, async ({ visit }) => {
    test.slow()
    const page = await visit(portal, { as: AUGUST })
    for (const route of routes)
      await test.step(route, async () => {
        await open(page, pathOf(route, ids))
        await expectReadable(page, `auditor ${route}`)
        const main = page.getByRole('main')
        const offers = await Promise.all([
          main.getByRole('button').allInnerTexts(),
          main.getByRole('link').allInnerTexts(),
        ])
        expect(offers.flat().filter((offer) => MUTATING.test(offer))).toEqual([])
        // A form that asks by GET changes nothing: it is a view.
        const changing = main.locator('form:not([role=search], [method=get])')
        await expect(changing.locator('button, [type=submit]')).toHaveCount(0)
      })
  })

test('the auditor verifies the chain', async ({ visit }) => {
  const page = await visit(portal, { as: AUGUST })
  await page.goto('/audit')
  await page.getByRole('button', { name: 'Verify chain' }).click()
  await page.getByRole('button', { name: 'Verify now' }).click()
  await expect(page.getByText(/^The chain holds/)).toBeVisible()
})

/** A flood of denials is counted by person after 20 a minute, so nobody is sent on more errands than that here. */
const ERRANDS = 15

test('an action sent without the page is refused all the same, and recorded', async ({ visit }) => {
  test.slow()
  const actions = serverActions()
  expect(actions.map(({ name }) => name).sort()).toEqual(Object.keys(ACTIONS).sort())
  const sent = new Map<string, number>()
  for (const role of ['operator', 'auditor'] as const) {
    const forbidden = actions.filter(({ name }) => {
      const roles = ACTIONS[name]
      return Array.isArray(roles) && !roles.includes(role)
    })
    for (let from = 0; from < forbidden.length; from += ERRANDS) {
      const person = { ...OLGA, name: `Errand ${role} ${from}`, email: `errand-${role}-${from}@example.com`, role }
      await employ(portal, person)
      const page = await visit(portal, { as: person })
      const errands = forbidden.slice(from, from + ERRANDS)
      for (const { id, name, route } of errands) {
        const text = await (await act(page.context().request, id, pathOf(route, ids))).text()
        expect(text, `${role} ${name}`).toContain('Your role does not allow this.')
      }
      sent.set(person.name, errands.length)
    }
  }
  const recorded = await denials()
  for (const [name, errands] of sent)
    expect(recorded.filter((sentence) => sentence.startsWith(`${name} `))).toHaveLength(errands)
})

test('a stranger reads the pages for strangers in both themes', async ({ visit, tolerate }) => {
  tolerate(REFUSED_PAGE)
  const page = await visit(portal)
  for (const [route, roles] of Object.entries(PAGES)) {
    if (roles !== STRANGERS) continue
    await test.step(route, async () => {
      await page.goto(pathOf(route, { ...ids, '[group]': group.slug }))
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await expectReadable(page, `stranger ${route}`)
    })
  }
})

test('nobody who is not signed in gets past the sign-in, in any disguise', async ({ visit }) => {
  test.slow()
  const { request } = (await visit(portal)).context()
  for (const [route, roles] of Object.entries(PAGES)) {
    if (roles === STRANGERS) continue
    const path = pathOf(route, ids)
    const plain = await request.get(path, { maxRedirects: 0 })
    expect(plain.status(), path).toBe(307)
    expect(plain.headers().location, path).toMatch(/^\/sign-in/)
    for (const { suffix = '', headers } of DISGUISES) {
      const response = await request.get(`${path}${suffix}`, { headers })
      const disguise = `${path}${suffix} ${JSON.stringify(headers)}`
      expect([200, 404], disguise).toContain(response.status())
      const text = await response.text()
      for (const canary of CANARIES) expect(text, disguise).not.toContain(canary)
    }
  }
})

test('behind the front process the pages guard themselves, for a header may get through one day', async () => {
  const socket = webSocket(portal.dataDir)
  for (const [route, roles] of Object.entries(PAGES)) {
    if (roles === STRANGERS) continue
    for (const { headers } of DISGUISES) {
      const { status, location, text } = await ask({ socketPath: socket }, pathOf(route, ids), headers)
      expect([307, 404], `${route} ${JSON.stringify(headers)}`).toContain(status)
      if (!headers.RSC) expect(location).toMatch(/\/sign-in/)
      for (const canary of CANARIES) expect(text).not.toContain(canary)
    }
  }
})

test('a stranger downloads nothing, asks the API for nothing and changes nothing', async ({ visit }) => {
  test.slow()
  const { request } = (await visit(portal)).context()
  const values = {
    ...ids,
    '[...path]': 'nothing',
    '[...nextauth]': 'session',
    '[id]': certificate,
    '[certificate]': certificate,
    '[device]': 'nothing',
    '[kind]': 'apple',
    '[slug]': group.slug,
    '[of]': 'group',
    '[version]': '1',
  }
  const open =
    /^\/(scep|crl|ca|ocsp|trust|slow-down|healthz|certsrv|cgi-bin|\.well-known)(\/|$)|^\/api\/v1$|\/openapi\.json$/
  for (const route of handlerRoutes().filter((path) => !open.test(path))) {
    const path = pathOf(route, values)
    const { status, text } = await askElsewhere(path)
    const refused = route.startsWith('/api/auth') ? [200] : [401, 404, 405]
    expect(refused, path).toContain(status)
    for (const canary of CANARIES) expect(text, path).not.toContain(canary)
  }
  for (const { id, name, route } of serverActions()) {
    if (ACTIONS[name] === STRANGERS) continue
    const response = await act(request, id, pathOf(route, ids))
    expect(response.headers()['x-action-redirect'], name).toMatch(/^\/sign-in/)
  }
})

test('a session is no key to the API, and an action from another site is refused', async ({ visit }) => {
  const { request } = (await visit(portal, { as: ADA })).context()
  expect((await request.get('/api/v1/users')).status()).toBe(401)
  const create = serverActions().find(({ name }) => name === 'createGroup')
  expect(create).toBeDefined()
  if (!create) return
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    const response = await act(request, create.id, '/groups/new', { name: 'Forged' }, headers)
    expect(response.headers()['x-action-redirect']).toBeUndefined()
  }
  expect(await (await request.get('/groups')).text()).not.toContain('Forged')
})

test('the trail shows who was denied what', async ({ visit }) => {
  const page = await visit(portal, { as: AUGUST })
  await page.goto('/audit')
  await page.getByLabel('Kind').selectOption({ label: 'Denied access' })
  await expect(page).toHaveURL(/kind=denied/)
  for (const [role, permission] of [
    ['operator', 'group:create'],
    ['auditor', 'challenge:mint'],
  ] as const) {
    // Whose errand it was hangs on the order in which the build lists the actions.
    const denied = (await denials()).find((each) => each.startsWith(`Errand ${role} `) && each.includes(permission))
    const [person = ''] = denied?.split(' was denied ') ?? []
    await page.getByLabel('Person').selectOption({ label: person })
    await expect(row(page, `${person} was denied ${permission}`).first()).toBeVisible()
  }
})

let address = 2

/** There are more routes than one address may ask for within a minute: who is told to wait asks from the next one. */
async function askElsewhere(path: string): Promise<{ status: number; text: string }> {
  const asked = () => ask({ host: '127.0.0.1', port: portal.port, localAddress: `127.0.0.${address}` }, path, {})
  const answer = await asked()
  if (answer.status !== 429) return answer
  address += 1
  return asked()
}

async function denials(): Promise<string[]> {
  return (await portal.events()).filter(({ type }) => type === 'authz.denied').map(({ sentence }) => sentence)
}

function act(
  request: APIRequestContext,
  id: string,
  path: string,
  form: Record<string, string> = {},
  headers: Record<string, string> = {},
) {
  return request.post(path, {
    headers: { origin: portal.url, 'next-action': id, accept: 'text/x-component', ...headers },
    multipart: actionBody(form),
    maxRedirects: 0,
  })
}

/** Where web listens for front. */
function webSocket(dataDir: string): string {
  const folder = join(dataDir, 'run', 'sockets')
  const name = readdirSync(folder).find((file) => file.startsWith('web-'))
  if (!name) throw new Error('web has no socket')
  return join(folder, name)
}

function ask(to: RequestOptions, path: string, headers: Record<string, string>) {
  return new Promise<{ status: number; location: string; text: string }>((resolve, reject) => {
    const asked = httpRequest({ ...to, path, headers: { host: new URL(portal.url).host, ...headers } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? '', text }),
      )
    })
    asked.on('error', reject).end()
  })
}
