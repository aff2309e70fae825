/** Supersession in Postgres: the same revocation as by hand, decided by the rows alone. */
import { SUPERSEDED_BY, type Superseded, type SupersessionStore } from '@/lib/services/supersession'
import { makeCrlsDue } from './certificate-rows'
import { type Database, transact } from './database'
import { guarded } from './outage'

interface SupersededRow {
  id: string
  serial: string
  subject: string
  authority_id: string
  issuer: string
  fingerprint_sha256: Uint8Array
  successor_id: string
  successor_serial: string
}

export function supersessionStore(database: Database): SupersessionStore {
  return guarded<SupersessionStore>({
    async supersedeDue(at, limit, event) {
      return transact(database, async (transaction) => {
        // What has ended by itself needs no place on a list, and none in the index of what is due.
        await transaction.$executeRaw`
          update certificate set supersede_at = null
          where supersede_at <= ${at} and revoked_at is null and not_after <= ${at}`
        const rows = await transaction.$queryRaw<SupersededRow[]>`
          with due as (
            select c.id, new.id as successor_id, new.serial as successor_serial from certificate c
            join certificate new on new.renews_certificate_id = c.id and new.state = 'issued'
              and (new.revoked_at is null or new.revocation_reason = 'superseded')
            where c.supersede_at <= ${at} and c.revoked_at is null and c.state = 'issued'
            order by c.supersede_at limit ${limit} for no key update of c skip locked
          )
          update certificate c set revoked_at = ${at}, revocation_reason = 'superseded', revoked_by = ${SUPERSEDED_BY}
          from due, authority a where c.id = due.id and a.id = c.authority_id
          returning c.id, c.serial, c.subject, c.authority_id, a.name as issuer, c.fingerprint_sha256, due.successor_id, due.successor_serial`
        await makeCrlsDue(
          transaction,
          rows.map(({ authority_id }) => authority_id),
          at,
        )
        return { result: rows.length, events: rows.map(superseded).map(event) }
      })
    },
  })
}

function superseded(row: SupersededRow): Superseded {
  return {
    id: row.id,
    serial: row.serial,
    subject: row.subject,
    issuer: row.issuer,
    fingerprintSha256: row.fingerprint_sha256,
    renewedBy: { id: row.successor_id, serial: row.successor_serial },
  }
}
