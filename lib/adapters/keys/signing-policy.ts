/** What the signer checks for itself before it signs: the request is held against the database, never taken at its word. */
import { createHash } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import { type CertificateInfo, parseTbsCertificate, signatureAlgorithmFor } from '@/lib/pki/certificate'
import { type CrlHeader, parseTbsCertListHeader } from '@/lib/pki/crl'
import { constructedContext, DerReader, TAG } from '@/lib/pki/der'
import { oidOf } from '@/lib/pki/der-values'
import { lintCertificate } from '@/lib/pki/lint'
import { OID } from '@/lib/pki/oid'
import type { SigningKey } from './signing-key'
import type { AuthorityRecord, CertificateRecord, CrlRecord } from './signing-rows'

type Tbs = Omit<CertificateInfo, 'der' | 'signature'>

/** Returns the bytes that may be signed. Refuses everything that is not exactly the recorded intent of this authority. */
export function certificateToSign(record: CertificateRecord, key: SigningKey): Uint8Array {
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
  checkWhatItMakes(record, info)
  checkLint(tbs, record)
  return tbs
}

/** Returns nothing; refuses a list that is not the next one of this authority. */
export function checkCrl(tbs: Uint8Array, authority: CrlRecord, key: SigningKey): void {
  checkKey(authority, key)
  if (!authority.active) refuse('authority_not_active')
  const header: CrlHeader = parsed(() => parseTbsCertListHeader(tbs))
  if (algorithmOid(tbs) !== OID[signatureAlgorithmFor(key.algorithm)]) refuse('signature_algorithm')
  if (!equal(header.issuerDer, authority.subjectDer)) refuse('issuer_name_mismatch')
  // Above every stored list, and no further than the database has reserved: a caller cannot burn the numbers of years.
  if (header.number <= authority.highestNumber || header.number > authority.nextNumber) {
    refuse('crl_number', `number ${header.number}, stored ${authority.highestNumber}, next ${authority.nextNumber}`)
  }
  if (header.nextUpdate.getTime() <= header.thisUpdate.getTime()) refuse('crl_times')
}

export function checkPurpose(key: SigningKey, purpose: SigningKey['purpose']): void {
  if (key.purpose !== purpose) refuse('key_purpose', `a key for ${key.purpose} was to act as ${purpose}`)
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
function checkWhatItMakes(record: CertificateRecord, info: Tbs): void {
  const { authority, subjectAuthority: made, registrationAuthority: ra, certifiedKey: certified } = record
  switch (record.kind) {
    case 'root':
      if (made?.kind !== 'root' || made.id !== authority.id || authority.active) refuse('no_record_of_this_authority')
      return checkAuthorityCertificate(record, info, 'root')
    case 'issuer':
      checkIssuedBy(authority, 'root')
      if (made?.kind !== 'issuer' || made.parentId !== authority.id) refuse('no_record_of_this_authority')
      checkAuthorityCertificate(record, info, 'issuer')
      if (info.pathLength !== 0) refuse('path_length')
      return
    case 'ra':
      checkIssuedBy(authority, 'issuer')
      if (made !== null || info.isCa) refuse('ca_not_allowed')
      if (ra === null || ra.authorityId !== authority.id) refuse('no_record_of_this_registration_authority')
      if (certified?.id !== ra.keyId || certified.purpose !== 'ra' || certified.ownerId !== ra.id)
        refuse('public_key_mismatch')
      return
    case 'leaf':
      checkIssuedBy(authority, 'issuer')
      if (made !== null || ra !== null || info.isCa) refuse('ca_not_allowed')
      if (record.endpoint?.authorityId !== authority.id) refuse('endpoint_of_another_authority')
      if (certified !== null) refuse('key_of_ours', 'a leaf for a key that the signer holds')
      return
  }
}

function checkAuthorityCertificate(record: CertificateRecord, info: Tbs, purpose: 'root' | 'issuer'): void {
  const { subjectAuthority: made, certifiedKey: certified } = record
  if (!info.isCa) refuse('ca_required')
  if (made === null || !equal(info.subjectDer, made.subjectDer)) refuse('subject_mismatch')
  if (certified?.id !== made.keyId || certified.purpose !== purpose || certified.ownerId !== made.id)
    refuse('public_key_mismatch')
}

function checkIssuedBy(authority: AuthorityRecord, kind: 'root' | 'issuer'): void {
  if (authority.kind !== kind) refuse('wrong_authority', `a ${authority.kind} signs nothing of this kind`)
  if (!authority.active) refuse('authority_not_active')
}

function checkLint(tbs: Uint8Array, record: CertificateRecord): void {
  const { kind, authority, endpoint } = record
  const problems = lintCertificate(tbs, {
    kind,
    ...(kind === 'root' ? {} : { issuer: authority }),
    ...(kind === 'leaf' && endpoint !== null ? { profile: endpoint } : {}),
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
    return refuse('malformed', error instanceof Error ? error.message : 'unreadable')
  }
}

function refuse(reason: string, detail = ''): never {
  throw new Refusal('policy_refused', 'The signer does not sign this.', {
    reason,
    detail: detail === '' ? `signer: ${reason}` : `signer: ${reason}: ${detail}`,
  })
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** X.509 has no fractions of a second. */
function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
