/** What Microsoft Intune needs: trusted certificate profiles and a SCEP profile per platform, as values and as Graph JSON. */
import { keySize, subjectOf, subjectText, usageName, variable } from './mdm-profile-names'
import { fileStem, json } from './mdm-profile-text'
import type {
  PlatformProfiles,
  ProfileAuthority,
  ProfileChoices,
  ProfileDocument,
  ProfileFacts,
  ProfileValues,
} from './mdm-profile-types'

interface IntunePlatform {
  id: string
  title: string
  trusted: string
  scep: string
  /** Keys that this type has beside the common ones. */
  trustedKeys?: (kind: 'root' | 'issuer') => Record<string, unknown>
  scepKeys?: Record<string, unknown>
  /** Work profiles know the user's store alone. */
  userStoreOnly?: boolean
  /** The type has no digest to choose. */
  noHash?: boolean
  /** Renews only while it is unlocked, online and in sync: it must begin early. */
  renewsLate?: boolean
}

const GRAPH = 'https://graph.microsoft.com/beta/deviceManagement/deviceConfigurations'
const ROOT_PLACE = 'ID-OF-THE-ROOT-PROFILE'

/** Per cent of its life that is left. With a challenge of its own each renewal is an enrolment, at any time. */
const THRESHOLD = 20
const APPLE_THRESHOLD = 50

const DEVICE_CHANNEL = { deploymentChannel: 'deviceChannel' }

const INTUNE_PLATFORMS: readonly IntunePlatform[] = [
  {
    id: 'windows',
    title: 'Windows',
    trusted: 'windows81TrustedRootCertificate',
    scep: 'windows81SCEPCertificateProfile',
    trustedKeys: (kind) => ({
      destinationStore: kind === 'root' ? 'computerCertStoreRoot' : 'computerCertStoreIntermediate',
    }),
    scepKeys: { keyStorageProvider: 'useTpmKspOtherwiseUseSoftwareKsp' },
  },
  {
    id: 'ios',
    title: 'iOS and iPadOS',
    trusted: 'iosTrustedRootCertificate',
    scep: 'iosScepCertificateProfile',
    noHash: true,
    renewsLate: true,
  },
  {
    id: 'macos',
    title: 'macOS',
    trusted: 'macOSTrustedRootCertificate',
    scep: 'macOSScepCertificateProfile',
    renewsLate: true,
    trustedKeys: () => DEVICE_CHANNEL,
    scepKeys: { ...DEVICE_CHANNEL, allowAllAppsAccess: false },
  },
  {
    id: 'android',
    title: 'Android, fully managed or dedicated',
    trusted: 'androidDeviceOwnerTrustedRootCertificate',
    scep: 'androidDeviceOwnerScepCertificateProfile',
  },
  {
    id: 'android-work',
    title: 'Android, work profile',
    trusted: 'androidWorkProfileTrustedRootCertificate',
    scep: 'androidWorkProfileScepCertificateProfile',
    userStoreOnly: true,
  },
]

export function intunePlatform(facts: ProfileFacts, choices: ProfileChoices): PlatformProfiles {
  return {
    platform: 'intune',
    title: 'Microsoft Intune',
    clients: ['windows', 'android_intune', 'apple'],
    documents: INTUNE_PLATFORMS.flatMap((platform) => documents(facts, choices, platform)),
    values: [trustedValues(facts), scepValues(facts, choices)],
    notes: [
      `Send the three in this order to ${GRAPH}, and put the id that Graph answers for the root in the place of ${ROOT_PLACE}. The API is Microsoft's beta; permission DeviceManagementConfiguration.ReadWrite.All.`,
      'The SCEP profile names the root, also with an issuer below it. Assign trusted certificates and SCEP profile to the same group, or the profile waits for ever.',
      'Intune mints the challenge itself and answers whether it holds: connect Intune first, then choose “Decided elsewhere” and that connector at this endpoint.',
      'Android needs https and a subject alternative name; some devices want the issuer as a trusted certificate too.',
      'iOS and macOS renew only while they are unlocked, online and in sync: keep the renewal threshold high. iOS asks for one certificate for each profile that refers to it.',
      'macOS ignores the requested validity, and any extended key usage but Client Authentication.',
      'The URI IntuneDeviceId lets a network access control find the device in Intune. For strong mapping to Active Directory add the URI {{OnPremisesSecurityIdentifier}}.',
      'Deployment channel, and whether SerialNumber can be used on each platform, are unverified.',
    ],
  }
}

