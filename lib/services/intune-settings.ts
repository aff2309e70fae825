/** What a connector to Microsoft Intune needs to know, checked before anything is stored (intune.md §2 to §4). */
import { Refusal } from '@/lib/errors'
import type { Json } from './audit'
import { REVOCATION_REASONS } from './certificate-requests'
import type { RevocationReason } from './certificates'

export interface IntuneSettings {
  /** GUID or domain of the Entra tenant. */
  tenant: string
  /** Application (client) id of the app registration. */
  applicationId: string
  /** `certificate`: the signer makes the key, and the administrator uploads its certificate to Entra. */
  credentialKind: 'secret' | 'certificate'
  authorityUrl: string
  graphUrl: string
  graphScope: string
  intuneScope: string
  /** Where discovery may lead: the token is sent there. "*.example.com" is every host below it. */
  serviceHosts: string[]
  /** Whether revocation requests are fetched. */
  revocations: boolean
  revocationMinutes: number
  /** Intune says none. */
  revocationReason: RevocationReason
  /** How results are spelt in an upload: both libraries of Microsoft's do it their own way. */
  resultCodes: 'names' | 'numbers'
  /** What a device hears while Intune cannot be asked: SCEP FAILURE, or HTTP 503 with Retry-After. */
  unavailableAnswer: 'failure' | 'retry'
  /** A challenge that was seen with one key is refused with another. */
  strictReplay: boolean
  /** Hosts in private networks that may be called, beside public ones. */
  allowedHosts: string[]
}

