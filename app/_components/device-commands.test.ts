/** The commands people paste into a shell on a device. */
import { describe, expect, test } from 'vitest'
import {
  beyondCertmonger,
  beyondStrongswan,
  certmongerCommands,
  type DeviceToEnrol,
  enrolCommand,
  quote,
  strongswanEnrolCommand,
  strongswanFetchCommand,
} from './device-commands'

const tablet: DeviceToEnrol = {
  scepUrl: 'https://pki.example.org/scep/staff',
  subject: 'CN=Tablet 7,O=Example',
  san: [
    { type: 'dns', value: 'tablet-7.example.org' },
    { type: 'upn', value: 'ada@example.org' },
  ],
  challenge: 'K7Q2M9',
  includeRoot: true,
  rootUrl: 'http://pki.example.org/ca/root.cer',
  issuerUrl: 'http://pki.example.org/ca/staff.cer',
  issuerFingerprint: 'ab'.repeat(32),
}

describe('quoting for a shell', () => {
  test.each([
    ['tablet-7.key', 'tablet-7.key'],
    ['CN=Tablet 7', "'CN=Tablet 7'"],
    ["O'Brien; rm -rf $HOME `id`", "'O'\\''Brien; rm -rf $HOME `id`'"],
    ['', "''"],
    ['a\nb', "'a\nb'"],
  ])('%j becomes one word', (value, expected) => expect(quote(value)).toBe(expected))
})

test('our client gets every name of the challenge and files named after the device', () => {
  expect(enrolCommand(tablet).split(' \\\n  ')).toEqual([
    'npm run latchkey -- enrol',
    '--url https://pki.example.org/scep/staff',
    '--challenge K7Q2M9',
    "--subject 'CN=Tablet 7,O=Example'",
    '--san dns:tablet-7.example.org',
    '--san upn:ada@example.org',
    `--ca-fingerprint ${'ab'.repeat(32)}`,
    '--key-out tablet-7.key',
    '--cert-out tablet-7.crt',
  ])
})

test('strongSwan gets the names it knows, and the page can say which it does not', () => {
  expect(strongswanEnrolCommand(tablet)).toContain('--san tablet-7.example.org \\')
  expect(strongswanEnrolCommand(tablet)).not.toContain('ada@example.org')
  expect(beyondStrongswan(tablet.san)).toEqual([{ type: 'upn', value: 'ada@example.org' }])
})

test('certmonger gets the challenge by a file, every name it knows, and the CA of the web server over https alone', () => {
  const { prepare, enrol } = certmongerCommands(tablet)
  expect(prepare).toContain("(umask 077; printf '%s' K7Q2M9 > /etc/latchkey/tablet-7/challenge)")
  expect(enrol).not.toContain('K7Q2M9')
  expect(enrol).toContain("-N 'CN=Tablet 7,O=Example'")
  expect(enrol).toContain('-D tablet-7.example.org \\\n  -P ada@example.org')
  expect(enrol).toContain('-R /etc/ssl')
  expect(certmongerCommands({ ...tablet, scepUrl: 'http://pki/scep/staff' }).enrol).not.toContain('-R ')
  expect(beyondCertmonger([...tablet.san, { type: 'uri', value: 'urn:x' }])).toEqual([{ type: 'uri', value: 'urn:x' }])
})

test('an endpoint that leaves the root out of GetCACert has it fetched from its own URL', () => {
  expect(strongswanFetchCommand(tablet)).not.toContain('curl')
  expect(strongswanFetchCommand({ ...tablet, includeRoot: false })).toContain(
    'curl -fsS http://pki.example.org/ca/root.cer',
  )
})

test('before minting, the command shows where the challenge belongs', () => {
  expect(enrolCommand({ ...tablet, challenge: null })).toContain('--challenge CHALLENGE')
})

test('a subject without a common name still gives file names', () => {
  expect(enrolCommand({ ...tablet, subject: 'O=Example' })).toContain('--key-out device.key')
})
