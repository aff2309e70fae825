/** What the profiles of an endpoint are made of, and what they are: texts and files for each platform that devices run. */
import type { NamePart } from '@/lib/pki/name'
import type { ClientFamily } from '@/lib/scep/client-catalogue'
import type { EndpointPolicy } from './endpoint-settings'

export interface ProfileAuthority {
  /** Its common name. */
  name: string
  slug: string
  der: Uint8Array
  pem: string
  /** Lower-case hex. */
  fingerprintSha1: string
  fingerprintSha256: string
}

/** What is known of an endpoint. Everything in it may hold any character: each format escapes for itself. */
export interface ProfileFacts {
  organisation: string
  group: { slug: string; name: string }
  endpoint: { slug: string; name: string; policy: EndpointPolicy }
  scepUrl: string
  root: ProfileAuthority
  issuer: ProfileAuthority
  /** Whether GetCACert brings the root along. */
  rootFromGetCaCert: boolean
  minRsaBits: number
  validityDays: number
  /** Days before the end from which a device may renew. */
  renewalWindowDays: number
  /** Dotted OIDs. */
  extendedKeyUsage: readonly string[]
}

export const MDM_DIALECTS = [
  'none',
  'jamf',
  'jamf-school',
  'kandji',
  'mosyle',
  'fleet',
  'workspace-one',
  'simplemdm',
] as const
export type MdmDialect = (typeof MDM_DIALECTS)[number]

/** What a device is called in its certificate. */
export const NAMED_BY = ['serial', 'device', 'id', 'email'] as const
export type NamedBy = (typeof NAMED_BY)[number]

export interface ProfileChoices {
  mdm: MdmDialect
  namedBy: NamedBy
  /** Instead of what `namedBy` makes; may hold variables of the MDM. */
  subject: readonly NamePart[] | null
  /** No wireless network: profiles enrol and nothing more. */
  ssid: string | null
  /** Names in the certificates of the RADIUS servers; never empty where a network is configured. */
  radiusNames: readonly string[]
}

export const PLATFORMS = ['apple', 'intune', 'windows', 'android', 'chromeos', 'linux'] as const
export type Platform = (typeof PLATFORMS)[number]

export interface ProfileDocument {
  /** Stable: part of its URL. */
  kind: string
  title: string
  fileName: string
  contentType: string
  /** A text, or the bytes of a file. */
  content: string | Uint8Array
  /** The content as it is before it is signed; what is downloaded is CMS around it. */
  toBeSigned?: true
}

export interface ProfileValues {
  title: string
  rows: readonly { name: string; value: string }[]
}

export interface PlatformProfiles {
  platform: Platform
  title: string
  /** Whom the settings of the endpoint may shut out. */
  clients: readonly ClientFamily[]
  documents: readonly ProfileDocument[]
  values: readonly ProfileValues[]
  /** What is odd about this platform, one sentence each or two. */
  notes: readonly string[]
}

/** Stands where a challenge belongs. No challenge is ever written like this: they have letters and digits alone. */
export const CHALLENGE_PLACE = 'PUT-THE-CHALLENGE-HERE'
/** Stands where a device's own name belongs when no MDM fills it in. */
export const DEVICE_PLACE = 'THIS-DEVICE'

export const hasNetwork = (choices: ProfileChoices): choices is ProfileChoices & { ssid: string } =>
  choices.ssid !== null && choices.radiusNames.length > 0
