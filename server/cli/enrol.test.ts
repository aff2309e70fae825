/** latchkey enrol against a small SCEP server: what it sends, what it believes, and what it leaves on the disk. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { FAIL_TEXT } from '@/lib/scep/fail-info'
import { type Behaviour, certify, fingerprint, type ScepServer, startScepServer } from './testing/scep-server'
import { latchkey } from './testing/terminal'

let scep: ScepServer
let usual: Behaviour
let folder: string
const at = (file: string) => join(folder, file)

beforeAll(async () => {
  scep = await startScepServer()
  usual = { ...scep.behaviour }
})
afterAll(() => scep.close())
beforeEach(() => {
  delete scep.behaviour.caCertificates
  delete scep.behaviour.signer
  Object.assign(scep.behaviour, usual)
  scep.requests.length = 0
  folder = mkdtempSync(join(tmpdir(), 'latchkey-enrol-'))
  return () => rmSync(folder, { recursive: true })
})

const enrol = (...more: string[]) =>
  latchkey([
    'enrol',
    '--url',
    scep.url,
    '--challenge',
    'SECRETCHALLENGE',
    '--subject',
    'CN=tablet-7,O=Example',
    '--cert-out',
    at('cert.pem'),
    ...more,
  ])
const withNewKey = (...more: string[]) => enrol('--key-out', at('key.pem'), ...more)

describe('success', () => {
  test('saves a key nobody else can read and the certificate for it, and says each step', async () => {
    const { code, out, json } = await withNewKey('--san', 'dns:tablet-7.example', '--json')
    expect([code, out.includes('SECRETCHALLENGE')]).toEqual([0, false])
    const certificate = new X509Certificate(readFileSync(at('cert.pem')))
    expect(json).toEqual({ status: 'SUCCESS', serial: expect.stringMatching(/^[0-9A-F]+$/), failInfo: null })
    expect(BigInt(`0x${json.serial}`)).toBe(BigInt(`0x${certificate.serialNumber}`))
    expect(certificate.checkPrivateKey(createPrivateKey(readFileSync(at('key.pem'))))).toBe(true)
    expect(readFileSync(at('key.pem'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/)
    expect(statSync(at('key.pem')).mode & 0o777).toBe(0o600)
    expect(certificate.subjectAltName).toBe('DNS:tablet-7.example')
    expect(readdirSync(folder).sort()).toEqual(['cert.pem', 'key.pem'])
    const [request] = scep.requests
    expect(request).toMatchObject({ method: 'POST', messageType: 19 })
    expect(request?.csr?.challengePasswords).toEqual(['SECRETCHALLENGE'])
    expect(request?.csr?.subject.map(({ value }) => value)).toEqual(['tablet-7', 'Example'])
  })

  test('people read what each step answered', async () => {
    const { out, error } = await withNewKey()
    for (const step of [
      'GetCACaps: AES',
      'GetCACert: 3 certificates',
      'Key: a new RSA key of 2048 bits',
      'PKCSReq: sent',
      'CertRep:',
      'SUCCESS: certificate',
    ]) {
      expect(out).toContain(step)
    }
    expect(out).toContain(fingerprint(scep.issuer.der))
    expect(error).toBe('')
  })

  test('--chain saves the issuers too, and --key uses the key that is there', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    writeFileSync(at('mine.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    expect((await enrol('--key', at('mine.pem'), '--chain')).code).toBe(0)
    const pems = readFileSync(at('cert.pem'), 'utf8').match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? []
    const [own, issuer, root] = pems.map((pem) => new X509Certificate(pem))
    expect(own?.publicKey.equals(createPublicKey(privateKey))).toBe(true)
    expect([own?.verify(issuer?.publicKey as never), issuer?.verify(root?.publicKey as never)]).toEqual([true, true])
  })

  test('a server without POSTPKIOperation is asked by GET', async () => {
    scep.behaviour.capabilities = 'AES\nSHA-256\n'
    expect((await withNewKey()).code).toBe(0)
    expect(scep.requests[0]?.method).toBe('GET')
  })

  test('a chain without its root will do, and the fingerprint of the issuer may be pasted with colons', async () => {
    scep.behaviour.caCertificates = [scep.ra.der, scep.issuer.der]
    const pasted = fingerprint(scep.issuer.der)
      .toUpperCase()
      .replaceAll(/(..)(?=.)/g, '$1:')
    const { code, out } = await withNewKey('--ca-fingerprint', pasted)
    expect([code, out.includes('The fingerprint is the one you gave.')]).toEqual([0, true])
  })

  test('a pending request is asked for again until it is issued, under the same transaction id', async () => {
    scep.behaviour.answer = ({ messageType }) => (messageType === 20 ? 'issue' : 'pending')
    const { code, json, error } = await withNewKey('--poll-interval', '1', '--json')
    expect([code, json.status]).toEqual([0, 'SUCCESS'])
    expect(error).toContain('waits for approval')
    expect(scep.requests.map(({ messageType }) => messageType)).toEqual([19, 20])
    expect(new Set(scep.requests.map(({ transactionId }) => transactionId)).size).toBe(1)
  })

  test('a reply that got lost is asked for again with the same request', async () => {
    let drops = 1
    scep.behaviour.answer = () => (drops-- > 0 ? 'drop' : 'issue')
    expect((await withNewKey()).code).toBe(0)
    expect(scep.requests).toHaveLength(2)
    expect(scep.requests[0]?.csr?.der).toEqual(scep.requests[1]?.csr?.der)
  })
})

describe('no certificate', () => {
  test('FAILURE is said with its failInfo, exit code 1, and nothing is left behind', async () => {
    scep.behaviour.answer = () => ({ failInfo: 'badRequest', text: FAIL_TEXT.challenge })
    const { code, json } = await withNewKey('--json')
    expect([code, json]).toEqual([1, { status: 'FAILURE', serial: null, failInfo: 'badRequest' }])
    expect(readdirSync(folder)).toEqual([])
  })

  test('PENDING to the end is exit code 1, and the key is kept for the next try', async () => {
    scep.behaviour.answer = () => 'pending'
    const { code, json } = await withNewKey('--poll-for', '0', '--json')
    expect([code, json]).toEqual([1, { status: 'PENDING', serial: null, failInfo: null }])
    expect(readdirSync(folder)).toEqual(['key.pem'])
  })

  test('when no answer comes at all, the key is kept: the certificate may exist', async () => {
    scep.behaviour.answer = () => 'drop'
    const { code, json } = await withNewKey('--json')
    expect([code, json.error?.code]).toEqual([1, 'no_answer'])
    expect(json.error?.message).toContain(`--key ${at('key.pem')}`)
    expect(readdirSync(folder)).toEqual(['key.pem'])
  })

  test('an existing key or certificate is never overwritten without --force, and no challenge is spent', async () => {
    for (const file of ['key.pem', 'cert.pem']) {
      writeFileSync(at(file), 'precious')
      const { code, json } = await withNewKey('--json')
      expect([code, json.error?.code]).toEqual([1, 'file'])
      expect(readFileSync(at(file), 'utf8')).toBe('precious')
      rmSync(at(file))
    }
    expect(scep.requests).toEqual([])
    writeFileSync(at('key.pem'), 'precious', { mode: 0o644 })
    expect((await withNewKey('--force')).code).toBe(0)
    expect(statSync(at('key.pem')).mode & 0o777).toBe(0o600)
  })

  test('a certificate by another CA of the same name is not saved', async () => {
    scep.behaviour.signer = certify('issuer', 'Test Issuer', scep.root)
    const { code, json } = await withNewKey('--json')
    expect([code, json.error?.code]).toEqual([1, 'untrusted'])
    expect(existsSync(at('cert.pem'))).toBe(false)
  })

  test.each([
    ['another fingerprint', ['--ca-fingerprint', 'ab'.repeat(32)], 'wrong_fingerprint'],
    ['half a fingerprint', ['--ca-fingerprint', 'ab'.repeat(16)], 'bad_fingerprint'],
  ])('%s ends it before the challenge is sent', async (_, more, code) => {
    expect((await withNewKey(...more, '--json')).json.error?.code).toBe(code)
    expect(scep.requests).toEqual([])
  })

  test.each([
    ['a registration authority that no CA signed', () => [scep.ra.der, certify('root', 'Test Issuer').der]],
    [
      'an expired chain',
      () => {
        const life = { notBefore: new Date(Date.now() - 9e6), notAfter: new Date(Date.now() - 3e6) }
        const issuer = certify('issuer', 'Old', scep.root, life)
        return [certify('ra', 'Old RA', issuer, life).der, issuer.der, scep.root.der]
      },
    ],
  ])('%s is not trusted with the challenge', async (_, certificates) => {
    scep.behaviour.caCertificates = certificates()
    expect((await withNewKey('--json')).json.error?.code).toBe('untrusted')
    expect(scep.requests).toEqual([])
  })

  test.each([
    ['a server that is not there', ['--url', 'http://127.0.0.1:9/scep/staff'], 'no_answer'],
    ['no such endpoint', ['--url', 'OTHER'], 'no_endpoint'],
    ['no URL', ['--url', 'scep.example'], 'bad_url'],
    ['a folder that is not there', ['--cert-out', '/nowhere/cert.pem'], 'file'],
    ['a subject that is none', ['--subject', 'tablet'], 'invalid_input'],
  ])('%s is one clear sentence', async (_, [name = '', value = ''], code) => {
    const options = new Map([
      ['--url', scep.url],
      ['--challenge', 'C'],
      ['--subject', 'CN=a'],
      ['--key-out', at('k')],
      ['--cert-out', at('c')],
    ])
    options.set(name, value === 'OTHER' ? scep.url.replace('staff', 'other') : value)
    const ran = await latchkey(['enrol', ...[...options].flat(), '--json'])
    expect([ran.code, ran.json.error?.code]).toEqual([1, code])
    expect(ran.json.error?.message).toMatch(/^[^\n]+[.]$/)
  })

  test('an EC key is refused: SCEP needs RSA', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(at('ec.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    expect((await enrol('--key', at('ec.pem'), '--json')).json.error?.code).toBe('bad_key')
  })

  test.each([
    [['--key-out', 'a', '--key', 'b']],
    [[]],
    [['--key-out', 'a', '--challenge-stdin']],
    [['--key-out', 'a', '--no-challenge']],
    [['--key-out', 'a', '--poll-interval', '0']],
    [['--key-out', 'a', '--san', 'tablet-7.example']],
    [['--key-out', 'a', '--cert', 'b']],
    [['--key-out', 'a', '--new-key', 'b']],
  ])('%j is a wrong call', async (more) => {
    expect((await enrol(...more)).code).toBe(2)
  })
})

describe('--renew', () => {
  const renew = (...more: string[]) =>
    latchkey(['enrol', '--renew', '--url', scep.url, '--cert-out', at('next.pem'), ...more])
  const from = (...more: string[]) => renew('--cert', at('cert.pem'), '--key', at('key.pem'), ...more)

  test('the certificate that is there signs a RenewalReq for a new key, without a challenge', async () => {
    expect((await withNewKey('--san', 'dns:tablet-7.example')).code).toBe(0)
    const { code, json } = await from('--key-out', at('next.key'), '--json')
    expect([code, json.status]).toEqual([0, 'SUCCESS'])
    const [before, next] = ['cert.pem', 'next.pem'].map((file) => new X509Certificate(readFileSync(at(file))))
    expect(next?.subject).toBe(before?.subject)
    expect(next?.subjectAltName).toBe('DNS:tablet-7.example')
    expect(next?.checkPrivateKey(createPrivateKey(readFileSync(at('next.key'))))).toBe(true)
    expect(next?.publicKey.equals(before?.publicKey as never)).toBe(false)
    const request = scep.requests.at(-1)
    expect(request).toMatchObject({ messageType: 17 })
    expect(request?.csr?.challengePasswords).toEqual([])
    expect(Buffer.from(request?.signerDer ?? []).equals(before?.raw as Buffer)).toBe(true)
  })

  test('a server that does not offer Renewal gets a PKCSReq signed by it; the same key may go on', async () => {
    expect((await withNewKey()).code).toBe(0)
    scep.behaviour.capabilities = 'AES\nSHA-256\nPOSTPKIOperation\n'
    expect((await from('--new-key', at('key.pem'))).code).toBe(0)
    const next = new X509Certificate(readFileSync(at('next.pem')))
    expect(next.checkPrivateKey(createPrivateKey(readFileSync(at('key.pem'))))).toBe(true)
    expect(scep.requests.at(-1)).toMatchObject({ messageType: 19 })
  })

  test('a key of another certificate is one clear sentence, and nothing is sent', async () => {
    expect((await withNewKey()).code).toBe(0)
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    writeFileSync(at('key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const { code, json } = await from('--key-out', at('next.key'), '--json')
    expect([code, json.error?.code]).toEqual([1, 'bad_certificate'])
    writeFileSync(at('cert.pem'), 'no certificate')
    expect((await from('--key-out', at('next.key'), '--json')).json.error?.code).toBe('bad_certificate')
    expect(scep.requests).toHaveLength(1)
  })

  test.each([
    [['--key-out', 'a', '--key', 'b']],
    [['--key-out', 'a', '--cert', 'b']],
    [['--cert', 'a', '--key', 'b']],
    [['--cert', 'a', '--key', 'b', '--key-out', 'c', '--new-key', 'd']],
  ])('%j is a wrong call', async (more) => {
    expect((await renew(...more)).code).toBe(2)
  })
})

test('the challenge can come from standard input', async () => {
  const args = [
    'enrol',
    '--url',
    scep.url,
    '--challenge-stdin',
    '--subject',
    'CN=a',
    '--key-out',
    at('k'),
    '--cert-out',
    at('c'),
  ]
  expect((await latchkey(args, { stdin: 'PIPED' })).code).toBe(0)
  expect(scep.requests[0]?.csr?.challengePasswords).toEqual(['PIPED'])
})

test('where people approve, none is sent', async () => {
  const files = ['--key-out', at('k'), '--cert-out', at('c')]
  expect((await latchkey(['enrol', '--url', scep.url, '--no-challenge', '--subject', 'CN=a', ...files])).code).toBe(0)
  expect(scep.requests[0]?.csr?.challengePasswords).toEqual([])
})
