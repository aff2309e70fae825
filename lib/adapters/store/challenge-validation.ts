/** Challenges that another server asks about, in Postgres: looked at, held for its request, and settled by its report. */
import { canonicalName } from '@/lib/services/challenge-constraints'
import {
  type ChallengeValidationDependencies,
  type PeekedChallenge,
  VALIDATED_FOR,
} from '@/lib/services/challenge-validation'
import type { SubjectAlternativeName } from '@/lib/services/challenges'
import type { HeldRequest, ReceiverStore, WebhookAnswer } from '@/lib/services/receivers'
import { DISTRUSTING } from '@/lib/services/renewal-checks'
import { bytes } from './certificate-rows'
import { mismatchesOf } from './challenge-redemption'
import { effectiveState } from './challenge-rows'
import { type Database, type Transaction, transact } from './database'
import { guarded } from './outage'
import { scepEnrolmentStore } from './scep-enrolment'

export function validationStore(database: Database): ChallengeValidationDependencies['store'] {
  return guarded<ChallengeValidationDependencies['store']>({
    endpoint: (slug) => scepEnrolmentStore(database).endpoint(slug),

    async peek(handleHashes, csrSha256) {
      const [row] = await database.$queryRaw<(Omit<PeekedChallenge, 'mismatched'> & Mismatched)[]>`
        select c.id, c.subject, c.endpoint_id as "endpointId", ${effectiveState} as state, c.constraints,
          mismatched.reason as mismatch_reason, mismatched.detail as mismatch_detail
        from challenge c
        left join lateral (select t.reason, t.detail ${mismatchesOf(csrSha256)} and c.failed_attempts > 0 limit 1) mismatched on true
        where c.handle_hash = any(${handleHashes.map(bytes)}::bytea[])`
      if (row === undefined) return null
      const { mismatch_reason: reason, mismatch_detail: detail, ...peeked } = row
      return { ...peeked, mismatched: reason === null ? null : { reason, detail: detail ?? '' } }
    },

    hold: (challengeId, rowId, { kind, id, name }, events) =>
      transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update challenge set evidence = evidence || jsonb_build_object(${VALIDATED_FOR}::text, ${JSON.stringify({ kind, id, name })}::jsonb)
          where id = ${challengeId}::uuid and state = 'reserved' and reserved_by = ${rowId}::uuid`
        return { result: count === 1, events: count === 1 ? events : [] }
      }),

    async isRenewable(endpointId, { subjectDer, san }) {
      const rows = await database.$queryRaw<{ sans: SubjectAlternativeName[] }[]>`
        select x.sans from certificate x join endpoint e on e.id = x.endpoint_id
        where x.endpoint_id = ${endpointId}::uuid and x.kind = 'leaf' and x.subject_der = ${bytes(subjectDer)} and x.state = 'issued'
          and e.renewal and x.revoked_at is null and now() < x.not_after and now() >= x.not_after -
            coalesce(make_interval(days => e.renewal_window_days), least(interval '30 days', (x.not_after - x.not_before) / 3))
          and (
            select newest.revocation_reason from certificate newest
            where newest.group_id = x.group_id and newest.subject = x.subject and newest.subject_der = x.subject_der
              and newest.kind = 'leaf' and newest.state = 'issued'
            order by newest.issued_at desc, newest.id limit 1
          )::text = any(${DISTRUSTING}::text[]) is not true`
      return rows.some(({ sans }) => {
        const held = new Set(sans.map(canonicalName))
        return san.every((name) => held.has(canonicalName(name)))
      })
    },

    async record(events) {
      await transact(database, async () => ({ result: undefined, events }))
    },
  })
}

interface Mismatched {
  mismatch_reason: NonNullable<PeekedChallenge['mismatched']>['reason'] | null
  mismatch_detail: string | null
}

export function receiverStore(database: Database): ReceiverStore {
  return guarded<ReceiverStore>({
    async receiver(id) {
      const row = await database.receiver.findUnique({
        where: { id, disabledAt: null },
        select: {
          id: true,
          name: true,
          secretSealed: true,
          previousSecretSealed: true,
          previousSecretUntil: true,
          renewBySubject: true,
          endpoint: { select: { id: true, slug: true } },
        },
      })
      if (row === null) return null
      const { previousSecretUntil: until, previousSecretSealed: previous, ...receiver } = row
      return { ...receiver, previousSecretSealed: until !== null && until > new Date() ? previous : null }
    },

    async answered(receiverId, requestSha256) {
      const key = { receiverId_requestSha256: { receiverId, requestSha256: bytes(requestSha256) } }
      const row = await database.receivedValidation.findUnique({ where: key, select: { answer: true } })
      return row === null ? null : answerOf(row.answer)
    },

    async keep(answer, { receiverId, requestSha256, challengeId, transactionId, csrSha256 }) {
      await database.$executeRaw`
        update receiver set last_used_at = now()
        where id = ${receiverId}::uuid and (last_used_at is null or last_used_at < now() - interval '5 seconds')`
      const kept = await database.$executeRaw`
        insert into received_validation (receiver_id, request_sha256, challenge_id, scep_transaction_id, csr_sha256, answer)
        values (${receiverId}::uuid, ${bytes(requestSha256)}, ${challengeId}::uuid, ${transactionId},
          ${csrSha256 === null ? null : bytes(csrSha256)}, ${JSON.stringify(answer)}::jsonb)
        on conflict do nothing`
      if (kept === 1) return answer
      const key = { receiverId_requestSha256: { receiverId, requestSha256: bytes(requestSha256) } }
      const before = await database.receivedValidation.findUniqueOrThrow({ where: key, select: { answer: true } })
      return answerOf(before.answer)
    },

    issuedElsewhere: (held, { spkiSha256, ...certificate }, event) =>
      transact(database, async (transaction) => {
        const evidence = JSON.stringify({ issuedElsewhere: certificate })
        const [challenge] = await transaction.$queryRaw<HeldRow[]>`
          update challenge c set state = 'consumed', consumed_at = now(), evidence = c.evidence || ${evidence}::jsonb
          from enrolment_transaction t
          where t.endpoint_id = ${held.endpointId}::uuid and t.transaction_id = ${transactionIdOf(held)} and t.csr_sha256 = ${bytes(held.csrIdentity)}
            and t.superseded_at is null and c.reserved_by = t.id and c.state = 'reserved' and jsonb_exists(c.evidence, ${VALIDATED_FOR})
            and c.reserved_spki_sha256 = ${bytes(spkiSha256)}
          returning c.id, c.subject, t.id as "rowId"`
        if (challenge === undefined) return { result: false, events: [] }
        await settleRow(transaction, challenge.rowId)
        return { result: true, events: [event(challenge)] }
      }),

    failedElsewhere: (held, detail, event) =>
      transact(database, async (transaction) => {
        const [challenge] = await transaction.$queryRaw<HeldRow[]>`
          update challenge c set state = (case when c.expires_at > now() then 'pending' else 'expired' end)::"ChallengeState",
            evidence = c.evidence - ${VALIDATED_FOR}, reserved_by = null, reserved_csr_sha256 = null, reserved_spki_sha256 = null, reserved_at = null
          from enrolment_transaction t
          where t.endpoint_id = ${held.endpointId}::uuid and t.transaction_id = ${transactionIdOf(held)} and t.csr_sha256 = ${bytes(held.csrIdentity)}
            and t.superseded_at is null and c.reserved_by = t.id and c.state = 'reserved' and jsonb_exists(c.evidence, ${VALIDATED_FOR})
          returning c.id, c.subject, t.id as "rowId"`
        if (challenge === undefined) return { result: false, events: [] }
        await transaction.$executeRaw`
          update enrolment_transaction set state = 'failed', reason = 'failed_elsewhere', detail = ${detail}, finished_at = now()
          where id = ${challenge.rowId}::uuid`
        return { result: true, events: [event(challenge)] }
      }),
  })
}

interface HeldRow {
  id: string
  subject: string
  rowId: string
}

/** Issued, by somebody else: out of the way of every later request, for there is no certificate of ours to answer with. */
function settleRow(transaction: Transaction, rowId: string): Promise<number> {
  return transaction.$executeRaw`
    update enrolment_transaction set state = 'issued', finished_at = now(), superseded_at = now(), reason = null,
      detail = 'issued by another server' where id = ${rowId}::uuid`
}

function transactionIdOf({ transactionId }: HeldRequest): Uint8Array<ArrayBuffer> {
  return bytes(Buffer.from(transactionId, 'utf8'))
}

/** Written by keep() alone. */
function answerOf(stored: unknown): WebhookAnswer {
  return stored as WebhookAnswer
}
