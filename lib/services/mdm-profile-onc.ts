/** Android and ChromeOS: both read open network configuration, and neither asks for a certificate by itself. */
import { uuidOf } from './apple-profile'
import { keySize, subjectOf, subjectText, usageName, variable } from './mdm-profile-names'
import { fileStem, json } from './mdm-profile-text'
import {
  hasNetwork,
  type PlatformProfiles,
  type ProfileChoices,
  type ProfileFacts,
  type ProfileValues,
} from './mdm-profile-types'

type WithNetwork = ProfileChoices & { ssid: string }

export function androidPlatform(facts: ProfileFacts, choices: ProfileChoices): PlatformProfiles {
  return {
    platform: 'android',
    title: 'Android',
    clients: ['android_agent', 'android_intune'],
    documents: hasNetwork(choices)
      ? [
          {
            kind: 'android',
            title: 'openNetworkConfiguration of a policy (Android Management API)',
            fileName: `${fileStem(facts.endpoint.slug)}-android.json`,
            contentType: 'application/json',
            content: json({ openNetworkConfiguration: androidNetwork(facts, choices) }),
          },
        ]
      : [],
    values: [agentValues(facts, choices), ...(hasNetwork(choices) ? [wifiValues(facts, choices)] : [])],
    notes: [
      "Android has no SCEP client of its own: the MDM's agent asks. Enter the values below into the SCEP profile of the MDM.",
      'Devices are offline for hours: let challenges live longer than an hour.',
      'A network without a domain is refused as insecure. Some MDMs call that field "RADIUS server name".',
      'In openNetworkConfiguration a client certificate can only be a reference: the agent, or a device policy app with the right to select keys, puts it there under the GUID that stands in ClientCertRef (unverified). Client certificate patterns and the system CAs are not supported.',
      'Some devices want the issuer beside the root as a CA certificate; kiosk devices may want an outer identity.',
    ],
  }
}

function androidNetwork(facts: ProfileFacts, { ssid, radiusNames }: WithNetwork) {
  const root = guid(facts, 'root')
  return {
    NetworkConfigurations: [
      {
        GUID: guid(facts, `wifi ${ssid}`),
        Name: ssid,
        Type: 'WiFi',
        WiFi: {
          SSID: ssid,
          Security: 'WPA-EAP',
          AutoConnect: true,
          EAP: {
            Outer: 'EAP-TLS',
            ClientCertType: 'Ref',
            ClientCertRef: guid(facts, 'client'),
            ServerCARefs: [root],
            DomainSuffixMatch: [...radiusNames],
          },
        },
      },
    ],
    Certificates: [{ GUID: root, Type: 'Authority', X509: Buffer.from(facts.root.der).toString('base64') }],
  }
}

export function chromeOsPlatform(facts: ProfileFacts, choices: ProfileChoices): PlatformProfiles {
  return {
    platform: 'chromeos',
    title: 'ChromeOS',
    clients: ['chromeos'],
    documents: hasNetwork(choices)
      ? [
          {
            kind: 'chromeos',
            title: 'Network (.onc), to try on one device at chrome://network',
            fileName: `${fileStem(facts.endpoint.slug)}.onc`,
            contentType: 'application/x-onc',
            content: json(chromeNetwork(facts, choices)),
          },
        ]
      : [],
    values: [googleScepValues(facts, choices), ...(hasNetwork(choices) ? [wifiValues(facts, choices)] : [])],
    notes: [
      'A Chromebook asks through the Google Cloud Certificate Connector, a Windows service of Google that speaks SCEP for the devices. It takes a static challenge only: make an endpoint of its own for it, with a static secret that few addresses may use.',
      'Google also has a certificate provisioning API without SCEP, in which Google vouches for the device. Latchkey does not speak it yet.',
      'Upload the CA certificates to the Google Admin console as PEM: it takes nothing else.',
      'The highest TLS version of its Wi-Fi form is 1.2. Keys are made on the device, in its hardware.',
      'The network finds the certificate by its issuer. If Identity shall come from the certificate, put the e-mail address into the alternative names and use the expansion CERT_SAN_EMAIL.',
      'The connector with a server other than NDES is known from the field, not from Google (unverified).',
    ],
  }
}

