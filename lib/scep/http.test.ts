import { describe, expect, test } from 'vitest'
import { caCaps } from './ca-caps'
import { parseScepHttp, type ScepHttpRequest, slugOfPath } from './http'

const LIMIT = 131_072
const MESSAGE = Buffer.from('fbefbe3082ffff0a0d41', 'hex')
const BASE64 = MESSAGE.toString('base64')
const ask = (request: Partial<ScepHttpRequest>) =>
  parseScepHttp({ method: 'GET', query: '', body: new Uint8Array(), contentEncoding: null, ...request }, LIMIT)
const got = (query: string) => ask({ query })

describe('operations', () => {
  test.each([
    ['operation=GetCACaps', { operation: 'GetCACaps' }],
    ['operation=getcacaps', { operation: 'GetCACaps' }],
    ['OPERATION=GetCACert&message=', { operation: 'GetCACert' }],
    ['operation=GetCACert&message=0&message=1', { operation: 'GetCACert' }],
    ['message=a%20name&operation=GetCACert', { operation: 'GetCACert' }],
    ['operation=GetNextCACert', { operation: 'GetNextCACert' }],
    ['operation=GetCAChain', { operation: 'GetCACert', chainOperation: true }],
    ['operation=GetCACertChain', { operation: 'GetCACert', chainOperation: true }],
    ['operation=GetCACaps&operation=PKIOperation', { operation: 'GetCACaps' }],
    ['?operation=GetCACaps', { operation: 'GetCACaps' }],
    ['', { status: 400 }],
    ['operation=', { status: 400 }],
    ['operation=GetCRL', { status: 400 }],
    ['operation=toString', { status: 400 }],
    ['operation=PKIOperation', { status: 400 }],
    ['operation=PKIOperation&message=', { status: 400 }],
  ])('GET %s', (query, answer) => {
    expect(got(query)).toEqual(answer)
  })

  test('a POST needs no operation', () => {
    for (const query of ['', 'operation=', 'operation=PKIOperation', 'operation=pkioperation&message=x']) {
      expect(ask({ method: 'POST', query, body: MESSAGE })).toEqual({ operation: 'PKIOperation', message: MESSAGE })
    }
    expect(ask({ method: 'POST', query: 'operation=GetCACaps', body: MESSAGE })).toEqual({ operation: 'GetCACaps' })
    expect(ask({ method: 'POST', query: 'operation=x', body: MESSAGE })).toEqual({ status: 400 })
  })

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'get'])('%s is not allowed', (method) => {
    expect(ask({ method, query: 'operation=GetCACaps' })).toEqual({ status: 405, allow: 'GET, HEAD, POST' })
  })

  test('HEAD is for GetCACaps and GetCACert', () => {
    expect(ask({ method: 'HEAD', query: 'operation=GetCACaps' })).toEqual({ operation: 'GetCACaps' })
    expect(ask({ method: 'HEAD', query: `operation=PKIOperation&message=${BASE64}` })).toMatchObject({ status: 405 })
  })

  test('bodies: too large, encoded, empty', () => {
    const post = (more: Partial<ScepHttpRequest>) => ask({ method: 'POST', body: MESSAGE, ...more })
    expect(post({ body: new Uint8Array(LIMIT + 1) })).toEqual({ status: 413 })
    expect(post({ body: new Uint8Array(LIMIT) })).toMatchObject({ operation: 'PKIOperation' })
    expect(post({ contentEncoding: 'gzip' })).toEqual({ status: 415 })
    expect(post({ contentEncoding: 'Identity' })).toMatchObject({ operation: 'PKIOperation' })
    expect(post({ body: new Uint8Array() })).toEqual({ status: 400 })
  })
})

