/** Intent → sign → record. The one way to a certificate, for leaves, issuers, registration authorities and the root. */
import { Refusal } from '@/lib/errors'
import { type Csr, parseCsr, verifyCsr } from '@/lib/pki/csr'
import { DerError } from '@/lib/pki/der'
import { keyWeakness, parsePublicKey } from '@/lib/pki/key'
import { encodeName } from '@/lib/pki/name'
import { leafExtensions } from '@/lib/pki/profile'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { intentEvent } from './certificate-events'
import { type CertificateIntent, drawIntent, type Renewed, type SigningAuthority } from './certificate-intent'
import type { ChallengeConstraints } from './challenges'
import { isCurrent, type OpenShard } from './crl-shards'
import {
  createIntents,
  type IntentDeps,
  type IntentStore,
  type Intents,
  type Signed,
  type StoredIntent,
} from './intents'
import type { Urls } from './urls'

/**
 * Proof that this enrolment was authorised. issueLeaf() takes nothing else, so no path can skip the check; the private
 * constructor keeps look-alikes out. Made where a challenge was reserved, and there alone.
 */
export class EnrolmentProof {
  readonly kind = 'challenge' as const
  readonly challengeId: string
  readonly endpointId: string
  readonly enrolmentTransactionId: string
  readonly constraints: ChallengeConstraints
  readonly renews: Renewed | null
  /** SubjectPublicKeyInfo of an approved request, whose CSR was verified when it came in. Null: a CSR has to prove it. */
  readonly verifiedKey: Uint8Array | null
  readonly #made = true

  private constructor(reservation: ReservedChallenge, verifiedKey: Uint8Array | null) {
    this.challengeId = reservation.challengeId
    this.endpointId = reservation.endpointId
    this.enrolmentTransactionId = reservation.enrolmentTransactionId
    this.constraints = reservation.constraints
    this.renews = reservation.renews ?? null
    this.verifiedKey = verifiedKey
  }

  static ofReservedChallenge(reservation: ReservedChallenge): EnrolmentProof {
    return new EnrolmentProof(reservation, null)
  }

  /** `spki` must be the key that the reservation holds: recordLeafIntent() compares them. */
  static ofApprovedRequest(reservation: ReservedChallenge, spki: Uint8Array): EnrolmentProof {
    return new EnrolmentProof(reservation, spki)
  }

  static isProof(value: unknown): value is EnrolmentProof {
    return typeof value === 'object' && value !== null && #made in value
  }
}

/** What ChallengeStore.reserve() returned for a CSR that satisfied the constraints. */
export interface ReservedChallenge {
  challengeId: string
  endpointId: string
  enrolmentTransactionId: string
  constraints: ChallengeConstraints
  /** For a renewal: the certificate before. */
  renews?: Renewed
}

export interface IssuedCertificate {
  id: string
  serial: string
  der: Uint8Array
}

export interface IssuanceService {
  /**
   * Builds the certificate from profile and constraints (the CSR, or the key of an approved request, is certified), lints it,
   * records the intent, has it signed, and records it as issued with the challenge consumed, the transaction finished
   * and the audit events in the same database transaction. A repeat for the same challenge finishes the same intent.
   * Refusals: csr_rejected, policy_refused, conflict (challenge already has a certificate), unavailable (also while the
   * endpoint is switched off or its issuer has expired: that passes, and is not the device's doing).
   */
  issueLeaf(request: { actor: Actor; proof: EnrolmentProof; csr?: Uint8Array }): Promise<IssuedCertificate>
  /**
   * Draws up the leaf of a challenge that is not reserved yet. Nothing is signed unless whoever reserves the challenge
   * records the intent in the same statement. Refusals: csr_rejected, policy_refused, unavailable.
   */
  drawLeaf(request: {
    actor: Actor
    challenge: Omit<ReservedChallenge, 'renews'>
    csr: Csr
    endpoint: IssuingEndpoint
  }): DrawnLeaf
  /** The second half of issueLeaf(), for a leaf whose intent was recorded as its challenge was reserved. */
  issueDrawn(request: {
    actor: Actor
    proof: EnrolmentProof
    leaf: DrawnLeaf
    signed?: Signed
  }): Promise<IssuedCertificate>
  /** Signs and records an intent that a crash left behind. Idempotent; returns null if it was abandoned meanwhile. */
  complete(actor: Actor, certificateId: string): Promise<IssuedCertificate | null>
}

/** Endpoint, profile and issuer in one read: all that a leaf is drawn up from, beside its proof and its CSR. */
export interface IssuingEndpoint {
  endpointId: string
  groupId: string
  /** Of the endpoint and its profile, as they were read. */
  policyVersion: number
  profile: {
    name: string
    validityDays: number
    backdateMinutes: number
    extendedKeyUsage: string[]
    minRsaBits: number
    ellipticCurves: string[]
  }
  /** With the shard of its CRL that new certificates name; null for the whole list. */
  authority: SigningAuthority & { name: string; certificateDer: Uint8Array; crlShard: OpenShard | null }
}

