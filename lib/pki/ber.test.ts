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
    ['pieces inside a context tag', 'a080 2480 0401aa 0401bb 0000 0000', 'a0040402aabb'],
    ['odd integers keep their octets', '3080 0214 00ffffffffffffffffffffffffffffffffffffff 0000', '30160214 00ffffffffffffffffffffffffffffffffffffff'.replace(' ', '')],
  ])('%s', (_, ber, der) => {
    expect(normalised(ber)).toBe(der)
  })

  test.each([
    ['a primitive of indefinite length', '0480 aa 0000'],
    ['bytes after the end', '3080 0000 00'],
    ['a piece that is no OCTET STRING', '2480 020101 0000'],
    ['a constructed UTF8String', '2c80 0c0161 0000'],
    ['a non-minimal INTEGER, which BER forbids too', '3080 02020005 0000'],
    ['nothing but a header', '3080'],
    ['a tower deeper than 32 levels', '3080'.repeat(40)],
  ])('%s is refused', (_, ber) => {
    expect(() => toDer(bytes(ber))).toThrow(DerError)
  })

  test('a bomb of tiny values is refused at once', () => {
    const start = performance.now()
    expect(() => toDer(bytes(`3080${'0500'.repeat(60_000)}0000`))).toThrow(DerError)
    expect(() => toDer(bytes('3080'.repeat(65_000)))).toThrow(DerError)
    expect(performance.now() - start).toBeLessThan(1_000)
  })
})
