/** What GetCRL reads: the newest lists of a group, without their bytes until one is chosen. */
import type { QueryStore } from '@/lib/services/scep-queries'
import type { Database } from './database'
import { guarded } from './outage'

interface CrlRow {
  authority_id: string
  subject_der: Uint8Array
  number: bigint
  size: number
}

export function queryStore(database: Database): QueryStore {
  return guarded<QueryStore>({
    async crls(endpointId) {
      const rows = await database.$queryRaw<CrlRow[]>`
        select a.id as authority_id, a.subject_der, c.number, c.size from endpoint e
        join authority a on a.group_id = e.group_id
        join lateral (
          select number, octet_length(der) as size from crl where authority_id = a.id and shard = 0 order by number desc limit 1
        ) c on true
        where e.id = ${endpointId}::uuid order by a.id = e.authority_id desc, a.created_at desc`
      return rows.map((row) => ({
        authorityId: row.authority_id,
        issuerDer: row.subject_der,
        number: row.number,
        size: row.size,
      }))
    },

    async crl(authorityId, number) {
      const row = await database.crl.findUnique({
        where: { authorityId_shard_number: { authorityId, shard: 0, number } },
        select: { der: true },
      })
      return row?.der ?? null
    },
  })
}
