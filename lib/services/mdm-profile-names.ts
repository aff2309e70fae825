/** What a device is called in its profile: the variables of each MDM, which fills them in, and the subject around them. */
import { encodeName, type NamePart, nameToText } from '@/lib/pki/name'
import {
  DEVICE_PLACE,
  type MdmDialect,
  type NamedBy,
  type ProfileChoices,
  type ProfileFacts,
} from './mdm-profile-types'

/** Systems that fill in names by themselves: those of the choice, and those that have profiles of their own here. */
export type Dialect = MdmDialect | 'intune' | 'google'

/** As the makers document them; names are case-sensitive. An empty one is not known to exist. */
const VARIABLES: Readonly<Record<Dialect, Record<NamedBy, string>>> = {
  none: { serial: DEVICE_PLACE, device: DEVICE_PLACE, id: DEVICE_PLACE, email: DEVICE_PLACE },
  jamf: { serial: '$SERIALNUMBER', device: '$COMPUTERNAME', id: '$UDID', email: '$EMAIL' },
  'jamf-school': { serial: '%SerialNumber%', device: '%DeviceName%', id: '%UDID%', email: '%Email%' },
  kandji: { serial: '$SERIAL_NUMBER', device: '$DEVICE_NAME', id: '$DEVICE_ID', email: '$EMAIL' },
  mosyle: { serial: '%SerialNumber%', device: '%DeviceName%', id: '%DeviceUDID%', email: '%Email%' },
  fleet: {
    serial: '$FLEET_VAR_HOST_HARDWARE_SERIAL',
    device: '$FLEET_VAR_HOST_HARDWARE_SERIAL',
    id: '$FLEET_VAR_HOST_UUID',
    email: '$FLEET_VAR_HOST_END_USER_IDP_USERNAME',
  },
  'workspace-one': {
    serial: '{DeviceSerialNumber}',
    device: '{DeviceFriendlyName}',
    id: '{DeviceUid}',
    email: '{EmailAddress}',
  },
  simplemdm: {
    serial: '{{device.serial_number}}',
    device: '{{device.name}}',
    id: '{{device.udid}}',
    email: '{{user.email}}',
  },
  intune: { serial: '{{SerialNumber}}', device: '{{DeviceName}}', id: '{{DeviceId}}', email: '{{EmailAddress}}' },
  google: {
    serial: `\${DEVICE_SERIAL_NUMBER}`,
    device: `\${DEVICE_ASSET_ID}`,
    id: `\${DEVICE_DIRECTORY_ID}`,
    email: `\${USER_EMAIL}`,
  },
}

export const DIALECT_TITLES: Readonly<Record<MdmDialect, string>> = {
  none: 'None: I fill in the names',
  jamf: 'Jamf Pro',
  'jamf-school': 'Jamf School',
  kandji: 'Kandji (Iru)',
  mosyle: 'Mosyle',
  fleet: 'Fleet',
  'workspace-one': 'Workspace ONE',
  simplemdm: 'SimpleMDM',
}

export const NAMED_BY_TITLES: Readonly<Record<NamedBy, string>> = {
  serial: 'Serial number',
  device: 'Name of the device',
  id: "The MDM's own identifier",
  email: 'E-mail address of its user',
}

export function variable(dialect: Dialect, namedBy: NamedBy): string {
  return VARIABLES[dialect][namedBy]
}

export function subjectOf(facts: ProfileFacts, { subject, namedBy }: ProfileChoices, dialect: Dialect): NamePart[] {
  if (subject !== null) return [...subject]
  return [
    { type: 'CN', value: variable(dialect, namedBy) },
    { type: 'O', value: facts.organisation },
  ]
}

/** CN=…,O=… with the escapes of RFC 4514. */
export function subjectText(parts: readonly NamePart[]): string {
  return nameToText(encodeName(parts))
}

/** The common name that devices of no MDM are shown with; a place for one where each has its own. */
export function commonNameOf({ subject }: ProfileChoices): string {
  const name = subject?.find(({ type }) => type === 'CN')?.value
  return name === undefined || hasVariable(name) ? DEVICE_PLACE : name
}

/** Whether an MDM has to fill something in. A signed profile stays as it is, so it may hold none. */
export function hasVariable(text: string): boolean {
  return /\$[A-Z_]{3,}|\$\{[^}]*\}|\{\{[^}]*\}\}|\{[A-Za-z]+\}|%[A-Za-z]+%/.test(text)
}

const USAGE_NAMES: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'Server Authentication',
  '1.3.6.1.5.5.7.3.2': 'Client Authentication',
  '1.3.6.1.5.5.7.3.4': 'Secure Email',
  '1.3.6.1.5.5.7.3.17': 'IP security IKE intermediate',
  '1.3.6.1.4.1.311.20.2.2': 'Smart Card Logon',
}

export function usageName(oid: string): string {
  return USAGE_NAMES[oid] ?? oid
}

/** Devices know no sizes between: 3072 becomes 4096. */
export function keySize({ minRsaBits }: Pick<ProfileFacts, 'minRsaBits'>): 2048 | 4096 {
  return minRsaBits <= 2048 ? 2048 : 4096
}
