/** An MDM in the browser: connected step by step, heard, its secret replaced, paused; and what was said with it. */
import { type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { signatureHeaders } from '@/lib/services/webhook-signature'
import { ADA, employ, OLGA } from './support/people'
import { expect, formProblem, REFUSED_PAGE, row, test } from './support/test'

let portal: Organisation
let secret: string

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  await employ(portal, OLGA)
})
test.afterAll(() => portal?.stop())

function post(event: unknown, key: string) {
  const body = Buffer.from(JSON.stringify(event))
  const bytes = Buffer.from(key.replace('whsec_', ''), 'base64')
  const message = { id: crypto.randomUUID(), connectionId: '', at: new Date(), body }
  return fetch(`${portal.url}/hooks/mosyle`, {
    method: 'POST',
    body,
    headers: signatureHeaders('standard', bytes, message),
  })
}
const removed = { type: 'device.removed', data: { device: { serial: 'C02EXAMPLE01' } } }

test('an administrator connects one and is given what its MDM needs', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/connectors')
  await expect(page.getByRole('heading', { name: 'No MDM is connected' })).toBeVisible()
  await page.getByRole('link', { name: 'Connect an MDM' }).click()
  await page.getByRole('link', { name: 'Connect an MDM by events' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Mosyle')
  await page.getByLabel('Short name').fill('Not A Slug')
  await page.getByRole('button', { name: 'Add connector' }).click()
  await expect(formProblem(page)).toContainText('lower-case letters')
  await page.getByLabel('Short name').fill('mosyle')
  await page.getByRole('button', { name: 'Add connector' }).click()
  await expect(page.getByText('Mosyle is added')).toBeVisible()
  await expect(page.getByText(`${portal.url}/hooks/mosyle`).first()).toBeVisible()
  secret = (await page.getByText(/^whsec_/).textContent()) ?? ''
  await expect(page.getByRole('button', { name: 'Copy Hook secret' })).toBeVisible()
  await page.getByRole('link', { name: 'Go to Mosyle' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Mosyle' })).toBeVisible()
  await expect(page.getByText('What is left to do')).toBeVisible()
  await expect(page.getByText('Nothing was said yet')).toBeVisible()
  await expect(page.getByText(secret)).toHaveCount(0)
})

test('what it posts shows in its log, and its light turns', async ({ visit }) => {
  expect((await post(removed, secret)).status).toBe(200)
  expect((await post(removed, `whsec_${Buffer.alloc(64).toString('base64')}`)).status).toBe(401)
  const page = await visit(portal, { as: ADA })
  await page.goto('/connectors')
  await expect(row(page, 'Mosyle')).toContainText('Works')
  await page.getByRole('link', { name: 'Mosyle' }).click()
  await expect(page.getByText('What is left to do')).toHaveCount(0)
  await expect(row(page, 'device.removed')).toContainText('Devices concerned: 1.')
  await expect(row(page, 'unauthenticated')).toContainText('Refused')
  await page.getByLabel('Outcome').selectOption('refused')
  await expect(page).toHaveURL(/outcome=refused/)
  await expect(row(page, 'device.removed')).toHaveCount(0)
  await expect(row(page, 'unauthenticated')).toBeVisible()
})

test('its secret is replaced without a gap', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/connectors/mosyle')
  await page.getByRole('button', { name: 'New secret' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Make secret' }).click()
  const next = (await dialog.getByText(/^whsec_/).textContent()) ?? ''
  expect(next).not.toBe(secret)
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  await expect(page.getByText('Old hook secret')).toBeVisible()
  for (const key of [next, secret]) expect((await post(removed, key)).status).toBe(200)
})

test('it is renamed, paused and resumed', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/connectors/mosyle')
  await page.getByLabel('Name', { exact: true }).fill('Mosyle in Berlin')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Mosyle in Berlin' })).toBeVisible()
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Pause connector' }).click()
  await expect(page.getByRole('button', { name: 'Resume', exact: true })).toBeVisible()
  expect((await post(removed, secret)).status).toBe(401)
  await page.getByRole('button', { name: 'Resume', exact: true }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Resume connector' }).click()
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible()
  expect((await post(removed, secret)).status).toBe(200)
})

test('an operator looks on', async ({ visit, tolerate }) => {
  tolerate(REFUSED_PAGE)
  const page = await visit(portal, { as: OLGA })
  await page.goto('/connectors')
  await expect(page.getByRole('link', { name: 'Connect an MDM' })).toHaveCount(0)
  await page.getByRole('link', { name: 'Mosyle in Berlin' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Mosyle in Berlin' })).toBeVisible()
  await expect(page.getByRole('button', { name: /Pause|Save|New secret/ })).toHaveCount(0)
  await expect(page.getByLabel('Name', { exact: true })).toBeDisabled()
  await page.goto('/connectors/new')
  await expect(page.getByRole('heading', { name: 'Your role does not include this page' })).toBeVisible()
})

test('a key for an MDM is limited to its endpoints', async ({ visit }) => {
  const staff = await portal.createGroup('Staff', 'p256')
  const guests = await portal.createGroup('Guests', 'p256')
  const page = await visit(portal, { as: ADA })
  await page.goto('/settings/api-keys')
  await page.getByRole('button', { name: 'Create key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Fleet MDM')
  await dialog.getByText('Limit it to endpoints').click()
  await dialog.getByRole('checkbox', { name: /^Staff/ }).check()
  await dialog.getByRole('radio', { name: /^Admin/ }).check()
  await dialog.getByRole('button', { name: 'Create key' }).click()
  await expect(dialog.getByRole('alert')).toContainText('operator’s or an auditor’s')
  await dialog.getByRole('radio', { name: /^Operator/ }).check()
  await dialog.getByRole('button', { name: 'Create key' }).click()
  const key = (await dialog.getByText(/^lk_/).textContent()) ?? ''
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  await expect(row(page, 'Fleet MDM')).toContainText(`Challenges of ${staff.endpoint.slug}`)

  const ask = async (method: 'GET' | 'POST', path: string, body?: object) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    return (await fetch(`${portal.url}/api/v1${path}`, { method, headers, ...sent })).status
  }
  expect(await ask('POST', '/challenges', { endpoint: staff.endpoint.slug, subject: 'CN=tablet-7' })).toBe(201)
  expect(await ask('POST', '/challenges', { endpoint: guests.endpoint.slug, subject: 'CN=tablet-7' })).toBe(403)
  expect(await ask('GET', `/endpoints/${staff.endpoint.slug}`)).toBe(200)
  for (const path of [`/endpoints/${guests.endpoint.slug}`, '/groups', '/certificates', '/connectors', '/audit-events'])
    expect(await ask('GET', path), path).toBe(403)
})
