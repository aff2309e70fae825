/** The first sitting: from the printed link to an organisation, its root, its administrator and its first group. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { type Installation, startInstallation } from '@/e2e/fixtures/installation'
import { inFolder, openssl } from './support/devices'
import { expect, formProblem, test } from './support/test'

const PASSWORD = 'plum kettle anchor violet 93'
/** The keys of a group are RSA, which takes as long as it takes. */
const KEYS = { timeout: 40_000 }

let portal: Installation

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startInstallation()
})
test.afterAll(() => portal?.stop())

test('nothing is to be had before set-up, and only by the printed link', async ({ visit }) => {
  const page = await visit(portal)
  await page.goto('/certificates')
  await expect(page.getByRole('heading', { name: 'Open the set-up link' })).toBeVisible()
  await page.goto('/sign-in')
  await expect(page).toHaveURL('/setup')
  await page.goto('/setup#0123456789abcdef0123456789abcdef')
  await expect(page.getByRole('heading', { name: 'This link does not work any more' })).toBeVisible()
})

test('the link makes organisation, root, administrator and first group, once', async ({ visit }) => {
  const link = `/setup#${portal.setupToken()}`
  const elsewhere = await visit(portal)
  await elsewhere.goto(link)
  await fillSetup(elsewhere, { organisation: 'Mallory', name: 'Mallory', email: 'mallory@example.com' })

  const page = await visit(portal)
  await page.goto(link)
  await fillSetup(page, { organisation: 'Example University', name: 'Ada Admin', email: 'ada@example.com' })
  const password = page.getByLabel('Password', { exact: true })
  const create = page.getByRole('button', { name: 'Create root and account' })

  await test.step('a weak password is refused with a hint', async () => {
    await password.fill('violet 93')
    await expect(page.getByText('6 more characters to go.')).toBeVisible()
    await password.fill('example university')
    await expect(page.getByText('Leave out your name, e-mail and organisation')).toBeVisible()
    await create.click()
    await expect(password).toHaveAttribute('aria-invalid', 'true')
    await expect(formProblem(page)).toBeVisible()
    await expect(page.getByLabel('Name of the organisation')).toHaveValue('Example University')
  })

  await test.step('a good one is taken', async () => {
    await password.fill(PASSWORD)
    await expect(page.getByText(/^(Strong|Good)\./)).toBeVisible()
    await create.click()
    await expect(page).toHaveURL('/setup/group', KEYS)
  })

  await test.step('the first group follows in the same sitting', async () => {
    await expect(page.getByRole('heading', { name: 'Create your first group' })).toBeVisible()
    await page.getByLabel('Group name').fill('Staff')
    await page.getByRole('button', { name: 'Create group' }).click()
    await expect(page).toHaveURL('/groups/staff/set-up', KEYS)
    await expect(page.getByRole('heading', { level: 1, name: 'Set up Staff' })).toBeVisible()
    await page.getByRole('link', { name: 'Next: Network access' }).click()
    await page.getByLabel('VLAN').fill('20')
    await expect(page.getByText('Nobody is let in yet')).toBeVisible()
    await expect(page.getByRole('link', { name: /^Next:/ })).toBeHidden()
    const steps = page.getByRole('navigation', { name: 'Steps' })
    page.once('dialog', (question) => question.dismiss())
    await steps.getByRole('link', { name: 'Who hears' }).click()
    await page.getByRole('button', { name: 'Save and go on' }).click()
    await expect(page).toHaveURL('/groups/staff/set-up?step=devices')
    await expect(steps.getByRole('img', { name: 'Left for later' })).toHaveCount(1)
    await expect(page.getByText('Nobody is let in yet')).toBeVisible()
    await steps.getByRole('link', { name: 'Who hears' }).click()
    await expect(page.getByText('There is no API key with the role "RADIUS server" yet.')).toBeVisible()
    await expect(page.getByText('Network access is off: at logins the answer is no.')).toBeVisible()
    await page.getByRole('link', { name: 'To the group' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Staff' })).toBeVisible()
  })

  await test.step('its page shows what a device needs', () => expectWhatADeviceNeeds(page))

  await test.step('the administrator is signed in', async () => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Overview' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
    await expect(page.getByRole('button', { name: /Ada Admin/ })).toBeVisible()
  })

  await test.step('the same link, open in another window all the while, works no more', async () => {
    await elsewhere.getByLabel('Password', { exact: true }).fill('orchid tunnel biscuit magnet 41')
    await elsewhere.getByRole('button', { name: 'Create root and account' }).click()
    await expect(formProblem(elsewhere)).toBeVisible()
    const later = await visit(portal)
    await later.goto(link)
    await expect(later.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  })
})

test('the root is EC P-384 for 20 years, the issuer RSA 3072 for 10 with path length 0', async () => {
  await inFolder(async (folder) => {
    const root = await authority(folder, 'root')
    expect(root).toContain('ASN1 OID: secp384r1')
    expect(root).toContain('O=Example University')
    expect(years(root)).toBe(20)
    const issuer = await authority(folder, 'staff')
    expect(issuer).toContain('Public-Key: (3072 bit)')
    expect(issuer).toContain('CA:TRUE, pathlen:0')
    expect(years(issuer)).toBe(10)
    await openssl('verify', '-CAfile', join(folder, 'root.pem'), join(folder, 'staff.pem'))
  })
})

async function fillSetup(page: Page, who: { organisation: string; name: string; email: string }): Promise<void> {
  await page.getByLabel('Name of the organisation').fill(who.organisation)
  await page.getByLabel('Your name').fill(who.name)
  await page.getByLabel('E-mail').fill(who.email)
}

async function expectWhatADeviceNeeds(page: Page): Promise<void> {
  const url = `${portal.url}/scep/staff`
  const main = page.getByRole('main')
  await expect(main.getByRole('code').filter({ hasText: url }).first()).toBeVisible()
  const shown = (await main.textContent()) ?? ''
  await inFolder(async (folder) => {
    await authority(folder, 'staff')
    for (const digest of ['-sha256', '-sha1']) {
      const printed = await openssl('x509', '-in', join(folder, 'staff.pem'), '-noout', '-fingerprint', digest)
      expect(shown.replace(/\s/g, '')).toContain(printed.trim().split('=')[1])
    }
  })
  await expect(main.getByText('pki --scepca')).toContainText(`--url ${url}`)
  await expect(main.getByText('pki --gen')).toContainText(`pki --scep \\\n  --url ${url}`)
  await main.getByRole('tab', { name: 'certmonger' }).click()
  await expect(main.getByText('getcert add-scep-ca')).toContainText(`-u ${url}`)
  await main.getByRole('tab', { name: 'Latchkey client' }).click()
  await expect(main.getByText('npm run latchkey -- enrol')).toContainText(`--url ${url}`)
  await expect(main.getByRole('link', { name: 'Mint a challenge' }).first()).toBeVisible()
}

/** Downloads a CA certificate as a relying party does; returns what openssl reads in it. */
async function authority(folder: string, slug: string): Promise<string> {
  const file = join(folder, `${slug}.pem`)
  writeFileSync(file, await (await fetch(`${portal.url}/ca/${slug}.pem`)).text())
  return openssl('x509', '-in', file, '-noout', '-text', '-nameopt', 'sep_comma_plus')
}

function years(text: string): number {
  const day = (name: string) => Date.parse(new RegExp(`${name} ?: (.+)`).exec(text)?.[1] ?? '')
  return Math.round((day('Not After') - day('Not Before')) / (365.25 * 24 * 60 * 60 * 1000))
}
