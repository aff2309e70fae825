import { describe, expect, test } from 'vitest'
import { asn1parse } from '@/e2e/fixtures/openssl'
import { isRefusal } from '@/lib/errors'
import { DerError, TAG } from './der'
import { encode, oid, sequence } from './der-write'
import { encodeName, namesEqual, nameToText, parseName, parseNameText } from './name'

const dn = (...values: [number, string][]): Uint8Array =>
  sequence(
    ...values.map(([tag, text]) => encode(TAG.set, sequence(oid('2.5.4.3'), encode(tag, Buffer.from(text, 'latin1'))))),
  )

describe('text to DER and back', () => {
  test.each([
    'CN=tablet-7,O=Example',
    'C=CH,ST=Bern,L=Thun,O=Example AG,OU=Lab\\, upstairs,CN=a\\+b\\=c'.replace('\\=', '='),
    'CN=\\ leading and trailing\\ ',
    'CN=\\#1,E=ada@example.com,DC=example,DC=com,UID=ada,SERIALNUMBER=4711',
    'CN=Müller 山田',
    'CN=\\"quoted\\" \\<x\\>\\; back\\\\slash',
    '1.2.3.4=odd',
  ])('%s', (text) => {
    expect(nameToText(encodeName(parseNameText(text)))).toBe(text)
  })

  test('short names in any letter case, spaces around the commas, known identifiers by name', () => {
    expect(parseNameText(' cn = tablet-7 , o=Example, emailAddress=a@b.c, 2.5.4.11=Lab')).toEqual([
      { type: 'CN', value: 'tablet-7' },
      { type: 'O', value: 'Example' },
      { type: 'E', value: 'a@b.c' },
      { type: 'OU', value: 'Lab' },
    ])
  })

  test('hexadecimal escapes are UTF-8', () => {
    expect(parseNameText('CN=M\\C3\\BCller')).toEqual([{ type: 'CN', value: 'Müller' }])
  })

  test('string types: printable where it can be, IA5 for e-mail and domains, else UTF-8', () => {
    const der = encodeName(parseNameText('C=CH,CN=tablet-7,O=Müller,E=a@b.c,DC=example'))
    expect(parseName(der).map(({ tag }) => tag)).toEqual([
      TAG.printableString,
      TAG.printableString,
      TAG.utf8String,
      TAG.ia5String,
      TAG.ia5String,
    ])
    expect(asn1parse(der)).toContain('emailAddress')
  })

  test.each([
    ['', 'part of a name'],
    ['tablet-7', 'Write parts like'],
    ['CN=', 'CN is empty'],
    ['CN=a,,O=b', 'not a part of a name'],
    ['=x', 'not a part of a name'],
    ['XX=y', 'not a name attribute we know'],
    ['C=Switzerland', 'two letters'],
    [`CN=${'x'.repeat(65)}`, 'longer than 64'],
    ['CN=a+OU=b', 'backslash'],
    ['CN=a\\', 'backslash'],
    ['CN="a"', 'backslash'],
    ['CN=a\u0000b', 'control'],
    ['CN=a\\00b', 'control'],
    ['CN=evil\u202etxt', 'invisible'],
    ['CN=\\FF', 'UTF-8'],
    ['E=ü@b.c', 'ASCII'],
    [Array.from({ length: 21 }, () => 'OU=x').join(), 'at most 20'],
  ])('%j is refused in words', (text, words) => {
    const refused = (): unknown => encodeName(parseNameText(text))
    expect(refused).toThrow(words)
    try {
      refused()
    } catch (error) {
      expect(isRefusal(error, 'invalid_input')).toBe(true)
    }
  })
})

describe('reading', () => {
  test('every string type', () => {
    const der = dn([TAG.printableString, 'a'], [TAG.teletexString, 'é'], [TAG.bmpString, '\0b'], [TAG.ia5String, 'c'])
    expect(parseName(der).map(({ value }) => value)).toEqual(['a', 'é', 'b', 'c'])
  })

  test('an empty name has no attributes', () => {
    expect(parseName(sequence())).toEqual([])
    expect(nameToText(sequence())).toBe('')
    expect(encodeName([])).toEqual(sequence())
  })

  test('control characters are shown escaped', () => {
    expect(nameToText(dn([TAG.utf8String, 'a\nb']))).toBe('CN=a\\0Ab')
  })

  test('a multi-valued RDN is joined with a plus', () => {
    const attribute = (type: string, value: string): Uint8Array =>
      sequence(oid(type), encode(TAG.printableString, Buffer.from(value)))
    const der = sequence(encode(TAG.set, attribute('2.5.4.3', 'a'), attribute('2.5.4.5', '1')))
    expect(nameToText(der)).toBe('CN=a+SERIALNUMBER=1')
    expect(parseName(der)).toHaveLength(2)
  })

  test.each([
    ['a SET', encode(TAG.set)],
    ['an empty RDN', sequence(encode(TAG.set))],
    ['a value that is no text', sequence(encode(TAG.set, sequence(oid('2.5.4.3'), sequence())))],
    ['21 parts', dn(...Array.from({ length: 21 }, (): [number, string] => [TAG.utf8String, 'x']))],
  ])('%s is no name', (_, der) => {
    expect(() => parseName(der)).toThrow(DerError)
  })
})

describe('equality', () => {
  const equal = (a: string, b: string): boolean => namesEqual(parseNameText(a), parseNameText(b))

  test('letter case and white space do not matter, order and types do', () => {
    expect(equal('CN=Tablet  7,O=EXAMPLE', 'CN=tablet 7,O=Example')).toBe(true)
    expect(equal('CN=a,O=b', 'O=b,CN=a')).toBe(false)
    expect(equal('CN=a', 'OU=a')).toBe(false)
    expect(equal('CN=a', 'CN=a,O=b')).toBe(false)
  })

  test('the string type does not matter, nor whether a type is named or numbered', () => {
    expect(namesEqual(parseName(dn([TAG.utf8String, 'x'])), parseName(dn([TAG.printableString, 'X'])))).toBe(true)
    expect(namesEqual(parseName(dn([TAG.utf8String, 'x'])), [{ type: 'CN', value: 'x' }])).toBe(true)
  })

  test('a received type that we could never write is compared like any other', () => {
    const odd = [{ type: `1.2${'.3'.repeat(40)}`, value: 'x' }]
    expect(namesEqual(odd, [{ type: 'CN', value: 'x' }])).toBe(false)
    expect(namesEqual(odd, odd)).toBe(true)
  })
})
