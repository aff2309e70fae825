/** Which client family sent a message, from what it lets slip. A guess for people: nothing is decided by it. */
import { nameToText } from '@/lib/pki/name'
import type { Cipher, Digest } from './algorithms'
import type { ClientFamily } from './client-catalogue'

/** Whatever is known; every part may be missing. */
export interface ClientTraits {
  method?: string
  userAgent?: string | null
  /** Undecoded, without the query. */
  path?: string | null
  /** Raw. */
  query?: string | null
  contentType?: string | null
  digest?: Digest
  cipher?: Cipher | null
  transactionId?: Uint8Array
  signer?: { subjectDer: Uint8Array; serial: Uint8Array }
}

/** What a client says of itself comes first, then what only one family does; null when several would fit. */
export function recognise(traits: ClientTraits): ClientFamily | null {
  return byUserAgent(traits.userAgent ?? '') ?? byMessage(traits) ?? byAddress(traits)
}

const USER_AGENTS: readonly (readonly [RegExp, ClientFamily])[] = [
  [/^latchkey\b/i, 'latchkey'],
  [/\bNDES client\b/i, 'windows'],
  [/\bCisco\b/i, 'cisco'],
  [/\bsscep\b/i, 'sscep'],
  [/\bcertmonger\b/i, 'certmonger'],
  [/\bstrongSwan\b/i, 'strongswan'],
  [/\bJamf/i, 'jamf'],
  [/\b(MobileIron|Ivanti|AirWatch|Workspace ?ONE)/i, 'mdm_proxy'],
  [/\b(JunOS|Juniper)\b/i, 'juniper'],
  [/\bMikroTik\b/i, 'mikrotik'],
  [/\b(FortiGate|Fortinet|PAN-OS|Palo ?Alto|BIG-IP)/i, 'firewall'],
  [/\bAruba/i, 'fips_java'],
  [/\b(AudioCodes|Westermo|Digi International|IGEL|Canon)\b/i, 'embedded'],
  [/\bjscep\b/i, 'jscep'],
  // CFNetwork is the HTTP library of every Apple system; the others are the processes that enrol there.
  [/\b(CFNetwork|mdmclient|profiled|teslad)\b/, 'apple'],
]

function byUserAgent(userAgent: string): ClientFamily | null {
  return USER_AGENTS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? null
}

const SHA1_BYTES = 20

function byMessage(traits: ClientTraits): ClientFamily | null {
  const id = textOf(traits.transactionId)
  const subject = traits.signer ? nameOf(traits.signer.subjectDer) : ''
  if (subject === 'CN=SCEP Protocol Certificate') return 'windows'
  if (/(^|,)CN=SCEP SIGNER(,|$)/i.test(subject)) return 'micromdm'
  if (/^sscep\b/i.test(id)) return 'sscep'
  // Every temporary certificate of Apple has serial number 1 and a random UUID for a name.
  if (isOne(traits.signer?.serial) && UUID_NAME.test(subject)) return 'apple'
  if (traits.signer?.serial.length === 32 && /^[0-9A-F]{32}$/.test(id)) return 'sscep'
  // strongSwan numbers its certificate with the transactionID.
  if (isHexOf(traits.signer?.serial, id)) return 'strongswan'
  if (isBase64Sha1(id) && (traits.cipher === 'des' || isGo(traits))) return 'micromdm'
  if (/^[0-9a-f]{40}$/.test(id) && /^(application\/octet-stream|)$/.test(traits.contentType ?? '') && isJava(traits))
    return 'jscep'
  if (traits.cipher === 'des' && isGo(traits)) return 'micromdm'
  return null
}

function byAddress(traits: ClientTraits): ClientFamily | null {
  const query = traits.query ?? ''
  // It walks through the certificates by number, and never posts.
  if (traits.method === 'GET' && /(^|&)message=\d{1,2}(&|$)/.test(query)) return 'certmonger'
  if (/(^|&)operation=GetCAChain(&|$)/i.test(query)) return 'certmonger'
  if (/(^|&)message=CAIdentifier(&|$)/.test(query)) return 'sscep'
  if (/(^|&)message=default(&|$)/i.test(query)) return 'windows'
  if (/^\/certsrv\/mscep\/mscep\.dll(\/|$)/i.test(traits.path ?? '')) return 'ndes_shaped'
  return null
}

const UUID_NAME = /^CN=[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/i

function isOne(serial: Uint8Array | undefined): boolean {
  return serial?.length === 1 && serial[0] === 1
}

/** The serial number may begin with a zero octet that keeps it positive. */
function isHexOf(serial: Uint8Array | undefined, id: string): boolean {
  if (serial === undefined || !/^[0-9A-F]{40}$/.test(id)) return false
  const digits = Buffer.from(serial).toString('hex').toUpperCase()
  return digits === id || digits === `00${id}`
}

function isBase64Sha1(id: string): boolean {
  return /^[A-Za-z0-9+/]{27}=$/.test(id) && Buffer.from(id, 'base64').length === SHA1_BYTES
}

function isGo({ userAgent }: ClientTraits): boolean {
  return /^Go-http-client\//.test(userAgent ?? '')
}

function isJava({ userAgent }: ClientTraits): boolean {
  return /\bJava\/|\bApache-HttpClient\/|^$/.test(userAgent ?? '')
}

function textOf(bytes: Uint8Array | undefined): string {
  const text = Buffer.from(bytes ?? []).toString('latin1')
  return /^[\x20-\x7e]*$/.test(text) ? text : ''
}

function nameOf(der: Uint8Array): string {
  try {
    return nameToText(der)
  } catch {
    return ''
  }
}
