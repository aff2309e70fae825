/** The trust page, as a stranger sees it: downloads judged by openssl, nothing of the organisation, no script needed. */
import { execFileSync } from 'node:child_process'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { readPropertyList } from '@/e2e/fixtures/property-list'
import { ADA, employ, OLGA } from './support/people'
import { expect, REFUSED_PAGE, test } from './support/test'

let portal: Organisation
let staff: GroupCreated

interface Authority {
  slug: string
  name: string
  fingerprintSha256: string
  fingerprintSha1: string
  certificatePem: string
}
let root: Authority
let issuer: Authority

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  staff = await portal.createGroup('Staff', 'p256')
  await portal.createGroup('Secret project', 'p256')
  const key = await portal.apiKey('auditor')
  const response = await fetch(`${portal.url}/api/v1/authorities`, { headers: { authorization: `Bearer ${key}` } })
  const { items } = (await response.json()) as { items: Authority[] }
  const named = (slug: string) => {
    const found = items.find((each) => each.slug === slug)
    if (!found) throw new Error(`no authority ${slug}`)
    return found
  }
  root = named('root')
  issuer = named(staff.issuer.slug)
})
test.afterAll(() => portal?.stop())

const openssl = (args: string[], input: Buffer) => execFileSync('openssl', args, { input }).toString()
const pairs = (hex: string) => hex.toUpperCase().match(/../g)?.join(':') ?? ''

test('what it offers is what openssl and the portal know, each with a type and a tag that caches need', async ({
  visit,
}) => {
  const { request } = (await visit(portal)).context()
  const types: Record<string, string> = {
    'root.pem': 'application/x-pem-file',
    'root.cer': 'application/pkix-cert',
    'issuer.pem': 'application/x-pem-file',
    'issuer.cer': 'application/pkix-cert',
    'chain.pem': 'application/x-pem-file',
    'chain.p7b': 'application/x-pkcs7-certificates',
    'latchkey.mobileconfig': 'application/x-apple-aspen-config',
  }
  const files: Record<string, Buffer> = {}
  for (const [name, type] of Object.entries(types)) {
    const response = await request.get(`/trust/staff/${name}`)
    expect(response.status(), name).toBe(200)
    const { etag = '', ...headers } = response.headers()
    expect(headers).toMatchObject({ 'content-type': type, 'x-content-type-options': 'nosniff' })
    expect(headers['cache-control']).toContain('public')
    expect(headers).not.toHaveProperty('set-cookie')
    const again = await request.get(`/trust/staff/${name}`, { headers: { 'if-none-match': etag } })
    expect(again.status(), name).toBe(304)
    files[name] = await response.body()
  }
  const file = (name: string) => files[name] ?? Buffer.of()
  for (const [name, form, { fingerprintSha256 }] of [
    ['root.pem', 'PEM', root],
    ['root.cer', 'DER', root],
    ['issuer.pem', 'PEM', issuer],
    ['issuer.cer', 'DER', issuer],
  ] as const) {
    const printed = openssl(['x509', '-inform', form, '-noout', '-fingerprint', '-sha256'], file(name))
    expect(printed.trim().split('=')[1], name).toBe(pairs(fingerprintSha256))
  }
  const both = [issuer, root].map(({ certificatePem }) => certificatePem.trim())
  const blocks = (text: string) => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  expect(blocks(openssl(['pkcs7', '-inform', 'DER', '-print_certs'], file('chain.p7b')))).toEqual(both)
  expect(blocks(file('chain.pem').toString())).toEqual(both)
  const profile = readPropertyList(file('latchkey.mobileconfig')) as unknown as {
    PayloadContent: { PayloadType: string; PayloadContent: Buffer }[]
  }
  expect(profile.PayloadContent.map(({ PayloadType, PayloadContent }) => [PayloadType, [...PayloadContent]])).toEqual([
    ['com.apple.security.root', [...file('root.cer')]],
    ['com.apple.security.pkcs1', [...file('issuer.cer')]],
  ])
})

