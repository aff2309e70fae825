/** Finding one's way: the palette, the keys, the help, and the diagnostics. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Page } from '@playwright/test'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { enrol } from './support/devices'
import { ADA, AUGUST, employ } from './support/people'
import { expect, test } from './support/test'

/** What a first visit may load of JavaScript, compressed. */
const MOST_SCRIPT_BYTES = 200 * 1024

let portal: Organisation
let staff: GroupCreated
let certificate: { id: string; serial: string }

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  staff = await portal.createGroup('Staff', 'p256')
  await enrol(portal, await portal.mint(staff.slug, 'CN=tablet-7'), 'CN=tablet-7')
  const { items } = await portal.json<{ items: { id: string; serial: string }[] }>('certificate', 'list')
  if (!items[0]) throw new Error('no certificate')
  certificate = items[0]
  await employ(portal, AUGUST)
})
test.afterAll(() => portal?.stop())

test('the palette finds certificates, pages, actions and help, and offers nobody what is not theirs', async ({
  visit,
}) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/')
  const field = page.getByRole('combobox', { name: 'Find anything' })
  const option = (name: string | RegExp) => page.getByRole('option', { name })
  // The page answers keys from hydration on.
  await expect(async () => {
    await page.keyboard.press('Control+k')
    await expect(field).toBeFocused({ timeout: 1_000 })
  }).toPass()
  await field.fill(certificate.serial)
  await expect(option(/tablet-7.*Certificate · valid/)).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(`/certificates/${certificate.id}`)

  await page.getByRole('button', { name: 'Search' }).first().click()
  await field.fill('dark')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL('/settings/appearance')

  await page.getByRole('button', { name: 'Search' }).first().click()
  await field.fill('what would happen')
  await option(/Help · /)
    .first()
    .click()
  await expect(page).toHaveURL('/help/flight-recorder#what-would-happen')

  const onlooker = await visit(portal, { as: AUGUST })
  await onlooker.goto('/')
  await onlooker.getByRole('button', { name: 'Search' }).first().click()
  await onlooker.getByRole('combobox', { name: 'Find anything' }).fill('mint')
  await expect(onlooker.getByRole('option', { name: 'Minters' })).toBeVisible()
  await expect(onlooker.getByRole('option', { name: 'Mint a challenge' })).toHaveCount(0)
})

test('keys lead through the portal, until somebody switches them off', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/')
  await expect(async () => {
    await page.keyboard.press('g')
    await page.keyboard.press('c')
    await expect(page.getByRole('heading', { level: 1, name: 'Certificates' })).toBeVisible({ timeout: 1_000 })
  }).toPass()
  // The rows come after the heading; the one that is there is the last one as well, so that J stays on it.
  await expect(async () => {
    await page.keyboard.press('j')
    await expect(page.getByRole('main').locator('a[data-row-link]')).toBeFocused({ timeout: 1_000 })
  }).toPass()
  await page.keyboard.press('/')
  await expect(page.getByLabel('Search certificates')).toBeFocused()
  await page.keyboard.press('?')
  await expect(page.getByLabel('Search certificates')).toHaveValue('?')
  await page.getByLabel('Search certificates').blur()
  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog', { name: 'Keyboard' })
  await sheet.getByRole('link', { name: 'Appearance' }).click()
  await expect(sheet).toBeHidden()
  await page.getByLabel('Keys without Ctrl').uncheck()
  await page.getByLabel('In UTC').check()
  await page.reload()
  await expect(page.getByLabel('Keys without Ctrl')).not.toBeChecked()
  await expect(page.getByLabel('In UTC')).toBeChecked()
  await page.keyboard.press('?')
  // Ctrl-K comes after it, so that the sheet has had its chance.
  await expect(async () => {
    await page.keyboard.press('Control+k')
    await expect(page.getByRole('dialog', { name: 'Find anything' })).toBeVisible({ timeout: 1_000 })
  }).toPass()
  await expect(sheet).toBeHidden()
})

test('a page leads to what explains it, and the diagnostics hold no secret and leave a trace', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/devices/brake')
  await page.getByRole('link', { name: 'Help about this page' }).click()
  await expect(page).toHaveURL('/help/devices#the-brake')
  await expect(page.getByRole('heading', { name: 'The brake' })).toBeInViewport()

  // The page with the most to do: whatever the others load is less.
  expect(await scriptBytes(page, `/endpoints/${staff.endpoint.slug}`)).toBeLessThan(MOST_SCRIPT_BYTES)

  await page.goto('/settings/about')
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download diagnostics' }).click()
  const text = readFileSync(await (await downloading).path(), 'utf8')
  const document = JSON.parse(text) as { answers: object; groups: { slug: string }[]; database: { tables: unknown[] } }
  expect(document).toMatchObject({ answers: { database: true, signer: true }, groups: [{ slug: 'staff' }] })
  expect(document.database.tables.length).toBeGreaterThan(20)
  for (const secret of [ADA.email, 'tablet-7', 'BEGIN', portal.dataDir]) expect(text).not.toContain(secret)
  const events = await portal.events()
  expect(events.map(({ type }) => type)).toContain('system.diagnostics_exported')
})

/** As a proxy would compress them; the portal itself compresses nothing. */
async function scriptBytes(page: Page, path: string): Promise<number> {
  const bodies: Promise<Buffer>[] = []
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') bodies.push(response.body())
  })
  await page.goto(path, { waitUntil: 'load' })
  const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body).length)
  return sizes.reduce((sum, size) => sum + size, 0)
}
