/** The small table of challenges that are not consumed follows what is written to challenges, whoever writes it. */
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emptyDatabase } from '@/e2e/fixtures/database'
import { type Installation, installation } from '@/lib/services/testing/harness'
import { hasState } from './challenge-rows'
import { openDatabase } from './database'
import { Prisma } from './generated/client'
import { postgresBacking, unspentAstray } from './testing/postgres-backing'

let backing: Awaited<ReturnType<typeof postgresBacking>>
let portal: Installation
let endpointId = ''

beforeAll(async () => {
  backing = await postgresBacking()
  portal = installation(backing)
  await portal.setUp()
  endpointId = (await portal.createGroup('Wombats')).endpoint.id
})
afterAll(() => backing?.close())

const FILLING = '20261203000000_keep_unspent_challenges'
const STATES = ['pending', 'reserved', 'consumed', 'expired', 'revoked'] as const
const inAnHour = () => new Date(Date.now() + 3_600_000)
const yesterday = () => new Date(Date.now() - 86_400_000)
const anHourAgo = () => new Date(Date.now() - 3_600_000)

async function challenge(state: (typeof STATES)[number], expiresAt = inAnHour()): Promise<string> {
  const id = crypto.randomUUID()
  const handleHash = new Uint8Array(crypto.getRandomValues(new Uint8Array(32)))
  const minted = { subject: 'CN=numbat', mintedBy: 'ada', mintedVia: 'ui', constraints: {}, notBefore: yesterday() }
  const hash = new Uint8Array(32)
  const reserved = { reservedBy: id, reservedCsrSha256: hash, reservedSpkiSha256: hash, reservedAt: new Date() }
  const rest = { ...minted, ...reserved, consumedAt: new Date() }
  await backing.database.challenge.create({ data: { id, endpointId, handleHash, state, expiresAt, ...rest } })
  return id
}

async function rowOf(id: string) {
  return backing.database.challengeUnspent.findUnique({
    where: { challengeId: id },
    select: { state: true, expiresAt: true },
  })
}

test.each(STATES.flatMap((before) => STATES.map((after) => [before, after] as const)))(
  'from %s to %s',
  async (before, after) => {
    const id = await challenge(before)
    await backing.database.challenge.update({ where: { id }, data: { state: after } })
    const state = after === 'reserved' ? 'pending' : after
    expect((await rowOf(id))?.state).toBe(after === 'consumed' ? undefined : state)
    expect(await unspentAstray(backing.database)).toBe(0)
  },
)

test('another end, and many at once', async () => {
  const ids = await Promise.all([challenge('pending'), challenge('reserved')])
  const expiresAt = anHourAgo()
  await backing.database.challenge.updateMany({ where: { id: { in: ids } }, data: { expiresAt } })
  for (const id of ids) expect(await rowOf(id)).toEqual({ state: 'pending', expiresAt })
  await backing.database.challenge.updateMany({ where: { id: { in: ids } }, data: { state: 'consumed' } })
  for (const id of ids) expect(await rowOf(id)).toBeNull()
})

test('what is taken back leaves nothing behind', async () => {
  const id = await challenge('pending')
  const taken = backing.database.$transaction(async (transaction) => {
    await transaction.challenge.update({ where: { id }, data: { state: 'consumed' } })
    throw new Error('never mind')
  })
  await expect(taken).rejects.toThrow('never mind')
  expect((await rowOf(id))?.state).toBe('pending')
})

test('the running processes read it, and write it by way of challenges alone', async () => {
  const id = await challenge('pending')
  await expect(backing.database.$executeRaw`delete from challenge_unspent`).rejects.toThrow(/permission denied/)
  await expect(backing.database.$executeRaw`update challenge_unspent set state = 'revoked'`).rejects.toThrow(
    /permission denied/,
  )
  expect((await rowOf(id))?.state).toBe('pending')
})

