/**
 * Revocation by Intune: what it asks for is revoked and answered, once and for all, whatever goes wrong between. One story
 * waits for the product's own job; the others run that job themselves, so that nobody waits for its turn.
 */
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Enrolled, FleetDevice } from '@/e2e/fixtures/intune-fleet'
import { type ConnectedIntune, type IntuneInstallation, startIntuneInstallation } from '@/e2e/fixtures/intune-portal'
import { certId, ocspRequest, ocspText } from '@/e2e/fixtures/ocsp'
import type { IntuneSimulator } from '@/e2e/simulators/intune'
import { MODES } from '@/e2e/simulators/intune-faults'
import type { RevocationRequest } from '@/e2e/simulators/intune-world'
import { buildServices, type Services } from '@/lib/server'

const JOB = 'pull-intune-revocations'
const ALWAYS = 50
const HIDDEN_MS = 10 * 60_000

let installation: IntuneInstallation
let main: ConnectedIntune
let other: ConnectedIntune
let intune: IntuneSimulator
let services: Services
let database: pg.Client

beforeAll(async () => {
  installation = await startIntuneInstallation()
  main = await installation.connect('main', { settings: { revocationMinutes: 1_440 } })
  other = await installation.connect('other', { settings: { revocationMinutes: 1_440 } })
  intune = main.intune
  const { portal } = installation
  services = buildServices({
    databaseUrl: installation.database.url,
    signerSocket: join(portal.dataDir, 'run', 'sockets', `signer-${portal.pid}.sock`),
    publicUrl: new URL(portal.url),
    statusUrl: new URL(portal.url),
    outboundAllow: [{ host: '127.0.0.0', port: null, prefix: 8, plain: true }],
    log: () => {},
  })
  database = new pg.Client({ connectionString: installation.database.adminUrl })
  await database.connect()
}, 240_000)

afterAll(async () => {
  await services?.close()
  await database?.end()
  await installation?.stop()
})

beforeEach(async () => {
  await intune.clearFaults()
  intune.shiftClock(0)
})

/** The job, now. The installation's own may be quicker: then there is nothing left to do. */
async function pull(of: ConnectedIntune = main): Promise<void> {
  await of.fetchRevocationsSoon()
  await services.jobs.find(({ name }) => name === JOB)?.run(new Date())
}

async function enrolled(of: ConnectedIntune = main): Promise<FleetDevice & { its: Enrolled }> {
  const device = await of.fleet.device()
  const its = await device.enrol()
  expect(its.pkiStatus).toBe('SUCCESS')
  return { ...device, its }
}

const stateOf = async (device: FleetDevice, of: ConnectedIntune = main) =>
  (await of.certificates(device.transactionId)).at(-1)

async function expectSettled(request: RevocationRequest | undefined, result: object): Promise<void> {
  await expect
    .poll(
      async () => {
        if (request?.result === null) await pull()
        return request?.result
      },
      { timeout: 8_000, interval: 100 },
    )
    .toMatchObject(result)
}

const DONE = { succeeded: true, errorCode: 'None', errorMessage: '' }

test('a wiped device is revoked by the next turn of the job, OCSP says so, and Intune hears it', async () => {
  const device = await enrolled()
  const issuer = new Uint8Array(
    await (await fetch(`${installation.portal.url}/ca/${installation.group.issuer.slug}.cer`)).arrayBuffer(),
  )
  const body = ocspRequest([certId({ issuer, serial: device.its.serial ?? '' })])
  const status = async () => {
    const url = `${installation.portal.url}/ocsp/${installation.group.issuer.slug}`
    const headers = { 'content-type': 'application/ocsp-request' }
    const response = await fetch(url, { method: 'POST', headers, body: Uint8Array.from(body).buffer })
    return /Cert Status: (\w+)/.exec(ocspText(new Uint8Array(await response.arrayBuffer())))?.[1]
  }
  await expect.poll(status, { timeout: 20_000, interval: 250 }).toBe('good')
  const [request] = intune.wipe(device.managed.id)
  await main.fetchRevocationsSoon()
  await expect.poll(status, { timeout: 40_000, interval: 250 }).toBe('revoked')
  await expect.poll(() => request?.result, { timeout: 10_000 }).toMatchObject(DONE)
  expect(await stateOf(device)).toMatchObject({ revoked: true, reason: 'cessationOfOperation' })
  expect(
    (await installation.portal.events()).some(
      ({ type, sentence }) => type === 'certificate.revoked' && sentence.includes('Intune'),
    ),
  ).toBe(true)
})

