/** Configuration profiles with a SCEP payload: their variables, and how their challenge is got. */
import { parseNameText } from '@/lib/pki/name'
import type { San } from '@/lib/pki/san'
import type { Payload } from './jamf-device'
import type { JamfDevice } from './jamf-state'
import { basic } from './jamf-webhooks'

export type ChallengeMode =
  | { type: 'None' }
  | { type: 'Static'; challenge: string }
  | { type: 'Dynamic' }
  | { type: 'Dynamic-Microsoft CA'; adminUrl: string; user: string; password: string }

/** Keys of an Apple SCEP payload. */
const SAN_TYPE = {
  rfc822Name: 'email',
  dNSName: 'dns',
  uniformResourceIdentifier: 'uri',
  ntPrincipalName: 'upn',
} as const

export interface ProfileSettings {
  name: string
  /** SCEP URL, as the portal shows it. */
  url: string
  /** With variables, such as CN=$SERIALNUMBER,O=Example. */
  subject: string
  san: { type: keyof typeof SAN_TYPE; value: string }[]
  challenge: ChallengeMode
  keySize: number
  /** "Redistribute profile": Jamf Pro then adds the profile's identifier to the subject. */
  redistribute: 'no' | 'CN' | 'OU'
  /** Jamf Pro asks instead of the device. */
  proxy: boolean
  /** What becomes of a variable without a value. */
  unresolved: 'literal' | 'empty'
}

export interface Profile extends ProfileSettings {
  id: number
  /** $PROFILE_IDENTIFIER. */
  identifier: string
}

const MOST_STATIC_CHARACTERS = 32

export function checkedProfile(settings: ProfileSettings): ProfileSettings {
  const { challenge } = settings
  if (challenge.type === 'Static' && challenge.challenge.length > MOST_STATIC_CHARACTERS)
    throw new Error(`Jamf Pro takes a static challenge of at most ${MOST_STATIC_CHARACTERS} characters`)
  parseNameText(settings.subject)
  return settings
}

export function payloadFor(profile: Profile, device: JamfDevice, challenge: string | null): Payload {
  const expand = (text: string) => expanded(text, profile, device)
  const parts = parseNameText(profile.subject).map(({ type, value }) => ({ type, value: expand(value) }))
  const subject =
    profile.redistribute === 'no' ? parts : [...parts, { type: profile.redistribute, value: profile.identifier }]
  const san = profile.san.map(({ type, value }): San => ({ type: SAN_TYPE[type], value: expand(value) }))
  return { url: profile.url, name: 'Latchkey', subject, san, challenge, keySize: profile.keySize }
}

/** Case-sensitive, the longest name first: $PROFILE_IDENTIFIER is no $PROFILE. Unknown names stay as they are. */
function expanded(text: string, profile: Profile, device: JamfDevice): string {
  const values: Readonly<Record<string, string>> = {
    COMPUTERNAME: device.kind === 'computer' ? device.name : '',
    DEVICENAME: device.kind === 'mobile' ? device.name : '',
    UDID: device.udid,
    SERIALNUMBER: device.serialNumber,
    USERNAME: device.username,
    FULLNAME: device.realName,
    REALNAME: device.realName,
    EMAIL: device.email,
    PHONE: device.phone,
    POSITION: device.position,
    ROOM: device.room,
    DEPARTMENTNAME: device.department,
    BUILDINGNAME: device.building,
    MACADDRESS: device.macAddress,
    JSSID: String(device.id),
    MANAGEMENTID: device.managementId,
    PROFILEJSSID: String(profile.id),
    PROFILE_IDENTIFIER: profile.identifier,
  }
  return text.replace(/\$([A-Z][A-Z_]*(?:_\d+)?)/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined || (value === '' && profile.unresolved === 'literal')) return whole
    return value
  })
}

export type Scraped = { ok: true; status: number; challenge: string } | { ok: false; status: number; sentence: string }

/**
 * The page of NDES, read as Jamf Pro must be able to: 16-bit or 8-bit characters, no redirect followed, and the value
 * behind the phrase and nothing else.
 */
export async function scrape(mode: Extract<ChallengeMode, { type: 'Dynamic-Microsoft CA' }>): Promise<Scraped> {
  const response = await fetch(mode.adminUrl, {
    headers: { authorization: basic(mode.user, mode.password) },
    redirect: 'manual',
    signal: AbortSignal.timeout(5_000),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  const { status } = response
  if (status !== 200) return { ok: false, status, sentence: `the page answered ${status}` }
  const sixteen = bytes[1] === 0 || (bytes[0] === 0xff && bytes[1] === 0xfe)
  const page = bytes.toString(sixteen ? 'utf16le' : 'latin1')
  const challenge = /The enrollment challenge password is: <B> ([0-9A-Za-z]{8,64}) <\/B>/.exec(page)?.[1]
  if (challenge !== undefined) return { ok: true, status, challenge }
  if (page.includes('The password cache is full.')) return { ok: false, status, sentence: 'the password cache is full' }
  const permission = page.includes('You do not have sufficient permission to enroll with SCEP.')
  return { ok: false, status, sentence: permission ? 'no permission to enrol' : 'an unexpected page' }
}
