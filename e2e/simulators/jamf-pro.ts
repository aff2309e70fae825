/** What Jamf Pro does: sends profiles with their challenges, tells of devices, and what tests and people make happen there. */
import { randomUUID } from 'node:crypto'
import { JamfApi } from './jamf-api'
import {
  type Attack,
  attacking,
  type Body,
  type ChallengeVariant,
  challengeBody,
  type DeviceEventName,
  deviceEvent,
  type EventName,
  membershipEvent,
  restOperation,
  written,
} from './jamf-bodies'
import { type Enrolled, enrolDevice, makeProxy, type ScepProxy, type Step } from './jamf-device'
import { FaultPlan } from './jamf-faults'
import { checkedProfile, type Profile, type ProfileSettings, payloadFor, scrape } from './jamf-profiles'
import { type DeviceKind, type DeviceRef, type JamfDevice, JamfState, refOf, type SmartGroup } from './jamf-state'
import { type Delivery, deliver, type Sending, type Webhook, type WebhookSettings, webhookOf } from './jamf-webhooks'

export interface InstallOptions extends Sending {
  variant?: ChallengeVariant
  /** Some versions may cut white space off the answer; a server must not rely on it. */
  trims?: boolean
}

export interface EventOptions extends Sending {
  /** The same bytes more than once. */
  times?: number
  attack?: Attack
  /** Milliseconds since 1970; now unless given. */
  at?: number
}

export interface Challenged {
  step: Step
  challenge: string | null
  delivery: Delivery | null
}

export class Jamf {
  readonly state = new JamfState()
  readonly faults = new FaultPlan()
  readonly api = new JamfApi(this.state, this.faults)
  readonly webhooks: Webhook[] = []
  readonly profiles: Profile[] = []
  /** What came of every webhook that was sent. */
  readonly deliveries: Delivery[] = []
  /** How often an external entity of ours was fetched by somebody. */
  entityFetches = 0
  private events: 'sent' | 'lost' | 'held' = 'sent'
  private held: (() => Promise<Delivery[]>)[] = []
  private signing: Promise<ScepProxy> | null = null

  constructor(
    readonly url: string,
    readonly port: number,
    readonly close: () => Promise<void>,
  ) {}

  addWebhook(given: Parameters<typeof webhookOf>[1]): Webhook {
    const webhook = webhookOf(this.webhooks.length + 1, given)
    this.webhooks.push(webhook)
    return webhook
  }

  /** One for each event, which is how Jamf Pro wants it. */
  addWebhooks(events: readonly EventName[], given: Pick<WebhookSettings, 'url'> & Partial<WebhookSettings>): Webhook[] {
    return events.map((event) => this.addWebhook({ ...given, event, name: event }))
  }

  addProfile(given: Pick<ProfileSettings, 'url'> & Partial<ProfileSettings>): Profile {
    const settings = checkedProfile({
      ...{ name: 'Wi-Fi certificate', subject: 'CN=$SERIALNUMBER', san: [], challenge: { type: 'Dynamic' } },
      ...{ keySize: 2048, redistribute: 'no', proxy: false, unresolved: 'literal' },
      ...given,
    })
    const profile = { ...settings, id: this.profiles.length + 1, identifier: randomUUID().toUpperCase() }
    this.profiles.push(profile)
    return profile
  }

  /** The portal has another address from now on: its webhooks and its profiles follow. */
  move(origin: string): void {
    for (const each of [...this.webhooks, ...this.profiles]) {
      const { pathname, search } = new URL(each.url)
      each.url = new URL(`${pathname}${search}`, origin).href
    }
  }

  /** Jamf Pro's own certificate, with which it signs as a proxy. */
  proxy(): Promise<ScepProxy> {
    this.signing ??= makeProxy()
    return this.signing
  }

  /** Any number of devices, all managed. */
  populate(kind: DeviceKind, count: number): JamfDevice[] {
    return Array.from({ length: count }, () => this.state.add(kind))
  }

  async install(ref: DeviceRef, profileId: number, options: InstallOptions = {}) {
    const { step, challenge } = await this.challenge(ref, profileId, options)
    if (!step.ok) return { ...NOT_ENROLLED, challenge, steps: [step] }
    const enrolled = await this.enrol(ref, profileId, challenge)
    return { ...enrolled, challenge, steps: [step, ...enrolled.steps] }
  }

