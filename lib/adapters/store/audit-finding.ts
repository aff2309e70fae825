/**
 * What a search of the audit trail means. Its rows hold no names that an index knows, and an index of them would be written
 * with each event: the names are looked up in the tables of what events are about, whose indexes are there already.
 */
import type { AuditReference } from '@/lib/services/audit'
import type { FoundInSearch } from '@/lib/services/audit-trail'
import { searchCondition } from './certificate-filter'
import { CHALLENGE_NAMES } from './challenges'
import type { Database } from './database'
import { Prisma } from './generated/client'
import { anywhere } from './sorted-pages'
import { within } from './within'

const PATIENCE = 4_000
/** A mark among the rows. */
const CAPPED = 'capped'

export async function foundInSearch(db: Database, typed: string, most: number): Promise<FoundInSearch> {
  const like = anywhere(typed)
  // One more tells that there are more.
  const beyond = most + 1
  const few = FEW.map(
    ([type, table, names]) =>
      Prisma.sql`(select ${type}::text, id::text from ${table} where ${names} ilike ${like} order by id desc limit ${beyond})`,
  )
  // An enrolment may have had a challenge that nobody minted, which has no name of its own.
  const rows = await within(
    db,
    PATIENCE,
    (transaction) => transaction.$queryRaw<AuditReference[]>`
      with certificates as (
        select c.id, c.challenge_id from certificate c
        where c.kind = 'leaf' and c.state = 'issued' and ${searchCondition(typed)}
        order by c.issued_at desc, c.id desc limit ${beyond}
      ), enrolments as (
        select t.id, t.challenge_id from enrolment_transaction t
        where t.subject ilike ${like} order by t.created_at desc, t.id limit ${beyond}
      ), challenges as (
        select c.id from challenge c where c.origin in ('minted', 'signed') and ${CHALLENGE_NAMES} ilike ${like}
        order by c.created_at desc, c.id desc limit ${beyond}
      )
      select 'certificate' as type, id::text from certificates
      union select 'transaction', id::text from enrolments
      union select 'challenge', id::text from challenges
      union select ${CAPPED}, '' where (select count(*) from challenges) > ${most}
      union select 'challenge', challenge_id::text from certificates where challenge_id is not null
      union select 'challenge', challenge_id::text from enrolments where challenge_id is not null
      union ${Prisma.join(few, ' union ')}`,
  )
  const objects = rows.filter(({ type }) => type !== CAPPED)
  const kinds = Map.groupBy(objects, ({ type }) => type)
  // Challenges come by three ways; those of one are counted where they are found.
  const capped =
    rows.length > objects.length || [...kinds].some(([type, of]) => type !== 'challenge' && of.length > most)
  const actors = objects.filter(({ type }) => ACTORS.includes(type)).map(({ id }) => id)
  return { objects, actors, typed, capped }
}

/** Read whole: there are few of them, and of devices a look at each name costs less than an index of them all. */
const FEW: readonly [type: string, table: Prisma.Sql, names: Prisma.Sql][] = [
  ['device', Prisma.sql`device`, Prisma.sql`concat_ws(chr(10), name, serial)`],
  ['group', Prisma.sql`"group"`, Prisma.sql`concat_ws(chr(10), name, slug)`],
  ['endpoint', Prisma.sql`endpoint`, Prisma.sql`concat_ws(chr(10), name, slug)`],
  ['ca', Prisma.sql`authority`, Prisma.sql`concat_ws(chr(10), name, slug)`],
  ['connector', Prisma.sql`connector`, Prisma.sql`concat_ws(chr(10), name, slug)`],
  ['user', Prisma.sql`"user"`, Prisma.sql`concat_ws(chr(10), name, email)`],
  ['token', Prisma.sql`api_key`, Prisma.sql`name`],
  ['minter', Prisma.sql`minter`, Prisma.sql`name`],
  ['receiver', Prisma.sql`receiver`, Prisma.sql`name`],
  ['validator', Prisma.sql`validator`, Prisma.sql`name`],
  ['event-webhook', Prisma.sql`event_webhook`, Prisma.sql`name`],
  ['challenge-page-account', Prisma.sql`challenge_page_account`, Prisma.sql`name`],
]
/** Of these, those who act themselves. */
const ACTORS: readonly string[] = ['user', 'token', 'minter', 'receiver', 'connector', 'challenge-page-account']
