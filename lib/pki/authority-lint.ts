/** What must hold of an authority's certificate that somebody else made, before it is taken in (RFC 5280 §4, §6). */
import { type CertificateInfo, verifyCertificateSignature } from './certificate'
import { findExtension, parseAuthorityKeyIdentifier, parseSubjectKeyIdentifier } from './extension-values'
import { type KeyAlgorithm, keyIdentifier, keyWeakness, type PublicKeyInfo, parsePublicKey } from './key'
import { OID, oidName } from './oid'

export interface AuthorityRules {
  kind: 'root' | 'issuer'
  /** The root that signed an issuer; absent where it is not known yet. */
  root?: CertificateInfo
  now: Date
  /** Whether it is to sign here. A root that only vouches for issuers may be older. */
  signsHere: boolean
}

export interface AuthorityProblem {
  /** For the trail and for programs. */
  reason: string
  /** For people, after "This certificate cannot be used: ". */
  text: string
}

/** The first problem, or null. */
export function lintAuthority(certificate: CertificateInfo, rules: AuthorityRules): AuthorityProblem | null {
  const checks = [...ownChecks(certificate, rules), ...(rules.root ? chainChecks(certificate, rules.root) : [])]
  const failed = checks.find(([broken]) => broken())
  return failed === undefined ? null : { reason: failed[1], text: failed[2] }
}

/** Asked in this order: a later one may rest on an earlier one. */
type Check = readonly [broken: () => boolean, reason: string, text: string]

const HASHES = ['sha256WithRSAEncryption', 'sha384WithRSAEncryption', 'sha512WithRSAEncryption']
const SIGNATURES = [...HASHES, 'ecdsa-with-SHA256', 'ecdsa-with-SHA384', 'ecdsa-with-SHA512']

/** Others are critical because they must be understood, and are not. Name constraints would have to hold for every device. */
const UNDERSTOOD: readonly string[] = [
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
  OID.crlDistributionPoints,
  OID.authorityInfoAccess,
  OID.certificatePolicies,
]

function ownChecks(certificate: CertificateInfo, { kind, now, signsHere }: AuthorityRules): Check[] {
  const { extensions, subjectDer, issuerDer, subject, keyUsage, extendedKeyUsage, notBefore, notAfter } = certificate
  const types = extensions.map(({ oid }) => oid)
  const strange = extensions.find(({ oid, critical }) => critical && !UNDERSTOOD.includes(oid))
  return [
    [() => !certificate.isCa, 'not_an_authority', 'it is not one of an authority (basicConstraints without CA:TRUE).'],
    [() => new Set(types).size !== types.length, 'extension_twice', 'it has an extension twice.'],
    [
      () => strange !== undefined,
      'critical_extension',
      `it has a critical extension that is not understood (${strange ? oidName(strange.oid) : ''}).`,
    ],
    [
      () => types.includes(OID.nameConstraints),
      'name_constraints',
      'it limits names (nameConstraints), and certificates of devices are not checked against that.',
    ],
    [() => subject.length === 0, 'no_name', 'its subject is empty.'],
    [
      () => !keyUsage.includes('keyCertSign') || !keyUsage.includes('cRLSign'),
      'key_usage',
      'it may not sign certificates and revocation lists (keyUsage lacks keyCertSign or cRLSign).',
    ],
    [
      () => kind === 'root' && !same(issuerDer, subjectDer),
      'not_a_root',
      'it is not a root: another authority signed it.',
    ],
    [
      () => kind === 'issuer' && same(issuerDer, subjectDer),
      'not_an_issuer',
      'it is a root, which signs itself. An issuer is signed by a root.',
    ],
    [
      () => kind === 'root' && certificate.pathLength === 0,
      'path_length',
      'it allows no authority below it (pathLen 0), so it cannot sign issuers.',
    ],
    [
      () => extendedKeyUsage.includes(OID.ocspSigning),
      'ocsp_signing',
      'it may sign OCSP answers of its issuer (extendedKeyUsage OCSPSigning), which no authority may (RFC 6960 §4.2.2.2).',
    ],
    [
      () =>
        extendedKeyUsage.length > 0 &&
        !extendedKeyUsage.includes(OID.clientAuth) &&
        !extendedKeyUsage.includes(OID.anyExtendedKeyUsage),
      'extended_key_usage',
      'it is limited to other purposes than client authentication (extendedKeyUsage).',
    ],
    [
      () => !SIGNATURES.includes(certificate.signatureAlgorithm),
      'signature_algorithm',
      `it is signed with ${certificate.signatureAlgorithm}. SHA-256 or better is needed, with RSA (PKCS #1 v1.5) or ECDSA.`,
    ],
    [() => notAfter <= notBefore || notAfter <= now, 'expired', 'it has expired.'],
    [() => notBefore > now, 'not_yet_valid', 'it is not valid yet.'],
    [
      () => authorityKeyAlgorithm(parsePublicKey(certificate.spki)) === null,
      'key_algorithm',
      'its key is of another kind than RSA with 2048, 3072 or 4096 bits, P-256 or P-384.',
    ],
    [
      () => weakness(parsePublicKey(certificate.spki), signsHere) !== null,
      'weak_key',
      signsHere
        ? 'its key is too weak to sign here: RSA from 3072 bits or an EC key is needed, and none that is known to be unsafe.'
        : 'its key is too weak, or known to be unsafe.',
    ],
    [
      () => subjectKeyIdOf(certificate).length === 0 || subjectKeyIdOf(certificate).length > 64,
      'key_identifier',
      'its subject key identifier is empty or too long.',
    ],
    [
      () => kind === 'root' && !verifyCertificateSignature(certificate.der, certificate.spki),
      'signature',
      'its signature is not by its own key.',
    ],
  ]
}

