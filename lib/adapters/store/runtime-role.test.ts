/** The role of the running processes: all that the product does, and nothing that would hide what was done. */
import { createHash, randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { succeeded } from '@/e2e/fixtures/tampering'
import { canTamper, grantRuntime, missingGrants } from './runtime-role'

let made: TestDatabase
let runtime: pg.Client
let owner: pg.Client
let role: string

beforeAll(async () => {
  made = await testDatabase()
  runtime = new pg.Client({ connectionString: made.url })
  owner = new pg.Client({ connectionString: made.adminUrl })
  await runtime.connect()
  await owner.connect()
  role = (await runtime.query('select current_user as role')).rows[0]?.role
})

afterAll(async () => {
  await runtime.end()
  await owner.end()
  await made.drop()
})

const TWICE = randomUUID()
const append = (before: string | null, after: string | null) =>
  runtime.query('select audit_append($1, $2) as seq', [before, after])
const event = (change: Record<string, unknown> = {}) => {
  const fields = { id: randomUUID(), type: 'test.event', outcome: 'success', severity: 'info', ...change }
  return JSON.stringify(fields).replace(/}$/, ',"time":"')
}

describe('the runtime role', () => {
  test('reads and writes, and deletes what the product deletes', async () => {
    await runtime.query(`insert into installation_value (name, value) values ('x', 'y')`)
    await runtime.query(`update installation_value set value = 'z' where name = 'x'`)
    expect((await runtime.query(`delete from installation_value where name = 'x'`)).rowCount).toBe(1)
    for (const table of ['crl', 'enrolment_transaction', 'idempotent_request', 'rate_limit', 'session'])
      await runtime.query(`delete from ${table}`)
    expect((await runtime.query('select migration_name from _prisma_migrations')).rowCount).toBeGreaterThan(0)
  })

  test('cannot touch what is past, nor what keeps it so', async () => {
    await append(event(), '"}')
    expect(await succeeded(runtime)).toEqual([])
    expect(await canTamper(owner, role)).toBe(false)
  })

  test('is told apart from one that could', async () => {
    expect(await canTamper(owner, (await owner.query('select current_user as name')).rows[0]?.name)).toBe(true)
    await owner.query(`grant delete on audit_event to ${role}`)
    expect(await canTamper(owner, role)).toBe(true)
    await grantRuntime(made.adminUrl, role)
    expect(await canTamper(owner, role)).toBe(false)
  })

  test('has its rights restored when they are more or less than they should be, and is left alone otherwise', async () => {
    expect(await missingGrants(owner, role)).toEqual([])
    await owner.query(`grant delete, truncate on certificate to ${role}; revoke insert on challenge from ${role}`)
    await owner.query('create table added_later (n int)')
    expect((await missingGrants(owner, role)).filter((sql) => sql.startsWith('GRANT'))).toEqual([
      expect.stringContaining('"added_later"'),
      expect.stringContaining('"certificate"'),
      expect.stringContaining('"challenge"'),
    ])
    await grantRuntime(made.adminUrl, role)
    expect(await missingGrants(owner, role)).toEqual([])
    await owner.query('drop table added_later')
    expect(await succeeded(runtime)).toEqual([])
  })
})

describe('audit_append()', () => {
  test.each(['id', 'type', 'outcome', 'severity'])('refuses an event without %s', async (field) => {
    for (const value of [undefined, null, '', 7])
      await expect(append(event({ [field]: value }), '"}')).rejects.toThrow(`an audit event says its ${field}`)
  })

  test('refuses what is no event, and a time that is not its own', async () => {
    await expect(append(null, null)).rejects.toThrow('an audit event says its id')
    await expect(append('"', '"')).rejects.toThrow('an audit event says its id')
    await expect(append(event(), '","time":"2020-01-01T00:00:00.000Z"}')).rejects.toThrow('is the database')
    await expect(append(event().replace('"time"', '"data"'), '"}')).rejects.toThrow('is the database')
  })

  test('is blind to the search path of its caller', async () => {
    await owner.query(`
      create schema trap;
      create function trap.clock_timestamp() returns timestamptz language sql as $$ select timestamptz '2001-01-01' $$;
      grant usage on schema trap to public`)
    await runtime.query('set search_path = trap, pg_catalog, public')
    await append(event({ type: 'test.trap' }), '"}')
    await runtime.query('reset search_path')
    const { rows } = await runtime.query(
      `select extract(year from time)::int as year from audit_event where type = 'test.trap'`,
    )
    expect(rows[0]?.year).toBeGreaterThan(2025)
  })

  test('is for nobody who was not let in', async () => {
    const { rows } = await owner.query(
      `select coalesce(bool_or(a.grantee = 0), true) as everybody from pg_proc p left join aclexplode(p.proacl) a on true where p.proname in ('audit_append', 'audit_append_all')`,
    )
    expect(rows).toEqual([{ everybody: false }])
  })
})

describe('audit_append_all()', () => {
  const appendAll = (before: unknown, after: unknown) =>
    runtime.query('select audit_append_all($1, $2) as seq', [before, after])
  const head = async () => (await runtime.query('select seq, chain from audit_head')).rows[0]
  const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()

  test('numbers and chains what it is given in order, and the columns of each say what its payload says', async () => {
    const before = await head()
    const kinds = ['test.one', 'test.two', 'test.three']
    const actor = { id: 'ada', name: 'Ada' }
    const events = kinds.map((type) => event({ type, actor, object: { type: 'key', id: type }, source: { ip: '::1' } }))
    const { rows: appended } = await appendAll(events, ['"}', '"}', '"}'])
    const { rows } = await runtime.query('select * from audit_event where seq > $1 order by seq', [before.seq])
    let { chain } = before
    for (const [place, row] of rows.entries()) {
      const said = JSON.parse(row.payload.toString('utf8'))
      expect(Number(row.seq)).toBe(Number(before.seq) + place + 1)
      expect(row).toMatchObject({
        id: said.id,
        type: kinds[place],
        object_id: said.type,
        actor_name: 'Ada',
        source_ip: '::1',
      })
      expect(row.time.toISOString()).toBe(said.time)
      expect(row.leaf).toEqual(sha256(Buffer.of(0), row.payload))
      chain = sha256(Buffer.of(2), chain, row.leaf)
      expect(row.chain).toEqual(chain)
    }
    expect(rows).toHaveLength(3)
    expect(await head()).toEqual({ seq: appended[0].seq, chain })
  })

  test.each([
    ['one that is no event among them', [event(), event({ type: '' }), event()], ['"}', '"}', '"}']],
    ['one whose id is taken', [event({ id: TWICE }), event({ id: TWICE })], ['"}', '"}']],
    ['one without its end', [event(), event()], ['"}']],
    ['one that is missing', [event(), null], ['"}', '"}']],
    ['arrays of arrays', [[event()], [event()]], [['"}'], ['"}']]],
    ['arrays that begin elsewhere', `[0:0]={${JSON.stringify(event())}}`, `[0:0]={${JSON.stringify('"}')}}`],
  ])('%s: nothing is recorded', async (_what, before, after) => {
    const known = await head()
    await expect(appendAll(before, after)).rejects.toThrow()
    expect(await head()).toEqual(known)
    expect((await runtime.query('select from audit_event where seq > $1', [known.seq])).rowCount).toBe(0)
  })

  test('no events change nothing', async () => {
    const known = await head()
    expect((await appendAll([], [])).rows).toEqual([{ seq: known.seq }])
    expect((await appendAll(null, null)).rows).toEqual([{ seq: null }])
    expect(await head()).toEqual(known)
  })
})
