/** The main job: a group, a challenge, a device that enrols with it, its certificate, its revocation, and the trail. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { type Enrolment, enrol, inFolder, openssl, paste } from './support/devices'
import { ADA } from './support/people'
import { expect, formProblem, row, test } from './support/test'

const KEYS = { timeout: 40_000 }
const SUBJECT = 'CN=tablet-7,O=Example'
const DNS = 'tablet-7.example.com'

let portal: Organisation
/** What one test leaves to the next. */
let challenge = ''
let command = ''
let folder = ''
let serial = ''
let crlUrl = ''

test.describe.configure({ mode: 'serial' })
test.use({ permissions: ['clipboard-read', 'clipboard-write'] })
test.beforeAll(async () => {
  portal = await startOrganisation()
})
test.afterAll(async () => {
  if (folder) rmSync(folder, { recursive: true, force: true })
  await portal?.stop()
})

test('a group is made in one step', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/groups')
  await page.getByRole('link', { name: 'New group' }).click()
  await page.getByLabel('Group name').fill('Staff')
  await page.getByText("Advanced: the issuer's key").click()
  await page.getByRole('radio', { name: /EC P-256/ }).check()
  await page.getByRole('button', { name: 'Create group' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Set up Staff' })).toBeVisible(KEYS)
  await page.goto('/groups/staff')
  await expect(page.getByText('No certificates yet')).toBeVisible()
  await page.goto('/groups')
  await expect(page.getByRole('link', { name: 'Staff' })).toBeVisible()
})

test('a challenge is minted, shown once, counted down and copied', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/groups/staff')
  await page.getByRole('link', { name: 'Mint a challenge' }).first().click()

  await page.getByRole('button', { name: 'Mint challenge' }).click()
  await expect(formProblem(page)).toBeVisible()

  await page.getByLabel('Common name (CN)').fill('tablet-7')
  await page.getByRole('button', { name: 'Add a part' }).click()
  await page.getByLabel('Kind of part 1').selectOption({ label: 'Organisation (O)' })
  await page.getByLabel('Value of part 1').fill('Example')
  await page.getByRole('button', { name: 'Add a DNS name' }).click()
  await page.getByLabel('Value of name 1').fill(DNS)
  await page.getByLabel('Time to live').fill('30')
  await page.getByRole('button', { name: 'Mint challenge' }).click()

  await expect(page.getByRole('heading', { name: 'Challenge minted' })).toBeFocused()
  await expect(page.getByRole('timer')).toHaveText(/^(30:00|29:\d\d)$/)
  challenge = (await page.getByTestId('challenge-value').textContent()) ?? ''
  expect(challenge.length).toBeGreaterThanOrEqual(20)
  await page.getByRole('button', { name: 'Copy challenge' }).click()
  await expect(page.getByRole('button', { name: 'Copied challenge' })).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(challenge)
  await page.getByRole('tab', { name: 'Latchkey client' }).click()
  command = (await page.getByText('npm run latchkey -- enrol').textContent()) ?? ''

  await page.reload()
  await expect(page.getByLabel('Common name (CN)')).toHaveValue('')
  expect(await page.content()).not.toContain(challenge)
  await page.goto('/challenges')
  await expect(row(page, SUBJECT)).toContainText('Waiting')
  expect(await page.content()).not.toContain(challenge)
})

test('the command that the page shows brings the device its certificate', async ({ visit }) => {
  const { folder: made, output } = await paste(command)
  folder = made
  expect(output).toContain('SUCCESS')
  const page = await visit(portal, { as: ADA })
  await page.goto('/certificates')
  await expect(row(page, 'tablet-7', DNS)).toContainText('Valid')
  await page.getByRole('link', { name: 'tablet-7' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'tablet-7' })).toBeVisible()
  await expectWholeCertificate(page)
})

test('its PEM, DER and chain are what the device has', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await openCertificate(page)
  const device = await openssl('x509', '-in', join(folder, 'tablet-7.crt'), '-outform', 'PEM')
  await inFolder(async (downloads) => {
    const pem = await download(page, 'PEM', join(downloads, 'a.pem'))
    expect(await openssl('x509', '-in', pem, '-outform', 'PEM')).toBe(device)
    const der = await download(page, 'DER', join(downloads, 'a.cer'))
    expect(await openssl('x509', '-inform', 'DER', '-in', der, '-outform', 'PEM')).toBe(device)
    const chain = await download(page, 'Download chain', join(downloads, 'chain.pem'))
    const root = join(downloads, 'root.pem')
    writeFileSync(root, await (await fetch(`${portal.url}/ca/root.pem`)).text())
    expect(await openssl('verify', '-CAfile', root, '-untrusted', chain, pem)).toContain('OK')
  })
})

test('the same challenge with another key is refused, and Enrolments says why', async ({ visit }) => {
  const minted = { scepUrl: `${portal.url}/scep/staff`, challenge }
  expect(await enrol(portal, minted, SUBJECT, [`dns:${DNS}`])).toEqual({
    status: 'FAILURE',
    serial: null,
    failInfo: 'badRequest',
  } satisfies Enrolment)
  const page = await visit(portal, { as: ADA })
  await page.goto('/enrolments')
  await expect(row(page, 'Issued')).toContainText(SUBJECT)
  await expect(row(page, 'Refused')).toContainText('The challenge had already been used by another key.')
  await page.getByLabel('Outcome').selectOption({ label: 'Issued' })
  await expect(row(page, 'Refused')).toHaveCount(0)
  await expect(row(page, 'Issued')).toHaveCount(1)
  await page.goto('/challenges')
  await expect(row(page, SUBJECT)).toContainText('Used')
})

