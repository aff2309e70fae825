/** Devices that an MDM knows: seen with all that was issued to them, and cut off when it says so, as far as the brake lets. */
import type { Page } from '@playwright/test'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { keyOfDevice } from '@/lib/services/devices'
import { enrol } from './support/devices'
import { connectMdm, type Mdm } from './support/mdm'
import { ADA, AUGUST, employ, OLGA } from './support/people'
import { expect, test } from './support/test'

let mdm: Mdm
let portal: Organisation
let group: GroupCreated
let tablets: string[] = []

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  mdm = await connectMdm(portal)
  await employ(portal, OLGA)
  await employ(portal, AUGUST)
  group = await portal.createGroup('Staff', 'p256')
  for (const serial of ['C02EXAMPLE01', 'C02EXAMPLE02', 'C02EXAMPLE03'])
    await enrol(portal, await portal.mint(group.endpoint.slug, `CN=${serial}`), `CN=${serial}`)
  tablets = await mdm.tell(
    ...['01', '02', '03'].map((number) => ({
      externalId: `device-${number}`,
      serial: `C02EXAMPLE${number}`,
      name: `Tablet ${number}`,
      platform: 'iOS',
      userName: 'Grace Hopper',
      management: 'managed' as const,
      compliance: 'compliant' as const,
    })),
  )
})
test.afterAll(async () => {
  await mdm?.close()
  await portal?.stop()
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

test('a device is found by what its MDM says, and has its certificate without anybody linking it', async ({
  visit,
}) => {
  const page = await visit(portal, { as: AUGUST })
  await page.goto('/devices?state=managed')
  await page.getByLabel('Search devices').fill('example02')
  await expect(page.getByRole('table', { name: 'Devices' }).getByRole('row')).toHaveCount(2)
  await page.getByRole('link', { name: 'Tablet 02' }).click()
  await expect(page.getByRole('heading', { name: 'Tablet 02', level: 1 })).toBeVisible()
  await reloaded(page, async () => {
    await expect(page.getByText('Trusted').first()).toBeVisible({ timeout: 2_000 })
    await expect(page.getByRole('link', { name: /CN=C02EXAMPLE02/ }).first()).toBeVisible({ timeout: 2_000 })
  })
  await expect(page.getByText('Became known, managed and compliant')).toBeVisible()
  await picture(page, 'device-wide')
  await page.setViewportSize({ width: 390, height: 900 })
  await picture(page, 'device-narrow')
})

test('devices are sorted by when they were seen and by the ends of their certificates', async ({ visit }) => {
  await mdm.tell({ externalId: 'device-03', lastSeenAt: new Date(Date.now() - 60_000) })
  const page = await visit(portal, { as: AUGUST })
  await page.goto('/devices?columns=ends,seen')
  const first = page.getByRole('table', { name: 'Devices' }).getByRole('row').nth(1)
  await expect(first).toContainText('Tablet 01')
  await page.getByRole('link', { name: 'Last seen' }).click()
  await expect(first).toContainText('Tablet 03')
  await expect(page.getByText('that belong to none of them, always by name.')).toBeVisible()
  await page.getByRole('link', { name: 'Valid until' }).click()
  await expect(page.getByRole('columnheader', { name: 'Valid until' })).toHaveAttribute('aria-sort', 'ascending')
  await expect(first).toContainText('Tablet')
})

test('its page by the name in its certificate leads to it', async ({ visit }) => {
  const page = await visit(portal, { as: AUGUST })
  await page.goto(`/devices/${keyOfDevice('CN=C02EXAMPLE01')}`)
  await page.getByText('An MDM knows this device').waitFor()
  await page.getByRole('link', { name: 'Tablet 01' }).click()
  await expect(page).toHaveURL(new RegExp(`/devices/${tablets[0]}$`))
})

test('rules are tried before they are saved, and answer what devices are already', async ({ visit }) => {
  await mdm.tell({ externalId: 'device-01', compliance: 'noncompliant' })
  const page = await visit(portal, { as: ADA })
  await page.goto(`/groups/${group.slug}`)
  await page.getByRole('link', { name: 'Device rules' }).click()
  await expect(page.getByText('Revocation does not follow the MDM yet')).toBeVisible()
  await page.getByLabel('Removed: answer').selectOption('revoke')
  await page.getByLabel('Not compliant: answer').selectOption('hold')
  await page.getByRole('button', { name: 'Show what would happen' }).click()
  await expect(page.getByText('1 certificate of 1 device would end now')).toBeVisible()
  await picture(page, 'device-rules')
  await page.getByLabel('Wiped: answer').selectOption('revoke')
  await expect(page.getByText('would end now')).toHaveCount(0)
  await page.getByRole('button', { name: 'Show what would happen' }).click()
  await page.getByRole('button', { name: 'Save these rules' }).click()
  await expect(page.getByText('Device rules saved')).toBeVisible()
  await page.goto(`/devices/${tablets[0]}`)
  await reloaded(page, () =>
    expect(page.getByText('1 certificate put on hold: it is not compliant')).toBeVisible({ timeout: 2_000 }),
  )
  await mdm.tell({ externalId: 'device-01', compliance: 'compliant' })
  await reloaded(page, () => expect(page.getByText('1 certificate released')).toBeVisible({ timeout: 2_000 }))
  await picture(page, 'device-events')
})

test('beyond the brake an administrator decides, and the overview says so until then', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/devices/brake')
  await page.getByLabel("Devices an hour without an administrator's word").fill('0')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Brake saved')).toBeVisible()
  await mdm.tell({ externalId: 'device-02', management: 'removed' }, { externalId: 'device-03', management: 'removed' })
  await page.goto('/')
  await reloaded(page, async () => {
    await expect(page.getByText('The brake of an MDM is pulled')).toBeVisible({ timeout: 2_000 })
    await expect(page.getByText('2 devices wait')).toBeVisible({ timeout: 2_000 })
  })
  await page.locator('a[href*="/devices/brake"]', { hasText: 'Example MDM' }).click()
  await expect(page.getByText('Pulled: no further device loses certificates until you decide')).toBeVisible()
  await picture(page, 'brake-pulled')
  await page
    .getByRole('row', { name: /Tablet 02/ })
    .getByRole('button', { name: 'Let through' })
    .click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Let through' }).click()
  await expect(page.getByText('1 device waiting')).toBeVisible()
  await page.getByRole('button', { name: 'Cancel all' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel what waits' }).click()
  await expect(page.getByText('Nothing waits.')).toBeVisible()
  await page.goto(`/devices/${tablets[1]}`)
  await reloaded(page, () => expect(page.getByText('Kept out').first()).toBeVisible({ timeout: 2_000 }))
  await page.goto(`/devices/${tablets[2]}`)
  await expect(page.getByText('Needs a look').first()).toBeVisible()
  await page.goto('/')
  await expect(page.getByText('The brake of an MDM is pulled')).toHaveCount(0)
})

test('challenges that wait for a device are revoked at once', async ({ visit }) => {
  const { id } = await portal.mint(group.endpoint.slug, 'CN=for a tablet')
  await mdm.mintedFor(id, tablets[0] ?? '')
  const page = await visit(portal, { as: OLGA })
  await page.goto(`/devices/${tablets[0]}`)
  await page.getByRole('button', { name: 'Revoke its challenges' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke challenges' }).click()
  await expect(page.getByText('1 challenge revoked')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Revoke its challenges' })).toHaveCount(0)
})

test('whoever may not decide sees what waits and no button for it', async ({ visit }) => {
  const page = await visit(portal, { as: AUGUST })
  await page.goto('/devices/brake')
  await expect(page.getByText('Nothing waits.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Save' })).toHaveCount(0)
  await page.goto('/devices/overdue')
  await expect(page.getByText('All of them are in time')).toBeVisible()
  await expect(page.getByText('0 devices', { exact: true })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Export' })).toBeVisible()
  const file = await page.request.get('/devices/overdue/rows?format=csv&sort=-found')
  expect(await file.text()).toContain('subject,certificateId,certificateSerial,notAfter')
})

test('another system is told what happens, from a secret shown once to its history', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/connectors')
  await page.getByRole('button', { name: 'Add event webhook' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Ticket system')
  await dialog.getByLabel('URL').fill('ftp://hooks.example.com/')
  await dialog.getByRole('checkbox', { name: /Certificate issued/ }).check()
  await dialog.getByRole('button', { name: 'Add event webhook' }).click()
  await expect(dialog.getByText('Write an address that begins with https://').first()).toBeVisible()
  await dialog.getByLabel('URL').fill('https://127.0.0.1/latchkey')
  await dialog.getByRole('button', { name: 'Add event webhook' }).click()
  await expect(dialog.getByText(/^whsec_/)).toBeVisible()
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  await enrol(portal, await portal.mint(group.endpoint.slug, 'CN=told'), 'CN=told')
  await page.getByRole('link', { name: 'Ticket system' }).click()
  // It is reloaded below, which must not happen on the page before.
  await expect(page.getByRole('heading', { level: 1, name: 'Ticket system' })).toBeVisible()
  const deliveries = page.getByRole('table', { name: 'Deliveries' })
  // This machine's own address is none that a webhook may name.
  await reloaded(page, () =>
    expect(deliveries.getByRole('row', { name: /certificate\.issued.*address_refused/ })).toBeVisible({
      timeout: 2_000,
    }),
  )
  await picture(page, 'event-webhook')
  await page.goto('/connectors')
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Pause deliveries' }).click()
  await expect(page.getByText('Paused', { exact: true }).first()).toBeVisible()
  await picture(page, 'connectors')
})
