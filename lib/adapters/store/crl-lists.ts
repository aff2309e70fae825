/** The newest list of every authority and shard, without its bytes. */
import type { CrlListStore } from '@/lib/services/crl-lists'
import type { Database } from './database'

interface ListRow {
  id: string
  slug: string
  name: string
  shard: number
  url: string | null
  open: boolean
  certificates: number | null
  goes_on: boolean
  number: bigint | null
  this_update: Date | null
  next_update: Date | null
  entries: number | null
  size: number | null
}

export function crlListStore(database: Database): CrlListStore {
  return {
    async lists() {
      const rows = await database.$queryRaw<ListRow[]>`
        with scope as (
          select id, 0 as shard, null::text as url, false as open, null::int as certificates, null::timestamptz as ended
          from authority where certificate_der is not null
          union all
          select s.authority_id, s.number, s.url, s.closed_at is null, s.certificates,
            case when s.closed_at is not null then greatest(s.ends_at, s.closed_at) end
          from crl_shard s join authority a on a.id = s.authority_id and a.certificate_der is not null
        )
        select a.id, a.slug, a.name, scope.shard, scope.url, scope.open, scope.certificates,
          scope.ended is null or c.this_update is null or c.this_update <= scope.ended as goes_on,
          c.number, c.this_update, c.next_update, c.entries, c.size
        from scope
        join authority a on a.id = scope.id
        left join lateral (
          select number, this_update, next_update, entries, octet_length(der) as size from crl
          where authority_id = scope.id and shard = scope.shard order by number desc limit 1
        ) c on true
        order by a.kind, lower(a.name), a.id, scope.shard <> 0, scope.shard desc`
      return rows.map(({ id, slug, name, ...row }) => ({
        authority: { id, slug, name },
        shard:
          row.url === null
            ? null
            : { number: row.shard, url: row.url, open: row.open, certificates: row.certificates ?? 0 },
        crl: factsOf(row),
        goesOn: row.goes_on,
      }))
    },
  }
}

function factsOf({
  number,
  this_update: thisUpdate,
  next_update: nextUpdate,
  entries,
  size,
}: Omit<ListRow, 'id' | 'slug' | 'name'>) {
  if (number === null || !thisUpdate || !nextUpdate || entries === null || size === null) return null
  return { number, thisUpdate, nextUpdate, entries, size }
}
