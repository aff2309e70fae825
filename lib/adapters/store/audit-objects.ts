/** Names and relations of what audit events are about, out of the tables of those things. */
import type { AuditReference } from '@/lib/services/audit'
import type { AuditObjectStore, NamedObject } from '@/lib/services/audit-objects'
import type { Database } from './database'
import { Prisma } from './generated/client'

/** Tables by the type that events give their rows, with what a row is called and what its page is found by. */
const TABLES: Record<string, [table: Prisma.Sql, name: Prisma.Sql, slug: Prisma.Sql]> = {
  certificate: [Prisma.sql`certificate`, Prisma.sql`subject`, Prisma.sql`id::text`],
  challenge: [Prisma.sql`challenge`, Prisma.sql`subject`, Prisma.sql`id::text`],
  transaction: [Prisma.sql`enrolment_transaction`, Prisma.sql`coalesce(subject, '')`, Prisma.sql`id::text`],
  'bulk-revocation': [Prisma.sql`bulk_revocation`, Prisma.sql`''`, Prisma.sql`id::text`],
  group: [Prisma.sql`"group"`, Prisma.sql`name`, Prisma.sql`slug`],
  endpoint: [Prisma.sql`endpoint`, Prisma.sql`slug`, Prisma.sql`slug`],
  ca: [Prisma.sql`authority`, Prisma.sql`name`, Prisma.sql`slug`],
  connector: [Prisma.sql`connector`, Prisma.sql`name`, Prisma.sql`slug`],
  device: [Prisma.sql`device`, Prisma.sql`coalesce(name, '')`, Prisma.sql`id::text`],
  user: [Prisma.sql`"user"`, Prisma.sql`name`, Prisma.sql`id::text`],
}
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function auditObjectStore(db: Database): AuditObjectStore {
  return {
    async named(objects) {
      const known = objects.filter(({ type, id }) => Object.hasOwn(TABLES, type) && UUID.test(id))
      const selects = [...new Set(known.map(({ type }) => type))].flatMap((type) => {
        const [table, name, slug] = TABLES[type] ?? []
        if (!table || !name || !slug) return []
        const ids = known.filter((each) => each.type === type).map(({ id }) => id)
        return [
          Prisma.sql`select ${type}::text as type, id::text, ${name} as name, ${slug} as slug from ${table} where id = any(${ids}::uuid[])`,
        ]
      })
      if (selects.length === 0) return []
      return db.$queryRaw<NamedObject[]>(Prisma.join(selects, ' union all '))
    },

    async related(object, limit) {
      const sql = UUID.test(object.id) ? RELATED[object.type]?.(object.id, limit) : undefined
      return sql === undefined ? [] : db.$queryRaw<AuditReference[]>(sql)
    },

    // Apart by state, for an index of each: few are intents, and those have no name in any other.
    async certificatesOf(subject, limit) {
      const rows = await db.$queryRaw<{ id: string }[]>`
        select id from (
          select id, created_at from certificate where subject = ${subject} and state <> 'intent'
          union all select id, created_at from certificate where subject = ${subject} and state = 'intent') found
        order by created_at desc, id desc limit ${limit}`
      return rows.map(({ id }) => id)
    },
  }
}

const RELATED: Record<string, (id: string, limit: number) => Prisma.Sql> = {
  // By the name first, for which there is an index: that of an enrolment is the name its certificate got.
  certificate: (id, limit) => Prisma.sql`
    select 'challenge' as type, challenge_id::text as id from certificate where id = ${id}::uuid and challenge_id is not null
    union all
    (select 'transaction', t.id::text from enrolment_transaction t join certificate c on t.subject = c.subject
      where c.id = ${id}::uuid and t.certificate_id = c.id limit ${limit})`,
  challenge: (id) => Prisma.sql`
    select 'certificate' as type, id::text from certificate where challenge_id = ${id}::uuid`,
  device: (id, limit) => Prisma.sql`
    select 'certificate' as type, certificate_id::text as id from device_certificate where device_id = ${id}::uuid
    order by linked_at desc limit ${limit}`,
  group: (id, limit) => Prisma.sql`
    (select 'endpoint' as type, id::text from endpoint where group_id = ${id}::uuid limit ${limit})
    union all
    (select 'ca', id::text from authority where group_id = ${id}::uuid limit ${limit})`,
  ca: (id) => Prisma.sql`select 'key' as type, key_id::text as id from authority where id = ${id}::uuid`,
}
