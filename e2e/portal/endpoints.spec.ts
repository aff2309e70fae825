/** Endpoints in the browser: settings by section, a copy, a new one, and which clients they work for. */
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { ADA } from './support/people'
import { expect, row, test } from './support/test'

let portal: Organisation
let group: GroupCreated

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  group = await portal.createGroup('Staff', 'p256')
})
test.afterAll(() => portal?.stop())

test('one section is saved without touching another', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto(`/endpoints/${group.endpoint.slug}`)
  await page.getByRole('checkbox', { name: /^Accept single DES/ }).check()
  await page
    .locator('form')
    .filter({ has: page.getByText('Old algorithms') })
    .getByRole('button', { name: 'Save' })
    .click()
  await expect(page.getByText('Weak: single DES').first()).toBeVisible()
  await page.getByLabel('Certificates live for, days').fill('90')
  // What is said of the first one may still be there when the second is asked.
  const saved = page.waitForResponse((response) => response.request().method() === 'POST')
  await page
    .locator('form')
    .filter({ has: page.getByLabel('Certificates live for, days') })
    .getByRole('button', { name: 'Save' })
    .click()
  await saved
  await expect(page.getByText('Settings saved').last()).toBeVisible()
  await page.reload()
  await expect(page.getByLabel('Certificates live for, days')).toHaveValue('90')
  await expect(page.getByRole('checkbox', { name: /^Accept SHA-1/ })).toBeChecked()
  await expect(page.getByLabel('Challenges live for, minutes')).toHaveValue('60')
})

test('the page says whom a setting excludes', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto(`/endpoints/${group.endpoint.slug}`)
  await expect(row(page, 'scepclient')).toContainText('Works, with a note')
  await page.getByRole('checkbox', { name: /^Accept single DES/ }).uncheck()
  await page
    .locator('form')
    .filter({ has: page.getByText('Old algorithms') })
    .getByRole('button', { name: 'Save' })
    .click()
  await expect(row(page, 'scepclient')).toContainText('Excluded')
  await expect(row(page, 'scepclient')).toContainText('Setting: Accept single DES')
})

test('a value that cannot be is refused at its field, and what was typed stays', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto(`/endpoints/${group.endpoint.slug}`)
  await page.getByLabel('Pinned proxy certificates').fill('not a fingerprint')
  await page
    .locator('form')
    .filter({ has: page.getByLabel('Pinned proxy certificates') })
    .getByRole('button', { name: 'Save' })
    .click()
  await expect(page.getByText('64 hexadecimal digits').first()).toBeVisible()
  await expect(page.getByLabel('Pinned proxy certificates')).toHaveValue('not a fingerprint')
})

test('a copy has the settings, and a new endpoint its policy', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto(`/endpoints/${group.endpoint.slug}`)
  await page.getByRole('button', { name: 'Copy', exact: true }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Copy endpoint' }).click()
  await expect(page).toHaveURL(/\/endpoints\/staff-scep-copy$/)
  await expect(page.getByLabel('Certificates live for, days')).toHaveValue('90')
  await page.goto(`/groups/${group.slug}`)
  await page.getByRole('link', { name: 'New endpoint' }).click()
  await page.getByLabel('Endpoint name').fill('Contractors')
  await page.getByRole('radio', { name: /^After approval/ }).check()
  await page.getByRole('button', { name: 'Create endpoint' }).click()
  await expect(page).toHaveURL(/\/endpoints\/staff-contractors$/)
  await expect(page.getByRole('heading', { name: 'Approvals' })).toBeVisible()
  await page.goto('/endpoints')
  await expect(row(page, 'Staff Contractors')).toContainText('After approval')
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, contextOptions: { reducedMotion: 'reduce' } })

  test('any section is two taps away, and who reads by keyboard or by ear goes on from there', async ({ visit }) => {
    const page = await visit(portal, { as: ADA })
    await page.goto(`/endpoints/${group.endpoint.slug}`)
    const index = page.getByRole('navigation', { name: 'Sections of this page' })
    const titles = await index.getByRole('link', { includeHidden: true }).allTextContents()
    expect(titles.length).toBeGreaterThan(7)
    for (const title of titles) {
      await index.getByText('Sections', { exact: true }).click()
      await index.getByRole('link', { name: title, exact: true }).click()
      const section = page.getByRole('region', { name: title, exact: true })
      await expect(section).toBeFocused()
      await expect(section.getByRole('heading', { name: title, exact: true })).toBeInViewport({ ratio: 1 })
      await expect(index.getByRole('link', { name: title, exact: true })).toBeHidden()
    }
    await index.locator('summary').focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await expect(index.getByRole('link').first()).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(index.locator('summary')).toBeFocused()
    await expect(index.getByRole('link').first()).toBeHidden()
  })

  test('a link to a section leads there', async ({ visit }) => {
    const page = await visit(portal, { as: ADA })
    await page.goto(`/endpoints/${group.endpoint.slug}#renewal`)
    await expect(page.getByRole('region', { name: 'Renewal' }).getByRole('heading')).toBeInViewport({ ratio: 1 })
  })
})

test('clients that cannot name an endpoint reach the one that an administrator chose', async ({ visit }) => {
  const asked = () => fetch(new URL('/certsrv/mscep/mscep.dll?operation=GetCACaps', portal.url))
  const page = await visit(portal, { as: ADA })
  await page.goto(`/endpoints/${group.endpoint.slug}`)
  const card = page.getByRole('region', { name: 'Default endpoint' })
  await portal.createGroup('Printers', 'p256')
  await page.reload()
  await expect(card).toContainText('They reach nothing')
  await expect.poll(async () => (await asked()).status).toBe(404)
  await card.getByRole('button', { name: 'Make this the default' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Make this the default' }).click()
  await expect(card).toContainText('They reach this endpoint.')
  await expect.poll(async () => (await asked()).status).toBe(200)
  await page.goto('/endpoints/printers')
  await card.getByRole('link', { name: 'Staff' }).click()
  await card.getByRole('button', { name: 'Choose none' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Choose none' }).click()
  await expect(card).toContainText('They reach nothing')
})
