/** What a connector to Jamf Pro needs to know. Its only secret is the API client's. */
import { Refusal } from '@/lib/errors'
import type { Json } from './audit'
import { issuableTemplate } from './jamf-names'
import type { MdmKindDefinition } from './mdm-connector-types'

export interface JamfSettings {
  /** Of the Jamf Pro server, such as https://example.jamfcloud.com. */
  url: string
  /** Of the API client with which its inventory is read; empty where it only calls us. */
  clientId: string
  /** Slug of the endpoint that the SCEPChallenge webhook mints for; empty where Jamf only tells about devices. */
  endpoint: string
  /** What Jamf presents to the hook: a user and the hook's secret, or the secret in a header. */
  webhookAuth: 'basic' | 'header'
  webhookUser: string
  webhookHeader: string
  /** What a SCEPChallenge without a device gets: a value that no certificate comes from, or a no. */
  deviceless: 'probe' | 'refuse'
  /** In Jamf's own variables, as in the profile: CN=$SERIALNUMBER,O=Example. */
  subjectTemplate: string
  /** Such as email:$EMAIL. */
  sanTemplates: string[]
  ttlMinutes: number
  /** Asks Jamf whether the device is managed before a challenge is minted. */
  confirmManaged: boolean
  /** Asks Jamf for the serial number in the subject before a certificate is issued at the endpoint. */
  lookupBeforeIssuing: boolean
  /** Names; a device that is in none of them is no longer entitled. Empty: not asked. */
  smartGroups: string[]
  syncMinutes: number
  fullSyncHours: number
  /** In private networks, as "host" or "host:port". */
  allowedHosts: string[]
}

export const JAMF_DEFAULTS: JamfSettings = {
  url: '',
  clientId: '',
  endpoint: '',
  webhookAuth: 'basic',
  webhookUser: 'jamf',
  webhookHeader: 'X-Latchkey-Secret',
  deviceless: 'probe',
  subjectTemplate: 'CN=$SERIALNUMBER',
  sanTemplates: [],
  ttlMinutes: 60,
  confirmManaged: false,
  lookupBeforeIssuing: false,
  smartGroups: [],
  syncMinutes: 4,
  fullSyncHours: 8,
  allowedHosts: [],
}

const HOST = /^(\[[0-9a-f:.]{2,45}\]|[0-9a-f:.]{2,45}|[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)(:\d{1,5})?$/i
const CLIENT_ID = /^[\x21-\x7e]{1,200}$/
const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/
const HOOK_USER = /^[^\s:\p{C}][^:\p{C}]{0,99}$/u
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/
/** Headers that mean something to HTTP or to proxies on the way. Authorization is what Jamf's own example uses. */
const TAKEN_HEADERS = new Set([
  'accept',
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'origin',
  'te',
  'transfer-encoding',
  'upgrade',
  'user-agent',
])
const SECRET = /^[\x20-\x7e]{1,500}$/
const MOST = { hosts: 20, groups: 50, sans: 20 }

/** What is stored, read as it is used; what an older version did not know has its default. */
export function jamfSettings(stored: Json): JamfSettings {
  return { ...JAMF_DEFAULTS, ...(isObject(stored) ? (stored as Partial<JamfSettings>) : {}) }
}

export const checkedJamfSettings: MdmKindDefinition['checkedSettings'] = (input, before) => {
  const faults: Record<string, string> = {}
  const read = reader(isObject(input) ? input : {}, jamfSettings(before), faults)
  const settings: JamfSettings = {
    url: read.text('url', 2_000).replace(/\/+$/, ''),
    clientId: read.text('clientId', 200),
    endpoint: read.text('endpoint', 64),
    webhookAuth: read.choice('webhookAuth', ['basic', 'header']),
    webhookUser: read.text('webhookUser', 100),
    webhookHeader: read.text('webhookHeader', 64),
    deviceless: read.choice('deviceless', ['probe', 'refuse']),
    subjectTemplate: read.text('subjectTemplate', 1_000),
    sanTemplates: read.list('sanTemplates', MOST.sans),
    ttlMinutes: read.whole('ttlMinutes', 5, 1_440, 'From 5 minutes to 24 hours (1440).'),
    confirmManaged: read.flag('confirmManaged'),
    lookupBeforeIssuing: read.flag('lookupBeforeIssuing'),
    smartGroups: read.list('smartGroups', MOST.groups),
    syncMinutes: read.whole('syncMinutes', 1, 1_440, 'From 1 minute to a day (1440).'),
    fullSyncHours: read.whole('fullSyncHours', 1, 168, 'From 1 hour to a week (168).'),
    allowedHosts: read.list('allowedHosts', MOST.hosts).map((host) => host.toLowerCase()),
  }
  const fault = (field: keyof JamfSettings, sentence: string) => {
    faults[field] ??= sentence
  }
  if (!isServerUrl(settings.url))
    fault('url', 'Write the address of Jamf Pro, such as https://example.jamfcloud.com, without a query.')
  const asks = settings.confirmManaged || settings.lookupBeforeIssuing || settings.smartGroups.length > 0
  if (settings.clientId === '' ? asks : !CLIENT_ID.test(settings.clientId))
    fault('clientId', 'Write the client ID that Jamf Pro shows under API roles and clients.')
  if (settings.endpoint === '' ? settings.lookupBeforeIssuing : !SLUG.test(settings.endpoint))
    fault('endpoint', 'Choose the endpoint that devices of this Jamf Pro enrol at.')
  if (settings.lookupBeforeIssuing && !/\$(SERIALNUMBER|UDID)(?![A-Z0-9_])/.test(settings.subjectTemplate))
    fault('subjectTemplate', 'To be looked up, the device has to be in the subject, by $SERIALNUMBER or $UDID.')
  if (settings.webhookAuth === 'basic' && !HOOK_USER.test(settings.webhookUser))
    fault('webhookUser', 'Write a user name without a colon.')
  if (settings.webhookAuth === 'header' && !isUsableHeader(settings.webhookHeader))
    fault('webhookHeader', 'Write a header of your own, such as X-Latchkey-Secret, or Authorization.')
  if (settings.allowedHosts.some((host) => !HOST.test(host)))
    fault('allowedHosts', 'Write hosts such as jamf.internal or 10.0.0.5:8443.')
  const template = issuableTemplate(settings)
  if (template !== null) fault(template.field, template.sentence)
  const [first] = Object.values(faults)
  if (first !== undefined)
    throw new Refusal('invalid_input', first, { reason: 'invalid_connector_settings', fields: faults })
  return { ...settings }
}

/** The API client's secret. */
export function checkedJamfCredential(input: unknown): Uint8Array {
  const given = isObject(input) ? input.clientSecret : undefined
  const secret = typeof given === 'string' ? given.trim() : ''
  if (SECRET.test(secret)) return Buffer.from(JSON.stringify({ clientSecret: secret }), 'utf8')
  const sentence = 'Paste the client secret that Jamf Pro showed once when it was generated.'
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_credential', fields: { clientSecret: sentence } })
}

export function jamfClientSecret(credential: Uint8Array): string {
  const { clientSecret } = JSON.parse(Buffer.from(credential).toString('utf8')) as { clientSecret: string }
  return clientSecret
}

/** A secret is never sent to another server, nor for another client, than the one it was entered for. */
export function jamfCredentialMoves(before: Json, after: Json): boolean {
  const [old, next] = [jamfSettings(before), jamfSettings(after)]
  return old.url !== next.url || old.clientId !== next.clientId
}

function isServerUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return false
  return url.username === '' && url.password === '' && url.hostname !== '' && url.hash === '' && url.search === ''
}

