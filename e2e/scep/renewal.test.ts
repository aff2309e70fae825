/** Renewal, GetCert and GetCRL with clients that know nothing of us: strongSwan, certmonger, openssl, and our own. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { startInstallation } from '@/e2e/fixtures/installation'
import { issuerAndSerial, type OpensslDevice, opensslDevice } from '@/e2e/fixtures/openssl-client'
import { type GroupCreated, type Organisation, setUp } from '@/e2e/fixtures/organisation'
import { needs } from '@/e2e/fixtures/real-clients'

const run = promisify(execFile)
const SUBMIT = '/usr/lib/certmonger/scep-submit'

let database: TestDatabase
let portal: Organisation
let staff: GroupCreated
let folder: string
const devices: OpensslDevice[] = []
const at = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-renewal-'))
  database = await testDatabase()
  portal = await setUp(await startInstallation({ databaseUrl: database.url }))
  staff = await portal.createGroup('Staff')
  await writeFile(at('getcacert.p7'), await get('GetCACert'))
  const { stdout } = await run('openssl', ['pkcs7', '-inform', 'DER', '-in', at('getcacert.p7'), '-print_certs'])
  const [ra, issuer, root] = stdout.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  for (const [name, pem] of Object.entries({ ra, issuer, root })) await writeFile(at(`${name}.pem`), `${pem}\n`)
}, 240_000)

afterAll(async () => {
  for (const device of devices) await device.remove()
  await portal?.stop()
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

/** No test can wait for the last month of a year: the window is as wide as the certificate lives. */
beforeEach(() => configure('renewal = true, renewal_window_days = 3650, supersede_after_hours = null'))

async function configure(settings: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.adminUrl })
  await client.connect()
  await client.query(`update endpoint set ${settings} where slug = $1`, [staff.endpoint.slug])
  await client.end()
  await new Promise((resolve) => setTimeout(resolve, 1_100))
}

async function get(operation: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(`${staff.endpoint.scepUrl}?operation=${operation}`)).arrayBuffer())
}

async function send(device: OpensslDevice, message: Uint8Array) {
  const response = await fetch(`${staff.endpoint.scepUrl}?operation=PKIOperation`, {
    method: 'POST',
    body: message as Uint8Array<ArrayBuffer>,
  })
  expect(response.status).toBe(200)
  return device.open(new Uint8Array(await response.arrayBuffer()))
}

/** Enrolled through the command line: key and certificate are in the folder. */
async function enrolled(name: string, san: string[] = []): Promise<{ key: string; cert: string; serial: string }> {
  const { challenge } = await portal.mint(staff.endpoint.slug, `CN=${name},O=Example`, { san })
  const files = { key: at(`${name}.key`), cert: at(`${name}.pem`) }
  const { serial } = await portal.json<{ serial: string }>(
    ...['enrol', '--url', staff.endpoint.scepUrl, '--challenge', challenge, '--subject', `CN=${name},O=Example`],
    ...san.flatMap((each) => ['--san', each]),
    ...['--key-out', files.key, '--cert-out', files.cert],
  )
  return { ...files, serial }
}

/** An openssl device with its certificate, by which it signs from now on. */
async function openssl(name: string): Promise<{ device: OpensslDevice; certificate: string }> {
  const { challenge } = await portal.mint(staff.endpoint.slug, `CN=${name}`)
  const device = await opensslDevice(await readFile(at('ra.pem'), 'utf8'))
  devices.push(device)
  await device.prepare({ subject: `CN=${name}`, challenge })
  const { certificate } = await send(device, await device.message())
  if (certificate === null) throw new Error('not enrolled')
  await device.prepare({ subject: `CN=${name}` })
  await device.adopt(certificate)
  return { device, certificate }
}

async function details(serial: string) {
  return portal.json<{
    status: string
    renews: { serial: string } | null
    renewedBy: { serial: string } | null
    lineage: { serial: string }[]
  }>('certificate', 'show', serial)
}

