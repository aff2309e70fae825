/**
 * The whole product behind Microsoft Intune, which is simulated strictly: real processes, real database, devices that
 * enrol with their blobs. What every hop can do wrong is done, and what must never happen is looked for in the database.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { ownKey } from '@/e2e/fixtures/intune-fleet'
import {
  type ConnectedIntune,
  expectNoCertificate,
  expectOneCertificate,
  expectRecorded,
  type IntuneInstallation,
  startIntuneInstallation,
} from '@/e2e/fixtures/intune-portal'
import type { IntuneSimulator } from '@/e2e/simulators/intune'
import { wifiProfile } from '@/e2e/simulators/intune-device'
import type { Mode } from '@/e2e/simulators/intune-faults'
import { encodeSan } from '@/lib/pki/san'
import { INTUNE_CODES } from '@/lib/services/intune-codes'

const SID = '1.3.6.1.4.1.311.25.2'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

let installation: IntuneInstallation
let main: ConnectedIntune
let intune: IntuneSimulator

beforeAll(async () => {
  installation = await startIntuneInstallation()
  main = await installation.connect('main', { settings: { revocations: false } })
  intune = main.intune
}, 240_000)
afterAll(() => installation?.stop())
beforeEach(() => {
  intune.requests.length = 0
})

describe('an enrolment', () => {
  test('takes five calls when nothing is known, and two when everything is', async () => {
    const cold = await installation.connect('cold', { settings: { revocations: false } })
    const first = await cold.fleet.device()
    const enrolled = await first.enrol()
    expect(enrolled).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(cold.intune.counts()).toEqual({
      'token-graph': 1,
      'graph-discovery': 1,
      'token-intune': 1,
      validate: 1,
      success: 1,
    })
    await expectOneCertificate(cold, first, enrolled.thumbprint)
    cold.intune.requests.length = 0
    expect(await (await cold.fleet.device()).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(cold.intune.counts()).toEqual({ validate: 1, success: 1 })
  })

  test('tells Intune what it will ask to revoke by', async () => {
    const device = await main.fleet.device({ name: 'reported' })
    const { certificate, thumbprint, serial } = await device.enrol()
    expect(intune.reports().at(-1)).toMatchObject({
      transactionId: device.transactionId,
      thumbprint,
      serialNumber: serial,
      expiresAt: new Date(certificate?.validTo ?? '').toISOString(),
      issuer: certificate?.issuer.replaceAll('\n', ','),
      caConfiguration: expect.stringMatching(/./),
      callerInfo: expect.stringMatching(/^Latchkey\/\d/),
    })
  })

  test('sent again after its answer was lost gets the same certificate, without a call to Intune', async () => {
    const device = await main.fleet.device()
    const first = await device.enrol()
    intune.requests.length = 0
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS', thumbprint: first.thumbprint })
    expect(intune.requests).toEqual([])
  })

  test('works below /pkiclient.exe, and with a message encrypted by OAEP', async () => {
    const device = await main.fleet.device()
    expect(await device.enrol({ path: '/pkiclient.exe', oaep: 'sha256' })).toMatchObject({ pkiStatus: 'SUCCESS' })
    const caps = await fetch(`${main.endpoint.scepUrl}/pkiclient.exe?operation=GetCACaps&message=anything`)
    expect(caps.status).toBe(200)
  })

  test.each([
    [4_000, 2_400],
    [16_000, 7_450],
  ])(
    'with a challenge of %i characters works, and neither it nor a secret is anywhere in the log',
    async (characters, paddingBytes) => {
      const device = await main.fleet.device({ wish: { paddingBytes } })
      expect(device.challenge.length).toBeGreaterThan(characters)
      expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
      await intune.fault('validate', 'code:ChallengeExpired')
      await device.enrol()
      await intune.clearFaults()
      const said = `${installation.portal.output()}${JSON.stringify([await main.calls(), await main.transaction(device.transactionId)])}`
      expect(said).not.toContain(device.challenge.slice(200, 240))
      expect(said).not.toContain(intune.clientSecret)
      expect(said).not.toMatch(/eyJ[A-Za-z0-9_-]{20}/)
    },
  )

  test('twice at once with the same transactionID yields one certificate', async () => {
    const device = await main.fleet.device()
    const answers = await Promise.all([device.enrol(), device.enrol(), device.enrol()])
    const last = await device.enrol()
    expect(last.pkiStatus).toBe('SUCCESS')
    for (const { pkiStatus, thumbprint } of answers)
      if (pkiStatus === 'SUCCESS') expect(thumbprint).toBe(last.thumbprint)
    await expectOneCertificate(main, device, last.thumbprint)
  })

  test('with the challenge of another key is refused: somebody else may have read it', async () => {
    const rightful = await main.fleet.device({ name: 'rightful' })
    expect(await rightful.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    const thief = await main.fleet.device({
      name: 'rightful',
      managed: rightful.managed,
      privateKey: ownKey(),
      request: { challenge: rightful.challenge },
    })
    expect(await thief.enrol()).toMatchObject({ pkiStatus: 'FAILURE' })
    expect(await main.transaction(thief.transactionId)).toMatchObject({ reason: 'intune_challenge_replayed' })
  })
})

describe('what Intune does not look at', () => {
  test('a security identifier of somebody else is in no certificate', async () => {
    const sid = {
      oid: SID,
      value: Buffer.from('301fa01d060a2b060104018237190201a00f040d532d312d352d32312d312d35', 'hex'),
    }
    const device = await main.fleet.device({ request: { extensions: [sid] } })
    const { certificate } = await device.enrol()
    if (certificate) expect(hex(certificate.raw)).not.toContain(oidHex(SID))
    expect(await device.enrol()).not.toMatchObject({ pkiStatus: 'PENDING' })
  })

  test('a wish to be an authority, or a server, makes neither', async () => {
    const ca = { oid: '2.5.29.19', critical: true, value: Buffer.from('30030101ff', 'hex') }
    const wishes = await main.fleet.device({ request: { extensions: [ca] } })
    const enrolled = await wishes.enrol()
    if (enrolled.certificate) expect(enrolled.certificate.ca).toBe(false)
    else await expectNoCertificate(main, wishes)
    const expected = { ...wifiProfile('server'), ekus: [CLIENT_AUTH, SERVER_AUTH] }
    const server = await main.fleet.device({ name: 'server', wish: { expected }, request: { ekus: expected.ekus } })
    const asServer = await server.enrol()
    if (asServer.certificate) expect(asServer.certificate.keyUsage ?? []).not.toContain(SERVER_AUTH)
    else await expectNoCertificate(main, server)
  })

  test('the identifier that Intune has checked, in a name, is kept', async () => {
    const san = [{ type: 'uri' as const, value: 'tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-1001' }]
    const expected = wifiProfile('mapped', san)
    const device = await main.fleet.device({ name: 'mapped', wish: { expected }, request: expected })
    const { certificate } = await device.enrol()
    expect(certificate && hex(certificate.raw)).toContain(hex(encodeSan(san)))
  })
})

describe('a refusal of Intune', () => {
  test.each([...INTUNE_CODES, 'SomethingNew', 'Successful'])(
    '%s yields no certificate, and is told to administrators',
    async (code) => {
      await intune.fault('validate', `code:${code}`)
      const device = await main.fleet.device()
      expect(await device.enrol()).toMatchObject({ status: 200, pkiStatus: 'FAILURE', failInfo: 2, certificate: null })
      await expectNoCertificate(main, device)
      expect(intune.counts()).toEqual({ validate: 1 })
      const { state, reason, detail, explanation } = await main.transaction(device.transactionId)
      expect(state).toBe('refused')
      expect(reason).toMatch(/^intune_/)
      expect(`${detail} ${explanation}`).toContain(code)
      await expectRecorded(main, device)
      expect((await main.calls())[0]).toMatchObject({
        operation: 'validateRequest',
        outcome: 'refused',
        code: code,
      })
    },
  )

  test('is what a real difference leads to, and a new request of the device is looked into anew', async () => {
    const wrong = await main.fleet.device({ name: 'wrong', request: { subject: 'CN=right,O=Example' } })
    expect(await wrong.enrol()).toMatchObject({ pkiStatus: 'FAILURE' })
    expect(await main.transaction(wrong.transactionId)).toMatchObject({ reason: 'intune_subject_mismatch' })
    const right = await main.fleet.device({ name: 'right', managed: wrong.managed })
    expect(await right.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })
})

describe('a request that Intune allows and we cannot grant', () => {
  test.each<['well' | Mode]>([['well'], ['reset'], ['http500'], ['code:Unknown']])(
    'yields no certificate, and Intune hears of it where it can: %s',
    async (mode) => {
      if (mode !== 'well') await intune.fault('failure', mode, { times: 9 })
      // While Intune is asked, somebody changes what the profile grants.
      intune.duringNext('validate', () => grant([SERVER_AUTH]))
      const device = await main.fleet.device()
      const enrolled = await device.enrol()
      await grant([CLIENT_AUTH])
      expect(enrolled).toMatchObject({ pkiStatus: 'FAILURE', certificate: null })
      await expectNoCertificate(main, device)
      await vi.waitFor(() => expect(intune.counts().failure).toBeGreaterThan(0), { timeout: 20_000, interval: 200 })
      await intune.clearFaults()
      const heard = () => intune.tenant.failures.filter(({ transactionId }) => transactionId === device.transactionId)
      if (mode !== 'well') return
      await vi.waitFor(() => expect(heard()).toHaveLength(1), { timeout: 20_000, interval: 200 })
      expect(heard()).toMatchObject([{ hResult: -2146877420, errorDescription: expect.stringMatching(/./) }])
    },
  )

  async function grant(extendedKeyUsage: string[]): Promise<void> {
    await main.api('PATCH', `/endpoints/${main.endpoint.slug}`, { profile: { extendedKeyUsage } })
  }
})

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** The content octets of an OBJECT IDENTIFIER. */
function oidHex(oid: string): string {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number)
  const octets = [first * 40 + second, ...rest.flatMap(base128)]
  return Buffer.from(octets).toString('hex')
}

function base128(value: number): number[] {
  const groups = [value & 0x7f]
  for (let rest = value >> 7; rest > 0; rest >>= 7) groups.unshift(0x80 | (rest & 0x7f))
  return groups
}
