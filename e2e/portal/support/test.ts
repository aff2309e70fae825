/** Playwright's test with what every browser test needs: signed-in pages, all of them watched for faults. */
import { type Browser, type BrowserContextOptions, test as base, expect, type Page } from '@playwright/test'
import type { Installation } from '@/e2e/fixtures/installation'
import type { Person } from './people'

export { expect } from '@playwright/test'

/** What a browser says about a page that was refused; such a page comes without its icon, so it looks for one itself. */
export const REFUSED_PAGE = /status of 40[34] \((Forbidden|Not Found)\) \S+(?<!\.(js|css|svg))$/

interface Visit {
  /** Nobody's page when left out. */
  as?: Person
  options?: BrowserContextOptions
}

interface PortalFixtures {
  /** A page in a browser context of its own. People sign in once per installation and file. */
  visit(portal: Installation, visit?: Visit): Promise<Page>
  /** Console errors of this kind are what the test is about. */
  tolerate(fault: RegExp): void
}

export const test = base.extend<PortalFixtures & { tolerated: RegExp[] }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures out of this pattern.
  tolerated: async ({}, use) => use([]),
  tolerate: async ({ tolerated }, use) => use((fault) => void tolerated.push(fault)),
  visit: async ({ browser, tolerated }, use) => {
    const faults: string[] = []
    const opened: Page[] = []
    await use(async (portal, { as: person, options = {} } = {}) => {
      const storageState = person && (await stateOf(browser, portal, person))
      const context = await browser.newContext({
        baseURL: portal.url,
        ...(storageState && { storageState }),
        ...options,
      })
      const page = await context.newPage()
      opened.push(page)
      watch(page, faults)
      return page
    })
    for (const page of opened) await page.context().close()
    expect(faults.filter((fault) => !tolerated.some((pattern) => pattern.test(fault)))).toEqual([])
  },
})

type StorageState = Awaited<ReturnType<ReturnType<Page['context']>['storageState']>>

const states = new Map<string, Promise<StorageState>>()

function stateOf(browser: Browser, portal: Installation, person: Person): Promise<StorageState> {
  const key = `${portal.url} ${person.email}`
  const state = states.get(key) ?? freshState(browser, portal, person)
  states.set(key, state)
  return state
}

async function freshState(browser: Browser, portal: Installation, person: Person): Promise<StorageState> {
  const context = await browser.newContext({ baseURL: portal.url })
  await signIn(await context.newPage(), person)
  const state = await context.storageState()
  await context.close()
  return state
}

export async function signIn(page: Page, person: Person): Promise<void> {
  await page.goto('/sign-in')
  await fillSignIn(page, person.email, person.password)
  // Loaded whole: until its scripts are there a page shows its buttons, and they do nothing.
  await page.waitForURL('/')
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
}

export async function fillSignIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Violations of the content security policy are console errors too. */
function watch(page: Page, faults: string[]): void {
  const found = (fault: string) => faults.push(`${new URL(page.url()).pathname}: ${fault}`)
  page.on('pageerror', (error) => found(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') found(`${message.text()} ${message.location().url}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 500) found(`${response.status()} of ${response.url()}`)
  })
}

/** What a form says is wrong with it. Next's own announcer of pages is an alert too, and stands outside. */
export function formProblem(page: Page) {
  return page.getByRole('main').getByRole('alert').filter({ hasText: /\w/ })
}

/** The row of a table, list or trail that says all of this. */
export function row(page: Page, ...texts: (string | RegExp)[]) {
  return texts.reduce(
    (rows, text) => rows.filter({ hasText: text }),
    page.getByRole('main').locator('tbody tr, ol > li'),
  )
}
