/** Linux: commands that enrol, with what ordinary distributions have, and the files that put the certificate to use. */
import type { NamePart } from '@/lib/pki/name'
import { commonNameOf, hasVariable, keySize, subjectText } from './mdm-profile-names'
import { fileStem, isPlainName, keyfileValue, shellWord } from './mdm-profile-text'
import {
  CHALLENGE_PLACE,
  DEVICE_PLACE,
  hasNetwork,
  type PlatformProfiles,
  type ProfileChoices,
  type ProfileDocument,
  type ProfileFacts,
} from './mdm-profile-types'

type WithNetwork = ProfileChoices & { ssid: string }

export function linuxPlatform(facts: ProfileFacts, choices: ProfileChoices): PlatformProfiles {
  const document = (kind: string, title: string, fileName: string, content: string): ProfileDocument => ({
    kind,
    title,
    fileName,
    contentType: 'text/plain',
    content,
  })
  const stem = fileStem(facts.endpoint.slug)
  return {
    platform: 'linux',
    title: 'Linux',
    clients: ['certmonger', 'strongswan', 'sscep', 'latchkey'],
    documents: [
      document('certmonger', 'certmonger: enrol and renew', `${stem}-certmonger.sh`, certmonger(facts, choices)),
      document('strongswan', 'strongSwan pki: enrol', `${stem}-strongswan.sh`, strongswan(facts, choices)),
      ...(hasNetwork(choices)
        ? [
            document(
              'networkmanager',
              'NetworkManager connection',
              `${stem}.nmconnection`,
              networkManager(facts, choices),
            ),
            document(
              'wpa-supplicant',
              'wpa_supplicant network',
              `${stem}-wpa_supplicant.conf`,
              wpaSupplicant(facts, choices),
            ),
          ]
        : []),
    ],
    values: [],
    notes: [
      'certmonger knows no AES: its requests are encrypted with 3DES, which the endpoint must accept. It walks through the CA identifiers by itself and renews with the certificate it has.',
      'Over https certmonger must be told the CA of the web server (-R); over http leave it out.',
      'strongSwan wants the root from GetCACert, and asks again for as long as a request waits for approval.',
      `The connection belongs into /etc/NetworkManager/system-connections/, owner root, mode 600. Its key is not encrypted, which flag 4 says: otherwise activation waits for a password.`,
      `Put the name of the device in the place of ${DEVICE_PLACE}.`,
      'Without ca_cert a supplicant believes any server; without the names, any certificate of that CA.',
    ],
  }
}

/** Where every file and command here looks for the certificates. */
export function linuxFolder({ group }: ProfileFacts): string {
  return `/etc/latchkey/${fileStem(group.slug)}`
}

/** certmonger reads its challenge from a file, so that it is in no list of processes. */
function certmonger(facts: ProfileFacts, choices: ProfileChoices): string {
  const folder = linuxFolder(facts)
  const name = `latchkey-${facts.endpoint.slug}`
  const challenge = facts.endpoint.policy !== 'approval'
  return script(
    prepared(facts),
    ...(challenge ? [`(umask 077; printf '%s' ${CHALLENGE_PLACE} > ${folder}/challenge)`] : []),
    command('getcert add-scep-ca', [
      `-c ${shellWord(name)}`,
      `-u ${shellWord(facts.scepUrl)}`,
      `-i ${shellWord(facts.group.slug)}`,
      `-N ${folder}/issuer.pem`,
      `-I ${folder}/ca.pem`,
      ...(facts.scepUrl.startsWith('https:') ? ['-R /etc/ssl/certs/ca-certificates.crt'] : []),
    ]),
    command('getcert request', [
      `-c ${shellWord(name)}`,
      `-k ${folder}/client.key`,
      `-f ${folder}/client.pem`,
      `-G rsa -g ${keySize(facts)}`,
      `-N ${shellWord(subjectText(linuxSubject(facts, choices)))}`,
      ...facts.extendedKeyUsage.map((oid) => `-U ${shellWord(oid)}`),
      '-u digitalSignature -u keyEncipherment',
      ...(challenge ? [`-l ${folder}/challenge`] : []),
      '-w -v',
    ]),
  )
}

