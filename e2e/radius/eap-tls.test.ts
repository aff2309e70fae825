/**
 * The proof of it all: devices with real certificates log in to a real network. Debian's FreeRADIUS runs on the files that
 * the product generates, and eapol_test is the device. Each check keeps a revoked device out by itself.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  type Device,
  FAKE_TIME,
  type FreeRadius,
  type FreeRadiusOptions,
  startFreeRadius,
} from '@/e2e/fixtures/free-radius'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { needs } from '@/e2e/fixtures/real-clients'

const run = promisify(execFile)
const missing =
  needs('/usr/sbin/freeradius') || needs('eapol_test') || needs('/usr/lib/freeradius/rlm_rest.so') || needs(FAKE_TIME)

const SECONDS = { timeout: 30_000, interval: 200 }
/** FreeRADIUS's own words. */
const SKIPPING = /(?<!\.\.\. )skipping/i
const EVIL = '%{exec:/bin/id}'

let portal: Organisation
let staff: GroupCreated
let students: GroupCreated
let folder: string
let apiKey: string
/** Asks the portal and looks into revocation lists, for both groups. */
let both: FreeRadius
let configured = 0
const at = (name: string) => join(folder, name)

beforeAll(async () => {
  if (missing) return
  folder = await mkdtemp(join(tmpdir(), 'latchkey-e2e-'))
  portal = await startOrganisation()
  staff = await portal.createGroup('Staff', 'p256')
  students = await portal.createGroup('Students')
  const grants = ['--filter-id', 'staff.in', '--class', 'staff', '--session-timeout', '3600']
  await portal.json('network', 'set', 'staff', '--enable', '--vlan', '20', ...grants)
  await portal.json('network', 'set', 'students', '--enable', '--vlan', 'students')
  const made = await portal.json<{ key: string }>('api-key', 'create', '--name', 'radius', '--role', 'radius')
  apiKey = made.key
  both = await radius(['staff', 'students'], { apiKey })
}, 240_000)

