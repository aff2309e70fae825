/**
 * The configuration profile with which an Apple device enrols by SCEP, trusts the group's CA and joins its network. The
 * payloads name one another, so all of them are in one profile. Identifiers and UUIDs come from the root, the endpoint and
 * the device: a second download replaces the first.
 */
import type { NamePart } from '@/lib/pki/name'
import { ATTRIBUTE_OID } from '@/lib/pki/oid'
import { certificatePayload, keyMark, uuidOf } from './apple-profile'
import { hasVariable, keySize, subjectOf, variable } from './mdm-profile-names'
import { fileStem } from './mdm-profile-text'
import {
  CHALLENGE_PLACE,
  DEVICE_PLACE,
  hasNetwork,
  type PlatformProfiles,
  type ProfileChoices,
  type ProfileFacts,
} from './mdm-profile-types'
import { type PropertyValue, propertyList } from './property-list'

export const APPLE_PROFILE_TYPE = 'application/x-apple-aspen-config'

/** Of one device, with a challenge of its own. Without, every device that is given the profile has to be told one. */
export interface AppleDevice {
  subject: readonly NamePart[]
  challenge: string
}

export function applePlatform(facts: ProfileFacts, choices: ProfileChoices): PlatformProfiles {
  return {
    platform: 'apple',
    title: 'Apple',
    clients: choices.mdm === 'jamf' ? ['apple', 'jamf'] : ['apple'],
    documents: [
      {
        kind: 'apple',
        title: 'Configuration profile to upload to an MDM, unsigned',
        fileName: `${fileStem(facts.endpoint.slug)}.mobileconfig`,
        contentType: APPLE_PROFILE_TYPE,
        content: new TextDecoder().decode(appleEnrolmentProfile(facts, choices, null)),
      },
      ...(whyUnsigned(facts, choices) === null
        ? [
            {
              kind: 'apple-signed',
              title: 'The same, signed, to hand out as it is',
              fileName: `${fileStem(facts.endpoint.slug)}-signed.mobileconfig`,
              contentType: APPLE_PROFILE_TYPE,
              content: appleEnrolmentProfile(facts, choices, null),
              toBeSigned: true as const,
            },
          ]
        : []),
    ],
    values: [{ title: "Fields of the MDM's own SCEP form", rows: formRows(facts, choices) }],
    notes: notes(facts, choices),
  }
}

/** What is signed stays as it is: nobody can fill in anything later. Null where there is nothing to fill in. */
export function whyUnsigned(facts: ProfileFacts, choices: ProfileChoices): string | null {
  const named = subjectOf(facts, choices, choices.mdm).some(
    ({ value }) => hasVariable(value) || value.includes(DEVICE_PLACE),
  )
  if (named) return 'A signed profile cannot be changed, so no variable may be in it: give the whole subject.'
  if (challengeOf(facts, choices) !== null)
    return 'A signed profile cannot be changed, so a challenge has to be in it: make one for a single device.'
  return null
}

export function appleEnrolmentProfile(
  facts: ProfileFacts,
  choices: ProfileChoices,
  device: AppleDevice | null,
): Uint8Array {
  const { organisation, group, endpoint, root, issuer } = facts
  const subject = device?.subject ?? subjectOf(facts, choices, choices.mdm)
  // An identity of its own for each device: were they the same, a second one would take the place of the first.
  const whose = device === null ? '' : `.${keyMark(JSON.stringify(subject))}`
  const identifier = `latchkey.enrol.${keyMark(root.der)}.${endpoint.slug}${whose}`
  const anchor = certificatePayload(identifier, organisation, {
    kind: 'root',
    name: root.name,
    fileName: `${root.slug}.cer`,
    der: root.der,
  })
  const intermediate = certificatePayload(identifier, organisation, {
    kind: 'issuer',
    name: issuer.name,
    fileName: `${issuer.slug}.cer`,
    der: issuer.der,
  })
  const identity = payload(`${identifier}.scep`, organisation, {
    PayloadType: 'com.apple.security.scep',
    PayloadDisplayName: `${group.name}: certificate`,
    PayloadDescription: 'Asks for the certificate of this device.',
    PayloadContent: scepContent(facts, choices, subject, device),
  })
  const network = hasNetwork(choices)
    ? [payload(`${identifier}.wifi`, organisation, wifi(choices, identity.PayloadUUID, anchor.PayloadUUID))]
    : []
  return propertyList({
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadIdentifier: identifier,
    PayloadUUID: uuidOf(identifier),
    PayloadDisplayName: `${group.name}: ${network.length > 0 ? 'certificate and Wi-Fi' : 'certificate'}`,
    PayloadDescription: `Gives this device a certificate of ${organisation}.`,
    PayloadOrganization: organisation,
    PayloadScope: 'System',
    PayloadContent: [anchor, intermediate, identity, ...network],
  })
}