function strongswan(facts: ProfileFacts, choices: ProfileChoices): string {
  const folder = linuxFolder(facts)
  return script(
    prepared(facts),
    command('pki --scepca', [
      `--url ${shellWord(facts.scepUrl)}`,
      `--caout ${folder}/scep-ca.pem --raout ${folder}/scep-ra.pem --outform pem --force`,
    ]),
    `(umask 077; pki --gen --type rsa --size ${keySize(facts)} --outform pem > ${folder}/client.key)`,
    command('pki --scep', [
      `--url ${shellWord(facts.scepUrl)}`,
      `--in ${folder}/client.key`,
      `--dn ${shellWord(subjectText(linuxSubject(facts, choices)))}`,
      ...(facts.endpoint.policy === 'approval' ? [] : [`--password ${CHALLENGE_PLACE}`]),
      `--cacert-enc ${folder}/scep-ra.pem --cacert-sig ${folder}/issuer.pem --cacert ${folder}/ca.pem`,
      `--outform pem > ${folder}/client.pem`,
    ]),
    `openssl verify -CAfile ${folder}/ca.pem -untrusted ${folder}/issuer.pem ${folder}/client.pem`,
  )
}

/** What was typed, unless an MDM would have to fill in something: here there is none. */
function linuxSubject(facts: ProfileFacts, { subject }: ProfileChoices): readonly NamePart[] {
  if (subject !== null && !subject.some(({ value }) => hasVariable(value))) return subject
  return [
    { type: 'CN', value: DEVICE_PLACE },
    { type: 'O', value: facts.organisation },
  ]
}

function prepared(facts: ProfileFacts): string {
  const folder = linuxFolder(facts)
  const write = (file: string, pem: string) => `cat > ${folder}/${file} <<'END'\n${pem.trim()}\nEND`
  return [`mkdir -p ${folder}`, write('ca.pem', facts.root.pem), write('issuer.pem', facts.issuer.pem)].join('\n')
}

function script(...parts: string[]): string {
  return `${['#!/bin/sh', 'set -e', ...parts].join('\n')}\n`
}

function command(name: string, parts: string[]): string {
  return [name, ...parts].join(' \\\n  ')
}

function networkManager(facts: ProfileFacts, choices: WithNetwork): string {
  const folder = linuxFolder(facts)
  return section('connection', {
    id: keyfileValue(`${facts.group.name}: ${choices.ssid}`),
    type: 'wifi',
    autoconnect: 'true',
  })
    .concat(
      section('wifi', { mode: 'infrastructure', ssid: keyfileSsid(choices.ssid) }),
      section('wifi-security', { 'key-mgmt': 'wpa-eap' }),
      section('802-1x', {
        eap: 'tls;',
        identity: keyfileValue(commonNameOf(choices)),
        'ca-cert': `${folder}/ca.pem`,
        'client-cert': `${folder}/client.pem`,
        'private-key': `${folder}/client.key`,
        'private-key-password-flags': '4',
        'domain-suffix-match': keyfileValue(choices.radiusNames.join(';')).replaceAll('\\;', ';'),
      }),
      section('ipv4', { method: 'auto' }),
      section('ipv6', { method: 'auto' }),
    )
    .join('\n')
}

function section(name: string, values: Readonly<Record<string, string>>): string[] {
  return [`[${name}]`, ...Object.entries(values).map(([key, value]) => `${key}=${value}`), '']
}

/** Octets, each with a semicolon behind: the form that any name has. */
function keyfileSsid(ssid: string): string {
  return isPlainName(ssid) ? ssid : [...Buffer.from(ssid, 'utf8')].map((octet) => `${octet};`).join('')
}

function wpaSupplicant(facts: ProfileFacts, choices: WithNetwork): string {
  const folder = linuxFolder(facts)
  const lines = [
    `ssid=${supplicantText(choices.ssid)}`,
    'key_mgmt=WPA-EAP',
    'eap=TLS',
    `identity=${supplicantText(commonNameOf(choices))}`,
    `ca_cert="${folder}/ca.pem"`,
    `client_cert="${folder}/client.pem"`,
    `private_key="${folder}/client.key"`,
    `domain_suffix_match=${supplicantText(choices.radiusNames.join(';'))}`,
  ]
  return `network={\n${lines.map((line) => `    ${line}\n`).join('')}}\n`
}

/** In quotes nothing can be escaped, so what is not plain is written in hex. */
function supplicantText(text: string): string {
  return isPlainName(text) || /^[A-Za-z0-9.;-]+$/.test(text) ? `"${text}"` : Buffer.from(text, 'utf8').toString('hex')
}
