/** Signers of profiles in Postgres: at most one to come. */
import type { ProfileSignerStore, RootInNeed } from '@/lib/services/profile-signers'
import type { KeyAlgorithm } from '@/lib/services/signer'
import { insertIntent, isUniqueViolation } from './certificate-rows'
import { type Database, transact } from './database'
import { guarded } from './outage'

interface InNeedRow {
  id: string
  slug: string
  organisation: string
  key_algorithm: string
  subject_der: Uint8Array
  subject_key_id: Uint8Array
  not_before: Date
  not_after: Date
}

export function profileSignerStore(database: Database): ProfileSignerStore {
  return guarded<ProfileSignerStore>({
    async inNeed(now) {
      const [row] = await database.$queryRaw<InNeedRow[]>`
        select a.id, a.slug, o.name as organisation, a.key_algorithm, a.subject_der, a.subject_key_id, a.not_before, a.not_after
        from authority a
        cross join organisation o
        left join lateral (
          select p.not_before, p.not_after from profile_signer p join certificate c on c.id = p.certificate_id
          where p.authority_id = a.id and p.certificate_der is not null and c.revoked_at is null
          order by p.not_after desc limit 1
        ) s on true
        where a.id = o.root_id and a.status = 'active' and a.certificate_der is not null and a.key_id is not null and a.not_after > ${now}
          and (s.not_after is null
            or (s.not_before + (s.not_after - s.not_before) / 2 <= ${now} and s.not_after < a.not_after))
          and not exists (select from profile_signer w where w.authority_id = a.id and w.certificate_der is null)`
      return row === undefined ? null : inNeed(row)
    },

    async insert(signer, intent, events) {
      try {
        return await transact(database, async (transaction) => {
          await transaction.profileSigner.create({ data: signer, select: { id: true } })
          await insertIntent(transaction, intent)
          return { result: true, events }
        })
      } catch (error) {
        if (isUniqueViolation(error)) return false
        throw error
      }
    },

    async current(now) {
      const [row] = await database.$queryRaw<{ keyId: string; certificateDer: Uint8Array }[]>`
        select p.key_id as "keyId", p.certificate_der as "certificateDer"
        from profile_signer p join certificate c on c.id = p.certificate_id
        where p.certificate_der is not null and c.revoked_at is null and p.not_before <= ${now} and p.not_after > ${now}
        order by p.not_after desc limit 1`
      return row ?? null
    },
  })
}

function inNeed(row: InNeedRow): RootInNeed {
  return {
    root: {
      id: row.id,
      slug: row.slug,
      keyAlgorithm: row.key_algorithm as KeyAlgorithm,
      subjectDer: row.subject_der,
      subjectKeyId: row.subject_key_id,
      notBefore: row.not_before,
      notAfter: row.not_after,
    },
    organisation: row.organisation,
  }
}
