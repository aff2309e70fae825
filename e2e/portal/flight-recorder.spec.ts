/** From "it did not work" to the cause: the list, the story of one enrolment, the text for support, and what would happen. */
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { enrol, inFolder, openssl } from './support/devices'
import { ADA, AUGUST, employ } from './support/people'
import { expect, formProblem, row, test } from './support/test'

let portal: Organisation
let staff: GroupCreated
/** Minted and never used: what a simulation may try. */
let waiting = ''
/** Serial number of the certificate of CN=tablet-7. */
let enrolled = ''

test.describe.configure({ mode: 'serial' })
test.use({ permissions: ['clipboard-read', 'clipboard-write'] })
test.beforeAll(async () => {
  portal = await startOrganisation()
  staff = await portal.createGroup('Staff', 'p256')
  const { slug } = staff.endpoint
  enrolled = (await enrol(portal, await portal.mint(slug, 'CN=tablet-7'), 'CN=tablet-7')).serial ?? ''
  await enrol(portal, await portal.mint(slug, 'CN=tablet-8'), 'CN=grace-private-phone')
  await enrol(portal, { ...(await portal.mint(slug, 'CN=tablet-9')), challenge: 'NEVERMINTED' }, 'CN=tablet-9')
  waiting = (await portal.mint(slug, 'CN=tablet-10')).challenge
})
test.afterAll(() => portal?.stop())

test('the list is filtered by device, cause and day, and the view is in the URL', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/enrolments')
  await expect(row(page, /CN=/)).toHaveCount(3)
  await page.getByLabel('Search enrolments').fill('grace')
  await expect(page).toHaveURL(/search=grace/)
  await expect(row(page, /CN=/)).toHaveCount(1)
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByLabel('Cause').selectOption({ label: 'Challenge unknown' })
  await expect(page).toHaveURL(/cause=challenge_unknown/)
  await expect(row(page, /CN=/)).toHaveCount(1)
  await expect(row(page, 'CN=tablet-9')).toContainText('ever minted')
  await page.goto('/enrolments?to=2020-01-01')
  await expect(page.getByText('No enrolment matches')).toBeVisible()
})

test('one enrolment says the cause, the next step, what differs and every step', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/')
  await page.locator('a[href*="cause=subject_mismatch"]').first().click()
  await expect(page).toHaveURL(/cause=subject_mismatch/)
  await row(page, 'grace-private-phone').getByRole('link').first().click()
  await expect(page.getByRole('heading', { level: 1, name: 'CN=grace-private-phone' })).toBeVisible()
  const cause = page.getByRole('region', { name: 'Why it ended so' })
  await expect(cause).toContainText('names another subject than the challenge is bound to')
  await expect(cause).toContainText('Correct the device profile')
  const subject = page.getByRole('row', { name: /^Subject/ })
  for (const part of ['CN=tablet-8', 'CN=grace-private-phone', 'Differs']) await expect(subject).toContainText(part)
  for (const step of ['Asked first', 'Request arrived', 'Envelope read', 'Certificate request read', 'Answered'])
    await expect(row(page, step).first()).toBeVisible()
  await expect(row(page, 'Envelope read')).toContainText('AES')

  await page.getByRole('button', { name: 'Copy for support' }).click()
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible()
  const text = await page.evaluate(() => navigator.clipboard.readText())
  expect(text).toContain('subject_mismatch')
  expect(text).toMatch(/subject: \[name \d+\] \| \[name \d+\] \| differs/)
  for (const name of ['grace', 'tablet-8', '127.0.0.1', '::1']) expect(text).not.toContain(name)
})

test('a refusal about a challenge that nobody knows stands in the trail of its own enrolment', async ({ visit }) => {
  const unknown = { ...(await portal.mint(staff.endpoint.slug, 'CN=tablet-11')), challenge: 'NEVERMINTED' }
  await Promise.all([1, 2].map(() => enrol(portal, unknown, 'CN=tablet-11')))
  const page = await visit(portal, { as: ADA })
  for (const one of [0, 1]) {
    await page.goto('/enrolments?search=tablet-11')
    await row(page, 'CN=tablet-11').nth(one).getByRole('link').first().click()
    await expect(page.getByRole('heading', { level: 1, name: 'CN=tablet-11' })).toBeVisible()
    await expect(row(page, 'Unknown challenge presented by CN=tablet-11')).toHaveCount(1)
  }
})

test('a device joins its certificates, attempts and challenges', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/devices')
  await expect(row(page, 'CN=tablet-10')).toContainText('none yet')
  await page.getByRole('link', { name: 'CN=tablet-7', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'CN=tablet-7' })).toBeVisible()
  await expect(row(page, 'Valid')).toHaveCount(1)
  await expect(row(page, 'Issued')).toHaveCount(1)
  await expect(row(page, 'Used')).toHaveCount(1)
  await row(page, 'Issued').getByRole('link').first().click()
  await expect(page.getByText('The device has its certificate.')).toBeVisible()
})