function chainChecks(certificate: CertificateInfo, root: CertificateInfo): Check[] {
  const named = findExtension(certificate.extensions, OID.authorityKeyIdentifier)
  const keyId = named && parseAuthorityKeyIdentifier(named.value)
  return [
    [
      () => !same(certificate.issuerDer, root.subjectDer),
      'another_issuer',
      'another authority is named as its issuer.',
    ],
    [
      () => !!keyId && !same(keyId, subjectKeyIdOf(root)),
      'another_issuer_key',
      'it names another key of its root (authorityKeyIdentifier).',
    ],
    [() => !verifyCertificateSignature(certificate.der, root.spki), 'signature', 'its signature is not by its root.'],
    [() => certificate.notBefore < root.notBefore, 'validity', 'it begins before its root.'],
    [() => certificate.notAfter > root.notAfter, 'validity', 'it outlives its root.'],
    [() => same(certificate.spki, root.spki), 'same_key', 'its key is that of its root.'],
  ]
}

/** As an authority's certificates name its key: what its own certificate says, or method 1 of RFC 5280 §4.2.1.2. */
export function subjectKeyIdOf(certificate: Pick<CertificateInfo, 'extensions' | 'spki'>): Uint8Array {
  const extension = findExtension(certificate.extensions, OID.subjectKeyIdentifier)
  return extension ? parseSubjectKeyIdentifier(extension.value) : keyIdentifier(certificate.spki)
}

/** The name of a key as the signer knows them; null for kinds that it does not. */
export function authorityKeyAlgorithm(key: PublicKeyInfo): KeyAlgorithm | null {
  switch (key.algorithm) {
    case 'RSA':
      return key.bits === 2048 || key.bits === 3072 || key.bits === 4096 ? `rsa${key.bits}` : null
    case 'EC':
      return key.curve === 'P-256' ? 'p256' : key.curve === 'P-384' ? 'p384' : null
    case 'Ed25519':
      return null
  }
}

function weakness(key: PublicKeyInfo, signsHere: boolean): string | null {
  return keyWeakness(key, { minRsaBits: signsHere ? 3072 : 2048, curves: ['P-256', 'P-384'] })
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
