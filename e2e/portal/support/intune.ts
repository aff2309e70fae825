/** The pages on which Intune is connected, and the job behind them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import pg from 'pg'
import type { Installation } from '@/e2e/fixtures/installation'
import type { IntuneSimulator } from '@/e2e/simulators/intune'

/** The guided page, as far as "Add connector". */
export async function fillGuide(page: Page, intune: IntuneSimulator, clientSecret: string): Promise<void> {
  await page.getByLabel('Directory (tenant) ID').fill(intune.tenant.id)
  await page.getByLabel('Application (client) ID').fill(intune.applicationId)
  await page.getByLabel('Client secret', { exact: true }).fill(clientSecret)
  await page.getByText('Advanced', { exact: true }).click()
  await page.getByLabel('Sign-in authority').fill(intune.authorityUrl)
  await page.getByLabel('Microsoft Graph', { exact: true }).fill(intune.graphUrl)
  await page.getByLabel('Hosts that Intune’s services may be at').fill('127.0.0.1')
}

/** Whom an endpoint asks about its devices. */
export async function delegateTo(page: Page, endpoint: string, validator: string): Promise<void> {
  await page.goto(`/endpoints/${endpoint}`)
  const section = page.getByRole('group', { name: 'How devices enrol here' })
  await section.getByRole('radio', { name: /^Decided elsewhere/ }).check()
  await section.getByLabel('Validator', { exact: true }).selectOption({ label: validator })
  await section.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Settings saved')).toBeVisible()
}

/** With the next turn of the job, whatever the connector says of minutes. */
export async function fetchRevocationsSoon(portal: Installation): Promise<void> {
  const folder = join(portal.dataDir, 'run', 'instances')
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.json'))
  const { databaseUrl } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { databaseUrl: string }
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query('update intune_pull set next_at = now()')
  await client.end()
}
