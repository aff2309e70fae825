/** An auditor finds out under which policy a certificate was issued, who changed it since, and what was valid when. */
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { enrol } from './support/devices'
import { AUGUST, employ } from './support/people'
import { expect, row, test } from './support/test'

let portal: Organisation
let staff: GroupCreated

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  await employ(portal, AUGUST)
  staff = await portal.createGroup('Staff', 'p256')
  const { slug } = staff.endpoint
  await portal.json('endpoint', 'update', slug, '--validity', '90')
  await enrol(portal, await portal.mint(slug, 'CN=tablet-1'), 'CN=tablet-1')
  await portal.json('endpoint', 'update', slug, '--validity', '30')
})
test.afterAll(() => portal?.stop())

test('from a certificate to the policy of its day, and to what is different today', async ({ visit }) => {
  const page = await visit(portal, { as: AUGUST })
  await page.goto('/certificates')
  await page.getByRole('link', { name: 'tablet-1' }).click()
  const provenance = page.getByRole('region', { name: 'How it came about' })
  await expect(provenance.getByText('of 3 there are today')).toBeVisible()
  await provenance.getByText('What the endpoint does differently today (1)').click()
  await expect(row(page, 'Certificates live for, days')).toContainText(/90.*30/)
  await provenance.getByRole('link', { name: 'version 2' }).click()
  await expect(page.getByRole('heading', { name: 'Version 2', level: 1 })).toBeVisible()
  await expect(page.getByText('on the command line').first()).toBeVisible()
  await page.getByRole('link', { name: 'Versions' }).click()
  await expect(page.getByRole('main').getByRole('heading', { level: 2 })).toHaveText([
    'Version 3',
    'Version 2',
    'Version 1',
  ])
})

test('what was valid on a day, what came since, and what the group did', async ({ visit, tolerate }) => {
  // Between two pages of one document Chromium may look for an icon by itself.
  tolerate(/favicon\.ico$/)
  const page = await visit(portal, { as: AUGUST })
  await page.goto('/audit')
  await page.getByRole('link', { name: 'As of a date' }).click()
  await expect(page.getByRole('heading', { name: '1 valid certificate' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'tablet-1' })).toBeVisible()
  await page.getByLabel('On', { exact: true }).fill('2020-03-14')
  await expect(page.getByRole('heading', { name: '0 valid certificates' })).toBeVisible()
  await page.goto('/audit/as-of?on=2999-01-01')
  await expect(page.getByText('That lies ahead.').first()).toBeVisible()

  await page.getByRole('link', { name: 'Two dates' }).click()
  await expect(page.getByRole('link', { name: /^Endpoint staff v3/ })).toBeVisible()
  await page.getByRole('combobox', { name: 'Certificates to list' }).selectOption('came')
  await expect(row(page, 'tablet-1')).toContainText('Issued')

  await page.getByRole('link', { name: 'Activity' }).click()
  await page.getByRole('combobox', { name: 'Whose activity' }).selectOption('group:staff')
  await expect(page.getByText('1, of which 0 renewed another')).toBeVisible()
  const kinds = page.getByRole('table', { name: 'Events by kind' })
  await expect(kinds.getByRole('row', { name: /Endpoint changed/ })).toContainText('2')
})
