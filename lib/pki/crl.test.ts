import { describe, expect, test } from 'vitest'
import { ecKey, makeIssuer, makeLeaf, makeRoot, NOON, rsaKey, type TestAuthority } from '@/e2e/fixtures/chain'
import { openssl, scratchFiles } from '@/e2e/fixtures/openssl'
import { toPem } from './certificate'
import {
  assembleCrl,
  buildTbsCertList,
  parseCrlHeader,
  parseTbsCertListHeader,
  REVOCATION_REASON_NUMBER,
  type RevocationReasonName,
  type RevokedEntry,
} from './crl'
import { DerError, parseDer } from './der'
import { keyIdentifier } from './key'
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
): { der: Uint8Array; tbs: Uint8Array } {
  const tbs = buildTbsCertList({
    issuerDer: issuer.subjectDer,
    authorityKeyId: keyIdentifier(issuer.spki),
    number,
    thisUpdate: NOON,
    nextUpdate,
    signature: issuer.signature,
    entries,
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
