import { describe, expect, test } from 'vitest'
import { ecKey, makeIssuer, makeLeaf, makeRoot, NOON, rsaKey, type TestAuthority } from '@/e2e/fixtures/chain'
import { openssl, scratchFiles } from '@/e2e/fixtures/openssl'
import { toPem } from './certificate'
import {
  assembleCrl,
  buildTbsCertList,
  entriesOf,
  parseCrlHeader,
  parseTbsCertListHeader,
  REVOCATION_REASON_NUMBER,
  type RevocationReasonName,
  type RevokedEntry,
} from './crl'
import { DerError, parseDer } from './der'
import { sequence } from './der-write'
import {
  encodeCrlDistributionPoint,
  encodeIssuingDistributionPoint,
  parseCrlDistributionPoint,
} from './extension-values'
import { keyIdentifier } from './key'
import { toPemBytes } from './pem'
import { newSerial } from './serial'
import { signWith } from './sign'

const root = makeRoot(ecKey('P-384'), 'ecdsaWithSHA384')
const rsaIssuer = makeIssuer(root, rsaKey(2048), 'sha256WithRSA')
const ecIssuer = makeIssuer(root, ecKey(), 'ecdsaWithSHA256')
const reasons = Object.keys(REVOCATION_REASON_NUMBER) as RevocationReasonName[]
const nextUpdate = new Date(NOON.getTime() + 7 * 86_400_000)

function makeCrl(
  issuer: TestAuthority,
  entries: readonly RevokedEntry[],
  number = 7n,
  shardUrl?: string,
): { der: Uint8Array; tbs: Uint8Array } {
  const tbs = buildTbsCertList({
    issuerDer: issuer.subjectDer,
    authorityKeyId: keyIdentifier(issuer.spki),
    number,
    thisUpdate: NOON,
    nextUpdate,
    signature: issuer.signature,
    entries: entriesOf(entries),
    shardUrl,
  })
  return { tbs, der: assembleCrl(tbs, signWith(issuer.privateKey, 'sha256', tbs)) }
}

const entries = (count: number): RevokedEntry[] =>
  Array.from({ length: count }, (_, i) => ({
    serial: newSerial(),
    revokedAt: new Date(NOON.getTime() - i * 1000),
    reason: reasons[i % reasons.length] ?? 'unspecified',
  }))

describe.each([
  ['RSA', rsaIssuer],
  ['EC', ecIssuer],
] as const)('a CRL signed with %s', (_, issuer) => {
  test.each([0, 1, 3_334, 100_000])('of %i entries is verified by openssl', (count) => {
    const list = entries(count)
    const start = process.cpuUsage()
    const { der, tbs } = makeCrl(issuer, list, 1n << 64n)
    expect(process.cpuUsage(start).user).toBeLessThan(1_500_000)
    const [crlFile = '', issuerFile = ''] = scratchFiles({ 'list.crl': der, 'issuer.pem': toPem(issuer.der) })
    const text = openssl([
      'crl',
      '-inform',
      'DER',
      '-in',
      crlFile,
      '-CAfile',
      issuerFile,
      '-verify',
      '-text',
      '-noout',
    ]).toString()
    expect(text.match(/Serial Number/g)?.length ?? 0).toBe(count)
    if (count === 0) expect(text).toContain('No Revoked Certificates')
    for (const { serial } of list.slice(0, 3)) expect(text).toContain(serial)
    expect(text).toContain('Next Update: Nov 30 12:00:00 2026 GMT')
    const header = { issuerDer: Buffer.from(issuer.subjectDer), number: 1n << 64n, thisUpdate: NOON, nextUpdate }
    expect(normal(parseCrlHeader(der))).toEqual(header)
    expect(normal(parseTbsCertListHeader(tbs))).toEqual(header)
  })

  test('makes openssl refuse what it lists and accept what it does not', () => {
    const [good, bad] = [newSerial(), newSerial()]
    const { der } = makeCrl(issuer, [{ serial: bad, revokedAt: NOON, reason: 'keyCompromise' }])
    const key = ecKey()
    const [rootFile = '', chain = '', goodFile = '', badFile = ''] = scratchFiles({
      'root.pem': toPem(root.der),
      'chain.pem': toPem(issuer.der),
      'good.pem': toPem(makeLeaf(issuer, key.spki, { serial: good }).der),
      'bad.pem': toPem(makeLeaf(issuer, key.spki, { serial: bad }).der),
    })
    const [crlFile = ''] = scratchFiles({ 'list.pem': toPem(der, 'X509 CRL') })
    const args = [
      'verify',
      '-attime',
      '1795600000',
      '-crl_check',
      '-CRLfile',
      crlFile,
      '-CAfile',
      rootFile,
      '-untrusted',
      chain,
    ]
    expect(openssl([...args, goodFile]).toString()).toContain('OK')
    expect(() => openssl([...args, badFile])).toThrow(/revoked/)
  })
})

