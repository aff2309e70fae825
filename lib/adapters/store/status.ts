/** CRLs: which is due, and the one that is published. What goes on them is in revoked-columns.ts. */
import type pg from 'pg'
import type { KeyAlgorithm } from '@/lib/services/signer'
import type { DueCrl, StatusStore } from '@/lib/services/status'
import { type Database, hotPool, transact } from './database'
import { eventTexts } from './event-texts'
import { readRevoked } from './revoked-columns'

/** CRLs kept of each list; the trail keeps number and hash of all of them. */
const KEEP = 5
/** A list is read in such pieces: together with its text form, none of them holds anybody up. */
const PIECE_BYTES = 1024 * 1024
/** What the table has for a list that is no shard's. */
const WHOLE = 0

export function statusStore(database: Database): StatusStore {
  const pool = () => hotPool(database)
  return {
    async crl(slug, shard) {
      const { rows } = await pool().query<CrlRow>({
        name: 'newest-crl',
        text: NEWEST,
        values: [slug, shard ?? WHOLE, PIECE_BYTES],
      })
      const row = rows[0]
      if (row === undefined) return null
      const der = await readDer(pool(), row, shard ?? WHOLE)
      // Dropped while it was read: then there are newer ones.
      if (der === null) return this.crl(slug, shard)
      const { number, this_update: thisUpdate, next_update: nextUpdate, sha256 } = row
      return { der, number: BigInt(number), thisUpdate, nextUpdate, sha256 }
    },

    async crlHead(slug, shard) {
      return database.crl.findFirst({
        where: { authority: { slug }, shard: shard ?? WHOLE },
        orderBy: { number: 'desc' },
        select: { number: true, sha256: true },
      })
    },

    async caCertificate(slug) {
      const authority = await database.authority.findUnique({ where: { slug }, select: { certificateDer: true } })
      return authority?.certificateDer ?? null
    },

    async claimDue({ now, until, publishedBefore, burst }) {
      const [whole] = await database.$queryRaw<DueRow[]>`
        update authority set crl_claimed_until = ${until}, next_crl_number = next_crl_number + 1
        from (
          select a.id, c.this_update from authority a
          left join lateral (select this_update, entries from crl where authority_id = a.id and shard = 0
            order by number desc limit 1) c on true
          where a.certificate_der is not null and a.key_id is not null and (a.crl_claimed_until is null or a.crl_claimed_until <= ${now})
            and (c.this_update is null
              or c.this_update <= case a.kind when 'root' then ${publishedBefore.root}::timestamptz
                else ${publishedBefore.issuer}::timestamptz end
              or (a.crl_due_since is not null and ${burst.lists} > (
                select count(*) from crl where authority_id = a.id and shard = 0 and this_update <= ${now}::timestamptz
                  and this_update > ${now}::timestamptz - make_interval(secs => least(${burst.mostSeconds}::float8,
                      ${burst.seconds}::float8 + c.entries / ${burst.entriesPerSecond}::float8)))))
          order by a.crl_due_since nulls last limit 1
          for no key update of a skip locked
        ) due
        where authority.id = due.id
        returning authority.id, kind, slug, name, key_algorithm, subject_der, subject_key_id, crl_due_since,
          next_crl_number - 1 as number, due.this_update, null::int as shard, null::text as url`
      if (whole) return dueCrl(whole)
      const [shard] = await database.$queryRaw<DueRow[]>`
        update crl_shard s set crl_claimed_until = ${until}, next_crl_number = s.next_crl_number + 1
        from (
          select s.authority_id, s.number, c.this_update, a.kind, a.slug, a.name, a.key_algorithm, a.subject_der,
            a.subject_key_id
          from crl_shard s
          join authority a on a.id = s.authority_id and a.certificate_der is not null
          left join lateral (select this_update from crl where authority_id = s.authority_id and shard = s.number
            order by number desc limit 1) c on true
          where (s.crl_claimed_until is null or s.crl_claimed_until <= ${now})
            and (s.crl_due_since is not null or c.this_update is null
              or (c.this_update <= ${publishedBefore.shard}::timestamptz
                and (s.closed_at is null or c.this_update <= greatest(s.ends_at, s.closed_at))))
          order by s.crl_due_since nulls last limit 1
          for no key update of s skip locked
        ) due
        where s.authority_id = due.authority_id and s.number = due.number
        returning s.authority_id as id, due.kind, due.slug, due.name, due.key_algorithm, due.subject_der,
          due.subject_key_id, s.crl_due_since, s.next_crl_number - 1 as number, due.this_update, s.number as shard, s.url`
      return shard ? dueCrl(shard) : null
    },

    revoked: (authorityId, scope) => readRevoked(pool(), authorityId, scope),

    async publish(crl, dueSince, contents, events) {
      const { before, after } = eventTexts(events)
      await pool().query({
        name: 'publish-crl',
        text: PUBLISH,
        values: [
          crl.authorityId,
          crl.shard ?? WHOLE,
          crl.number,
          crl.thisUpdate,
          crl.nextUpdate,
          crl.entries,
          crl.der,
          crl.sha256,
          dueSince,
          contents.map(({ number }) => number),
          contents.map(({ content }) => content),
          before,
          after,
        ],
      })
    },

    async fail(authorityId, shard, retryAt, events) {
      await transact(database, async (transaction) => {
        if (shard === null)
          await transaction.authority.update({
            where: { id: authorityId },
            data: { crlClaimedUntil: retryAt },
            select: { id: true },
          })
        else
          await transaction.crlShard.update({
            where: { authorityId_number: { authorityId, number: shard } },
            data: { crlClaimedUntil: retryAt },
            select: { number: true },
          })
        return { result: undefined, events }
      })
    },
  }
}

