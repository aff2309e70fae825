/** Redeeming in Postgres: of any number of rivals at the same instant, one holds the challenge. */
import { FAIL_INFO_NUMBER } from '@/lib/scep/fail-info'
import {
  MISMATCH_REASONS,
  type MismatchReason,
  type RedemptionStore,
  type RowOutcome,
} from '@/lib/services/challenge-presentation'
import type { ChallengeState } from '@/lib/services/challenges'
import { bytes } from './certificate-rows'
import { raiseAlarm } from './challenge-alarms'
import { effectiveState, hasCertificate } from './challenge-rows'
import { type Database, type Transaction, transact } from './database'
import { reserveTogether } from './enrolment-statements'
import { Prisma } from './generated/client'
import { guarded } from './outage'

/** Bounded by the challenge's own life, so that the index over endpoint and time serves it. */
export const mismatchesOf = (csrSha256: Uint8Array) => Prisma.sql`
  from enrolment_transaction t
  where t.endpoint_id = c.endpoint_id and t.created_at >= c.created_at and t.challenge_id = c.id and t.index_state = 'refused'
    and t.csr_sha256 = ${bytes(csrSha256)} and t.reason = any(${[...MISMATCH_REASONS]}::text[])`

export function redemptionStore(database: Database): RedemptionStore {
  const reserve = reserveTogether(database)
  return guarded<RedemptionStore>({
    reserve: (request, reserved) => reserve({ request, reserved }),

    async release({ challengeId, transactionRowId, csrSha256, mismatch, mostMismatches, row }, events) {
      await transact(database, async (transaction) => {
        const [after] = await transaction.$queryRaw<{ state: ChallengeState; failed_attempts: number }[]>`
          with counted as (
            select c.id, c.failed_attempts + 1 >= ${mostMismatches} as last from challenge c
            where c.id = ${challengeId}::uuid and ${mismatch} and not exists (select ${mismatchesOf(csrSha256)})
          )
          update challenge c set
            failed_attempts = failed_attempts + (select count(*)::int from counted),
            last_failure_at = case when ${mismatch} then now() else last_failure_at end,
            state = (case when (select last from counted) then 'revoked'
                          when expires_at <= now() then 'expired' else 'pending' end)::"ChallengeState",
            revoked_at = case when (select last from counted) then now() end,
            revoked_reason = case when (select last from counted) then 'three_mismatches' end,
            reserved_by = null, reserved_csr_sha256 = null, reserved_spki_sha256 = null, reserved_at = null
          where c.id = ${challengeId}::uuid and c.state = 'reserved' and c.reserved_by = ${transactionRowId}::uuid and not ${hasCertificate}
          returning c.state, c.failed_attempts`
        const current =
          after ??
          (await transaction.challenge.findUniqueOrThrow({
            where: { id: challengeId },
            select: { state: true, failedAttempts: true },
          }))
        if (after === undefined && row.state === 'failed') await offerAgain(transaction, transactionRowId)
        else await finishRow(transaction, transactionRowId, row, challengeId)
        const attempt = 'failed_attempts' in current ? current.failed_attempts : current.failedAttempts
        return { result: undefined, events: events({ released: after !== undefined, state: current.state, attempt }) }
      })
    },

    async alarm(second, events) {
      return transact(database, async (transaction) => {
        const revoked = await raiseAlarm(transaction, second)
        if (revoked === null) return { result: false, events: [] }
        await finishRow(transaction, second.transactionRowId, second.row, second.challengeId)
        return { result: true, events: events(revoked) }
      })
    },

    async lookup(handleHashes, csrSha256) {
      const [row] = await database.$queryRaw<PresentedRow[]>`
        select c.id, c.subject, e.slug, ${effectiveState} as state, c.reserved_by, c.reserved_csr_sha256, c.reserved_spki_sha256, c.consumed_at,
          holder.signer_spki_sha256 as reserved_signer_spki_sha256, x.id as certificate_id, x.not_after, x.revoked_at,
          mismatched.reason as mismatch_reason, mismatched.detail as mismatch_detail
        from challenge c
        join endpoint e on e.id = c.endpoint_id
        left join certificate x on x.challenge_id = c.id and x.state = 'issued'
        left join enrolment_transaction holder on holder.id = c.reserved_by
        left join lateral (select t.reason, t.detail ${mismatchesOf(csrSha256)} and c.failed_attempts > 0 limit 1) mismatched on true
        where c.handle_hash = any(${handleHashes.map(bytes)}::bytea[])`
      if (row === undefined) return null
      return {
        id: row.id,
        subject: row.subject,
        endpointSlug: row.slug,
        state: row.state,
        reservedBy: row.reserved_by,
        reservedCsrSha256: row.reserved_csr_sha256,
        reservedSpkiSha256: row.reserved_spki_sha256,
        consumedAt: row.consumed_at,
        reservedSignerSpkiSha256: row.reserved_signer_spki_sha256,
        certificate:
          row.certificate_id === null || row.not_after === null
            ? null
            : { id: row.certificate_id, notAfter: row.not_after, revokedAt: row.revoked_at },
        mismatched:
          row.mismatch_reason === null ? null : { reason: row.mismatch_reason, detail: row.mismatch_detail ?? '' },
      }
    },

    async lookupAny(handleHashes) {
      const [row] = await database.$queryRaw<{ id: string; subject: string; endpointSlug: string }[]>`
        select c.id, c.subject, e.slug as "endpointSlug" from challenge c join endpoint e on e.id = c.endpoint_id
        where c.handle_hash = any(${handleHashes.map(bytes)}::bytea[]) limit 1`
      return row ?? null
    },

    async otherEndpoints(endpointId, limit) {
      const rows = await database.endpoint.findMany({
        where: { id: { not: endpointId } },
        select: { id: true },
        orderBy: { createdAt: 'asc' },
        take: limit,
      })
      return rows.map(({ id }) => id)
    },
  })
}

/** The row keeps its place in line: the next request with its identity takes it over without waiting. */
async function offerAgain(transaction: Transaction, rowId: string): Promise<void> {
  await transaction.$executeRaw`update enrolment_transaction set claimed_at = created_at - interval '1 day' where id = ${rowId}::uuid and state = 'received'`
}

export async function finishRow(
  transaction: Transaction,
  rowId: string,
  row: RowOutcome,
  challengeId: string | null,
): Promise<number> {
  return transaction.$executeRaw`
    update enrolment_transaction set state = ${row.state}::"TransactionState", reason = ${row.reason}, detail = ${row.detail.slice(0, 2_000)},
      fail_info = ${row.failInfo === null ? null : FAIL_INFO_NUMBER[row.failInfo]}, challenge_id = coalesce(${challengeId}::uuid, challenge_id), finished_at = now()
    where id = ${rowId}::uuid and state = 'received'`
}

interface PresentedRow {
  id: string
  subject: string
  slug: string
  state: ChallengeState
  reserved_by: string | null
  reserved_csr_sha256: Uint8Array | null
  reserved_spki_sha256: Uint8Array | null
  consumed_at: Date | null
  reserved_signer_spki_sha256: Uint8Array | null
  certificate_id: string | null
  not_after: Date | null
  revoked_at: Date | null
  mismatch_reason: MismatchReason | null
  mismatch_detail: string | null
}
