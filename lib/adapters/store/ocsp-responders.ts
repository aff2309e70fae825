/** OCSP responders in Postgres: which authorities need one, and at most one to come for each. */
import type { AuthorityInNeed, OcspResponderStore } from '@/lib/services/ocsp-responders'
import type { KeyAlgorithm } from '@/lib/services/signer'
import { insertIntent, isUniqueViolation } from './certificate-rows'
import { type Database, transact } from './database'
import { guarded } from './outage'

interface InNeedRow {
  id: string
  slug: string
  name: string
  group_id: string | null
  organisation: string
  key_algorithm: string
  subject_der: Uint8Array
  subject_key_id: Uint8Array
  not_before: Date
  not_after: Date
}

export function ocspResponderStore(database: Database): OcspResponderStore {
  return guarded<OcspResponderStore>({
    async inNeed(now) {
      const rows = await database.$queryRaw<InNeedRow[]>`
        select a.id, a.slug, a.name, a.group_id, o.name as organisation, a.key_algorithm, a.subject_der, a.subject_key_id,
          a.not_before, a.not_after
        from authority a
        cross join organisation o
        left join lateral (
          select not_before, not_after from ocsp_responder
          where authority_id = a.id and certificate_der is not null order by not_after desc limit 1
        ) r on true
        where a.certificate_der is not null and a.key_id is not null and a.not_after > ${now}
          and (r.not_after is null
            or (r.not_before + (r.not_after - r.not_before) / 2 <= ${now} and r.not_after < a.not_after))
          and not exists (select from ocsp_responder w where w.authority_id = a.id and w.certificate_der is null)
          and (a.status not in ('retired', 'revoked') or exists (
            select from certificate c where c.authority_id = a.id and c.kind <> 'ocsp' and c.state = 'issued' and c.not_after > ${now}))
        order by r.not_after nulls first, a.kind, a.id`
      return rows.map(inNeed)
    },

    async insert(responder, intent, events) {
      try {
        return await transact(database, async (transaction) => {
          await transaction.ocspResponder.create({ data: responder, select: { id: true } })
          await insertIntent(transaction, intent)
          return { result: true, events }
        })
      } catch (error) {
        if (isUniqueViolation(error)) return false
        throw error
      }
    },
  })
}

function inNeed(row: InNeedRow): AuthorityInNeed {
  return {
    authority: {
      id: row.id,
      slug: row.slug,
      groupId: row.group_id,
      keyAlgorithm: row.key_algorithm as KeyAlgorithm,
      subjectDer: row.subject_der,
      subjectKeyId: row.subject_key_id,
      notBefore: row.not_before,
      notAfter: row.not_after,
    },
    name: row.name,
    organisation: row.organisation,
  }
}
