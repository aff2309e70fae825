/**
 * Who waits for whom. An enrolment takes the head of the audit chain and then, when its statement ends, looks whether the
 * rows that it names are there (foreign keys). Whatever changes such a row must not keep it from that look: it waits for
 * the head itself, and each would wait for the other.
 */
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createBreakGlass } from '@/lib/services/break-glass'
import { createRollover, rolloverActor } from '@/lib/services/rollover'
import { actor, DAY_MS, type Installation, installation, newDevice } from '@/lib/services/testing/harness'
import { breakGlassStore } from './break-glass'
import { rolloverStore } from './rollover'
import { postgresBacking } from './testing/postgres-backing'

const admin = actor('admin')
let backing: Awaited<ReturnType<typeof postgresBacking>>
let portal: Installation
let group: Awaited<ReturnType<Installation['createGroup']>>
let enrolment: pg.Client

beforeEach(async () => {
  backing = await postgresBacking()
  portal = installation(backing)
  await portal.setUp()
  group = await portal.createGroup()
  enrolment = new pg.Client({ connectionString: backing.adminUrl })
  await enrolment.connect()
  await enrolment.query('begin')
})
afterEach(async () => {
  await enrolment.end()
  await backing.close()
})

const names = (table: 'authority' | 'endpoint' | 'certificate', id: string) =>
  enrolment.query(`select from ${table} where id = $1 for key share`, [id])

/** Begins `work`, which comes to its events, and then names the row that it has changed. */
async function namesDuring<T>(work: () => Promise<T>, table: Parameters<typeof names>[0], id: string): Promise<T> {
  await enrolment.query('select from audit_head for update')
  const working = work()
  working.catch(() => {})
  await expect.poll(waiting, { timeout: 10_000 }).toBe(1)
  await names(table, id)
  await enrolment.query('commit')
  return working
}

async function waiting(): Promise<number> {
  const rows = await backing.database.$queryRaw<unknown[]>`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  return rows.length
}

test('a list that is due is claimed while somebody enrols', async () => {
  await portal.status.publishDueCrls()
  await backing.database
    .$executeRaw`update authority set crl_due_since = ${portal.time.now} where id = ${group.issuer.id}::uuid`
  await names('authority', group.issuer.id)
  portal.time.now = new Date(portal.time.now.getTime() + 10_000)
  expect(await portal.status.publishDueCrls()).toBeGreaterThan(0)
  expect(await backing.database.authority.findUnique({ where: { id: group.issuer.id } })).toMatchObject({
    crlDueSince: null,
  })
})

test('a certificate of a bulk revocation is renewed in the middle of its batch', async () => {
  const { id } = await portal.enrol(group.endpoint.id, newDevice('tablet-1'))
  await portal.bulkRevocations.confirm(admin, {
    selection: { certificates: [id] },
    action: 'revoke',
    reason: 'superseded',
    expect: 1,
    confirmation: null,
  })
  await namesDuring(() => portal.bulkRevocations.advance(), 'certificate', id)
  expect(await portal.certificates.get(admin, id)).toMatchObject({ status: 'revoked' })
})

test('an issuer is revoked in the middle of enrolments at its endpoint', async () => {
  const breakGlass = createBreakGlass({
    store: breakGlassStore(backing.database),
    audit: { record: async () => {} },
    rollover: { replace: () => Promise.reject(new Error('not asked for')) },
    clock: () => portal.time.now,
  })
  const revoking = () => breakGlass.revokeIssuer(admin, 'staff', { reason: 'cACompromise', confirmation: 'Staff' })
  expect(await namesDuring(revoking, 'endpoint', group.endpoint.id)).toMatchObject({ issuer: { status: 'revoked' } })
})

test('the settings of an endpoint are saved in the middle of enrolments at it', async () => {
  const save = () => portal.groups.updateEndpoint(admin, group.endpoint.slug, { enabled: false })
  expect(await namesDuring(save, 'endpoint', group.endpoint.id)).toMatchObject({ enabled: false })
})

test('the next issuer takes over in the middle of enrolments under the present one', async () => {
  const { signer, issuance, urls, time } = portal
  const rollover = createRollover({
    store: rolloverStore(backing.database),
    signer,
    issuance,
    urls,
    clock: () => time.now,
  })
  await rollover.stage(admin, 'staff', { activatesAt: new Date(time.now.getTime() + DAY_MS) })
  time.now = new Date(time.now.getTime() + 2 * DAY_MS)
  expect(await namesDuring(() => rollover.advance(rolloverActor()), 'authority', group.issuer.id)).toBe(1)
})
