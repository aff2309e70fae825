/** Certificate policy: what must hold of every certificate before its issuer signs it. */
import { parseTbsCertificate } from './certificate'
import { constructedContext, DerError, parseDer, TAG } from './der'
import { nullValue } from './der-write'
import {
  encodeCrlDistributionPoint,
  findExtension,
  parseAuthorityInfoAccess,
  parseAuthorityKeyIdentifier,
  parseCrlDistributionPoint,
  parseSubjectKeyIdentifier,
} from './extension-values'
import { keyIdentifier, keyWeakness, type PublicKeyInfo, parsePublicKey } from './key'
import { parseName } from './name'
import { ATTRIBUTE_OID, OID } from './oid'

export type CertificateKind = 'root' | 'issuer' | 'ra' | 'ocsp' | 'profile' | 'leaf'

export interface LintRules {
  kind: CertificateKind
  /** The certificate of who signs; absent for a root, which signs itself. */
  issuer?: { subjectDer: Uint8Array; notBefore: Date; notAfter: Date; subjectKeyId?: Uint8Array }
  /** Where the list is on which it will stand once it is revoked. */
  crlUrl?: string
  /** What the profile allows a leaf. */
  profile?: {
    extendedKeyUsage?: readonly string[]
    minRsaBits?: number
    curves?: readonly string[]
    maxValidityDays?: number
  }
}

type Subject = ReturnType<typeof parseTbsCertificate>

