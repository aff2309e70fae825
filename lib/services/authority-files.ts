/** Files with authorities, as people upload them: what is in them, and whether it may be taken in. */
import { randomUUID } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import { authorityKeyAlgorithm, lintAuthority, subjectKeyIdOf } from '@/lib/pki/authority-lint'
import { type CertificateInfo, parseCertificate } from '@/lib/pki/certificate'
import { CERTIFICATE_LABELS, FileFault, valuesInFile } from '@/lib/pki/certificate-file'
import { type CrlFile, parseCrl, verifyCrlSignature } from '@/lib/pki/crl-file'
import { DerError } from '@/lib/pki/der'
import { findExtension, parseAuthorityKeyIdentifier } from '@/lib/pki/extension-values'
import { parsePublicKey } from '@/lib/pki/key'
import { nameToText } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import type { AuthorityRecord } from './authorities'
import type { ImportedAuthority } from './authority-import-types'
import { commonNameOf, describeKey, sha256 } from './certificate-intent'
import type { OpenShard } from './crl-shards'

/** Fits into one message to the signer, and into one form. */
const MAX_FILE_BYTES = 192 * 1024
const MAX_CERTIFICATES = 10
const MAX_NAME = 64

/** Every certificate in a file of PEM or DER. */
export function certificatesOf(file: Uint8Array): CertificateInfo[] {
  const ders = readFile(file, CERTIFICATE_LABELS)
  if (ders.length === 0 || ders.length > MAX_CERTIFICATES)
    throw fileRefused('many_certificates', `This file holds no certificate, or more than ${MAX_CERTIFICATES}.`)
  return ders.map(parsedCertificate)
}

export function parsedCertificate(der: Uint8Array): CertificateInfo {
  return readable(() => {
    const certificate = parseCertificate(der)
    parsePublicKey(certificate.spki)
    return certificate
  })
}

/** Extensions and parameters are read where they are needed, so what is not as it should be may show late. */
function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    const sentence =
      error.kind === 'unsupported'
        ? 'A certificate in this file has a key of a kind that is not supported.'
        : 'A certificate in this file cannot be read: it is no certificate, or not as it should be (DER).'
    throw fileRefused('certificate_malformed', sentence, error.message)
  }
}

export function readFile(file: Uint8Array, labels: readonly string[]): Uint8Array[] {
  checkSize(file)
  try {
    return valuesInFile(file, labels)
  } catch (error) {
    if (error instanceof FileFault) throw fileRefused(error.reason, `This file ${error.message}`)
    throw error
  }
}

export function checkSize(file: Uint8Array): void {
  if (file.length === 0) throw fileRefused('no_file', 'Choose a file.')
  if (file.length > MAX_FILE_BYTES)
    throw fileRefused('too_large', `This file is larger than ${MAX_FILE_BYTES / 1024} kB.`)
}

/** Refuses a certificate that must not be an authority here. */
export function checkAuthority(
  certificate: CertificateInfo,
  rules: { kind: 'root' | 'issuer'; root?: CertificateInfo; signsHere: boolean; now: Date },
): void {
  const problem = readable(() => lintAuthority(certificate, rules))
  if (problem !== null) {
    const whose = nameToText(certificate.subjectDer)
    throw fileRefused(problem.reason, `The certificate of ${whose} cannot be used: ${problem.text}`)
  }
}

export function isSelfIssued(certificate: CertificateInfo): boolean {
  return same(certificate.issuerDer, certificate.subjectDer)
}

/**
 * Who signed it: a root that is here, or one in the same file that comes in with it. Only a root signs issuers here; what
 * an authority in between would need, clients and RADIUS servers would need too.
 */
export function rootOf(
  issuer: CertificateInfo,
  { here, inFile }: { here: AuthorityRecord[]; inFile: CertificateInfo[] },
): { certificate: CertificateInfo; record: AuthorityRecord | null } {
  const record = here.find(({ subjectDer }) => same(subjectDer, issuer.issuerDer))
  if (record !== undefined) {
    if (record.kind !== 'root') throw notByRoot(issuer)
    if (record.certificateDer === null || record.status !== 'active')
      throw fileRefused('root_not_active', `Its root, ${record.name}, is not in use any more.`)
    return { certificate: parseCertificate(record.certificateDer), record }
  }
  const certificate = inFile.find(({ subjectDer }) => same(subjectDer, issuer.issuerDer))
  if (certificate === undefined)
    throw fileRefused(
      'root_unknown',
      `Its root, ${nameToText(issuer.issuerDer)}, is not here and not in the file. Import the root first.`,
    )
  if (!isSelfIssued(certificate)) throw notByRoot(issuer)
  return { certificate, record: null }
}

function notByRoot(issuer: CertificateInfo): Refusal {
  return fileRefused(
    'not_signed_by_a_root',
    `${nameToText(issuer.issuerDer)}, which signed this issuer, is no root. Have the issuer signed by the root itself.`,
  )
}

