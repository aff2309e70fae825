/** What the public trust pages show, and whether they do. */
import type { TrustRecord, TrustStore } from '@/lib/services/trust'
import { type Database, transact } from './database'

export function trustStore(database: Database): TrustStore {
  return {
    async shown() {
      const groups = await database.group.findMany({ where: { trustPage: true }, select: { slug: true } })
      return groups.map(({ slug }) => slug)
    },

    async authorities(slug) {
      const rows = await database.$queryRaw<TrustRow[]>`
        select a.id, a.kind, a.status, a.slug, a.certificate_der, a.activates_at, a.parent_id
        from "group" g
        join authority a on a.group_id = g.id or a.id in (select i.parent_id from authority i where i.group_id = g.id)
        join certificate c on c.id = a.certificate_id
        where g.slug = ${slug} and g.trust_page and a.certificate_der is not null and c.revoked_at is null
        order by a.created_at desc, a.id`
      return rows.length > 0 ? rows.map(trustRecord) : null
    },

    async stillHeld(authorityIds, now) {
      const rows = await database.$queryRaw<{ id: string }[]>`
        select a.id from authority a where a.id = any(${authorityIds}::uuid[]) and exists (
          select from certificate c where c.authority_id = a.id and c.kind = 'leaf' and c.state = 'issued'
            and c.revoked_at is null and c.not_after >= ${now})`
      return rows.map(({ id }) => id)
    },

    async setting(slug) {
      const group = await database.group.findUnique({ where: { slug }, select: { trustPage: true } })
      return group?.trustPage ?? null
    },

    async switchPage(slug, enabled, event) {
      return transact<'switched' | 'unchanged' | 'unknown'>(database, async (transaction) => {
        const [group] = await transaction.group.updateManyAndReturn({
          where: { slug, trustPage: !enabled },
          data: { trustPage: enabled },
          select: { id: true, name: true },
        })
        if (group) return { result: 'switched', events: [event(group)] }
        const known = await transaction.group.findUnique({ where: { slug }, select: { id: true } })
        return { result: known ? 'unchanged' : 'unknown', events: [] }
      })
    },

    async pagesByAuthority() {
      const authorities = await database.authority.findMany({
        where: { group: { trustPage: true }, certificateDer: { not: null } },
        select: { id: true, group: { select: { slug: true } } },
      })
      return authorities.flatMap(({ id, group }) => (group ? [{ authorityId: id, groupSlug: group.slug }] : []))
    },
  }
}

interface TrustRow {
  id: string
  kind: 'root' | 'issuer'
  status: string
  slug: string
  certificate_der: Uint8Array
  activates_at: Date | null
  parent_id: string | null
}

function trustRecord({ id, kind, status, slug, certificate_der, activates_at, parent_id }: TrustRow): TrustRecord {
  return {
    id,
    kind,
    status: status as TrustRecord['status'],
    slug,
    certificateDer: certificate_der,
    activatesAt: activates_at,
    parentId: parent_id,
  }
}
