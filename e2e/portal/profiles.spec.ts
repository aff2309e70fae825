/** The profiles of an endpoint: chosen, copied, downloaded, shared by their address, and warned about where they cannot work. */
import { readFile } from 'node:fs/promises'
import { type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { readPropertyList } from '@/e2e/fixtures/property-list'
import { ADA, AUGUST, employ } from './support/people'
import { expect, test } from './support/test'

let portal: Organisation

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  await employ(portal, AUGUST)
  await portal.createGroup('Staff', 'p256')
  await portal.json('network', 'set', 'staff', '--enable', '--ssid', 'Staff & Friends')
})
test.afterAll(() => portal?.stop())

test('an administrator fills in a profile for Jamf Pro, and shares it by its address', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/endpoints/staff')
  await page.getByRole('link', { name: 'Profiles' }).click()
  await expect(page.getByRole('heading', { name: 'Profiles', level: 1 })).toBeVisible()
  await expect(page.getByLabel('Wireless network')).toHaveValue('Staff & Friends')
  await page.getByLabel('MDM for Apple devices').selectOption('Jamf Pro')
  await page.getByLabel('RADIUS servers').fill('radius one')
  await page.getByRole('button', { name: 'Fill in' }).click()
  await expect(page).toHaveURL(/mdm=jamf/)
  const profile = page.locator('details[open] pre')
  await expect(profile).toContainText('$SERIALNUMBER')
  await page.getByLabel('RADIUS servers').fill('radius.example.com')
  await page.getByRole('button', { name: 'Fill in' }).click()
  await expect(profile).toContainText('<string>Staff &amp; Friends</string>')
  await expect(profile).toContainText('radius.example.com')

  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: /^Download Configuration profile/ }).click()
  const file = await download
  expect(file.suggestedFilename()).toBe('staff.mobileconfig')
  expect(readPropertyList(await readFile(await file.path()))).toMatchObject({ PayloadType: 'Configuration' })

  const auditor = await visit(portal, { as: AUGUST })
  await auditor.goto(page.url())
  await expect(auditor.locator('details[open] pre')).toContainText('<string>Staff &amp; Friends</string>')
})

test('what cannot be is said beside its field, and nothing can be downloaded with it', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/endpoints/staff/profiles')
  await page.getByLabel('RADIUS servers').fill('-nonsense-')
  await page.getByRole('button', { name: 'Fill in' }).click()
  await expect(page.getByText('Names of RADIUS servers are like radius.example.com.')).toBeVisible()
  await expect(page.getByLabel('RADIUS servers')).toHaveAttribute('aria-invalid', 'true')
  await expect(page.getByRole('link', { name: /^Download Configuration profile/ })).toHaveCount(0)
  const answer = await page.request.get('/endpoints/staff/profiles/apple?radius=-nonsense-')
  expect(answer.status()).toBe(400)
})

test('every platform has its texts, and says what the settings of the endpoint exclude', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await portal.json('endpoint', 'update', 'staff', '--allow-3des', 'off')
  await page.goto('/endpoints/staff/profiles?chosen=yes&ssid=Corp&radius=radius.example.com')
  const platforms = page.getByRole('navigation', { name: 'Platforms' })
  for (const [name, text] of [
    ['Microsoft Intune', '#microsoft.graph.windows81TrustedRootCertificate'],
    ['Windows', 'RootCATrustedCertificates'],
    ['Android', 'openNetworkConfiguration'],
    ['ChromeOS', 'ClientCertPattern'],
    ['Linux', 'getcert add-scep-ca'],
  ] as const) {
    await platforms.getByRole('link', { name, exact: true }).click()
    await expect(platforms.getByRole('link', { name, exact: true })).toHaveAttribute('aria-current', 'page')
    await expect(page.locator('details[open] pre').first()).toContainText(text)
  }
  await expect(page.getByText('certmonger: excluded by the present settings')).toBeVisible()
  await expect(page.getByText('It knows no AES: without 3DES it cannot encrypt.')).toBeVisible()
  await expect(page.getByLabel('Wireless network')).toHaveValue('Corp')
})
