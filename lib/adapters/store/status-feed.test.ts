/** Word of changes reaches every instance, is complete, and comes without the bell as well. */
import { afterEach, beforeEach, expect, type Mock, test, vi } from 'vitest'
import { systemActor } from '@/lib/services/actor'
import type { StatusChange } from '@/lib/services/ocsp'
import { actor, type Installation, installation } from '@/lib/services/testing/harness'
import { hotPool } from './database'
import { STATUS_CHANNEL, type StatusFeed, statusFeed } from './status-feed'
import { postgresBacking } from './testing/postgres-backing'

let backing: Awaited<ReturnType<typeof postgresBacking>>
let portal: Installation
let endpointId: string
let issuerId: string
let feeds: StatusFeed[]

beforeEach(async () => {
  feeds = []
  backing = await postgresBacking()
  portal = installation(backing)
  await portal.setUp()
  const group = await portal.createGroup()
  endpointId = group.endpoint.id
  issuerId = group.issuer.id
})

afterEach(async () => {
  for (const feed of feeds) await feed.stop()
  await portal.backing.close()
})

async function follow(options: { connectionString?: string } = {}) {
  const heard: StatusChange[] = []
  let looks = 0
  const feed = statusFeed(backing.database, {
    connectionString: options.connectionString ?? backing.url,
    elapsed: () => performance.now(),
    log: () => {},
  })
  feeds.push(feed)
  feed.start((changes) => {
    looks += 1
    heard.push(...changes)
  })
  await expect.poll(() => looks).toBeGreaterThan(0)
  return { heard, looks: () => looks }
}

const bells = () =>
  backing.database.$queryRaw<{ pid: number }[]>`
    select pid from pg_stat_activity where datname = current_database() and application_name = 'latchkey-status'`

async function revoked() {
  const { id, serial } = await portal.enrol(endpointId)
  await portal.certificates.revoke(actor('admin'), id, { reason: 'superseded' })
  return { authorityId: issuerId, serial }
}

test('a revocation is heard once by everybody, and what was before is not', async () => {
  await revoked()
  const [one, other] = [await follow(), await follow()]
  const change = await revoked()
  for (const { heard } of [one, other]) await expect.poll(() => heard).toEqual([change])
  const next = await revoked()
  for (const { heard } of [one, other]) await expect.poll(() => heard).toEqual([change, next])
})

test('a change that commits after a later one is heard all the same', async () => {
  const { heard } = await follow()
  const slow = await portal.enrol(endpointId)
  let quick: StatusChange | undefined
  await backing.database.$transaction(async (transaction) => {
    await transaction.$executeRaw`
      update certificate set revoked_at = now(), revocation_reason = 'superseded' where id = ${slow.id}::uuid`
    quick = await revoked()
    await expect.poll(() => heard).toEqual([quick])
  })
  await expect.poll(() => heard).toEqual([quick, { authorityId: issuerId, serial: slow.serial }])
})

test('a new responder and a new authority are heard of', async () => {
  const { heard } = await follow()
  await portal.ocspResponders.renewEnding(systemActor('job', 'test'))
  await expect.poll(() => heard).toContainEqual({ authorityId: issuerId, serial: null })
  await portal.createGroup('Students')
  await expect.poll(() => new Set(heard.map(({ authorityId }) => authorityId)).size).toBe(3)
})

test('what changes nothing about a status rings no bell', async () => {
  const { heard } = await follow()
  await portal.enrol(endpointId)
  const change = await revoked()
  await expect.poll(() => heard).toEqual([change])
})

test('after a failover to a server that is behind, what it changed is heard', async () => {
  const pool = hotPool(backing.database)
  const here = pool.query.bind(pool) as (statement: { name?: string }) => Promise<unknown>
  const query = vi.spyOn(pool, 'query') as unknown as Mock
  const before = { rows: [{ horizon: '999999999999', id: null }] }
  query.mockImplementation(async (statement) => (statement.name === 'status-changes' ? before : here(statement)))
  const { heard } = await follow()
  const change = await revoked()
  query.mockRestore()
  await expect.poll(() => heard, { timeout: 10_000 }).toContainEqual(change)
})

test('without the bell a change is heard at the next look', async () => {
  const { heard, looks } = await follow({ connectionString: 'postgres://nobody@127.0.0.1:1/nowhere' })
  const change = await revoked()
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual([change])
  expect(looks()).toBeGreaterThan(1)
})

test('a bell that broke is hung up again', async () => {
  const { heard } = await follow()
  await expect.poll(bells).toHaveLength(1)
  const [before] = await bells()
  await backing.database.$executeRaw`select pg_terminate_backend(${before?.pid}::int)`
  await expect.poll(async () => (await bells()).some(({ pid }) => pid !== before?.pid), { timeout: 10_000 }).toBe(true)
  const change = await revoked()
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual([change])
  expect(STATUS_CHANNEL).toBe('latchkey_status')
})
