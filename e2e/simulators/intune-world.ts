/** What Microsoft's side knows in one simulator: tenants, their applications and devices, challenges, reports, revocations. */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import { type CmsIdentity, cmsIdentity } from './intune-challenge'

export interface ApplicationSecret {
  value: string
  expiresAt: Date
}

export interface Application {
  id: string
  secrets: ApplicationSecret[]
  /** Certificates that somebody uploaded, in PEM. */
  certificates: string[]
  /** Ids of the assertions it has presented: each is good for once. */
  assertions: Set<string>
}

export interface ManagedDevice {
  id: string
  name: string
  userId: string
  serialNumber: string
  platform: string
  /** Profiles that are assigned to it. */
  profiles: Set<string>
  /** Wiped, retired or deleted: Intune does not know it any more. */
  gone: boolean
}

export interface ExpectedRequest {
  /** Such as "CN=tablet-7,O=Example"; empty where the profile asks for no subject. */
  subject: string
  sans?: ExpectedSan[]
  /** Names of RFC 5280; not compared when left out. */
  keyUsage?: string[]
  ekus?: string[]
  keyLength?: number
}

export interface ExpectedSan {
  type: 'dns' | 'email' | 'uri' | 'upn'
  value: string
}

/** What Intune remembers of a challenge that it made. */
export interface ChallengeRequest {
  requestId: string
  deviceId: string
  userId: string
  profileId: string
}

export interface SuccessReport {
  at: Date
  deviceId: string
  transactionId: string
  thumbprint: string
  serialNumber: string
  expiresAt: string
  issuer: string
  caConfiguration: string | null
  certificateAuthority: string | null
  callerInfo: string
}

export interface FailureReport {
  at: Date
  transactionId: string
  hResult: number
  errorDescription: string
}

export interface RevocationRequest {
  requestContext: string
  serialNumber: string
  issuerName: string | null
  caConfiguration: string | null
  handedOutAt: Date | null
  handedOut: number
  result: { succeeded: boolean; errorCode: string; errorMessage: string } | null
}

export interface Tenant {
  id: string
  domain: string
  /** Whether Application.Read.All and scep_challenge_provider have an administrator's consent. */
  graphConsent: boolean
  intuneRole: boolean
  applications: Map<string, Application>
  devices: Map<string, ManagedDevice>
  users: Set<string>
  challenges: Map<string, ChallengeRequest>
  /** "transaction id, SHA-256 of the request" of what was validated, and for which device. */
  validated: Map<string, string>
  reports: SuccessReport[]
  failures: FailureReport[]
  revocations: RevocationRequest[]
  /** Challenges of this tenant are encrypted to it. */
  encryption: CmsIdentity
}

export interface Switches {
  /** The Intune scope must have the two slashes of Microsoft's own clients. */
  requireDoubleSlash: boolean
  /** issuerName filters by caConfiguration, and after the cut to maxRequests. */
  filterQuirk: boolean
  tokenSeconds: number
  /** What is said of that, where it is not the truth: 0 keeps clients from keeping them. */
  toldTokenSeconds: number | null
  graphPageSize: number
  /** More requests than this in a minute to Intune's own services are throttled. */
  mostPerMinute: number | null
}

export interface World {
  tenants: Map<string, Tenant>
  switches: Switches
  /** Signs the challenges of all tenants. */
  signing: CmsIdentity
  /** Signs tokens. */
  tokenKey: KeyObject
  tokenPublicKey: KeyObject
  /** Tokens made before this moment are not believed any more. */
  tokensRevokedAt: number
  generation: number
  clockShift: number
  now(): Date
}

export async function newWorld(switches: Partial<Switches>): Promise<World> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const world: World = {
    tenants: new Map(),
    switches: {
      requireDoubleSlash: true,
      filterQuirk: true,
      tokenSeconds: 3599,
      toldTokenSeconds: null,
      graphPageSize: 100,
      mostPerMinute: null,
      ...switches,
    },
    signing: await cmsIdentity('Intune challenge signing'),
    tokenKey: privateKey,
    tokenPublicKey: createPublicKey(privateKey),
    tokensRevokedAt: 0,
    generation: 1,
    clockShift: 0,
    now: () => new Date(Date.now() + world.clockShift),
  }
  return world
}

export async function newTenant(world: World, domain: string, id: string = randomUUID()): Promise<Tenant> {
  const tenant: Tenant = {
    id,
    domain,
    graphConsent: true,
    intuneRole: true,
    applications: new Map(),
    devices: new Map(),
    users: new Set(),
    challenges: new Map(),
    validated: new Map(),
    reports: [],
    failures: [],
    revocations: [],
    encryption: await cmsIdentity(`Tenant ${domain}`),
  }
  world.tenants.set(id, tenant)
  return tenant
}

export function tenantNamed(world: World, name: string): Tenant | undefined {
  const wanted = name.toLowerCase()
  return [...world.tenants.values()].find((tenant) => tenant.id === wanted || tenant.domain === wanted)
}

export function newApplication(
  tenant: Tenant,
  secretExpiresAt: Date,
  known: { id?: string; secret?: string } = {},
): Application & { secret: string } {
  const { id = randomUUID(), secret = randomBytes(30).toString('base64url') } = known
  const application: Application = {
    id,
    secrets: [{ value: secret, expiresAt: secretExpiresAt }],
    certificates: [],
    assertions: new Set(),
  }
  tenant.applications.set(application.id, application)
  return Object.assign(application, { secret })
}

export function newDevice(tenant: Tenant, given: Partial<Omit<ManagedDevice, 'profiles'>> & { profileId: string }) {
  const device: ManagedDevice = {
    id: given.id ?? randomUUID(),
    name: given.name ?? 'tablet-7',
    userId: given.userId ?? randomUUID(),
    serialNumber: given.serialNumber ?? randomBytes(5).toString('hex').toUpperCase(),
    platform: given.platform ?? 'Windows',
    profiles: new Set([given.profileId]),
    gone: false,
  }
  tenant.devices.set(device.id, device)
  tenant.users.add(device.userId)
  return device
}

/** What Intune does by itself when a device is wiped or a profile is taken from it: its certificates are to be revoked. */
export function revokeCertificatesOf(tenant: Tenant, deviceId: string): RevocationRequest[] {
  return tenant.reports
    .filter((report) => report.deviceId === deviceId)
    .filter(({ serialNumber }) => !tenant.revocations.some((each) => each.serialNumber === serialNumber))
    .map(({ serialNumber, issuer, caConfiguration }) =>
      queueRevocation(tenant, { serialNumber, issuerName: issuer, caConfiguration }),
    )
}

export function queueRevocation(
  tenant: Tenant,
  given: { serialNumber: string; issuerName?: string | null; caConfiguration?: string | null },
): RevocationRequest {
  const request: RevocationRequest = {
    requestContext: randomBytes(96).toString('base64'),
    serialNumber: given.serialNumber,
    issuerName: given.issuerName ?? null,
    caConfiguration: given.caConfiguration ?? null,
    handedOutAt: null,
    handedOut: 0,
    result: null,
  }
  tenant.revocations.push(request)
  return request
}
