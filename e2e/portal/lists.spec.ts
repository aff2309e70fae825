/** Lists as people live in them: sorted, narrowed, kept as a view, saved as a file, and many rows done with as one. */
import { readFile } from 'node:fs/promises'
import { type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { ADA } from './support/people'
import { expect, test } from './support/test'

let portal: Organisation

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  const staff = await portal.createGroup('Staff', 'p256')
  for (const name of ['bravo', 'delta', 'alpha', 'charlie']) await portal.mint(staff.endpoint.slug, `CN=${name}`)
})
test.afterAll(() => portal?.stop())

const NAMES = /^CN=(alpha|bravo|charlie|delta)$/

test('a list is sorted by its heads, shows the columns that are chosen, and comes back as a view', async ({
  visit,
}) => {
  const page = await visit(portal, { as: ADA })
  const names = page.getByRole('link', { name: NAMES })
  await page.goto('/challenges')
  await expect(page.getByText('4 challenges', { exact: true })).toBeVisible()
  await expect(names).toHaveText(['CN=charlie', 'CN=alpha', 'CN=delta', 'CN=bravo'])
  await page.getByRole('columnheader', { name: 'For' }).getByRole('link').click()
  await expect(names).toHaveText(['CN=alpha', 'CN=bravo', 'CN=charlie', 'CN=delta'])
  await expect(page.getByRole('columnheader', { name: 'For' })).toHaveAttribute('aria-sort', 'ascending')
  await page.getByRole('button', { name: 'Columns and order' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Endpoint' }).click()
  await expect(page).toHaveURL(/columns=/)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('columnheader', { name: 'Endpoint' })).toBeVisible()
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByLabel('Name of the present view').fill('By name')
  await page.getByLabel('For everybody').check()
  await page.getByRole('button', { name: 'Save view' }).click()
  await expect(page.getByText('View saved.')).toBeVisible()
  await page.goto('/challenges')
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('link', { name: 'By name' }).click()
  await expect(names).toHaveText(['CN=alpha', 'CN=bravo', 'CN=charlie', 'CN=delta'])
  await expect(page.getByRole('columnheader', { name: 'Endpoint' })).toBeVisible()
})

test('the filtered result is saved as a file, and the trail says so', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/challenges?search=alpha')
  await expect(page.getByText('1 challenge', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Export' }).press('ArrowDown')
  const saved = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: /^CSV/ }).click()
  const file = await saved
  expect(file.suggestedFilename()).toBe('challenges.csv')
  const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toContain('CN=alpha')
  const [exported] = (await portal.events()).filter(({ type }) => type === 'list.exported')
  expect(exported?.sentence).toContain('Ada Admin exported the list challenges as csv, 1 rows')
})

test('ticked challenges and all that match are revoked as one', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/challenges')
  await page.getByLabel('Tick CN=alpha').check()
  await page.getByRole('button', { name: 'Revoke 1 ticked' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke', exact: true }).click()
  await expect(page.getByLabel('Tick CN=alpha')).toHaveCount(0)
  await page.getByRole('button', { name: 'Revoke all that match' }).click()
  await expect(page.getByRole('alertdialog')).toContainText('Revoke 3 challenges?')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke all' }).click()
  // Behind the open question no button has a role.
  await expect(page.getByRole('alertdialog')).toBeHidden()
  await expect(page.getByRole('button', { name: 'Revoke all that match' })).toHaveCount(0)
  await page.goto('/challenges?state=revoked')
  await expect(page.getByText('4 challenges', { exact: true })).toBeVisible()
})
