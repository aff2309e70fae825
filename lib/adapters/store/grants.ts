/** Authorisations made as a request came in: rows of challenge that are reserved from their first moment. */

import type { Reservation } from '@/lib/services/challenge-presentation'
import type { GrantRequest, GrantStore } from '@/lib/services/enrolment-authorisation'
import { bytes } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'

export function grantStore(database: Database): GrantStore {
  return guarded<GrantStore>({
    async grant(request, events) {
      return transact(database, async (transaction) => {
        const row = await insertGrant(transaction, request)
        return row === null ? { result: null, events: [] } : { result: row, events }
      })
    },
  })
}

/** Null when the one that this transaction made before is spent, revoked, or led to a certificate for another key. */
export async function insertGrant(transaction: Transaction, request: GrantRequest): Promise<Reservation | null> {
  const [row] = await transaction.$queryRaw<Reservation[]>`
    with granted as (
      insert into challenge as c (id, endpoint_id, format, handle_hash, state, expires_at, constraints, subject, minted_by, minted_via, minted_from,
        origin, evidence, renews_certificate_id, reserved_by, reserved_csr_sha256, reserved_spki_sha256, reserved_at)
      values (${request.id}::uuid, ${request.endpointId}::uuid, 'none', ${bytes(request.handleHash)}, 'reserved', now() + interval '1 hour',
        ${JSON.stringify(request.constraints)}::jsonb, ${request.subject}, ${request.by}, ${request.via}, ${request.ip},
        ${request.origin}::"ChallengeOrigin", ${JSON.stringify(request.evidence)}::jsonb, ${request.renewsCertificateId}::uuid,
        ${request.transactionRowId}::uuid, ${bytes(request.csrSha256)}, ${bytes(request.spkiSha256)}, now())
      on conflict (handle_hash) do update set state = 'reserved', expires_at = excluded.expires_at, constraints = excluded.constraints,
        subject = excluded.subject, evidence = excluded.evidence, origin = excluded.origin, renews_certificate_id = excluded.renews_certificate_id,
        reserved_by = excluded.reserved_by, reserved_csr_sha256 = excluded.reserved_csr_sha256,
        reserved_spki_sha256 = excluded.reserved_spki_sha256, reserved_at = now()
      where c.endpoint_id = excluded.endpoint_id and c.state in ('pending', 'reserved', 'expired')
        and not exists (select from certificate x where x.challenge_id = c.id and x.state <> 'abandoned' and x.spki_sha256 <> excluded.reserved_spki_sha256)
      returning id, subject, constraints
    ), noted as (
      update enrolment_transaction set challenge_id = granted.id from granted where enrolment_transaction.id = ${request.transactionRowId}::uuid
    ), ${toBeTold(request)}
    select id, subject, constraints from granted`
  return row ?? null
}

/** Open again when the request came again: what was told before is told anew with the new outcome. */
function toBeTold({ notify, transactionRowId }: GrantRequest): Prisma.Sql {
  if (notify === undefined) return Prisma.sql`told as (select 1)`
  return Prisma.sql`told as (
    insert into notification (id, validator_id, enrolment_transaction_id, event, body, sealed)
    select ${crypto.randomUUID()}::uuid, ${notify.validatorId}::uuid, ${transactionRowId}::uuid, 'open', ${JSON.stringify(notify.body)}::jsonb,
      ${notify.sealed === undefined ? null : bytes(notify.sealed)}::bytea from granted
    on conflict (validator_id, enrolment_transaction_id) do update set event = 'open', body = excluded.body, sealed = excluded.sealed, attempts = 0,
      next_attempt_at = now(), created_at = now(), delivered_at = null, given_up_at = null, last_error = null
  )`
}
