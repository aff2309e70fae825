/** Lists in Postgres: their views, their counts, and the indexes that keep them quick. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Actor, systemActor } from '@/lib/services/actor'
import { createAudit } from '@/lib/services/audit-trail'
import { createDevices } from '@/lib/services/devices'
import { createSavedViews } from '@/lib/services/saved-views'
import { actor, type Installation, installation, newDevice } from '@/lib/services/testing/harness'
import { auditStore } from './audit'
import { foundInSearch } from './audit-finding'
import { CERTIFICATE_NAMES } from './certificate-filter'
import { CHALLENGE_NAMES } from './challenges'
import type { Database } from './database'
import { DEVICE_NAMES, deviceStore, ENDS } from './devices'
import { Prisma } from './generated/client'
import { overdueIntents } from './issuance'
import { NO_SUCCESSOR } from './overdue-renewals'
import { savedViewStore } from './saved-views'
import { postgresBacking } from './testing/postgres-backing'
import { isInState, UNSUCCESSFUL } from './transactions'

const migration = (name: string) => readFileSync(`prisma/migrations/${name}/migration.sql`, 'utf8')
const DEVICES = migration('20261129230100_sort_and_search_devices')
let backing: Awaited<ReturnType<typeof postgresBacking>>
let database: Database
let portal: Installation

beforeAll(async () => {
  backing = await postgresBacking()
  database = backing.database
  portal = installation(backing)
  await portal.setUp()
})
afterAll(() => backing?.close())

async function person(role: 'admin' | 'auditor'): Promise<Actor> {
  const id = crypto.randomUUID()
  const email = `${id}@example.com`
  await database.user.create({
    data: { id, name: role, email, emailNormalised: email, passwordHash: 'none', role },
    select: { id: true },
  })
  return { ...systemActor('cli', role), type: 'user', id, role }
}

test('views of one name are one, two people who share see each other’s, and what is removed is gone', async () => {
  const views = createSavedViews({ store: savedViewStore(database) })
  const [ada, eve] = [await person('admin'), await person('auditor')]
  const view = { list: 'certificates', name: 'Held', query: 'status=held', shared: true }
  await views.save(ada, view)
  await Promise.all([views.save(ada, { ...view, query: 'a=1' }), views.save(ada, { ...view, query: 'a=1' })])
  await views.save(eve, { ...view, shared: false })
  expect(await views.list(eve, 'certificates')).toMatchObject([
    { name: 'Held', by: expect.toBeOneOf([null, 'admin']) },
    { name: 'Held' },
  ])
  const [own] = await views.list(ada, 'certificates')
  expect(own).toMatchObject({ query: 'a=1', by: null, removable: true })
  await views.remove(ada, own?.id ?? '')
  await expect(views.remove(ada, own?.id ?? '')).rejects.toMatchObject({ code: 'not_found' })
  expect(await views.list(ada, 'certificates')).toEqual([])
  const told = await database.auditEvent.findMany({
    where: { type: { startsWith: 'saved_view.' } },
    select: { objectId: true },
  })
  expect(told).toHaveLength(5)
  expect(told.filter(({ objectId }) => objectId === own?.id)).toHaveLength(4)
})

test.each([
  ['certificate_names_idx', CERTIFICATE_NAMES, migration('20261130000000_append_events_at_once')],
  ['challenge_names_idx', CHALLENGE_NAMES, migration('20261202000000_index_names_once')],
  ['device_names_idx', DEVICE_NAMES, DEVICES],
])('%s has the trigrams of what is searched, to the letter', (index, { sql }, made) => {
  const plain = (text: string) => text.replace(/"|\b[cd]\.|\s/g, '')
  const definition = made.split(`CREATE INDEX "${index.replace(/_idx$/, '')}`).at(-1) ?? ''
  expect(plain(definition)).toContain(plain(`USING gin (${sql} gin_trgm_ops)`))
  if (index === 'certificate_names_idx') expect(plain(definition)).toMatch(/gin_trgm_ops\)WHEREstate='issued';/)
})

test('a challenge is found by all that it names, as text and as it was typed, and by nothing else', async () => {
  const { endpoint } = await portal.createGroup('Numbats')
  const id = crypto.randomUUID()
  const constraints = {
    v: 1,
    subject: [{ type: 'CN', value: 'Numbat, the third' }],
    subjectDer: 'bnVtYmF0',
    san: [{ type: 'dns', value: 'burrow.example' }],
    rules: { deviceSerial: 'NB-0042' },
  }
  await database.challenge.create({
    data: {
      ...{ id, endpointId: endpoint.id, handleHash: new Uint8Array(32), expiresAt: new Date(Date.now() + 60_000) },
      ...{
        subject: 'CN=Numbat\\, the third',
        deviceName: "Ada's tablet",
        constraints,
        mintedBy: 'ada',
        mintedVia: 'ui',
      },
    },
    select: { id: true },
  })
  const isFound = async (search: string) => {
    const rows = await database.$queryRaw<unknown[]>`
      select from challenge c where c.id = ${id}::uuid and ${CHALLENGE_NAMES} ilike ${`%${search}%`}`
    return rows.length > 0
  }
  for (const name of ['numbat', 'Numbat, the', 'CN=Num', "ada's", 'burrow.ex', 'nb-0042'])
    expect(await isFound(name)).toBe(true)
  for (const other of ['bnVtYmF0', '"CN"', 'wombat']) expect(await isFound(other)).toBe(false)
})

const OVERDUE = Prisma.sql`overdue_renewal o where o.resolved_at is null order by o.not_after, o.certificate_id limit 51`

test.each([
  ['the search of devices', 'device_names_idx', Prisma.sql`device d where ${DEVICE_NAMES} ilike '%tab%'`],
  ['the order of devices by ends', 'device_ends_idx', Prisma.sql`device d order by ${ENDS}, d.id limit 51`],
  ['the order of overdue renewals by ends', 'overdue_renewal_ends_idx', OVERDUE],
  [
    'what is worked on',
    'enrolment_transaction_received',
    Prisma.sql`enrolment_transaction t where ${isInState('received')}`,
  ],
  ['what is worked on', 'certificate_intent_idx', Prisma.sql`enrolment_transaction t where ${isInState('received')}`],
  [
    'what ended badly',
    'enrolment_transaction_unsuccessful_idx',
    Prisma.sql`enrolment_transaction t where ${UNSUCCESSFUL} and t.created_at > now() - interval '1 day'`,
  ],
  ['the search for a successor', 'certificate_one_successor', Prisma.sql`certificate c where ${NO_SUCCESSOR}`],
])('%s goes by its index', async (_what, index, from) => {
  const plan = await database.$transaction(async (transaction) => {
    await transaction.$executeRaw`set local enable_seqscan = off`
    return transaction.$queryRaw<Record<string, string>[]>`explain select from ${from}`
  })
  expect(plan.flatMap(Object.values).join('\n')).toContain(index)
})

test('what a job looks for goes by its index, however much has ended', async () => {
  const plan = await database.$transaction(async (transaction) => {
    await transaction.$executeRaw`set local enable_seqscan = off`
    return transaction.$queryRaw<Record<string, string>[]>`explain ${overdueIntents(new Date(), 100)}`
  })
  expect(plan.flatMap(Object.values).join('\n')).toContain('certificate_intent_idx')
})

test('the audit trail is searched by the names that things have, whoever made them up', async () => {
  const { endpoint } = await portal.createGroup('Wombats')
  const enrolled = await portal.enrol(endpoint.id, newDevice('quokka-7'))
  const audit = createAudit({ store: auditStore(database), clock: () => portal.time.now })
  const ada = await person('admin')
  await database.user.update({ where: { id: ada.id ?? '' }, data: { name: 'Ada Zebrafinch' } })
  await audit.record({
    type: 'audit.read',
    outcome: 'success',
    actor: ada,
    object: { type: 'system', id: 'x', name: 'x' },
  })
  const found = async (search: string) => {
    const { items } = await audit.list(actor('auditor'), { search }, {})
    expect(await audit.matching(actor('auditor'), { search })).toEqual({ count: items.length, more: false })
    return items
  }
  const ofDevice = await found('UOKKA')
  expect((await foundInSearch(database, 'UOKKA', 200)).capped).toBe(false)
  await portal.enrol(endpoint.id, newDevice('quokka-8'))
  expect((await foundInSearch(database, 'UOKKA', 1)).capped).toBe(true)
  expect(ofDevice.map(({ type }) => type)).toContain('certificate.issued')
  expect(ofDevice.every(({ object }) => ['certificate', 'challenge', 'transaction'].includes(object.type))).toBe(true)
  const bySerial = await found(enrolled.serial)
  expect(bySerial.map(({ type }) => type)).toContain('certificate.issued')
  expect(ofDevice).toEqual(expect.arrayContaining(bySerial))
  expect((await found('ombat')).map(({ type }) => type)).toContain('group.created')
  expect((await found('zebra')).map(({ type }) => type)).toEqual(['audit.read'])
  expect(await found('nobody')).toEqual([])
})

test('devices are counted as they are listed', async () => {
  const { endpoint } = await portal.createGroup()
  for (const name of ['one', 'two', 'two']) await portal.enrol(endpoint.id, newDevice(name))
  const nothing = { list: () => Promise.reject(new Error('not asked')) }
  const devices = createDevices({
    store: deviceStore(database),
    certificates: portal.certificates,
    challenges: nothing,
    transactions: nothing,
    clock: () => portal.time.now,
  })
  const reader = actor('auditor')
  for (const filter of [{}, { search: 'two' }, { group: 'staff' }, { group: 'none' }, { state: 'managed' as const }])
    expect(await devices.matching(reader, filter)).toEqual({
      count: (await devices.list(reader, filter, {})).items.length,
      more: false,
    })
  expect(await devices.matching(reader, {}, new Date(0))).toEqual({ count: 0, more: false })
})
