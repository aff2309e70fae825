/** Jamf Pro in the browser: connected by the guided page, its devices enrol, and what becomes of one that it lets go. */
import type { Page } from '@playwright/test'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { type Jamf, startJamf } from '@/e2e/simulators/jamf'
import type { ApiClient } from '@/e2e/simulators/jamf-state'
import { ADA, AUGUST, employ } from './support/people'
import { expect, row, test } from './support/test'

let jamf: Jamf
let client: ApiClient
let portal: Organisation
let staff: GroupCreated
let device: string

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  jamf = await startJamf()
  client = jamf.state.addClient({ privileges: ['Read Computers'], tokenSeconds: 600 })
  jamf.state.add('mobile', { name: 'iPad of Grace', serialNumber: 'F4GEXAMPLE01', username: 'grace' })
  jamf.state.add('mobile', { name: 'iPad of Alan', serialNumber: 'F4GEXAMPLE02', username: 'alan' })
  portal = await startOrganisation({ env: { LATCHKEY_OUTBOUND_ALLOW: `http://127.0.0.1:${jamf.port}` } })
  staff = await portal.createGroup('Staff', 'p256')
  await employ(portal, AUGUST)
})
test.afterAll(async () => {
  await portal?.stop()
  await jamf?.close()
})

const picture = async (page: Page, name: string) => {
  const folder = process.env.LATCHKEY_SCREENSHOTS
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}

/** What the jobs do within seconds is looked at again until it is there. */
const reloaded = (page: Page, check: () => Promise<void>) =>
  expect(async () => {
    await page.reload()
    await check()
  }).toPass()

/** As somebody would copy it. */
async function copied(page: Page, what: string): Promise<string> {
  const button = page.getByRole('button', { name: `Copy ${what}`, exact: true })
  return (await button.locator('xpath=preceding-sibling::code').textContent()) ?? ''
}

test('an administrator follows the steps, and pastes what they end with into Jamf Pro', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/connectors/new')
  await page.getByRole('link', { name: 'Connect Jamf Pro' }).click()
  await page.getByLabel('Address of Jamf Pro').fill(jamf.url)
  await page.getByLabel('Client ID').fill(client.clientId)
  await page.getByLabel('Client secret').fill(client.secret)
  await page.getByLabel('Endpoint that devices enrol at').selectOption(staff.endpoint.slug)
  await page.getByLabel('Subject in the profile').fill('CN=$SERIALNUMBER,O=Example')
  await picture(page, 'jamf-steps')
  await page.getByRole('button', { name: 'Add connector' }).click()
  await expect(page.getByText('Jamf Pro is added')).toBeVisible()
  const url = await copied(page, 'Hook URL')
  const [user, password] = [await copied(page, 'User name'), await copied(page, 'Password')]
  expect(url).toBe(`${portal.url}/hooks/jamf`)
  // Over HTTP, as a form in Jamf Pro would.
  const order = {
    events: ['SCEPChallenge', 'MobileDeviceEnrolled', 'MobileDeviceUnEnrolled'],
    webhook: { url, authentication: { type: 'basic', user, password } },
  }
  const pasted = await fetch(`${jamf.url}/_sim/webhooks`, { method: 'POST', body: JSON.stringify(order) })
  expect(pasted.status).toBe(200)
  jamf.addProfile({ url: staff.endpoint.scepUrl, subject: 'CN=$SERIALNUMBER,O=Example' })
  await picture(page, 'jamf-pasted')
  await page.getByRole('link', { name: 'Go to Jamf Pro' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Jamf Pro' })).toBeVisible()
  await expect(page.getByText(password)).toHaveCount(0)
})

test('the test names what is missing: a privilege of the role, then a first webhook', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/connectors/jamf')
  await page.getByRole('button', { name: 'Test connection' }).click()
  await expect(page.getByText('The connection does not work yet.')).toBeVisible()
  await expect(page.getByText(/lacks the privilege “Read Mobile Devices”/).first()).toBeVisible()
  client.privileges.add('Read Mobile Devices')
  await page.getByRole('button', { name: 'Test connection' }).click()
  await expect(page.getByText('Jamf Pro shows 2 mobile devices.')).toBeVisible()
  await expect(page.getByText('No webhook with the right secret has arrived yet.')).toBeVisible()
  await jamf.event('MobileDeviceEnrolled', 'mobile/2')
  await page.getByRole('button', { name: 'Test connection' }).click()
  await expect(page.getByText('The connection works.')).toBeVisible()
  await picture(page, 'jamf-tested')
})

