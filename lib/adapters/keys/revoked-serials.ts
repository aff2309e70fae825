/** What must be on a list: the serials of an authority's revocations, by the page and never as objects. */
import type pg from 'pg'

interface SerialsRow {
  count: number
  last: string
  serials: Buffer
}

const PAGE = 5_000
/** In front of an array's elements, as PostgreSQL sends them, stand its dimensions. */
const ARRAY_HEADER_BYTES = 20

/**
 * Serials of all that an authority revoked before `revokedBefore` and that ends after `endsAfter`, of one shard when it
 * is given, ascending, by the page: each as the length of its octets in 32 bits and those octets. The order is that of
 * the octets, which an index keeps, so that each page costs its own rows.
 */
export async function* revokedSerials(
  pool: Pick<pg.Pool, 'connect'>,
  authorityId: string,
  { revokedBefore, endsAfter, shard }: { revokedBefore: Date; endsAfter: Date; shard: number | null },
): AsyncGenerator<Buffer> {
  const client = await pool.connect()
  // A connection that breaks while it is lent fails its statement; unheard, its event would end the process as well.
  const heard = () => {}
  client.on('error', heard)
  try {
    await client.query('begin read only')
    // A planner that takes many rows for few would sort them all for every page.
    await client.query('set local enable_sort = off; set local enable_bitmapscan = off; set local enable_seqscan = off')
    for (let after = ''; ; ) {
      const { rows } = await client.query<SerialsRow>({
        text: `select count(*)::int as count, max(serial collate "C") as last,
                      array_send(array_agg(decode(serial, 'hex'))) as serials
               from (select serial from certificate
                     where authority_id = $1 and revoked_at < $2 and not_after > $3 and serial collate "C" > $4
                     ${shard === null ? '' : 'and crl_shard = $5'}
                     order by serial collate "C" limit ${PAGE}) page`,
        values: [authorityId, revokedBefore, endsAfter, after, ...(shard === null ? [] : [shard])],
      })
      const [page] = rows
      if (page === undefined || page.count === 0) return
      yield page.serials.subarray(ARRAY_HEADER_BYTES)
      if (page.count < PAGE) return
      after = page.last
    }
  } finally {
    // A connection that cannot even do this is not used again.
    const broken = await client.query('rollback').then(
      () => false,
      () => true,
    )
    client.release(broken)
    client.off('error', heard)
  }
}
