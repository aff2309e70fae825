/** Every page, empty and with data, on a desk and on a phone, light and dark: nothing overflows, nothing is unreadable. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { type Installation, startInstallation } from '@/e2e/fixtures/installation'
import { type GroupCreated, type Organisation, setUp } from '@/e2e/fixtures/organisation'
import { keyOfDevice } from '@/lib/services/devices'
import { enrol, inFolder } from './support/devices'
import { expectNoViolations, open, settled } from './support/looks'
import { ADA, AUGUST, employ, OLGA } from './support/people'
import { inParts, pageRoutes, pathOf } from './support/routes'
import { expect, formProblem, REFUSED_PAGE, test } from './support/test'

const LOOKS = [1440, 390].flatMap((width) => (['light', 'dark'] as const).map((theme) => ({ width, theme })))
/** As long as a common name may be, in one piece. */
const LONG = 'a-device-whose-name-is-as-long-as-a-common-name-may-be-012345678'

/** Hundreds of looks, on a machine that may have other things to do. */
const LONGEST = 300_000

let installation: Installation
let portal: Organisation

test.describe.configure({ mode: 'serial' })
// Pictures say what is wrong with looks; a trace of all of them would cost more than the test.
test.use({ contextOptions: { reducedMotion: 'reduce' }, trace: 'off' })
test.beforeAll(async () => {
  installation = await startInstallation()
})
test.afterAll(() => installation?.stop())

test('before set-up', async ({ visit }) => {
  const page = await visit(installation)
  await page.goto('/setup')
  await expect(page.getByRole('heading', { name: 'Open the set-up link' })).toBeVisible()
  await expectGoodLooks(page, 'setup-without-link')
  await page.goto(`/setup#${installation.setupToken()}`)
  await expect(page.getByLabel('Name of the organisation')).toBeVisible()
  await expectGoodLooks(page, 'setup')
})

test('set up, and not signed in', async ({ visit, tolerate }) => {
  tolerate(REFUSED_PAGE)
  portal = await setUp(installation)
  const stranger = await visit(portal)
  await stranger.goto('/sign-in')
  await expectGoodLooks(stranger, 'sign-in')
  const page = await visit(portal, { as: ADA })
  await open(page, '/no-such-page')
  await expectGoodLooks(page, 'not-found')
})