describe('the message of a GET', () => {
  const message = (value: string) => got(`operation=PKIOperation&message=${value}`)
  const accepted = { operation: 'PKIOperation', message: MESSAGE }

  test('the sample has every sign that goes wrong', () => {
    expect(BASE64).toMatch(/\+.*\/.*==$/)
  })

  test.each([
    ['percent-escaped as RFC 8894 says', encodeURIComponent(BASE64)],
    ['raw + and /, only = escaped (macOS)', BASE64.replaceAll('=', '%3D')],
    ['nothing escaped (jscep)', BASE64],
    ['+ turned into a space by a form parser', BASE64.replaceAll('+', ' ')],
    ['+ turned into an escaped space', BASE64.replaceAll('+', '%20')],
    ['line feeds (sscep, strongSwan, Cisco)', encodeURIComponent(BASE64.replace(/(.{4})/g, '$1\n'))],
    ['CRLF and a tab', encodeURIComponent(BASE64.replace(/(.{4})/g, '$1\r\n\t'))],
    ['base64url (micromdm)', MESSAGE.toString('base64url')],
    ['no padding', BASE64.replaceAll('=', '')],
    ['lower-case escapes', encodeURIComponent(BASE64).replace(/%[0-9A-F]{2}/g, (e) => e.toLowerCase())],
    ['escaped twice by a proxy', encodeURIComponent(encodeURIComponent(BASE64))],
  ])('%s', (_, value) => {
    expect(message(value)).toEqual(accepted)
  })

  test.each([
    ['an illegal character', `${BASE64.slice(0, 4)}*`],
    ['padding in the middle', `AA==${BASE64}`],
    ['a length no base64 has', 'AAAAA'],
    ['a stray percent sign', 'AAAA%zz'],
    ['a NUL', 'AAAA%00'],
    ['a letter outside ASCII', 'AAA%C3%A9'],
  ])('%s is refused', (_, value) => {
    expect(message(value)).toEqual({ status: 400 })
  })

  test('two messages are refused, a second = is part of the value, the limit counts bytes', () => {
    expect(got(`operation=PKIOperation&message=AAAA&message=AAAA`)).toEqual({ status: 400 })
    expect(got(`message=${BASE64}&operation=PKIOperation`)).toEqual(accepted)
    expect(message('A'.repeat(200_000))).toEqual({ status: 413 })
    // Refused by its length alone: to decode it would cost seconds.
    expect(message('*'.repeat(2_000_000))).toEqual({ status: 413 })
  })

  test('a message of 20 KiB is read', () => {
    const long = Buffer.alloc(20_480, 0xfb)
    expect(message(encodeURIComponent(long.toString('base64')))).toEqual({ operation: 'PKIOperation', message: long })
  })
})

describe('paths', () => {
  test.each<[string, string | null]>([
    ['/scep/staff', 'staff'],
    ['/scep/staff/', 'staff'],
    ['/scep/staff/pkiclient.exe', 'staff'],
    ['/scep/staff/PKIClient.EXE', 'staff'],
    ['/scep/staff/pkiclient.exe/pkiclient.exe', 'staff'],
    ['/scep/staff/cgi-bin/pkiclient.exe', 'staff'],
    ['/scep/staff/anything', 'staff'],
    ['/scep//staff', 'staff'],
    ['//scep/staff', 'staff'],
    ['/scep/staff?operation=GetCACaps', 'staff'],
    ['/cgi-bin/pkiclient.exe', ''],
    ['/cgi-bin/pkiclient.exe/', ''],
    ['/CGI-BIN/PKICLIENT.EXE/pkiclient.exe', ''],
    ['/certsrv/mscep/mscep.dll', ''],
    ['/certsrv/mscep/mscep.dll/pkiclient.exe', ''],
    ['/CertSrv/mscep/MSCEP.dll', ''],
    ['/certsrv/mscep', null],
    ['/certsrv/mscep/other.dll', null],
    ['/certsrv/mscep_admin/staff', null],
    ['/scep', null],
    ['/scep/', null],
    ['/scep/Staff', null],
    [`/scep/${'a'.repeat(65)}`, null],
    ['/scep/pkiclient.exe', null],
    ['/scep/staff/../../etc', null],
    ['/scep/./staff', null],
    ['/scep/staff%2fother', null],
    ['/scep/st%61ff', null],
    ['/scep/staff\\x', null],
    ['/scep/staff\0', null],
    ['/scep/a/b/c/d/e/f/g', null],
    ['scep/staff', null],
    ['/', null],
    ['', null],
    ['/other/staff', null],
  ])('%s', (path, slug) => {
    expect(slugOfPath(path)).toBe(slug)
  })
})

describe('GetCACaps', () => {
  test('the default body', () => {
    const body = caCaps({ allowSha1: true, allow3des: true, renewal: true, rollover: false })
    expect(body).toBe('AES\nDES3\nSHA-1\nSHA-256\nSHA-384\nSHA-512\nPOSTPKIOperation\nRenewal\nSCEPStandard\n')
  })

  test('strongSwan 5.9.8 takes SHA-384 for SCEPStandard', () => {
    // It numbers the keywords in this order, sets bit n for the n-th, and then asks for the bits of the number n
    // itself.
    const names = [
      'AES',
      'DES3',
      'SHA-256',
      'SHA-384',
      'SHA-512',
      'SHA-224',
      'SHA-1',
      'POSTPKIOperation',
      'SCEPStandard',
      'GetNextCACert',
      'Renewal',
    ]
    const lines = caCaps({ allowSha1: false, allow3des: false, renewal: true, rollover: false }).trimEnd().split('\n')
    const flags = names.reduce((bits, name, n) => (lines.includes(name) ? bits | (1 << n) : bits), 0)
    const finds = (name: string): boolean => (flags & names.indexOf(name)) !== 0
    expect(finds('SCEPStandard')).toBe(true)
  })

  test('advertises nothing the endpoint would refuse', () => {
    const body = caCaps({ allowSha1: false, allow3des: false, renewal: false, rollover: true })
    expect(body).toBe('AES\nSHA-256\nSHA-384\nSHA-512\nPOSTPKIOperation\nGetNextCACert\nSCEPStandard\n')
  })
})
