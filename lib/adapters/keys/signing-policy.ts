/** What the signer checks for itself before it signs: the request is held against the database, never taken at its word. */
import { Refusal } from '@/lib/errors'
import { type CertificateInfo, parseTbsCertificate, signatureAlgorithmFor } from '@/lib/pki/certificate'
import { type CrlHeader, parseTbsCertListHeader } from '@/lib/pki/crl'
import { constructedContext, DerError, DerReader, TAG } from '@/lib/pki/der'
import { oidOf } from '@/lib/pki/der-values'
import { sha256 } from '@/lib/pki/digest'
import { parseExtensions } from '@/lib/pki/extension'
import { encodeIssuingDistributionPoint, findExtension, parseCrlDistributionPoint } from '@/lib/pki/extension-values'
import { lintCertificate } from '@/lib/pki/lint'
import { OID } from '@/lib/pki/oid'
import { missingSerial } from './crl-entries'
import type { SigningKey } from './signing-key'
import type { AuthorityRecord, CertificateRecord, CrlRecord } from './signing-rows'

type Tbs = Omit<CertificateInfo, 'der' | 'signature'>

const DAY_MS = 86_400_000
/** How long a list may be believed: a day or more beyond what the publisher says. */
const MAX_LIST_LIFE_MS = { root: 190 * DAY_MS, issuer: 8 * DAY_MS } as const
const MAX_AHEAD_MS = 5 * 60_000
/** A revocation this fresh may have been committed after the publisher read. */
const SNAPSHOT_MS = 60_000
/** Numbers that a list may skip, beside one for each attempt that may have failed: the publisher makes one in 30 s. */
const MAX_SKIPPED_NUMBERS = 1_000
const ATTEMPT_MS = 30_000
const LIST_EXTENSIONS: readonly string[] = [OID.authorityKeyIdentifier, OID.crlNumber]

/** The key row that what is certified names as its own; null for a leaf. To be opened: only that proves the row is ours. */
export function certifiedKeyId(record: CertificateRecord): string | null {
  switch (record.kind) {
    case 'leaf':
      return null
    case 'ra':
      return record.registrationAuthority?.keyId ?? null
    case 'ocsp':
      return record.ocspResponder?.keyId ?? null
    case 'profile':
      return record.profileSigner?.keyId ?? null
    case 'root':
    case 'issuer':
      return record.subjectAuthority?.keyId ?? null
  }
}

/**
 * Returns the bytes that may be signed. Refuses everything that is not exactly the recorded intent of this authority.
 * `certified` is the key of certifiedKeyId(), opened.
 */
export function certificateToSign(
  record: CertificateRecord,
  key: SigningKey,
  certified: SigningKey | null,
): Uint8Array {
  const { authority, tbs } = record
  if (record.state !== 'intent' || tbs === null) {
    throw new Refusal('conflict', 'This certificate is not waiting for its signature.', {
      reason: 'not_an_intent',
      detail: `state ${record.state}`,
    })
  }
  checkKey(authority, key)
  if (!sha256(tbs).equals(record.tbsSha256)) refuse('tbs_digest_mismatch')
  const info = parsed(() => parseTbsCertificate(tbs))
  if (algorithmOid(tbs) !== OID[signatureAlgorithmFor(key.algorithm)]) refuse('signature_algorithm')
  checkAgainstRow(info, record)
  checkValidity(info, authority)
  checkWhatItMakes(record, info, certified)
  checkDistributionPoint(record, info)
  checkLint(tbs, record)
  return tbs
}

/** Refuses a list that is not the next one of this authority. Returns which revocations must be on it. */
export function checkCrl(
  tbs: Uint8Array,
  authority: CrlRecord,
  key: SigningKey,
  now: Date,
): { revokedBefore: Date; endsAfter: Date } {
  checkKey(authority, key)
  if (!authority.active) refuse('authority_not_active')
  const header: CrlHeader = parsed(() => parseTbsCertListHeader(tbs))
  if (algorithmOid(tbs) !== OID[signatureAlgorithmFor(key.algorithm)]) refuse('signature_algorithm')
  if (!equal(header.issuerDer, authority.subjectDer)) refuse('issuer_name_mismatch')
  checkListExtensions(tbs, authority)
  checkNumber(header, authority)
  checkTimes(header, authority, now)
  return { revokedBefore: new Date(header.thisUpdate.getTime() - SNAPSHOT_MS), endsAfter: header.thisUpdate }
}

