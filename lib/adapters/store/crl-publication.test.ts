/** Lists as they are published from a real database: complete, in order, by whomever, and as openssl reads them. */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seedRevoked } from '@/bench/crl/seed'
import { openssl, scratchFiles } from '@/e2e/fixtures/openssl'
import { toPem } from '@/lib/pki/certificate'
import { createStatus, type StatusStore } from '@/lib/services/status'
import { actor, DAY_MS, type Installation, installation } from '@/lib/services/testing/harness'
import { guarded } from './outage'
import { statusStore } from './status'
import { postgresBacking } from './testing/postgres-backing'

const operator = actor('operator')
let backing: Awaited<ReturnType<typeof postgresBacking>>
let portal: Installation
let endpointId: string
let issuer: Awaited<ReturnType<Installation['createGroup']>>['issuer']
let rootPem: string

beforeEach(async () => {
  backing = await postgresBacking()
  portal = installation(backing)
  rootPem = (await portal.setUp()).certificatePem
  const group = await portal.createGroup()
  endpointId = group.endpoint.id
  issuer = group.issuer
})
afterEach(() => backing.close())

const later = (ms: number) => {
  portal.time.now = new Date(portal.time.now.getTime() + ms)
}

/** Serials of the newest list, as openssl reads it. */
async function listed(shard: number | null = null): Promise<string[]> {
  const crl = await portal.status.crl('staff', shard)
  const text = openssl(['crl', '-inform', 'DER', '-noout', '-text'], crl?.der ?? new Uint8Array()).toString()
  return [...text.matchAll(/Serial Number: ([0-9A-F]+)/g)].map(([, serial]) => serial ?? '')
}

async function revokedInDatabase(): Promise<string[]> {
  const rows = await backing.database.certificate.findMany({
    where: { authorityId: issuer.id, revokedAt: { not: null } },
    select: { serial: true },
  })
  return rows.map(({ serial }) => serial).sort()
}

const revoke = (serial: string) => portal.certificates.revoke(operator, serial, { reason: 'superseded' })

test('ten revocations at once are on a list whose number is the next, and no list goes back', async () => {
  await portal.status.publishDueCrls()
  const serials: string[] = []
  for (let n = 0; n < 10; n += 1) serials.push((await portal.enrol(endpointId)).serial)
  const [here, there] = [otherInstance(), otherInstance()]
  const numbers: number[] = []
  const look = async () => numbers.push(Number((await backing.stores.status.crlHead('staff', null))?.number))
  later(10_000)
  await Promise.all([
    ...serials.map(async (serial) => {
      await revoke(serial)
      await look()
    }),
    ...[here, there, here, there].map(async (instance) => {
      await instance.publishDueCrls()
      await look()
    }),
  ])
  later(10_000)
  await Promise.all([here.publishDueCrls(), there.publishDueCrls()])
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  later(2_000)
  expect((await listed()).toSorted()).toEqual(serials.toSorted())
  expect((await listed(1)).toSorted()).toEqual(serials.toSorted())
  const published = await backing.database.crl.findMany({ where: { authorityId: issuer.id, shard: 0 } })
  // At most two at once, and one after the others: not one for each revocation.
  expect(published.length).toBeLessThanOrEqual(3)
})

test('a hold is on the list with its reason, and gone from the next one once it is released', async () => {
  const { serial, id, der } = await portal.enrol(endpointId)
  await portal.certificates.revoke(operator, serial, { reason: 'certificateHold' })
  await portal.status.publishDueCrls()
  for (const shard of [null, 1]) {
    await expectVerdict(der, shard, 'certificate revoked')
    const crl = await portal.status.crl('staff', shard)
    const text = openssl(['crl', '-inform', 'DER', '-noout', '-text'], crl?.der ?? new Uint8Array()).toString()
    expect(text).toMatch(new RegExp(`${serial}[\\s\\S]*Certificate Hold`))
  }
  await backing.database.$executeRaw`
    update certificate set revoked_at = null, revocation_reason = null where id = ${id}::uuid`
  await backing.database.$executeRaw`
    update authority set crl_due_since = ${portal.time.now} where id = ${issuer.id}::uuid`
  later(10_000)
  expect(await portal.status.publishDueCrls()).toBe(2)
  expect(await listed()).toEqual([])
  expect(await listed(1)).toEqual([])
  for (const shard of [null, 1]) await expectVerdict(der, shard, 'OK')
})

