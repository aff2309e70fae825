/** The overview in a browser: each number is the way to what it counts, and what is not there yet is asked of the forecast. */
import type { Page } from '@playwright/test'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { enrol } from './support/devices'
import { ADA, AUGUST, employ } from './support/people'
import { expect, test } from './support/test'

let portal: Organisation
let group: GroupCreated

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  await employ(portal, AUGUST)
  group = await portal.createGroup('Staff', 'p256')
})
test.afterAll(() => portal?.stop())

const picture = async (page: Page, name: string) => {
  const folder = process.env.LATCHKEY_SCREENSHOTS
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}

test('an empty installation is led on its way, and told that nobody recorded a backup', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/')
  const steps = page.getByRole('main').getByRole('listitem')
  await expect(page.getByText('1 of 6 steps are done.')).toBeVisible()
  await expect(steps.filter({ hasText: 'Create a group' }).getByRole('img', { name: 'Done' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'Mint a challenge' }).first()).toBeVisible()
  await expect(page.getByText('None was recorded.')).toBeVisible()
  await picture(page, 'overview-empty')
  expect((await portal.cli(['backup', 'record', '--note', 'to the vault'])).code).toBe(0)
  await page.reload()
  await expect(page.getByText('None was recorded.')).toBeHidden()
  await expect(page.getByRole('listitem').filter({ hasText: 'Backup' })).toContainText('The last one')
})

test('every number and every bar opens exactly what it counts', async ({ visit }) => {
  const [first, second] = [
    await portal.mint(group.endpoint.slug, 'CN=tablet-1'),
    await portal.mint(group.endpoint.slug, 'CN=tablet-2'),
  ]
  await enrol(portal, first, 'CN=tablet-1')
  await enrol(portal, second, 'CN=tablet-2')
  await enrol(portal, first, 'CN=tablet-1').catch(() => {})
  await portal.mint(group.endpoint.slug, 'CN=tablet-3')
  const { items } = await portal.json<{ items: { serial: string }[] }>('certificate', 'list', '--search', 'tablet-2')
  await portal.json('certificate', 'revoke', items[0]?.serial ?? '', '--reason', 'superseded')

  const page = await visit(portal, { as: AUGUST })
  await page.goto('/')
  await expect(page.getByRole('link', { name: 'Valid certificates' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Show', exact: true })).toBeVisible()
  await picture(page, 'overview-counted')
  const counted = await page
    .locator('[data-count]')
    .evaluateAll((links) =>
      links.map((link) => [link.getAttribute('href') ?? '', Number(link.getAttribute('data-count'))]),
    )
  const numbers = new Map(counted.filter(([, count]) => Number(count) > 0) as [string, number][])
  expect(await page.locator('main svg a[data-count]').count()).toBeGreaterThan(4)
  expect([...numbers.keys()].map((href) => href.replace(/\?.*/, '')).sort()).toEqual(
    expect.arrayContaining(['/certificates', '/challenges', '/enrolments']),
  )
  for (const [href, count] of numbers) {
    await test.step(href, async () => {
      await page.goto(href)
      await expect(page.getByRole('main').locator('tbody tr')).toHaveCount(count)
    })
  }
})

test('a fleet that would enrol today is added to the forecast, on a phone too', async ({ visit }) => {
  const page = await visit(portal, { as: ADA, options: { viewport: { width: 390, height: 800 } } })
  await page.goto('/?days=7')
  await page.getByLabel('What if so many devices').fill('1200')
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await expect(page.getByText('They may renew from')).toBeVisible()
  await expect(page).toHaveURL(/days=7&devices=1200&endpoint=staff/)
  await page.getByText('Show as a table').first().click()
  await expect(page.getByRole('table', { name: 'Issued, refused and failed by day' })).toBeVisible()
  await picture(page, 'overview-phone')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
})