/** Refuses a list that keeps quiet about a revocation. */
export async function checkComplete(tbs: Uint8Array, revoked: AsyncIterable<Buffer>): Promise<void> {
  const missing = await missingSerial(tbs, revoked).catch((error) =>
    error instanceof DerError ? malformed(error) : Promise.reject(error),
  )
  if (missing !== null) refuse('crl_incomplete', `serial ${missing.toUpperCase()} is revoked and not on it`)
}

/**
 * A deltaCRLIndicator would take from the list what its entries say, and so would an issuingDistributionPoint: it stands
 * on the list of a shard alone, and says of it what the shard's certificates say.
 */
function checkListExtensions(tbs: Uint8Array, { shardUrl }: CrlRecord): void {
  const extensions = parsed(() => {
    const fields = new DerReader(tbs).next(TAG.sequence).open()
    while (fields.tag !== constructedContext(0)) fields.next()
    return parseExtensions(fields.next().open().next(TAG.sequence))
  })
  const expected = shardUrl === null ? LIST_EXTENSIONS : [...LIST_EXTENSIONS, OID.issuingDistributionPoint]
  const types = extensions.map(({ oid }) => oid)
  if (types.length !== expected.length || expected.some((oid) => !types.includes(oid)))
    refuse('crl_extensions', types.join(' '))
  if (shardUrl === null) return
  const point = findExtension(extensions, OID.issuingDistributionPoint)
  if (!point?.critical || !equal(point.value, encodeIssuingDistributionPoint(shardUrl)))
    refuse('crl_distribution_point', `not ${shardUrl}`)
}

/** Above every stored list, and not far: a caller cannot burn the numbers of years. */
function checkNumber({ number, thisUpdate }: CrlHeader, { newest, nextNumber, notBefore }: CrlRecord): void {
  const stored = newest?.number ?? 0n
  const elapsed = thisUpdate.getTime() - (newest?.thisUpdate ?? notBefore).getTime()
  const attempts = Math.max(0, Math.floor(elapsed / ATTEMPT_MS))
  const last = stored + BigInt(MAX_SKIPPED_NUMBERS + attempts)
  if (number <= stored || number > nextNumber || number > last)
    refuse('crl_number', `number ${number}, stored ${stored}, next ${nextNumber}, at most ${last}`)
}

/** The past is allowed down to the list before, so that a clock that is moved (as in the demo) can still publish. */
function checkTimes({ thisUpdate, nextUpdate }: CrlHeader, authority: CrlRecord, now: Date): void {
  const from = Math.max(seconds(authority.notBefore), seconds(authority.newest?.thisUpdate ?? authority.notBefore))
  if (seconds(thisUpdate) < from) refuse('crl_times', 'it begins before the list that is stored, or its authority')
  if (thisUpdate.getTime() > now.getTime() + MAX_AHEAD_MS) refuse('crl_times', 'it begins in the future')
  const life = nextUpdate.getTime() - thisUpdate.getTime()
  if (life <= 0 || life > MAX_LIST_LIFE_MS[authority.kind]) refuse('crl_times', 'it ends too early or too late')
}

export function checkPurpose(key: SigningKey, purpose: SigningKey['purpose']): void {
  if (key.purpose !== purpose) refuse('key_purpose', `a key for ${key.purpose} was to act as ${purpose}`)
}

/** An authority whose key is elsewhere, or in a safe, signs nothing here, whatever this process still remembers. */
export function keyHere({ keyId }: Pick<AuthorityRecord, 'keyId'>): string {
  return keyId ?? refuse('key_elsewhere')
}

/** The key must be the authority's own, for what the authority is. The owner is part of what the key is sealed to. */
function checkKey(authority: AuthorityRecord, key: SigningKey): void {
  checkPurpose(key, authority.kind)
  if (key.ownerId !== authority.id || key.keyId !== authority.keyId) refuse('key_of_another_authority')
}

