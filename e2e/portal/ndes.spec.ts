/** A device management that knows only NDES, from the browser of the administrator to the certificate of the device. */
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { fetchPage, fleet } from '@/e2e/simulators/ndes-scrapers'
import { enrol } from './support/devices'
import { ADA, employ, OLGA } from './support/people'
import { expect, row, test } from './support/test'

let portal: Organisation
let laptops: GroupCreated

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  laptops = await portal.createGroup('Laptops', 'p256')
  await employ(portal, OLGA)
})
test.afterAll(() => portal?.stop())

const fetched = async (url: string, user: string, secret: string) =>
  fleet.scrape(await fetchPage(url, { user: `EXAMPLE\\${user}`, secret }))

test('an administrator adds an account, the device management fetches a challenge, the device enrols', async ({
  visit,
}) => {
  test.slow()
  const page = await visit(portal, { as: ADA })
  await page.goto(`/endpoints/${laptops.endpoint.slug}`)
  const card = page.locator('#challenge-page')
  await expect(card.getByText('No device management fetches challenges here')).toBeVisible()
  await card.getByRole('button', { name: 'Add account' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add an account for an MDM' })
  await expect(dialog.getByText('It asks for the length of a challenge')).toBeVisible()
  await dialog.getByLabel('Device management').selectOption('Fleet')
  await expect(dialog.getByLabel('Name', { exact: true })).toHaveValue('Fleet')
  await expect(dialog.getByText('takes a new one after 57 minutes')).toBeVisible()

  await dialog.getByLabel('Names its devices may ask for').fill('CN=*')
  await dialog.getByLabel('Addresses it comes from').fill('10.0.0.0/33')
  await dialog.getByRole('button', { name: 'Add account' }).click()
  await expect(dialog.getByRole('alert')).toBeVisible()
  await dialog.getByLabel('Addresses it comes from').fill('127.0.0.0/8\n::1')
  await dialog.getByRole('button', { name: 'Add account' }).click()
  await expect(dialog.getByText('The template allows every name there is').first()).toBeVisible()
  await dialog.getByLabel('Names its devices may ask for').fill('CN=laptop-*,O=Example')
  await dialog.getByRole('button', { name: 'Add account' }).click()
  await expect(dialog.getByText('cannot be shown again')).toBeVisible()
  await expect(dialog.getByRole('button', { name: 'Copy password' })).toBeVisible()
  const [url = '', user = '', secret = '', scepUrl = ''] = await dialog.locator('code').allTextContents()
  expect(secret).toMatch(/^[A-Za-z2-9]{40}$/)
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  await expect(dialog).toBeHidden()
  expect(await page.content()).not.toContain(secret)

  const scraped = await fetched(url, user, secret)
  expect(scraped).toEqual({ found: 'challenge', challenge: expect.stringMatching(/^[0-9A-F]{32}$/) })
  const challenge = scraped.found === 'challenge' ? scraped.challenge : ''
  await page.reload()
  await expect(row(page, 'Fleet')).toContainText('1 of 1,000')
  expect((await enrol(portal, { scepUrl, challenge }, 'CN=laptop-7,O=Example')).status).toBe('SUCCESS')
  expect((await enrol(portal, { scepUrl, challenge }, 'CN=laptop-7,O=Example')).status).toBe('FAILURE')
  await page.reload()
  await expect(row(page, 'Fleet')).toContainText('0 of 1,000')

  await page.goto('/certificates')
  await expect(page.getByRole('link', { name: /laptop-7/ }).first()).toBeVisible()
  await page.goto('/audit')
  await expect(page.getByText('Ada Admin added account Fleet to the challenge page of laptops').first()).toBeVisible()
  await expect(page.getByText('Fleet minted a challenge for CN=laptop-*,O=Example').first()).toBeVisible()
})

test('its secret is replaced, its bounds change, and it is disabled', async ({ visit }) => {
  test.slow()
  const page = await visit(portal, { as: ADA })
  await page.goto(`/endpoints/${laptops.endpoint.slug}`)
  const line = row(page, 'Fleet')
  await line.getByRole('button', { name: 'New secret' }).click()
  const dialog = page.getByRole('dialog', { name: 'A new secret for Fleet' })
  await dialog.getByLabel('Until when the old one holds').selectOption('An hour more')
  await dialog.getByRole('button', { name: 'Make secret' }).click()
  await expect(dialog.getByText('believed for an hour more')).toBeVisible()
  const secret = (await dialog.locator('code').textContent()) ?? ''
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  await expect(line).toContainText('Old secret until')
  const url = `${portal.url}/scep/${laptops.endpoint.slug}/certsrv/mscep_admin/`
  expect(await fetched(url, 'fleet', secret)).toMatchObject({ found: 'challenge' })

  await line.getByRole('button', { name: 'Change' }).click()
  const change = page.getByRole('dialog', { name: 'Change Fleet' })
  await expect(change.getByLabel('Names its devices may ask for')).toHaveValue('CN=laptop-*,O=Example')
  await change.getByLabel('Unused challenges at a time').fill('1')
  await change.getByLabel('Encoding of the page').selectOption('UTF-8, as Okta')
  await change.getByRole('button', { name: 'Save changes' }).click()
  await expect(change).toBeHidden()
  await expect(line).toContainText('1 of 1')
  expect(await fetched(url, 'fleet', secret)).toEqual({ found: 'cache_full' })
  await page.reload()
  await expect(line).toContainText('too many unused')

  await line.getByRole('button', { name: 'Disable' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Disable account' }).click()
  await expect(line).toContainText('Disabled')
  expect(await fetched(url, 'fleet', secret)).toEqual({ found: 'no_permission' })
  // The only endpoint is the default one: the path without a name leads here.
  expect(await fetched(`${portal.url}/CertSrv/mscep_admin/`, 'fleet', secret)).toEqual({ found: 'no_permission' })
})

test('an operator sees the accounts and is offered nothing', async ({ visit }) => {
  const page = await visit(portal, { as: OLGA })
  await page.goto(`/endpoints/${laptops.endpoint.slug}`)
  await expect(row(page, 'Fleet')).toContainText('Disabled')
  await expect(
    page.locator('#challenge-page').getByRole('button', { name: /Add|Change|New secret|able$/ }),
  ).toHaveCount(0)
})