function payload(
  identifier: string,
  organisation: string,
  keys: { readonly [key: string]: PropertyValue },
): { readonly PayloadUUID: string; readonly [key: string]: PropertyValue } {
  return {
    PayloadVersion: 1,
    PayloadIdentifier: identifier,
    PayloadUUID: uuidOf(identifier),
    PayloadOrganization: organisation,
    ...keys,
  }
}

/** Of this payload, and no other, the keys are nested. Two of its names have a space in them. */
function scepContent(
  facts: ProfileFacts,
  choices: ProfileChoices,
  subject: readonly NamePart[],
  device: AppleDevice | null,
): PropertyValue {
  const { scepUrl, group, issuer, endpoint } = facts
  const challenge = device?.challenge ?? challengeOf(facts, choices)
  const names = device === null ? alternativeNames(choices) : null
  return {
    URL: scepUrl,
    Name: group.slug,
    // A list of RDNs, each a list of attributes, each a type and a value.
    Subject: subject.map(({ type, value }) => [[appleType(type), value]]),
    ...(names === null ? {} : { SubjectAltName: names }),
    ...(challenge === null ? {} : { Challenge: challenge }),
    Keysize: keySize(facts),
    'Key Type': 'RSA',
    'Key Usage': SIGN_AND_ENCRYPT,
    CAFingerprint: Buffer.from(issuer.fingerprintSha1, 'hex'),
    // It gives up after seconds unless told to wait for an approval.
    ...(endpoint.policy === 'approval' ? { Retries: 60, RetryDelay: 60 } : { Retries: 3, RetryDelay: 10 }),
    KeyIsExtractable: false,
    AllowAllAppsAccess: false,
  }
}

const SIGN_AND_ENCRYPT = 5
const APPLE_TYPES: readonly string[] = ['C', 'L', 'ST', 'O', 'OU', 'CN']

function appleType(type: string): string {
  if (APPLE_TYPES.includes(type)) return type
  return (ATTRIBUTE_OID as Readonly<Record<string, string>>)[type] ?? type
}

/** Jamf Pro, Fleet and others put it in as they deliver the profile; of the first, the form has a field for how. */
function challengeOf({ endpoint }: ProfileFacts, { mdm }: ProfileChoices): string | null {
  if (endpoint.policy === 'approval') return null
  return mdm === 'fleet' ? '$FLEET_VAR_NDES_SCEP_CHALLENGE' : CHALLENGE_PLACE
}

function alternativeNames({ namedBy, subject, mdm }: ProfileChoices): PropertyValue | null {
  return namedBy === 'email' && subject === null && mdm !== 'none' ? { rfc822Name: variable(mdm, 'email') } : null
}

const EAP_TLS = 13

/** The certificate stands beside the EAP settings, not among them. Anchor and names: else any certificate of the root would do. */
function wifi(choices: ProfileChoices & { ssid: string }, identity: string, anchor: string) {
  return {
    PayloadType: 'com.apple.wifi.managed',
    PayloadDisplayName: `Wi-Fi: ${choices.ssid}`,
    SSID_STR: choices.ssid,
    HIDDEN_NETWORK: false,
    AutoJoin: true,
    EncryptionType: 'WPA2',
    SetupModes: ['System'],
    PayloadCertificateUUID: identity,
    EAPClientConfiguration: {
      AcceptEAPTypes: [EAP_TLS],
      PayloadCertificateAnchorUUID: [anchor],
      TLSTrustedServerNames: [...choices.radiusNames],
      TLSMinimumVersion: '1.2',
    },
  }
}

