/** Settings of an endpoint against real clients: the legacy switch, single certificates, the issuer in the reply. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { opensslDevice } from '@/e2e/fixtures/openssl-client'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { needs } from '@/e2e/fixtures/real-clients'

const run = promisify(execFile)

let portal: Organisation
let staff: GroupCreated
let folder: string
const at = (name: string) => join(folder, name)
const get = (operation: string, url = staff.endpoint.scepUrl) => fetch(`${url}?operation=${operation}`)
const set = (...args: string[]) => portal.json<{ slug: string }>('endpoint', 'update', staff.endpoint.slug, ...args)
const settled = () => new Promise((resolve) => setTimeout(resolve, 1_200))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-e2e-'))
  portal = await startOrganisation()
  staff = await portal.createGroup('Staff', 'rsa3072')
}, 240_000)

afterAll(async () => {
  await portal?.stop()
  await rm(folder, { recursive: true, force: true })
})

describe.skipIf(needs('scepclient'))("micromdm's scepclient", () => {
  async function scepclient(name: string, url = staff.endpoint.scepUrl) {
    const { challenge } = await portal.mint(url.split('/').at(-1) ?? '', `C=US,O=scep-client,OU=MDM,CN=${name}`)
    const home = await mkdtemp(join(folder, 'client-'))
    return run(
      'scepclient',
      [
        ...['-server-url', url, '-challenge', challenge, '-cn', name, '-keySize', '2048'],
        ...['-private-key', join(home, 'k.pem'), '-certificate', join(home, 'c.pem')],
      ],
      { cwd: home, timeout: 30_000 },
    ).then(
      async () => ({ certificate: await readFile(join(home, 'c.pem'), 'utf8'), output: '' }),
      (error: { stdout: string; stderr: string }) => ({ certificate: null, output: error.stdout + error.stderr }),
    )
  }
  test('is refused while the legacy switch is off, and the trail says why', async () => {
    // With the root, whose key is an elliptic curve one, it would crash before it sends anything.
    await set('--include-root', 'off')
    await settled()
    const { certificate, output } = await scepclient('tablet-1')
    expect(certificate).toBeNull()
    expect(output).toMatch(/FAILURE|failInfo|badAlg/i)
    const refused = (await portal.events()).filter(({ type }) => type === 'enrol.request.rejected')
    expect(refused.map(({ reason }) => reason)).toContain('des_not_allowed')
  })

  test('enrols with the switch on, at the endpoint and at a copy of it', async () => {
    await set('--allow-des', 'on', '--include-root', 'on')
    const copy = await portal.json<{ slug: string; scepUrl: string }>('endpoint', 'copy', staff.endpoint.slug)
    await settled()
    for (const [name, url] of [
      ['tablet-2', staff.endpoint.scepUrl],
      ['tablet-3', copy.scepUrl],
    ] as const) {
      const { certificate, output } = await scepclient(name, url)
      expect(output).toBe('')
      await writeFile(at('c.pem'), certificate ?? '')
      const { stdout } = await run('openssl', ['x509', '-in', at('c.pem'), '-noout', '-subject'])
      expect(stdout).toContain(`CN = ${name}`)
    }
  })

  test('enrols where GetCACert returns one certificate', async () => {
    await set('--ca-certificates', 'single')
    await settled()
    expect(await scepclient('tablet-4')).toMatchObject({ output: '' })
    await set('--ca-certificates', 'chain')
  })

  test('enrols under an issuer with an elliptic curve key', async () => {
    const guests = await portal.createGroup('Guests', 'p256')
    await portal.json('endpoint', 'update', guests.endpoint.slug, '--allow-des', 'on')
    await settled()
    const { certificate, output } = await scepclient('tablet-6', guests.endpoint.scepUrl)
    expect(output).toBe('')
    expect(certificate).toContain('BEGIN CERTIFICATE')
  })

  test('is refused again once the switch is off', async () => {
    await set('--allow-des', 'off', '--include-root', 'off')
    await settled()
    const { certificate } = await scepclient('tablet-5')
    expect(certificate).toBeNull()
    await set('--include-root', 'on')
  })
})

test('single: one DER certificate; the chain operations of old drafts still answer the chain', async () => {
  await set('--ca-certificates', 'single')
  await settled()
  const single = await get('GetCACert')
  expect(single.headers.get('content-type')).toBe('application/x-x509-ca-cert')
  await writeFile(at('single.der'), new Uint8Array(await single.arrayBuffer()))
  const { stdout } = await run('openssl', ['x509', '-inform', 'DER', '-in', at('single.der'), '-noout', '-subject'])
  expect(stdout).toContain('Staff SCEP RA')
  const chain = await get('GetCAChain')
  expect(chain.headers.get('content-type')).toBe('application/x-x509-ca-ra-cert-chain')
  await set('--ca-certificates', 'chain')
})

test('leaf_issuer: the leaf comes first and the issuer after it', async () => {
  await set('--reply-certificates', 'leaf_issuer')
  await settled()
  await writeFile(at('all.p7'), new Uint8Array(await (await get('GetCACert')).arrayBuffer()))
  const { stdout } = await run('openssl', ['pkcs7', '-inform', 'DER', '-in', at('all.p7'), '-print_certs'])
  const [ra = ''] = stdout.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  const { challenge } = await portal.mint(staff.endpoint.slug, 'CN=router-1')
  const device = await opensslDevice(`${ra}\n`)
  await device.prepare({ subject: 'CN=router-1', challenge })
  const response = await fetch(`${staff.endpoint.scepUrl}?operation=PKIOperation`, {
    method: 'POST',
    body: (await device.message()) as Uint8Array<ArrayBuffer>,
  })
  const { status, certificate } = await device.open(new Uint8Array(await response.arrayBuffer()))
  expect(status).toBe('SUCCESS')
  expect(certificate).not.toBeNull()
  // What was inside the envelope, as openssl left it.
  const inside = await run('openssl', [
    'pkcs7',
    '-inform',
    'DER',
    '-in',
    join(device.folder, 'degenerate.der'),
    '-print_certs',
  ])
  const subjects = inside.stdout.match(/^subject=.*$/gm) ?? []
  expect(subjects).toHaveLength(2)
  expect(subjects[0]).toContain('router-1')
  expect(subjects[1]).toContain('Staff Issuing CA')
  await device.remove()
})
