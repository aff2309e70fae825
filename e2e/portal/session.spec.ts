/** Sessions: how they begin, what their cookies and pages promise, and every way they end, at once. */
import type { APIRequestContext, Page } from '@playwright/test'
import { startInstallation } from '@/e2e/fixtures/installation'
import { type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { ADA, AUGUST, employ, OLGA } from './support/people'
import { pageRoutes, pathOf } from './support/routes'
import { expect, fillSignIn, row, signIn, test } from './support/test'

const WRONG = 'That e-mail address and password do not belong together.'
const UNAUTHORISED = /status of 401/

let portal: Organisation

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  await portal.createGroup('Staff', 'p256')
  await employ(portal, OLGA)
  await employ(portal, AUGUST)
})
test.afterAll(() => portal?.stop())

test('signing in leads to the page that was wanted, and nowhere else', async ({ visit }) => {
  const page = await visit(portal)
  await page.goto('/certificates?status=revoked')
  await expect(page).toHaveURL('/sign-in?next=%2Fcertificates%3Fstatus%3Drevoked')
  await fillSignIn(page, ADA.email, ADA.password)
  await expect(page.getByRole('heading', { level: 1, name: 'Certificates' })).toBeVisible()
  await expect(page).toHaveURL('/certificates?status=revoked')
  await page.goto('/sign-in?next=//evil.example/')
  await expect(page).toHaveURL('/')
})

test('the cookie is HttpOnly and SameSite, and holds nothing to read', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/')
  const cookies = await page.context().cookies()
  const secret = cookies.filter(({ name }) => name.startsWith('latchkey.'))
  expect(secret.map(({ name }) => name)).toContain('latchkey.session')
  for (const cookie of secret) expect(cookie, cookie.name).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' })
  const session = secret.find(({ name }) => name === 'latchkey.session')
  for (const part of (session?.value ?? '').split('.'))
    expect(Buffer.from(part, 'base64url').toString()).not.toContain(ADA.email)
  expect(await page.evaluate(() => document.cookie)).not.toContain('latchkey.')
})

test('every page forbids caches, frames and foreign scripts, with a nonce of its own', async ({ visit }) => {
  test.slow()
  const page = await visit(portal, { as: ADA })
  const { request } = page.context()
  const nonces = new Set<string>()
  // Whatever has a name in its address is called the same, so that every such page is there.
  await portal.json('connector', 'create', '--kind', 'events', '--name', 'Staff', '--slug', 'staff')
  const paths = pageRoutes()
    .filter((route) => !/\[(?!slug\])/.test(route))
    .map((route) => pathOf(route, { '[slug]': 'staff' }))
  for (const path of [...paths, '/no-such-page']) nonces.add(await nonceOf(request, path))
  expect(nonces.size).toBe(paths.length + 1)
  for (const path of paths) {
    await page.goto(path)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  }
})

async function nonceOf(request: APIRequestContext, path: string): Promise<string> {
  const response = await request.get(path)
  const headers = response.headers()
  expect(headers['cache-control'], path).toContain('no-store')
  expect(headers['x-content-type-options'], path).toBe('nosniff')
  expect(headers['x-frame-options'], path).toBe('DENY')
  expect(headers['x-powered-by'], path).toBeUndefined()
  const policy = headers['content-security-policy'] ?? ''
  expect(policy, path).not.toMatch(/unsafe-inline|unsafe-eval|\*|https?:/)
  expect(policy, path).toContain("default-src 'none'")
  expect(policy, path).toContain("frame-ancestors 'none'")
  const nonce = /script-src 'nonce-([\w+/=]{22,})'/.exec(policy)?.[1] ?? ''
  expect(nonce, path).not.toBe('')
  const html = await response.text()
  for (const [script] of html.matchAll(/<script\b[^>]*>/g)) expect(script, path).toContain(`nonce="${nonce}"`)
  return nonce
}

test("what the policy of a page stops is in the log, without what is nobody's business", async ({
  visit,
  tolerate,
}) => {
  tolerate(/Content Security Policy/)
  const page = await visit(portal)
  await page.goto('/sign-in?next=%2Fsecret-page')
  await page.evaluate(() =>
    document.body.append(Object.assign(new Image(), { src: 'http://evil.example/x.png?hunter2' })),
  )
  // Nor did any page before offend against its own policy.
  const reported = () => portal.output().match(/^.*portal\.csp.*$/gm) ?? []
  await expect
    .poll(reported)
    .toEqual([expect.stringMatching(/directive=img-src blocked=http:\/\/evil\.example page=\/sign-in disposition=/)])
  expect(reported().join()).not.toMatch(/hunter2|secret-page/)
  const { request } = page.context()
  const send = (data: string, type: string) =>
    request.post('/api/csp-reports', { data: Buffer.from(data), headers: { 'content-type': type } })
  expect((await send('x'.repeat(17_000), 'application/csp-report')).status()).toBe(413)
  expect((await send('{}', 'application/json')).status()).toBe(415)
  expect((await request.get('/api/csp-reports')).status()).toBe(405)
})