async function serialOf(pem: string): Promise<string> {
  await writeFile(at('serial.pem'), `${pem}\n`)
  const { stdout } = await run('openssl', ['x509', '-in', at('serial.pem'), '-noout', '-serial'])
  return stdout.trim().replace('serial=', '')
}

async function expectChain(certificate: string): Promise<void> {
  const { stdout } = await run('openssl', [
    ...['verify', '-x509_strict', '-CAfile', at('root.pem'), '-untrusted', at('issuer.pem'), certificate],
  ])
  expect(stdout).toContain(': OK')
}

test('GetCACaps says Renewal, and stops saying it when the endpoint does', async () => {
  const capabilities = async () => Buffer.from(await get('GetCACaps')).toString()
  expect(await capabilities()).toContain('Renewal\n')
  await configure('renewal = false')
  expect(await capabilities()).not.toContain('Renewal')
})

test('the command line of Latchkey itself renews for a new key, and the portal knows the line', async () => {
  const { key, cert, serial } = await enrolled('tablet-1', ['dns:tablet-1.example.com'])
  const renewed = await portal.json<{ status: string; serial: string }>(
    ...['enrol', '--renew', '--url', staff.endpoint.scepUrl, '--cert', cert, '--key', key],
    ...['--key-out', at('tablet-1-b.key'), '--cert-out', at('tablet-1-b.pem')],
  )
  expect(renewed.status).toBe('SUCCESS')
  await expectChain(at('tablet-1-b.pem'))
  const { stdout } = await run('openssl', ['x509', '-in', at('tablet-1-b.pem'), '-noout', '-text'])
  expect(stdout).toContain('DNS:tablet-1.example.com')
  expect(await details(serial)).toMatchObject({ status: 'valid', renewedBy: { serial: renewed.serial } })
  expect(await details(renewed.serial)).toMatchObject({
    renews: { serial },
    lineage: [{ serial }, { serial: renewed.serial }],
  })
  // A thief with the old key comes second.
  const second = await portal.cli([
    ...['enrol', '--renew', '--url', staff.endpoint.scepUrl, '--cert', cert, '--key', key],
    ...['--key-out', at('thief.key'), '--cert-out', at('thief.pem'), '--json'],
  ])
  expect(second).toMatchObject({ code: 1, json: { status: 'FAILURE', failInfo: 'badRequest' } })
  expect((await portal.events()).map(({ type }) => type)).toContain('renewal.repeated')
})

test.skipIf(needs('pki'))('strongSwan: pki --scep --cert --key', async () => {
  const url = staff.endpoint.scepUrl
  await run('pki', [
    ...[
      '--scepca',
      '--url',
      url,
      '--caout',
      at('sw-ca.pem'),
      '--raout',
      at('sw-ra.pem'),
      '--outform',
      'pem',
      '--force',
    ],
  ])
  const { key, cert, serial } = await enrolled('laptop-1')
  const { stdout: next } = await run('pki', ['--gen', '--type', 'rsa', '--size', '2048', '--outform', 'pem'])
  await writeFile(at('sw-next.key'), next)
  const authorities = (await readdir(folder))
    .filter((name) => /^sw-ca.*\.pem$/.test(name))
    .flatMap((name) => ['--cacert', at(name)])
  const { stdout } = await run('pki', [
    ...[
      '--scep',
      '--url',
      url,
      '--in',
      at('sw-next.key'),
      '--dn',
      'CN=laptop-1, O=Example',
      '--cert',
      cert,
      '--key',
      key,
    ],
    ...['--cacert-enc', at('sw-ra.pem'), '--cacert-sig', at('sw-ra.pem'), ...authorities, '--outform', 'pem'],
  ])
  await writeFile(at('sw-next.pem'), stdout)
  await expectChain(at('sw-next.pem'))
  expect((await details(await serialOf(stdout))).renews?.serial).toBe(serial)
})

