/** What the database says about responders and about the certificates they are asked for: many in one statement. */
import type pg from 'pg'
import type { RevocationReason } from '@/lib/services/certificates'
import type { RecordedStatus } from '@/lib/services/ocsp-status'
import { togetherUnless } from '@/lib/services/together'

export interface ResponderRecord {
  authorityId: string
  subjectDer: Buffer
  /** SubjectPublicKeyInfo of the authority. */
  spki: Buffer
}

/**
 * The responder's row must name this key and the key's owner must be that row: only both together are ours. That of a
 * root whose key was taken offline goes on until it ends.
 */
export async function findResponder(
  pool: pg.Pool,
  { keyId, ownerId }: { keyId: string; ownerId: string },
): Promise<ResponderRecord | null> {
  const { rows } = await pool.query<ResponderRecord>({
    name: 'find-responder',
    text: `select a.id as "authorityId", a.subject_der as "subjectDer", k.public_key as spki
           from ocsp_responder w
           join authority a on a.id = w.authority_id
           join key k on k.id = coalesce(a.key_id, a.offline_key_id)
           where w.id = $1 and w.key_id = $2 and w.certificate_der is not null`,
    values: [ownerId, keyId],
  })
  return rows[0] ?? null
}

export interface Asked {
  authorityId: string
  serial: string
}

interface StatusRow {
  place: string
  revoked_at: Date | null
  revocation_reason: RevocationReason | null
  issuer_revoked_at: Date | null
  issuer_revocation_reason: RevocationReason | null
}

const STATUSES = `
  select i.place, c.revoked_at, c.revocation_reason,
         case when own.revoked_at <= c.not_after then own.revoked_at end as issuer_revoked_at, own.revocation_reason as issuer_revocation_reason
  from unnest($1::uuid[], $2::text[]) with ordinality as i(authority_id, serial, place)
  join certificate c on c.authority_id = i.authority_id and c.serial = i.serial and c.state::text = 'issued'
  join authority a on a.id = i.authority_id
  join certificate own on own.id = a.certificate_id`

const MOST_AT_ONCE = 64

/** Null for what is not on record as issued. Those who ask while a statement runs share the next one, and its fault. */
export function statusReader(pool: pg.Pool): (asked: Asked) => Promise<RecordedStatus | null> {
  return togetherUnless(
    () => true,
    (batch) => read(pool, batch),
    MOST_AT_ONCE,
  )
}

async function read(pool: pg.Pool, batch: readonly Asked[]): Promise<(RecordedStatus | null)[]> {
  const { rows } = await pool.query<StatusRow>({
    name: 'ocsp-statuses',
    text: STATUSES,
    values: [batch.map(({ authorityId }) => authorityId), batch.map(({ serial }) => serial)],
  })
  const found = new Map(rows.map((row) => [Number(row.place) - 1, recorded(row)]))
  return batch.map((_asked, index) => found.get(index) ?? null)
}

function recorded(row: StatusRow): RecordedStatus {
  return {
    revoked: revocation(row.revoked_at, row.revocation_reason),
    issuer: { revoked: revocation(row.issuer_revoked_at, row.issuer_revocation_reason) },
  }
}

function revocation(at: Date | null, reason: RevocationReason | null) {
  return at === null || reason === null ? null : { at, reason }
}
