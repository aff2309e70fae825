/** CRLs: due at once after a revocation, renewed long before they end, verifiable by openssl. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, expect, test } from 'vitest'
import { keepNewest } from './kept-status'
import { createStatus, type StatusStore } from './status'
import { actor, DAY_MS, type Installation, installation, memoryBacking, NOON } from './testing/harness'

const HOUR_MS = 3_600_000
let portal: Installation
let endpointId: string
let issuerPem: string

beforeEach(async () => {
  portal = installation(memoryBacking())
  await portal.setUp()
  const group = await portal.createGroup()
  endpointId = group.endpoint.id
  issuerPem = group.issuer.certificatePem
})

const later = (ms: number) => {
  portal.time.now = new Date(portal.time.now.getTime() + ms)
}

test('root, issuer and its first shard get their first CRL at once, and then none is due', async () => {
  const { result, trail } = await portal.trailOf(() => portal.status.publishDueCrls())
  expect(result).toBe(3)
  expect(trail.map(({ type }) => type)).toEqual(['crl.published', 'crl.published', 'crl.published'])
  expect(await portal.status.crl('staff')).toMatchObject({
    number: '1',
    thisUpdate: NOON,
    nextUpdate: new Date(NOON.getTime() + 7 * DAY_MS),
  })
  expect(await portal.status.crl('root')).toMatchObject({
    number: '1',
    nextUpdate: new Date(NOON.getTime() + 180 * DAY_MS),
  })
  expect(await portal.status.crl('staff', 1)).toMatchObject({
    number: '1',
    nextUpdate: new Date(NOON.getTime() + 7 * DAY_MS),
  })
  expect(await portal.status.publishDueCrls()).toBe(0)
})

test('a revocation is on the next CRL of its issuer and of its shard, which openssl verifies', async () => {
  await portal.status.publishDueCrls()
  const { serial } = await portal.enrol(endpointId)
  await portal.certificates.revoke(actor('operator'), serial, { reason: 'keyCompromise' })
  later(1_000)
  expect(await portal.status.publishDueCrls()).toBe(2)
  for (const shard of [null, 1]) {
    const crl = await portal.status.crl('staff', shard)
    expect(crl?.number).toBe('2')
    const text = await opensslCrl(crl?.der ?? new Uint8Array(), issuerPem)
    expect(text).toContain('verify OK')
    expect(text).toContain(`Serial Number: ${serial}`)
    expect(text).toContain('Key Compromise')
    expect(text.includes('Issuing Distribution Point: critical')).toBe(shard !== null)
  }
})

test('CRLs are renewed after twelve hours, shards daily, the root monthly', async () => {
  await portal.status.publishDueCrls()
  later(12 * HOUR_MS - 1_000)
  expect(await portal.status.publishDueCrls()).toBe(0)
  later(1_000)
  expect(await portal.status.publishDueCrls()).toBe(1)
  later(12 * HOUR_MS)
  expect(await portal.status.publishDueCrls()).toBe(2)
  later(30 * DAY_MS)
  expect(await portal.status.publishDueCrls()).toBe(3)
  expect(await portal.status.crl('root')).toMatchObject({ number: '2' })
})

test('an expired certificate leaves the CRL after it was on one more', async () => {
  const { serial } = await portal.enrol(endpointId)
  await portal.certificates.revoke(actor('operator'), serial, { reason: 'superseded' })
  const entries = async () => {
    await portal.status.publishDueCrls()
    return (await portal.groups.get(actor('admin'), 'staff')).issuer?.crl?.entries
  }
  expect(await entries()).toBe(1)
  later(366 * DAY_MS)
  expect(await entries()).toBe(1)
  later(DAY_MS)
  expect(await entries()).toBe(0)
})

test('a revocation while a CRL is being built makes the next one due', async () => {
  const { serial } = await portal.enrol(endpointId)
  const { signCrl } = portal.signer
  portal.signer.signCrl = async (authorityId, tbs, shard) => {
    portal.signer.signCrl = signCrl
    await portal.certificates.revoke(actor('operator'), serial, { reason: 'superseded' })
    return signCrl(authorityId, tbs, shard)
  }
  await portal.status.publishDueCrls()
  expect(await portal.groups.get(actor('admin'), 'staff')).toMatchObject({ issuer: { crl: { entries: 1 } } })
})

test('a signer that is away is recorded, and tried again half a minute later under a higher number', async () => {
  portal.signer.away = true
  const { result, trail } = await portal.trailOf(() => portal.status.publishDueCrls().catch((error) => error))
  expect(result).toMatchObject({ code: 'unavailable' })
  expect(trail).toMatchObject([
    { type: 'crl.publish_failed', outcome: 'error', reason: 'signer_unreachable' },
    { type: 'crl.publish_failed', outcome: 'error', reason: 'signer_unreachable' },
    { type: 'crl.publish_failed', outcome: 'error', reason: 'signer_unreachable' },
  ])
  expect(await portal.status.crl('staff')).toBeNull()
  portal.signer.away = false
  expect(await portal.status.publishDueCrls()).toBe(0)
  later(30_000)
  expect(await portal.status.publishDueCrls()).toBe(3)
  expect(await portal.status.crl('staff')).toMatchObject({ number: '2' })
})

test('a CRL is read once, asked about once a second, and never served after its successor', async () => {
  await portal.status.publishDueCrls()
  const { store, reads } = counted()
  const here = createStatus({ store, signer: portal.signer, clock: () => portal.time.now })
  const many = await Promise.all(Array.from({ length: 50 }, () => here.crl('staff')))
  expect(new Set(many.map((crl) => crl?.der)).size).toBe(1)
  expect(reads).toEqual(['crlHead', 'crl'])
  later(999)
  await here.crl('staff')
  expect(reads).toHaveLength(2)
  later(1)
  expect((await here.crl('staff'))?.der).toBe(many[0]?.der)
  expect(reads).toEqual(['crlHead', 'crl', 'crlHead'])
  later(12 * HOUR_MS)
  await here.crl('staff')
  expect(await here.publishDueCrls()).toBe(1)
  expect(await here.crl('staff')).toMatchObject({ number: '2' })
  later(12 * HOUR_MS)
  await portal.status.publishDueCrls()
  expect(await here.crl('staff')).toMatchObject({ number: '3' })
})

test('names that nobody has, and CA certificates, are asked about once a second', async () => {
  const { store, reads } = counted()
  const here = createStatus({ store, signer: portal.signer, clock: () => portal.time.now })
  for (let times = 0; times < 5; times += 1) {
    expect(await here.crl('nobody')).toBeNull()
    expect(await here.caCertificate('nobody')).toBeNull()
    expect(await here.caCertificate('staff')).not.toBeNull()
  }
  expect(reads).toEqual(['crlHead', 'caCertificate', 'caCertificate'])
  later(1_000)
  await here.caCertificate('nobody')
  expect(reads).toHaveLength(4)
})

test('of names that nobody has only so many are remembered, and a failure is not', async () => {
  let looks = 0
  const kept = keepNewest<string>(
    () => portal.time.now,
    async (slug) => {
      looks += 1
      if (slug === 'fault' && looks < 1_005) throw new Error('away')
      return slug === 'fault' ? 'well' : null
    },
  )
  for (let n = 0; n <= 1_000; n += 1) await kept.get(`nobody-${n}`)
  await kept.get('nobody-1000')
  expect(looks).toBe(1_001)
  await kept.get('nobody-0')
  expect(looks).toBe(1_002)
  await expect(kept.get('fault')).rejects.toThrow('away')
  looks = 2_000
  expect(await kept.get('fault')).toBe('well')
})

test('what is being read while a successor is published is not kept', async () => {
  let go = () => {}
  const answers = ['old', 'new']
  const kept = keepNewest<string>(
    () => portal.time.now,
    async () => {
      const answer = answers.shift() ?? 'none'
      if (answer !== 'old') return answer
      await new Promise<void>((resolve) => {
        go = resolve
      })
      return answer
    },
  )
  const slow = kept.get('staff')
  kept.forget('staff')
  expect(await kept.get('staff')).toBe('new')
  go()
  await slow
  expect(await kept.get('staff')).toBe('new')
})

test('unknown slugs have neither CRL nor certificate', async () => {
  expect(await portal.status.crl('nobody')).toBeNull()
  expect(await portal.status.caCertificate('nobody')).toBeNull()
  expect((await portal.status.caCertificate('staff'))?.sha256).toMatch(/^[0-9a-f]{64}$/)
})

/** The installation's store, and the names of the reads asked of it. */
function counted() {
  const reads: string[] = []
  const { status } = portal.stores
  const noted =
    <T, Asked extends unknown[]>(name: string, read: (...asked: Asked) => Promise<T>) =>
    (...asked: Asked) => {
      reads.push(name)
      return read(...asked)
    }
  const store: StatusStore = {
    ...status,
    crl: noted('crl', status.crl),
    crlHead: noted('crlHead', status.crlHead),
    caCertificate: noted('caCertificate', status.caCertificate),
  }
  return { store, reads }
}

async function opensslCrl(der: Uint8Array, caPem: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-crl-'))
  try {
    await writeFile(join(folder, 'crl.der'), der)
    await writeFile(join(folder, 'ca.pem'), caPem)
    const options = [
      'crl',
      '-inform',
      'DER',
      '-in',
      join(folder, 'crl.der'),
      '-CAfile',
      join(folder, 'ca.pem'),
      '-text',
      '-noout',
    ]
    const { stdout, stderr } = await promisify(execFile)('openssl', options)
    return stdout + stderr
  } finally {
    await rm(folder, { recursive: true })
  }
}