function formRows(facts: ProfileFacts, choices: ProfileChoices): { name: string; value: string }[] {
  const { scepUrl, group, issuer, endpoint } = facts
  const subject = subjectOf(facts, choices, choices.mdm)
  return [
    { name: 'URL', value: scepUrl },
    { name: 'Name', value: group.slug },
    { name: 'Subject', value: subject.map(({ type, value }) => `${appleType(type)}=${value}`).join(',') },
    { name: 'Challenge type', value: CHALLENGE_TYPES[endpoint.policy] },
    { name: 'Key size', value: String(keySize(facts)) },
    { name: 'Key usage', value: 'Digital signature and key encipherment' },
    { name: 'Fingerprint of the CA, SHA-1', value: issuer.fingerprintSha1.toUpperCase() },
    { name: 'Key may be exported', value: 'No' },
  ]
}

const CHALLENGE_TYPES: Record<ProfileFacts['endpoint']['policy'], string> = {
  dynamic: 'Dynamic: one for each device',
  static: 'Static: the secret of the endpoint',
  approval: 'None: a person approves each request',
  delegated: 'As the MDM mints it: another system validates it',
}

function notes({ endpoint, validityDays, renewalWindowDays }: ProfileFacts, { mdm }: ProfileChoices): string[] {
  const always = [
    `A device does not renew by itself: let the MDM send the profile again when ${renewalWindowDays} of ${validityDays} days are left.`,
    'A root that an MDM installs is trusted at once. One installed by hand on iOS must be switched on under General, About, Certificate Trust Settings.',
    'If the only network of the device is the one in the profile, enrol over another network first.',
    'If the certificates of the RADIUS servers come from another CA, add its root to the profile and name it in PayloadCertificateAnchorUUID.',
    'The CA fingerprint is the SHA-1 of the issuer, as Microsoft servers show it; Apple does not say which digest it compares. Take the key out if a device refuses it.',
  ]
  const ofPolicy =
    endpoint.policy === 'dynamic'
      ? [
          `A challenge lets in one device, so none is in this profile: the MDM puts one in the place of ${CHALLENGE_PLACE}, or make a profile for one device here.`,
        ]
      : endpoint.policy === 'approval'
        ? ['The device asks again for an hour. Whoever is not approved by then starts anew.']
        : []
  return [...ofPolicy, ...(NOTES_OF_MDM[mdm] ?? []), ...always]
}

const NOTES_OF_MDM: Partial<Record<ProfileChoices['mdm'], readonly string[]>> = {
  jamf: [
    'Use the SCEP payload of Jamf Pro with the values below the profile, and the challenge type Dynamic with a Jamf connector: an uploaded profile is delivered as it is, and its challenge is the same for every device.',
    'With "Redistribute Profile" on, Jamf Pro adds $PROFILE_IDENTIFIER to the subject as a second CN or OU: let challenges allow it.',
    'On iPhone and iPad the name of the device is $DEVICENAME.',
  ],
  'jamf-school': [
    'Upload the profile as a custom one. Names of variables beyond %Username% and %Email% are unverified.',
  ],
  kandji: [
    'Kandji adds CN=$PROFILE_UUID to the subject. Only static challenges are confirmed. Names of variables are unverified.',
  ],
  mosyle: ['Static challenges have 32 characters at most. Names of variables are unverified.'],
  fleet: [
    'Fleet asks the NDES page of the endpoint for the challenge as it delivers the profile. It renews when $FLEET_VAR_CERTIFICATE_RENEWAL_ID is in the CN or OU of the subject.',
    'Variables for the identifier and the e-mail address are unverified.',
  ],
  'workspace-one': [
    'Use the certificate authority of Workspace ONE (Microsoft ADCS, SCEP, NDES) with the NDES page of the endpoint rather than an uploaded profile. Names of variables are unverified.',
  ],
  simplemdm: [
    'Custom profiles have their variables filled in only when that is switched on. Names of variables are unverified.',
  ],
}