test('each reason is written as its number, unspecified as nothing', () => {
  const { der } = makeCrl(
    ecIssuer,
    reasons.map((reason) => ({ serial: newSerial(), revokedAt: NOON, reason })),
  )
  const text = openssl(['crl', '-inform', 'DER', '-text', '-noout'], der).toString()
  for (const words of [
    'Key Compromise',
    'CA Compromise',
    'Affiliation Changed',
    'Superseded',
    'Cessation Of Operation',
    'Certificate Hold',
    'Privilege Withdrawn',
    'AA Compromise',
  ]) {
    expect(text).toContain(words)
  }
  expect(text).not.toContain('Unspecified')
  expect(text.match(/CRL Reason Code/g)).toHaveLength(reasons.length - 1)
})

test('an entry says when it was revoked, why, and since when its key was unsafe', () => {
  const at = (text: string) => new Date(text)
  const dates: RevokedEntry[] = [
    { serial: '40', revokedAt: at('1999-12-31T23:59:59.999Z'), reason: 'unspecified', invalidityDate: null },
    {
      serial: 'FF00',
      revokedAt: at('2049-12-31T23:59:59Z'),
      reason: 'keyCompromise',
      invalidityDate: at('1970-01-01Z'),
    },
    {
      serial: '0102',
      revokedAt: at('2050-01-01T00:00:00Z'),
      reason: 'unspecified',
      invalidityDate: at('2051-06-07T08:09:10Z'),
    },
  ]
  const { pieces } = entriesOf(dates)
  expect(Buffer.concat(pieces).toString('hex')).toBe(
    [
      `3012020140170d${ascii('991231235959Z')}`,
      `303c020300ff00170d${ascii('491231235959Z')}3026300a0603551d1504030a010130180603551d180411180f${ascii('19700101000000Z')}`,
      `303102020102180f${ascii('20500101000000Z')}301a30180603551d180411180f${ascii('20510607080910Z')}`,
    ].join(''),
  )
  const text = openssl(['crl', '-inform', 'DER', '-text', '-noout'], makeCrl(ecIssuer, dates).der).toString()
  expect(text.match(/Invalidity Date: *\n *.*/g)?.map((line) => line.split('\n')[1]?.trim())).toEqual([
    'Jan  1 00:00:00 1970 GMT',
    'Jun  7 08:09:10 2051 GMT',
  ])
})

const ascii = (text: string) => Buffer.from(text).toString('hex')

test.each([
  ['a date before 1950', { serial: '40', revokedAt: new Date('1949-12-31T23:59:59Z'), reason: 'superseded' as const }],
  ['no serial', { serial: '', revokedAt: NOON, reason: 'superseded' as const }],
  ['a serial of 42 octets', { serial: '40'.repeat(42), revokedAt: NOON, reason: 'superseded' as const }],
])('an entry with %s is not written', (_, entry) => {
  expect(() => entriesOf([entry])).toThrow(DerError)
})

