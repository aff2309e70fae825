/** What the audit trail says about a certificate on its way from intent to issued. */
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { type CertificateIntent, fingerprint, sha256 } from './certificate-intent'
import type { StoredIntent } from './intents'
import type { KeyAlgorithm, KeyPurpose } from './signer'

/** Written in the transaction that records the intent, before the key is used. */
export function intentEvent(actor: Actor, intent: CertificateIntent, profile: string): AuditEntry {
  return {
    type: 'certificate.issue_intent',
    outcome: 'pending',
    reason: 'to_be_signed',
    actor,
    object: { type: 'certificate', id: intent.id, name: intent.subject },
    data: {
      kind: intent.kind,
      serial: intent.serial,
      tbsSha256: fingerprint(intent.tbsSha256),
      spkiSha256: fingerprint(intent.spkiSha256),
      profile,
      lint: 'passed',
      caId: intent.authorityId,
    },
  }
}

export function keyGeneratedEvent(
  actor: Actor,
  key: { keyId: string; spki: Uint8Array; algorithm: KeyAlgorithm; purpose: KeyPurpose },
): AuditEntry {
  return {
    type: 'key.generated',
    outcome: 'success',
    actor,
    object: { type: 'key', id: key.keyId },
    data: {
      provider: 'software',
      alg: key.algorithm,
      purpose: key.purpose,
      spkiSha256: fingerprint(sha256(key.spki)),
      extractable: false,
    },
  }
}

export function issuedEvents(actor: Actor, intent: StoredIntent, fingerprintSha256: Uint8Array): AuditEntry[] {
  const object = { type: 'certificate', id: intent.id, name: intent.subject } as const
  const issued: AuditEntry = {
    type: 'certificate.issued',
    outcome: 'success',
    actor,
    object,
    data: {
      kind: intent.kind,
      caId: intent.authorityId,
      issuer: intent.authority.name,
      serial: intent.serial,
      profile: intent.profile,
      subject: intent.subject,
      sans: intent.sans.map(({ type, value }) => `${type}:${value}`),
      notBefore: intent.notBefore.toISOString(),
      notAfter: intent.notAfter.toISOString(),
      fingerprint: fingerprint(fingerprintSha256),
      spkiSha256: fingerprint(intent.spkiSha256),
      ...(intent.challengeId ? { challengeId: intent.challengeId } : {}),
      ...(intent.renews ? { renewsCertificateId: intent.renews.certificateId } : {}),
    },
  }
  switch (intent.kind) {
    case 'leaf':
      return intent.challengeId ? [issued, consumedEvent(actor, intent, intent.challengeId)] : [issued]
    case 'root':
    case 'issuer':
      return [issued, authorityReadyEvent(actor, intent, fingerprintSha256)]
    case 'ra':
    case 'ocsp':
    case 'profile':
      return [issued]
  }
}

function consumedEvent(actor: Actor, intent: StoredIntent, challengeId: string): AuditEntry {
  return {
    type: 'challenge.consumed',
    outcome: 'success',
    actor,
    object: { type: 'challenge', id: challengeId, name: intent.subject },
    data: { certificateId: intent.id, serial: intent.serial, enrolmentTransactionId: intent.enrolmentTransactionId },
  }
}

function authorityReadyEvent(actor: Actor, intent: StoredIntent, fingerprintSha256: Uint8Array): AuditEntry {
  return {
    type: 'ca.create.completed',
    outcome: 'success',
    actor,
    object: { type: 'ca', id: intent.certifies?.id ?? null, name: intent.certifies?.name ?? intent.subject },
    data: {
      subject: intent.subject,
      fingerprint: fingerprint(fingerprintSha256),
      notAfter: intent.notAfter.toISOString(),
    },
  }
}

export function reconciledEvent(
  actor: Actor,
  intent: StoredIntent,
  resolution: 'completed' | 'burnt',
  reason?: string,
): AuditEntry {
  return {
    type: 'certificate.reconciled',
    outcome: resolution === 'completed' ? 'success' : 'failure',
    ...(reason === undefined ? {} : { reason }),
    actor,
    object: { type: 'certificate', id: intent.id, name: intent.subject },
    data: { serial: intent.serial, resolution },
  }
}

export function failedEvent(actor: Actor, intent: StoredIntent, reason: string): AuditEntry {
  return {
    type: 'certificate.issue_failed',
    outcome: 'error',
    reason,
    actor,
    object: { type: 'certificate', id: intent.id, name: intent.subject },
    data: { serial: intent.serial, stage: 'sign' },
  }
}

export function releasedEvent(
  actor: Actor,
  challenge: { id: string; state: 'pending' | 'expired' },
  intent: StoredIntent,
  why: string,
): AuditEntry {
  return {
    type: 'challenge.released',
    outcome: 'success',
    actor,
    object: { type: 'challenge', id: challenge.id, name: intent.subject },
    data: { why, state: challenge.state, certificateId: intent.id },
  }
}
