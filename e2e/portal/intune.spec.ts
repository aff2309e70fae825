/** Microsoft Intune in the browser, from the guided page to a wiped device that nobody believes any more. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Enrolled, intuneFleet } from '@/e2e/fixtures/intune-fleet'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { type IntuneSimulator, startIntune } from '@/e2e/simulators/intune'
import { inFolder, openssl } from './support/devices'
import { delegateTo, fetchRevocationsSoon, fillGuide } from './support/intune'
import { ADA } from './support/people'
import { expect, row, test } from './support/test'

const CONNECTOR = 'Intune of Example'

let portal: Organisation
let staff: GroupCreated
let intune: IntuneSimulator
let its: Enrolled
let deviceId: string

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  intune = await startIntune()
  portal = await startOrganisation({ env: { LATCHKEY_OUTBOUND_ALLOW: 'http://127.0.0.0/8' } })
  staff = await portal.createGroup('Staff', 'p256')
})
test.afterAll(async () => {
  await portal?.stop()
  await intune?.close()
})

test('an administrator connects it; a wrong secret is named, and a right one works', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/connectors/new/intune')
  await fillGuide(page, intune, 'not-the-secret')
  await page.getByLabel('Name', { exact: true }).fill(CONNECTOR)
  await page.getByRole('button', { name: 'Add connector' }).click()
  await expect(page.getByText(`${CONNECTOR} is added`)).toBeVisible()
  await page.getByRole('link', { name: `Go to ${CONNECTOR}` }).click()
  await page.getByRole('button', { name: 'Test connection' }).click()
  await expect(page.getByText('The connection does not work yet.')).toBeVisible()
  await expect(page.getByText('AADSTS7000215').first()).toBeVisible()
  await page.getByLabel('Client secret', { exact: true }).fill(intune.clientSecret)
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByLabel('Client secret', { exact: true })).toHaveValue('')
  await page.getByRole('button', { name: 'Test connection' }).click()
  await expect(page.getByText('The connection works.')).toBeVisible()
  await expect(page.getByText(intune.clientSecret)).toHaveCount(0)

  await page.goto('/devices?connector=intune')
  await expect(page.getByRole('heading', { name: `${CONNECTOR} tells Latchkey of no devices` })).toBeVisible()
  await expect(page.getByRole('link', { name: 'Log of the connector' })).toHaveAttribute('href', /#calls$/)
})

test('an endpoint lets it decide, and a device enrols with its blob', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await delegateTo(page, staff.endpoint.slug, CONNECTOR)
  const device = await intuneFleet(intune, staff.endpoint.scepUrl).device({ name: 'surface-1' })
  deviceId = device.managed.id
  its = await device.enrol()
  expect(its.pkiStatus).toBe('SUCCESS')
  await page.goto('/certificates')
  await expect(row(page, 'surface-1')).toContainText('Valid')
  await page.goto('/connectors/intune')
  await expect(row(page, 'successNotification')).toBeVisible()
})

test('a device that Intune refuses gets nothing, and the page says why', async ({ visit }) => {
  const fleet = intuneFleet(intune, staff.endpoint.scepUrl)
  const wrong = await fleet.device({ name: 'surface-2', request: { subject: 'CN=somebody-else,O=Example' } })
  expect((await wrong.enrol()).pkiStatus).toBe('FAILURE')
  const page = await visit(portal, { as: ADA })
  await page.goto('/enrolments')
  await row(page, 'somebody-else').getByRole('link').first().click()
  await expect(page.getByText('SubjectNameMismatch').first()).toBeVisible()
})

test('Intune wipes the device: revoked here, in OCSP, and reported back', async ({ visit }) => {
  const [request] = intune.wipe(deviceId)
  await fetchRevocationsSoon(portal)
  await expect.poll(() => request?.result, { timeout: 40_000 }).toMatchObject({ succeeded: true, errorCode: 'None' })
  const page = await visit(portal, { as: ADA })
  await page.goto('/certificates')
  await expect(row(page, 'surface-1')).toContainText('Revoked')
  await page.goto('/connectors/intune')
  await expect(row(page, 'uploadRevocationResults')).toBeVisible()
  await inFolder(async (folder) => {
    const at = (name: string) => join(folder, name)
    writeFileSync(at('device.pem'), its.certificate?.toString() ?? '')
    for (const name of [staff.issuer.slug, 'root']) {
      const der = await (await fetch(`${portal.url}/ca/${name}.cer`)).arrayBuffer()
      writeFileSync(at(`${name}.der`), Buffer.from(der))
      await openssl('x509', '-inform', 'DER', '-in', at(`${name}.der`), '-out', at(`${name}.pem`))
    }
    const issuer = at(`${staff.issuer.slug}.pem`)
    const asked = ['-issuer', issuer, '-cert', at('device.pem'), '-CAfile', at('root.pem'), '-verify_other', issuer]
    await expect
      .poll(() => openssl('ocsp', '-url', `${portal.url}/ocsp/${staff.issuer.slug}`, ...asked), { timeout: 20_000 })
      .toContain('revoked')
  })
})