/** The rows of an authority that comes in with its certificate. */
export function importedAuthority(
  certificate: CertificateInfo,
  more: {
    id: string
    kind: 'root' | 'issuer'
    slug: string
    parentId: string | null
    keyId: string | null
    origin: 'imported' | 'requested'
    crlShard?: OpenShard
    now: Date
  },
): ImportedAuthority {
  const { subjectDer, spki, notBefore, notAfter, serial, der, tbs } = certificate
  const { id, kind, slug, parentId, keyId, origin, crlShard, now } = more
  const publicKey = parsePublicKey(spki)
  const keyAlgorithm = authorityKeyAlgorithm(publicKey)
  if (keyAlgorithm === null) throw new Error('an authority with a key that was to be refused')
  const certificateId = randomUUID()
  const commonName = commonNameOf(subjectDer)
  return {
    authority: {
      ...{ id, kind, slug, parentId, keyId, keyAlgorithm, subjectDer, certificateId, notBefore, notAfter, origin },
      name: nameOf(certificate),
      subjectKeyId: subjectKeyIdOf(certificate),
      createdAt: now,
      ...(crlShard === undefined ? {} : { crlShard }),
    },
    certificate: {
      id: certificateId,
      kind,
      authorityId: parentId ?? id,
      groupId: null,
      endpointId: null,
      challengeId: null,
      enrolmentTransactionId: null,
      renews: null,
      crlShard: null,
      policyVersion: null,
      serial,
      tbsSha256: sha256(tbs),
      subject: nameToText(subjectDer),
      subjectDer,
      commonName,
      sans: [],
      keyAlgorithm: describeKey(publicKey),
      spkiSha256: sha256(spki),
      notBefore,
      notAfter,
      createdAt: now,
      der,
      fingerprintSha256: sha256(der),
    },
  }
}

/** What people call it: its common name, or all of its name. */
export function nameOf({ subjectDer }: Pick<CertificateInfo, 'subjectDer'>): string {
  const name = commonNameOf(subjectDer)?.trim() || nameToText(subjectDer)
  return [...name].slice(0, MAX_NAME).join('')
}

const LIST_SIGNATURES = ['sha256', 'sha384', 'sha512'].flatMap((hash) => [
  `${hash}WithRSAEncryption`,
  `ecdsa-with-${hash.toUpperCase()}`,
])
const LIST_EXTENSIONS: readonly string[] = [OID.authorityKeyIdentifier, OID.crlNumber]
/** They are critical (RFC 5280 §5.2.4 and §5.2.5), but not every program writes them so. */
const OF_PARTS: readonly string[] = [OID.deltaCrlIndicator, OID.issuingDistributionPoint]

/** The list of this authority, complete and in force. */
export function checkedCrl(der: Uint8Array, issuer: CertificateInfo, now: Date): CrlFile {
  const crl = readableList(() => parseCrl(der))
  const strange = crl.extensions.find(
    ({ oid, critical }) => OF_PARTS.includes(oid) || (critical && !LIST_EXTENSIONS.includes(oid)),
  )
  const named = findExtension(crl.extensions, OID.authorityKeyIdentifier)
  const keyId = readableList(() => named && parseAuthorityKeyIdentifier(named.value))
  const signed = readableList(() => verifyCrlSignature(der, issuer.spki))
  const problems: [boolean, string, string][] = [
    [!same(crl.issuerDer, issuer.subjectDer), 'another_issuer', 'it is the list of another authority.'],
    // A delta, or a list of some certificates: to whoever takes it for all, the others are not revoked.
    [
      strange !== undefined,
      'partial_list',
      'it is a part of a list (delta or by distribution point). A whole one is needed.',
    ],
    [!!keyId && !same(keyId, subjectKeyIdOf(issuer)), 'another_issuer_key', 'it names another key of its authority.'],
    [
      !LIST_SIGNATURES.includes(crl.signatureAlgorithm),
      'signature_algorithm',
      `it is signed with ${crl.signatureAlgorithm}. SHA-256 or better is needed.`,
    ],
    [!signed, 'signature', "its signature is not by this authority's key."],
    [crl.thisUpdate.getTime() > now.getTime() + CLOCK_TOLERANCE_MS, 'not_yet_valid', 'it begins in the future.'],
    [crl.nextUpdate <= now, 'expired', 'it has expired.'],
    [crl.number < 0n || crl.number >= 1n << 62n, 'number', 'its number is out of all bounds.'],
  ]
  const failed = problems.find(([broken]) => broken)
  if (failed) throw fileRefused(failed[1], `This revocation list cannot be used: ${failed[2]}`)
  return crl
}

/** Whoever signs offline has no time server. */
const CLOCK_TOLERANCE_MS = 5 * 60_000

function readableList<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw fileRefused(
      'crl_malformed',
      'This is not a revocation list of version 2 with a number and an end (nextUpdate), or it has an entry that is not understood.',
      error.message,
    )
  }
}

/** One that has its certificate. */
export function findAuthority(all: AuthorityRecord[], slug: string): AuthorityRecord {
  const authority = all.find((each) => each.slug === slug && each.certificateDer !== null)
  if (authority === undefined)
    throw new Refusal('not_found', 'There is no such authority.', { reason: 'authority_unknown' })
  return authority
}

export function fileRefused(reason: string, sentence: string, detail?: string): Refusal {
  return new Refusal('invalid_input', sentence, {
    reason,
    fields: { file: sentence },
    ...(detail === undefined ? {} : { detail }),
  })
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
