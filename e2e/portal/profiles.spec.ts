/** The profiles of an endpoint: chosen, copied, downloaded, shared by their address, and warned about where they cannot work. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
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

const picture = async (page: Page, name: string) => {
  const folder = process.env.LATCHKEY_SCREENSHOTS
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}

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
  await picture(page, 'profiles-apple')

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
  await page.setViewportSize({ width: 390, height: 844 })
  await picture(page, 'profiles-narrow')
  await expect(page.getByRole('link', { name: /^Download Configuration profile/ })).toHaveCount(0)
  const answer = await page.request.get('/endpoints/staff/profiles/apple?radius=-nonsense-')
  expect(answer.status()).toBe(400)
})

test('an administrator makes a profile for one device, whose challenge is minted for it', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/endpoints/staff/profiles?chosen=yes&ssid=Corp&radius=radius.example.com')
  await page.getByRole('button', { name: 'For one device' }).click()
  const dialog = page.getByRole('dialog', { name: 'A profile for one device' })
  await dialog.getByLabel('Subject of its certificate').fill('CN=$SERIALNUMBER')
  await dialog.getByRole('button', { name: 'Mint and make profile' }).click()
  await expect(dialog.getByText('no variable may be in it').first()).toBeVisible()
  await dialog.getByLabel('Subject of its certificate').fill('CN=tablet-7,O=Example')
  // The certificate that signs is made by a job soon after the first start.
  await expect(async () => {
    await dialog.getByRole('button', { name: 'Mint and make profile' }).click({ timeout: 2_000 })
    await expect(dialog.getByText('Whoever has this file can enrol as this device')).toBeVisible({ timeout: 2_000 })
  }).toPass()
  await picture(page, 'profiles-one-device')
  const download = page.waitForEvent('download')
  await dialog.getByRole('link', { name: 'Download tablet-7.mobileconfig' }).click()
  const bytes = await readFile(await (await download).path())
  const root = await page.request.get('/endpoints/staff/profiles/root-pem')
  const profile = readPropertyList(verifiedCms(bytes, await root.text()))
  expect(JSON.stringify(profile)).toContain('tablet-7')
  expect(JSON.stringify(profile)).not.toContain('PUT-THE-CHALLENGE-HERE')
  await page.goto('/challenges')
  await expect(page.getByRole('row', { name: /CN=tablet-7,O=Example/ })).toHaveCount(1)

  const auditor = await visit(portal, { as: AUGUST })
  await auditor.goto('/endpoints/staff/profiles')
  await expect(auditor.getByRole('heading', { name: 'Profiles', level: 1 })).toBeVisible()
  await expect(auditor.getByRole('button', { name: 'For one device' })).toHaveCount(0)
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
    await picture(page, `profiles-${name.toLowerCase().replaceAll(' ', '-')}`)
  }
  await expect(page.getByText('certmonger: excluded by the present settings')).toBeVisible()
  await expect(page.getByText('It knows no AES: without 3DES it cannot encrypt.')).toBeVisible()
  await expect(page.getByLabel('Wireless network')).toHaveValue('Corp')
})

/** The content, when a device that trusts this root would show the signature as verified; throws otherwise. */
function verifiedCms(der: Uint8Array, root: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-e2e-'))
  try {
    writeFileSync(join(folder, 'profile.der'), der)
    writeFileSync(join(folder, 'root.pem'), root)
    const files = ['-in', join(folder, 'profile.der'), '-CAfile', join(folder, 'root.pem')]
    return execFileSync('openssl', ['cms', '-verify', '-inform', 'DER', '-binary', ...files], { stdio: 'pipe' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