/** What openssl says of a certificate by its issuer's list, or by its shard's, and the root's. */
async function expectVerdict(der: Uint8Array, shard: number | null, verdict: string): Promise<void> {
  const crl = await portal.status.crl('staff', shard)
  const root = await portal.status.crl('root')
  const [chain = '', anchor = '', list = '', leaf = ''] = scratchFiles({
    'issuer.pem': issuer.certificatePem,
    'root.pem': rootPem,
    'list.pem': '',
    'leaf.pem': toPem(der),
  })
  writeFileSync(list, [crl, root].map((each) => toPem(each?.der ?? new Uint8Array(), 'X509 CRL')).join(''))
  const at = String(Math.floor(portal.time.now.getTime() / 1000))
  const common = ['-attime', at, '-CRLfile', list, '-CAfile', anchor, '-untrusted', chain, leaf]
  for (const check of ['-crl_check', '-crl_check_all']) {
    const options = ['verify', check, ...(shard === null ? [] : ['-extended_crl']), ...common]
    const { stdout, stderr } = spawnSync('openssl', options, { encoding: 'utf8' })
    expect(stdout + stderr).toContain(verdict)
  }
}

function otherInstance() {
  const store = guarded(statusStore(backing.database))
  return createStatus({ store, signer: portal.signer, clock: () => portal.time.now })
}

test('what was expired when it was last listed is not listed again, in a shard either', async () => {
  const { serial } = await portal.enrol(endpointId)
  await revoke(serial)
  await portal.status.publishDueCrls()
  later(366 * DAY_MS)
  await portal.status.publishDueCrls()
  expect([await listed(), await listed(1)]).toEqual([[serial], [serial]])
  later(DAY_MS)
  await portal.status.publishDueCrls()
  later(DAY_MS)
  await portal.status.publishDueCrls()
  later(2_000)
  expect([await listed(), await listed(1)]).toEqual([[], []])
})

test('the root lists an issuer that is revoked, and a retired issuer goes on listing its devices', async () => {
  const { serial } = await portal.enrol(endpointId)
  await portal.status.publishDueCrls()
  await backing.database.$executeRaw`
    update certificate set revoked_at = ${portal.time.now}, revocation_reason = 'cessationOfOperation'
    where id = ${issuer.certificateId}::uuid`
  await backing.database.$executeRaw`update authority set crl_due_since = ${portal.time.now} where kind = 'root'`
  await backing.database.$executeRaw`update authority set status = 'retired' where id = ${issuer.id}::uuid`
  await revoke(serial)
  later(10_000)
  expect(await portal.status.publishDueCrls()).toBe(3)
  const root = await portal.status.crl('root')
  const text = openssl(['crl', '-inform', 'DER', '-noout', '-text'], root?.der ?? new Uint8Array()).toString()
  expect(text).toContain(`Serial Number: ${issuer.serial}`)
  expect(await listed()).toEqual([serial])
})

test('a database that goes away while a list is read is an outage, page by page', async () => {
  const { serial } = await portal.enrol(endpointId)
  await revoke(serial)
  const store = guarded(statusStore(backing.database))
  const scope = { shard: null, previousThisUpdate: null }
  for await (const page of store.revoked(issuer.id, scope)) expect(page.count).toBe(1)
  await backing.database.$disconnect()
  const reading = (async () => {
    for await (const page of store.revoked(issuer.id, scope)) expect(page.count).toBe(1)
  })()
  await expect(reading).rejects.toThrow()
})

test('the invalidity date of a certificate is in its entry', async () => {
  const { serial, id } = await portal.enrol(endpointId)
  await revoke(serial)
  await backing.database.certificate.update({
    where: { id },
    data: { invalidityDate: new Date('2026-11-01T10:20:30Z') },
  })
  await portal.status.publishDueCrls()
  const crl = await portal.status.crl('staff')
  const text = openssl(['crl', '-inform', 'DER', '-noout', '-text'], crl?.der ?? new Uint8Array()).toString()
  expect(text).toMatch(/Invalidity Date: *\n *Nov {2}1 10:20:30 2026 GMT/)
})

