/**
 * The statements of every enrolment: it begins, it reserves its challenge. Each does all the requests of the moment, by
 * plain pg with names, so that Postgres parses and plans them once per connection.
 */
import type { AuditEntry } from '@/lib/services/audit'
import { MISMATCH_REASONS, type Reservation, type ReservationRequest } from '@/lib/services/challenge-presentation'
import type { Attempt } from '@/lib/services/enrolment-turns'
import { newRowId } from '@/lib/services/row-id'
import { type Database, hotPool } from './database'
import { eventTexts } from './event-texts'
import { byIdentity, compare } from './lock-order'
import { together } from './together'

/**
 * Inserts a live row for each attempt whose place is free: its id, or null where the place is taken. It does not wait for
 * the disk: every later step of the same request does, and takes what was written before along with it. A crash of the
 * database between the two takes the row of a request that nobody was answered about.
 */
export function beginTogether(database: Database): (attempt: Attempt) => Promise<string | null> {
  return together(async (asked: Attempt[]) => {
    const rows = asked.map((attempt) => ({ id: newRowId(), attempt }))
    const ordered = rows.toSorted((a, b) => byIdentity(a.attempt, b.attempt))
    const attempts = ordered.map(({ attempt }) => attempt)
    const inserted = await hotPool(database).query<{ id: string }>({
      name: 'begin-enrolments',
      text: `
        insert into enrolment_transaction (id, endpoint_id, transaction_id, message_type, csr_sha256, spki_sha256, signer_spki_sha256, subject, source_ip, user_agent, client, policy_version)
        select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::int[], $5::bytea[], $6::bytea[], $7::bytea[], $8::text[], $9::text[], $10::text[], $11::text[], $12::int[])
        on conflict (endpoint_id, transaction_id, csr_sha256) where superseded_at is null do nothing
        returning id, set_config('synchronous_commit', 'off', true)`,
      values: [
        ordered.map(({ id }) => id),
        attempts.map(({ endpointId }) => endpointId),
        attempts.map(({ transactionId }) => transactionId),
        attempts.map(({ messageType }) => messageType),
        attempts.map(({ csrSha256 }) => csrSha256),
        attempts.map(({ spkiSha256 }) => spkiSha256),
        attempts.map(({ signerSpkiSha256 }) => signerSpkiSha256),
        attempts.map(({ subject }) => subject),
        attempts.map(({ sourceIp }) => sourceIp),
        attempts.map(({ userAgent }) => userAgent),
        attempts.map(({ client }) => client),
        attempts.map(({ policyVersion }) => policyVersion),
      ],
    })
    const begun = new Set(inserted.rows.map(({ id }) => id))
    return rows.map(({ id }) => (begun.has(id) ? id : null))
  })
}

export interface ReservationAttempt {
  request: ReservationRequest
  reserved(reservation: Reservation): AuditEntry
}

/**
 * What the event says of a challenge is read first, for it never changes; whether the challenge can be had is decided by
 * the update alone.
 */
export function reserveTogether(database: Database): (attempt: ReservationAttempt) => Promise<Reservation | null> {
  return together(async (attempts: ReservationAttempt[]) => {
    const presented = await findPresented(database, attempts)
    const candidates = attempts
      .flatMap(({ request, reserved }) => {
        const reservation = presentedBy(request, presented)
        return reservation === undefined ? [] : [{ request, reservation, event: reserved(reservation) }]
      })
      .toSorted((a, b) => compare(a.reservation.id, b.reservation.id))
    if (candidates.length === 0) return attempts.map(() => null)
    const { before, after } = eventTexts(candidates.map(({ event }) => event))
    const requests = candidates.map(({ request }) => request)
    const { rows } = await hotPool(database).query<{ row_id: string }>({
      name: 'reserve-challenges',
      text: RESERVE,
      values: [
        candidates.map(({ reservation }) => reservation.id),
        requests.map(({ endpointId }) => endpointId),
        requests.map(({ transactionRowId }) => transactionRowId),
        requests.map(({ csrSha256 }) => csrSha256),
        requests.map(({ spkiSha256 }) => spkiSha256),
        before,
        after,
        MISMATCH_REASONS,
      ],
    })
    const holders = new Set(rows.map(({ row_id: rowId }) => rowId))
    return attempts.map(({ request }) =>
      holders.has(request.transactionRowId) ? (presentedBy(request, presented) ?? null) : null,
    )
  })
}

/** By handle and endpoint. */
async function findPresented(database: Database, attempts: ReservationAttempt[]): Promise<Map<string, Reservation>> {
  const { rows } = await hotPool(database).query<Reservation & { handle_hash: Buffer; endpoint_id: string }>({
    name: 'find-presented-challenges',
    text: 'select id, endpoint_id, handle_hash, subject, constraints from challenge where handle_hash = any($1::bytea[])',
    values: [attempts.flatMap(({ request }) => request.handleHashes)],
  })
  return new Map(
    rows.map(({ handle_hash: handleHash, endpoint_id: endpointId, id, subject, constraints }) => [
      keyOf(handleHash, endpointId),
      { id, subject, constraints },
    ]),
  )
}

/** A value has a handle for each key it may have been minted under; one challenge at most has one of them. */
function presentedBy(
  { handleHashes, endpointId }: ReservationRequest,
  presented: ReadonlyMap<string, Reservation>,
): Reservation | undefined {
  for (const handleHash of handleHashes) {
    const found = presented.get(keyOf(handleHash, endpointId))
    if (found !== undefined) return found
  }
  return undefined
}

function keyOf(handleHash: Uint8Array, endpointId: string): string {
  return `${endpointId}:${Buffer.from(handleHash).toString('base64')}`
}

/** Of several requests for one challenge, an update takes one. Events come last: the chain's head is locked shortest. */
const RESERVE = `
  with input as (
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[], $5::bytea[], $6::text[], $7::text[])
      with ordinality as i(challenge_id, endpoint_id, row_id, csr_sha256, spki_sha256, before_time, after_time, place)
  ), reserved as (
    update challenge c set state = 'reserved', reserved_by = i.row_id, reserved_csr_sha256 = i.csr_sha256,
      reserved_spki_sha256 = i.spki_sha256, reserved_at = now()
    from input i
    where c.id = i.challenge_id and c.endpoint_id = i.endpoint_id and now() >= c.not_before
      and ((c.state::text = 'pending' and now() < c.expires_at
          and (c.failed_attempts = 0 or not exists (
            select from enrolment_transaction t
            where t.endpoint_id = c.endpoint_id and t.created_at >= c.created_at and t.challenge_id = c.id and t.index_state = 'refused'
              and t.csr_sha256 = i.csr_sha256 and t.reason = any($8::text[]))))
        or (c.state::text = 'reserved' and c.reserved_csr_sha256 = i.csr_sha256
          and (c.reserved_by = i.row_id or c.reserved_at < now() - interval '15 seconds')))
    returning i.place, i.row_id, c.id
  ), noted as (
    update enrolment_transaction t set challenge_id = reserved.id from reserved where t.id = reserved.row_id
    returning t.id
  ), recorded as (
    select audit_append_all(array_agg(i.before_time order by i.place), array_agg(i.after_time order by i.place)) as seq
    from reserved join input i on i.place = reserved.place, (select count(*) from noted) as done
  )
  select reserved.row_id from reserved, recorded`
