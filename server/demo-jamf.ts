/** The part of the demo that is managed by Jamf Pro, which scripts/demo.mjs simulates beside it. */
import type { KeyObject } from 'node:crypto'
import { challengeBody, deviceEvent, type Envelope, type EventName } from '@/e2e/simulators/jamf-bodies'
import { type Profile, payloadFor } from '@/e2e/simulators/jamf-profiles'
import type { DeviceRef, JamfDevice } from '@/e2e/simulators/jamf-state'
import { basic, type Webhook } from '@/e2e/simulators/jamf-webhooks'
import { buildCsr } from '@/lib/pki/csr'
import type { EndpointView } from '@/lib/services/groups'
import { enrolDevice } from './demo-enrolment'
import { DAY, type ManagedPart, tellSimulator } from './demo-mdm'
import { DEMO_JAMF, DEMO_ORGANISATION } from './demo-organisation'

/** What the simulator says of itself as it starts. */
export interface SimulatedJamf {
  url: string
  clientId: string
  clientSecret: string
}

/** Of the connector and of its endpoint. */
const SLUG = 'jamf'
/** Since when it is connected. */
const DAYS = 34
const MINUTE = 60_000
const SUBJECT = `CN=$SERIALNUMBER,O=${DEMO_ORGANISATION}`
const HOOK_USER = 'jamf'
const EVENTS: readonly EventName[] = [
  'SCEPChallenge',
  'ComputerAdded',
  'ComputerInventoryCompleted',
  'ComputerPushCapabilityChanged',
  'MobileDeviceEnrolled',
  'MobileDeviceUnEnrolled',
  'MobileDeviceInventoryCompleted',
  'RestAPIOperation',
]

/** At a later start, only the addresses that the simulator and the portal have by then are new. */
export async function manageWithJamf(part: ManagedPart, jamf: SimulatedJamf): Promise<void> {
  const { services, actor } = part
  const isKnown = (await services.mdmConnectors.list(actor)).some(({ slug }) => slug === SLUG)
  if (isKnown) await reconnect(part, jamf)
  else await live(part, jamf)
}

async function reconnect({ services, actor }: ManagedPart, jamf: SimulatedJamf): Promise<void> {
  const { url, clientId, clientSecret } = jamf
  const { hookUrl } = await services.mdmConnectors.change(actor, SLUG, {
    ...{ settings: { url, clientId }, credential: { clientSecret } },
  })
  await tellSimulator(url, 'move', { url: new URL(hookUrl ?? '').origin })
}

/** The connector, as the guided page makes it. Returns the hook secret. */
async function connect({ services, actor }: ManagedPart, { url, clientId, clientSecret }: SimulatedJamf) {
  const names = { kind: 'jamf', name: 'Jamf Pro', slug: SLUG }
  const templates = { subjectTemplate: SUBJECT, sanTemplates: ['email:$EMAIL'] }
  const settings = { url, clientId, endpoint: SLUG, webhookUser: HOOK_USER, ...templates, syncMinutes: 5 }
  return services.mdmConnectors.create(actor, { ...names, settings, credential: { clientSecret } })
}