describe('a serial number', () => {
  test.each<[string, (serial: string) => string]>([
    ['as it was reported', (serial) => serial],
    ['in lower case', (serial) => serial.toLowerCase()],
    ['with zeros in front', (serial) => `00${serial}`],
    ['with 0x', (serial) => `0x${serial.toLowerCase()}`],
    ['with colons', (serial) => (serial.length % 2 ? `0${serial}` : serial).replace(/..(?=.)/g, '$&:')],
    ['in decimal', (serial) => BigInt(`0x${serial}`).toString()],
  ])('%s is found', async (_how, spelt) => {
    const device = await enrolled()
    const request = intune.queueRevocation({ serialNumber: spelt(device.its.serial ?? '') })
    await expectSettled(request, DONE)
    expect(await stateOf(device)).toMatchObject({ revoked: true })
  })

  test.each([
    ['that nobody has', '0123456789ABCDEF', 'CertificateNotFoundError'],
    ['that is none', 'not a number', 'ParameterDataInvalidError'],
  ])('%s is answered with its code', async (_what, serialNumber, errorCode) => {
    const request = intune.queueRevocation({ serialNumber })
    await expectSettled(request, { succeeded: false, errorCode, errorMessage: expect.stringMatching(/./) })
  })

  test('of a certificate that another connector reported revokes nothing', async () => {
    const device = await enrolled(other)
    const request = intune.queueRevocation({ serialNumber: device.its.serial ?? '' })
    await expectSettled(request, { succeeded: false, errorCode: 'CertificateNotFoundError' })
    expect(await stateOf(device, other)).toMatchObject({ revoked: false })
  })

  test('of a certificate that is revoked already is well, and changes nothing', async () => {
    const device = await enrolled()
    await installation.portal.json('certificate', 'revoke', device.its.serial ?? '', '--reason', 'keyCompromise')
    const request = intune.queueRevocation({ serialNumber: device.its.serial ?? '' })
    await expectSettled(request, DONE)
    expect(await stateOf(device)).toMatchObject({ revoked: true, reason: 'keyCompromise' })
  })
})

test('more than a page is revoked to the last, although the filter of Intune looks at the wrong member', async () => {
  const device = await enrolled()
  for (let n = 1; n <= 120; n++) intune.queueRevocation({ serialNumber: `FFFF${n}`, caConfiguration: 'somebody-else' })
  const last = intune.queueRevocation({ serialNumber: device.its.serial ?? '' })
  await expectSettled(last, DONE)
  expect(intune.tenant.revocations.filter(({ result }) => result === null)).toEqual([])
})

describe('a download that fails', () => {
  test.each(MODES.filter((mode) => mode !== 'timeout'))(
    'with %s revokes nothing yet, and then everything',
    async (mode) => {
      const device = await enrolled()
      const [request] = intune.wipe(device.managed.id)
      await intune.fault('rev-download', mode, { times: ALWAYS })
      await pull()
      if (mode !== 'accepted-but-no-answer') expect(await stateOf(device)).toMatchObject({ revoked: false })
      expect(request?.result).toBeNull()
      // The installation's own job may have had this turn, and be at it still.
      await expect
        .poll(async () => (await main.calls())[0], { timeout: 8_000, interval: 100 })
        .toMatchObject({ outcome: expect.not.stringMatching('success'), code: expect.stringMatching(/./) })
      await intune.clearFaults()
      // What was handed out without an answer is handed out again after a while.
      intune.shiftClock(HIDDEN_MS)
      await expectSettled(request, DONE)
      expect(await stateOf(device)).toMatchObject({ revoked: true })
    },
  )
})

describe('an upload that fails', () => {
  const modes = [...MODES.filter((mode) => mode !== 'timeout'), 'value-false' as const]
  test.each(modes)('with %s is revoked all the same, and told again', async (mode) => {
    const device = await enrolled()
    const [request] = intune.wipe(device.managed.id)
    await intune.fault('rev-upload', mode, { times: ALWAYS })
    await pull()
    await expect.poll(async () => (await stateOf(device))?.revoked, { timeout: 10_000 }).toBe(true)
    if (mode !== 'accepted-but-no-answer') expect(request?.result).toBeNull()
    await intune.clearFaults()
    await expectSettled(request, DONE)
    await expect
      .poll(
        async () => {
          await pull()
          const { rows } = await database.query(
            'select count(*)::int as unsent from intune_revocation where connector_id = $1 and uploaded_at is null',
            [main.connector.id],
          )
          return rows[0].unsent
        },
        { timeout: 8_000, interval: 100 },
      )
      .toBeLessThanOrEqual(1)
  })

  test('and says true as a word is done', async () => {
    const device = await enrolled()
    const [request] = intune.wipe(device.managed.id)
    await intune.fault('rev-upload', 'value-string-true')
    await expectSettled(request, DONE)
  })
})

test('a revocation that Intune asks for twice is one revocation', async () => {
  const device = await enrolled()
  const serialNumber = device.its.serial ?? ''
  const [first, second] = [intune.queueRevocation({ serialNumber }), intune.queueRevocation({ serialNumber })]
  await expectSettled(first, DONE)
  await expectSettled(second, DONE)
  const events = (await installation.portal.events()).filter(
    ({ type, sentence }) => type === 'certificate.revoked' && sentence.includes(device.name),
  )
  expect(events).toHaveLength(1)
})

test('a connector that does not fetch revocations fetches none', async () => {
  await other.api('PATCH', `/connectors/${other.connector.slug}`, { settings: { revocations: false } })
  other.intune.requests.length = 0
  other.intune.queueRevocation({ serialNumber: '01' })
  await pull(other)
  expect(other.intune.counts()['rev-download'] ?? 0).toBe(0)
})
