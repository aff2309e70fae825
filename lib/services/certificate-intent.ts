/** Draws up a certificate before anybody signs it: its serial, the bytes to be signed, and their lint. */
import { Refusal } from '@/lib/errors'
import { buildTbsCertificate, type Extension, signatureAlgorithmFor } from '@/lib/pki/certificate'
import { digest } from '@/lib/pki/digest'
import { type PublicKeyInfo, parsePublicKey } from '@/lib/pki/key'
import { type LintRules, lintCertificate } from '@/lib/pki/lint'
import { nameToText, parseName } from '@/lib/pki/name'
import { newSerial } from '@/lib/pki/serial'
import type { SubjectAlternativeName } from './challenges'
import { newRowId } from './row-id'
import type { KeyAlgorithm } from './signer'

export type CertificateKind = 'root' | 'issuer' | 'ra' | 'ocsp' | 'profile' | 'leaf'

/** What must be known of an authority to draw up something it will sign. */
export interface SigningAuthority {
  id: string
  slug: string
  keyAlgorithm: KeyAlgorithm
  subjectDer: Uint8Array
  subjectKeyId: Uint8Array
  notBefore: Date
  notAfter: Date
}

export interface Renewed {
  certificateId: string
  lineageId: string
}

/** A certificate that is meant: its serial is taken and its bytes are fixed, but nothing is signed yet. */
export interface CertificateIntent {
  id: string
  kind: CertificateKind
  authorityId: string
  groupId: string | null
  endpointId: string | null
  challengeId: string | null
  enrolmentTransactionId: string | null
  /** The certificate it takes over from, and the first one of their line. */
  renews: Renewed | null
  /** The shard of its issuer's CRL that it names; null for the whole list. */
  crlShard: number | null
  /** Of the endpoint whose settings it was drawn up from; null for what no endpoint issues. */
  policyVersion: number | null
  serial: string
  tbs: Uint8Array
  tbsSha256: Uint8Array
  subject: string
  subjectDer: Uint8Array
  commonName: string | null
  sans: SubjectAlternativeName[]
  keyAlgorithm: string
  spkiSha256: Uint8Array
  notBefore: Date
  notAfter: Date
  createdAt: Date
}

export interface IntentRequest {
  kind: CertificateKind
  authority: SigningAuthority
  groupId?: string
  endpointId?: string
  challengeId?: string
  enrolmentTransactionId?: string
  renews?: Renewed | null
  crlShard?: number | null
  policyVersion?: number
  /** What its CRL distribution point must say. */
  crlUrl?: string
  subjectDer: Uint8Array
  sans?: SubjectAlternativeName[]
  spki: Uint8Array
  notBefore: Date
  notAfter: Date
  extensions: Extension[]
  profile?: NonNullable<LintRules['profile']>
  now: Date
}

/** Lints what it builds: an intent that breaks its profile or RFC 5280 is never recorded, so it is never signed. */
export function drawIntent(request: IntentRequest): CertificateIntent {
  const { authority, kind } = request
  const serial = newSerial()
  const notBefore = wholeSeconds(request.notBefore)
  const notAfter = wholeSeconds(request.notAfter)
  const tbs = buildTbsCertificate({
    serial,
    issuerDer: authority.subjectDer,
    subjectDer: request.subjectDer,
    spki: request.spki,
    notBefore,
    notAfter,
    signature: signatureAlgorithmFor(authority.keyAlgorithm),
    extensions: request.extensions,
  })
  const problems = lintCertificate(tbs, {
    kind,
    ...(kind === 'root' ? {} : { issuer: authority }),
    ...(request.profile ? { profile: request.profile } : {}),
    ...(request.crlUrl === undefined ? {} : { crlUrl: request.crlUrl }),
  })
  if (problems.length > 0) {
    throw new Refusal('policy_refused', 'The certificate would break its profile.', {
      reason: 'lint',
      detail: `lint: ${problems.join('; ')}`,
    })
  }
  return {
    id: newRowId(),
    kind,
    authorityId: authority.id,
    groupId: request.groupId ?? null,
    endpointId: request.endpointId ?? null,
    challengeId: request.challengeId ?? null,
    enrolmentTransactionId: request.enrolmentTransactionId ?? null,
    renews: request.renews ?? null,
    crlShard: request.crlShard ?? null,
    policyVersion: request.policyVersion ?? null,
    serial,
    tbs,
    tbsSha256: sha256(tbs),
    subject: nameToText(request.subjectDer),
    subjectDer: request.subjectDer,
    commonName: commonNameOf(request.subjectDer),
    sans: request.sans ?? [],
    keyAlgorithm: describeKey(parsePublicKey(request.spki)),
    spkiSha256: sha256(request.spki),
    notBefore,
    notAfter,
    createdAt: request.now,
  }
}

export function describeKey(key: PublicKeyInfo): string {
  switch (key.algorithm) {
    case 'RSA':
      return `RSA ${key.bits}`
    case 'EC':
      return `EC ${key.curve}`
    case 'Ed25519':
      return 'Ed25519'
  }
}

/** RFC 5280 times have no fractions: rows and certificates must say the same. */
export function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000)
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(digest('sha256', bytes))
}

/** A hash as the audit trail writes it. */
export function fingerprint(hash: Uint8Array): string {
  return `sha256:${Buffer.from(hash).toString('hex')}`
}

/** The last common name is the most specific one. */
export function commonNameOf(subjectDer: Uint8Array): string | null {
  return parseName(subjectDer).findLast((attribute) => attribute.type === '2.5.4.3')?.value ?? null
}
