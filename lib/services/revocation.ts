/** Ending certificates one by one: revoked for good, held for a while, released again. What is revoked for good stays so. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry, Json } from './audit'
import { checkedComment, checkedInvalidityDate, checkedReason } from './certificate-requests'
import { certificateSummary } from './certificate-view'
import type { CertificateRecord, CertificateSummary, RevocationReason } from './certificates'
import { authoriseInGroups } from './permissions'

export type RevocationAction = 'revoke' | 'hold' | 'release'

export interface RevocationRequest {
  reason: RevocationReason
  comment?: string
  /** Since when the key must be taken for compromised; with keyCompromise alone. */
  invalidityDate?: Date
}

export interface RevocationStore {
  /**
   * In one transaction: marks the certificate, makes its authority's CRL due, appends the events. One conditional
   * update decides: false when it is revoked already. A certificate on hold may still be revoked.
   */
  revoke(request: {
    id: string
    reason: RevocationReason
    comment: string | null
    invalidityDate: Date | null
    by: string
    at: Date
    events: AuditEntry[]
  }): Promise<boolean>
  /** The same back: false unless it is on hold at that moment. */
  release(request: { id: string; at: Date; events: AuditEntry[] }): Promise<boolean>
}

export interface RevocationDeps {
  store: RevocationStore
  clock: () => Date
  onCrlDue: () => void
  /** Refuses what is not in the actor's reach as what does not exist. */
  one(actor: Actor, idOrSerial: string): Promise<CertificateRecord>
}

export function createRevocation({ store, clock, onCrlDue, one }: RevocationDeps) {
  async function revoke(actor: Actor, idOrSerial: string, request: RevocationRequest): Promise<CertificateSummary> {
    authoriseInGroups(actor, 'certificate:revoke')
    const reason = checkedReason(request.reason)
    const comment = checkedComment(request.comment)
    const invalidityDate = checkedInvalidityDate(request.invalidityDate, reason, clock())
    const record = revocable(await one(actor, idOrSerial))
    const event = revocationEvent(actor, factsOf(record), { reason, comment, invalidityDate })
    const revoked = await store.revoke({
      id: record.id,
      reason,
      comment,
      invalidityDate,
      by: actor.name,
      at: clock(),
      events: [event],
    })
    if (!revoked) throw new Refusal('conflict', 'This certificate is revoked already.', { reason: 'already_revoked' })
    onCrlDue()
    return certificateSummary(await one(actor, record.id), clock())
  }

  async function release(actor: Actor, idOrSerial: string, request: { comment?: string }): Promise<CertificateSummary> {
    authoriseInGroups(actor, 'certificate:revoke')
    const comment = checkedComment(request.comment)
    const record = revocable(await one(actor, idOrSerial))
    const events = [releaseEvent(actor, factsOf(record), comment)]
    if (!(await store.release({ id: record.id, at: clock(), events }))) {
      const sentence =
        record.revokedAt === null
          ? 'This certificate is not on hold.'
          : 'Only a hold can be undone: this certificate is revoked for good.'
      throw new Refusal('conflict', sentence, { reason: 'not_on_hold' })
    }
    onCrlDue()
    return certificateSummary(await one(actor, record.id), clock())
  }

  return { revoke, release }
}

function revocable(record: CertificateRecord): CertificateRecord {
  if (record.kind === 'root' || record.kind === 'issuer') {
    throw new Refusal('conflict', 'The certificate of an authority cannot be revoked here.', {
      reason: 'not_revocable',
    })
  }
  // Devices would refuse every answer of the endpoint from then on, and nothing would put another in its place.
  if (record.kind === 'ra') {
    throw new Refusal('conflict', 'The registration authority renews itself; switch the endpoint off instead.', {
      reason: 'not_revocable',
    })
  }
  if (record.kind === 'ocsp') {
    throw new Refusal('conflict', 'Nobody asks whether a responder is revoked; it ends by itself within a week.', {
      reason: 'not_revocable',
    })
  }
  return record
}

/** What the trail says of a certificate whose status changed. */
export interface RevokedFacts {
  id: string
  serial: string
  subject: string
  issuer: string
  /** Lower-case hex. */
  fingerprintSha256: string
}

function factsOf({ id, serial, subject, issuer, fingerprintSha256 }: CertificateRecord): RevokedFacts {
  return { id, serial, subject, issuer: issuer.name, fingerprintSha256 }
}

/** A hold is an event of its own: it can be undone, and who watches for revocations should not be woken by it. */
export function revocationEvent(
  actor: Actor,
  facts: RevokedFacts,
  {
    reason,
    comment,
    invalidityDate,
  }: { reason: RevocationReason; comment: string | null; invalidityDate: Date | null },
  more: { [key: string]: Json } = {},
): AuditEntry {
  return {
    type: reason === 'certificateHold' ? 'certificate.hold_set' : 'certificate.revoked',
    outcome: 'success',
    actor,
    object: { type: 'certificate', id: facts.id, name: facts.subject },
    data: {
      ...identity(facts),
      reasonCode: reason,
      ...(comment === null ? {} : { comment }),
      ...(invalidityDate === null ? {} : { invalidityDate: invalidityDate.toISOString() }),
      ...more,
    },
  }
}

export function releaseEvent(
  actor: Actor,
  facts: RevokedFacts,
  comment: string | null,
  more: { [key: string]: Json } = {},
): AuditEntry {
  return {
    type: 'certificate.hold_released',
    outcome: 'success',
    actor,
    object: { type: 'certificate', id: facts.id, name: facts.subject },
    data: { ...identity(facts), ...(comment === null ? {} : { comment }), ...more },
  }
}

function identity({ serial, subject, issuer, fingerprintSha256 }: RevokedFacts) {
  return { serial, subject, issuer, fingerprint: `sha256:${fingerprintSha256}` }
}