const NEWEST = `
  select c.authority_id, c.number, c.this_update, c.next_update, c.sha256, octet_length(c.der) as size,
    substring(c.der from 1 for $3::int) as der
  from authority a join crl c on c.authority_id = a.id and c.shard = $2
  where a.slug = $1 order by c.number desc limit 1`

const PIECE = `
  select substring(der from $4::int for $5::int) as der from crl where authority_id = $1 and shard = $2 and number = $3`

/** Plain pg: through Prisma the bytes of a large list would become text three times over. */
async function readDer(pool: pg.Pool, row: CrlRow, shard: number): Promise<Uint8Array | null> {
  if (row.der.length === row.size) return row.der
  const der = Buffer.allocUnsafeSlow(row.size)
  row.der.copy(der)
  for (let at = row.der.length; at < row.size; ) {
    const { rows } = await pool.query<{ der: Buffer }>({
      name: 'crl-piece',
      text: PIECE,
      values: [row.authority_id, shard, row.number, at + 1, PIECE_BYTES],
    })
    const piece = rows[0]?.der
    if (piece === undefined || piece.length === 0) return null
    at += piece.copy(der, at)
  }
  return der
}

/** The list, what it replaces, whose turn is next, and the event: all of it or nothing. The chain's head is locked last. */
const PUBLISH = `
  with stored as (
    insert into crl (authority_id, shard, number, this_update, next_update, entries, der, sha256)
    values ($1::uuid, $2::int, $3::bigint, $4::timestamptz, $5::timestamptz, $6::int, $7::bytea, $8::bytea) returning number
  ), dropped as (
    delete from crl where authority_id = $1 and shard = $2 and number <= $3 - ${KEEP} returning number
  ), whole as (
    update authority set crl_claimed_until = null,
      crl_due_since = case when crl_due_since is not distinct from $9::timestamptz then null else crl_due_since end
    where id = $1 and $2 = ${WHOLE} returning id
  ), shard as (
    update crl_shard set crl_claimed_until = null,
      crl_due_since = case when crl_due_since is not distinct from $9::timestamptz then null else crl_due_since end
    where authority_id = $1 and number = $2 returning number
  ), changed as (
    update crl_shard s set content = coalesce(now_on.content, ''),
      crl_due_since = greatest($4, s.crl_due_since + interval '1 millisecond')
    from crl_shard before
    left join unnest($10::int[], $11::text[]) as now_on(number, content) on now_on.number = before.number
    where $2 = ${WHOLE} and before.authority_id = $1 and s.authority_id = $1 and s.number = before.number
      and before.content <> coalesce(now_on.content, '') returning s.number
  )
  select audit_append_all($12::text[], $13::text[])
  from (select (select count(*) from stored) + (select count(*) from dropped) + (select count(*) from whole)
    + (select count(*) from shard) + (select count(*) from changed) as rows) as done where rows > 0`

interface CrlRow {
  authority_id: string
  number: string
  this_update: Date
  next_update: Date
  sha256: Buffer
  size: number
  der: Buffer
}

interface DueRow {
  id: string
  kind: 'root' | 'issuer'
  slug: string
  name: string
  key_algorithm: string
  subject_der: Uint8Array
  subject_key_id: Uint8Array
  crl_due_since: Date | null
  number: bigint
  this_update: Date | null
  shard: number | null
  url: string | null
}

function dueCrl(row: DueRow): DueCrl {
  const { id, kind, slug, name } = row
  return {
    authority: {
      id,
      kind,
      slug,
      name,
      keyAlgorithm: row.key_algorithm as KeyAlgorithm,
      subjectDer: row.subject_der,
      subjectKeyId: row.subject_key_id,
    },
    shard: row.shard === null || row.url === null ? null : { number: row.shard, url: row.url },
    number: row.number,
    dueSince: row.crl_due_since,
    previousThisUpdate: row.this_update,
  }
}
