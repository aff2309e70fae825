/** An administrator sets the mail server, sees whether it works, and says who is told; an auditor reads it all. */
import type { Page } from '@playwright/test'
import { type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { type MailServerDouble, startMailServer } from '@/e2e/simulators/mail-server'
import { ADA, AUGUST, employ } from './support/people'
import { expect, row, test } from './support/test'

let portal: Organisation
let mail: MailServerDouble

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  mail = await startMailServer()
  portal = await startOrganisation({ env: { LATCHKEY_OUTBOUND_ALLOW: '127.0.0.0/8,::1/128' } })
  await employ(portal, AUGUST)
})
test.afterAll(async () => {
  await mail?.close()
  await portal?.stop()
})

const picture = async (page: Page, name: string) => {
  const folder = process.env.LATCHKEY_SCREENSHOTS
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}

test('the mail server is set and tested, and a wrong password is told as such', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/settings/notifications')
  await page.getByRole('button', { name: 'Set mail server' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Host').fill(mail.host)
  await dialog.getByLabel('Port').fill(String(mail.port))
  await dialog.getByLabel('User name').fill('latchkey')
  await dialog.getByLabel('Password').fill('wrong')
  await dialog.getByLabel('From, address').fill('latchkey@example.org')
  await dialog.getByLabel('Its own authority').fill(mail.ca)
  await dialog.getByRole('button', { name: 'Save mail server' }).click()
  await expect(page.getByText('Mail server saved')).toBeVisible()
  await expect(dialog).toHaveCount(0)

  await page.getByRole('button', { name: 'Send a test' }).click()
  await dialog.getByLabel('To', { exact: true }).fill('ada@example.org')
  await dialog.getByRole('button', { name: 'Send test' }).click()
  await expect(dialog.getByText('It refused the user name or the password.')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)

  await page.getByRole('button', { name: 'Change', exact: true }).click()
  await dialog.getByLabel('Password').fill('correct horse')
  await dialog.getByRole('button', { name: 'Save mail server' }).click()
  await expect(dialog).toHaveCount(0)
  await page.getByRole('button', { name: 'Send a test' }).click()
  await dialog.getByLabel('To', { exact: true }).fill('ada@example.org')
  await dialog.getByRole('button', { name: 'Send test' }).click()
  await expect(dialog.getByText('The test was sent')).toBeVisible()
  expect(mail.received).toMatchObject([{ to: 'ada@example.org', username: 'latchkey', encrypted: true }])
})

test('recipients are added, and an auditor reads all of it and changes nothing', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/settings/notifications')
  await page.getByRole('button', { name: 'Add recipient' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name', { exact: true }).fill('PKI team')
  await dialog.getByLabel('E-mail address').fill('pki@example.org')
  await dialog.getByRole('button', { name: 'Add recipient' }).click()
  await expect(page.getByText('Recipient added')).toBeVisible()
  await expect(dialog).toHaveCount(0)
  await expect(row(page, 'pki@example.org')).toContainText('Everything')
  await page.getByRole('button', { name: 'Edit PKI team' }).click()
  await dialog.getByLabel('API keys that end').uncheck()
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(row(page, 'pki@example.org')).toContainText('Static secrets that end')

  const reader = await visit(portal, { as: AUGUST })
  await reader.goto('/settings/notifications')
  await picture(reader, 'notifications-wide')
  await reader.setViewportSize({ width: 390, height: 900 })
  await picture(reader, 'notifications-narrow')
  await expect(row(reader, 'ada@example.org').first()).toContainText('Test')
  await expect(reader.getByRole('button', { name: 'Add recipient' })).toHaveCount(0)
  await expect(reader.getByRole('button', { name: 'Send a test' })).toHaveCount(0)
})