test('what would happen is told without any effect', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto(`/endpoints/${staff.endpoint.slug}`)
  await page.getByRole('link', { name: 'What would happen' }).click()
  await page.getByRole('button', { name: 'See what would happen' }).click()
  await expect(formProblem(page)).toContainText('Paste a certificate request')
  await page.getByLabel('Certificate request').fill(await request('/CN=tablet-10'))
  await page.getByLabel('Challenge', { exact: true }).fill(waiting)
  await page.getByRole('button', { name: 'See what would happen' }).click()
  const verdict = page.getByRole('region', { name: 'Verdict' })
  await expect(verdict).toContainText('It would get its certificate.')
  await page.getByLabel('Certificate request').fill(await request('/CN=someone-else'))
  await page.getByRole('button', { name: 'See what would happen' }).click()
  await expect(verdict).toContainText('It would be refused.')
  await expect(row(page, 'Subject', 'CN=tablet-10')).toContainText('Differs')
  expect(await page.content()).not.toContain(waiting)
  await page.goto('/challenges')
  await expect(row(page, 'CN=tablet-10')).toContainText('Waiting')
  await expect(row(page, 'CN=tablet-10')).not.toContainText('wrong attempt')
})

test('a renewal and another policy are judged check by check', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto(`/endpoints/${staff.endpoint.slug}/simulate`)
  await page.getByLabel('Certificate request').fill(await request('/CN=tablet-7'))
  await page.getByText('How it arrives').click()
  await page.getByLabel('Signed by the certificate').fill(enrolled)
  await page.getByRole('button', { name: 'See what would happen' }).click()
  const verdict = page.getByRole('region', { name: 'Verdict' })
  await expect(verdict).toContainText('renewal_too_early')
  await expect(page.getByText('The request names the same subject.')).toBeVisible()
  await page.getByLabel('Signed by the certificate').fill('')
  await page.getByLabel('Source address').fill('the office')
  await page.getByRole('button', { name: 'See what would happen' }).click()
  await expect(formProblem(page)).toContainText('Give one address')
  await page.getByLabel('Source address').fill('192.0.2.7')
  await page.getByText('With other settings').click()
  await page.getByLabel('Challenge policy').selectOption({ label: 'After approval' })
  await page.getByRole('button', { name: 'See what would happen' }).click()
  await expect(verdict).toContainText('until one administrator or operator approves it')
  await expect(page.getByText('A certificate for the same name and another key is not revoked')).toBeVisible()

  const { json: inventory } = await portal.cli([
    ...['validator', 'create', '--name', 'Inventory', '--url', 'https://inventory.example.com/scep', '--json'],
  ])
  const { json: elsewhere } = await portal.cli([
    ...['endpoint', 'create', '--group', 'staff', '--name', 'Elsewhere', '--policy', 'delegated', '--json'],
    ...['--validator', (inventory as { id: string }).id],
  ])
  await page.goto(`/endpoints/${(elsewhere as { slug: string }).slug}/simulate`)
  await page.getByLabel('Certificate request').fill(await request('/CN=tablet-7'))
  await page.getByLabel('Challenge', { exact: true }).fill('KNOWNTOTHEM')
  await page.getByRole('button', { name: 'See what would happen' }).click()
  await expect(verdict).toContainText('The validator Inventory would be asked.')
  await expect(page.getByText('Nothing was sent.')).toBeVisible()
  await page.getByText('The question, as JSON').click()
  await expect(page.getByText('"scepChallenge": "(the challenge)"')).toBeVisible()
  await expect(page.getByRole('checkbox', { name: /Really ask the validator/ })).not.toBeChecked()
})

test('an auditor judges a recorded enrolment by other settings, and is told nothing of challenges', async ({
  visit,
}) => {
  await employ(portal, AUGUST)
  const page = await visit(portal, { as: AUGUST })
  await page.goto('/enrolments?search=tablet-7')
  await row(page, 'Issued').getByRole('link').first().click()
  await page.getByRole('link', { name: 'What would happen now' }).click()
  await expect(page.getByLabel('Challenge', { exact: true })).toHaveCount(0)
  await page.getByText('With other settings').click()
  await page.getByLabel('Smallest RSA key').selectOption({ label: '4096 bits' })
  await page.getByRole('button', { name: 'See what would happen' }).click()
  await expect(page.getByRole('region', { name: 'Verdict' })).toContainText('too weak')
})

test('the administrator sets how long the steps are kept', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/settings/retention')
  await page.getByLabel('Refusals and failures, days').fill('120')
  await page.getByRole('button', { name: 'Save retention' }).click()
  await expect(page.getByText('Retention saved')).toBeVisible()
  await page.reload()
  await expect(page.getByLabel('Refusals and failures, days')).toHaveValue('120')
  await page.goto('/audit')
  await expect(row(page, 'changed how long the flight recorder keeps its records')).toBeVisible()
})

function request(subject: string): Promise<string> {
  return inFolder((folder) =>
    openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${folder}/key.pem`, '-subj', subject),
  )
}
