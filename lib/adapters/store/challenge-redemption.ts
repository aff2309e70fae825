/** Redeeming in Postgres: of any number of rivals at the same instant, one holds the challenge. */
import { FAIL_INFO_NUMBER } from '@/lib/scep/fail-info'
import type { RedemptionStore, RowOutcome } from '@/lib/services/challenge-presentation'
import type { ChallengeConstraints, ChallengeState } from '@/lib/services/challenges'
import { bytes } from './certificate-rows'
import { effectiveState, hasCertificate } from './challenge-rows'
import { type Database, type Transaction, transact } from './database'
import { guarded } from './outage'

export function redemptionStore(database: Database): RedemptionStore {
  return guarded<RedemptionStore>({
    async reserve({ handleHash, endpointId, transactionRowId, csrSha256, spkiSha256 }, reserved) {
      return transact(database, async (transaction) => {
        const [row] = await transaction.$queryRaw<{ id: string; subject: string; constraints: ChallengeConstraints }[]>`
          with reserved as (
            update challenge set state = 'reserved', reserved_by = ${transactionRowId}::uuid, reserved_csr_sha256 = ${bytes(csrSha256)},
              reserved_spki_sha256 = ${bytes(spkiSha256)}, reserved_at = now()
            where handle_hash = ${bytes(handleHash)} and endpoint_id = ${endpointId}::uuid and now() >= not_before
              and ((state = 'pending' and now() < expires_at)
                or (state = 'reserved' and reserved_csr_sha256 = ${bytes(csrSha256)}
                  and (reserved_by = ${transactionRowId}::uuid or reserved_at < now() - interval '15 seconds')))
            returning id, subject, constraints
          ), noted as (
            update enrolment_transaction set challenge_id = reserved.id from reserved where enrolment_transaction.id = ${transactionRowId}::uuid
          )
          select id, subject, constraints from reserved`
        if (row === undefined) return { result: null, events: [] }
        return { result: row, events: [reserved(row)] }
      })
    },

    async release({ challengeId, transactionRowId, mismatch, mostMismatches, row }, events) {
      await transact(database, async (transaction) => {
        const [after] = await transaction.$queryRaw<{ state: ChallengeState; failed_attempts: number }[]>`
          update challenge c set
            failed_attempts = failed_attempts + ${mismatch ? 1 : 0},
            last_failure_at = case when ${mismatch} then now() else last_failure_at end,
            state = (case when ${mismatch} and failed_attempts + 1 >= ${mostMismatches} then 'revoked'
                          when expires_at <= now() then 'expired' else 'pending' end)::"ChallengeState",
            revoked_at = case when ${mismatch} and failed_attempts + 1 >= ${mostMismatches} then now() end,
            revoked_reason = case when ${mismatch} and failed_attempts + 1 >= ${mostMismatches} then 'three_mismatches' end,
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

    async lookup(handleHash) {
      const [row] = await database.$queryRaw<PresentedRow[]>`
        select c.id, c.subject, e.slug, ${effectiveState} as state, c.reserved_by, c.reserved_csr_sha256, c.reserved_spki_sha256, c.consumed_at,
          x.id as certificate_id, x.revoked_at
        from challenge c
        join endpoint e on e.id = c.endpoint_id
        left join certificate x on x.challenge_id = c.id and x.state = 'issued'
        where c.handle_hash = ${bytes(handleHash)}`
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
        certificate: row.certificate_id === null ? null : { id: row.certificate_id, revokedAt: row.revoked_at },
      }
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
  certificate_id: string | null
  revoked_at: Date | null
}
