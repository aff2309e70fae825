/** CRLs: due at once after a revocation, renewed long before they end, verifiable by openssl. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, expect, test } from 'vitest'
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

test('root and issuer get their first CRL at once, and then none is due', async () => {
  const { result, trail } = await portal.trailOf(() => portal.status.publishDueCrls())
  expect(result).toBe(2)
  expect(trail.map(({ type }) => type)).toEqual(['crl.published', 'crl.published'])
  expect(await portal.status.crl('staff')).toMatchObject({
    number: '1',
    thisUpdate: NOON,
    nextUpdate: new Date(NOON.getTime() + 7 * DAY_MS),
  })
  expect(await portal.status.crl('root')).toMatchObject({
    number: '1',
    nextUpdate: new Date(NOON.getTime() + 180 * DAY_MS),
  })
  expect(await portal.status.publishDueCrls()).toBe(0)
})

test('a revocation is on the next CRL, which openssl verifies', async () => {
  await portal.status.publishDueCrls()
  const { serial } = await portal.enrol(endpointId)
  await portal.certificates.revoke(actor('operator'), serial, { reason: 'keyCompromise' })
  later(1_000)
  expect(await portal.status.publishDueCrls()).toBe(1)
  const crl = await portal.status.crl('staff')
  expect(crl?.number).toBe('2')
  const text = await opensslCrl(crl?.der ?? new Uint8Array(), issuerPem)
  expect(text).toContain('verify OK')
  expect(text).toContain(`Serial Number: ${serial}`)
  expect(text).toContain('Key Compromise')
})

test('CRLs are renewed after twelve hours, the root monthly', async () => {
  await portal.status.publishDueCrls()
  later(12 * HOUR_MS - 1_000)
  expect(await portal.status.publishDueCrls()).toBe(0)
  later(1_000)
  expect(await portal.status.publishDueCrls()).toBe(1)
  later(30 * DAY_MS)
  expect(await portal.status.publishDueCrls()).toBe(2)
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
  portal.signer.signCrl = async (authorityId, tbs) => {
    portal.signer.signCrl = signCrl
    await portal.certificates.revoke(actor('operator'), serial, { reason: 'superseded' })
    return signCrl(authorityId, tbs)
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
  ])
  expect(await portal.status.crl('staff')).toBeNull()
  portal.signer.away = false
  expect(await portal.status.publishDueCrls()).toBe(0)
  later(30_000)
  expect(await portal.status.publishDueCrls()).toBe(2)
  expect(await portal.status.crl('staff')).toMatchObject({ number: '2' })
})

test('unknown slugs have neither CRL nor certificate', async () => {
  expect(await portal.status.crl('nobody')).toBeNull()
  expect(await portal.status.caCertificate('nobody')).toBeNull()
  expect((await portal.status.caCertificate('staff'))?.sha256).toMatch(/^[0-9a-f]{64}$/)
})

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