test('a stranger reads fingerprints and steps, and nothing else of the organisation', async ({ visit }) => {
  const page = await visit(portal)
  const response = await page.goto('/trust/staff')
  expect(response?.status()).toBe(200)
  const headers = (await response?.allHeaders()) ?? {}
  expect(headers).not.toHaveProperty('set-cookie')
  expect(headers['content-security-policy']).toMatch(/script-src 'nonce-[^']+' 'strict-dynamic';/)
  expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' })
  await expect(page.getByRole('heading', { level: 1, name: 'CA certificates of Example' })).toBeVisible()
  for (const authority of [root, issuer]) {
    await expect(page.getByText(pairs(authority.fingerprintSha256)).first()).toBeVisible()
    await expect(page.getByText(pairs(authority.fingerprintSha1)).first()).toBeVisible()
  }
  await expect(page.getByRole('img', { name: 'QR code of the address of this page' })).toBeVisible()
  await expect(page.getByRole('navigation')).toHaveCount(0)
  const hrefs = await page.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))
  expect(hrefs.filter((href) => !/^\/(trust\/staff|ca)\//.test(href ?? ''))).toEqual([])
  const text = (await response?.text()) ?? ''
  for (const secret of ['Secret project', 'secret-project', ADA.name, ADA.email, '/scep/', 'counts'])
    expect(text).not.toContain(secret)
  const cookies = await page.context().cookies()
  expect(cookies.filter(({ name }) => /session|csrf|browser/.test(name))).toEqual([])
})

test('it works without a script', async ({ visit }) => {
  const page = await visit(portal, { options: { javaScriptEnabled: false } })
  await page.goto('/trust/staff')
  const command = page.getByText('certutil -addstore -f Root root.cer')
  await expect(command).toBeHidden()
  await page.getByText('Windows', { exact: true }).click()
  await expect(command).toBeVisible()
  await page.getByText('Debian and Ubuntu', { exact: true }).click()
  await expect(page.getByText('/usr/local/share/ca-certificates/staff-root.crt')).toBeVisible()
})

test('a group without a page, one that does not exist, and what is no group look alike', async ({
  visit,
  tolerate,
}) => {
  tolerate(REFUSED_PAGE)
  const operator = { ...OLGA }
  await employ(portal, operator)
  const watcher = await visit(portal, { as: operator })
  await watcher.goto('/groups/staff')
  await expect(watcher.getByText(`${portal.url}/trust/staff`)).toBeVisible()
  await expect(watcher.getByRole('button', { name: 'Switch off' })).toHaveCount(0)

  const page = await visit(portal, { as: ADA })
  await page.goto('/groups/staff')
  const card = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Share trust page' }) })
  await card.getByRole('button', { name: 'Switch off' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Switch off' }).click()
  await expect(card.getByText('Switched off')).toBeVisible()

  const stranger = await visit(portal)
  const { request } = stranger.context()
  const fileOf = async (path: string) => {
    const response = await request.get(path)
    return [response.status(), await response.text()]
  }
  const pageOf = async (path: string) => {
    const response = await stranger.goto(path)
    // The title may come after the rest of a page.
    await expect(stranger).toHaveTitle(path.startsWith('/trust/') ? 'CA certificates – Latchkey' : /Latchkey/)
    return [response?.status(), await stranger.title(), await stranger.getByRole('main').textContent()]
  }
  // The front process may know the page for a second more.
  await expect.poll(async () => (await request.get('/trust/staff/root.pem')).status()).toBe(404)
  expect(await fileOf('/trust/staff/root.pem')).toEqual(await fileOf('/trust/nobody/root.pem'))
  await expect.poll(async () => (await request.get('/trust/staff')).status()).toBe(404)
  expect(await pageOf('/trust/staff')).toEqual(await pageOf('/trust/nobody'))
  expect((await pageOf('/trust/staff'))[2]).toEqual((await pageOf('/no-such-page'))[2])

  await card.getByRole('button', { name: 'Switch on' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Switch on' }).click()
  await expect.poll(async () => (await request.get('/trust/staff')).status()).toBe(200)
  await expect.poll(async () => (await request.get('/trust/staff/root.pem')).status()).toBe(200)
  expect((await portal.events()).filter(({ type }) => type === 'group.updated')).toHaveLength(2)
})

test('the authority links to the page of its group, and the command line switches it', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  const { url } = await portal.json<{ url: string }>('group', 'trust-page', 'staff')
  await page.goto(`/authorities/${staff.issuer.slug}`)
  await expect(page.getByText(url)).toBeVisible()
  expect(await portal.json('group', 'trust-page', 'staff', '--enabled', 'off')).toEqual({ url, enabled: false })
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'Staff Issuing CA' })).toBeVisible()
  await expect(page.getByText(url)).toHaveCount(0)
})
