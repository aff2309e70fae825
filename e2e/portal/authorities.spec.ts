/** Authorities from elsewhere: a root of one's own, an issuer that it signs by exchange of files, and a key that comes in. */
import { writeFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { type OpensslFolder, opensslFolder } from '@/lib/adapters/keys/testing/openssl'
import { ADA } from './support/people'
import { expect, formProblem, test } from './support/test'

const KEYS = { timeout: 40_000 }
const PASSWORD = 'correct horse'

let portal: Organisation
let openssl: OpensslFolder

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  openssl = opensslFolder()
  openssl.root('Campus Root CA')
})
test.afterAll(async () => {
  openssl?.remove()
  await portal?.stop()
})

test('a group is issued for by an issuer that an offline root has signed', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/authorities')
  await page.getByRole('link', { name: 'Import or request' }).click()

  await choose(page, 'Certificate of the root', 'Campus Root CA.key')
  await page.getByRole('button', { name: 'Import root' }).click()
  await expect(formProblem(page)).toContainText('This file holds a private key')
  await choose(page, 'Certificate of the root', 'Campus Root CA.crt')
  await page.getByRole('button', { name: 'Import root' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Campus Root CA' })).toBeVisible()
  await expect(page.getByText('Key elsewhere').first()).toBeVisible()

  await page.goto('/authorities/import')
  await page.getByLabel('Name of the issuer').fill('Campus Issuing CA')
  await page.getByLabel('Key', { exact: true }).selectOption({ label: 'EC P-256' })
  await page.getByRole('button', { name: 'Make key and request' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Campus Issuing CA' })).toBeVisible(KEYS)
  const coming = page.waitForEvent('download')
  await page.getByRole('link', { name: 'CSR' }).click()
  await (await coming).saveAs(openssl.path('campus.pem'))
  const csr = openssl.run('req', '-in', 'campus.pem', '-outform', 'DER')
  openssl.sign('campus', 'Campus Root CA', csr)
  await choose(page, 'Signed certificate', 'campus.crt')
  await page.getByRole('button', { name: 'Accept certificate' }).click()
  await expect(page.getByText('This issuer waits for a group')).toBeVisible()

  await page.getByRole('link', { name: 'create a group' }).click()
  await page.getByLabel('Group name').fill('Campus')
  await page.getByLabel('Issuer', { exact: true }).selectOption({ label: 'Campus Issuing CA' })
  await page.getByRole('button', { name: 'Create group' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Campus' })).toBeVisible(KEYS)

  const { challenge, scepUrl } = await portal.mint('campus', 'CN=tablet-7')
  const files = ['--key-out', openssl.path('tablet.key'), '--cert-out', openssl.path('tablet.crt')]
  await portal.cli(['enrol', '--url', scepUrl, '--challenge', challenge, '--subject', 'CN=tablet-7', ...files])
  const verdict = openssl.run('verify', '-CAfile', 'Campus Root CA.crt', '-untrusted', 'campus.crt', 'tablet.crt')
  expect(verdict.toString()).toContain('tablet.crt: OK')
})

test("a root's list revokes the issuer here, and is served from here", async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/authorities/campus-root-ca')
  writeFileSync(openssl.path('root.crl'), openssl.crl('Campus Root CA', { number: 1, revoked: ['campus'] }))
  await choose(page, 'Revocation list', 'root.crl')
  await page.getByRole('button', { name: 'Import list' }).click()
  await expect(page.getByText('Revocation list imported')).toBeVisible()
  await expect(page.getByRole('list').getByText('Revoked').first()).toBeVisible()
  const served = await fetch(`${portal.url}/crl/campus-root-ca.crl`)
  openssl.write('served.crl', new Uint8Array(await served.arrayBuffer()))
  const text = openssl.run(
    'crl',
    '-inform',
    'DER',
    '-in',
    'served.crl',
    '-noout',
    '-issuer',
    '-CAfile',
    'Campus Root CA.crt',
  )
  expect(text.toString()).toContain('Campus Root CA')
  await page.goto('/groups/campus')
  await expect(page.getByText('Campus Issuing CA is revoked')).toBeVisible()
})

test('a key comes in as PKCS#12, and a root of ours goes into a safe and back', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  openssl.root('Keyed Root CA')
  openssl.pkcs12('Keyed Root CA', PASSWORD)
  await page.goto('/authorities/import')
  await choose(page, 'PKCS#12 file', 'Keyed Root CA.p12')
  await page.getByLabel('Password of the file').fill('wrong')
  await page.getByRole('button', { name: 'Import with its key' }).click()
  await expect(formProblem(page)).toBeVisible()
  await expect(page.getByText('The password does not open this file.').first()).toBeVisible()
  await page.getByLabel('Password of the file').fill(PASSWORD)
  await page.getByRole('button', { name: 'Import with its key' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Keyed Root CA' })).toBeVisible()

  const coming = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Fetch sealed key' }).click()
  await (await coming).saveAs(openssl.path('sealed.json'))
  await choose(page, 'Sealed key', 'sealed.json')
  await page.getByRole('button', { name: 'Wipe the key here' }).click()
  await expect(page.getByText('Key offline').first()).toBeVisible()
  await choose(page, 'Sealed key', 'sealed.json')
  await page.getByRole('button', { name: 'Bring the key back' }).click()
  await expect(page.getByRole('link', { name: 'Fetch sealed key' })).toBeVisible()
})

async function choose(page: Page, label: string, name: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).setInputFiles(openssl.path(name))
}
