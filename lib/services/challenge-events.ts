/** The events of a challenge while it is redeemed: names and hashes, never its value. */
import type { AuditEntry, Json } from './audit'
import { fingerprint } from './certificate-intent'
import type { Difference } from './challenge-match'
import type { Presentation, Reservation } from './challenge-presentation'
import type { ChallengeState } from './challenges'
import type { EnrolmentReason } from './enrolment-refusals'

export function reservedEvent(presentation: Presentation, reservation: Reservation): AuditEntry {
  return challengeEvent('challenge.reserved', presentation, reservation, {
    outcome: 'success',
    data: {
      ...hashes(presentation),
      ...(presentation.signerDiffers ? { signerDiffers: true } : {}),
      ...(presentation.dropped.length > 0 ? { dropped: presentation.dropped } : {}),
    },
  })
}

export function mismatchEvents(
  presentation: Presentation,
  reservation: Reservation,
  verdict: { reason: EnrolmentReason; differences: Difference[] },
  after: { state: ChallengeState; attempt: number },
): AuditEntry[] {
  const [first] = verdict.differences
  const mismatch = challengeEvent('challenge.mismatch', presentation, reservation, {
    outcome: 'denied',
    reason: verdict.reason,
    data: {
      ...hashes(presentation),
      attempt: after.attempt,
      expected: first?.expected ?? [],
      received: first?.received ?? [],
      differences: verdict.differences.map(({ field, expected, received }) => ({ field, expected, received })),
    },
  })
  if (after.state !== 'revoked') return [mismatch, releasedEvent(presentation, reservation, verdict.reason)]
  const data = { by: 'system', why: 'three_mismatches' }
  const revoked = challengeEvent('challenge.revoked', presentation, reservation, { outcome: 'success', data })
  // The device asked for nothing of the kind: the installation protects itself.
  return [mismatch, { ...revoked, actor: { ...revoked.actor, type: 'system', name: 'Latchkey' } }]
}

export function releasedEvent(
  presentation: Presentation,
  challenge: { id: string; subject: string },
  why: string,
): AuditEntry {
  return challengeEvent('challenge.released', presentation, challenge, { outcome: 'success', data: { why } })
}

function challengeEvent(
  type: AuditEntry['type'],
  { endpoint, actor, transactionId }: Presentation,
  challenge: { id: string; subject: string },
  more: Pick<AuditEntry, 'outcome' | 'reason'> & { data: { [key: string]: Json } },
): AuditEntry {
  return {
    type,
    ...more,
    actor,
    object: { type: 'challenge', id: challenge.id, name: challenge.subject },
    transactionId,
    data: { endpoint: endpoint.slug, group: endpoint.groupSlug, ...more.data },
  }
}

function hashes({ csrSha256, spkiSha256 }: Presentation) {
  return { csrSha256: fingerprint(csrSha256), spkiSha256: fingerprint(spkiSha256) }
}
