/** A root, an issuer, a registration authority and leaves with keys at hand, made by the real builders, for tests. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { assembleCertificate, buildTbsCertificate, type SignatureAlgorithm } from '@/lib/pki/certificate'
import type { Extension } from '@/lib/pki/extension'
import { keyIdentifier } from '@/lib/pki/key'
import { encodeName, type NamePart } from '@/lib/pki/name'
import { issuerExtensions, leafExtensions, raExtensions, rootExtensions } from '@/lib/pki/profile'
import type { San } from '@/lib/pki/san'
import { newSerial, type Serial } from '@/lib/pki/serial'
import { signWith } from '@/lib/pki/sign'

export interface TestKey {
  privateKey: KeyObject
  spki: Uint8Array
}

export function rsaKey(bits = 2048): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  return { privateKey, spki: publicKey.export({ format: 'der', type: 'spki' }) }
}

export function ecKey(curve: 'P-256' | 'P-384' | 'P-521' = 'P-256'): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve })
  return { privateKey, spki: publicKey.export({ format: 'der', type: 'spki' }) }
}

export interface TestAuthority extends TestKey {
  subjectDer: Uint8Array
  der: Uint8Array
  tbs: Uint8Array
  signature: SignatureAlgorithm
  notBefore: Date
  notAfter: Date
}

export const NOON = new Date('2026-11-23T12:00:00Z')
export const URLS = { crlUrl: 'http://pki.example/crl/staff.crl', caUrl: 'http://pki.example/ca/staff.cer' }

/** The start of 2026, and years from there: valid at NOON and on the day the tests were written. */
const year = (years: number): Date => new Date(Date.UTC(2026 + years, 0, 1))

const HASH: Readonly<Record<SignatureAlgorithm, 'sha256' | 'sha384' | 'sha512'>> = {
  sha256WithRSA: 'sha256',
  sha384WithRSA: 'sha384',
  sha512WithRSA: 'sha512',
  ecdsaWithSHA256: 'sha256',
  ecdsaWithSHA384: 'sha384',
}

export function makeRoot(key: TestKey, signature: SignatureAlgorithm): TestAuthority {
  const subjectDer = encodeName([{ type: 'CN', value: 'Example Root' }])
  const self = {
    ...key,
    subjectDer,
    signature,
    notBefore: year(0),
    notAfter: year(20),
    der: new Uint8Array(),
    tbs: new Uint8Array(),
  }
  return {
    ...self,
    ...issue(self, { subjectDer, spki: key.spki, notAfter: year(20), extensions: rootExtensions(key.spki) }),
  }
}

export function makeIssuer(root: TestAuthority, key: TestKey, signature: SignatureAlgorithm): TestAuthority {
  const subjectDer = encodeName([{ type: 'CN', value: 'Staff Issuer' }])
  const extensions = issuerExtensions({ spki: key.spki, authorityKeyId: keyIdentifier(root.spki), ...URLS })
  const made = issue(root, { subjectDer, spki: key.spki, notAfter: year(10), extensions })
  return { ...key, subjectDer, signature, notBefore: year(0), notAfter: year(10), ...made }
}

export function makeRegistrationAuthority(issuer: TestAuthority, key: TestKey): { der: Uint8Array; tbs: Uint8Array } {
  const subjectDer = encodeName([{ type: 'CN', value: 'Staff Registration Authority' }])
  const extensions = raExtensions({ spki: key.spki, authorityKeyId: keyIdentifier(issuer.spki), ...URLS })
  return issue(issuer, { subjectDer, spki: key.spki, notAfter: year(1), extensions })
}

export function makeLeaf(
  issuer: TestAuthority,
  spki: Uint8Array,
  options: { subject?: readonly NamePart[]; san?: readonly San[]; serial?: Serial } = {},
): { der: Uint8Array; tbs: Uint8Array } {
  const { subject = [{ type: 'CN', value: 'tablet-7' }], san = [], serial = newSerial() } = options
  const extensions = leafExtensions({
    spki,
    authorityKeyId: keyIdentifier(issuer.spki),
    ...URLS,
    san,
    extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
    subjectEmpty: subject.length === 0,
  })
  return issue(issuer, { subjectDer: encodeName(subject), spki, notAfter: year(1), extensions, serial })
}

export function issue(
  authority: TestAuthority,
  what: { subjectDer: Uint8Array; spki: Uint8Array; notAfter: Date; extensions: readonly Extension[]; serial?: Serial },
): { der: Uint8Array; tbs: Uint8Array } {
  const { privateKey, signature, subjectDer: issuerDer, notBefore } = authority
  const tbs = buildTbsCertificate({ serial: newSerial(), issuerDer, notBefore, signature, ...what })
  return { tbs, der: assembleCertificate(tbs, signWith(privateKey, HASH[signature], tbs)) }
}