function isUsableHeader(name: string): boolean {
  const lower = name.toLowerCase()
  return HEADER_NAME.test(name) && !TAKEN_HEADERS.has(lower) && !/^(sec-|proxy-|x-forwarded-|x-real-ip$)/.test(lower)
}

function reader(given: Readonly<Record<string, unknown>>, before: JamfSettings, faults: Record<string, string>) {
  type Of<T> = { [K in keyof JamfSettings]: JamfSettings[K] extends T ? K : never }[keyof JamfSettings]
  const fault = (field: keyof JamfSettings, sentence: string) => {
    faults[field] ??= sentence
  }
  return {
    text(field: Of<string>, most: number): string {
      const value = given[field] ?? before[field]
      if (typeof value !== 'string' || /\p{C}/u.test(value)) fault(field, 'Write one line of text.')
      else if (value.length > most) fault(field, `Use at most ${most} characters.`)
      else return value.trim()
      return ''
    },
    choice<K extends 'webhookAuth' | 'deviceless'>(field: K, known: readonly JamfSettings[K][]): JamfSettings[K] {
      const value = given[field] ?? before[field]
      const found = known.find((each) => each === value)
      if (found === undefined) fault(field, `Choose one of ${known.join(', ')}.`)
      return found ?? before[field]
    },
    flag(field: Of<boolean>): boolean {
      const value = given[field] ?? before[field]
      if (typeof value !== 'boolean') fault(field, 'Say yes or no.')
      return value === true
    },
    whole(field: Of<number>, least: number, most: number, sentence: string): number {
      const value = given[field] ?? before[field]
      if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
      fault(field, sentence)
      return least
    },
    /** Empty entries are left out, so that a form may send lines as they are. */
    list(field: Of<string[]>, most: number): string[] {
      const value: unknown = given[field] ?? before[field]
      if (!Array.isArray(value) || value.some((each) => typeof each !== 'string' || /\p{C}/u.test(each))) {
        fault(field, 'Write one entry a line.')
        return []
      }
      const entries = [...new Set((value as string[]).map((each) => each.trim()).filter((each) => each !== ''))]
      if (entries.length > most || entries.some((each) => each.length > 300))
        fault(field, `At most ${most} entries, of 300 characters each.`)
      return entries
    },
  }
}

function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