test('each state is found, past its end as expired whether or not the job has been by', async () => {
  await backing.database.challenge.updateMany({ where: {}, data: { state: 'consumed' } })
  const made = Object.fromEntries(await Promise.all(STATES.map(async (state) => [state, await challenge(state)])))
  const late = await challenge('pending', anHourAgo())
  const found = async (state: (typeof STATES)[number]) =>
    (
      await backing.database.$queryRaw<{ id: string }[]>`
        select c.id from challenge c where ${hasState(state)} and c.id = any(${[...Object.values(made), late]}::uuid[])`
    ).map(({ id }) => id)
  for (const state of STATES)
    expect((await found(state)).toSorted(), state).toEqual(
      (state === 'expired' ? [made.expired, late] : [made[state]]).toSorted(),
    )
})

test('nobody hides one by giving it another id, endpoint or account', async () => {
  const id = await challenge('pending')
  const other = (await portal.createGroup('Quolls')).endpoint.id
  const account = { id: crypto.randomUUID(), endpointId, name: 'Fleet', user: 'fleet', secretHash: new Uint8Array(32) }
  await backing.database.challengePageAccount.create({
    data: { ...account, subjectTemplate: 'CN=*', createdBy: 'ada' },
  })
  for (const data of [{ id: crypto.randomUUID() }, { endpointId: other }, { pageAccountId: account.id }])
    await expect(backing.database.challenge.update({ where: { id }, data }), Object.keys(data)[0]).rejects.toThrow(
      /stays where it was minted/,
    )
})

test('what runs with the rights of the owner is on the tables it was made for, and nobody else can put it on theirs', async () => {
  const functions = await backing.database.$queryRaw<{ name: string }[]>`
    select p.proname::text as name from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.prosecdef and has_function_privilege(p.oid, 'EXECUTE')`
  expect(functions.map(({ name }) => name).toSorted()).toEqual(['audit_append', 'audit_append_all'])
})

test('a table that had challenges before is filled with those that are not consumed', async () => {
  const { adminUrl, drop } = await emptyDatabase()
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const folders = readdirSync('prisma/migrations').filter((name) => !name.endsWith('.toml'))
    const sql = (name: string) => readFileSync(`prisma/migrations/${name}/migration.sql`, 'utf8')
    const [before, after] = [folders.filter((name) => name < FILLING), folders.filter((name) => name >= FILLING)]
    for (const name of before.toSorted()) await client.query(sql(name))
    await client.query('set session_replication_role = replica')
    for (const state of STATES)
      await client.query(
        `insert into challenge (id, endpoint_id, handle_hash, state, expires_at, constraints, subject, minted_by, minted_via,
           reserved_by, reserved_csr_sha256, reserved_spki_sha256, reserved_at, consumed_at)
         values (gen_random_uuid(), gen_random_uuid(), sha256(convert_to($1, 'UTF8')), $1::"ChallengeState", now() + interval '1 hour',
           '{}', 'CN=numbat', 'ada', 'ui', gen_random_uuid(), '', '', now(), now())`,
        [state],
      )
    await client.query('set session_replication_role = origin')
    for (const name of after.toSorted()) await client.query(sql(name))
    const { rows } = await client.query('select state from challenge_unspent order by state')
    expect(rows.map(({ state }) => state)).toEqual(['pending', 'pending', 'expired', 'revoked'])
    const database = openDatabase(adminUrl)
    expect(await unspentAstray(database)).toBe(0)
    await database.$disconnect()
  } finally {
    await client.end()
    await drop()
  }
})

test.each([
  ['pending', 'challenge_unspent_(state|endpoint_id)_expires_at_idx'],
  ['expired', 'challenge_unspent_state_expires_at_idx'],
  ['revoked', 'challenge_unspent_state_expires_at_idx'],
] as const)('those that are %s are found however many are consumed', async (state, index) => {
  const plan = await backing.database.$transaction(async (transaction) => {
    await transaction.$executeRaw`set local enable_seqscan = off`
    return transaction.$queryRaw<
      Record<string, string>[]
    >`explain ${Prisma.sql`select from challenge c where ${hasState(state)}`}`
  })
  const text = plan.flatMap(Object.values).join('\n')
  expect(text).toMatch(new RegExp(index))
  // Each challenge by its key, for those that the small table names.
  expect(text).toMatch(/using challenge_pkey on challenge c .*\n\s+Index Cond: \(id = u\.challenge_id\)/)
})
