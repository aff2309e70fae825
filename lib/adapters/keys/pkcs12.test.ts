/** PKCS#12 files of several ages, made and judged by openssl: what opens, and what is said about what does not. */
import { createHmac, createPrivateKey, createPublicKey, pbkdf2Sync } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { constructedContext, parseDer, type Tlv } from '@/lib/pki/der'
import { encode, integer, nullValue, octetString, oid, sequence } from '@/lib/pki/der-write'
import { readPkcs12 } from './pkcs12'
import { type OpensslFolder, opensslFolder } from './testing/openssl'

let openssl: OpensslFolder

beforeAll(() => {
  openssl = opensslFolder()
  openssl.root('top')
  openssl.issuer('staff', 'top')
})
afterAll(() => openssl.remove())

const PASSWORD = 'correct horse – Ä 🐎'
const open = (file: Uint8Array, password = PASSWORD) => readPkcs12(file, Buffer.from(password, 'utf8'))

test.each([
  ['as openssl 3 writes it', []],
  ['with a MAC of SHA-1', ['-macalg', 'sha1']],
  ['with a MAC of SHA-512', ['-macalg', 'sha512']],
  ['with AES-128', ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC']],
  ['with many rounds', ['-iter', '20000']],
  ['with certificates that are not encrypted', ['-certpbe', 'NONE']],
])('a file %s opens, with its key and its chain', async (_, args) => {
  const { privateKey, certificates } = await open(openssl.pkcs12('staff', PASSWORD, { chain: ['top'], args }))
  const spki = createPublicKey(createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' }))
  const der = spki.export({ type: 'spki', format: 'der' })
  expect(certificates.map((each) => Buffer.from(each))).toEqual(
    [openssl.der('staff'), openssl.der('top')].map(Buffer.from),
  )
  expect(Buffer.from(parseCertificate(certificates[0] ?? new Uint8Array()).spki)).toEqual(der)
})

test('a file with PBMAC1 (RFC 9579) opens, as OpenSSL says too', async () => {
  const file = withPbmac1(openssl.pkcs12('staff', PASSWORD), PASSWORD)
  expect(() => createSecureContext({ pfx: file, passphrase: PASSWORD })).not.toThrow()
  expect((await open(file)).certificates.map((der) => Buffer.from(der))).toEqual([Buffer.from(openssl.der('staff'))])
  await expect(open(withPbmac1(file, 'another'))).rejects.toMatchObject({ reason: 'pkcs12_password' })
})

test('a second key is refused before it is opened, whatever that would cost', async () => {
  const one = openssl.pkcs12('staff', PASSWORD)
  const costly = openssl.pkcs12('staff', PASSWORD, { args: ['-iter', '1000001', '-nomaciter'] })
  const [certificates, key] = contentsOf(one)
  const [, other] = contentsOf(costly)
  const both = [certificates, key, other].map((each) => each?.bytes ?? new Uint8Array())
  await expect(open(withPbmac1(one, PASSWORD, sequence(...both)))).rejects.toMatchObject({
    code: 'invalid_input',
    reason: 'pkcs12_many_keys',
  })
})

function contentsOf(file: Uint8Array): Tlv[] {
  return parseDer(contentOf(file)).children()
}

function contentOf(file: Uint8Array): Uint8Array {
  return parseDer(file).children()[1]?.children()[1]?.children()[0]?.content ?? new Uint8Array()
}

/** The same file, or one with other contents, with another integrity check. */
function withPbmac1(file: Uint8Array, password: string, content = contentOf(file)): Buffer {
  const [version] = parseDer(file).children()
  const authSafe = sequence(oid('1.2.840.113549.1.7.1'), encode(constructedContext(0), octetString(content)))
  const salt = Buffer.from('a salt of 16 octets')
  const key = pbkdf2Sync(password, salt, 2_048, 32, 'sha256')
  const mac = createHmac('sha256', key).update(content).digest()
  const hmac = sequence(oid('1.2.840.113549.2.9'), nullValue())
  const pbkdf2 = sequence(oid('1.2.840.113549.1.5.12'), sequence(octetString(salt), integer(2_048), integer(32), hmac))
  const pbmac1 = sequence(oid('1.2.840.113549.1.5.14'), sequence(pbkdf2, hmac))
  const macData = sequence(sequence(pbmac1, octetString(mac)), octetString(salt), integer(1))
  return Buffer.from(sequence(version?.bytes ?? new Uint8Array(), authSafe, macData))
}

test('a wrong password is told as that, and nothing else', async () => {
  const file = openssl.pkcs12('staff', PASSWORD)
  for (const password of ['wrong', ' '])
    await expect(open(file, password)).rejects.toMatchObject({ code: 'invalid_input', reason: 'pkcs12_password' })
  await expect(open(file, '')).rejects.toMatchObject({ reason: 'pkcs12_password' })
})

test.each([
  ['3DES, as Windows and OpenSSL 1 wrote it', ['-legacy', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES']],
  ['RC2, as OpenSSL 1 wrote its certificates', ['-legacy', '-certpbe', 'PBE-SHA1-RC2-40']],
  ['3DES under PBES2', ['-keypbe', 'DES-EDE3-CBC', '-certpbe', 'DES-EDE3-CBC']],
])('a file with %s is refused with the way to convert it', async (_, args) => {
  const file = openssl.pkcs12('staff', PASSWORD, { args })
  await expect(open(file)).rejects.toMatchObject({
    code: 'invalid_input',
    reason: 'pkcs12_legacy',
    sentence: expect.stringContaining('openssl pkcs12 -legacy'),
  })
})

test.each([
  ['without a MAC', ['-nomac'], 'pkcs12_no_mac'],
  ['with more rounds than a password needs', ['-iter', '1000001', '-nomaciter'], 'pkcs12_too_costly'],
  ['with a key that is not encrypted', ['-keypbe', 'NONE'], 'pkcs12_key_in_the_clear'],
  ['without a key', ['-nokeys'], 'pkcs12_no_key'],
])('a file %s is refused', async (_, args, reason) => {
  await expect(open(openssl.pkcs12('staff', PASSWORD, { args }))).rejects.toMatchObject({
    code: 'invalid_input',
    reason,
  })
})

test('what is no PKCS#12, or is cut or changed anywhere, never opens and never is a fault of ours', async () => {
  const file = openssl.pkcs12('staff', PASSWORD)
  const damaged = [
    new Uint8Array(),
    Buffer.from('text'),
    file.subarray(0, 200),
    Buffer.concat([file, Buffer.from([0])]),
  ]
  for (let at = 0; at < file.length; at += 37) {
    const changed = Buffer.from(file)
    changed[at] = (changed[at] ?? 0) ^ 0x41
    damaged.push(changed)
  }
  const known = Buffer.from(openssl.der('staff'))
  for (const each of damaged) {
    const outcome = await open(each).then(
      ({ certificates }) => (known.equals(certificates[0] ?? new Uint8Array()) ? 'as it was' : 'changed'),
      (error) => error.code,
    )
    // Outside of what the MAC covers there are octets that say nothing.
    expect(['invalid_input', 'as it was']).toContain(outcome)
  }
})