function checkAgainstRow(info: Tbs, record: CertificateRecord): void {
  const issuerName = record.kind === 'root' ? info.subjectDer : record.authority.subjectDer
  if (!equal(info.issuerDer, issuerName)) refuse('issuer_name_mismatch')
  if (info.serial !== record.serial) refuse('serial_mismatch')
  if (!equal(info.subjectDer, record.subjectDer)) refuse('subject_mismatch')
  if (!sha256(info.spki).equals(record.spkiSha256)) refuse('public_key_mismatch')
  if (seconds(info.notBefore) !== seconds(record.notBefore) || seconds(info.notAfter) !== seconds(record.notAfter))
    refuse('validity_mismatch')
}

function checkValidity(info: Tbs, authority: AuthorityRecord): void {
  const begins = seconds(info.notBefore) >= seconds(authority.notBefore)
  const ends = seconds(info.notAfter) <= seconds(authority.notAfter)
  if (!begins || !ends || seconds(info.notAfter) <= seconds(info.notBefore)) refuse('outside_authority_validity')
}

/** CA:TRUE and the RA's role need the record of what is being made, with a key of ours that belongs to it. */
function checkWhatItMakes(record: CertificateRecord, info: Tbs, certified: SigningKey | null): void {
  const {
    authority,
    subjectAuthority: made,
    registrationAuthority: ra,
    ocspResponder: responder,
    profileSigner,
  } = record
  switch (record.kind) {
    case 'root':
      if (made?.kind !== 'root' || made.id !== authority.id || authority.active) refuse('no_record_of_this_authority')
      return checkAuthorityCertificate(made, info, certified)
    case 'issuer':
      checkIssuedBy(authority, 'root')
      if (made?.kind !== 'issuer' || made.parentId !== authority.id) refuse('no_record_of_this_authority')
      checkAuthorityCertificate(made, info, certified)
      if (info.pathLength !== 0) refuse('path_length')
      return
    case 'ra':
      checkIssuedBy(authority, 'issuer')
      if (made !== null || info.isCa) refuse('ca_not_allowed')
      if (ra === null || ra.authorityId !== authority.id) refuse('no_record_of_this_registration_authority')
      return checkCertifiedKey(certified, info, { keyId: ra.keyId, purpose: 'ra', ownerId: ra.id })
    case 'ocsp':
      // Of either kind: each authority has a responder of its own.
      checkIssuedBy(authority, authority.kind)
      if (made !== null || info.isCa) refuse('ca_not_allowed')
      if (responder === null || responder.authorityId !== authority.id) refuse('no_record_of_this_responder')
      return checkCertifiedKey(certified, info, { keyId: responder.keyId, purpose: 'ocsp', ownerId: responder.id })
    case 'profile':
      checkIssuedBy(authority, 'root')
      if (made !== null || info.isCa) refuse('ca_not_allowed')
      if (profileSigner === null || profileSigner.authorityId !== authority.id) refuse('no_record_of_this_signer')
      return checkCertifiedKey(certified, info, {
        keyId: profileSigner.keyId,
        purpose: 'profile',
        ownerId: profileSigner.id,
      })
    case 'leaf':
      checkIssuedBy(authority, 'issuer')
      if (made !== null || ra !== null || responder !== null || profileSigner !== null || info.isCa)
        refuse('ca_not_allowed')
      checkEndpoint(record)
      if (record.keyOnRecord) refuse('key_of_ours', 'a leaf for a key that the signer holds')
      checkChallenge(record)
      return checkRenewal(record, info)
  }
}

function checkAuthorityCertificate(
  made: NonNullable<CertificateRecord['subjectAuthority']>,
  info: Tbs,
  certified: SigningKey | null,
): void {
  if (!info.isCa) refuse('ca_required')
  if (!equal(info.subjectDer, made.subjectDer)) refuse('subject_mismatch')
  checkCertifiedKey(certified, info, { keyId: made.keyId, purpose: made.kind, ownerId: made.id })
}

/** Purpose and owner are those the key was sealed to, and the public key is the one of what was opened. */
function checkCertifiedKey(
  certified: SigningKey | null,
  info: Tbs,
  { keyId, purpose, ownerId }: Pick<SigningKey, 'keyId' | 'purpose' | 'ownerId'>,
): void {
  if (certified === null || certified.keyId !== keyId || !equal(info.spki, certified.spki))
    refuse('public_key_mismatch')
  checkPurpose(certified, purpose)
  if (certified.ownerId !== ownerId) refuse('key_of_another_owner')
}

