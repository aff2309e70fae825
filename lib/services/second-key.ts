/** A second key for a consumed challenge: the sign that somebody else was faster (dynamic-challenge.md §7, attack 1). */
import type { AuditEntry } from './audit'
import { fingerprint } from './certificate-intent'
import type { RevocationReason } from './certificates'
import {
  type Presentation,
  type PresentedChallenge,
  type RedemptionStore,
  type RevokedAtOnce,
  refusedRow,
} from './challenge-presentation'
import { EnrolmentRefusal } from './enrolment-refusals'

/**
 * Of the reasons of RFC 5280 §5.3.1 the strictest: the key may have been in the wrong hands from its first day, so that
 * nothing it ever signed may count. privilegeWithdrawn would say that the right device lost a right.
 */
export const SECOND_KEY_REASON: RevocationReason = 'keyCompromise'

/** Raises the alarm, once for each challenge and key, and answers with the refusal that the device hears either way. */
export async function raiseAlarm(
  store: Pick<RedemptionStore, 'alarm'>,
  presentation: Presentation,
  presented: PresentedChallenge,
  subject: string,
): Promise<EnrolmentRefusal> {
  const detail = 'the challenge was used before, by another key'
  const refusal = (more: { recorded?: boolean; again?: boolean }) =>
    new EnrolmentRefusal('challenge_replayed', detail, {
      ...more,
      object: { type: 'challenge', id: presented.id, name: presented.subject },
    })
  const second = {
    challengeId: presented.id,
    spkiSha256: presentation.spkiSha256,
    subject,
    sourceIp: presentation.actor.ip,
    transactionRowId: presentation.transactionRowId,
  }
  const first = await store.alarm(
    {
      ...second,
      row: refusedRow('challenge_replayed', detail),
      revoke: presentation.endpoint.revokeOnSecondKey
        ? {
            reason: SECOND_KEY_REASON,
            by: 'Latchkey',
            comment: 'A second key presented the challenge of this certificate.',
          }
        : null,
    },
    (revoked) => [
      replayedEvent(presentation, presented, subject, detail),
      ...revoked.map((each) => revokedEvent(presentation, each)),
    ],
  )
  return refusal(first ? { recorded: true } : { again: true })
}

function replayedEvent(
  presentation: Presentation,
  presented: PresentedChallenge,
  subject: string,
  detail: string,
): AuditEntry {
  const { endpoint, actor, transactionId, messageType, csrSha256, spkiSha256 } = presentation
  return {
    type: 'challenge.replayed',
    outcome: 'denied',
    reason: 'challenge_replayed',
    actor,
    object: { type: 'challenge', id: presented.id, name: presented.subject },
    transactionId,
    data: {
      endpoint: endpoint.slug,
      group: endpoint.groupSlug,
      messageType,
      subject,
      csrSha256: fingerprint(csrSha256),
      spkiSha256: fingerprint(spkiSha256),
      detail,
      alarm: true,
      firstSpkiSha256: presented.reservedSpkiSha256 && fingerprint(presented.reservedSpkiSha256),
      firstCertificateId: presented.certificate?.id ?? null,
    },
  }
}

/** The device asked for nothing of the kind: the installation protects itself. */
function revokedEvent({ actor, endpoint }: Presentation, { id, serial, subject }: RevokedAtOnce): AuditEntry {
  return {
    type: 'certificate.revoked',
    outcome: 'success',
    actor: { ...actor, type: 'system', name: 'Latchkey' },
    object: { type: 'certificate', id, name: subject },
    data: {
      serial,
      reasonCode: SECOND_KEY_REASON,
      why: 'second_key',
      endpoint: endpoint.slug,
      group: endpoint.groupSlug,
    },
  }
}