export interface DrawnLeaf {
  intent: CertificateIntent
  /** To be recorded with the intent. */
  event: AuditEntry
  endpoint: IssuingEndpoint
}

export type LeafIntentOutcome =
  | { outcome: 'recorded' }
  /** The challenge has a certificate row already. */
  | { outcome: 'existing'; intent: StoredIntent }
  | { outcome: 'challenge_gone' }
  /** The certificate that it was to renew has a successor, or is revoked, or its issuer is. */
  | { outcome: 'not_renewable'; why: 'renewed_already' | 'renewed_is_revoked' | 'renewed_issuer_is_revoked' }

export interface IssuanceStore extends IntentStore {
  /** Null when the endpoint is unknown or disabled, or its issuer has no certificate yet. */
  issuingEndpoint(endpointId: string): Promise<IssuingEndpoint | null>
  /**
   * In one statement: inserts only while the challenge is reserved and has no certificate row yet; a renewal also only
   * while neither the certificate before nor its issuer is revoked, and it has no other successor.
   */
  recordLeafIntent(intent: CertificateIntent, events: AuditEntry[]): Promise<LeafIntentOutcome>
}

export interface IssuanceDeps extends IntentDeps {
  store: IssuanceStore
  urls: Urls
}

/** `finish` and `reconcile` are for services and jobs that record intents of other kinds. */
export interface Issuance extends IssuanceService, Intents {}

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

export function createIssuance(deps: IssuanceDeps): Issuance {
  const { store, urls, clock, checkpoint = async () => {} } = deps
  const intents = createIntents(deps)

  async function issueLeaf({ actor, proof, csr }: { actor: Actor; proof: EnrolmentProof; csr?: Uint8Array }) {
    if (!EnrolmentProof.isProof(proof)) throw new Error('a certificate was asked for without proof of authorisation')
    const key = keyToCertify(proof, csr)
    const endpoint = await store.issuingEndpoint(proof.endpointId)
    if (endpoint === null) {
      throw new Refusal('unavailable', 'This endpoint does not issue certificates now.', {
        reason: 'endpoint_not_ready',
      })
    }
    const drawn = draw(actor, proof, key, endpoint)
    const recorded = await store.recordLeafIntent(drawn.intent, [drawn.event])
    return finishLeaf(actor, proof, drawn, recorded)
  }

  async function issueDrawn({ actor, proof, leaf, signed }: Parameters<IssuanceService['issueDrawn']>[0]) {
    const { challengeId, enrolmentTransactionId } = leaf.intent
    if (!EnrolmentProof.isProof(proof)) throw new Error('a certificate was asked for without proof of authorisation')
    if (proof.challengeId !== challengeId || proof.enrolmentTransactionId !== enrolmentTransactionId)
      throw new Error('a certificate was asked for with the proof of another')
    return finishLeaf(actor, proof, leaf, { outcome: 'recorded' }, signed)
  }

  function draw(
    actor: Actor,
    challenge: ReservedChallenge | EnrolmentProof,
    key: ProvenKey,
    endpoint: IssuingEndpoint,
  ): DrawnLeaf {
    refuseWeakKey(key, endpoint)
    const intent = drawLeaf(challenge, key, endpoint, urls, clock())
    return { intent, event: intentEvent(actor, intent, endpoint.profile.name), endpoint }
  }

  async function finishLeaf(
    actor: Actor,
    proof: EnrolmentProof,
    { intent, endpoint }: DrawnLeaf,
    recorded: LeafIntentOutcome,
    signed?: Signed,
  ): Promise<IssuedCertificate> {
    await checkpoint('intent-recorded')
    const stored = continued(recorded, intent, endpoint)
    const issued = await intents.finish(actor, stored, proof.enrolmentTransactionId, signed)
    if (issued === null)
      throw new Refusal('unavailable', 'The certificate was given up. Try again.', { reason: 'intent_abandoned' })
    return issued
  }

  return {
    issueLeaf,
    drawLeaf: ({ actor, challenge, csr, endpoint }) => draw(actor, challenge, proven(csr), endpoint),
    issueDrawn,
    finish: intents.finish,
    complete: intents.complete,
    reconcile: intents.reconcile,
  }
}

/** A key that somebody has proven to hold: by a CSR here and now, or when the request that was approved came in. */
type ProvenKey = Pick<Csr, 'spki' | 'publicKey'>

function keyToCertify({ verifiedKey }: EnrolmentProof, csr: Uint8Array | undefined): ProvenKey {
  if (csr !== undefined) return soundCsr(csr)
  if (verifiedKey === null) throw new Error('a certificate was asked for without proof of possession')
  return { spki: verifiedKey, publicKey: parsePublicKey(verifiedKey) }
}

/** The CSR proves possession of its key (PKCS #10 signature); nothing else in it is taken over. */
function soundCsr(der: Uint8Array): Csr {
  let csr: Csr
  try {
    csr = parseCsr(der)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Refusal('csr_rejected', 'The certificate request is malformed.', {
      reason: 'malformed',
      detail: error.message,
    })
  }
  return proven(csr)
}

