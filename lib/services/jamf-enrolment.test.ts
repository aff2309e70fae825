/** Enrolments at an endpoint that Jamf Pro mints for: the whole way from its webhook to the certificate. */
import { createHash } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { nameToText } from '@/lib/pki/name'
import { selfSignedCertificate } from '@/lib/scep/client'
import type { RelativeName } from './challenges'
import { type JamfDevice, sameIdentifier } from './jamf-device'
import { createJamfHook } from './jamf-hook'
import { createJamfLookup, namedIn } from './jamf-lookup'
import { createJamfMinting } from './jamf-minting'
import type { ChallengedDevice } from './jamf-queue'
import type { JamfSettings } from './jamf-settings'
import { enrolmentPortal, memoryEnrolmentBacking, rsaKey, type Told } from './testing/enrolment'
import { actor, NOON } from './testing/harness'
import { jamfConnector, jamfDevice } from './testing/jamf'
import { memoryJamf } from './testing/jamf-api'
import { memoryJamfQueue } from './testing/jamf-stores'
import { emptyWorld } from './testing/world'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

const MAC: RelativeName[] = [{ type: 'CN', value: 'C02EXAMPLE01' }]
const PROFILE: RelativeName = { type: 'OU', value: '8E2D6C1A-0000-4000-8000-000000000001' }

async function school(settings: Partial<JamfSettings> = {}, lookups = settings.lookupBeforeIssuing === true) {
  const world = emptyWorld(() => NOON)
  if (lookups) world.deviceLookups = new Map([['staff', ['connector']]])
  const backing = memoryEnrolmentBacking(world)
  open.push(backing)
  const connector = jamfConnector(settings)
  const jamf = memoryJamf([jamfDevice()])
  /** Of challenges by id. */
  const bound = new Map<string, ChallengedDevice>()
  const deviceCheck = createJamfLookup({
    rows: { connector: async (id) => (id === 'connector' ? connector : null) },
    devices: { ofChallenge: async (id) => bound.get(id) ?? null },
    api: jamf.api,
  })
  const portal = await enrolmentPortal(backing, {}, { deviceCheck })
  const minting = createJamfMinting({
    challenges: portal.challenges,
    reports: { find: async () => null, report: async () => [] },
    devices: { isGone: async () => false },
    api: jamf.api,
    urls: portal.urls,
  })
  const hook = createJamfHook({ minting, queue: memoryJamfQueue(() => NOON).queue })
  async function challenge(event: object = {}): Promise<string> {
    const device = { deviceName: 'MB-0017', serialNumber: 'C02EXAMPLE01', udid: jamfDevice().udid }
    const body = { webhook: { webhookEvent: 'SCEPChallenge' }, event: { targetDevice: device, ...event } }
    const request = {
      method: 'POST',
      headers: { get: () => 'application/json' },
      body: Buffer.from(JSON.stringify(body)),
      ip: '192.0.2.1',
    }
    const answer = await hook.handle(connector, request, { ...actor('operator'), role: null })
    return Buffer.from(answer.body).toString('ascii')
  }
  const enrol = async (told: Told) => (await portal.device({ key: 'ec', subject: MAC, ...told })).enrol()
  const lookedUp = async () => {
    await portal.recorder.flush()
    const { items } = await portal.transactions.list(actor('admin'), {}, {})
    const record = await portal.transactions.get(actor('admin'), items[0]?.id ?? '')
    return record.exchanges
      .flatMap(({ steps }) => steps)
      .flatMap(({ step, says, tone }) => (step === 'device.looked_up' ? [`${tone}: ${says.join(', ')}`] : []))
  }
  return { portal, world, jamf, connector, bound, challenge, enrol, lookedUp }
}

test('the device enrols with its challenge, and the identifier of the profile is in its certificate', async () => {
  const { challenge, enrol } = await school()
  const reply = await enrol({ challenge: await challenge(), subject: [...MAC, PROFILE] })
  expect(reply).toMatchObject({ pkiStatus: 'SUCCESS' })
  const leaf = parseCertificate(reply.certificates[0] ?? new Uint8Array(0))
  expect(nameToText(leaf.subjectDer)).toBe(`CN=C02EXAMPLE01,OU=${PROFILE.value}`)
})

test.each<[string, RelativeName[]]>([
  ['of another device', [{ type: 'CN', value: 'C02ANOTHER01' }]],
  ['with another serial number beside', [...MAC, { type: 'SERIALNUMBER', value: 'C02ANOTHER01' }]],
  ['with a variable that Jamf left', [...MAC, { type: 'OU', value: '$PROFILE_IDENTIFIER' }]],
  ['with a part that nobody asked for', [...MAC, { type: 'OU', value: 'Admins' }]],
])('a request %s gets nothing with it', async (_, subject) => {
  const { challenge, enrol, world } = await school()
  expect(await enrol({ challenge: await challenge(), subject })).toMatchObject({ pkiStatus: 'FAILURE' })
  expect(world.certificates.filter(({ kind }) => kind === 'leaf')).toEqual([])
})

