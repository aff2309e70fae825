/** Windows by its configuration service providers: SyncML that trusts the CA and enrols, and a WLAN profile. */
import type { NamePart } from '@/lib/pki/name'
import { keySize, subjectOf } from './mdm-profile-names'
import { fileStem, type XmlElement, xml } from './mdm-profile-text'
import {
  hasNetwork,
  type PlatformProfiles,
  type ProfileAuthority,
  type ProfileChoices,
  type ProfileDocument,
  type ProfileFacts,
} from './mdm-profile-types'

const CHALLENGE_BASE64_PLACE = 'PUT-THE-BASE64-OF-THE-CHALLENGE-HERE'

export function windowsPlatform(facts: ProfileFacts, choices: ProfileChoices): PlatformProfiles {
  const document = (kind: string, title: string, suffix: string, root: XmlElement): ProfileDocument => ({
    kind: `windows-${kind}`,
    title,
    fileName: `${fileStem(facts.endpoint.slug)}-windows-${suffix}.xml`,
    contentType: 'application/xml',
    content: xml(root),
  })
  return {
    platform: 'windows',
    title: 'Windows',
    clients: ['windows'],
    documents: [
      document('trust', 'SyncML: trust the root and the issuer', 'trust', trust(facts)),
      document('scep', 'SyncML: enrol by SCEP', 'scep', enrol(facts, choices)),
      ...(hasNetwork(choices) ? [document('wlan', 'WLAN profile', 'wlan', wlan(facts, choices))] : []),
    ],
    values: [],
    notes: [
      `Put the base64 of the challenge in the place of ${CHALLENGE_BASE64_PLACE}, and the name of the device into SubjectName, for each device. Windows deletes the challenge once it has asked.`,
      'The additions and the Exec belong into one Atomic with the Exec last, as they stand here: paste it into the SyncBody, or as it is where the MDM takes a custom profile.',
      facts.rootFromGetCaCert
        ? 'CAThumbprint is the SHA-1 of the root, which GetCACert returns here.'
        : 'CAThumbprint is the SHA-1 of the issuer, because GetCACert does not return the root here.',
      'RetryDelay is in minutes. ValidPeriodUnits is only a wish: the endpoint says how long certificates live.',
      'KeyProtection 2 puts the key into the TPM where there is one. Some TPM firmware makes bad RSA-PSS signatures: if the RADIUS server then sees "decrypt error", update it or use KeyProtection 3.',
      'Keep certificates of the device and of users in separate policies. Nodes of RootCATrustedCertificates for intermediates, and the WLAN profile, are unverified on a device.',
    ],
  }
}

function trust({ root, issuer }: ProfileFacts): XmlElement {
  const certificate = (store: 'Root' | 'CA', { fingerprintSha1, der }: ProfileAuthority) =>
    ({
      uri: `./Device/Vendor/MSFT/RootCATrustedCertificates/${store}/${fingerprintSha1.toUpperCase()}/EncodedCertificate`,
      format: 'b64',
      data: Buffer.from(der).toString('base64'),
    }) as const
  return atomic([certificate('Root', root), certificate('CA', issuer)], null)
}

interface Node {
  uri: string
  format: 'node' | 'chr' | 'int' | 'b64'
  data?: string
}

function enrol(facts: ProfileFacts, choices: ProfileChoices): XmlElement {
  const node = `./Device/Vendor/MSFT/ClientCertificateInstall/SCEP/Latchkey-${facts.endpoint.slug}`
  const setting = (name: string, format: Node['format'], data: string | number): Node => ({
    uri: `${node}/Install/${name}`,
    format,
    data: String(data),
  })
  const thumbprint = (facts.rootFromGetCaCert ? facts.root : facts.issuer).fingerprintSha1.toUpperCase()
  return atomic(
    [
      { uri: node, format: 'node' },
      setting('ServerURL', 'chr', facts.scepUrl),
      setting('Challenge', 'chr', CHALLENGE_BASE64_PLACE),
      setting('EKUMapping', 'chr', facts.extendedKeyUsage.join('+')),
      setting('KeyUsage', 'int', SIGNATURE_AND_ENCIPHERMENT),
      setting('SubjectName', 'chr', windowsName(subjectOf(facts, choices, 'none'))),
      setting('KeyProtection', 'int', TPM_IF_PRESENT),
      setting('RetryDelay', 'int', 5),
      setting('RetryCount', 'int', facts.endpoint.policy === 'approval' ? 30 : 3),
      setting('KeyLength', 'int', keySize(facts)),
      setting('HashAlgorithm', 'chr', 'SHA-2'),
      setting('CAThumbprint', 'chr', thumbprint),
      setting('ValidPeriod', 'chr', 'Days'),
      setting('ValidPeriodUnits', 'int', facts.validityDays),
    ],
    `${node}/Install/Enroll`,
  )
}

