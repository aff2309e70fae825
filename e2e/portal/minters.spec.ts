/** Minters in the browser and on the command line: their keys are fetched from an address, looked at, and pinned. */
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { ADA } from './support/people'
import { expect, row, test } from './support/test'

const key = generateKeyPairSync('ed25519')
let portal: Organisation
let group: GroupCreated
let server: Server
let address: string
let published: object

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  server = createServer((_, response) => response.end(JSON.stringify(published)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  address = `${base}/jwks.json`
  portal = await startOrganisation({ env: { LATCHKEY_OUTBOUND_ALLOW: base } })
  group = await portal.createGroup('Staff', 'p256')
})
test.afterAll(async () => {
  server?.closeAllConnections()
  server?.close()
  await portal?.stop()
})

test('keys at an address are shown before they are pinned, and a private one is refused', async ({ visit }) => {
  const page = await visit(portal, { as: ADA })
  await page.goto('/settings/minters')
  await page.getByRole('button', { name: 'Register minter' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name', { exact: true }).fill('Fleet MDM')
  await dialog.getByLabel('Issuer').fill('https://mdm.example.com')
  await dialog.getByLabel('Address of the public keys').fill(address)

  published = { keys: [{ ...key.privateKey.export({ format: 'jwk' }), kid: 'mdm-1' }] }
  await dialog.getByRole('button', { name: 'Fetch keys' }).click()
  await expect(dialog.getByText('must be considered disclosed')).toBeVisible()

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
  published = { keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: 'mdm-1' }, rsa] }
  await dialog.getByLabel('Address of the public keys').press('Enter')
  await expect(dialog.getByText('One key was found.')).toBeVisible()
  await expect(dialog.getByText('1 of other kinds or for other uses is left out.')).toBeVisible()
  await expect(dialog.getByLabel('Public keys', { exact: true })).toHaveValue(/"mdm-1"/)

  // What was shown is pinned, not what is there by now.
  published = { keys: [] }
  await dialog.getByRole('button', { name: 'Register minter' }).click()
  await expect(page.getByText('Minter registered')).toBeVisible()
  await expect(row(page, 'Fleet MDM')).toContainText('EdDSA mdm-1')
  await expect(row(page, 'Fleet MDM')).toContainText(`pinned from ${address}`)
})

test('the command line fetches them too, and the endpoint publishes what to encrypt to', async () => {
  published = { keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: 'mdm-2' }] }
  const args = ['minter', 'add', '--name', 'Other MDM', '--issuer', 'other', '--endpoint', group.endpoint.slug]
  const { json } = await portal.cli([...args, '--jwks-url', address, '--json'])
  expect(json).toMatchObject({ jwksUrl: address, keys: [{ kid: 'mdm-2', algorithm: 'EdDSA' }] })
  const answer = await fetch(`${portal.url}/.well-known/latchkey/${group.endpoint.slug}/jwks.json`)
  expect(await answer.json()).toMatchObject({ keys: [{ alg: 'ECDH-ES' }, { alg: 'RSA-OAEP-256' }] })
})
