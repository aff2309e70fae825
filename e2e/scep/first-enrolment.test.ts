/** The main job, once through, with real clients: enrol, see it, revoke it, and the world knows. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
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

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-e2e-'))
  portal = await startOrganisation()
  staff = await portal.createGroup('Staff')
  const caps = await fetch(`${staff.endpoint.scepUrl}?operation=GetCACert`)
  await writeFile(at('getcacert.p7'), new Uint8Array(await caps.arrayBuffer()))
  const { stdout } = await run('openssl', ['pkcs7', '-inform', 'DER', '-in', at('getcacert.p7'), '-print_certs'])
  const [ra, issuer, root] = stdout.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  await writeFile(at('ra.pem'), `${ra}\n`)
  await writeFile(at('issuer.pem'), `${issuer}\n`)
  await writeFile(at('root.pem'), `${root}\n`)
}, 240_000)

afterAll(async () => {
  await portal?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function expectChain(certificate: string): Promise<string> {
  const { stdout } = await run('openssl', [
    'verify',
    '-x509_strict',
    '-CAfile',
    at('root.pem'),
    '-untrusted',
    at('issuer.pem'),
    certificate,
  ])
  expect(stdout).toContain(': OK')
  return (await run('openssl', ['x509', '-in', certificate, '-noout', '-text'])).stdout
}

describe('real clients enrol', () => {
  test('the command line of Latchkey itself', async () => {
    const { challenge } = await portal.mint(staff.endpoint.slug, 'CN=tablet-1,O=Example', {
      san: ['dns:tablet-1.example.com'],
    })
    const answer = await portal.json<{ status: string; serial: string; failInfo: unknown }>(
      'enrol',
      '--url',
      staff.endpoint.scepUrl,
      '--challenge',
      challenge,
      '--subject',
      'CN=tablet-1,O=Example',
      '--san',
      'dns:tablet-1.example.com',
      '--key-out',
      at('own.key'),
      '--cert-out',
      at('own.pem'),
    )
    expect(answer).toMatchObject({ status: 'SUCCESS', failInfo: null })
    const text = await expectChain(at('own.pem'))
    expect(text).toContain('DNS:tablet-1.example.com')
    expect(text).toContain('TLS Web Client Authentication')
    expect(text).toContain('Digital Signature, Key Encipherment')
    expect(text).toContain('CRL Distribution Points')
    expect(text).toContain('CA Issuers')
    const list = await portal.json<{ items: { serial: string; status: string }[] }>(
      'certificate',
      'list',
      '--group',
      staff.slug,
    )
    expect(list.items[0]).toMatchObject({ serial: answer.serial, status: 'valid' })
  })

  test.skipIf(needs('pki'))('strongSwan: pki --scepca and pki --scep', async () => {
    await run('pki', [
      '--scepca',
      '--url',
      staff.endpoint.scepUrl,
      '--caout',
      at('sw-ca.pem'),
      '--raout',
      at('sw-ra.pem'),
      '--outform',
      'pem',
      '--force',
    ])
    const { challenge } = await portal.mint(staff.endpoint.slug, 'CN=laptop-1,O=Example')
    await writeFile(
      at('sw.key'),
      (await run('pki', ['--gen', '--type', 'rsa', '--size', '2048', '--outform', 'pem'])).stdout,
    )
    const authorities = (await readdir(folder))
      .filter((name) => /^sw-ca.*\.pem$/.test(name))
      .flatMap((name) => ['--cacert', at(name)])
    const { stdout } = await run('pki', [
      '--scep',
      '--url',
      staff.endpoint.scepUrl,
      '--in',
      at('sw.key'),
      '--dn',
      'CN=laptop-1, O=Example',
      '--password',
      challenge,
      '--cacert-enc',
      at('sw-ra.pem'),
      '--cacert-sig',
      at('sw-ra.pem'),
      ...authorities,
      '--outform',
      'pem',
    ])
    await writeFile(at('sw.pem'), stdout)
    expect(await expectChain(at('sw.pem'))).toContain('CN = laptop-1')
  })

  test.skipIf(needs('/usr/lib/certmonger/scep-submit'))("certmonger's scep-submit", async () => {
    const submit = '/usr/lib/certmonger/scep-submit'
    const { stdout: caps } = await run(submit, ['-u', staff.endpoint.scepUrl, '-c'])
    expect(caps).toContain('POSTPKIOperation')
    const { stdout: certificates } = await run(submit, ['-u', staff.endpoint.scepUrl, '-C'])
    const chain = certificates.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
    expect(chain).toHaveLength(3)
    const { challenge } = await portal.mint(staff.endpoint.slug, 'CN=printer-1')
    const device = await opensslDevice(await readFile(at('ra.pem'), 'utf8'))
    await device.prepare({ subject: 'CN=printer-1', challenge })
    const message = Buffer.from(await device.message())
      .toString('base64')
      .replace(/.{64}/g, '$&\n')
    await writeFile(at('message.pem'), `-----BEGIN PKCS7-----\n${message}\n-----END PKCS7-----\n`)
    // It verifies the reply's chain and signature itself, and prints the envelope inside, for its daemon to open.
    const { stdout } = await run(submit, [
      '-u',
      staff.endpoint.scepUrl,
      '-p',
      '-r',
      at('ra.pem'),
      '-N',
      at('root.pem'),
      '-I',
      at('issuer.pem'),
      at('message.pem'),
    ])
    const certificate = await device.openEnvelope(Buffer.from(stdout.replace(/-----[^-]+-----|\s/g, ''), 'base64'))
    await writeFile(at('cm.pem'), `${certificate}\n`)
    await expectChain(at('cm.pem'))
    await device.remove()
  })

  test.each([
    { name: 'AES-256', options: { cipher: 'aes-256-cbc' } },
    { name: 'AES-128 in BER with indefinite lengths', options: { cipher: 'aes-128-cbc', stream: true } },
    { name: '3DES', options: { cipher: 'des-ede3-cbc' } },
    { name: 'OAEP key transport', options: { oaep: true } },
  ])('messages made by openssl cms: $name', async ({ name, options }) => {
    const { challenge } = await portal.mint(staff.endpoint.slug, 'CN=openssl,OU=Lab', {
      san: ['dns:openssl.example.com'],
    })
    const device = await opensslDevice(await readFile(at('ra.pem'), 'utf8'))
    await device.prepare({ subject: 'CN=openssl,OU=Lab', challenge, san: 'DNS:openssl.example.com' })
    const response = await fetch(`${staff.endpoint.scepUrl}?operation=PKIOperation`, {
      method: 'POST',
      body: (await device.message(options)) as Uint8Array<ArrayBuffer>,
    })
    expect(response.headers.get('content-type'), name).toBe('application/x-pki-message')
    const { status, certificate } = await device.open(new Uint8Array(await response.arrayBuffer()))
    expect(status).toBe('SUCCESS')
    await writeFile(at('cms.pem'), `${certificate}\n`)
    await expectChain(at('cms.pem'))
    await device.remove()
  })
})

test('a revocation reaches the CRL within seconds, and openssl rejects the certificate', async () => {
  const { challenge } = await portal.mint(staff.endpoint.slug, 'CN=lost-phone')
  const { serial } = await portal.json<{ serial: string }>(
    'enrol',
    '--url',
    staff.endpoint.scepUrl,
    '--challenge',
    challenge,
    '--subject',
    'CN=lost-phone',
    '--key-out',
    at('lost.key'),
    '--cert-out',
    at('lost.pem'),
  )
  const text = (await run('openssl', ['x509', '-in', at('lost.pem'), '-noout', '-text'])).stdout
  const crlUrl = /URI:(http\S+\.crl)/.exec(text)?.[1] ?? ''
  expect(crlUrl).toBe(`${portal.url}/crl/${staff.issuer.slug}/1.crl`)
  await portal.json('certificate', 'revoke', serial, '--reason', 'keyCompromise')
  await expect
    .poll(
      async () => {
        const crl = await fetch(crlUrl)
        expect(crl.headers.get('content-type')).toBe('application/pkix-crl')
        await writeFile(at('crl.der'), new Uint8Array(await crl.arrayBuffer()))
        await run('openssl', ['crl', '-inform', 'DER', '-in', at('crl.der'), '-CAfile', at('issuer.pem'), '-noout'])
        return (await run('openssl', ['crl', '-inform', 'DER', '-in', at('crl.der'), '-noout', '-text'])).stdout
      },
      { timeout: 10_000, interval: 250 },
    )
    .toContain(serial)
  // By the list of its shard, which the certificate names, and by the whole one, which servers load: both refuse it, and
  // both let its issuer through, whose list is the root's.
  const [root, whole, shard] = await Promise.all(
    ['root.pem', `${staff.issuer.slug}.pem`, `${staff.issuer.slug}/1.pem`].map(async (name) =>
      (await fetch(`${portal.url}/crl/${name}`)).text(),
    ),
  )
  await writeFile(at('shard.pem'), `${shard}${root}`)
  await writeFile(at('whole.pem'), `${whole}${root}`)
  const verify = (lists: string, ...options: string[]) =>
    run('openssl', [
      'verify',
      ...options,
      '-CRLfile',
      at(lists),
      '-CAfile',
      at('root.pem'),
      '-untrusted',
      at('issuer.pem'),
      at('lost.pem'),
    ])
  const revoked = { stderr: expect.stringContaining('error 23 at 0 depth lookup: certificate revoked') }
  for (const check of ['-crl_check', '-crl_check_all']) {
    await expect(verify('whole.pem', check)).rejects.toMatchObject(revoked)
    await expect(verify('shard.pem', check, '-extended_crl')).rejects.toMatchObject(revoked)
  }
  const list = await portal.json<{ items: { serial: string; status: string }[] }>(
    'certificate',
    'list',
    '--status',
    'revoked',
  )
  expect(list.items.map((item) => item.serial)).toContain(serial)
})

test('the trail tells the story, and verifies', async () => {
  const types = (await portal.events()).map((event) => event.type)
  for (const type of [
    'system.setup_completed',
    'group.created',
    'challenge.minted',
    'certificate.issued',
    'certificate.revoked',
    'crl.published',
  ]) {
    expect(types).toContain(type)
  }
  const verdict = await portal.json<{ ok: boolean; events: number; firstBroken: unknown }>('audit', 'verify')
  expect(verdict).toMatchObject({ ok: true, firstBroken: null })
  expect(verdict.events).toBeGreaterThan(20)
})