/** 0x80 and 0x20. */
const SIGNATURE_AND_ENCIPHERMENT = 160
const TPM_IF_PRESENT = 2

function atomic(additions: readonly Node[], exec: string | null): XmlElement {
  const target = (uri: string): XmlElement => ({ name: 'Target', inside: [{ name: 'LocURI', inside: uri }] })
  const id = (number: number): XmlElement => ({ name: 'CmdID', inside: String(number) })
  const add = ({ uri, format, data }: Node, at: number): XmlElement => ({
    name: 'Add',
    inside: [
      id(at + 2),
      {
        name: 'Item',
        inside: [
          target(uri),
          {
            name: 'Meta',
            inside: [{ name: 'Format', attributes: { xmlns: 'syncml:metinf' }, inside: format }],
          },
          ...(data === undefined ? [] : [{ name: 'Data', inside: data }]),
        ],
      },
    ],
  })
  const last: XmlElement[] =
    exec === null
      ? []
      : [{ name: 'Exec', inside: [id(additions.length + 2), { name: 'Item', inside: [target(exec)] }] }]
  return { name: 'Atomic', inside: [id(1), ...additions.map(add), ...last] }
}

/** As CertStrToName reads it: what is special stands in quotes, and a quote is doubled. */
function windowsName(parts: readonly NamePart[]): string {
  return parts
    .map(({ type, value }) => {
      const plain = /^[^,+="<>#;\n\r]+$/.test(value) && value.trim() === value
      return `${/^\d/.test(type) ? `OID.${type}` : type}=${plain ? value : `"${value.replaceAll('"', '""')}"`}`
    })
    .join(', ')
}

const WLAN = 'http://www.microsoft.com/networking/WLAN/profile/v1'
const ONEX = 'http://www.microsoft.com/networking/OneX/v1'
const EAP_HOST = 'http://www.microsoft.com/provisioning/EapHostConfig'
const EAP_COMMON = 'http://www.microsoft.com/provisioning/EapCommon'
const EAP_BASE = 'http://www.microsoft.com/provisioning/BaseEapConnectionPropertiesV1'
const EAP_TLS = 'http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV1'

function wlan({ root }: ProfileFacts, { ssid, radiusNames }: ProfileChoices & { ssid: string }): XmlElement {
  const text = (name: string, inside: string, xmlns?: string): XmlElement =>
    xmlns === undefined ? { name, inside } : { name, attributes: { xmlns }, inside }
  const eapTls: XmlElement = {
    name: 'EapType',
    attributes: { xmlns: EAP_TLS },
    inside: [
      {
        name: 'CredentialsSource',
        inside: [{ name: 'CertificateStore', inside: [text('SimpleCertSelection', 'true')] }],
      },
      {
        name: 'ServerValidation',
        inside: [
          text('DisableUserPromptForServerValidation', 'true'),
          text('ServerNames', radiusNames.join(';')),
          text('TrustedRootCA', (root.fingerprintSha1.match(/../g) ?? []).join(' ')),
        ],
      },
      text('DifferentUsername', 'false'),
    ],
  }
  const method: XmlElement = {
    name: 'EapMethod',
    inside: [
      text('Type', '13', EAP_COMMON),
      text('VendorId', '0', EAP_COMMON),
      text('VendorType', '0', EAP_COMMON),
      text('AuthorId', '0', EAP_COMMON),
    ],
  }
  const config: XmlElement = {
    name: 'Config',
    attributes: { xmlns: EAP_HOST },
    inside: [{ name: 'Eap', attributes: { xmlns: EAP_BASE }, inside: [text('Type', '13'), eapTls] }],
  }
  return {
    name: 'WLANProfile',
    attributes: { xmlns: WLAN },
    inside: [
      text('name', ssid),
      {
        name: 'SSIDConfig',
        inside: [
          {
            name: 'SSID',
            inside: [text('hex', Buffer.from(ssid, 'utf8').toString('hex').toUpperCase()), text('name', ssid)],
          },
        ],
      },
      text('connectionType', 'ESS'),
      text('connectionMode', 'auto'),
      {
        name: 'MSM',
        inside: [
          {
            name: 'security',
            inside: [
              {
                name: 'authEncryption',
                inside: [text('authentication', 'WPA2'), text('encryption', 'AES'), text('useOneX', 'true')],
              },
              {
                name: 'OneX',
                attributes: { xmlns: ONEX },
                inside: [
                  text('authMode', 'machine'),
                  {
                    name: 'EAPConfig',
                    inside: [{ name: 'EapHostConfig', attributes: { xmlns: EAP_HOST }, inside: [method, config] }],
                  },
                ],
              },
            ],
          },
        ],
      },
    ],
  }
}
