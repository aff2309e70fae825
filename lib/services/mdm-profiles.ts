/** Ready profiles for the devices of an endpoint, per platform, with its own values filled in. No secret is in them. */
import { Refusal } from '@/lib/errors'
import { fromPem, parseCertificate } from '@/lib/pki/certificate'
import { parseNameText } from '@/lib/pki/name'
import { ATTRIBUTE_OID } from '@/lib/pki/oid'
import { type Compatibility, compatibility } from '@/lib/scep/client-compatibility'
import type { Actor } from './actor'
import type { ChallengesService } from './challenges'
import type { AuthorityView, GroupsService } from './groups'
import { APPLE_PROFILE_TYPE, appleEnrolmentProfile, applePlatform, whyUnsigned } from './mdm-profile-apple'
import { type ProfileFaults, type ProfileWishes, readChoices } from './mdm-profile-choices'
import { intunePlatform } from './mdm-profile-intune'
import { linuxPlatform } from './mdm-profile-linux'
import { hasVariable } from './mdm-profile-names'
import { androidPlatform, chromeOsPlatform } from './mdm-profile-onc'
import { fileStem } from './mdm-profile-text'
import type {
  PlatformProfiles,
  ProfileAuthority,
  ProfileChoices,
  ProfileDocument,
  ProfileFacts,
} from './mdm-profile-types'
import { windowsPlatform } from './mdm-profile-windows'
import type { NetworkAccessService } from './network-access'
import { authoriseInGroups } from './permissions'
import type { ProfileSigners } from './profile-signers'
import { renewableFrom } from './renewal-checks'

export interface PlatformView extends PlatformProfiles {
  /** What the endpoint's present settings mean for these clients; those without a remark are left out. */
  remarks: Compatibility[]
}

export interface EndpointProfiles {
  endpoint: { slug: string; name: string; group: { slug: string; name: string }; enabled: boolean; policy: string }
  organisation: string
  choices: ProfileChoices
  /** What was wished and cannot be; the profiles are made without it. */
  faults: ProfileFaults
  /** Wireless networks that the group's network access names. */
  ssids: readonly string[]
  platforms: PlatformView[]
  certificates: ProfileDocument[]
}

export interface DeviceRequest {
  /** RFC 4514-like text such as "CN=tablet-7,O=Example". */
  subject: string
  deviceName?: string
}

export interface DeviceProfile {
  fileName: string
  contentType: string
  content: Uint8Array
  challenge: { id: string; subject: string; expiresAt: Date }
}

export interface MdmProfilesService {
  /** Refusals: not_found. */
  list(actor: Actor, slug: string, wishes: ProfileWishes): Promise<EndpointProfiles>
  /** The same for callers that must not overlook a fault. Refusals: also invalid_input, with a sentence for each field. */
  overview(actor: Actor, slug: string, wishes: ProfileWishes): Promise<EndpointProfiles>
  /**
   * An Apple profile for one device, signed, with a challenge of its own: minted here, for this subject. Refusals: those of
   * list() and of minting, and invalid_input for a subject that an MDM would have to complete.
   */
  forOneDevice(actor: Actor, slug: string, device: DeviceRequest, wishes: ProfileWishes): Promise<DeviceProfile>
  /** Refusals: not_found (endpoint, kind), invalid_input (a sentence for each field), unavailable (signed ones). */
  file(actor: Actor, slug: string, kind: string, wishes: ProfileWishes): Promise<ProfileDocument>
}

export interface MdmProfilesDeps {
  groups: Pick<GroupsService, 'getEndpoint'>
  networkAccess: Pick<NetworkAccessService, 'get'>
  challenges: Pick<ChallengesService, 'mint'>
  signers: Pick<ProfileSigners, 'ready'>
}