  /** What Jamf Pro puts into the payload of this device. */
  async challenge(ref: DeviceRef, profileId: number, options: InstallOptions = {}): Promise<Challenged> {
    const profile = this.profile(profileId)
    const mode = profile.challenge
    if (mode.type === 'Dynamic') return this.dynamicChallenge(this.state.device(ref), profile, options)
    if (mode.type === 'Dynamic-Microsoft CA') {
      const scraped = await scrape(mode)
      const sentence = scraped.ok ? 'a challenge' : scraped.sentence
      const step: Step = { step: 'admin page', ok: scraped.ok, status: scraped.status, sentence }
      return { step, challenge: scraped.ok ? scraped.challenge : null, delivery: null }
    }
    const step: Step = { step: 'SCEPChallenge', ok: true, status: null, sentence: `${mode.type}: nobody is asked` }
    return { step, challenge: mode.type === 'Static' ? mode.challenge : null, delivery: null }
  }

  /** The device, or Jamf Pro for it, with this challenge; another device's, if a test wants so. */
  async enrol(ref: DeviceRef, profileId: number, challenge: string | null): Promise<Enrolled> {
    const profile = this.profile(profileId)
    const proxy = profile.proxy ? await this.proxy() : null
    return enrolDevice(payloadFor(profile, this.state.device(ref), challenge), proxy)
  }

  /** What Fleet sends when its configuration is saved: no device, and nothing but a 200 will do. */
  async probe(profileId: number, options: InstallOptions = {}): Promise<Challenged> {
    const nobody = this.state.add('computer')
    this.state.delete(refOf(nobody))
    const variant = { device: 'none', timestamp: 's', ...options.variant } as const
    return this.dynamicChallenge(nobody, this.profile(profileId), { ...options, variant })
  }

  /** As if it had happened: nothing changes in the inventory. */
  async event(name: DeviceEventName, ref: DeviceRef, options: EventOptions = {}): Promise<Delivery[]> {
    return this.fire(name, deviceEvent(name, this.state.device(ref)), options)
  }

  /** Deletes the record. No event tells of it, but that of the API where that is how it was done. */
  async delete(ref: DeviceRef, { byApi = false } = {}): Promise<Delivery[]> {
    const device = this.state.delete(ref)
    return byApi ? this.fire('RestAPIOperation', restOperation(device, 'DELETE')) : []
  }

  /** The MDM profile is gone. */
  async unmanage(ref: DeviceRef): Promise<Delivery[]> {
    return this.managed(ref, false)
  }

  async enrolAgain(ref: DeviceRef): Promise<Delivery[]> {
    return this.managed(ref, true)
  }

  async assign(ref: DeviceRef, user: Partial<Pick<JamfDevice, 'username' | 'realName' | 'email'>>) {
    const device = Object.assign(this.state.device(ref), user, this.touched())
    const name = device.kind === 'computer' ? 'ComputerInventoryCompleted' : 'MobileDeviceInventoryCompleted'
    return this.fire(name, deviceEvent(name, device))
  }

  async setMembers(group: SmartGroup, members: readonly number[]): Promise<Delivery[]> {
    const before = group.members
    group.members = new Set(members)
    const devices = (ids: Iterable<number>) => [...ids].flatMap((id) => this.state.of(group.kind).get(id) ?? [])
    const [added, removed] = [devices(group.members.difference(before)), devices(before.difference(group.members))]
    const kind = group.kind === 'computer' ? 'Computer' : 'MobileDevice'
    return this.fire(`SmartGroup${kind}MembershipChange`, membershipEvent(group, added, removed))
  }

  async serverEvent(name: 'JSSStartup' | 'JSSShutdown'): Promise<Delivery[]> {
    const host = { hostAddress: '192.0.2.1', institution: 'Example', isClusterMaster: true }
    return this.fire(name, { ...host, jssUrl: `${this.url}/`, webApplicationPath: '/' })
  }

  /** Events that happen now never arrive, as deliveries are tried once. */
  loseEvents(lost = true): void {
    this.events = lost ? 'lost' : 'sent'
  }

  holdEvents(): void {
    this.events = 'held'
  }

