/** The audit trail on Postgres: what was recorded is what is read, and no row can be touched unseen. */
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { isRefusal } from '@/lib/errors'
import type { Role } from '@/lib/services/actor'
import type { AuditEntry, AuditService } from '@/lib/services/audit'
import { createAudit } from '@/lib/services/audit-trail'
import { TAKES_TOO_LONG } from '@/lib/services/listing'
import { person } from '@/lib/services/testing/people'
import { auditStore } from './audit'
import { type Database, openDatabase, transact } from './database'
import { eventTexts, joinedEventTexts, separated } from './event-texts'
import { within } from './within'

const EVENTS = 12
const ID = '00000000-0000-4000-8000-000000000001'
const admin = person('admin', ID)

let made: TestDatabase
let db: Database
let superuser: pg.Client
let audit: AuditService

const open = async () => {
  made = await testDatabase()
  db = openDatabase(made.url)
  superuser = new pg.Client({ connectionString: made.adminUrl })
  await superuser.connect()
  // Three rows at a time, so that every test crosses the border between two pages.
  audit = createAudit({ store: auditStore(db), clock: () => new Date(), pageRows: 3 })
}
const close = async () => {
  await superuser.end()
  await db.$disconnect()
  await made.drop()
}
const event = (n: number): AuditEntry => ({
  type: n % 2 === 0 ? 'challenge.minted' : 'challenge.unknown',
  outcome: n % 2 === 0 ? 'success' : 'denied',
  actor: n % 3 === 0 ? admin : { ...person(null), ip: '198.51.100.7' },
  object: { type: 'challenge', id: `challenge-${n}`, name: `device \u{1f4f1} ${n} "\\ \u001b` },
  data: { n },
})