/** The endpoint's issuer, or the one it took over from: what was begun before a rollover is finished after it. */
function checkEndpoint({ authority, endpoint }: CertificateRecord): void {
  if (endpoint?.authorityId !== authority.id && endpoint?.previousAuthorityId !== authority.id)
    refuse('endpoint_of_another_authority')
}

/** Somebody was given a challenge for this endpoint, and whoever holds this key has presented it. */
function checkChallenge({ challenge, endpoint, spkiSha256 }: CertificateRecord): void {
  const reserved =
    challenge?.state === 'reserved' &&
    challenge.endpointId === endpoint?.id &&
    challenge.reservedSpkiSha256?.equals(spkiSha256)
  if (!reserved) refuse('challenge_not_reserved')
}

/**
 * A challenge that rests on a certificate lets in that certificate's successor and nothing else: the same group, the same
 * subject, and a certificate that counted for something when the new one begins. By the dates of the two, not by this
 * process's clock, so that what a crash left behind can still be finished.
 */
function checkRenewal({ challenge, renewed }: CertificateRecord, info: Tbs): void {
  const restsOn = challenge?.renewsCertificateId ?? null
  if (restsOn !== null && restsOn !== renewed?.id) refuse('renews_another_certificate')
  if (renewed === null) return
  if (renewed.kind !== 'leaf' || renewed.state !== 'issued') refuse('renews_no_leaf')
  if (!renewed.sameGroup) refuse('renews_in_another_group')
  if (!equal(renewed.subjectDer, info.subjectDer)) refuse('renews_another_subject')
  if (renewed.revoked) refuse('renews_a_revoked_certificate')
  if (seconds(renewed.notAfter) <= seconds(info.notBefore)) refuse('renews_an_expired_certificate')
}

/** Where the row says that its revocation will stand is where the certificate sends everybody, for as long as it lives. */
function checkDistributionPoint({ kind, authority, crlShard }: CertificateRecord, { extensions }: Tbs): void {
  // Nobody looks for the revocation of a trust anchor or of a responder; the lint sees to it that neither says where.
  if (kind === 'root' || kind === 'ocsp') return
  const point = findExtension(extensions, OID.crlDistributionPoints)
  if (point === undefined) refuse('crl_distribution_point', 'there is none')
  const url = parsed(() => parseCrlDistributionPoint(point.value))
  const fits = crlShard === null ? url.endsWith(`/crl/${authority.slug}.crl`) : url === crlShard.url
  if (!fits) refuse('crl_distribution_point', url)
}

function checkIssuedBy(authority: AuthorityRecord, kind: 'root' | 'issuer'): void {
  if (authority.kind !== kind) refuse('wrong_authority', `a ${authority.kind} signs nothing of this kind`)
  if (!authority.active) refuse('authority_not_active')
}

function checkLint(tbs: Uint8Array, record: CertificateRecord): void {
  const { kind, authority, endpoint, crlShard } = record
  const problems = lintCertificate(tbs, {
    kind,
    ...(kind === 'root' ? {} : { issuer: authority }),
    ...(kind === 'leaf' && endpoint !== null ? { profile: endpoint } : {}),
    ...(crlShard?.url ? { crlUrl: crlShard.url } : {}),
  })
  if (problems.length > 0) refuse('lint', problems.join('; '))
}

/** The algorithm that the bytes themselves name: TBSCertificate and TBSCertList alike have it after their first INTEGER. */
function algorithmOid(tbs: Uint8Array): string {
  return parsed(() => {
    const fields = new DerReader(tbs).next(TAG.sequence).open()
    fields.optional(constructedContext(0))
    fields.next(TAG.integer)
    return oidOf(fields.next(TAG.sequence).open().next(TAG.oid).content)
  })
}

function parsed<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    return malformed(error)
  }
}

function malformed(error: unknown): never {
  return refuse('malformed', error instanceof Error ? error.message : 'unreadable')
}

function refuse(reason: string, detail = ''): never {
  throw new Refusal('policy_refused', 'The signer does not sign this.', {
    reason,
    detail: detail === '' ? `signer: ${reason}` : `signer: ${reason}: ${detail}`,
  })
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** X.509 has no fractions of a second. */
function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
