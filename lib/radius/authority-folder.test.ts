/** The folder as OpenSSL uses it, and the script that renews its lists, run by a real shell. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { openssl } from '@/e2e/fixtures/openssl'
import { parseCertificate } from '@/lib/pki/certificate'
import { fromPem } from '@/lib/pki/pem'
import { authorityFolder, refreshScript, type TrustedAuthority } from './authority-folder'
import { tar } from './tar'

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An authority made by openssl, with one CRL. */
function authority(folder: string, subject: string, name = 'ca'): TrustedAuthority & { renew(): Uint8Array } {
  const at = (file: string) => join(folder, `${name}.${file}`)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('key')]
  openssl(['req', '-x509', ...key, '-out', at('pem'), '-subj', subject, '-days', '2'])
  writeFileSync(at('index'), '')
  writeFileSync(at('number'), '01\n')
  writeFileSync(
    at('cnf'),
    `[ca]\ndefault_ca = d\n[d]\ndatabase = ${at('index')}\ncrlnumber = ${at('number')}\ndefault_md = sha256\ndefault_crl_days = 1\n`,
  )
  const renew = () => {
    openssl(['ca', '-config', at('cnf'), '-gencrl', '-keyfile', at('key'), '-cert', at('pem'), '-out', at('crl')])
    return new Uint8Array(openssl(['crl', '-in', at('crl'), '-outform', 'DER']))
  }
  const [certificateDer = new Uint8Array()] = fromPem(readFileSync(at('pem'), 'utf8'))
  const { subjectDer } = parseCertificate(certificateDer)
  return { name: subject, subjectDer, certificateDer, crl: { der: renew(), url: `file://${at('der')}` }, renew }
}

function install(folder: string, authorities: TrustedAuthority[]): string {
  for (const { path, text, mode } of [...authorityFolder(authorities), refreshScript(authorities)]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text, { mode })
  }
  return join(folder, 'latchkey/authorities')
}

test('OpenSSL finds certificate and list by their hashed names', () => {
  const folder = scratch()
  const one = authority(folder, '/CN=Staff  Issuing CA/O=Example')
  const trusted = install(folder, [one])
  writeFileSync(join(folder, 'one.pem'), openssl(['x509', '-inform', 'DER', '-outform', 'PEM'], one.certificateDer))
  const said = openssl(['verify', '-CApath', trusted, '-crl_check', join(folder, 'one.pem')]).toString()
  expect(said).toContain(': OK')
})

test('authorities of one name get numbers', () => {
  const folder = scratch()
  const both = [authority(folder, '/CN=Same', 'a'), authority(folder, '/CN=Same', 'b')]
  const hash = authorityFolder(both)[0]?.path.replace(/^.*\/(.*)\.0$/, '$1')
  expect(authorityFolder(both).map(({ path }) => path.replace(/^.*\//, ''))).toEqual([
    `${hash}.0`,
    `${hash}.r0`,
    `${hash}.1`,
    `${hash}.r1`,
  ])
})

test('a new list gets the next number, the same one none, and a forged one changes nothing', () => {
  const folder = scratch()
  const one = authority(folder, '/CN=Staff Issuing CA/O=Example')
  const other = authority(folder, '/CN=Staff Issuing CA/O=Example', 'other')
  const trusted = install(folder, [one])
  const hash = authorityFolder([one])[0]?.path.replace(/^.*\/(.*)\.0$/, '$1') ?? ''
  const serve = (der: Uint8Array) => writeFileSync(join(folder, 'ca.der'), der)
  const refresh = () => spawnSync(join(folder, 'latchkey/refresh-crls'), { encoding: 'utf8' }).status
  const has = (number: number) => existsSync(join(trusted, `${hash}.r${number}`))

  expect(refresh()).toBe(1) // nothing is served yet
  serve(one.crl?.der ?? new Uint8Array())
  expect([refresh(), has(0), has(1)]).toEqual([0, true, false])
  serve(one.renew())
  expect([refresh(), refresh(), has(1), has(2)]).toEqual([0, 0, true, false])
  serve(other.renew())
  expect([refresh(), has(2)]).toEqual([1, false])
  serve(Buffer.from('no list'))
  expect([refresh(), has(2)]).toEqual([1, false])
  for (let turn = 0; turn < 20; turn++) {
    serve(one.renew())
    expect(refresh()).toBe(0)
  }
  expect([has(0), has(1)]).toEqual([true, false])
  const newest = openssl(['crl', '-in', join(trusted, `${hash}.r0`), '-noout', '-crlnumber']).toString()
  expect(newest).toContain('0x16')
}, 60_000)

test('tar reads the archive, with its modes', () => {
  const folder = scratch()
  const files = [
    { path: 'latchkey/README', text: 'Größe\n', mode: 0o644 },
    { path: 'latchkey/refresh-crls', text: 'x'.repeat(1_000), mode: 0o755 },
    { path: 'empty', text: '', mode: 0o640 },
  ]
  const packed = gzipSync(tar(files, new Date('2026-11-23T12:00:00Z')))
  writeFileSync(join(folder, 'a.tar.gz'), packed)
  const listed = execFileSync('tar', ['tvzf', join(folder, 'a.tar.gz')], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  })
  expect(listed).toMatch(/^-rw-r--r-- .* 8 2026-11-23 12:00 latchkey\/README$/m)
  expect(listed).toMatch(/^-rwxr-xr-x .* 1000 .* latchkey\/refresh-crls$/m)
  expect(listed).toMatch(/^-rw-r----- .* 0 .* empty$/m)
  expect(gunzipSync(packed).length % 512).toBe(0)
})
