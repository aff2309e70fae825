import { describe, expect, test } from 'vitest'
import { asn1parse } from '@/e2e/fixtures/openssl'
import { DerError, type DerErrorKind, parseDer, TAG } from './der'
import { integerOf, namedBitsOf, oidOf, textOf } from './der-values'
import {
  bitString,
  encode,
  integer,
  namedBits,
  naturalNumber,
  octetString,
  oid,
  retagged,
  sequence,
  setOf,
  utf8String,
} from './der-write'
import { encodeTime, timeOf } from './time'

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const hex = (der: Uint8Array): string => Buffer.from(der).toString('hex')

function kindOf(work: () => unknown): DerErrorKind | 'accepted' {
  try {
    work()
    return 'accepted'
  } catch (error) {
    if (error instanceof DerError) return error.kind
    throw error
  }
}

describe('only the one right encoding is read', () => {
  test.each<[string, string, DerErrorKind]>([
    ['nothing', '', 'malformed'],
    ['a tag alone', '30', 'malformed'],
    ['a length past the end', '3003 0201', 'malformed'],
    ['bytes after the end', '0500 00', 'malformed'],
    ['an indefinite length', '3080 0500 0000', 'ber'],
    ['a long length that fits one octet', '308100', 'ber'],
    ['a non-minimal length', '308103 020101', 'ber'],
    ['a length with a leading zero', `30820003 020101`, 'ber'],
    ['a length of five octets', '308501000000000000', 'limit'],
    ['a length of five octets, the first of them zero', '30850000000000', 'ber'],
    ['a multi-octet tag', '1f8100', 'unsupported'],
    ['tag 0', '0000', 'malformed'],
    ['a primitive SEQUENCE', '1000', 'malformed'],
    ['a primitive SET', '1100', 'malformed'],
    ['a constructed OCTET STRING', '2403 0401aa', 'ber'],
    ['a constructed INTEGER', '2203 020101', 'malformed'],
    ['an empty INTEGER', '0200', 'malformed'],
    ['an INTEGER with a leading 00', '0202007f', 'malformed'],
    ['an INTEGER with a leading FF', '0202ff80', 'malformed'],
    ['a BOOLEAN of 01', '010101', 'ber'],
    ['a BOOLEAN of two octets', '0102ffff', 'malformed'],
    ['a NULL with content', '050100', 'malformed'],
    ['an OBJECT IDENTIFIER that is cut', '060181', 'malformed'],
    ['an OBJECT IDENTIFIER with a padded arc', '06032a8001', 'malformed'],
    ['an empty BIT STRING', '0300', 'malformed'],
    ['a BIT STRING with 8 unused bits', '030208ff', 'malformed'],
    ['a BIT STRING with unused bits set', '030204ff', 'ber'],
    ['a child that reaches past its parent', '3003 0402aa bb', 'malformed'],
  ])('%s is refused', (_, input, kind) => {
    expect(kindOf(() => parseDer(bytes(input)))).toBe(kind)
  })

  test('every prefix of a value is refused', () => {
    const der = sequence(integer(300), octetString(bytes('0102')), sequence(oid('1.2.840.113549')))
    for (let end = 0; end < der.length; end++) expect(kindOf(() => parseDer(der.subarray(0, end)))).toBe('malformed')
    expect(kindOf(() => parseDer(der))).toBe('accepted')
  })
})

describe('limits', () => {
  const nested = (depth: number): Uint8Array => {
    let der = sequence()
    for (let i = 1; i < depth; i++) der = sequence(der)
    return der
  }

  test('32 levels are read, 33 are not', () => {
    expect(kindOf(() => parseDer(nested(32)))).toBe('accepted')
    expect(kindOf(() => parseDer(nested(33)))).toBe('limit')
  })

  test('a tower of headers costs no call stack', () => {
    expect(kindOf(() => parseDer(nested(20_000), { maxBytes: 1 << 20, maxNodes: 1e6, maxDepth: 1e6 }))).toBe('accepted')
  })

  test('values and bytes are counted', () => {
    const many = sequence(...Array.from({ length: 4_000 }, () => integer(1)))
    expect(kindOf(() => parseDer(many))).toBe('limit')
    expect(kindOf(() => parseDer(octetString(new Uint8Array(131_072))))).toBe('limit')
    expect(kindOf(() => parseDer(octetString(new Uint8Array(131_000))))).toBe('accepted')
  })
})

