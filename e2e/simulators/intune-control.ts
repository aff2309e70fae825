/** The strings behind the simulator: as methods for tests, and over /_sim/… for other processes. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { RecordedRequest } from './intune'
import { type ChallengeContent, cmsIdentity, sealChallenge } from './intune-challenge'
import type { Fault, Faults, Hop, Mode } from './intune-faults'
import {
  type ExpectedRequest,
  type ManagedDevice,
  newDevice,
  queueRevocation,
  type RevocationRequest,
  revokeCertificatesOf,
  type SuccessReport,
  type Switches,
  type Tenant,
  type World,
} from './intune-world'

/** The profile that a device has unless another one is named. */
export const PROFILE = 'wifi-certificates'

export interface ChallengeWish {
  deviceId: string
  expected: ExpectedRequest
  tenantId?: string
  userId?: string
  profileId?: string
  /** Unknown to Intune when it was not made by it. */
  requestId?: string
  ttlSeconds?: number
  /** Milliseconds by which its making lies in the future. */
  notBeforeSkew?: number
  /** Made wrong in this way. */
  forged?: 'signature' | 'signer' | 'recipient' | 'without timestamps' | 'request id' | 'user id'
  paddingBytes?: number
}

export interface IntuneControl {
  challenge(wish: ChallengeWish): Promise<string>
  device(given?: Partial<Omit<ManagedDevice, 'profiles'>> & { profileId?: string; tenantId?: string }): ManagedDevice
  /** By id or name. The profile is taken from it, so its certificates are to be revoked. */
  untarget(deviceId: string, profileId?: string): RevocationRequest[]
  /** Intune does not know it any more, and its certificates are to be revoked. */
  wipe(deviceId: string): RevocationRequest[]
  queueRevocation(given: {
    serialNumber: string
    issuerName?: string | null
    caConfiguration?: string | null
  }): RevocationRequest
  reports(): SuccessReport[]
  fault(hop: Hop, mode: Mode, more?: Partial<Omit<Fault, 'hop' | 'mode'>>): Promise<void>
  clearFaults(): Promise<void>
  shiftClock(milliseconds: number): void
  moveService(options?: { closePort?: boolean }): Promise<void>
  /** Whatever was handed out so far is not believed any more. */
  revokeTokens(): void
  switch(switches: Partial<Switches>): void
  /** Consent to the Graph permission and to the Intune role. */
  consent(given: { graph?: boolean; intune?: boolean }): void
  addCertificate(pem: string): void
  /** Forgets requests, reports, devices, faults and the shift of its clock; tenants and credentials stay. */
  reset(): Promise<void>
}

export interface ControlParts {
  world: World
  tenant: Tenant
  faults: Faults
  requests: RecordedRequest[]
  moveService(options?: { closePort?: boolean }): Promise<void>
  armRefusals(): Promise<void>
  reopen(): Promise<void>
}

export function intuneControl(parts: ControlParts): {
  methods: IntuneControl
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
} {
  const { world, tenant, faults, requests } = parts
  const tenantOf = (id: string | undefined) => (id === undefined ? tenant : known(world.tenants.get(id), 'tenant'))
  const deviceOf = (id: string) =>
    known(tenant.devices.get(id) ?? [...tenant.devices.values()].find(({ name }) => name === id), 'device')

  const methods: IntuneControl = {
    challenge: (wish) => makeChallenge(world, tenantOf(wish.tenantId), wish),
    device: ({ profileId = PROFILE, tenantId, ...given } = {}) =>
      newDevice(tenantOf(tenantId), { ...given, profileId }),
    untarget(deviceId, profileId = PROFILE) {
      const device = deviceOf(deviceId)
      device.profiles.delete(profileId)
      return revokeCertificatesOf(tenant, device.id)
    },
    wipe(deviceId) {
      const device = deviceOf(deviceId)
      device.gone = true
      return revokeCertificatesOf(tenant, device.id)
    },
    queueRevocation: (given) => queueRevocation(tenant, given),
    reports: () => tenant.reports,
    async fault(hop, mode, more = {}) {
      faults.add({ hop, mode, ...more })
      await parts.armRefusals()
    },
    async clearFaults() {
      faults.clear()
      await parts.reopen()
    },
    shiftClock(milliseconds) {
      world.clockShift = milliseconds
    },
    moveService: parts.moveService,
    revokeTokens() {
      world.tokensRevokedAt = world.now().getTime()
    },
    switch(switches) {
      Object.assign(world.switches, switches)
    },
    consent({ graph, intune }) {
      if (graph !== undefined) tenant.graphConsent = graph
      if (intune !== undefined) tenant.intuneRole = intune
    },
    addCertificate(pem) {
      for (const application of tenant.applications.values()) application.certificates.push(pem)
    },
    async reset() {
      requests.length = 0
      for (const list of [tenant.reports, tenant.failures, tenant.revocations]) list.length = 0
      for (const map of [tenant.devices, tenant.challenges, tenant.validated]) map.clear()
      world.clockShift = 0
      await methods.clearFaults()
    },
  }
  return { methods, handle: (request, response) => handleControl(methods, parts, request, response) }
}