function chromeNetwork(facts: ProfileFacts, { ssid, radiusNames }: WithNetwork) {
  return {
    Type: 'UnencryptedConfiguration',
    NetworkConfigurations: [
      {
        GUID: guid(facts, `wifi ${ssid}`),
        Name: ssid,
        Type: 'WiFi',
        WiFi: {
          SSID: ssid,
          Security: 'WPA-EAP',
          AutoConnect: true,
          EAP: {
            Outer: 'EAP-TLS',
            Identity: `\${CERT_SUBJECT_COMMON_NAME}`,
            ClientCertType: 'Pattern',
            ClientCertPattern: { IssuerCAPEMs: [facts.issuer.pem], Issuer: { CommonName: facts.issuer.name } },
            ServerCAPEMs: [facts.root.pem],
            UseSystemCAs: false,
            DomainSuffixMatch: [...radiusNames],
            TLSVersionMax: '1.2',
          },
        },
      },
    ],
    Certificates: [],
  }
}

function googleScepValues(facts: ProfileFacts, choices: ProfileChoices): ProfileValues {
  return {
    title: 'SCEP profile of the Google Admin console',
    rows: [
      { name: 'Platform', value: 'Chromebook (device)' },
      { name: 'Subject name format', value: subjectText(subjectOf(facts, choices, 'google')) },
      {
        name: 'Subject alternative name',
        value: choices.namedBy === 'email' ? `E-mail: ${variable('google', 'email')}` : 'None',
      },
      { name: 'Signing algorithm', value: 'SHA256withRSA' },
      { name: 'Key usage', value: 'Key encipherment, signing' },
      { name: 'Key size (bits)', value: String(keySize(facts)) },
      { name: 'Security', value: 'Strict' },
      { name: 'SCEP server URL', value: facts.scepUrl },
      { name: 'Certificate validity period (years)', value: String(Math.max(1, Math.round(facts.validityDays / 365))) },
      { name: 'Renew within days', value: String(facts.renewalWindowDays) },
      { name: 'Extended key usage', value: facts.extendedKeyUsage.map(usageName).join(', ') },
      { name: 'Challenge type', value: 'Static' },
      { name: 'Certificate authority', value: facts.root.name },
    ],
  }
}

function agentValues(facts: ProfileFacts, choices: ProfileChoices): ProfileValues {
  return {
    title: "SCEP profile of the MDM's agent",
    rows: [
      { name: 'SCEP URL', value: facts.scepUrl },
      { name: 'CA identifier', value: facts.group.slug },
      { name: 'Subject', value: subjectText(subjectOf(facts, choices, choices.mdm)) },
      { name: 'Key', value: `RSA, ${keySize(facts)} bits` },
      { name: 'Key usage', value: 'Digital signature, key encipherment' },
      { name: 'Issuer, SHA-1', value: facts.issuer.fingerprintSha1.toUpperCase() },
      { name: 'Issuer, SHA-256', value: facts.issuer.fingerprintSha256.toUpperCase() },
    ],
  }
}

function wifiValues({ root }: ProfileFacts, { ssid, radiusNames }: WithNetwork): ProfileValues {
  return {
    title: 'Wi-Fi',
    rows: [
      { name: 'SSID', value: ssid },
      { name: 'Security', value: 'WPA/WPA2/WPA3 Enterprise (802.1X)' },
      { name: 'EAP method', value: 'EAP-TLS' },
      { name: 'CA certificate', value: root.name },
      { name: 'Domain, or domain suffix match', value: radiusNames.join(', ') },
      { name: 'Client certificate', value: 'The one of the SCEP profile' },
      { name: 'Online certificate status', value: 'Do not verify: the RADIUS server checks the device' },
    ],
  }
}

/** Stays the same from one download to the next. */
function guid({ root, endpoint }: ProfileFacts, what: string): string {
  return `{${uuidOf(`latchkey.onc.${root.fingerprintSha256}.${endpoint.slug}.${what}`).toLowerCase()}}`
}
