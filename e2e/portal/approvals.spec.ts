/** Devices that wait for a person in the browser, and a static secret with its bounds. */
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { enrol, inFolder } from './support/devices'
import { ADA, employ, OLGA } from './support/people'
import { expect, row, test } from './support/test'

let portal: Organisation
let contractors: GroupCreated
let printers: GroupCreated

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  contractors = await portal.createGroup('Contractors', 'p256')
  printers = await portal.createGroup('Printers', 'p256')
  await portal.json('endpoint', 'update', contractors.endpoint.slug, '--policy', 'approval')
  await portal.json('endpoint', 'update', printers.endpoint.slug, '--policy', 'static')
  await employ(portal, OLGA)
})
test.afterAll(() => portal?.stop())

/** Asks, and asks again every second until somebody has decided. */
function waitingDevice(name: string, seconds = 90): Promise<{ status: string; serial: string | null }> {
  return inFolder(async (folder) => {
    const { json } = await portal.cli([
      'enrol',
      ...['--url', contractors.endpoint.scepUrl, '--no-challenge', '--subject', `CN=${name},O=Example`],
      ...['--poll-interval', '1', '--poll-for', String(seconds), '--json'],
      ...['--key-out', `${folder}/device.key`, '--cert-out', `${folder}/device.pem`],
    ])
    return json as { status: string; serial: string | null }
  })
}

test('nobody waits at first', async ({ visit }) => {
  const page = await visit(portal, { as: OLGA })
  await page.goto('/approvals')
  await expect(page.getByText('Nobody waits')).toBeVisible()
})

test('an operator approves by keyboard, and the device has its certificate', async ({ visit }) => {
  test.slow()
  const page = await visit(portal, { as: OLGA })
  await page.goto('/groups')
  const main = page.getByRole('navigation', { name: 'Main' })
  const device = waitingDevice('laptop-7')
  const open = async () => (await portal.json<{ items: unknown[] }>('approval', 'list')).items.length
  await expect.poll(open, { timeout: 60_000 }).toBe(1)
  // The frame is as old as the first page; the count beside the link is not.
  await main.getByRole('link', { name: 'Approvals', exact: true }).click()
  await expect(row(page, 'CN=laptop-7,O=Example')).toContainText('Waiting')
  await expect(main.getByRole('link', { name: 'Approvals 1 waiting' })).toBeVisible()

  await page.getByRole('link', { name: 'CN=laptop-7,O=Example' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'CN=laptop-7,O=Example' })).toBeVisible()
  await expect(page.getByText('Neither name nor key has been seen here before.')).toBeVisible()
  await expect(page.getByText('Nobody has decided yet.')).toBeVisible()

  await page.getByRole('button', { name: 'Approve', exact: true }).focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Approve CN=laptop-7,O=Example?' })
  await dialog.getByLabel('Comment (optional)').focus()
  await page.keyboard.type('Its owner stands beside me')
  await dialog.getByRole('button', { name: 'Approve request' }).focus()
  await page.keyboard.press('Enter')
  await expect(dialog).toBeHidden()

  await expect(page.getByText('The certificate is made', { exact: true })).toBeVisible()
  await expect(page.getByText('Its owner stands beside me')).toBeVisible()
  await expect(page.getByRole('button', { name: /Approve|Deny/ })).toHaveCount(0)
  await expect(main.getByRole('link', { name: 'Approvals', exact: true })).toBeVisible()
  const { status, serial } = await device
  expect(status).toBe('SUCCESS')
  await page.getByRole('link', { name: /^certificate / }).click()
  await expect(page.getByText('an approval')).toBeVisible()
  expect(await page.content()).toContain(serial)
})