function proven(csr: Csr): Csr {
  if (verifyCsr(csr)) return csr
  throw new Refusal('csr_rejected', 'The certificate request is not signed by its key.', { reason: 'bad_signature' })
}

function refuseWeakKey(key: ProvenKey, { profile }: IssuingEndpoint): void {
  const weakness = keyWeakness(key.publicKey, { minRsaBits: profile.minRsaBits, curves: profile.ellipticCurves })
  if (weakness === null) return
  throw new Refusal(
    'csr_rejected',
    'The key of the certificate request is too weak or of a kind the profile does not allow.',
    {
      reason: weakness,
      detail: `weak key: ${weakness}`,
    },
  )
}

function drawLeaf(
  challenge: ReservedChallenge | EnrolmentProof,
  key: ProvenKey,
  endpoint: IssuingEndpoint,
  urls: Urls,
  now: Date,
): CertificateIntent {
  const { authority, profile } = endpoint
  const { subject, san, subjectDer, rules } = challenge.constraints
  const { maxValidityDays = profile.validityDays } = rules ?? {}
  const extendedKeyUsage = narrowed(profile.extendedKeyUsage, rules?.extendedKeyUsage)
  const validity = {
    notBefore: new Date(Math.max(now.getTime() - profile.backdateMinutes * MINUTE_MS, authority.notBefore.getTime())),
    notAfter: new Date(
      Math.min(now.getTime() + Math.min(profile.validityDays, maxValidityDays) * DAY_MS, authority.notAfter.getTime()),
    ),
  }
  if (validity.notAfter <= now) {
    throw new Refusal('unavailable', 'The issuer of this group has expired.', { reason: 'issuer_expired' })
  }
  const { crlUrl, crlShard } = distributionPoint(authority, urls)
  return drawIntent({
    kind: 'leaf',
    authority,
    groupId: endpoint.groupId,
    endpointId: endpoint.endpointId,
    challengeId: challenge.challengeId,
    enrolmentTransactionId: challenge.enrolmentTransactionId,
    renews: challenge.renews ?? null,
    crlShard,
    crlUrl,
    policyVersion: endpoint.policyVersion,
    subjectDer: subjectDer === undefined ? encodeName(subject) : new Uint8Array(Buffer.from(subjectDer, 'base64')),
    sans: san,
    spki: key.spki,
    ...validity,
    extensions: leafExtensions({
      spki: key.spki,
      authorityKeyId: authority.subjectKeyId,
      crlUrl,
      caUrl: urls.caUrl(authority.slug),
      ocspUrl: urls.ocspUrl(authority.slug),
      san,
      extendedKeyUsage,
      subjectEmpty: subject.length === 0,
    }),
    profile: {
      extendedKeyUsage: profile.extendedKeyUsage,
      minRsaBits: profile.minRsaBits,
      curves: profile.ellipticCurves,
      maxValidityDays: (profile.validityDays * DAY_MS + profile.backdateMinutes * MINUTE_MS) / DAY_MS,
    },
    now,
  })
}

/** Where its revocation will stand: fixed now, for as long as it lives. */
function distributionPoint({ slug, crlShard }: IssuingEndpoint['authority'], urls: Urls) {
  return crlShard !== null && isCurrent(crlShard, slug, urls)
    ? { crlUrl: crlShard.url, crlShard: crlShard.number }
    : { crlUrl: urls.crlUrl(slug), crlShard: null }
}

/** A challenge may ask for less than the profile grants; a profile that changed since may grant none of it. */
function narrowed(granted: string[], asked: string[] | undefined): string[] {
  if (asked === undefined) return granted
  const usages = granted.filter((usage) => asked.includes(usage))
  if (usages.length > 0) return usages
  throw new Refusal('policy_refused', 'The profile no longer grants what the challenge asks for.', {
    reason: 'no_usage_left',
    detail: `the challenge asks for ${asked.join(', ')}, the profile grants none of it`,
  })
}

/** One challenge, one certificate: the same key goes on with what is there, another key is refused. */
function continued(
  recorded: LeafIntentOutcome,
  drawn: CertificateIntent,
  { authority, profile }: IssuingEndpoint,
): StoredIntent {
  switch (recorded.outcome) {
    case 'recorded':
      return {
        ...drawn,
        state: 'intent',
        der: null,
        authority,
        authorityDer: authority.certificateDer,
        profile: profile.name,
        certifies: null,
      }
    case 'existing':
      if (Buffer.compare(recorded.intent.spkiSha256, drawn.spkiSha256) === 0) return recorded.intent
      throw new Refusal('conflict', 'This challenge already has a certificate for another key.', {
        reason: 'challenge_has_certificate',
      })
    case 'challenge_gone':
      throw new Refusal('conflict', 'The challenge is no longer reserved for this request.', {
        reason: 'challenge_not_reserved',
      })
    case 'not_renewable':
      throw new Refusal('conflict', 'The certificate was renewed or revoked meanwhile.', {
        reason: recorded.why,
      })
  }
}
