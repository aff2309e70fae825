/** What the network grants to a group, set and seen; what a RADIUS server sees; and the files for one. */
import type { Page } from '@playwright/test'
import { type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { ADA, employ, OLGA } from './support/people'
import { expect, test } from './support/test'

let portal: Organisation

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  await employ(portal, OLGA)
  await portal.createGroup('Staff', 'p256')
  await portal.createGroup('Guests', 'p256')
})
test.afterAll(() => portal?.stop())

const picture = async (page: Page, name: string) => {
  const folder = process.env.LATCHKEY_SCREENSHOTS
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}

test('an administrator sets the VLAN of a group, and what is wrong is said beside its field', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/groups/staff')
  await page.getByRole('link', { name: 'RADIUS' }).click()
  await expect(page.getByRole('heading', { name: 'RADIUS', level: 1 })).toBeVisible()
  await page.getByRole('textbox', { name: 'VLAN' }).fill('4095')
  await page.getByLabel('Hours', { exact: true }).fill('always')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('"always" is no window').first()).toBeVisible()
  await expect(page.getByText('Give the number of the VLAN, 1 to 4094').first()).toBeVisible()
  await page.getByLabel('Hours', { exact: true }).fill('mon-fri=08:00-18:00')
  await page.getByRole('textbox', { name: 'VLAN' }).fill('20')
  await page.getByLabel('Let in certificates of this group').check()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Network access saved')).toBeVisible()
  await expect(page.getByText('The network lets in certificates of this group.')).toBeVisible()
  await picture(page, 'radius-wide')
  await page.goto('/groups/staff')
  await expect(page.getByText('mon-fri=08:00-18:00 (UTC)')).toBeVisible()
})

test('the page says what a RADIUS server sees at this moment', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/groups/staff/radius')
  const checks = page.getByRole('table', { name: 'Checks' })
  const row = (what: string) => checks.getByRole('row', { name: new RegExp(`^${what} Staff Issuing CA`) })
  await expect(async () => {
    await page.reload()
    for (const what of ['Certificate', 'Revocation list', 'OCSP'])
      await expect(row(what).getByText('Ready', { exact: true })).toBeVisible({ timeout: 3_000 })
  }).toPass()
  await expect(row('Revocation list')).toContainText('signed by its issuer')
  await expect(page.getByText('Nobody yet').first()).toBeVisible()
  await page.setViewportSize({ width: 390, height: 900 })
  await picture(page, 'radius-narrow')
})

test('the files follow the choices, and come as an archive', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/groups/staff/radius')
  await page.locator('summary', { hasText: 'sites-available/latchkey_check' }).click()
  await expect(page.locator('details[open] pre')).toContainText('latchkey_rest {')
  await page.getByLabel('Guests').check()
  await page.getByRole('checkbox', { name: /Ask this portal/ }).uncheck()
  await page.getByRole('button', { name: 'Show these files' }).click()
  await expect(page.locator('summary', { hasText: 'mods-available/latchkey_rest' })).toHaveCount(0)
  await expect(page.getByText('--group staff --group guests')).toBeVisible()
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download tar.gz' }).click()
  expect((await download).suggestedFilename()).toBe('latchkey-freeradius-staff.tar.gz')
})

test('an operator looks, and changes nothing', async ({ visit }) => {
  const page = await visit(portal, { as: OLGA })
  await page.goto('/groups/staff/radius')
  await expect(page.getByRole('textbox', { name: 'VLAN' })).toBeDisabled()
  await expect(page.getByRole('button', { name: 'Save' })).toHaveCount(0)
})