async function makeChallenge(world: World, tenant: Tenant, wish: ChallengeWish): Promise<string> {
  const device = known(tenant.devices.get(wish.deviceId), 'device')
  const { ttlSeconds = 3600, notBeforeSkew = 0, requestId = randomUUID(), forged } = wish
  const { profileId = PROFILE, userId = device.userId } = wish
  tenant.challenges.set(requestId, { requestId, deviceId: device.id, userId: device.userId, profileId })
  const creation = world.now().getTime() + notBeforeSkew
  const content: ChallengeContent = {
    tenantId: tenant.id,
    deviceId: device.id,
    userId: forged === 'user id' ? randomUUID() : userId,
    profileId,
    requestId: forged === 'request id' ? randomUUID() : requestId,
    ...(forged === 'without timestamps'
      ? {}
      : {
          challengeCreation: new Date(creation).toISOString(),
          challengeExpiration: new Date(creation + ttlSeconds * 1000).toISOString(),
        }),
    expected: wish.expected,
  }
  const recipient = forged === 'recipient' ? await cmsIdentity('Somebody else') : tenant.encryption
  const signer = forged === 'signer' ? await cmsIdentity('Somebody else') : world.signing
  const sealed = await sealChallenge(content, recipient, signer, wish.paddingBytes)
  return forged === 'signature' ? withAnotherSignature(sealed) : sealed
}

/** The signature is the last thing in it. */
function withAnotherSignature(sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64')
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
  return bytes.toString('base64')
}

async function handleControl(
  methods: IntuneControl,
  { tenant, requests, faults, world }: ControlParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await text(request)
  const route = `${request.method} ${request.url}`
  try {
    const answer = await run(body === '' ? {} : JSON.parse(body))
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? { error: `There is no ${route}.` }))
  } catch (error) {
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: error instanceof Error ? error.message : 'unknown' }))
  }

  // biome-ignore lint/suspicious/noExplicitAny: whoever pulls these strings is a test, and hears of a wrong one.
  async function run(given: any): Promise<unknown> {
    switch (route) {
      case 'GET /_sim/requests':
        return requests
      case 'GET /_sim/reports':
        return { reports: tenant.reports, failures: tenant.failures }
      case 'GET /_sim/revocations':
        return tenant.revocations
      case 'GET /_sim/devices':
        return [...tenant.devices.values()].map((device) => ({ ...device, profiles: [...device.profiles] }))
      case 'GET /_sim/faults':
        return faults.all
      case 'POST /_sim/reset':
        return done(await methods.reset())
      case 'POST /_sim/challenges':
        return { challenge: await methods.challenge(given) }
      case 'POST /_sim/devices':
        return methods.device(given)
      case 'POST /_sim/devices/untarget':
        return methods.untarget(given.deviceId, given.profileId)
      case 'POST /_sim/devices/wipe':
      case 'POST /_sim/devices/delete':
        return methods.wipe(given.deviceId)
      case 'POST /_sim/revocations':
        return methods.queueRevocation(given)
      case 'POST /_sim/clock':
        return done(methods.shiftClock(Number(given.shiftMilliseconds)))
      case 'POST /_sim/move-service':
        await methods.moveService(given)
        return { generation: world.generation }
      case 'POST /_sim/faults':
        return done(await methods.fault(given.hop, given.mode, given))
      case 'POST /_sim/faults/clear':
        return done(await methods.clearFaults())
      case 'POST /_sim/tokens/revoke':
        return done(methods.revokeTokens())
      case 'POST /_sim/consent':
        return done(methods.consent(given))
      case 'POST /_sim/switches':
        return done(methods.switch(given))
      case 'POST /_sim/certificates':
        return done(methods.addCertificate(given.pem))
      default:
        return undefined
    }
  }
}

const done = (_: unknown) => ({ done: true })

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`There is no such ${what}.`)
  return value
}
