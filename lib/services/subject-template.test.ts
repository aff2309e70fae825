import { describe, expect, test } from 'vitest'
import { parseNameText } from '@/lib/pki/name'
import { checkedAddresses, isAllowedFrom, isEverywhere } from './address-list'
import type { SubjectAlternativeName } from './challenges'
import { matchTemplate, parseSubjectTemplate } from './subject-template'

const fits = (template: string, subject: string, ...san: SubjectAlternativeName[]) =>
  matchTemplate(parseSubjectTemplate(template), { subject: subject === '' ? [] : parseNameText(subject), san }).fits
const dns = (value: string): SubjectAlternativeName => ({ type: 'dns', value })

describe('a subject template', () => {
  test.each([
    ['CN=printer-*,O=Example', 'CN=printer-7,O=Example', true],
    ['CN=printer-*,O=Example', 'O=example,CN=PRINTER-7', true],
    ['CN=printer-*,O=Example', 'CN=printer-7', false],
    ['CN=printer-*,O=Example', 'CN=printer-7,O=Example,OU=Board', false],
    ['CN=printer-*,O=Example', 'CN=printer-7,CN=printer-8', false],
    ['CN=printer-*,O=Example', 'CN=laptop-7,O=Example', false],
    ['CN=printer-*', 'CN=my printer-7', false],
    ['CN=*-printer', 'CN=7-printer', true],
    ['CN=*-printer', 'CN=7-printer-2', false],
    ['CN=a*b*c', 'CN=aXbYc', true],
    ['CN=a*b*c', 'CN=ac', false],
    ['CN=aba*aba', 'CN=aba', false],
    ['CN=printer', 'CN=printer-7', false],
    ['CN=*,OU=*,O=Example', 'O=Example,OU=a,CN=b', true],
    ['OU=*,OU=fixed', 'OU=fixed,OU=other', true],
    ['OU=fixed,OU=*', 'OU=other,OU=fixed', true],
    ['OU=a*,OU=*b', 'OU=ab,OU=aa', true],
    ['OU=a*,OU=*b', 'OU=ab,OU=cc', false],
    ['CN=Smith\\, *', 'CN=Smith\\, Ann', true],
    ['CN=printer-*', 'CN=printer-*', false],
    ['SERIALNUMBER=X*', 'SERIALNUMBER=X17', true],
    ['C=*,O=Example', 'C=CH,O=Example', true],
  ])('%s and a request for %s: %s', (template, subject, expected) => {
    expect(fits(template, subject)).toBe(expected)
  })

  test.each([
    ['CN=p-*; dns:*.example.com', [], true],
    ['CN=p-*; dns:*.example.com', [dns('p-1.Example.com')], true],
    ['CN=p-*; dns:*.example.com', [dns('a.b.example.com')], false],
    ['CN=p-*; dns:*.example.com', [dns('*.example.com')], false],
    ['CN=p-*; dns:*.example.com', [dns('p-1.example.com.evil.org')], false],
    ['CN=p-*; dns:*.example.com', [dns('p-1.example.com'), dns('bank.org')], false],
    ['CN=p-*; dns:*.example.com', [{ type: 'email', value: 'a@b.example.com' }], false],
    ['CN=p-*; email:*@example.com', [{ type: 'email', value: 'ada@example.com' }], true],
    ['CN=p-*; ip:10.0.0.0/8', [{ type: 'ip', value: '10.1.2.3' }], true],
    ['CN=p-*; ip:10.0.0.0/8', [{ type: 'ip', value: '11.1.2.3' }], false],
    ['CN=p-*; uri:https://example.com/*', [{ type: 'uri', value: 'https://example.com/a/b' }], false],
    ['CN=p-*', [dns('p-1.example.com')], false],
  ] as [string, SubjectAlternativeName[], boolean][])('%s and alternative names %j: %s', (template, san, expected) => {
    expect(fits(template, 'CN=p-1', ...san)).toBe(expected)
  })

  test('without a subject it allows none', () => {
    expect(fits('dns:*.example.com', '', dns('p-1.example.com'))).toBe(true)
    expect(fits('dns:*.example.com', 'CN=p-1', dns('p-1.example.com'))).toBe(false)
    expect(fits('dns:*.example.com', '')).toBe(false)
  })

  test.each(['CN=$SERIALNUMBER-1', 'CN={{DeviceId}}'])('a variable that nobody replaced fits none: %s', (subject) => {
    const verdict = matchTemplate(parseSubjectTemplate('CN=*-1,O=Example'), {
      subject: parseNameText(subject),
      san: [],
    })
    expect(verdict).toMatchObject({ fits: false, detail: expect.stringContaining('variable') })
  })

  test('says what was expected and what came', () => {
    const verdict = matchTemplate(parseSubjectTemplate('CN=printer-*'), { subject: parseNameText('CN=bank'), san: [] })
    expect(verdict).toEqual({ fits: false, detail: 'subject: expected "CN=printer-*", received "CN=bank".' })
  })

  test('is stored in one spelling, which reads the same again', () => {
    const { text } = parseSubjectTemplate(' cn=printer-* , o=Smith\\, Ltd\n\nDNS:*.Example.com ')
    expect(text).toBe('CN=printer-*,O=Smith\\, Ltd; dns:*.example.com')
    expect(parseSubjectTemplate(text).text).toBe(text)
  })

  test.each([
    ['', 'Say which names'],
    [' ; ', 'Say which names'],
    ['CN=*', 'allows every name'],
    ['CN=*,O=**; dns:*.example.com', 'all stars'],
    ['printer-*', 'not a part of a subject'],
    ['NICKNAME=x', 'not a part of a subject'],
    ['CN={{device}}', 'variable'],
    ['CN=a; CN=b', 'allows no alternative name'],
    ['CN=a; dns:', 'not a pattern'],
    ['CN=a; ip:10.0.0.1/8', 'inside a network'],
    [`CN=${'a'.repeat(1_001)}`, 'at most 1000'],
    [Array.from({ length: 22 }, () => 'dns:a.b').join(';'), 'at most 21'],
  ])('%j is refused: %s', (template, sentence) => {
    expect(() => parseSubjectTemplate(template)).toThrow(sentence)
  })
})

