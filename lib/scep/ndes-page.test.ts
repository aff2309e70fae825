/** NDES's page to the byte, whose path it is, and who is presented. */
import { describe, expect, test } from 'vitest'
import {
  cacheFullPage,
  challengePage,
  isPagePath,
  noPermissionPage,
  pageBytes,
  pageCredentials,
  pageTarget,
} from './ndes-page'

const basic = (text: string | Uint8Array) => `Basic ${Buffer.from(text).toString('base64')}`

describe('the path', () => {
  test.each([
    ['/certsrv/mscep_admin/staff', 'staff'],
    ['/certsrv/mscep_admin/staff/', 'staff'],
    ['/CertSrv/MSCEP_Admin/Staff', 'staff'],
    ['/scep/staff/certsrv/mscep_admin', 'staff'],
    ['/scep/staff/certsrv/mscep_admin/', 'staff'],
    ['/SCEP/STAFF/CERTSRV/MSCEP_ADMIN/', 'staff'],
    ['/certsrv/mscep_admin', ''],
    ['/CertSrv/mscep_admin/', ''],
  ])('%s is the page of "%s"', (path, slug) => {
    expect(pageTarget(path)).toBe(slug)
    expect(isPagePath(path)).toBe(true)
  })

  test.each([
    '/certsrv/mscep_admin/staff/x',
    '/certsrv/mscep_admin//',
    '/certsrv/mscep_admin/%73taff',
    '/certsrv/mscep_admin/..',
    '/scep/staff/certsrv/mscep_admin/x',
    '/scep//certsrv/mscep_admin/',
    `/certsrv/mscep_admin/${'a'.repeat(65)}`,
  ])('%s belongs to the page and is nobody’s', (path) => {
    expect(pageTarget(path)).toBeNull()
    expect(isPagePath(path)).toBe(true)
  })

  test.each([
    '/certsrv/mscep/mscep.dll',
    '/certsrv/mscep_administrator',
    '/scep/staff',
    '/scep/staff/pkiclient.exe',
    '/',
  ])('%s is another one', (path) => {
    expect(isPagePath(path)).toBe(false)
  })
})

describe('credentials', () => {
  test.each(['fleet', 'FLEET', 'EXAMPLE\\fleet', 'fleet@example.com', 'example.com\\Fleet', 'a\\b\\fleet'])(
    '%s is the account fleet',
    (user) => {
      expect(pageCredentials(basic(`${user}:se:cret`))).toEqual({ user: 'fleet', secret: 'se:cret' })
    },
  )

  test.each([
    null,
    '',
    'NTLM TlRMTVNTUAABAAAA',
    'Negotiate YII',
    'Bearer x',
    'Digest username="x"',
    'garbage',
    '\u0000',
  ])('%j presents nothing that is checked', (header) => {
    expect(pageCredentials(header)).toBe('none')
  })

  test.each([
    ['without a value', 'Basic'],
    ['not base64', 'Basic §§§§'],
    ['base64 in two parts', `${basic('a:b')} ${basic('a:b')}`],
    ['without a colon', basic('fleet')],
    ['without a user', basic(':secret')],
    ['a domain alone', basic('EXAMPLE\\:secret')],
    ['not UTF-8', basic(new Uint8Array([0xff, 0xfe, 0x3a, 0x41]))],
    ['control characters in the name', basic('fl\u0000eet:secret')],
    ['a name too long', basic(`${'a'.repeat(65)}:secret`)],
    ['too large', basic(`fleet:${'x'.repeat(5_000)}`)],
  ])('%s: malformed', (_, header) => {
    expect(pageCredentials(header)).toBe('malformed')
  })

  test('the scheme may be written in any case, with spaces', () => {
    expect(pageCredentials(basic('fleet:s').replace('Basic ', 'bAsIc   '))).toEqual({ user: 'fleet', secret: 's' })
  })
})

describe('the page', () => {
  const html = challengePage('8CE317021F690069', 'a656fa66ab12b433a2da5cf7cc153d9a', 45)

  test('says the fixed phrases with their spaces', () => {
    expect(html).toContain(
      '<P> The thumbprint (hash value) for the CA certificate is: <B> A656FA66 AB12B433 A2DA5CF7 CC153D9A </B> <P> ',
    )
    expect(html).toContain(
      'The enrollment challenge password is: <B> 8CE317021F690069 </B> <P> This password can be used only once and will expire within 45 minutes. <P> ',
    )
    expect(html).toMatch(
      /^<HTML><Head><Meta HTTP-Equiv="Content-Type" Content="text\/html; charset=UTF-8"><Title>Network Device Enrollment Service<\/Title><\/Head><Body/,
    )
    expect(html).not.toContain('\n')
  })

  test('names no challenge password before its own', () => {
    expect(html.indexOf('challenge password')).toBeGreaterThan(html.indexOf('A656FA66'))
    expect(html.lastIndexOf('challenge password')).toBeGreaterThan(html.indexOf('8CE317021F690069'))
  })

  test('is ASCII, in UTF-16LE without a mark and without a character set, or in UTF-8 with one', () => {
    for (const page of [html, cacheFullPage(60), noPermissionPage()]) {
      const wide = pageBytes(page, 'utf-16le')
      expect(wide.contentType).toBe('text/html')
      expect([...wide.body.slice(0, 4)]).toEqual([0x3c, 0, 0x48, 0])
      expect(wide.body.every((byte, at) => (at % 2 === 1 ? byte === 0 : byte < 0x80))).toBe(true)
      const narrow = pageBytes(page, 'utf-8')
      expect(narrow.contentType).toBe('text/html; charset=UTF-8')
      expect(narrow.body.length).toBe(page.length)
    }
  })

  test('of a full cache and of a missing permission says what NDES says', () => {
    expect(cacheFullPage(60)).toContain('The password cache is full. <P> ')
    expect(noPermissionPage()).toContain(
      'You do not have sufficient permission to enroll with SCEP.  Please contact your system administrator.',
    )
    for (const page of [cacheFullPage(60), noPermissionPage()]) {
      expect(page).not.toContain('challenge password')
      expect(page).not.toMatch(/[0-9A-F]{8}/i)
    }
  })
})