test('a device gets a challenge of its own, enrols, and is there with its certificate', async ({ visit }) => {
  const enrolled = await jamf.install('mobile/1', 1)
  expect(enrolled.steps.map(({ step, ok }) => `${step} ${ok}`)).toContain('PKCSReq true')
  expect(enrolled.status).toBe('SUCCESS')
  const page = await visit(portal, { as: AUGUST })
  await page.goto('/devices?state=managed')
  await reloaded(page, () => expect(page.getByRole('link', { name: 'iPad of Grace' })).toBeVisible({ timeout: 2_000 }))
  await page.getByRole('link', { name: 'iPad of Grace' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'iPad of Grace' })).toBeVisible()
  device = page.url()
  await reloaded(page, () => expect(page.getByText('Trusted').first()).toBeVisible({ timeout: 2_000 }))
  await picture(page, 'jamf-device-trusted')
  await page.goto('/connectors/jamf')
  await expect(row(page, 'SCEPChallenge')).toContainText('F4GEXAMPLE01')
})

test('the inventory is read when somebody asks for it', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/connectors/jamf')
  await page.getByRole('button', { name: 'Sync now' }).click()
  await expect(page.getByText('It is read within seconds')).toBeVisible()
  await page.goto('/connectors/jamf?operation=full+sync')
  await expect(async () => {
    await page.reload()
    await expect(row(page, '2 devices were read').first()).toBeVisible({ timeout: 2_000 })
  }).toPass({ timeout: 40_000 })
  await page.goto('/devices')
  await expect(page.getByRole('link', { name: 'iPad of Alan' })).toBeVisible()
})

test('the group says what follows, and Jamf Pro lets the device go: its certificate is revoked', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto(`/groups/${staff.slug}/device-rules`)
  for (const trigger of ['Removed', 'No longer managed'])
    await page.getByLabel(`${trigger}: answer`).selectOption('revoke')
  await page.getByRole('button', { name: 'Show what would happen' }).click()
  await page.getByRole('button', { name: 'Save these rules' }).click()
  await expect(page.getByText('Device rules saved')).toBeVisible()

  const [delivery] = await jamf.unmanage('mobile/1')
  expect(delivery?.status).toBe(200)
  await page.goto(device)
  await reloaded(page, async () => {
    await expect(page.getByText('Kept out').first()).toBeVisible({ timeout: 2_000 })
    await expect(page.getByRole('table', { name: /certificates/i }).getByText('Revoked')).toBeVisible({
      timeout: 2_000,
    })
  })
  await expect(page.getByText('1 certificate revoked: it is no longer managed')).toBeVisible()
  await picture(page, 'jamf-device-revoked')
  await page.setViewportSize({ width: 390, height: 900 })
  await picture(page, 'jamf-device-revoked-narrow')
  await page.goto('/connectors/jamf')
  await expect(row(page, 'MobileDeviceUnEnrolled').first()).toBeVisible()
})

test('of an inventory that lost half its devices an administrator says whether that is so', async ({ visit }) => {
  test.slow()
  jamf.state.delete('mobile/2')
  const page = await visit(portal, { as: ADA })
  const readAgain = async () => {
    await page.goto('/connectors/jamf')
    await page.getByRole('button', { name: 'Sync now' }).click()
    await expect(page.getByText('It is read within seconds')).toBeVisible()
  }
  const withinSeconds = (check: () => Promise<void>) =>
    expect(async () => {
      await page.reload()
      await check()
    }).toPass({ timeout: 40_000 })
  const notice = page.getByText('The inventory is much smaller than before')
  await readAgain()
  await withinSeconds(() => expect(notice).toBeVisible({ timeout: 2_000 }))
  await expect(page.getByText('The last reading saw 1 device, the last whole one 2.')).toBeVisible()
  await picture(page, 'jamf-smaller')
  await page.setViewportSize({ width: 390, height: 900 })
  await picture(page, 'jamf-smaller-narrow')
  await page.setViewportSize({ width: 1440, height: 900 })
  const auditor = await visit(portal, { as: AUGUST })
  await auditor.goto('/connectors/jamf')
  await expect(auditor.getByText('The last reading saw 1 device')).toBeVisible()
  await expect(auditor.getByRole('button', { name: 'Accept the smaller inventory' })).toHaveCount(0)

  await page.getByRole('button', { name: 'Accept the smaller inventory' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Accept it' }).click()
  await expect(page.getByText('Smaller inventory accepted')).toBeVisible()
  await expect(notice).toHaveCount(0)
  await expect(page.getByText('Whole; 1 known device was not seen')).toBeVisible()
  await readAgain()
  await page.goto('/devices')
  await withinSeconds(() => expect(row(page, 'iPad of Alan')).toContainText('Removed', { timeout: 2_000 }))
})
