/** What an auditor comes for: from a thing to its events and back, a change as a diff, the proof, and files to take along. */
import { readFile } from 'node:fs/promises'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { AUGUST, employ } from './support/people'
import { expect, row, test } from './support/test'

let portal: Organisation
let group: GroupCreated

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  group = await portal.createGroup('Staff', 'p256')
  await portal.json('endpoint', 'update', group.endpoint.slug, '--challenge-ttl', '30')
  await employ(portal, AUGUST)
})
test.afterAll(() => portal?.stop())

test('from a group to its events, a change as a diff, and back', async ({ visit }) => {
  const page = await visit(portal, { as: AUGUST })
  await page.goto(`/groups/${group.slug}`)
  await page.getByRole('main').getByRole('link', { name: 'Audit', exact: true }).click()
  await expect(page).toHaveURL(/about=group/)
  await expect(page.getByLabel('About', { exact: true })).toContainText('About group Staff')
  await expect(row(page, 'created group Staff')).toContainText('this machine')
  const change = row(page, /changed endpoint staff/).first()
  await change.locator('summary').click()
  await expect(change.getByText('before: 60')).toBeAttached()
  await expect(change.getByText('after: 30')).toBeAttached()
  await change.getByRole('link', { name: 'Open its page' }).click()
  await expect(page).toHaveURL(/\/endpoints\/staff$/)
})

test('the chain is verified, with what that covers, and the reading itself is on record', async ({ visit }) => {
  const page = await visit(portal, { as: AUGUST })
  await page.goto('/audit')
  await page.getByRole('button', { name: 'Verify chain' }).click()
  await page.getByRole('button', { name: 'Verify now' }).click()
  await expect(page.getByText(/^The chain holds/)).toBeVisible()
  await expect(page.getByText(/^Rows 1 to \d+/)).toBeVisible()
  await expect(page.getByText(/^Last verified/)).toContainText('by August Meyer: it held up to row')
  await page.goto('/audit?kind=system')
  await expect(row(page, 'August Meyer read the audit trail').first()).toBeVisible()
})

test('the trail is searched, turned round, and kept as a view', async ({ visit }) => {
  const page = await visit(portal, { as: AUGUST })
  await page.goto('/audit')
  await page.getByLabel('Search audit events').fill('august')
  await expect(page).toHaveURL(/search=august/)
  await expect(row(page, 'August Meyer read the audit trail').first()).toBeVisible()
  await expect(row(page, 'created group Staff')).toHaveCount(0)
  await expect(page.getByText(/^\d+ events$/)).toBeVisible()
  await page.getByRole('button', { name: 'Columns and order' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Event' }).click()
  await expect(page).toHaveURL(/columns=/)
  await page.getByRole('menuitemradio', { name: 'When, rising' }).click()
  await expect(page).toHaveURL(/sort=-happened/)
  await expect(page.getByRole('main').locator('summary').first()).toContainText('iam.user.created')
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByLabel('Name of the present view').fill('Mine')
  await expect(page.getByLabel('For everybody')).toHaveCount(0)
  await page.getByRole('button', { name: 'Save view' }).click()
  await expect(page.getByText('View saved.')).toBeVisible()
  await page.goto('/audit')
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('link', { name: 'Mine' }).click()
  await expect(page).toHaveURL(/search=august/)
  await expect(page.getByRole('main').locator('summary').first()).toContainText('iam.user.created')
})

test('exports and reports are real files, and on record', async ({ visit }) => {
  const page = await visit(portal, { as: AUGUST })
  await page.goto('/audit?kind=groups')
  const saved = async (format: RegExp) => {
    await page.getByRole('button', { name: 'Export' }).click()
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: format }).click(),
    ])
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') }
  }
  const lines = await saved(/^JSON Lines/)
  expect(lines.name).toBe('audit.jsonl')
  const [first = ''] = lines.text.split('\n')
  expect(JSON.parse(first)).toMatchObject({ chain: expect.stringMatching(/^[0-9a-f]{64}$/), event: { v: 1 } })
  const cells = (await saved(/^CSV/)).text.trimEnd().split('\r\n')
  expect(cells[0]).toMatch(/^\uFEFFseq,id,time,type,outcome,/)
  expect(cells).toHaveLength(lines.text.trimEnd().split('\n').length + 1)

  const today = new Date().toISOString().slice(0, 10)
  await page.goto(`/audit/report?from=${today}&to=${today}`)
  await expect(page.getByRole('heading', { name: 'Changes of certificate authorities and keys' })).toBeVisible()
  const [pdf] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'PDF' }).click()])
  expect((await readFile(await pdf.path())).subarray(0, 5).toString('latin1')).toBe('%PDF-')
  await page.goto('/audit?kind=system')
  await expect(row(page, /August Meyer exported a report/).first()).toBeVisible()
  await expect(row(page, /August Meyer exported the audit trail: \d+ events/).first()).toBeVisible()
})