describe('the trail', () => {
  beforeAll(async () => {
    await open()
    for (let n = 1; n <= EVENTS; n += 1) await audit.record(event(n))
  })
  afterAll(close)

  test('the texts of many events go as two, and come apart as they were, whatever is in them', async () => {
    const odd = { ...event(2), data: { note: 'a\x1fb "c\\" \u0000 é', '\x1f': '\x1f' } }
    const texts = [[odd, event(1)], [event(2)]].map(eventTexts)
    const { before, after } = joinedEventTexts(texts)
    const rows = await db.$queryRawUnsafe(
      `select ${separated('$1')} as before, ${separated('$2')} as after`,
      before,
      after,
    )
    expect(rows).toEqual([{ before: texts.flatMap((each) => each.before), after: texts.flatMap((each) => each.after) }])
  })

  test('reads newest first, page by page, each event once', async () => {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await audit.list(admin, {}, { limit: 5, ...(cursor === undefined ? {} : { cursor }) })
      seen.push(...page.items.map((item) => item.seq))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(Array.from({ length: EVENTS }, (_, index) => String(EVENTS - index)))
  })

  test.each(['asc', 'desc'] as const)('reads on and back again, in the order %s', async (order) => {
    const page = (cursor: string | null) => audit.list(admin, {}, { limit: 5, order, ...(cursor && { cursor }) })
    const numbers = ({ items }: { items: { seq: string }[] }) => items.map(({ seq }) => Number(seq))
    const first = await page(null)
    const second = await page(first.nextCursor)
    const third = await page(second.nextCursor)
    const all = Array.from({ length: EVENTS }, (_, index) => (order === 'asc' ? index + 1 : EVENTS - index))
    expect([first, second, third].flatMap(numbers)).toEqual(all)
    expect([first.previousCursor, third.nextCursor]).toEqual([null, null])
    expect(numbers(await page(third.previousCursor))).toEqual(numbers(second))
    expect(await page(second.previousCursor)).toEqual(first)
  })

  test.each([
    ['a type', { types: ['challenge.minted'] }, 6],
    ['a prefix', { types: ['challenge.'] }, 12],
    ['several types', { types: ['challenge.unknown', 'authn.'] }, 6],
    ['an outcome', { outcome: 'denied' as const }, 6],
    ['an actor', { actorId: ID }, 4],
    [
      'several objects',
      {
        objects: [
          { type: 'challenge', id: 'challenge-7' },
          { type: 'challenge', id: 'challenge-2' },
        ],
      },
      2,
    ],
    ['no object at all', { objects: [] }, 0],
    ['an object of any kind', { objectId: 'challenge-7' }, 1],
    ['a type and an outcome', { types: ['challenge.'], outcome: 'denied' as const }, 6],
    ['a type, an actor and an object', { types: ['challenge.'], actorId: ID, objectId: 'challenge-6' }, 1],
    ['a period around now', { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) }, 12],
    ['an object', { objectType: 'challenge', objectId: 'challenge-7' }, 1],
    ['an address', { sourceIp: '198.51.100.7' }, 8],
    ['a search for an address', { search: ' 198.51.100.7 ' }, 8],
    ['a search for an actor', { search: ID }, 4],
    ['a search for an object', { search: 'challenge-7' }, 1],
    ['a search for a number', { search: '007' }, 1],
    ['a search for what somebody may write', { search: `%_\\'"` }, 0],
    ['a search within a type', { types: ['challenge.minted'], search: ID }, 2],
    ['a search within an outcome', { outcome: 'denied' as const, search: ID }, 2],
    ['a search within an actor', { actorId: ID, search: 'challenge-6' }, 1],
    ['a search within an address', { sourceIp: '198.51.100.7', search: ID }, 0],
    ['a search within an object', { objectId: 'challenge-6', search: ID }, 1],
    [
      'a search within several objects',
      { objects: [6, 7, 8].map((n) => ({ type: 'challenge', id: `challenge-${n}` })), search: ID },
      1,
    ],
    ['a search within a time', { to: new Date('2000-01-01'), search: ID }, 0],
    ['a time to come', { from: new Date('2999-01-01') }, 0],
    ['a time long past', { to: new Date('2000-01-01') }, 0],
    ['no types at all', { types: [] }, 12],
  ])('can be filtered by %s', async (_, filter, count) => {
    const { items } = await audit.list(admin, filter, {})
    expect(items).toHaveLength(count)
    expect((await audit.list(admin, filter, { order: 'asc' })).items).toEqual(items.toReversed())
    expect(await audit.matching(admin, filter)).toEqual({ count, more: false })
  })

  test('finds an event by its id', async () => {
    const { items } = await audit.list(admin, {}, { limit: 1 })
    expect((await audit.list(admin, { search: items[0]?.id ?? '' }, {})).items).toEqual(items)
  })

  test('counts what came after a moment', async () => {
    const { items } = await audit.list(admin, {}, {})
    const moment = items[3]?.time ?? new Date(0)
    const later = items.filter(({ time }) => time > moment).length
    expect(await audit.matching(admin, {}, moment)).toEqual({ count: later, more: false })
    expect(await audit.matching(admin, { from: new Date('2999-01-01') }, moment)).toEqual({ count: 0, more: false })
  })

  test('breaks off what takes too long, and only that', async () => {
    const asleep = within(db, 50, (transaction) => transaction.$queryRaw`select pg_sleep(2)::text`)
    await expect(asleep).rejects.toMatchObject({ code: 'unavailable', reason: TAKES_TOO_LONG })
    const wrong = within(db, 50, (transaction) => transaction.$queryRaw`select 1 / 0`)
    await expect(wrong).rejects.not.toMatchObject({ reason: TAKES_TOO_LONG })
  })

  test('shows what was recorded', async () => {
    const { items } = await audit.list(admin, { objectId: 'challenge-6' }, {})
    expect(items).toMatchObject([
      { seq: '6', type: 'challenge.minted', actor: { name: 'admin', role: 'admin' }, data: { n: 6 } },
    ])
  })

  test.each(['x', '-1', '1; drop table', '9'.repeat(30)])('refuses the cursor %j', async (cursor) => {
    expect(await codeOf(audit.list(admin, {}, { cursor }))).toBe('invalid_input')
  })

  test.each(["'", 'a%', 'A'])('refuses the type %j', async (type) => {
    expect(await codeOf(audit.list(admin, { types: [type] }, {}))).toBe('invalid_input')
  })

  test.each([
    ['admin', 'allowed'],
    ['auditor', 'allowed'],
    ['operator', 'forbidden'],
    [null, 'unauthenticated'],
  ] as const)('is for %s: %s', async (role: Role | null, verdict) => {
    const actor = person(role, role && ID)
    expect(await codeOf(audit.list(actor, {}, {}))).toBe(verdict)
    expect(await codeOf(audit.matching(actor, {}))).toBe(verdict)
    if (verdict !== 'allowed') expect(await codeOf(audit.verify(actor))).toBe(verdict)
  })

  test.each([
    'update audit_event set type = type',
    'delete from audit_event',
    'truncate audit_event',
    'delete from audit_head',
  ])('does not allow: %s', async (sql) => {
    await expect(superuser.query(sql)).rejects.toThrow('append-only')
  })

  test('a change whose event cannot be written did not happen', async () => {
    const impossible = { ...event(1), data: { float: 1.5 } }
    const change = transact(db, async (tx) => {
      await tx.installationValue.create({ data: { name: 'canary', value: 'x' } })
      return { result: undefined, events: [impossible] }
    })
    await expect(change).rejects.toThrow('safe integer')
    expect(await db.installationValue.count()).toBe(0)
    expect(await codeOf(audit.record(impossible))).toBe('unavailable')
  })
})

