/** Addresses and names: one person, one spelling. */
import { describe, expect, test } from 'vitest'
import { nameFaultOf, normaliseEmail } from './person'
import { networkOf, sourceOf } from './source-address'

describe('an e-mail address', () => {
  test.each([
    ['ada@example.org', 'ada@example.org'],
    ['  Ada@EXAMPLE.org\t', 'ada@example.org'],
    ['ada\uff20example.org', 'ada@example.org'],
    ['\uff41da@example.org', 'ada@example.org'],
    ['STRASSE@example.org', 'strasse@example.org'],
    ['stra\u00dfe@example.org', 'strasse@example.org'],
    ['jose\u0301@example.org', 'jos\u00e9@example.org'],
    ['a+b@sub.example.org', 'a+b@sub.example.org'],
  ])('%j is looked up as %s', (typed, normalised) => {
    expect(normaliseEmail(typed)).toBe(normalised)
    expect(normaliseEmail(normalised)).toBe(normalised)
  })

  test.each([
    '',
    'ada',
    '@example.org',
    'ada@',
    'a@b@c',
    'a b@example.org',
    'ada@exam\u0000ple.org',
    'ada\u202e@example.org',
    'ada\u200b@example.org',
    '\u24d0da@example.org',
    'ada\u2028@example.org',
    `${'a'.repeat(65)}@example.org`,
    `a@${'b'.repeat(260)}`,
    'ada@example.org,eve@example.org',
    '"ada"@example.org',
    'Ada <ada@example.org>',
  ])('%j is refused', (typed) => {
    expect(normaliseEmail(typed)).toBeNull()
  })
})

describe('a name', () => {
  test.each(['Ada', 'Jos\u00e9 Mar\u00eda', '\u674e\u660e', "O'Neil-Smith", 'x'.repeat(64)])('%s is fine', (name) => {
    expect(nameFaultOf(name, 'A name')).toBeNull()
  })

  test.each(['', '   ', 'x'.repeat(65), 'a\nb', 'a\u202eb', 'a\u200bb'])('%j is not', (name) => {
    expect(nameFaultOf(name, 'A name')).toMatch(/\.$/)
  })
})

describe('the source of a request', () => {
  test.each([
    ['192.0.2.77', '192.0.2.77', '192.0.2.0/24'],
    ['::ffff:192.0.2.77', '192.0.2.77', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64', '0:0:0:0::/64'],
    [null, 'unknown', 'unknown'],
    ['nonsense', 'unknown', 'unknown'],
    ['1.2.3.4.5', 'unknown', 'unknown'],
    ['999.1.1.1', 'unknown', 'unknown'],
    ['1::2::3', 'unknown', 'unknown'],
    ['1:2:3', 'unknown', 'unknown'],
  ])('%s counts as %s, its place as %s', (ip, source, network) => {
    expect(sourceOf(ip)).toBe(source)
    expect(networkOf(ip)).toBe(network)
  })
})