afterAll(async () => {
  await both?.stop()
  await portal?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

/** A server on freshly generated files. */
async function radius(
  groups: string[],
  options: Omit<FreeRadiusOptions, 'files'> = {},
  ...switches: string[]
): Promise<FreeRadius> {
  configured += 1
  const files = at(`files-${configured}`)
  const named = groups.flatMap((group) => ['--group', group])
  await portal.json('radius', 'config', ...named, '--out', files, ...switches)
  return startFreeRadius({ files, ...options })
}

/** The same, for one test. */
async function ownRadius(...given: Parameters<typeof radius>): Promise<FreeRadius> {
  const server = await radius(...given)
  onTestFinished(() => server.stop())
  return server
}

/** A device of the group, enrolled by our own client. */
async function enrolled(group: GroupCreated, name: string): Promise<Device & { serial: string }> {
  const subject = `CN=${name},O=Example`
  const { challenge } = await portal.mint(group.endpoint.slug, subject)
  const device = { certificate: at(`${crypto.randomUUID()}.pem`), key: at(`${crypto.randomUUID()}.key`) }
  const files = ['--key-out', device.key, '--cert-out', device.certificate]
  const asked = ['--url', group.endpoint.scepUrl, '--challenge', challenge, '--subject', subject]
  const { serial } = await portal.json<{ serial: string }>('enrol', ...asked, ...files)
  return { ...device, serial }
}

const revoke = (serial: string, reason = 'superseded') =>
  portal.json('certificate', 'revoke', serial, '--reason', reason)

/** What a tool of the same shape makes without asking anybody. */
async function selfMade(subject: string, ...issuer: string[]): Promise<Device> {
  const device = { certificate: at(`${crypto.randomUUID()}.pem`), key: at(`${crypto.randomUUID()}.key`) }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', device.key]
  const usage = ['-addext', 'extendedKeyUsage=clientAuth', '-addext', 'basicConstraints=CA:FALSE']
  await run('openssl', [
    'req',
    '-x509',
    ...key,
    '-out',
    device.certificate,
    '-subj',
    subject,
    '-days',
    '2',
    ...usage,
    ...issuer,
  ])
  return device
}

describe.skipIf(missing)('who is let in', () => {
  test('a certificate of the group, into its VLAN, with everything that is granted', async () => {
    const login = await both.login(await enrolled(staff, 'tablet-1'))
    expect(login.attributes).toMatchObject({
      'Tunnel-Type': '0000000d',
      'Tunnel-Medium-Type': '00000006',
      'Tunnel-Private-Group-Id': hex('20'),
      Class: hex('staff'),
      'Session-Timeout': '3600',
      'Termination-Action': '1',
    })
    expect(login.accepted).toBe(true)
    expect(login.log).toContain('Filter-Id = "staff.in"')
    expect(login.log).not.toMatch(SKIPPING)
  })

  test('a certificate of another group, into its own', async () => {
    const login = await both.login(await enrolled(students, 'laptop-1'))
    expect(login).toMatchObject({ accepted: true, attributes: { 'Tunnel-Private-Group-Id': hex('students') } })
  })

  test.skipIf(needs('pki'))('a certificate that strongSwan enrolled', async () => {
    const url = staff.endpoint.scepUrl
    await run('pki', [
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
    ])
    const { challenge } = await portal.mint(staff.endpoint.slug, 'CN=laptop-sw,O=Example')
    const key = at('sw.key')
    await writeFile(key, (await run('pki', ['--gen', '--type', 'rsa', '--size', '2048', '--outform', 'pem'])).stdout)
    const authorities = (await readdir(folder))
      .filter((name) => /^sw-ca.*\.pem$/.test(name))
      .flatMap((name) => ['--cacert', at(name)])
    const trust = ['--cacert-enc', at('sw-ra.pem'), '--cacert-sig', at('sw-ra.pem'), ...authorities]
    const asked = ['--in', key, '--dn', 'CN=laptop-sw, O=Example', '--password', challenge]
    const { stdout } = await run('pki', ['--scep', '--url', url, ...asked, ...trust, '--outform', 'pem'])
    await writeFile(at('sw.pem'), stdout)
    expect(await both.login({ certificate: at('sw.pem'), key })).toMatchObject({
      accepted: true,
      attributes: { 'Tunnel-Private-Group-Id': hex('20') },
    })
  })

  test('what was decided shows with the group, when the device is seen', async () => {
    const { serial } = await enrolled(staff, 'tablet-seen').then(async (device) => {
      await both.login(device, { ssid: 'Staff Wi-Fi' })
      return device
    })
    await expect
      .poll(
        async () => (await network('staff')).sightings.find(({ certificate }) => certificate.serial === serial),
        SECONDS,
      )
      .toMatchObject({ accepted: 1, vlan: '20', ssid: 'Staff Wi-Fi', networkServer: 'ap-test' })
  })
})

describe.skipIf(missing)('the profile of the endpoint for wpa_supplicant', () => {
  const network = async (radius: string, ssid = 'Test') => {
    const asked = ['--kind', 'wpa-supplicant', '--ssid', ssid, '--radius', radius]
    const { content } = await portal.json<{ content: string }>('endpoint', 'profile', staff.endpoint.slug, ...asked)
    return (files: { ca: string; certificate: string; key: string }) =>
      content
        .replace('/etc/latchkey/staff/ca.pem', files.ca)
        .replace('/etc/latchkey/staff/client.pem', files.certificate)
        .replace('/etc/latchkey/staff/client.key', files.key)
  }

  test('lets a device in, whatever characters the network has in its name', async () => {
    const device = await enrolled(staff, 'profiled')
    for (const ssid of ['Test', 'A "B" & \\C#}'])
      expect(await both.login(device, { network: await network('radius.example.com', ssid) })).toMatchObject({
        accepted: true,
      })
  })

  test('does not let it talk to a server of another name', async () => {
    const device = await enrolled(staff, 'wary')
    expect((await both.login(device, { network: await network('radius.example.org') })).accepted).toBe(false)
  })
})

describe.skipIf(missing)('who is kept out', () => {
  test('a certificate that somebody made for himself', async () => {
    const login = await both.login(await selfMade('/CN=tablet-1/O=Example'))
    expect(login.accepted).toBe(false)
  })

  test('a certificate of another authority that calls itself like ours', async () => {
    const { stdout } = await run('openssl', [
      'x509',
      '-in',
      (await enrolled(staff, 'tablet-2')).certificate,
      '-noout',
      '-issuer',
      '-nameopt',
      'compat',
    ])
    const [ca, leaf] = [at('other-ca'), at('other-leaf')]
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const name = stdout.replace(/^issuer=(.*)\n$/, '$1')
    await run('openssl', [
      'req',
      '-x509',
      ...key,
      '-keyout',
      `${ca}.key`,
      '-out',
      `${ca}.pem`,
      '-subj',
      name,
      '-days',
      '2',
    ])
    await run('openssl', [
      'req',
      ...key,
      '-keyout',
      `${leaf}.key`,
      '-out',
      `${leaf}.csr`,
      '-subj',
      '/CN=tablet-2/O=Example',
    ])
    await run('openssl', [
      'x509',
      '-req',
      '-in',
      `${leaf}.csr`,
      '-CA',
      `${ca}.pem`,
      '-CAkey',
      `${ca}.key`,
      '-CAcreateserial',
      '-out',
      `${leaf}.pem`,
      '-days',
      '2',
    ])
    expect((await both.login({ certificate: `${leaf}.pem`, key: `${leaf}.key` })).accepted).toBe(false)
  })

  test('a certificate of a group that this server was not told to let in, although it brings its issuer along', async () => {
    const server = await ownRadius(['staff'], { apiKey })
    const device = await enrolled(students, 'laptop-2')
    const chain = at('with-issuer.pem')
    const issuer = await fetch(`${portal.url}/ca/${students.issuer.slug}.pem`).then((response) => response.text())
    await writeFile(chain, `${await readFile(device.certificate, 'utf8')}${issuer}`)
    expect((await server.login({ ...device, certificate: chain })).accepted).toBe(false)
    expect((await both.login({ ...device, certificate: chain })).accepted).toBe(true)
  })

  test('an expired certificate', async () => {
    const short = await portal.json<{ slug: string; scepUrl: string }>(
      'endpoint',
      'create',
      '--group',
      'staff',
      '--name',
      'Short',
      '--validity',
      '1',
    )
    const device = await enrolled({ ...staff, endpoint: { ...staff.endpoint, ...short } }, 'tablet-short')
    expect((await both.login(device)).accepted).toBe(true)
    const server = await ownRadius(['staff'], { apiKey, ahead: '+3d' }, '--no-crl')
    const login = await server.login(device)
    expect(login.accepted).toBe(false)
    expect(login.log).toContain('certificate has expired')
  })

  test('a certificate whose names hold commands for the RADIUS server: let in, and none of them is run', async () => {
    const login = await both.login(await enrolled(staff, EVIL), { identity: EVIL, ssid: EVIL })
    expect(login.accepted).toBe(true)
    const answer = login.log.slice(login.log.indexOf('Processing response header'))
    expect(answer).not.toContain('uid=')
    expect(login.log).not.toMatch(/Executing: \/bin\/id|Program/)
    expect(Object.values(login.attributes).join()).not.toContain(hex('%{'))
  })
})

describe.skipIf(missing)('a revoked device is kept out within seconds', () => {
  test('by the question to the portal alone', async () => {
    const server = await ownRadius(['staff'], { apiKey }, '--no-crl')
    const device = await enrolled(staff, 'lost-1')
    expect((await server.login(device)).accepted).toBe(true)
    await revoke(device.serial)
    const login = await server.login(device)
    expect(login.accepted).toBe(false)
    expect(login.log).toContain('Latchkey: certificate_revoked')
    expect(login.log).not.toMatch(SKIPPING)
    await expect
      .poll(
        async () => (await network('staff')).refusals.find(({ certificate }) => certificate?.serial === device.serial),
        SECONDS,
      )
      .toMatchObject({ reason: 'certificate_revoked', networkServer: 'ap-test' })
  })

  test('by the revocation list alone', async () => {
    const server = await ownRadius(['staff'], {}, '--no-rest')
    const device = await enrolled(staff, 'lost-2')
    expect(await server.login(device)).toMatchObject({
      accepted: true,
      attributes: { 'Tunnel-Private-Group-Id': hex('20') },
    })
    await revoke(device.serial)
    await expect
      .poll(async () => {
        await server.refreshCrls()
        return (await server.login(device)).accepted
      }, SECONDS)
      .toBe(false)
    expect(server.output()).toContain('certificate revoked')
    expect((await server.login(await enrolled(staff, 'kept-2'))).accepted).toBe(true)
  })

  test('by the OCSP responder alone', async () => {
    const server = await ownRadius(['staff', 'students'], {}, '--no-rest', '--no-crl', '--ocsp')
    const [device, other] = [await enrolled(staff, 'lost-3'), await enrolled(students, 'lost-4')]
    // A new issuer has its responder within seconds.
    await expect.poll(async () => (await server.login(device)).attributes.Class, SECONDS).toBe(hex('staff'))
    await expect.poll(async () => (await server.login(other)).accepted, SECONDS).toBe(true)
    await revoke(device.serial)
    await expect.poll(async () => (await server.login(device)).accepted, SECONDS).toBe(false)
    expect((await server.login(other)).accepted).toBe(true)
  })

  test('while its group is off, and let in again when it is on', async () => {
    const device = await enrolled(students, 'laptop-3')
    await portal.json('network', 'set', 'students', '--disable')
    const login = await both.login(device)
    expect(login.accepted).toBe(false)
    expect(login.log).toContain('Latchkey: access_off')
    await portal.json('network', 'set', 'students', '--enable')
    expect((await both.login(device)).accepted).toBe(true)
  })

  test('on the wrong wireless network', async () => {
    await portal.json('network', 'set', 'students', '--ssid', 'Campus')
    const device = await enrolled(students, 'laptop-4')
    expect((await both.login(device, { ssid: 'Staff' })).log).toContain('Latchkey: not in this place')
    expect((await both.login(device, { ssid: 'Campus' })).accepted).toBe(true)
    await portal.json('network', 'set', 'students', '--ssid', '')
  })
})

describe.skipIf(missing)('when something is away', () => {
  test('the portal: the server starts, and lets nobody in', async () => {
    const nobody = (name: string, text: string) =>
      name === 'latchkey_rest' ? text.replaceAll(portal.url, 'http://127.0.0.1:1') : text
    const server = await ownRadius(['staff'], { apiKey, edit: nobody })
    const login = await server.login(await enrolled(staff, 'early-1'))
    expect(login.accepted).toBe(false)
    expect(login.log).toContain('Latchkey: no answer')
  })

  test('a key that does not hold lets nobody in', async () => {
    const server = await ownRadius(['staff'], { apiKey: apiKey.replace(/.$/, '!') })
    expect((await server.login(await enrolled(staff, 'early-2'))).log).toContain('the API key does not hold')
  })

  test.each([
    ['kept out', [], false],
    ['let in, where that was chosen', ['--accept-on-outage'], true],
  ])('the OCSP responder: %s', async (_, switches, accepted) => {
    const nobody = (name: string, text: string) =>
      name === 'latchkey_eap'
        ? text
            .replace('override_cert_url = no', 'override_cert_url = yes')
            .replace(/url = "http:.*"/, 'url = "http://127.0.0.1:1/ocsp"')
        : text
    const server = await ownRadius(['staff'], { edit: nobody }, '--no-rest', '--no-crl', '--ocsp', ...switches)
    expect((await server.login(await enrolled(staff, 'unsure-1'))).accepted).toBe(accepted)
  })

  test.each([
    ['kept out', [], false],
    ['let in, where that was chosen', ['--accept-on-outage'], true],
  ])('a revocation list that has gone stale: %s', async (_, switches, accepted) => {
    const device = await enrolled(staff, 'stale-1')
    // A CRL lives for seven days, and the certificate for a year.
    const server = await ownRadius(['staff'], { ahead: '+30d' }, '--no-rest', ...switches)
    const login = await server.login(device)
    expect(login.accepted).toBe(accepted)
    if (!accepted) expect(login.log).toContain('CRL has expired')
  })
})

interface NetworkHistory {
  sightings: { certificate: { serial: string }; accepted: number }[]
  refusals: { certificate: { serial: string } | null; reason: string }[]
}

function network(group: string): Promise<NetworkHistory> {
  return portal.json<NetworkHistory>('network', 'log', group)
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex')
}