const EMPTY = pageRoutes().filter((route) => !/\[|^\/setup$|sign-in|^\/settings$/.test(route))
for (const { routes, name } of inParts(EMPTY))
  test(`empty, ${name}`, async ({ visit, tolerate }) => {
    test.setTimeout(LONGEST)
    tolerate(REFUSED_PAGE)
    const page = await visit(portal, { as: ADA })
    for (const route of routes)
      await test.step(route, async () => {
        await open(page, route)
        await expectGoodLooks(page, `empty${nameOf(route)}`)
      })
  })

/** Minutes of looking, by `LATCHKEY_LOOKS=1 npx playwright test looks`; npm test looks at the empty product alone. */
const thorough: typeof test = process.env.LATCHKEY_LOOKS ? test : (Object.assign(() => {}, test) as typeof test)

thorough('with data', async ({ visit }) => {
  test.setTimeout(LONGEST)
  const values = await fill(portal)
  const page = await visit(portal, { as: ADA })
  for (const route of pageRoutes().filter((route) => !/^\/setup|sign-in|^\/settings$|new$|about|account/.test(route))) {
    await test.step(route, async () => {
      await open(page, pathOf(route, values))
      await expectGoodLooks(page, `full${nameOf(route)}`)
    })
  }
})

thorough('what opens over and inside the pages', async ({ visit, tolerate }) => {
  test.setTimeout(LONGEST)
  tolerate(REFUSED_PAGE)
  const page = await visit(portal, { as: ADA })
  await open(page, '/challenges/new')
  await page.getByLabel('Common name (CN)').fill(LONG)
  await page.getByRole('button', { name: 'Add a part' }).click()
  await page.getByRole('button', { name: 'Add a DNS name' }).click()
  await page.getByLabel('Value of name 1').fill('not a name')
  await page.getByRole('button', { name: 'Mint challenge' }).click()
  await expect(formProblem(page)).toBeVisible()
  await expectGoodLooks(page, 'mint-refused')
  await page.getByLabel('Value of name 1').fill('tablet.example.com')
  await page.getByRole('button', { name: 'Mint challenge' }).click()
  await expect(page.getByRole('heading', { name: 'Challenge minted' })).toBeVisible()
  await expectGoodLooks(page, 'minted')

  await open(page, '/enrolments?state=issued')
  await page.getByRole('main').locator('tbody').getByRole('link').first().click()
  await page.getByRole('link', { name: 'What would happen now' }).click()
  await page.getByRole('button', { name: 'See what would happen' }).click()
  await expect(page.getByRole('region', { name: 'Verdict' })).toBeVisible()
  await expectGoodLooks(page, 'simulated')

  await open(page, '/certificates?status=valid')
  await page.getByRole('main').locator('tbody').getByRole('link').first().click()
  await page.getByRole('button', { name: 'Revoke' }).first().click()
  await expect(page.getByRole('dialog')).toBeVisible()
  await expectGoodLooks(page, 'revoke-dialog')

  await open(page, '/revocations/new?group=staff')
  await page.getByLabel('Key compromise').check()
  await page.getByLabel('At a time ahead').check()
  await page.getByLabel(/^Type/).fill('Stuff')
  await expectGoodLooks(page, 'bulk-dry-run')

  await open(page, '/groups/staff/break-glass')
  await page.getByRole('button', { name: 'Drill' }).click()
  await page.getByRole('button', { name: 'Record drill' }).click()
  await expect(page.getByText('Never')).toBeHidden()
  await page.getByLabel('CA compromise').check()
  await page.getByLabel(/^Type/).fill('Staff')
  await page.getByRole('button', { name: /^Revoke / }).click()
  await expect(page.getByRole('heading', { name: 'Coming back' })).toBeVisible()
  await expectGoodLooks(page, 'break-glass-done')
  await open(page, '/certificates?status=issuer_revoked')
  await expectGoodLooks(page, 'issuer-revoked')

  await open(page, '/endpoints/staff')
  await page.getByRole('button', { name: 'Add account' }).click()
  await page.getByLabel('Names its devices may ask for').fill('CN=*')
  await page.getByLabel('From any address').check()
  await page.getByRole('dialog').getByRole('button', { name: 'Add account' }).click()
  await expect(page.getByRole('dialog').getByRole('alert')).toBeVisible()
  await expectGoodLooks(page, 'page-account-refused')
  await page.getByLabel('Names its devices may ask for').fill('CN=tablet-*')
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Another one')
  await page.getByRole('dialog').getByRole('button', { name: 'Add account' }).click()
  await expect(page.getByText('cannot be shown again')).toBeVisible()
  await expectGoodLooks(page, 'page-account-added')

  await open(page, '/audit')
  await page.getByRole('main').locator('summary').first().click()
  await expectGoodLooks(page, 'audit-open')
  await open(page, '/authorities/staff')
  await page.getByText('One shard of the revocation list').first().click()
  await expectGoodLooks(page, 'shards')
  await open(page, '/certificates?search=nothing-like-this')
  await expectGoodLooks(page, 'no-match')
  await open(page, '/settings/people')
  await page.getByRole('button', { name: 'Add person' }).click()
  await expectGoodLooks(page, 'add-person')

  const operator = await visit(portal, { as: OLGA })
  await open(operator, '/audit')
  await expectGoodLooks(operator, 'forbidden')

  await page.setViewportSize({ width: 390, height: 844 })
  await open(page, '/groups')
  await page.getByRole('button', { name: 'Open navigation' }).click()
  await expect(page.getByRole('dialog').getByRole('link', { name: 'Certificates' })).toBeVisible()
  await expectNoViolations(page)
  await page.getByRole('dialog').getByRole('link', { name: 'Certificates' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Certificates' })).toBeVisible()
  await expect(page.getByRole('dialog')).toBeHidden()
})

async function expectGoodLooks(page: Page, name: string): Promise<void> {
  for (const { width, theme } of LOOKS) {
    await page.setViewportSize({ width, height: width > 1000 ? 900 : 844 })
    await page.emulateMedia({ colorScheme: theme })
    await settled(page)
    await picture(page, `${name}-${width}-${theme}`)
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect.soft(overflow, `${name} overflows at ${width}`).toBeLessThanOrEqual(0)
    expect.soft(await page.evaluate(clipped), `${name} cuts something off at ${width}`).toEqual([])
    // The other theme has the same markup, and a narrow page the same colours: what was read already is not read again.
    if (theme === 'light') await expectNoViolations(page, `${name}, ${width}, ${theme}`)
    else if (width > 1000) await expectNoViolations(page, `${name}, ${width}, ${theme}`, ['color-contrast'])
  }
}

/** What has more in it than its width shows, without a way to get there or three dots that say so. Runs in the page. */
function clipped(): string[] {
  return [...document.querySelectorAll<HTMLElement>('main :not(input)')]
    .filter((element) => {
      const { overflowX, textOverflow } = getComputedStyle(element)
      const clips = overflowX === 'hidden' || overflowX === 'clip'
      // One pixel wide is what is there for screen readers alone.
      const seen = element.clientWidth > 1 && textOverflow !== 'ellipsis'
      return clips && seen && element.scrollWidth > element.clientWidth + 1
    })
    .map(({ tagName, textContent }) => `${tagName.toLowerCase()}: ${textContent.slice(0, 60)}`)
}

async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.LATCHKEY_SCREENSHOTS
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

function nameOf(route: string): string {
  return route === '/' ? '-overview' : route.replace(/[[\]]/g, '').replaceAll('/', '-')
}

/** A bit of everything: waiting, used and revoked challenges, refusals, a revoked certificate, people and a key. */
async function fill(organisation: Organisation): Promise<Record<string, string>> {
  const staff = await organisation.createGroup('Staff', 'p256')
  const guests = await organisation.createGroup('Guests of the department of comparative linguistics', 'p384')
  await employ(organisation, OLGA)
  await employ(organisation, AUGUST)
  await organisation.apiKey('operator')
  const slug = staff.endpoint.slug
  const long = `CN=${LONG},OU=Department of Comparative Linguistics,O=Example`
  const san = ['dns:a-rather-long-name-of-a-device.of.a.department.example.com', 'email:ada@example.com']
  const used = await organisation.mint(slug, long, { san })
  await enrol(organisation, used, long, san)
  await enrol(organisation, used, long, san)
  await enrol(organisation, await organisation.mint(slug, 'CN=tablet-7'), 'CN=tablet-7')
  await enrol(organisation, await organisation.mint(slug, 'CN=tablet-8'), 'CN=another-device')
  await organisation.json('challenge', 'revoke', (await organisation.mint(slug, 'CN=tablet-9')).id)
  const page = ['challenge-page', 'add', '--endpoint', slug, '--template', 'CN=laptop-*,O=Example; dns:*.example.com']
  await organisation.json(...page, '--name', 'Workspace ONE', '--from', '192.0.2.0/24', '--from', '2001:db8::/32')
  await organisation.json(...page, '--name', 'Fleet of the department', '--from-anywhere', '--format', 'hex16')
  const approval = await waiting(organisation, guests)
  const nextYear = new Date(Date.now() + 300 * 86_400_000).toISOString()
  await organisation.json('rollover', 'stage', '--group', staff.slug, '--at', nextYear)
  const { items } = await organisation.json<{ items: { id: string; serial: string }[] }>('certificate', 'list')
  const [newest, oldest] = [items[0], items.at(-1)]
  const refused = await organisation.json<{ items: { id: string }[] }>('transaction', 'list', '--state', 'refused')
  await organisation.json('certificate', 'revoke', newest?.serial ?? '', '--reason', 'keyCompromise')
  const soon = ['--group', staff.slug, '--reason', 'superseded', '--at', nextYear]
  const { affected } = await organisation.json<{ affected: number }>('revocation', 'start', ...soon, '--dry-run')
  const scheduled = await organisation.json<{ id: string }>(
    'revocation',
    'start',
    ...soon,
    '--expect',
    String(affected),
  )
  await organisation.json('connector', 'create', '--kind', 'events', '--name', 'Mosyle', '--slug', 'mosyle')
  await fetch(`${organisation.url}/hooks/mosyle`, { method: 'POST', body: '{}' })
  const hook = ['--name', 'Ticket system', '--url', 'https://hooks.example.com/', '--event', 'certificate.issued']
  const { id: webhook } = await organisation.json<{ id: string }>('event-webhook', 'create', ...hook)
  const asked = ['--name', 'Issuing CA of another root', '--issuer-key', 'p256']
  const request = await organisation.json<{ id: string }>('authority', 'request', ...asked)
  return {
    '/connectors/[slug]': '/connectors/mosyle',
    '/help/[...doc]': '/help/mdm/intune',
    '/connectors/new/[kind]': '/connectors/new/events',
    '/connectors/event-webhooks/[id]': `/connectors/event-webhooks/${webhook}`,
    '/authorities/[slug]': '/authorities/root',
    '/authorities/requests/[id]': `/authorities/requests/${request.id}`,
    '/groups/[slug]': `/groups/${staff.slug}`,
    '/trust/[group]': `/trust/${staff.slug}`,
    '/endpoints/[slug]': `/endpoints/${slug}`,
    '/certificates/[id]': `/certificates/${oldest?.id}`,
    '/enrolments/[id]': `/enrolments/${refused.items[0]?.id}`,
    '/devices/[key]': `/devices/${keyOfDevice(long)}`,
    '/challenges/[id]': `/challenges/${used.id}`,
    '/approvals/[id]': `/approvals/${approval}`,
    '/versions/[version]': '/versions/1',
    '/revocations/[id]': `/revocations/${scheduled.id}`,
  }
}

/** A device that waits for somebody's approval: the id of its request. */
async function waiting(organisation: Organisation, { endpoint }: GroupCreated): Promise<string> {
  await organisation.json('endpoint', 'update', endpoint.slug, '--policy', 'approval')
  await inFolder(async (folder) => {
    await organisation.cli([
      'enrol',
      ...['--url', endpoint.scepUrl, '--no-challenge', '--subject', 'CN=laptop-7,O=Example', '--poll-for', '0'],
      ...['--key-out', join(folder, 'device.key'), '--cert-out', join(folder, 'device.crt')],
    ])
  })
  const { items } = await organisation.json<{ items: { id: string }[] }>('approval', 'list')
  return items[0]?.id ?? ''
}
