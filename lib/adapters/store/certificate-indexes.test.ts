/** Most indexes of certificates know what is issued alone: what is looked for goes by them all the same, on Postgres. */
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { keyOfDevice } from '@/lib/services/devices'
import { installation } from '@/lib/services/testing/harness'
import { activityStore } from './activity'
import { auditObjectStore } from './audit-objects'
import { CERTIFICATE_NAMES } from './certificate-filter'
import { certificateStore } from './certificates'
import { deviceRuleStore } from './device-rules'
import { deviceStore } from './devices'
import { Prisma } from './generated/client'
import { radiusReadinessStore } from './network-access'
import { networkDecisionStore } from './network-decisions'
import { overdueRenewalStore } from './overdue-renewals'
import { postgresBacking } from './testing/postgres-backing'

let backing: Awaited<ReturnType<typeof postgresBacking>>
/** The role of the running processes may not gather statistics. */
let owner: pg.Client

beforeAll(async () => {
  backing = await postgresBacking()
  owner = new pg.Client({ connectionString: backing.adminUrl })
  await owner.connect()
  const portal = installation(backing)
  await portal.setUp()
  await portal.createGroup('Quolls')
  await fill()
})
afterAll(async () => {
  await owner?.end()
  await backing?.close()
})

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

test('what the stores ask is found by an index among thousands', async () => {
  const { database } = backing
  const now = new Date()
  const [authority] = await database.$queryRaw<{ id: string }[]>`select id from ${AUTHORITY} a`
  const page = { sort: 'issued', order: 'desc', way: 'after', from: null, limit: 51 } as const
  const asked = await statementsOf(async () => {
    await deviceStore(database).renewals({ subject: 'CN=quoll-7' })
    await deviceStore(database).devicesOfSubject('CN=quoll-7', {})
    await deviceRuleStore(database).following(50)
    await overdueRenewalStore(database).find(now, 50, neverFound)
    await auditObjectStore(database).certificatesOf('CN=quoll-7', 50)
    await activityStore(database).subject('device', keyOfDevice('CN=quoll-7'), { from: new Date(0), to: now })
    await radiusReadinessStore(database).newestSerial(authority?.id ?? '', now)
    await networkDecisionStore(database).sightings('quolls', 50)
    await certificateStore(database).list({ search: 'A77' }, { ...page, now, expiringBefore: now })
  })
  expect(asked.length).toBeGreaterThanOrEqual(9)
  for (const { text, values } of asked)
    expect(await planOf(text, values), text).not.toContain('Seq Scan on certificate')
})

test('an intent that hangs is in the story of its name, though no index of names knows it', async () => {
  const { database } = backing
  const id = crypto.randomUUID()
  await database.$executeRaw`
    insert into certificate (id, kind, state, authority_id, serial, tbs, tbs_sha256, subject, subject_der, key_algorithm, spki_sha256,
      not_before, not_after, created_at)
    select ${id}::uuid, 'leaf', 'intent', ${ROOT}, 'B1', '\\x30', '', 'CN=hanging', '', '', '', now(), now() + interval '1 day', now()`
  expect(await auditObjectStore(database).certificatesOf('CN=hanging', 50)).toEqual([id])
  const period = { from: new Date(0), to: new Date(Date.now() + 60_000) }
  expect(await activityStore(database).subject('device', keyOfDevice('CN=hanging'), period)).toMatchObject({
    events: { objectIds: [id] },
  })
})

interface Statement {
  text: string
  values: unknown[]
}

/** Those that read certificates. */
async function statementsOf(work: () => Promise<void>): Promise<Statement[]> {
  const query = vi.spyOn(pg.Client.prototype, 'query')
  try {
    await work()
    const asked = query.mock.calls.map(([statement]) => statement as unknown as Partial<Statement>)
    return asked.flatMap(({ text, values = [] }) =>
      text !== undefined && /(from|join) certificate\b/.test(text) ? [{ text, values }] : [],
    )
  } finally {
    query.mockRestore()
  }
}

async function planOf(text: string, values: unknown[]): Promise<string> {
  const { rows } = await owner.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values)
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

const neverFound = () => {
  throw new Error('nothing is overdue here')
}

/** Five thousand certificates that end one after the other, one in fifty of them of the group. */
async function fill(): Promise<void> {
  await backing.database.$executeRaw`
    insert into certificate (id, kind, state, authority_id, group_id, serial, tbs_sha256, der, fingerprint_sha256, subject, subject_der,
      common_name, key_algorithm, spki_sha256, not_before, not_after, created_at, issued_at)
    select gen_random_uuid(), 'leaf', 'issued', case when n % 50 = 0 then ${AUTHORITY} else ${ROOT} end, case when n % 50 = 0 then ${GROUP} end, 'A' || n, '', '',
      sha256(n::text::bytea), 'CN=quoll-' || n, '', 'quoll-' || n, '', sha256(n::text::bytea), now(), now() + n * interval '3 minutes',
      now() - n * interval '1 minute', now()
    from generate_series(1, 5000) as n`
  await owner.query('analyze certificate')
}
