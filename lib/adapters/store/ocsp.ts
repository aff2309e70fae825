/** What OCSP answers from: authorities with their responders, and what is on record about each certificate. */
import type { RevocationReason } from '@/lib/services/certificates'
import type { OcspStore } from '@/lib/services/ocsp'
import type { OcspAuthorityRecord } from '@/lib/services/ocsp-directory'
import type { RecordedStatus } from '@/lib/services/ocsp-status'
import { type Database, hotPool } from './database'
import { guarded } from './outage'
import { together } from './together'

interface AuthorityRow {
  id: string
  kind: 'root' | 'issuer'
  slug: string
  certificate_der: Uint8Array
  key_id: string | null
  responder_der: Uint8Array
  not_after: Date
}

interface StatusRow {
  place: string
  revoked_at: Date | null
  revocation_reason: RevocationReason | null
  issuer_revoked_at: Date | null
  issuer_revocation_reason: RevocationReason | null
}

interface Asked {
  authorityId: string
  serial: string
}

export function ocspStore(database: Database): OcspStore {
  const statusOf = together<Asked, RecordedStatus | null>(async (asked) => {
    const { rows } = await hotPool(database).query<StatusRow>({
      name: 'ocsp-statuses',
      text: STATUSES,
      values: [asked.map(({ authorityId }) => authorityId), asked.map(({ serial }) => serial)],
    })
    const found = new Map(rows.map((row) => [Number(row.place) - 1, recordedStatus(row)]))
    return asked.map((_, place) => found.get(place) ?? null)
  })
  return guarded<OcspStore>({
    async authorities(now) {
      const rows = await database.$queryRaw<AuthorityRow[]>`
        select a.id, a.kind, a.slug, a.certificate_der, r.key_id, r.certificate_der as responder_der, r.not_after
        from authority a
        left join lateral (
          select key_id, certificate_der, not_after from ocsp_responder
          where authority_id = a.id and certificate_der is not null and not_before <= ${now} order by not_after desc limit 1
        ) r on true
        where a.certificate_der is not null and (a.key_id is not null or r.not_after > ${now})`
      return rows.map(authorityRecord)
    },

    status: (authorityId, serial) => statusOf({ authorityId, serial }),
  })
}

const STATUSES = `
  select i.place, c.revoked_at, c.revocation_reason,
         case when own.revoked_at <= c.not_after then own.revoked_at end as issuer_revoked_at, own.revocation_reason as issuer_revocation_reason
  from unnest($1::uuid[], $2::text[]) with ordinality as i(authority_id, serial, place)
  join certificate c on c.authority_id = i.authority_id and c.serial = i.serial and c.state::text = 'issued'
  join authority a on a.id = i.authority_id
  join certificate own on own.id = a.certificate_id`

function authorityRecord(row: AuthorityRow): OcspAuthorityRecord {
  return {
    id: row.id,
    kind: row.kind,
    slug: row.slug,
    certificateDer: row.certificate_der,
    responder:
      row.key_id === null ? null : { keyId: row.key_id, certificateDer: row.responder_der, notAfter: row.not_after },
  }
}

function recordedStatus(row: StatusRow): RecordedStatus {
  return {
    revoked: revocation(row.revoked_at, row.revocation_reason),
    issuer: { revoked: revocation(row.issuer_revoked_at, row.issuer_revocation_reason) },
  }
}

function revocation(at: Date | null, reason: RevocationReason | null) {
  return at === null || reason === null ? null : { at, reason }
}
