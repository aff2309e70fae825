/** What the portal shows of revocation lists: each with its shards, and an alarm for one that nobody renews. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { ADA } from './support/people'
import { expect, test } from './support/test'

let portal: Organisation

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  portal = await startOrganisation()
  await portal.createGroup('Staff', 'p256')
})
test.afterAll(() => portal?.stop())

test('an authority shows its whole list and its shards', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await expect(async () => {
    await page.goto('/authorities/staff')
    await expect(page.getByRole('article')).toContainText('Fresh', { timeout: 1_000 })
  }).toPass({ timeout: 20_000 })
  const staff = page.getByRole('article')
  await expect(staff).toContainText(`${portal.url}/crl/staff.crl`)
  await staff.getByText('One shard of the revocation list').click()
  const shards = staff.getByRole('table', { name: /^Shards of the revocation list of Staff/ })
  await expect(shards.getByRole('row')).toHaveCount(2)
  await expect(shards).toContainText('Filling')
  await expect(shards.getByRole('link', { name: 'Download shard 1' })).toHaveAttribute('href', '/crl/staff/1.crl')
})

test('a list that nobody renews raises an alarm on the overview', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/')
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
  await expect(page.getByRole('alert').filter({ hasText: 'revocation list' })).toHaveCount(0)
  await holdLists()
  await page.reload()
  const alarm = page.getByRole('alert').filter({ hasText: 'past half of its life without a successor' })
  await expect(alarm).toBeVisible()
  await expect(alarm.getByRole('link', { name: 'Staff Issuing CA' })).toHaveAttribute('href', '/authorities/staff')
  await page.goto('/authorities')
  await expect(page.locator('#staff')).toContainText('Renewal is late')
})

/** As if no process could publish: somebody holds the list, and the last one is four days old. */
async function holdLists(): Promise<void> {
  const folder = join(portal.dataDir, 'run', 'instances')
  const [instance = ''] = readdirSync(folder)
  const { databaseUrl } = JSON.parse(readFileSync(join(folder, instance), 'utf8'))
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(`update authority set crl_claimed_until = now() + interval '1 day' where slug = 'staff'`)
  await client.query(
    `update crl set this_update = now() - interval '4 days', next_update = now() + interval '3 days'
     where shard = 0 and authority_id = (select id from authority where slug = 'staff')`,
  )
  await client.end()
}