test('signing out ends the session for good, also for who kept its cookie', async ({ visit }) => {
  const page = await visit(portal)
  await signIn(page, AUGUST)
  const kept = await page.context().storageState()
  await page.getByRole('button', { name: AUGUST.name }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await page.goBack()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  const thief = await visit(portal, { options: { storageState: kept } })
  await thief.goto('/groups')
  await expect(thief.getByRole('heading', { name: 'Sign in' })).toBeVisible()
})

test('a session ended elsewhere is over with its next click', async ({ visit }) => {
  const [here, there] = [await visit(portal), await visit(portal)]
  await signIn(here, AUGUST)
  await signIn(there, AUGUST)
  await here.goto('/settings/sessions')
  const own = here.locator('section').filter({ has: here.getByRole('heading', { name: 'Your sessions' }) })
  await expect(own.getByRole('row', { name: /Chrome/ })).toHaveCount(2)
  await own.getByRole('button', { name: 'End' }).click()
  await here.getByRole('alertdialog').getByRole('button', { name: 'End session' }).click()
  await expect(own.getByRole('row', { name: /Chrome/ })).toHaveCount(1)
  await expectSignedOutByClick(there)
  await here.reload()
  await expect(here.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible()
})

test('whoever is disabled is out at once and does not come back in', async ({ visit, tolerate }) => {
  tolerate(UNAUTHORISED)
  const olga = await visit(portal)
  await signIn(olga, OLGA)
  const admin = await visit(portal, { as: ADA })
  await admin.goto('/settings/people')
  await admin.getByRole('button', { name: `Actions for ${OLGA.name}` }).click()
  await admin.getByRole('menuitem', { name: 'Disable' }).click()
  await admin.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
  await expect(row(admin, OLGA.email)).toContainText('Disabled')
  await expectSignedOutByClick(olga)
  await fillSignIn(olga, OLGA.email, OLGA.password)
  await expect(olga.getByText(WRONG)).toBeVisible()
})

test('a new role and a new password end the sessions of before', async ({ visit, tolerate }) => {
  tolerate(UNAUTHORISED)
  const admin = await visit(portal, { as: ADA })
  const august = await visit(portal)
  await signIn(august, AUGUST)
  await admin.goto('/settings/people')
  await admin.getByRole('button', { name: `Actions for ${AUGUST.name}` }).click()
  await admin.getByRole('menuitem', { name: 'Change role' }).click()
  await admin
    .getByRole('dialog')
    .getByRole('radio', { name: /^Operator/ })
    .check()
  await admin.getByRole('dialog').getByRole('button', { name: 'Change role' }).click()
  await expect(row(admin, AUGUST.email)).toContainText('Operator')
  await expectSignedOutByClick(august)

  await signIn(august, AUGUST)
  const elsewhere = await visit(portal)
  await signIn(elsewhere, AUGUST)
  const password = 'marble squirrel trumpet canyon 66'
  await august.goto('/settings/account')
  await august.getByLabel('Current password').fill(AUGUST.password)
  await august.getByLabel('New password').fill(password)
  await august.getByRole('button', { name: 'Change password' }).click()
  await expect(august.getByText('Password changed')).toBeVisible()
  await expectSignedOutByClick(elsewhere)
  await fillSignIn(elsewhere, AUGUST.email, AUGUST.password)
  await expect(elsewhere.getByText(WRONG)).toBeVisible()
  await signIn(elsewhere, { ...AUGUST, password })
})

test('a wrong password and an unknown person get one answer; guessing is slowed down', async ({ visit, tolerate }) => {
  tolerate(UNAUTHORISED)
  const page = await visit(portal)
  await page.goto('/sign-in')
  await fillSignIn(page, 'nobody@example.com', 'not a password of anybody')
  await expect(page.getByText(WRONG)).toBeVisible()
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const [answer] = await Promise.all([
      page.waitForResponse(/callback\/credentials/),
      fillSignIn(page, 'ada@example.com', `wrong password ${attempt}`),
    ])
    expect(answer.status()).toBe(401)
    await expect(page.getByText(WRONG)).toBeVisible()
  }
  await fillSignIn(page, ADA.email, ADA.password)
  await expect(page.getByText(/^Too many attempts\. Try again (in|at) /)).toBeVisible()
  const admin = await visit(portal, { as: ADA })
  await admin.goto('/audit?kind=sign-in')
  await expect(row(admin, 'Sign-in failed for ada@example.com').first()).toBeVisible()
  await expect(row(admin, 'Sign-in to ada@example.com delayed')).toBeVisible()
})

test('behind https every cookie is Secure and bound to the host', async ({ playwright }) => {
  const secure = await startInstallation({ env: { PUBLIC_URL: 'https://portal.example' } })
  try {
    const request = await playwright.request.newContext({ baseURL: `http://localhost:${secure.port}` })
    const response = await request.get('/api/auth/csrf')
    const cookies = response.headersArray().filter(({ name }) => name.toLowerCase() === 'set-cookie')
    expect(cookies.length).toBeGreaterThan(0)
    for (const { value } of cookies)
      expect(value).toMatch(/^__Host-latchkey\.\w+=.*; Path=\/; .*HttpOnly; Secure; SameSite=Lax/i)
    await request.dispose()
  } finally {
    await secure.stop()
  }
})

async function expectSignedOutByClick(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Certificates' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
}
