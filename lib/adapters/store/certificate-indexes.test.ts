/** Most indexes of certificates know what is issued alone: what is looked for goes by them all the same, on Postgres. */
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installation } from '@/lib/services/testing/harness'
import { CERTIFICATE_NAMES } from './certificate-filter'
import { Prisma } from './generated/client'
import { postgresBacking } from './testing/postgres-backing'

let backing: Awaited<ReturnType<typeof postgresBacking>>

beforeAll(async () => {
  backing = await postgresBacking()
  const portal = installation(backing)
  await portal.setUp()
  await portal.createGroup('Quolls')
  await fill()
})
afterAll(() => backing?.close())

const ISSUED = Prisma.sql`c.kind = 'leaf' and c.state = 'issued'`
const AUTHORITY = Prisma.sql`(select id from authority where slug = 'quolls')`
const GROUP = Prisma.sql`(select id from "group" where slug = 'quolls')`

const ROOT = Prisma.sql`(select id from authority where kind = 'root')`

test.each([
  [
    'by a part of its name',
    'certificate_names_idx',
    Prisma.sql`${ISSUED} and ${CERTIFICATE_NAMES} ilike '%quoll-1234%'`,
  ],
  ['by its subject', 'certificate_decided_subject_idx', Prisma.sql`${ISSUED} and c.subject = 'CN=quoll-7'`],
  [
    'by its subject, whatever became of it',
    'certificate_decided_subject_idx',
    Prisma.sql`c.state <> 'intent' and c.subject = 'CN=quoll-7'`,
  ],
  ['by its key', 'certificate_issued_for_key_idx', Prisma.sql`${ISSUED} and c.spki_sha256 = sha256('7')`],
  ['by its fingerprint', 'certificate_one_fingerprint', Prisma.sql`c.fingerprint_sha256 = sha256('7')`],
  [
    'by the beginning of its fingerprint',
    'certificate_one_fingerprint',
    Prisma.sql`c.fingerprint_sha256 between '\\x0000' and '\\x0000ff'`,
  ],
  ['by its serial', 'certificate_serial_authority_id_key', Prisma.sql`c.serial = 'A7'`],
  [
    'by the beginning of its serial',
    'certificate_serial_authority_id_key',
    Prisma.sql`${ISSUED} and c.serial >= 'A77' and c.serial < 'A77G'`,
  ],
  [
    'as the newest of a group',
    'certificate_issued_of_group_idx',
    Prisma.sql`${ISSUED} and c.group_id = ${GROUP} order by c.created_at desc limit 51`,
  ],
  [
    'as the next to end',
    'certificate_issued_ends_idx',
    Prisma.sql`${ISSUED} and c.not_after > now() order by c.not_after, c.id limit 51`,
  ],
  [
    'as the last to end of an authority',
    'certificate_issued_by_authority_idx',
    Prisma.sql`${ISSUED} and c.authority_id = ${AUTHORITY} and c.not_after > now() + interval '9 days'`,
  ],
])('among thousands a certificate is found %s', async (_how, index, condition) => {
  const plan = await backing.database.$queryRaw<
    Record<string, string>[]
  >`explain select from certificate c where ${condition}`
  expect(plan.flatMap(Object.values).join('\n')).toContain(index)
})

/** Five thousand certificates that end one after the other, one in fifty of them of the group. */
async function fill(): Promise<void> {
  await backing.database.$executeRaw`
    insert into certificate (id, kind, state, authority_id, group_id, serial, tbs_sha256, der, fingerprint_sha256, subject, subject_der,
      common_name, key_algorithm, spki_sha256, not_before, not_after, created_at, issued_at)
    select gen_random_uuid(), 'leaf', 'issued', case when n % 50 = 0 then ${AUTHORITY} else ${ROOT} end, case when n % 50 = 0 then ${GROUP} end, 'A' || n, '', '',
      sha256(n::text::bytea), 'CN=quoll-' || n, '', 'quoll-' || n, '', sha256(n::text::bytea), now(), now() + n * interval '3 minutes',
      now() - n * interval '1 minute', now()
    from generate_series(1, 5000) as n`
  // By the owner: the role of the running processes may not.
  const owner = new pg.Client({ connectionString: backing.adminUrl })
  await owner.connect()
  await owner.query('analyze certificate')
  await owner.end()
}
