import { describe, expect, test } from 'vitest'
import { DerError } from './der'
import { context, encode, oid, sequence, utf8String } from './der-write'
import { ipText, parseIp } from './ip'
import { OID } from './oid'
import { canonicalSan, encodeSan, parseSan, type San } from './san'

const ALL: San[] = [
  { type: 'dns', value: 'tablet-7.example.com' },
  { type: 'email', value: 'Ada@example.com' },
  { type: 'uri', value: 'tag:microsoft.com,2022-09-14:sid:S-1-5-21-1' },
  { type: 'upn', value: 'ada@example.com' },
  { type: 'ip', value: '192.0.2.7' },
  { type: 'ip', value: '2001:db8::7' },
]

describe('subject alternative names', () => {
  test('every kind survives the round trip', () => {
    expect(parseSan(encodeSan(ALL), 'refuse')).toEqual(ALL)
  })

  test('a UPN, octet by octet', () => {
    const der = Buffer.from(encodeSan([{ type: 'upn', value: 'alice@example.com' }])).toString('hex')
    expect(der).toBe('3023a021060a2b060104018237140203a0130c11616c696365406578616d706c652e636f6d')
  })

  test('a kind we do not issue is refused in a request and passed over in a certificate', () => {
    const der = sequence(encode(0x82, Buffer.from('a.example')), encode(0x88, Buffer.from('2a03', 'hex')))
    expect(() => parseSan(der, 'refuse')).toThrow(DerError)
    expect(parseSan(der, 'skip')).toEqual([{ type: 'dns', value: 'a.example' }])
  })

  test.each([
    ['dns', encode(0x82, Buffer.from('a\0b.example'))],
    ['email', encode(0x81, Buffer.from('ada@example.com\n'))],
    ['uri', encode(0x86, Buffer.from('https://a\0b'))],
    ['upn', encode(0xa0, oid(OID.userPrincipalName), context(0, utf8String('ada\u0085@example.com')))],
  ])('a control character in a %s name is refused in a request', (_, name) => {
    expect(() => parseSan(sequence(name), 'refuse')).toThrow(DerError)
    expect(parseSan(sequence(name), 'skip')).toEqual([])
  })

  test.each<San>([
    { type: 'dns', value: 'a b' },
    { type: 'dns', value: 'a..b' },
    { type: 'dns', value: '' },
    { type: 'dns', value: 'a\u0000.example' },
    { type: 'dns', value: `${'a'.repeat(64)}.example` },
    { type: 'email', value: 'nobody' },
    { type: 'email', value: 'a@b@c' },
    { type: 'uri', value: 'no scheme' },
    { type: 'upn', value: 'ada' },
    { type: 'ip', value: '192.0.2.256' },
    { type: 'ip', value: '192.0.02.1' },
    { type: 'ip', value: '::1::' },
    { type: 'ip', value: 'example' },
  ])('$type $value is refused', (name) => {
    expect(() => encodeSan([name])).toThrow('is not')
  })

  test('one canonical spelling', () => {
    expect(canonicalSan({ type: 'dns', value: 'A.Example' }).value).toBe('a.example')
    expect(canonicalSan({ type: 'email', value: 'Ada@EXAMPLE.com' }).value).toBe('Ada@example.com')
    expect(canonicalSan({ type: 'ip', value: '2001:0DB8:0:0::7' }).value).toBe('2001:db8::7')
  })
})

describe('IP addresses', () => {
  test.each([
    ['192.0.2.1', 'c0000201', '192.0.2.1'],
    ['::', '00'.repeat(16), '::'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201', '::ffff:c000:201'],
    ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006', '2001:db8:1:2:3:4:5:6'],
  ])('%s', (text, octets, canonical) => {
    expect(Buffer.from(parseIp(text)).toString('hex')).toBe(octets)
    expect(ipText(Buffer.from(octets, 'hex'))).toBe(canonical)
  })
})