/** Every problem in words for the log, or none. What cannot be parsed is one problem, never an exception. */
export function lintCertificate(tbs: Uint8Array, rules: LintRules): string[] {
  try {
    const certificate = parseTbsCertificate(tbs)
    const key = parsePublicKey(certificate.spki)
    return [
      ...lintSerial(tbs),
      ...lintValidity(certificate, rules),
      ...lintNames(certificate, rules),
      ...lintExtensions(certificate, rules),
      ...lintUsage(certificate, key, rules),
      ...lintKey(key, rules),
    ]
  } catch (error) {
    if (error instanceof DerError) return [`not a TBSCertificate: ${error.message}`]
    throw error
  }
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets; and at least 64 bits, so that nobody predicts it. */
function lintSerial(tbs: Uint8Array): string[] {
  const reader = parseDer(tbs).open()
  reader.optional(constructedContext(0))
  const { content } = reader.next(TAG.integer)
  return problems([
    [(content[0] ?? 0x80) >= 0x80, 'the serial is not positive'],
    [content.length > 20, 'the serial is longer than 20 octets'],
    [content.length < 8, 'the serial is shorter than 64 bits'],
  ])
}

/** Nobody can revoke a responder certificate, for nobody asks about it. */
const RESPONDER_DAYS = 7

function lintValidity(
  { notBefore, notAfter, signatureAlgorithm }: Subject,
  { kind, issuer, profile }: LintRules,
): string[] {
  const days = (notAfter.getTime() - notBefore.getTime()) / 86_400_000
  return problems([
    [notAfter <= notBefore, 'it ends before it begins'],
    [issuer !== undefined && notAfter > issuer.notAfter, 'it outlives its issuer'],
    [issuer !== undefined && notBefore < issuer.notBefore, 'it begins before its issuer'],
    [days > (profile?.maxValidityDays ?? Number.POSITIVE_INFINITY), 'it is valid longer than the profile allows'],
    [kind === 'ocsp' && days > RESPONDER_DAYS, 'a responder certificate is valid for too long'],
    [!SIGNATURES.includes(signatureAlgorithm), `it is to be signed with ${signatureAlgorithm}`],
  ])
}

const SIGNATURES = [
  'sha256WithRSAEncryption',
  'sha384WithRSAEncryption',
  'sha512WithRSAEncryption',
  'ecdsa-with-SHA256',
  'ecdsa-with-SHA384',
]

function lintNames(
  { issuerDer, subjectDer, subject, san, extensions }: Subject,
  { kind, issuer }: LintRules,
): string[] {
  const empty = subject.length === 0
  const sanExtension = findExtension(extensions, OID.subjectAltName)
  const texts = [...subject, ...parseName(issuerDer), ...san].map(({ value }) => value)
  const commonNames = subject.filter(({ type }) => type === ATTRIBUTE_OID.CN)
  return problems([
    [
      kind === 'root' ? !same(issuerDer, subjectDer) : same(issuerDer, subjectDer),
      'issuer and subject do not fit its kind',
    ],
    [kind !== 'root' && !issuer, 'nobody to issue it was named'],
    [issuer !== undefined && !same(issuerDer, issuer.subjectDer), "the issuer name is not the issuer's subject"],
    [kind !== 'leaf' && empty, 'an authority without a name'],
    [empty && !sanExtension, 'neither subject nor alternative name'],
    [sanExtension !== undefined && san.length === 0, 'an alternative name extension without a name we know'],
    [
      sanExtension !== undefined && sanExtension.critical !== empty,
      'the alternative name is critical if and only if the subject is empty',
    ],
    [commonNames.some(({ value }) => [...value].length > 64), 'a common name longer than 64 characters'],
    [texts.some((text) => /\p{Cc}/u.test(text)), 'a name with control characters'],
    [texts.some((text) => text.trim() === ''), 'an empty name'],
  ])
}

function lintExtensions({ extensions, spki }: Subject, { kind, issuer, crlUrl }: LintRules): string[] {
  const types = extensions.map(({ oid }) => oid)
  const subjectKey = findExtension(extensions, OID.subjectKeyIdentifier)
  const authorityKey = findExtension(extensions, OID.authorityKeyIdentifier)
  const crlPoint = findExtension(extensions, OID.crlDistributionPoints)
  const authorityKeyId = authorityKey && parseAuthorityKeyIdentifier(authorityKey.value)
  const access = findExtension(extensions, OID.authorityInfoAccess)
  const noCheck = findExtension(extensions, OID.ocspNoCheck)
  const asksStatus = kind !== 'root' && kind !== 'ocsp'
  return problems([
    [new Set(types).size !== types.length, 'an extension twice'],
    [types.some((type) => !KNOWN_EXTENSIONS.includes(type)), 'an extension no profile of ours has'],
    [
      !subjectKey || !same(parseSubjectKeyIdentifier(subjectKey.value), keyIdentifier(spki)),
      'the subject key identifier is not method 1',
    ],
    [kind !== 'root' && !authorityKeyId, 'no authority key identifier'],
    [
      !!authorityKeyId && !!issuer?.subjectKeyId && !same(authorityKeyId, issuer.subjectKeyId),
      "the authority key identifier is not the issuer's",
    ],
    [asksStatus && !crlPoint, 'no CRL distribution point'],
    [asksStatus && !access, 'no authority information access'],
    [kind === 'ocsp' && (!!access || !!crlPoint), 'a responder that says where to ask'],
    [(kind === 'ocsp') !== !!noCheck, 'ocsp-nocheck belongs to responders, and to all of them'],
    [!!noCheck && (noCheck.critical || !same(noCheck.value, NULL)), 'ocsp-nocheck holds more than NULL'],
    ...(access ? accessProblems(access.value) : []),
    [
      !!crlPoint &&
        !same(crlPoint.value, encodeCrlDistributionPoint(crlUrl ?? parseCrlDistributionPoint(crlPoint.value))),
      'the CRL distribution point is another one',
    ],
  ])
}

const NULL = nullValue()

/** RFC 5280 §4.2.2.1. Certificates from before there was OCSP name the issuer's certificate alone. */
function accessProblems(value: Uint8Array): [boolean, string][] {
  const access = parseAuthorityInfoAccess(value)
  const methods = access.map(({ method }) => method)
  return [
    [!methods.includes(OID.caIssuers), 'nowhere to fetch the issuer'],
    [methods.some((method) => method !== OID.caIssuers && method !== OID.ocsp), 'an access method we do not serve'],
    [new Set(methods).size !== methods.length, 'an access method twice'],
    [access.some(({ url }) => !url?.startsWith('http://')), 'status over anything but plain HTTP'],
    [
      access.some(({ method, url }) => method === OID.ocsp && url?.endsWith('/')),
      'an OCSP address with a slash at its end',
    ],
  ]
}

const KNOWN_EXTENSIONS: readonly string[] = [
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
  OID.crlDistributionPoints,
  OID.authorityInfoAccess,
  OID.subjectAltName,
  OID.ocspNoCheck,
]

function lintUsage(certificate: Subject, key: PublicKeyInfo, { kind, profile }: LintRules): string[] {
  const { extensions, isCa, pathLength, keyUsage, extendedKeyUsage } = certificate
  const authority = kind === 'root' || kind === 'issuer'
  const usage = findExtension(extensions, OID.keyUsage)
  const constraints = findExtension(extensions, OID.basicConstraints)
  const allowed = FIXED_USAGE[kind] ?? profile?.extendedKeyUsage
  const forbidden = FORBIDDEN_USAGE.filter((oid) => !FIXED_USAGE[kind]?.includes(oid))
  return problems([
    [isCa !== authority, authority ? 'an authority without CA:TRUE' : 'CA:TRUE outside an authority'],
    [authority && constraints?.critical !== true, 'basic constraints of an authority are critical'],
    [kind === 'issuer' && pathLength !== 0, 'an issuer has path length 0'],
    [!isCa && pathLength !== null, 'a path length without CA:TRUE'],
    [usage?.critical !== true, 'key usage is present and critical'],
    [
      !expectedUsages(kind, key).some((expected) => sameSet(keyUsage, expected)),
      `key usage ${keyUsage.join(', ')} does not fit`,
    ],
    [authority && extendedKeyUsage.length > 0, 'an extended key usage on an authority'],
    [!authority && extendedKeyUsage.length === 0, 'no extended key usage: it would be good for everything'],
    [extendedKeyUsage.some((oid) => forbidden.includes(oid)), 'an extended key usage no device gets'],
    [
      !authority && allowed !== undefined && !extendedKeyUsage.every((oid) => allowed.includes(oid)),
      'an extended key usage beyond the profile',
    ],
  ])
}

const FIXED_USAGE: Partial<Record<CertificateKind, readonly string[]>> = {
  ra: [OID.serverAuth],
  ocsp: [OID.ocspSigning],
  profile: [OID.emailProtection],
}

/** Any, time stamping, OCSP signing, certificate request agent: none of them is a device's. */
const FORBIDDEN_USAGE = [OID.anyExtendedKeyUsage, '1.3.6.1.5.5.7.3.8', OID.ocspSigning, '1.3.6.1.4.1.311.20.2.1']

/** An RSA issuer may have been made to answer SCEP with its own key. */
function expectedUsages(kind: CertificateKind, key: PublicKeyInfo): string[][] {
  if (kind === 'profile') return [['digitalSignature']]
  const endEntity = key.algorithm === 'RSA' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature']
  const authority = ['keyCertSign', 'cRLSign']
  if (kind === 'issuer' && key.algorithm === 'RSA') return [authority, [...endEntity, ...authority]]
  return [kind === 'root' || kind === 'issuer' ? authority : endEntity]
}

function lintKey(key: PublicKeyInfo, { kind, profile }: LintRules): string[] {
  const minRsaBits = profile?.minRsaBits ?? (kind === 'root' || kind === 'issuer' ? 3072 : 2048)
  const weakness = keyWeakness(key, { minRsaBits, curves: profile?.curves ?? ['P-256', 'P-384', 'P-521'] })
  return problems([
    [weakness !== null, `the key is weak: ${weakness}`],
    [kind === 'ra' && key.algorithm !== 'RSA', 'a registration authority needs an RSA key'],
    [kind === 'profile' && key.algorithm !== 'RSA', 'a signer of profiles needs an RSA key'],
    [kind === 'ocsp' && !(key.algorithm === 'EC' && key.curve === 'P-256'), 'a responder has a P-256 key'],
  ])
}

function problems(checks: readonly (readonly [failed: boolean, problem: string])[]): string[] {
  return checks.filter(([failed]) => failed).map(([, problem]) => problem)
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
const sameSet = (a: readonly string[], b: readonly string[]): boolean => a.toSorted().join() === b.toSorted().join()