test('a denial reaches the device, and stays with the request', async ({ visit }) => {
  test.slow()
  const device = waitingDevice('laptop-8')
  const page = await visit(portal, { as: ADA })
  await expect(async () => {
    await page.goto('/approvals')
    await expect(row(page, 'CN=laptop-8,O=Example')).toContainText('Waiting', { timeout: 1_000 })
  }).toPass({ timeout: 60_000 })
  await page.getByRole('link', { name: 'CN=laptop-8,O=Example' }).click()
  await page.getByRole('button', { name: 'Deny', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Deny CN=laptop-8,O=Example?' })
  await dialog.getByLabel('Comment (optional)').fill('Nobody knows it')
  await dialog.getByRole('button', { name: 'Deny request' }).click()
  await expect(page.getByText('Nobody knows it')).toBeVisible()
  expect((await device).status).toBe('FAILURE')
  await page.goto('/approvals?state=denied')
  await expect(row(page, 'CN=laptop-8,O=Example')).toContainText('Denied')
})

test('ticked requests are approved and all that match are denied, with one comment for each', async ({ visit }) => {
  test.slow()
  await Promise.all(['laptop-10', 'laptop-11', 'laptop-12'].map((name) => waitingDevice(name, 0)))
  const page = await visit(portal, { as: OLGA })
  await page.goto('/approvals?search=laptop-1')
  await page.getByLabel('Tick CN=laptop-10,O=Example').check()
  await page.getByRole('button', { name: 'Approve 1 ticked' }).click()
  const approve = page.getByRole('dialog', { name: 'Approve 1 request?' })
  await approve.getByLabel('Comment (optional)').fill('Handed out today')
  await approve.getByRole('button', { name: 'Approve them' }).click()
  await expect(page.getByText('1 request approved')).toBeVisible()
  await expect(page.getByLabel('Tick CN=laptop-10,O=Example')).toHaveCount(0)
  await page.getByRole('button', { name: 'Deny all that match' }).click()
  const deny = page.getByRole('dialog', { name: 'Deny 2 requests?' })
  await deny.getByLabel('Comment (optional)').fill('Nobody ordered these')
  await deny.getByRole('button', { name: 'Deny them' }).click()
  await expect(page.getByText('2 requests denied')).toBeVisible()
  await expect(page.getByText('No request matches')).toBeVisible()
  await page.goto('/approvals?search=laptop-1&state=all')
  await expect(row(page, 'CN=laptop-10,O=Example')).toContainText('Approved')
  await page.getByRole('link', { name: 'CN=laptop-12,O=Example' }).click()
  await expect(page.getByText('Nobody ordered these')).toBeVisible()
})

test('a static secret is bounded, shown once, marked weak and revoked', async ({ visit }) => {
  test.slow()
  const page = await visit(portal, { as: ADA })
  await page.goto(`/groups/${printers.slug}`)
  await expect(row(page, 'Static secret')).toContainText('Weak')
  await page.goto(`/endpoints/${printers.endpoint.slug}`)
  await expect(page.getByText('No static secret yet')).toBeVisible()

  await page.getByRole('button', { name: 'Create secret' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create a static secret' })
  await dialog.getByLabel('Names devices may ask for').fill('CN=*')
  await dialog.getByLabel('Networks they may ask from').fill('0.0.0.0/0 ::/0')
  await dialog.getByRole('button', { name: 'Create secret' }).click()
  await expect(dialog.getByRole('alert')).toContainText('allows every name')
  await dialog.getByLabel('Names devices may ask for').fill('CN=printer-*,O=Example')
  await dialog.getByLabel('Uses in all').fill('1')
  await dialog.getByRole('button', { name: 'Create secret' }).click()
  await expect(dialog.getByText('It can be used from anywhere')).toBeVisible()
  const secret = (await dialog.locator('code').textContent())?.trim() ?? ''
  expect(secret).toMatch(/^[A-Za-z2-9]{28}$/)
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  await expect(page.locator('code', { hasText: secret })).toHaveCount(0)
  expect(await page.content()).not.toContain(secret)

  const asked = { scepUrl: printers.endpoint.scepUrl, challenge: secret }
  expect((await enrol(portal, asked, 'CN=domain-controller,O=Example')).status).toBe('FAILURE')
  expect((await enrol(portal, asked, 'CN=printer-1,O=Example')).status).toBe('SUCCESS')
  await page.reload()
  const line = row(page, 'CN=printer-*,O=Example')
  await expect(line).toContainText('Used up')
  await expect(line).toContainText('1 of 1')
  await expect(line).toContainText('anywhere in the world')
  await line.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke secret' }).click()
  await expect(line).toContainText('Revoked')
  await page.goto('/enrolments')
  await expect(row(page, 'CN=domain-controller')).toContainText('the template of the static secret does not allow')
})
