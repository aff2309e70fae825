/** Shards of revocation lists: what they hold, and which one new certificates name. */
import type { ShardStore } from '@/lib/services/crl-shards'
import type { Database } from './database'

interface IssuerRow {
  id: string
  slug: string
  number: number | null
  url: string | null
  certificates: number | null
  last_number: number
}

export function shardStore(database: Database): ShardStore {
  return {
    // A row that stays as it is for minutes is not written anew every few seconds.
    async count(until, closedAfter) {
      await database.$executeRaw`
        with counting as (
          select authority_id, number, counted_until from crl_shard
          where counted_until < ${until} and (closed_at is null or closed_at > ${closedAfter})
        ), named as (
          select s.authority_id, s.number, count(c.id)::int as certificates, max(c.not_after) as ends_at
          from counting s
          left join certificate c on c.kind = 'leaf' and c.authority_id = s.authority_id and c.crl_shard = s.number
            and c.created_at >= (select min(counted_until) from counting) and c.created_at >= s.counted_until
            and c.created_at < ${until}
          group by s.authority_id, s.number
        )
        update crl_shard s set certificates = s.certificates + named.certificates, counted_until = ${until},
          ends_at = greatest(s.ends_at, named.ends_at)
        from named
        where s.authority_id = named.authority_id and s.number = named.number and s.counted_until < ${until}
          and (named.certificates > 0 or s.counted_until < ${until}::timestamptz - interval '10 minutes')`
    },

    async issuers() {
      const rows = await database.$queryRaw<IssuerRow[]>`
        select a.id, a.slug, s.number, s.url, s.certificates,
          coalesce((select max(number) from crl_shard where authority_id = a.id), 0)::int as last_number
        from authority a
        left join crl_shard s on s.authority_id = a.id and s.number = a.crl_shard
        where a.kind = 'issuer' and a.certificate_der is not null and a.status <> 'retired'
        order by a.id`
      return rows.map((row) => ({
        authorityId: row.id,
        slug: row.slug,
        open:
          row.number === null || row.url === null
            ? null
            : { number: row.number, url: row.url, certificates: row.certificates ?? 0 },
        lastNumber: row.last_number,
      }))
    },

    async open({ authorityId, previous, shard, at }) {
      await database.$executeRaw`
        with opened as (
          insert into crl_shard (authority_id, number, url, opened_at, counted_until)
          select id, ${shard.number}::int, ${shard.url}, ${at}, ${at} from authority
          where id = ${authorityId}::uuid and crl_shard is not distinct from ${previous}::int
          on conflict do nothing
          returning authority_id, number
        ), closed as (
          update crl_shard set closed_at = ${at} from opened
          where crl_shard.authority_id = opened.authority_id and crl_shard.number = ${previous}::int
        )
        update authority set crl_shard = opened.number from opened where id = opened.authority_id`
    },
  }
}