/** Its devices enrol over the last weeks; then one is deleted in Jamf, and one is not managed any more. */
async function live(part: ManagedPart, jamf: SimulatedJamf): Promise<void> {
  const { services, actor, group, setClock } = part
  const tell = <Answer>(verb: string, body: object) => tellSimulator<Answer>(jamf.url, verb, body)
  await setClock(-DAYS * DAY)
  const endpoint = await services.endpoints.create(actor, { group: group.slug, name: 'Jamf Pro', slug: SLUG })
  const { view, hookSecret } = await connect(part, jamf)
  const post = hook(part, hookSecret ?? '')
  await services.deviceRules.change(actor, group.slug, [
    { trigger: 'removed', action: 'revoke', reason: 'cessationOfOperation' },
    { trigger: 'wiped', action: 'revoke', reason: 'cessationOfOperation' },
    { trigger: 'unmanaged', action: 'revoke', reason: 'privilegeWithdrawn' },
  ])
  const profile = await tell<Profile>('profile', {
    profile: {
      ...{ name: 'Staff Wi-Fi', url: endpoint.scepUrl, subject: SUBJECT },
      san: [{ type: 'rfc822Name', value: '$EMAIL' }],
    },
  })
  const devices = await enrolAll(part, { jamf, endpoint, profile, post })
  await setClock(-3 * DAY)
  await jobs(part, -3 * DAY, 'sync-jamf')

  const [, deleted, , , unmanaged] = devices
  if (deleted === undefined || unmanaged === undefined) throw new Error('the demo has too few devices')
  await tell('delete', { deviceId: deleted.deviceId })
  const looked = -3 * DAY + 65 * MINUTE
  await setClock(looked)
  await jobs(part, looked, 'sync-jamf', 'act-on-devices')

  const told = -DAY - 4 * 60 * MINUTE
  await setClock(told)
  // As nobody hears of the webhooks yet, the simulator has none.
  await tellAt(jamf, told, 'unmanage', { deviceId: unmanaged.deviceId })
  await post('ComputerPushCapabilityChanged', () => deviceEvent('ComputerPushCapabilityChanged', unmanaged))
  await jobs(part, told, 'work-jamf-events', 'act-on-devices')

  await setClock(0)
  const others = devices.filter((device) => device !== deleted && device !== unmanaged)
  // Each calls in when it is on.
  for (const [n, { deviceId }] of others.entries())
    await tellAt(jamf, -(n + 1) * 17 * MINUTE, 'assign', { deviceId, user: {} })
  await jobs(part, 0, 'sync-jamf', 'act-on-devices')
  await tell<Webhook[]>('webhooks', {
    events: EVENTS,
    webhook: { url: view.hookUrl, authentication: { type: 'basic', user: HOOK_USER, password: hookSecret } },
  })
}

type Known = JamfDevice & { deviceId: DeviceRef }
type Post = (name: EventName, event: (envelope: Envelope) => object) => Promise<string>

async function enrolAll(
  part: ManagedPart,
  { jamf, endpoint, profile, post }: { jamf: SimulatedJamf; endpoint: EndpointView; profile: Profile; post: Post },
): Promise<Known[]> {
  const { services, setClock } = part
  const keys = await part.makeKeys()
  const devices: Known[] = []
  for (const [n, { kind, ...described }] of DEMO_JAMF.entries()) {
    const shift = -(DEMO_JAMF.length - n) * 2.6 * DAY
    await setClock(shift)
    const seen = new Date(Date.now() + shift).toISOString()
    const device = await tellSimulator<Known>(jamf.url, 'device', {
      kind,
      device: { ...described, lastContact: seen, reported: seen },
    })
    const challenge = await post('SCEPChallenge', (envelope) => {
      const body = challengeBody(envelope, device, { scepUrl: profile.url, identifier: profile.identifier })
      return (body as { event: object }).event
    })
    const { subject, san } = payloadFor(profile, device, challenge)
    const privateKey = keys[n % keys.length] as KeyObject
    await enrolDevice(services, {
      ...{ endpoint, name: device.serialNumber, privateKey },
      csr: buildCsr({ subject, san, challengePassword: challenge, privateKey }),
      ...{ ip: `10.30.5.${n + 20}`, userAgent: 'mdmclient/1.0' },
    })
    // So that the certificate is the device's.
    await jobs(part, shift, 'act-on-devices')
    devices.push(device)
  }
  return devices
}

/** What a webhook of Jamf Pro brings to the portal, which does not listen yet. Returns the answer. */
function hook({ services }: ManagedPart, secret: string): Post {
  return async (name, event) => {
    const envelope = { id: 1, name, webhookEvent: name, eventTimestamp: Date.now() }
    const headers = new Headers({ 'content-type': 'application/json', authorization: basic(HOOK_USER, secret) })
    const body = Buffer.from(JSON.stringify({ webhook: envelope, event: event(envelope) }))
    const request = { method: 'POST', headers, body, ip: '127.0.0.1' }
    return Buffer.from((await services.hooks.receive(SLUG, request, crypto.randomUUID())).body).toString('utf8')
  }
}

async function jobs({ services }: ManagedPart, shift: number, ...names: string[]): Promise<void> {
  for (const name of names) await services.jobs.find((job) => job.name === name)?.run(new Date(Date.now() + shift))
}

/** What happens in Jamf Pro so long ago. */
async function tellAt({ url }: SimulatedJamf, shift: number, verb: string, body: object): Promise<void> {
  await tellSimulator(url, 'advance', { seconds: shift / 1_000 })
  await tellSimulator(url, verb, body)
  await tellSimulator(url, 'advance', { seconds: -shift / 1_000 })
}