  /** Sends what was held, one after another. */
  async releaseEvents(order: 'as it was' | 'reversed' = 'as it was'): Promise<Delivery[]> {
    const waiting = order === 'reversed' ? this.held.toReversed() : this.held
    this.held = []
    this.events = 'sent'
    const done: Delivery[] = []
    for (const send of waiting) done.push(...(await send()))
    return done
  }

  /** Every webhook for this event; resolves when each was answered or given up. */
  async fire(name: EventName, event: { [key: string]: unknown }, options: EventOptions = {}): Promise<Delivery[]> {
    const { times = 1, attack, at = this.state.now() } = options
    const hooks = this.webhooks.filter((each) => each.event === name && each.enabled)
    const messages = hooks.map((webhook) => {
      const body: Body = { webhook: envelopeOf(webhook, at), event }
      const message =
        attack === undefined ? written(body, webhook.contentType) : attacking(body, attack, this.entityUrl)
      return { webhook, message }
    })
    const send = () => {
      const sent = messages.flatMap(({ webhook, message }) =>
        Array.from({ length: times }, () => this.delivered(webhook, message, options)),
      )
      return Promise.all(sent)
    }
    if (this.events === 'lost') return []
    if (this.events === 'held') {
      this.held.push(send)
      return []
    }
    return send()
  }

  get entityUrl(): string {
    return `${this.url}/_sim/entity`
  }

  private async dynamicChallenge(device: JamfDevice, profile: Profile, options: InstallOptions): Promise<Challenged> {
    const webhook = this.webhooks.find(({ event, enabled }) => event === 'SCEPChallenge' && enabled)
    if (webhook === undefined) throw new Error('no webhook for SCEPChallenge')
    const body = challengeBody(
      envelopeOf(webhook, this.state.now()),
      device,
      { scepUrl: profile.url, identifier: profile.identifier },
      options.variant,
    )
    const delivery = await this.delivered(webhook, written(body, webhook.contentType), options)
    const refusal = refusalOf(delivery)
    const { status } = delivery
    if (refusal !== null)
      return { step: { step: 'SCEPChallenge', ok: false, status, sentence: refusal }, challenge: null, delivery }
    const challenge = options.trims ? delivery.body.trim() : delivery.body
    return { step: { step: 'SCEPChallenge', ok: true, status, sentence: 'a challenge' }, challenge, delivery }
  }

  private async delivered(...given: Parameters<typeof deliver>): Promise<Delivery> {
    const delivery = await deliver(...given)
    this.deliveries.push(delivery)
    return delivery
  }

  private managed(ref: DeviceRef, managed: boolean): Promise<Delivery[]> {
    const device = Object.assign(this.state.device(ref), { managed }, this.touched())
    if (device.kind === 'computer')
      return this.fire('ComputerPushCapabilityChanged', deviceEvent('ComputerPushCapabilityChanged', device))
    const name = managed ? 'MobileDeviceEnrolled' : 'MobileDeviceUnEnrolled'
    return this.fire(name, deviceEvent(name, device))
  }

  private touched() {
    const now = new Date(this.state.now()).toISOString()
    return { reported: now, lastContact: now }
  }

  private profile(id: number): Profile {
    const found = this.profiles.find((each) => each.id === id)
    if (found === undefined) throw new Error(`there is no profile ${id}`)
    return found
  }
}

const NOT_ENROLLED: Omit<Enrolled, 'steps'> = {
  ...{ status: null, failInfo: null, failInfoText: null, certificate: null, serial: null, chain: [], key: null },
}

const envelopeOf = ({ id, name, event }: Webhook, eventTimestamp: number) => ({
  ...{ id, name, webhookEvent: event, eventTimestamp },
})

/** Why an answer to SCEPChallenge is none: the status to the number, plain text, and something in it. */
function refusalOf({ fault, status, headers, body }: Delivery): string | null {
  if (fault !== null) return fault
  if (status !== 200) return `status ${status}`
  if (!/^text\/plain(;|$)/.test(headers['content-type'] ?? '')) return `content type ${headers['content-type']}`
  if (headers['cache-control'] !== 'no-store') return 'an answer that may be cached'
  return body.trim() === '' ? 'an empty challenge' : null
}