test.skipIf(needs(SUBMIT))(
  "certmonger's scep-submit carries a rekey: a PKCSReq signed by the old certificate",
  async () => {
    const { device, certificate } = await openssl('printer-1')
    const message = Buffer.from(await device.message())
      .toString('base64')
      .replace(/.{64}/g, '$&\n')
    await writeFile(at('message.pem'), `-----BEGIN PKCS7-----\n${message}\n-----END PKCS7-----\n`)
    const { stdout } = await run(SUBMIT, [
      ...['-u', staff.endpoint.scepUrl, '-p', '-r', at('ra.pem'), '-N', at('root.pem'), '-I', at('issuer.pem')],
      at('message.pem'),
    ])
    const renewed = await device.openEnvelope(Buffer.from(stdout.replace(/-----[^-]+-----|\s/g, ''), 'base64'))
    expect((await details(await serialOf(renewed ?? ''))).renews?.serial).toBe(await serialOf(certificate))
  },
)

test('a RenewalReq made by openssl, with the old key, sealed to the old certificate', async () => {
  const { device, certificate } = await openssl('camera-1')
  const message = await device.message({ messageType: '17' })
  const { status, certificate: renewed } = await send(device, message)
  expect(status).toBe('SUCCESS')
  const serial = await serialOf(renewed ?? '')
  expect((await details(serial)).renews?.serial).toBe(await serialOf(certificate))
  // The answer got lost.
  expect(await serialOf((await send(device, message)).certificate ?? '')).toBe(serial)
})

test('a revoked certificate renews nothing', async () => {
  const { device, certificate } = await openssl('camera-2')
  await portal.json('certificate', 'revoke', await serialOf(certificate), '--reason', 'keyCompromise')
  expect(await send(device, await device.message({ messageType: '17' }))).toMatchObject({
    status: 'FAILURE',
    failInfo: 2,
  })
})

test('with nought hours of grace the old certificate is superseded, by the job, as the trail says', async () => {
  await configure('supersede_after_hours = 0')
  const { device, certificate } = await openssl('camera-3')
  expect(await send(device, await device.message({ messageType: '17' }))).toMatchObject({ status: 'SUCCESS' })
  const serial = await serialOf(certificate)
  await expect.poll(async () => (await details(serial)).status, { timeout: 90_000, interval: 2_000 }).toBe('revoked')
  expect(await details(serial)).toMatchObject({ revocationReason: 'superseded', revokedBy: 'Latchkey' })
}, 120_000)

test('GetCert made by openssl: a device gets its own certificate, and no other', async () => {
  const { device, certificate } = await openssl('camera-4')
  const other = await openssl('camera-5')
  const question = { messageType: '21', content: issuerAndSerial(certificate), transactionId: 'SSCEP transactionId' }
  const { status, certificate: got } = await send(device, await device.message(question))
  expect([status, got]).toEqual(['SUCCESS', certificate])
  expect(await send(other.device, await other.device.message(question))).toMatchObject({
    status: 'FAILURE',
    failInfo: 4,
  })
})

test('GetCRL made by openssl: the newest list, which verifies and names what was revoked', async () => {
  const { device, certificate } = await openssl('camera-6')
  const { device: gone, certificate: revoked } = await openssl('camera-7')
  await portal.json('certificate', 'revoke', await serialOf(revoked), '--reason', 'cessationOfOperation')
  const question = { messageType: '22', content: issuerAndSerial(certificate), transactionId: 'SSCEP transactionId' }
  const list = async () => {
    const { status, certificate: crl } = await send(device, await device.message(question))
    expect(status).toBe('SUCCESS')
    await writeFile(at('list.pem'), `${crl}\n`)
    return (await run('openssl', ['crl', '-in', at('list.pem'), '-noout', '-text'])).stdout
  }
  await expect.poll(list, { timeout: 15_000, interval: 500 }).toContain(await serialOf(revoked))
  const { stderr } = await run('openssl', ['crl', '-in', at('list.pem'), '-CAfile', at('issuer.pem'), '-noout'])
  expect(stderr).toContain('verify OK')
  const elsewhere = { ...question, content: issuerAndSerial(await readFile(at('issuer.pem'), 'utf8')) }
  expect(await send(gone, await gone.message(elsewhere))).toMatchObject({ status: 'FAILURE', failInfo: 4 })
})