test('a process that ends while it publishes delays the list by half a minute, and its number is not used again', async () => {
  await portal.status.publishDueCrls()
  const { serial } = await portal.enrol(endpointId)
  await revoke(serial)
  const killed: StatusStore = { ...statusStore(backing.database), publish: () => new Promise<never>(() => {}) }
  const dying = createStatus({ store: killed, signer: portal.signer, clock: () => portal.time.now })
  void dying.publishDueCrls()
  await expect.poll(async () => (await numberOf()).toString()).toBe('3')
  expect(await portal.status.publishDueCrls()).toBe(0)
  later(31_000)
  expect(await portal.status.publishDueCrls()).toBe(2)
  later(2_000)
  expect((await portal.status.crl('staff'))?.number).toBe('3')
  expect(await listed()).toEqual([serial])

  async function numberOf(): Promise<bigint> {
    return (await backing.database.authority.findUniqueOrThrow({ where: { id: issuer.id } })).nextCrlNumber
  }
})

test('a hundred thousand entries: list, shards and database name the same, and openssl verifies them', async () => {
  const COUNT = 100_000
  await seedRevoked(backing.adminUrl, 'staff', COUNT)
  portal.time.now = new Date()
  for (const number of Array.from({ length: 19 }, (_, n) => n + 2))
    await backing.stores.shards.open({
      authorityId: issuer.id,
      previous: number - 1,
      shard: { number, url: `http://pki.example.com/crl/staff/${number}.crl` },
      at: portal.time.now,
    })
  await portal.status.publishDueCrls()
  const inDatabase = await revokedInDatabase()
  const all = await listed()
  expect(all).toHaveLength(COUNT)
  expect(all).toEqual(inDatabase)
  const ofShards = (await Promise.all(Array.from({ length: 20 }, (_, n) => listed(n + 1)))).flat()
  expect(ofShards).toHaveLength(COUNT)
  expect(ofShards.toSorted()).toEqual(inDatabase)
  // 10,000 serials, half of them listed: a list says of each what the database says.
  const onList = new Set(all)
  for (let n = 0; n < 5_000; n += 1) {
    expect(onList.has(randomBytes(16).toString('hex').toUpperCase())).toBe(false)
    expect(onList.has(inDatabase[n * 20] ?? '')).toBe(true)
  }
  const [file = '', ca = ''] = scratchFiles({ 'list.crl': '', 'issuer.pem': issuer.certificatePem })
  const crl = await portal.status.crl('staff')
  writeFileSync(file, crl?.der ?? '')
  expect(() => openssl(['crl', '-inform', 'DER', '-in', file, '-CAfile', ca, '-noout', '-verify'])).not.toThrow()
}, 120_000)

test('nobody can stop the list of an issuer with a date that it could not say', async () => {
  const { serial } = await portal.enrol(endpointId)
  const request = { reason: 'keyCompromise' as const, invalidityDate: new Date('0001-01-01T00:00:00Z') }
  await expect(portal.certificates.revoke(operator, serial, request)).rejects.toMatchObject({
    fields: { invalidityDate: expect.any(String) },
  })
  await portal.certificates.revoke(operator, serial, { ...request, invalidityDate: new Date(0) })
  expect(await portal.status.publishDueCrls()).toBeGreaterThan(0)
  expect(await listed()).toEqual([serial])
})

test('a clock that was ahead keeps no revocation off the list', async () => {
  later(60_000)
  const serials = []
  for (let n = 0; n < 3; n += 1) {
    const { serial } = await portal.enrol(endpointId)
    await revoke(serial)
    serials.push(serial)
    if (n === 1) later(-60_000)
    await portal.status.publishDueCrls()
  }
  expect((await listed()).toSorted()).toEqual(serials.toSorted())
  const lists = await backing.database.crl.findMany({
    where: { authorityId: issuer.id, shard: 0 },
    orderBy: { number: 'asc' },
  })
  const times = lists.map(({ thisUpdate }) => thisUpdate.getTime())
  expect(times).toEqual(times.toSorted((a, b) => a - b))
})