function documents(facts: ProfileFacts, choices: ProfileChoices, platform: IntunePlatform): ProfileDocument[] {
  const document = (part: string, title: string, content: unknown): ProfileDocument => ({
    kind: `intune-${platform.id}-${part}`,
    title: `${platform.title}: ${title}`,
    fileName: `${fileStem(facts.endpoint.slug)}-intune-${platform.id}-${part}.json`,
    contentType: 'application/json',
    content: json(content),
  })
  return [
    document('root', 'trusted certificate, the root', trusted(facts, platform, 'root', facts.root)),
    document('issuer', 'trusted certificate, the issuer', trusted(facts, platform, 'issuer', facts.issuer)),
    document('scep', 'SCEP certificate', scep(facts, choices, platform)),
  ]
}

function trusted(facts: ProfileFacts, platform: IntunePlatform, kind: 'root' | 'issuer', authority: ProfileAuthority) {
  return {
    '@odata.type': `#microsoft.graph.${platform.trusted}`,
    displayName: `${facts.group.name}: ${authority.name} (${platform.title})`,
    description: `SHA-256 ${authority.fingerprintSha256}`,
    trustedRootCertificate: Buffer.from(authority.der).toString('base64'),
    certFileName: `${fileStem(authority.slug)}.cer`,
    ...platform.trustedKeys?.(kind),
  }
}

function scep(facts: ProfileFacts, choices: ProfileChoices, platform: IntunePlatform) {
  return {
    '@odata.type': `#microsoft.graph.${platform.scep}`,
    displayName: `${facts.group.name}: SCEP (${platform.title})`,
    description: facts.scepUrl,
    scepServerUrls: [facts.scepUrl],
    subjectNameFormat: 'custom',
    subjectNameFormatString: subjectText(subjectOf(facts, choices, 'intune')),
    customSubjectAlternativeNames: alternativeNames(choices).map(({ type, value }) => ({ sanType: type, name: value })),
    certificateValidityPeriodValue: facts.validityDays,
    certificateValidityPeriodScale: 'days',
    renewalThresholdPercentage: platform.renewsLate ? APPLE_THRESHOLD : THRESHOLD,
    keyUsage: 'digitalSignature,keyEncipherment',
    keySize: `size${keySize(facts)}`,
    ...(platform.noHash ? {} : { hashAlgorithm: 'sha2' }),
    extendedKeyUsages: facts.extendedKeyUsage.map((oid) => ({ name: usageName(oid), objectIdentifier: oid })),
    certificateStore: platform.userStoreOnly || forUsers(choices) ? 'user' : 'machine',
    ...platform.scepKeys,
    'rootCertificate@odata.bind': `${GRAPH}('${ROOT_PLACE}')`,
  }
}

const forUsers = ({ namedBy, subject }: ProfileChoices) => namedBy === 'email' && subject === null

function alternativeNames(choices: ProfileChoices): { type: string; value: string }[] {
  return [
    { type: 'universalResourceIdentifier', value: `IntuneDeviceId://${variable('intune', 'id')}` },
    ...(forUsers(choices) ? [{ type: 'userPrincipalName', value: '{{UserPrincipalName}}' }] : []),
  ]
}

function trustedValues({ root, issuer }: ProfileFacts): ProfileValues {
  return {
    title: 'Trusted certificate profiles',
    rows: [
      { name: 'Root, SHA-1', value: root.fingerprintSha1.toUpperCase() },
      { name: 'Root, destination store', value: 'Computer certificate store - Root' },
      { name: 'Issuer, SHA-1', value: issuer.fingerprintSha1.toUpperCase() },
      { name: 'Issuer, destination store', value: 'Computer certificate store - Intermediate' },
    ],
  }
}

function scepValues(facts: ProfileFacts, choices: ProfileChoices): ProfileValues {
  return {
    title: 'SCEP certificate profile',
    rows: [
      { name: 'Certificate type', value: forUsers(choices) ? 'User' : 'Device' },
      { name: 'Subject name format', value: subjectText(subjectOf(facts, choices, 'intune')) },
      {
        name: 'Subject alternative name',
        value: alternativeNames(choices)
          .map(({ type, value }) => `${type === 'userPrincipalName' ? 'UPN' : 'URI'}: ${value}`)
          .join('\n'),
      },
      { name: 'Certificate validity period', value: `${facts.validityDays} days` },
      { name: 'Key storage provider', value: 'Enroll to TPM KSP if present, otherwise Software KSP' },
      { name: 'Key usage', value: 'Digital signature, Key encipherment' },
      { name: 'Key size (bits)', value: String(keySize(facts)) },
      { name: 'Hash algorithm', value: 'SHA-2' },
      { name: 'Root certificate', value: 'The trusted certificate profile of the root' },
      {
        name: 'Extended key usage',
        value: facts.extendedKeyUsage.map((oid) => `${usageName(oid)} (${oid})`).join('\n'),
      },
      { name: 'Renewal threshold (%)', value: `${THRESHOLD}; for iOS and macOS ${APPLE_THRESHOLD}` },
      { name: 'SCEP Server URLs', value: facts.scepUrl },
    ],
  }
}
