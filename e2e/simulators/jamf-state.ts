/** What a Jamf Pro server knows: devices, smart groups, API clients with their roles, profiles and webhooks. */
import { randomBytes, randomUUID } from 'node:crypto'

export type DeviceKind = 'computer' | 'mobile'

export interface JamfDevice {
  kind: DeviceKind
  /** The jssID: of its kind, never given twice. */
  id: number
  name: string
  serialNumber: string
  udid: string
  managementId: string
  model: string
  modelDisplay: string
  osVersion: string
  osBuild: string
  macAddress: string
  managed: boolean
  username: string
  realName: string
  email: string
  phone: string
  position: string
  room: string
  department: string
  building: string
  /** ISO 8601. */
  lastContact: string
  reported: string
}

/** Such as computer/17: computers and mobile devices are numbered apart. */
export type DeviceRef = `${DeviceKind}/${number}`
export const refOf = ({ kind, id }: Pick<JamfDevice, 'kind' | 'id'>): DeviceRef => `${kind}/${id}`

export interface SmartGroup {
  id: number
  kind: DeviceKind
  name: string
  members: Set<number>
}

export type Privilege =
  | 'Read Computers'
  | 'Read Mobile Devices'
  | 'Read Users'
  | 'Read Smart Computer Groups'
  | 'Read Smart Mobile Device Groups'
  | 'Delete Computers'
  | 'Delete Mobile Devices'

/** What docs/mdm/jamf.md asks an administrator to put into the role, and no more. */
export const READING: readonly Privilege[] = [
  'Read Computers',
  'Read Mobile Devices',
  'Read Users',
  'Read Smart Computer Groups',
  'Read Smart Mobile Device Groups',
]

export interface ApiClient {
  clientId: string
  secret: string
  role: number
  privileges: Set<Privilege>
  tokenSeconds: number
  enabled: boolean
}

interface Granted {
  privileges?: Iterable<Privilege>
}

export class JamfState {
  readonly computers = new Map<number, JamfDevice>()
  readonly mobiles = new Map<number, JamfDevice>()
  readonly groups: SmartGroup[] = []
  readonly clients = new Map<string, ApiClient>()
  /** What else stands in the sections of each record, so that they are as long as real ones. */
  more: Readonly<Record<string, string>> = {}
  private readonly tokens = new Map<string, { client: ApiClient; expiresAt: number }>()
  /** The last number of each kind. Groups of computers and of mobile devices are numbered apart, too. */
  readonly given = { computer: 0, mobile: 0, role: 0, computerGroup: 0, mobileGroup: 0 }
  private readonly serials = new Map<string, JamfDevice>()
  private ahead = 0

  now(): number {
    return Date.now() + this.ahead
  }

  /** Lets time pass, for tokens and for what reads the clock here. */
  advance(seconds: number): void {
    this.ahead += seconds * 1_000
  }

  add(kind: DeviceKind, given: Partial<JamfDevice> = {}): JamfDevice {
    this.given[kind] += 1
    const id = this.given[kind]
    const contact = new Date(this.now()).toISOString()
    const device: JamfDevice = {
      ...(kind === 'computer' ? MAC : PHONE),
      name: `${kind === 'computer' ? 'MB' : 'IP'}-${String(id).padStart(4, '0')}`,
      serialNumber: `${kind === 'computer' ? 'C02' : 'F4G'}${id.toString(36).toUpperCase().padStart(9, '0')}`,
      udid: randomUUID().toUpperCase(),
      managementId: randomUUID(),
      macAddress: macOf(id),
      managed: true,
      username: `person${id}`,
      realName: `Person ${id}`,
      email: `person${id}@example.com`,
      ...{ phone: '', position: '', room: '', department: '', building: '' },
      ...{ lastContact: contact, reported: contact },
      ...given,
      kind,
      id,
    }
    return this.put(device)
  }

  put(device: JamfDevice): JamfDevice {
    this.of(device.kind).set(device.id, device)
    this.serials.set(device.serialNumber, device)
    return device
  }

  of(kind: DeviceKind): Map<number, JamfDevice> {
    return kind === 'computer' ? this.computers : this.mobiles
  }

  device(ref: DeviceRef): JamfDevice {
    const [kind, id] = ref.split('/')
    const found = this.of(kind === 'mobile' ? 'mobile' : 'computer').get(Number(id))
    if (found === undefined) throw new Error(`there is no device ${ref}`)
    return found
  }

  bySerial(kind: DeviceKind, serialNumber: string): JamfDevice | undefined {
    const found = this.serials.get(serialNumber)
    return found?.kind === kind && this.of(kind).get(found.id) === found ? found : undefined
  }

  /** From now on it is not found. */
  delete(ref: DeviceRef): JamfDevice {
    const device = this.device(ref)
    this.of(device.kind).delete(device.id)
    for (const group of this.groups) if (group.kind === device.kind) group.members.delete(device.id)
    return device
  }

  addGroup(kind: DeviceKind, name: string, members: Iterable<number> = []): SmartGroup {
    this.given[`${kind}Group`] += 1
    const group = { id: this.given[`${kind}Group`], kind, name, members: new Set(members) }
    this.groups.push(group)
    return group
  }

  groupsOf(device: JamfDevice): SmartGroup[] {
    return this.groups.filter(({ kind, members }) => kind === device.kind && members.has(device.id))
  }

  addClient(given: Partial<Pick<ApiClient, 'clientId' | 'secret' | 'tokenSeconds'>> & Granted = {}): ApiClient {
    this.given.role += 1
    const client = {
      clientId: given.clientId ?? randomUUID(),
      secret: given.secret ?? randomBytes(32).toString('base64url'),
      role: this.given.role,
      privileges: new Set(given.privileges ?? READING),
      tokenSeconds: given.tokenSeconds ?? 60,
      enabled: true,
    }
    this.clients.set(client.clientId, client)
    return client
  }

  issueToken(client: ApiClient): string {
    const token = randomBytes(48).toString('base64url')
    this.tokens.set(token, { client, expiresAt: this.now() + client.tokenSeconds * 1_000 })
    return token
  }

  clientOf(token: string): ApiClient | null {
    const issued = this.tokens.get(token)
    return issued?.client.enabled && issued.expiresAt > this.now() ? issued.client : null
  }

  /** As when the server was restarted. */
  forgetTokens(): void {
    this.tokens.clear()
  }
}

const MAC = { model: 'Mac14,2', modelDisplay: 'MacBook Air', osVersion: '15.3', osBuild: '24D60' }
const PHONE = { model: 'iPhone15,4', modelDisplay: 'iPhone 15', osVersion: '18.3', osBuild: '22D63' }

function macOf(id: number): string {
  const hex = id.toString(16).padStart(6, '0')
  return `02:00:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`.toUpperCase()
}