describe('round trips', () => {
  test.each([0n, 1n, 127n, 128n, 255n, 256n, 65_537n, (1n << 127n) + 5n])('INTEGER %s', (value) => {
    expect(integerOf(parseDer(integer(value)).content)).toBe(value)
  })

  test('negative numbers are read', () => {
    expect(integerOf(bytes('ff'))).toBe(-1n)
    expect(integerOf(bytes('8000'))).toBe(-32_768n)
  })

  test('what was written keeps its octets, whatever is written after it', () => {
    const lengths = Array.from({ length: 50 }, (_, n) => (n * 337) % 4_500)
    const written = lengths.map((length, n) => octetString(new Uint8Array(length).fill(n)))
    const whole = sequence(...written)
    const copied = parseDer(whole)
      .children(50)
      .map((each) => each.bytes)
    for (const all of [written, copied])
      for (const [n, der] of all.entries())
        expect(Buffer.from(parseDer(der).content).equals(Buffer.alloc(lengths[n] ?? 0, n))).toBe(true)
  })

  test('a value under another tag is a copy', () => {
    const der = octetString(new Uint8Array(100).fill(7))
    expect(hex(retagged(0xa0, der))).toBe(`a0${hex(der).slice(2)}`)
    expect(der[0]).toBe(TAG.octetString)
  })

  test('natural numbers lose their superfluous zeros and stay positive', () => {
    expect(hex(naturalNumber(bytes('000000ff')))).toBe('020200ff')
    expect(hex(naturalNumber(bytes('00')))).toBe('020100')
  })

  test.each([
    '1.2.840.113549.1.1.1',
    '2.5.4.3',
    '0.9.2342.19200300.100.1.25',
    '2.999.1',
    '1.3.6.1.4.1.311.20.2.3',
    '2.16.840.1.113733.1.9.2',
    '1.0',
  ])('OBJECT IDENTIFIER %s', (text) => {
    expect(oidOf(parseDer(oid(text)).content)).toBe(text)
  })

  test.each(['', '1', '3.1', '1.40', '1.2.', '1.02', 'a.b'])('%j is no object identifier', (text) => {
    expect(kindOf(() => oid(text))).toBe('malformed')
  })

  test('lengths at every size of header', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const der = octetString(new Uint8Array(length))
      expect(parseDer(der).content).toHaveLength(length)
      expect(der.length - length).toBe(length < 128 ? 2 : length < 256 ? 3 : length < 65_536 ? 4 : 5)
    }
  })

  test('named bits drop trailing zeros', () => {
    expect(hex(namedBits([5, 6]))).toBe('03020106')
    expect(hex(namedBits([0, 2]))).toBe('030205a0')
    expect(hex(namedBits([]))).toBe('030100')
    expect(hex(namedBits([0, 8]))).toBe('0303078080')
    expect(namedBitsOf(parseDer(namedBits([0, 2, 8])).content)).toEqual([0, 2, 8])
  })

  test('SET OF is sorted', () => {
    expect(hex(setOf([integer(2), integer(1), sequence()]))).toBe('3108020101020102 3000'.replace(' ', ''))
  })

  test('another parser agrees', () => {
    const der = sequence(
      integer(1n << 64n),
      bitString(bytes('01')),
      utf8String('Grüße'),
      oid('2.999.3'),
      setOf([integer(1)]),
    )
    expect(asn1parse(der)).toContain('UTF8STRING')
  })
})

describe('texts', () => {
  test.each<[string, number, string, string]>([
    ['UTF8String', TAG.utf8String, 'c3a9', 'é'],
    ['PrintableString', TAG.printableString, '4140', 'A@'],
    ['IA5String', TAG.ia5String, '612d7a', 'a-z'],
    ['TeletexString', TAG.teletexString, 'e9', 'é'],
    ['BMPString', TAG.bmpString, '00e90041', 'éA'],
    ['UniversalString', TAG.universalString, '0001f600', '😀'],
  ])('%s', (_, tag, content, text) => {
    expect(textOf({ tag, content: bytes(content) })).toBe(text)
  })

  test.each([
    ['UTF-8 that is none', TAG.utf8String, 'c328'],
    ['an overlong UTF-8 form', TAG.utf8String, 'c0af'],
    ['an eight-bit octet in ASCII', TAG.printableString, 'e9'],
    ['half a BMP character', TAG.bmpString, '00'],
    ['half a surrogate pair', TAG.bmpString, 'd83d'],
    ['a code point beyond Unicode', TAG.universalString, '00110000'],
    ['an INTEGER', TAG.integer, '01'],
  ])('%s is refused', (_, tag, content) => {
    expect(kindOf(() => textOf({ tag, content: bytes(content) }))).toBe('malformed')
  })
})

describe('time', () => {
  test('UTCTime until 2049, GeneralizedTime after', () => {
    const last = parseDer(encodeTime(new Date('2049-12-31T23:59:59.900Z')))
    const next = parseDer(encodeTime(new Date('2050-01-01T00:00:00Z')))
    expect([last.tag, textless(last.content)]).toEqual([TAG.utcTime, '491231235959Z'])
    expect([next.tag, textless(next.content)]).toEqual([TAG.generalizedTime, '20500101000000Z'])
    expect(timeOf(last)).toEqual(new Date('2049-12-31T23:59:59Z'))
    expect(timeOf(next)).toEqual(new Date('2050-01-01T00:00:00Z'))
  })

  test.each(['00000101000000Z', '00010228235959Z', '20240229000000Z', '20510630235959Z', '99991231235959Z'])(
    '%s is a GeneralizedTime',
    (text) => {
      const iso = text.replace(/^(....)(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6.000Z')
      expect(timeOf(parseDer(encode(TAG.generalizedTime, Buffer.from(text)))).toISOString()).toBe(iso)
    },
  )

  test.each([
    ...['260230120000Z', '2611231200Z', '261123120000+0100', '26112312000Z', '261323120000Z', '260023120000Z'],
    ...['260100120000Z', '250229120000Z', '260123240000Z', '260123126000Z', '260123120060Z'],
  ])('%s is no UTCTime', (text) => {
    expect(kindOf(() => timeOf(parseDer(encode(TAG.utcTime, Buffer.from(text)))))).toBe('malformed')
  })

  test('fractions are refused', () => {
    expect(kindOf(() => timeOf(parseDer(encode(TAG.generalizedTime, Buffer.from('20261123120000.5Z')))))).toBe(
      'malformed',
    )
  })

  const textless = (content: Uint8Array): string => Buffer.from(content).toString('latin1')
})