test('it is revoked with a reason, and the revocation list says so', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await openCertificate(page)
  // The alarm about the stolen challenge offers it as well.
  await page.getByRole('button', { name: 'Revoke' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Revoke tablet-7?' })
  await dialog.getByRole('radio', { name: /Key compromise/ }).check()
  await dialog.getByLabel('Comment').fill('left on the tram')
  await dialog.getByRole('button', { name: 'Revoke certificate' }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByText('Revoked', { exact: true })).toBeVisible()
  await expect(page.getByText(/^Revoked .* by Ada Admin$/)).toBeVisible()
  await expect(page.getByText('left on the tram')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Revoke' })).toHaveCount(0)
  await page.goto('/certificates')
  await expect(row(page, 'tablet-7')).toContainText('Revoked')
  await expect(row(page, 'tablet-7')).toContainText('Key compromise')

  await inFolder(async (downloads) => {
    const [list, issuer] = [join(downloads, 'staff.crl'), join(downloads, 'staff.pem')]
    writeFileSync(issuer, await (await fetch(`${portal.url}/ca/staff.pem`)).text())
    const published = async () => {
      writeFileSync(list, new Uint8Array(await (await fetch(crlUrl)).arrayBuffer()))
      return openssl('crl', '-inform', 'DER', '-in', list, '-CAfile', issuer, '-noout', '-text')
    }
    await expect.poll(published, { timeout: 20_000 }).toContain(`Serial Number: ${serial}`)
    expect(await published()).toContain('Key Compromise')
  })
})

test('the trail tells the story, by kind, and its chain holds', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/audit')
  const story = [
    'Ada Admin signed in',
    'Ada Admin created group Staff',
    `Ada Admin minted a challenge for ${SUBJECT}`,
    /Certificate .+ issued for /,
    'A second key presented the used challenge',
    'Ada Admin revoked certificate',
  ]
  for (const line of story) await expect(row(page, line).first()).toBeVisible()
  const revocation = row(page, 'Ada Admin revoked certificate')
  await revocation.locator('summary').click()
  await expect(revocation).toContainText('certificate.revoked')
  await expect(revocation).toContainText('keyCompromise')
  await expect(revocation).toContainText('by portal')

  await page.getByLabel('Kind').selectOption({ label: 'Challenges' })
  await expect(page).toHaveURL(/kind=challenges/)
  await expect(row(page, 'revoked certificate')).toHaveCount(0)
  const lines = page.getByRole('main').locator('ol > li summary')
  await expect(async () => {
    const texts = await lines.allInnerTexts()
    expect(texts.length).toBeGreaterThanOrEqual(3)
    for (const text of texts) expect(text.toLowerCase()).toContain('challenge')
  }).toPass({ timeout: 10_000 })

  await page.getByRole('button', { name: 'Verify chain' }).click()
  await page.getByRole('button', { name: 'Verify now' }).click()
  await expect(page.getByText(/^The chain holds: \d+ rows checked/)).toBeVisible()
})

async function openCertificate(page: Page): Promise<void> {
  await page.goto('/certificates')
  await page.getByRole('link', { name: 'tablet-7' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'tablet-7' })).toBeVisible()
}

/** The page says what openssl reads in the file that the device got. */
async function expectWholeCertificate(page: Page): Promise<void> {
  const file = join(folder, 'tablet-7.crt')
  const read = async (...options: string[]) => (await openssl('x509', '-in', file, '-noout', ...options)).trim()
  serial = (await read('-serial')).replace('serial=', '')
  crlUrl = /URI:(\S+\.crl)/.exec(await read('-ext', 'crlDistributionPoints'))?.[1] ?? ''
  const main = page.getByRole('main')
  const fact = (name: string) => main.locator('dl > div').filter({ has: page.getByText(name, { exact: true }) })
  await expect(fact('Subject')).toContainText(SUBJECT)
  await expect(fact('Alternative names')).toContainText(DNS)
  await expect(fact('Serial')).toContainText(serial)
  await expect(fact('Key')).toContainText('RSA 2048')
  for (const digest of ['SHA-256', 'SHA-1']) {
    const printed = await read('-fingerprint', `-${digest.replace('-', '').toLowerCase()}`)
    await expect(fact(digest)).toContainText(printed.split('=')[1] ?? 'a fingerprint')
  }
  await expect(fact('Group')).toContainText('Staff')
  await expect(fact('Allowed by')).toContainText('a challenge Ada Admin minted')
  await expect(row(page, /Certificate .+ issued/)).toBeVisible()
  await expect(main.getByText(crlUrl).first()).toBeVisible()
}

async function download(page: Page, link: string, path: string): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('main').getByRole('link', { name: link, exact: true }).click(),
  ])
  await file.saveAs(path)
  return path
}
