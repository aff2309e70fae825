import * as asn1js from 'asn1js'
import { describe, expect, test } from 'vitest'
import { toDer } from './ber'
import { DerError } from './der'

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const normalised = (hex: string): string => Buffer.from(toDer(bytes(hex))).toString('hex')

describe('BER becomes DER', () => {
  test('DER is returned as it is, uncopied', () => {
    const der = bytes('3003020105')
    expect(toDer(der)).toBe(der)
  })

  test.each([
    ['an indefinite length', '3080 020105 0000', '3003020105'],
    ['nested indefinite lengths', 'a080 3080 0500 0000 0000', 'a00430020500'],
    ['a non-minimal length', '30 8103 020105', '3003020105'],
    ['an OCTET STRING in pieces', '2480 0401aa 0402bbcc 0000', '0403aabbcc'],
    ['pieces in pieces', '2480 2404 0402aabb 2480 0401cc 0000 0000', '0403aabbcc'],
    ['an empty OCTET STRING in pieces', '2480 0000', '0400'],
    ['a BOOLEAN of 01', '3003 010101', '30030101ff'],
    ['unused bits that are set', '3004 030204ff', '3004030204f0'],
    ['a length of eight octets', '30 880000000000000003 020105', '3003020105'],
    ['pieces inside a context tag', 'a080 2480 0401aa 0401bb 0000 0000', 'a0040402aabb'],
    ['odd integers keep their octets', `3080 0214 00${'ff'.repeat(19)} 0000`, `3016021400${'ff'.repeat(19)}`],
  ])('%s', (_, ber, der) => {
    expect(normalised(ber)).toBe(der)
  })

  test.each([
    ['a primitive of indefinite length', '0480 aa 0000'],
    ['bytes after the end', '3080 0000 00'],
    ['a piece that is no OCTET STRING', '2480 020101 0000'],
    ['a constructed UTF8String', '2c80 0c0161 0000'],
    ['a child that reaches past its parent', '3080 3003 0402aabb 0000'],
    ['a length of nine octets', '30 89000000000000000000'],
    ['a non-minimal INTEGER, which BER forbids too', '3080 02020005 0000'],
    ['nothing but a header', '3080'],
    ['a tower deeper than 32 levels', '3080'.repeat(40)],
  ])('%s is refused', (_, ber) => {
    expect(() => toDer(bytes(ber))).toThrow(DerError)
  })

  test('a bomb of tiny values is refused at once', () => {
    const start = process.cpuUsage()
    expect(() => toDer(bytes(`3080${'0500'.repeat(60_000)}0000`))).toThrow(DerError)
    expect(() => toDer(bytes('3080'.repeat(65_000)))).toThrow(DerError)
    expect(() => toDer(bytes(`2480${'040141'.repeat(40_000)}0000`))).toThrow(DerError)
    expect(process.cpuUsage(start).user).toBeLessThan(500_000)
  })

  test('asn1js reads the same from both', () => {
    const ber = bytes('3080 020105 a080 2480 0403aabbcc 040101 0000 0000 318103010101 0000')
    const der = '3010020105a0060404aabbcc0131030101ff'
    expect(Buffer.from(toDer(ber)).toString('hex')).toBe(der)
    const text = (input: Uint8Array): string => asn1js.fromBER(Buffer.from(input)).result.toString()
    const simple = (input: Uint8Array): unknown => text(input).match(/INTEGER : \d+|BOOLEAN : \w+/g)
    expect(text(bytes(der))).toContain('aabbcc01')
    expect(simple(bytes(der))).toEqual(simple(ber))
  })
})