test("the list of a shard says its certificates' URL, byte for byte, and openssl takes it for them alone", () => {
  const url = 'http://crl.example.com/g7/p3.crl'
  const vector = '3026a024a0228620687474703a2f2f63726c2e6578616d706c652e636f6d2f67372f70332e63726c'
  expect(Buffer.from(encodeIssuingDistributionPoint(url)).toString('hex')).toBe(vector)
  // DistributionPoint { [0] { [0] { [6] URL } } } and IssuingDistributionPoint hold the same DistributionPointName.
  expect(Buffer.from(encodeCrlDistributionPoint(url)).toString('hex')).toBe(`3028${vector}`)
  expect(parseCrlDistributionPoint(encodeCrlDistributionPoint(url))).toBe(url)

  const [inside, revoked, elsewhere] = [newSerial(), newSerial(), newSerial()]
  const { der } = makeCrl(ecIssuer, [{ serial: revoked, revokedAt: NOON, reason: 'superseded' }], 7n, url)
  const leaf = (serial: ReturnType<typeof newSerial>, crlUrl: string) =>
    toPem(makeLeaf(ecIssuer, ecKey().spki, { serial, crlUrl }).der)
  const [rootFile = '', chain = '', list = '', insideFile = '', revokedFile = '', elsewhereFile = ''] = scratchFiles({
    'root.pem': toPem(root.der),
    'chain.pem': toPem(ecIssuer.der),
    'list.pem': toPem(der, 'X509 CRL'),
    'inside.pem': leaf(inside, url),
    'revoked.pem': leaf(revoked, url),
    'elsewhere.pem': leaf(elsewhere, 'http://crl.example.com/g7/p4.crl'),
  })
  const verify = (file: string, ...more: string[]) =>
    openssl(
      ['verify', '-attime', '1795600000', '-crl_check', ...more].concat([
        '-CRLfile',
        list,
        '-CAfile',
        rootFile,
        '-untrusted',
        chain,
        file,
      ]),
    ).toString()
  expect(verify(insideFile, '-extended_crl')).toContain('OK')
  expect(() => verify(revokedFile, '-extended_crl')).toThrow(/revoked/)
  expect(() => verify(elsewhereFile, '-extended_crl')).toThrow(/different CRL scope|unable to get certificate CRL/)
  const text = openssl(['crl', '-inform', 'DER', '-text', '-noout'], der).toString()
  expect(text).toContain('X509v3 Issuing Distribution Point: critical')
})

test('what is not one distribution point with one address is refused', () => {
  const one = encodeCrlDistributionPoint('http://a/b.crl')
  const twice = sequence(
    ...parseDer(one)
      .children()
      .flatMap(({ bytes }) => [bytes, bytes]),
  )
  for (const bytes of [
    new Uint8Array(),
    sequence(),
    twice,
    one.subarray(2),
    encodeIssuingDistributionPoint('http://a/b.crl'),
  ])
    expect(() => parseCrlDistributionPoint(bytes)).toThrow(DerError)
})

test('a long list is armoured as a short one', async () => {
  for (const length of [0, 1, 48, 49, 48 * 4096, 48 * 4096 + 1, 1_000_000]) {
    const bytes = Buffer.alloc(length, length)
    expect(Buffer.from(await toPemBytes(bytes, 'X509 CRL')).toString()).toBe(
      length === 0 ? '-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n' : toPem(bytes, 'X509 CRL'),
    )
  }
})

test('without entries there is no list of them', () => {
  const tags = parseDer(makeCrl(ecIssuer, []).tbs)
    .children()
    .map(({ tag }) => tag)
  expect(tags).toEqual([0x02, 0x30, 0x30, 0x17, 0x17, 0xa0])
})

test('what is no CRL is refused', () => {
  for (const bytes of [new Uint8Array(), root.der, makeCrl(ecIssuer, []).der.subarray(0, 40)]) {
    expect(() => parseCrlHeader(bytes)).toThrow(DerError)
  }
})

const normal = (header: ReturnType<typeof parseCrlHeader>): object => ({
  ...header,
  issuerDer: Buffer.from(header.issuerDer),
})