describe('the proof', () => {
  beforeEach(async () => {
    await open()
    for (let n = 1; n <= EVENTS; n += 1) await audit.record(event(n))
    await superuser.query('alter table audit_event disable trigger all; alter table audit_head disable trigger all')
  })
  afterEach(close)

  const head = `(select chain from audit_head)`
  const shifted = 'insert into audit_event select seq - 1000, id, time, type, outcome, severity, actor_id, actor_name,'

  test('holds for a trail nobody touched, and is itself recorded', async () => {
    expect(await audit.verify(admin)).toMatchObject({
      ok: true,
      events: EVENTS,
      firstBroken: null,
      problem: null,
      headSeq: '12',
    })
    expect(await audit.verify(admin)).toMatchObject({ ok: true, events: EVENTS + 1, headSeq: '13' })
    const { items } = await audit.list(admin, { types: ['audit.'] }, {})
    expect(items.map((item) => item.sentence)).toEqual([
      'admin verified the audit trail: 13 events in order',
      'admin verified the audit trail: 12 events in order',
    ])
  })

  test('holds in whatever time zone the database lives', async () => {
    await superuser.query(`alter database "${new URL(made.url).pathname.slice(1)}" set timezone = 'America/New_York'`)
    const elsewhere = openDatabase(made.url)
    const there = createAudit({ store: auditStore(elsewhere), clock: () => new Date() })
    expect(await there.verify(admin)).toMatchObject({ ok: true, problem: null })
    await elsewhere.$disconnect()
  })

  test('holds while others append', async () => {
    const writing = Promise.all(Array.from({ length: 40 }, (_, n) => audit.record(event(n))))
    const verdicts = await Promise.all([audit.verify(admin), audit.verify(admin), audit.verify(admin)])
    expect(verdicts.map((verdict) => verdict.ok)).toEqual([true, true, true])
    await writing
    expect(await audit.verify(admin)).toMatchObject({ ok: true, events: EVENTS + 43 })
  })

  test.each([
    [
      'one byte of a payload',
      'update audit_event set payload = set_byte(payload, 40, 65) where seq = 5',
      '5',
      'payload_altered',
    ],
    [
      'a payload and its leaf',
      `update audit_event set payload = p, leaf = sha256('\\x00'::bytea || p)
       from (select convert_to(replace(convert_from(payload, 'UTF8'), 'challenge-5', 'challenge-9'), 'UTF8') as p from audit_event where seq = 5) as x
       where seq = 5`,
      '5',
      'chain_broken',
    ],
    ['a chain value', 'update audit_event set chain = leaf where seq = 7', '7', 'chain_broken'],
    [
      'a column that searches read',
      `update audit_event set type = 'crl.published' where seq = 4`,
      '4',
      'columns_altered',
    ],
    ['a time', `update audit_event set time = time + interval '1 hour' where seq = 4`, '4', 'columns_altered'],
    ['an actor', `update audit_event set actor_id = null, actor_name = 'Eve' where seq = 6`, '6', 'columns_altered'],
    ['the first row', 'delete from audit_event where seq = 1', '1', 'row_missing'],
    ['a row in the middle', 'delete from audit_event where seq = 6', '6', 'row_missing'],
    ['the tail', 'delete from audit_event where seq > 9', '10', 'tail_truncated'],
    ['every row', 'delete from audit_event', '1', 'tail_truncated'],
    [
      'two rows for each other',
      `update audit_event a set (payload, leaf, type, outcome, id, time, actor_id, actor_name, object_id, source_ip) =
         (select payload, leaf, type, outcome, case a.id when x.id then x.id else gen_random_uuid() end, time, actor_id, actor_name, object_id, source_ip
          from audit_event x where x.seq = 7 - a.seq) where seq in (3, 4)`,
      '3',
      'chain_broken',
    ],
    [
      'the numbers of two rows',
      'update audit_event set seq = -5 where seq = 5; update audit_event set seq = 5 where seq = 6; update audit_event set seq = 6 where seq = -5',
      '5',
      'chain_broken',
    ],
    [
      'a row put in the middle',
      `update audit_event set seq = seq + 100 where seq >= 6; update audit_event set seq = seq - 99 where seq > 100;
       insert into audit_event select 6, gen_random_uuid(), time, type, outcome, severity, actor_id, actor_name, object_type, object_id, source_ip, payload, leaf, chain
       from audit_event where seq = 5; update audit_head set seq = 13`,
      '6',
      'chain_broken',
    ],
    [
      'a row put before the first',
      `${shifted.replace('id,', 'gen_random_uuid(),')} object_type, object_id, source_ip, payload, leaf, chain from audit_event where seq = 5`,
      '-995',
      'row_inserted',
    ],
    [
      'a row put after the last',
      `insert into audit_event select 13, gen_random_uuid(), time, type, outcome, severity, actor_id, actor_name, object_type, object_id, source_ip, payload, leaf,
       sha256('\\x02'::bytea || ${head} || leaf) from audit_event where seq = 5`,
      '13',
      'row_inserted',
    ],
    ['the recorded end', `update audit_head set chain = sha256('x')`, '12', 'head_altered'],
  ])('finds %s', async (_, sql, firstBroken, kind) => {
    await superuser.query(sql)
    const verdict = await audit.verify(admin)
    expect(verdict).toMatchObject({ ok: false, firstBroken, problem: expect.stringMatching(/^[A-Z].*\.$/) })
    // A forged row can take the very number of the verdict; then it is only told.
    if (firstBroken === '13') return
    const [newest] = (await superuser.query(`select payload from audit_event where type = 'audit.verification_failed'`))
      .rows
    expect(JSON.parse(newest?.payload.toString('utf8') ?? '{}')).toMatchObject({
      severity: 'critical',
      reason: kind,
      data: { kind, seq: firstBroken },
    })
  })

  test('finds a trail written anew from some row on, unless its end was rewritten too', async () => {
    await superuser.query(`delete from audit_event where seq >= 8`)
    await superuser.query(`
      with recursive forged as (
        select seq, payload, leaf, chain from audit_event where seq = 7
        union all select seq + 1, payload, leaf, sha256('\\x02'::bytea || chain || leaf) from forged where seq < 12)
      insert into audit_event select f.seq, gen_random_uuid(), e.time, e.type, e.outcome, e.severity, e.actor_id, e.actor_name, e.object_type, e.object_id,
        e.source_ip, f.payload, f.leaf, f.chain from forged f, audit_event e where e.seq = 7 and f.seq > 7`)
    expect(await audit.verify(admin)).toMatchObject({ ok: false, firstBroken: '8' })
  })
})

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'allowed',
    (error: unknown) => (isRefusal(error) ? error.code : Promise.reject(error)),
  )
}