describe('a list of addresses', () => {
  test('is kept in one spelling', () => {
    expect(checkedAddresses([' 10.20.0.0/16', '192.0.2.7', '2001:DB8::/32', '192.0.2.7/32', ''])).toEqual([
      '10.20.0.0/16',
      '192.0.2.7/32',
      '2001:db8::/32',
    ])
  })

  test.each([
    ['10.20.255.255', true],
    ['10.21.0.0', false],
    ['192.0.2.7', true],
    ['::ffff:192.0.2.7', true],
    ['192.0.2.8', false],
    ['2001:db8:1::1', true],
    ['2001:db9::1', false],
    ['fe80::1%eth0', false],
    ['not an address', false],
    [null, false],
  ])('%s: %s', (ip, expected) => {
    expect(isAllowedFrom(['10.20.0.0/16', '192.0.2.7/32', '2001:db8::/32'], ip)).toBe(expected)
  })

  test('says when it shuts nobody out', () => {
    expect(isEverywhere(['10.0.0.0/8', '::/0'])).toBe(true)
    expect(isEverywhere(['0.0.0.0/0'])).toBe(true)
    expect(isEverywhere(['0.0.0.0/1'])).toBe(false)
    expect(isAllowedFrom(['0.0.0.0/0'], '2001:db8::1')).toBe(false)
  })

  test.each([
    [[]],
    [['', ' ']],
    [['10.0.0.1/8']],
    [['10.0.0.0/33']],
    [['10.0.0/8']],
    [['example.com']],
    [['10.0.0.0/8/8']],
  ])('%j is refused', (entries) => {
    expect(() => checkedAddresses(entries)).toThrow()
  })
})
