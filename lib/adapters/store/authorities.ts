/** The root's row, and the successors of registration authorities. */
import type { AuthorityStore } from '@/lib/services/authorities'
import { ROOT_SLUG } from '@/lib/services/authority-plan'
import type { RegistrationAuthorityStore } from '@/lib/services/registration-authorities'
import type { KeyAlgorithm } from '@/lib/services/signer'
import {
  holdIssuer,
  insertAuthority,
  insertIntent,
  insertRegistrationAuthority,
  isUniqueViolation,
  readAuthorities,
} from './certificate-rows'
import { type Database, transact } from './database'
import { Prisma } from './generated/client'

export function authorityStore(database: Database): AuthorityStore {
  return {
    async root() {
      const [root] = await readAuthorities(database, Prisma.sql`a.kind = 'root' and a.slug = ${ROOT_SLUG}`)
      return root ?? null
    },

    async insertRoot(authority, intent, events) {
      return unlessThere(() =>
        transact(database, async (transaction) => {
          await insertAuthority(transaction, authority)
          await insertIntent(transaction, intent)
          return { result: true, events }
        }),
      )
    },
  }
}

export function registrationAuthorityStore(database: Database): RegistrationAuthorityStore {
  return {
    async endingBefore(moment) {
      const rows = await database.$queryRaw<InNeedRow[]>`
        select e.id as endpoint_id, g.id as group_id, g.name as group_name, o.name as organisation,
               a.id, a.slug, a.key_algorithm, a.subject_der, a.subject_key_id, a.not_before, a.not_after
        from registration_authority r
        join endpoint e on e.id = r.endpoint_id
        join "group" g on g.id = e.group_id
        join authority a on a.id = e.authority_id and a.certificate_der is not null and a.status <> 'revoked'
        cross join organisation o
        where r.certificate_der is not null and r.retired_at is null and r.authority_id is null and r.not_after < ${moment}
          and a.not_after > r.not_after
          and not exists (select 1 from registration_authority s where s.endpoint_id = e.id
            and s.certificate_der is null and s.retired_at is null and s.authority_id is null)
        order by r.not_after, e.id`
      return rows.map((row) => ({
        endpointId: row.endpoint_id,
        group: { id: row.group_id, name: row.group_name },
        organisation: row.organisation,
        issuer: {
          id: row.id,
          slug: row.slug,
          keyAlgorithm: row.key_algorithm as KeyAlgorithm,
          subjectDer: row.subject_der,
          subjectKeyId: row.subject_key_id,
          notBefore: row.not_before,
          notAfter: row.not_after,
        },
      }))
    },

    async insert(registrationAuthority, intent, events) {
      return unlessThere(() =>
        transact(database, async (transaction) => {
          if (!(await holdIssuer(transaction, intent.authorityId, 'active'))) return { result: false, events: [] }
          await insertRegistrationAuthority(transaction, registrationAuthority)
          await insertIntent(transaction, intent)
          return { result: true, events }
        }),
      )
    },
  }
}

interface InNeedRow {
  endpoint_id: string
  group_id: string
  group_name: string
  organisation: string
  id: string
  slug: string
  key_algorithm: string
  subject_der: Uint8Array
  subject_key_id: Uint8Array
  not_before: Date
  not_after: Date
}

/** The unique indexes decide between two callers: the second one finds what the first has inserted. */
async function unlessThere(insert: () => Promise<boolean>): Promise<boolean> {
  try {
    return await insert()
  } catch (error) {
    if (isUniqueViolation(error)) return false
    throw error
  }
}
