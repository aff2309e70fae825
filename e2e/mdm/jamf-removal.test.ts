/**
 * A device leaves Jamf Pro, and its certificates are revoked: told by an event, seen by a reading of the inventory. And all
 * that looks like it and is not.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { FAKE_TIME, type FreeRadius, startFreeRadius } from '@/e2e/fixtures/free-radius'
import { certId, judgeOcsp, ocspRequest } from '@/e2e/fixtures/ocsp'
import { needs } from '@/e2e/fixtures/real-clients'
import type { JamfFault } from '@/e2e/simulators/jamf-faults'
import { type DeviceKind, refOf, type SmartGroup } from '@/e2e/simulators/jamf-state'
import { toPem } from '@/lib/pki/pem'
import { type JamfPortal, startJamfPortal, TEST_ACTOR } from './jamf-portal'

/** The bound for what an event tells. */
const TEN_SECONDS = { timeout: 10_000, interval: 200 }
const missing = needs('/usr/sbin/freeradius') || needs('eapol_test') || needs(FAKE_TIME)

let at: JamfPortal
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-jamf-'))
  at = await startJamfPortal({ smartGroups: '["Entitled"]' })
  // More than a few, so that a fifth of them is something.
  at.jamf.populate('computer', 12)
  at.jamf.populate('mobile', 12)
  at.jamf.state.addGroup('computer', 'Entitled', at.jamf.state.computers.keys())
  at.jamf.state.addGroup('mobile', 'Entitled', at.jamf.state.mobiles.keys())
  const revoke = (['removed', 'unmanaged', 'not_entitled'] as const).map((trigger) => ({
    trigger,
    action: 'revoke' as const,
  }))
  await at.services.deviceRules.change(TEST_ACTOR, at.staff.slug, revoke)
  await at.sync()
}, 240_000)
afterAll(async () => {
  await at?.close()
  await rm(folder, { recursive: true, force: true })
})
afterEach(() => {
  at.jamf.faults.heal()
  at.jamf.loseEvents(false)
})

/** A device with a certificate, of which no other test knows. */
async function enrolled(kind: DeviceKind) {
  const device = at.jamf.state.add(kind)
  const ref = refOf(device)
  groupOf(kind).members.add(device.id)
  const { serial, certificate, chain, key } = await at.jamf.install(ref, at.profile.id)
  if (serial === null || certificate === null || key === null) throw new Error(`${ref} did not enrol`)
  const [issuer, root] = chain
  if (issuer === undefined || root === undefined) throw new Error('no chain')
  return { ref, serial, certificate, key, issuer, root }
}

function groupOf(kind: DeviceKind): SmartGroup {
  const found = at.jamf.state.groups.find((group) => group.kind === kind)
  if (found === undefined) throw new Error('no smart group')
  return found
}

type Enrolled = Awaited<ReturnType<typeof enrolled>>

/** As a relying party hears it, verified by openssl. */
async function ocsp({ serial, issuer, root }: Enrolled): Promise<string | undefined> {
  const request = ocspRequest([certId({ issuer, serial })])
  const answer = await fetch(`${at.portal.url}/ocsp/${at.staff.issuer.slug}`, {
    method: 'POST',
    headers: { 'content-type': 'application/ocsp-request' },
    body: Buffer.from(request),
  })
  const response = new Uint8Array(await answer.arrayBuffer())
  const { verified, status } = judgeOcsp({ response, issuer, root, serial })
  return verified ? status : undefined
}

/** As the trail tells of it. */
async function revocations({ serial }: Enrolled): Promise<number> {
  const [row] = await at.sql<{ n: number }>(
    `select count(*)::int as n from audit_event e join certificate c on c.id::text = e.object_id
     where e.type = 'certificate.revoked' and c.serial = $1`,
    [serial],
  )
  return row?.n ?? 0
}

/** What was in the queue is worked off, so that what has not happened by then does not happen. */
async function settled(): Promise<void> {
  const idle = async () => {
    const [row] = await at.sql<{ n: number }>(
      `select (select count(*) from jamf_event where state = 'waiting') + (select count(*) from device_action where state = 'waiting') as n`,
    )
    return Number(row?.n)
  }
  await expect.poll(idle, TEN_SECONDS).toBe(0)
}