test('the value that a probe got is no challenge', async () => {
  const { challenge, enrol } = await school()
  const value = await challenge({ targetDevice: null })
  expect(await enrol({ challenge: value })).toMatchObject({ pkiStatus: 'FAILURE', failInfoText: 'challenge rejected' })
})

test('eleven profiles for one device: the newest ten wait, and the newest one enrols', async () => {
  const { challenge, enrol, portal } = await school()
  const values = []
  for (let times = 0; times < 11; times += 1) values.push(await challenge())
  const { items } = await portal.challenges.list(actor('admin'), { state: 'pending' }, {})
  expect(items).toHaveLength(10)
  expect(await enrol({ challenge: values[0] ?? '' })).toMatchObject({ pkiStatus: 'FAILURE' })
  expect(await enrol({ challenge: values[10] ?? '' })).toMatchObject({ pkiStatus: 'SUCCESS' })
})

test('Jamf as SCEP proxy: its pinned certificate signs for the key of a device, another one does not', async () => {
  const { challenge, portal, world } = await school()
  const signer = selfSignedCertificate({ subject: [{ type: 'CN', value: 'JAMF Pro' }], privateKey: rsaKey(1) })
  const pin = createHash('sha256').update(signer).digest('hex')
  await portal.backing.setEndpoint('staff', { signerKeyPolicy: 'must_match_csr', trustedProxySigners: [pin] })
  portal.time.now = new Date(NOON.getTime() + 2_000)
  const asked = { subject: MAC, signer: 1, key: 'ec' } as const
  const stranger = selfSignedCertificate({ subject: [{ type: 'CN', value: 'JAMF Pro' }], privateKey: rsaKey(1) })
  const value = await challenge()
  const forged = await portal.device({ ...asked, challenge: value, message: { signerCertificateDer: stranger } })
  expect(await forged.enrol()).toMatchObject({ pkiStatus: 'FAILURE' })
  const proxied = await portal.device({ ...asked, challenge: value, message: { signerCertificateDer: signer } })
  expect(await proxied.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  expect(world.certificates.filter(({ kind }) => kind === 'leaf')).toHaveLength(1)
})

test('a static secret fits into the field of Jamf, which takes 32 characters', async () => {
  const { portal } = await school()
  const bounds = { allowedAddresses: ['192.0.2.0/24'], maxUses: 10, perHour: 10, expiresInDays: 30 }
  const request = { subjectTemplate: 'CN=C02*', ...bounds }
  const { secret } = await portal.staticSecrets.create(actor('admin'), 'staff', request)
  expect(secret.length).toBeLessThanOrEqual(32)
})

const LOOKED = { clientId: 'client-1', endpoint: 'staff', lookupBeforeIssuing: true }

test('with the look-up a device that Jamf manages gets its certificate, and the recorder says who said so', async () => {
  const { challenge, enrol, lookedUp, jamf } = await school(LOOKED)
  const value = await challenge()
  jamf.asked.length = 0
  expect(await enrol({ challenge: value })).toMatchObject({ pkiStatus: 'SUCCESS' })
  expect(jamf.asked).toEqual(['find C02EXAMPLE01'])
  expect(await lookedUp()).toEqual(['good: asked Jamf Pro, about C02EXAMPLE01, managed'])
})

test.each<[string, (jamf: ReturnType<typeof memoryJamf>) => void, string, string]>([
  ['unknown', ({ devices }) => devices.splice(0), 'device_not_managed', 'unknown'],
  [
    'unmanaged',
    ({ devices }) => Object.assign(devices[0] ?? {}, { managed: false }),
    'device_not_managed',
    'not managed',
  ],
  [
    'of unsaid management',
    ({ devices }) => Object.assign(devices[0] ?? {}, { managed: null }),
    'device_not_managed',
    'not managed',
  ],
  [
    'not to be asked about',
    (jamf) => jamf.faults.set('find', jamf.away),
    'device_lookup_failed',
    'unanswered, Jamf Pro is away.',
  ],
])('a device that is %s gets none, nothing is used up, and later it does', async (_, change, reason, verdict) => {
  const { challenge, portal, jamf, world, lookedUp } = await school(LOOKED)
  const value = await challenge()
  const device = await portal.device({ key: 'ec', subject: MAC, challenge: value })
  change(jamf)
  const { result, events } = await portal.eventsOf(() => device.enrol())
  expect(result).toMatchObject({ pkiStatus: 'FAILURE', failInfo: 2 })
  expect(events).toEqual(['challenge.reserved', `enrol.request.rejected ${reason}`, `challenge.released`])
  expect(await lookedUp()).toEqual([`bad: asked Jamf Pro, about C02EXAMPLE01, ${verdict}`])
  expect(world.certificates.filter(({ kind }) => kind === 'leaf')).toEqual([])
  jamf.devices.splice(0, 1, jamfDevice())
  jamf.faults.clear()
  expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
})

test('a wrong challenge makes nobody ask', async () => {
  const { enrol, jamf } = await school(LOOKED)
  expect(await enrol({ challenge: '8CE317021F690069A0B1C2D3E4F50617' })).toMatchObject({ pkiStatus: 'FAILURE' })
  expect(jamf.asked).toEqual([])
})

test('the device of the challenge is asked about, whatever the subject says of itself', async () => {
  const { portal, enrol, bound, jamf } = await school({ ...LOOKED, subjectTemplate: 'CN=$SERIALNUMBER' })
  const { id, challenge } = await portal.mint('CN=C02EXAMPLE01')
  bound.set(id, { connectorId: jamfConnector().id, externalId: 'computer:18', serial: 'C02BOUND0001', udid: null })
  expect(await enrol({ challenge })).toMatchObject({ pkiStatus: 'FAILURE' })
  expect(jamf.asked).toEqual(['find C02BOUND0001'])
})

test('a subject that names no device gets none', async () => {
  const { portal, enrol, jamf, lookedUp } = await school(LOOKED)
  const { challenge } = await portal.mint('CN=*,O=Example')
  const subject = [
    { type: 'CN', value: '*' },
    { type: 'O', value: 'Example' },
  ]
  expect(await enrol({ challenge, subject })).toMatchObject({ pkiStatus: 'FAILURE' })
  expect(jamf.asked).toEqual([])
  expect(await lookedUp()).toEqual(['bad: asked Jamf Pro, unnamed'])
})

test('under a static secret devices are looked up as well', async () => {
  const { portal, enrol, jamf } = await school(LOOKED)
  const bounds = { allowedAddresses: ['192.0.2.0/24'], maxUses: 10, perHour: 10, expiresInDays: 30 }
  const { secret } = await portal.staticSecrets.create(actor('admin'), 'staff', {
    subjectTemplate: 'CN=C02*',
    ...bounds,
  })
  await portal.backing.setEndpoint('staff', { policy: 'static' })
  expect(await enrol({ challenge: secret, key: 0 })).toMatchObject({ pkiStatus: 'SUCCESS' })
  expect(await enrol({ challenge: secret, key: 0, subject: [{ type: 'CN', value: 'C02STRANGER' }] })).toMatchObject({
    pkiStatus: 'FAILURE',
  })
  expect(jamf.asked).toEqual(['find C02EXAMPLE01', 'find C02STRANGER'])
})

test('a connector that is disabled or gone vouches for nobody', async () => {
  const disabled = await school(LOOKED)
  const value = await disabled.challenge()
  disabled.connector.disabled = true
  expect(await disabled.enrol({ challenge: value })).toMatchObject({ pkiStatus: 'FAILURE' })
  const gone = await school(LOOKED)
  const other = await gone.challenge()
  gone.world.deviceLookups = new Map([['staff', ['another']]])
  gone.portal.time.now = new Date(NOON.getTime() + 2_000)
  expect(await gone.enrol({ challenge: other })).toMatchObject({ pkiStatus: 'FAILURE' })
})

test('an endpoint without the look-up asks nobody', async () => {
  const { challenge, enrol, jamf } = await school({ lookupBeforeIssuing: false })
  const value = await challenge()
  jamf.asked.length = 0
  expect(await enrol({ challenge: value })).toMatchObject({ pkiStatus: 'SUCCESS' })
  expect(jamf.asked).toEqual([])
})

test.each<[string, RelativeName[], string, Pick<JamfDevice, 'serial' | 'udid'>]>([
  ['the serial number as the common name', MAC, 'CN=$SERIALNUMBER', { serial: 'C02EXAMPLE01', udid: null }],
  [
    'with text around it',
    [{ type: 'CN', value: 'mac-C02EXAMPLE01.example' }],
    'CN=mac-$SERIALNUMBER.example',
    { serial: 'C02EXAMPLE01', udid: null },
  ],
  ['the UDID', [{ type: 'UID', value: 'ABCD-1234' }], 'UID=$UDID,O=Example', { serial: null, udid: 'ABCD-1234' }],
  [
    'a serial number by its own attribute',
    [
      { type: 'CN', value: 'ada' },
      { type: '2.5.4.5', value: 'C02EXAMPLE01' },
    ],
    'CN=$EMAIL',
    { serial: 'C02EXAMPLE01', udid: null },
  ],
  ['a star', [{ type: 'CN', value: '*' }], 'CN=$SERIALNUMBER', { serial: null, udid: null }],
  ['nothing', [{ type: 'O', value: 'Example' }], 'CN=$SERIALNUMBER', { serial: null, udid: null }],
])('a subject names its device: %s', (_, subject, template, named) => {
  expect(namedIn(subject, template)).toEqual(named)
  expect(sameIdentifier(named.serial, named.serial)).toBe(named.serial !== null)
})