export function createMdmProfiles(dependencies: MdmProfilesDeps): MdmProfilesService {
  const { groups, networkAccess, challenges, signers } = dependencies

  async function readFacts(actor: Actor, slug: string, wishes: ProfileWishes) {
    const endpoint = await groups.getEndpoint(actor, slug)
    const { ssids } = await networkAccess.get(actor, endpoint.group.slug)
    return { endpoint, facts: factsOf(endpoint), ssids, ...readChoices(wishes, ssids) }
  }

  async function list(actor: Actor, slug: string, wishes: ProfileWishes): Promise<EndpointProfiles> {
    authoriseInGroups(actor, 'endpoint:read')
    const { endpoint, facts, ssids, choices, faults } = await readFacts(actor, slug, wishes)
    const verdicts = compatibility(endpoint)
    const platforms = MAKERS.map((make): PlatformView => {
      const profiles = make(facts, choices)
      const remarks = verdicts.filter(({ family, remarks }) => profiles.clients.includes(family) && remarks.length > 0)
      return { ...profiles, remarks }
    })
    const { name, group, enabled, policy } = endpoint
    return {
      endpoint: { slug, name, group, enabled, policy },
      organisation: facts.organisation,
      choices,
      faults,
      ssids,
      platforms,
      certificates: certificatesOf(facts),
    }
  }

  async function overview(actor: Actor, slug: string, wishes: ProfileWishes): Promise<EndpointProfiles> {
    const profiles = await list(actor, slug, wishes)
    refuseFaults(profiles.faults)
    return profiles
  }

  return {
    list,
    overview,

    async forOneDevice(actor, slug, { subject, deviceName }, wishes) {
      authoriseInGroups(actor, 'challenge:mint')
      const { facts, choices, faults } = await readFacts(actor, slug, wishes)
      refuseFaults(faults)
      if (hasVariable(subject)) throw variableInSubject()
      // Before minting: a challenge that nobody is told would have to be revoked.
      const sign = await signers.ready()
      const minted = await challenges.mint(actor, {
        endpoint: slug,
        subject,
        ...(deviceName === undefined ? {} : { deviceName }),
      })
      const device = { subject: parseNameText(minted.subject), challenge: minted.challenge }
      return {
        fileName: `${fileStem(device.subject.find(({ type }) => type === 'CN')?.value ?? slug)}.mobileconfig`,
        contentType: APPLE_PROFILE_TYPE,
        content: await sign(appleEnrolmentProfile(facts, choices, device)),
        challenge: { id: minted.id, subject: minted.subject, expiresAt: minted.expiresAt },
      }
    },

    async file(actor, slug, kind, wishes) {
      const { platforms, certificates } = await overview(actor, slug, wishes)
      const document = [...platforms.flatMap(({ documents }) => documents), ...certificates].find(
        (each) => each.kind === kind,
      )
      if (document?.toBeSigned)
        return { ...document, content: await (await signers.ready())(Buffer.from(document.content)) }
      if (document !== undefined) return document
      if (kind === 'apple-signed') throw notSigned(await readFacts(actor, slug, wishes))
      throw NEEDS_NETWORK.includes(kind)
        ? new Refusal('invalid_input', 'Name the wireless network and the RADIUS servers.', {
            reason: 'network_missing',
            fields: { ssid: 'Needed here.', radius: 'Needed here.' },
          })
        : new Refusal('not_found', 'There is no such profile.', { reason: 'profile_unknown' })
    },
  }
}

const MAKERS = [applePlatform, intunePlatform, windowsPlatform, androidPlatform, chromeOsPlatform, linuxPlatform]
const NEEDS_NETWORK: readonly string[] = ['windows-wlan', 'android', 'chromeos', 'networkmanager', 'wpa-supplicant']

function refuseFaults(faults: ProfileFaults): void {
  const [first] = Object.values(faults)
  if (first !== undefined)
    throw new Refusal('invalid_input', first, { reason: 'invalid_profile_choice', fields: faults })
}

function variableInSubject(): Refusal {
  const sentence = 'A signed profile cannot be changed, so no variable may be in it: give the name of the device.'
  return new Refusal('invalid_input', sentence, { reason: 'variable_in_subject', fields: { subject: sentence } })
}

function notSigned({ facts, choices }: { facts: ProfileFacts; choices: ProfileChoices }): Refusal {
  const sentence = whyUnsigned(facts, choices) ?? 'This profile is not signed.'
  return new Refusal('invalid_input', sentence, { reason: 'profile_not_signed' })
}

type Endpoint = Awaited<ReturnType<GroupsService['getEndpoint']>>

export function factsOf(endpoint: Endpoint): ProfileFacts {
  const { group, slug, name, policy, scepUrl, profile, root, issuer, caCertificates, includeRoot } = endpoint
  const lifeMs = profile.validityDays * DAY_MS
  const opens = renewableFrom({ notBefore: new Date(0), notAfter: new Date(lifeMs) }, endpoint.renewalWindowDays)
  return {
    organisation: organisationOf(root),
    group: { slug: group.slug, name: group.name },
    endpoint: { slug, name, policy },
    scepUrl,
    root: authorityOf(root),
    issuer: authorityOf(issuer),
    rootFromGetCaCert: caCertificates === 'chain' && includeRoot,
    minRsaBits: profile.minRsaBits,
    validityDays: profile.validityDays,
    renewalWindowDays: Math.max(1, Math.round((lifeMs - opens.getTime()) / DAY_MS)),
    extendedKeyUsage: profile.extendedKeyUsage,
  }
}

const DAY_MS = 86_400_000

function organisationOf(root: AuthorityView): string {
  const { subject } = parseCertificate(derOf(root))
  return subject.find(({ type }) => type === ATTRIBUTE_OID.O)?.value ?? root.name
}

function authorityOf(authority: AuthorityView): ProfileAuthority {
  const { name, slug, certificatePem: pem, fingerprintSha1, fingerprintSha256 } = authority
  return { name, slug, pem, der: derOf(authority), fingerprintSha1, fingerprintSha256 }
}

function derOf({ certificatePem }: AuthorityView): Uint8Array {
  const [der] = fromPem(certificatePem)
  if (der === undefined) throw new Error('an authority without a certificate')
  return der
}

/** What every platform is given by hand where no profile brings it: Intune takes DER, Google PEM. */
function certificatesOf({ root, issuer }: ProfileFacts): ProfileDocument[] {
  return (
    [
      ['root', 'Root', root],
      ['issuer', 'Issuer', issuer],
    ] as const
  ).flatMap(([kind, title, authority]) => [
    {
      kind: `${kind}-der`,
      title: `${title} (DER, .cer)`,
      fileName: `${fileStem(authority.slug)}.cer`,
      contentType: 'application/pkix-cert',
      content: authority.der,
    },
    {
      kind: `${kind}-pem`,
      title: `${title} (PEM)`,
      fileName: `${fileStem(authority.slug)}.pem`,
      contentType: 'application/x-pem-file',
      content: authority.pem,
    },
  ])
}