describe('an event', () => {
  test.each(['mobile', 'computer'] as const)(
    '%s: it is not managed any more, and revoked within ten seconds',
    async (kind) => {
      const device = await enrolled(kind)
      await expect.poll(() => ocsp(device), TEN_SECONDS).toBe('good')
      const [delivery] = await at.jamf.unmanage(device.ref)
      expect(delivery).toMatchObject({ status: 200, body: '' })
      await expect.poll(() => ocsp(device), TEN_SECONDS).toBe('revoked')
    },
  )

  test('of a record deleted by the API', async () => {
    const device = await enrolled('computer')
    await at.jamf.delete(device.ref, { byApi: true })
    await expect.poll(() => ocsp(device), TEN_SECONDS).toBe('revoked')
  })

  test('of a smart group that it left', async () => {
    const device = await enrolled('computer')
    const id = Number(device.ref.split('/')[1])
    const group = groupOf('computer')
    await at.jamf.setMembers(
      group,
      [...group.members].filter((each) => each !== id),
    )
    await expect.poll(() => ocsp(device), TEN_SECONDS).toBe('revoked')
  })

  test('that comes three times, and in the wrong order, revokes once and no other device', async () => {
    const [device, bystander] = [await enrolled('mobile'), await enrolled('mobile')]
    at.jamf.holdEvents()
    await at.jamf.event('MobileDeviceEnrolled', device.ref)
    await at.jamf.unmanage(device.ref)
    await at.jamf.releaseEvents('reversed')
    await at.jamf.event('MobileDeviceUnEnrolled', device.ref, { times: 3 })
    await expect.poll(() => ocsp(device), TEN_SECONDS).toBe('revoked')
    await settled()
    expect(await revocations(device)).toBe(1)
    expect(await ocsp(bystander)).toBe('good')
  })

  test('with the right secret about a device that is still managed changes nothing', async () => {
    const device = await enrolled('mobile')
    const [delivery] = await at.jamf.event('MobileDeviceUnEnrolled', device.ref)
    expect(delivery?.status).toBe(200)
    await settled()
    expect(await ocsp(device)).toBe('good')
  })

  test('with a wrong secret is not even looked into', async () => {
    const device = await enrolled('mobile')
    at.jamf.loseEvents()
    await at.jamf.unmanage(device.ref)
    at.jamf.loseEvents(false)
    const forged = { type: 'basic', user: 'jamf', password: 'guessed' } as const
    const [delivery] = await at.jamf.event('MobileDeviceUnEnrolled', device.ref, { authentication: forged })
    expect(delivery?.status).toBe(401)
    await settled()
    expect(await ocsp(device)).toBe('good')
    await at.jamf.enrolAgain(device.ref)
  })

  test('burns the challenges that wait for the device', async () => {
    const device = await enrolled('mobile')
    const { challenge } = await at.jamf.challenge(device.ref, at.profile.id)
    await at.jamf.unmanage(device.ref)
    await expect.poll(() => ocsp(device), TEN_SECONDS).toBe('revoked')
    await settled()
    expect(await at.jamf.enrol(device.ref, at.profile.id, challenge)).toMatchObject({ status: 'FAILURE' })
  })
})

describe('a reading of the inventory', () => {
  test('finds what no event told: unmanaged at once, deleted when it is missing twice', async () => {
    const [unmanaged, deleted] = [await enrolled('computer'), await enrolled('computer')]
    at.jamf.loseEvents()
    await at.jamf.unmanage(unmanaged.ref)
    await at.jamf.delete(deleted.ref)
    await at.sync()
    await expect.poll(() => ocsp(unmanaged), TEN_SECONDS).toBe('revoked')
    await settled()
    expect(await ocsp(deleted)).toBe('good')
    await at.sync()
    await expect.poll(() => ocsp(deleted), TEN_SECONDS).toBe('revoked')
  })

  const BROKEN: ['computers' | 'mobiles' | 'groups' | 'token', JamfFault][] = [
    ['computers', { share: 0.5 }],
    ['mobiles', { share: 0 }],
    ['computers', 'maintenance page as success'],
    ['computers', 'another JSON'],
    ['computers', 'cut off'],
    ['computers', 'forbidden'],
    ['mobiles', 'empty body'],
    ['mobiles', 'malformed JSON'],
    ['groups', 'another JSON'],
    ['groups', 'forbidden'],
    ['token', 'malformed JSON'],
    ['token', 'maintenance page as success'],
  ]
  test.each(BROKEN)('that goes wrong at %s, %j, ends nobody’s certificate, and says so', async (hop, fault) => {
    const before = await at.sql<{ n: number }>(
      `select count(*)::int as n from certificate where revoked_at is not null`,
    )
    at.jamf.state.forgetTokens()
    at.jamf.faults.plan(hop, fault, { times: 99 })
    await at.sync()
    await at.sync()
    at.jamf.faults.heal()
    await settled()
    const after = await at.sql<{ n: number }>(`select count(*)::int as n from certificate where revoked_at is not null`)
    expect(after).toEqual(before)
    expect((await at.calls({ outcome: 'failed', operation: 'full sync' }))[0]?.detail).toMatch(/\w/)
    await at.sync()
    expect((await at.calls({ operation: 'full sync' }))[0]?.outcome).toBe('success')
  })

  test('that goes wrong once for a moment goes on', async () => {
    for (const fault of ['throttled', 'server error', 'unavailable', 'unauthorised'] as const) {
      at.jamf.faults.plan('computers', fault)
      await at.sync()
      expect((await at.calls({ operation: 'full sync' }))[0]?.outcome).toBe('success')
    }
  })
})

describe.skipIf(missing)('on the network', () => {
  test('a device is let in while Jamf Pro manages it, and rejected after', async () => {
    await at.portal.json('network', 'set', at.staff.slug, '--enable', '--vlan', '20')
    const { key: apiKey } = await at.portal.json<{ key: string }>(
      'api-key',
      'create',
      '--name',
      'radius',
      '--role',
      'radius',
    )
    const files = join(folder, 'radius')
    await at.portal.json('radius', 'config', '--group', at.staff.slug, '--out', files)
    const server: FreeRadius = await startFreeRadius({ files, apiKey })
    try {
      const device = await enrolled('mobile')
      const login = { certificate: join(folder, 'device.pem'), key: join(folder, 'device.key') }
      await writeFile(login.certificate, toPem(device.certificate))
      await writeFile(login.key, device.key.export({ type: 'pkcs8', format: 'pem' }))
      expect((await server.login(login)).accepted).toBe(true)
      await at.jamf.unmanage(device.ref)
      await expect
        .poll(async () => (await server.login(login)).accepted, { timeout: 20_000, interval: 500 })
        .toBe(false)
    } finally {
      await server.stop()
    }
  })
})