export const INTUNE_DEFAULTS: IntuneSettings = {
  tenant: '',
  applicationId: '',
  credentialKind: 'secret',
  authorityUrl: 'https://login.microsoftonline.com/',
  graphUrl: 'https://graph.microsoft.com/',
  graphScope: 'https://graph.microsoft.com/.default',
  // The resource ends in a slash, and /.default is appended to it.
  intuneScope: 'https://api.manage.microsoft.com//.default',
  serviceHosts: ['*.manage.microsoft.com'],
  revocations: true,
  revocationMinutes: 5,
  revocationReason: 'cessationOfOperation',
  resultCodes: 'names',
  unavailableAnswer: 'failure',
  strictReplay: true,
  allowedHosts: [],
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i
const SCOPE = /^[\x21-\x7e]{1,300}$/
const HOST_PATTERN = /^(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:\d{1,5})?$/
const HOST = /^(\[[0-9a-f:.]{2,45}\]|[0-9a-f:.]{2,45}|[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)(:\d{1,5})?$/
const MOST_HOSTS = 20
/** Entra's secrets are 40 characters; its documentation promises no length. */
const MOST_SECRET = 500

/** Fields that stay away keep what they were, or their default. Everything wrong is named at once. */
export function checkedIntuneSettings(input: unknown, before: Json | null): { [key: string]: Json } {
  const given = isRecord(input) ? input : refuse({ settings: 'Settings are an object.' })
  const faults: Record<string, string> = {}
  for (const field of Object.keys(given)) if (!(field in INTUNE_DEFAULTS)) faults[field] = 'There is no such setting.'
  const kept = { ...INTUNE_DEFAULTS, ...(isRecord(before) ? before : {}) }
  const values: Record<string, unknown> = { ...kept, ...withoutUndefined(given) }

  const text = (field: keyof IntuneSettings, sound: (value: string) => boolean, sentence: string): string => {
    const value = typeof values[field] === 'string' ? values[field].trim() : ''
    if (!sound(value)) faults[field] = sentence
    return value
  }
  const word = <T extends string>(field: keyof IntuneSettings, words: readonly T[]): T => {
    const found = words.find((each) => each === values[field])
    if (found === undefined) faults[field] = `One of ${words.join(', ')}.`
    return found ?? (words[0] as T)
  }
  const flag = (field: keyof IntuneSettings): boolean => {
    if (typeof values[field] !== 'boolean') faults[field] = 'Yes or no.'
    return values[field] === true
  }
  const hosts = (field: keyof IntuneSettings, pattern: RegExp, least: number, sentence: string): string[] => {
    const list = Array.isArray(values[field]) ? values[field] : [null]
    const cleaned = list.map((each) => (typeof each === 'string' ? each.trim().toLowerCase() : ''))
    if (cleaned.length > MOST_HOSTS || cleaned.length < least || cleaned.some((each) => !pattern.test(each)))
      faults[field] = sentence
    return cleaned
  }
  const minutes = values.revocationMinutes
  if (typeof minutes !== 'number' || !Number.isInteger(minutes) || minutes < 1 || minutes > 1_440)
    faults.revocationMinutes = 'From 1 minute to 1440.'

  const settings: IntuneSettings = {
    tenant: text(
      'tenant',
      (value) => GUID.test(value) || DOMAIN.test(value),
      'Write the Directory (tenant) ID from Entra, or a domain of the tenant such as contoso.onmicrosoft.com.',
    ).toLowerCase(),
    applicationId: text(
      'applicationId',
      (value) => GUID.test(value),
      'Write the Application (client) ID of the app registration, such as 11111111-2222-3333-4444-555555555555.',
    ).toLowerCase(),
    credentialKind: word('credentialKind', ['secret', 'certificate']),
    authorityUrl: folder(text('authorityUrl', isBase, 'Write an address that begins with https://.')),
    graphUrl: folder(text('graphUrl', isBase, 'Write an address that begins with https://.')),
    graphScope: text('graphScope', isScope, 'Write a scope that ends in /.default.'),
    intuneScope: text('intuneScope', isScope, 'Write a scope that ends in /.default.'),
    serviceHosts: hosts('serviceHosts', HOST_PATTERN, 1, 'Write hosts such as *.manage.microsoft.com, 1 to 20.'),
    revocations: flag('revocations'),
    revocationMinutes: typeof minutes === 'number' ? minutes : INTUNE_DEFAULTS.revocationMinutes,
    revocationReason: word('revocationReason', REVOCATION_REASONS),
    resultCodes: word('resultCodes', ['names', 'numbers']),
    unavailableAnswer: word('unavailableAnswer', ['failure', 'retry']),
    strictReplay: flag('strictReplay'),
    allowedHosts: hosts('allowedHosts', HOST, 0, 'Write hosts such as proxy.internal or 10.0.0.5:8443, 20 at most.'),
  }
  // A hold could be released: the device that Intune wiped would be let in again.
  if (settings.revocationReason === 'certificateHold') faults.revocationReason = 'A wiped device is revoked for good.'
  if (Object.keys(faults).length > 0) refuse(faults)
  return { ...settings }
}

/** Of a row that was checked when it was written. */
export function intuneSettings(stored: Json): IntuneSettings {
  return { ...INTUNE_DEFAULTS, ...(isRecord(stored) ? stored : {}) } as IntuneSettings
}

/** What the signer seals: JSON, so that another member may join it. */
export function checkedIntuneCredential(input: unknown): Uint8Array {
  const secret = isRecord(input) && typeof input.clientSecret === 'string' ? input.clientSecret.trim() : ''
  if (secret === '' || secret.length > MOST_SECRET || !/^[\x21-\x7e]+$/.test(secret))
    refuse({ clientSecret: 'Write the value of the client secret: Entra shows it once, as the secret is made.' })
  if (GUID.test(secret))
    refuse({ clientSecret: 'This is the ID of the secret. Copy what Entra shows in the column Value.' })
  return Buffer.from(JSON.stringify({ clientSecret: secret }), 'utf8')
}

/** What we present to Entra: a secret, or a key of the signer's whose certificate the administrator uploaded there. */
export type IntuneCredential =
  | { kind: 'secret'; clientSecret: string }
  | ({ kind: 'certificate'; next: OwnCertificate | null } & OwnCertificate)

export interface OwnCertificate {
  keyId: string
  /** DER. */
  certificate: Uint8Array
}

/** The bytes to seal for a certificate that was just made, and for one that waits to take over. */
export function certificateCredential({
  next = null,
  ...current
}: OwnCertificate & { next?: OwnCertificate | null }): Uint8Array {
  const member = { ...written(current), ...(next === null ? {} : { next: written(next) }) }
  return Buffer.from(JSON.stringify(member), 'utf8')
}

/** Null for what was never sealed here. */
export function intuneCredential(opened: Uint8Array): IntuneCredential | null {
  const credential = parsed(opened)
  if (!isRecord(credential)) return null
  if (typeof credential.clientSecret === 'string') return { kind: 'secret', clientSecret: credential.clientSecret }
  const current = ownCertificate(credential)
  return current === null ? null : { kind: 'certificate', ...current, next: ownCertificate(credential.next) }
}

function written({ keyId, certificate }: OwnCertificate) {
  return { keyId, certificate: Buffer.from(certificate).toString('base64') }
}

function ownCertificate(member: unknown): OwnCertificate | null {
  if (!isRecord(member) || typeof member.keyId !== 'string' || typeof member.certificate !== 'string') return null
  return { keyId: member.keyId, certificate: new Uint8Array(Buffer.from(member.certificate, 'base64')) }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return null
  }
}

/** The secret goes to the authority alone: another one, or another identity there, needs it entered anew. */
export function intuneCredentialMoves(before: Json, after: Json): boolean {
  const [old, next] = [intuneSettings(before), intuneSettings(after)]
  const presentedTo = ({ authorityUrl, tenant, applicationId, credentialKind }: IntuneSettings) =>
    [authorityUrl, tenant, applicationId, credentialKind].join('\n')
  return presentedTo(old) !== presentedTo(next)
}

/** http:// is for places that the deployment allows; whether this is one shows when it is called. */
function isBase(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || text.length > 500 || (url.protocol !== 'https:' && url.protocol !== 'http:')) return false
  return url.username === '' && url.password === '' && url.search === '' && url.hash === ''
}

function folder(text: string): string {
  return text.endsWith('/') ? text : `${text}/`
}

function isScope(text: string): boolean {
  return SCOPE.test(text) && text.endsWith('/.default')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withoutUndefined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function refuse(faults: Record<string, string>): never {
  const [first = ''] = Object.values(faults)
  throw new Refusal('invalid_input', first, { reason: 'invalid_connector', fields: faults })
}
