/** The profiles of an endpoint: complete per platform, the certificates ours, and no name ever more than a name. */
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { readKeyfile, readSsid } from '@/e2e/fixtures/keyfile'
import { openssl, scratchFiles } from '@/e2e/fixtures/openssl'
import { readPropertyList } from '@/e2e/fixtures/property-list'
import { readXml, type XmlNode } from '@/e2e/fixtures/xml'
import { type Actor, systemActor } from './actor'
import type { MintRequest } from './challenges'
import { appleEnrolmentProfile, applePlatform } from './mdm-profile-apple'
import { intunePlatform } from './mdm-profile-intune'
import { linuxPlatform } from './mdm-profile-linux'
import { androidPlatform, chromeOsPlatform } from './mdm-profile-onc'
import { CHALLENGE_PLACE, DEVICE_PLACE, type ProfileChoices, type ProfileFacts } from './mdm-profile-types'
import { windowsPlatform } from './mdm-profile-windows'
import { createMdmProfiles, factsOf, type MdmProfilesDeps, type MdmProfilesService } from './mdm-profiles'
import { ACCESS_DEFAULTS } from './network-access'
import { actor, type Installation, installation, memoryBacking } from './testing/harness'

const WIFI = { ssid: 'Corp', radius: 'radius.example.com' }
const admin = actor('admin')
let portal: Installation
let profiles: MdmProfilesService
let dependencies: MdmProfilesDeps
let facts: ProfileFacts
let root: X509Certificate
let issuer: X509Certificate
let minted: MintRequest[] = []

beforeAll(async () => {
  portal = installation(memoryBacking())
  root = new X509Certificate((await portal.setUp()).certificatePem)
  issuer = new X509Certificate((await portal.createGroup()).issuer.certificatePem)
  await portal.profileSigners.renewEnding(systemActor('job', 'test'))
  dependencies = {
    groups: portal.groups,
    signers: portal.profileSigners,
    challenges: {
      mint: async (_actor, request) => {
        minted.push(request)
        const { endpoint } = request
        return {
          id: '0198d2c0-5a10-7d4c-b1a2-7e8f90a1b2c3',
          challenge: 'A1B2C3D4',
          expiresAt: portal.time.now,
          scepUrl: `https://portal.example.com/scep/${endpoint}`,
          endpoint,
          subject: String(request.subject),
          san: [],
        }
      },
    },
    networkAccess: {
      get: async () => ({
        ...ACCESS_DEFAULTS,
        ssids: ['Staff'],
        group: { slug: 'staff', name: 'Staff' },
        updatedAt: null,
      }),
    },
  }
  profiles = createMdmProfiles(dependencies)
  facts = factsOf(await portal.groups.getEndpoint(admin, 'staff'))
})

async function text(kind: string, wishes: Record<string, string> = WIFI): Promise<string> {
  const { content } = await profiles.file(admin, 'staff', kind, wishes)
  return typeof content === 'string' ? content : Buffer.from(content).toString('latin1')
}

// biome-ignore lint/suspicious/noExplicitAny: the shape of a profile is what is tested.
type Anything = any
const payloads = (bytes: Uint8Array): Record<string, Anything>[] =>
  (readPropertyList(bytes) as Record<string, Anything>).PayloadContent
const ofType = (bytes: Uint8Array, type: string) => payloads(bytes).find(({ PayloadType }) => PayloadType === type)

describe('Apple', () => {
  test('the profile has the root, the issuer, SCEP and Wi-Fi, each referring to a payload that is there', async () => {
    const bytes = Buffer.from(await text('apple', { ...WIFI, mdm: 'jamf' }))
    const all = payloads(bytes)
    expect(all.map(({ PayloadType }) => PayloadType)).toEqual([
      'com.apple.security.root',
      'com.apple.security.pkcs1',
      'com.apple.security.scep',
      'com.apple.wifi.managed',
    ])
    const [anchor, intermediate, scep, wifi] = all
    expect(anchor?.PayloadContent).toEqual(root.raw)
    expect(intermediate?.PayloadContent).toEqual(issuer.raw)
    expect(scep?.PayloadContent).toEqual({
      URL: 'https://portal.example.com/scep/staff',
      Name: 'staff',
      Subject: [[['CN', '$SERIALNUMBER']], [['O', 'Example']]],
      Challenge: CHALLENGE_PLACE,
      Keysize: 2048,
      'Key Type': 'RSA',
      'Key Usage': 5,
      CAFingerprint: Buffer.from(issuer.fingerprint.replaceAll(':', ''), 'hex'),
      Retries: 3,
      RetryDelay: 10,
      KeyIsExtractable: false,
      AllowAllAppsAccess: false,
    })
    expect(wifi).toMatchObject({
      SSID_STR: 'Corp',
      PayloadCertificateUUID: scep?.PayloadUUID,
      EAPClientConfiguration: {
        AcceptEAPTypes: [13],
        PayloadCertificateAnchorUUID: [anchor?.PayloadUUID],
        TLSTrustedServerNames: ['radius.example.com'],
        TLSMinimumVersion: '1.2',
      },
    })
    const uuids = [readPropertyList(bytes) as Record<string, Anything>, ...all].map((each) => each.PayloadUUID)
    for (const uuid of uuids) expect(uuid).toMatch(/^[0-9A-F]{8}-([0-9A-F]{4}-){3}[0-9A-F]{12}$/)
    expect(new Set(uuids).size).toBe(5)
  })

  test('is the same when it is made again, and another one for each device', async () => {
    expect(await text('apple')).toBe(await text('apple'))
    const { choices } = await profiles.list(admin, 'staff', WIFI)
    const device = { subject: [{ type: 'CN', value: 'tablet-7' }], challenge: 'A1B2' }
    const bytes = appleEnrolmentProfile(facts, choices, device)
    expect(ofType(bytes, 'com.apple.security.scep')?.PayloadContent).toMatchObject({
      Subject: [[['CN', 'tablet-7']]],
      Challenge: 'A1B2',
    })
    const other = appleEnrolmentProfile(facts, choices, { ...device, subject: [{ type: 'CN', value: 'tablet-8' }] })
    const identifiers = (of: Uint8Array) => payloads(of).map(({ PayloadUUID }) => PayloadUUID)
    expect(
      new Set([...identifiers(bytes), ...identifiers(other), ...identifiers(Buffer.from(await text('apple')))]).size,
    ).toBe(12)
  })

  test('names in the subject survive, and an e-mail address has its own identifier', async () => {
    const subject = 'CN=a\\,b \\"c\\" & \\<d\\> \\+ 🔑,E=ada@example.com'
    const scep = ofType(Buffer.from(await text('apple', { subject })), 'com.apple.security.scep')
    expect(scep?.PayloadContent.Subject).toEqual([
      [['CN', 'a,b "c" & <d> + 🔑']],
      [['1.2.840.113549.1.9.1', 'ada@example.com']],
    ])
  })

  test('without a network there is no Wi-Fi payload, and no other field to fill in', async () => {
    const bytes = Buffer.from(await text('apple', { ssid: '' }))
    expect(ofType(bytes, 'com.apple.wifi.managed')).toBeUndefined()
  })
})

describe('signed', () => {
  const opened = (cms: Uint8Array | string) => {
    const [anchor = '', file = ''] = scratchFiles({ 'root.pem': root.toString(), 'profile.der': cms })
    const at = String(Math.floor(portal.time.now.getTime() / 1000))
    const verify = ['cms', '-verify', '-inform', 'DER', '-binary', '-CAfile', anchor, '-attime', at, '-in', file]
    return openssl(verify)
  }

  test('a profile for one device has a challenge that was minted for its subject, and is verified by the root', async () => {
    minted = []
    const request = { subject: 'CN=tablet-7,O=Example', deviceName: 'Tablet 7' }
    const made = await profiles.forOneDevice(actor('operator'), 'staff', request, WIFI)
    expect(minted).toEqual([{ endpoint: 'staff', ...request }])
    expect(made).toMatchObject({ fileName: 'tablet-7.mobileconfig', challenge: { subject: request.subject } })
    const list = opened(made.content)
    expect(payloads(list)).toHaveLength(4)
    expect(ofType(list, 'com.apple.security.scep')?.PayloadContent).toMatchObject({
      Challenge: 'A1B2C3D4',
      Subject: [[['CN', 'tablet-7']], [['O', 'Example']]],
    })
  })

  test('nothing is minted for a name that nobody can fill in, by whoever may not mint, and while there is no signer', async () => {
    minted = []
    const refused = (who: Actor, subject: string, with_ = profiles) =>
      expect(with_.forOneDevice(who, 'staff', { subject }, WIFI)).rejects
    await refused(admin, 'CN=$SERIALNUMBER').toMatchObject({
      code: 'invalid_input',
      fields: { subject: expect.any(String) },
    })
    await refused(actor('auditor'), 'CN=tablet-7').toMatchObject({ code: 'forbidden' })
    const empty = installation(memoryBacking())
    const without = createMdmProfiles({ ...dependencies, signers: empty.profileSigners })
    await refused(admin, 'CN=tablet-7', without).toMatchObject({ code: 'unavailable' })
    expect(minted).toEqual([])
  })

  test('where nothing is left to fill in, the profile can be had signed; elsewhere it is said why not', async () => {
    const whole = { ...WIFI, subject: 'CN=kiosk,O=Example' }
    await expect(profiles.file(admin, 'staff', 'apple-signed', whole)).rejects.toMatchObject({
      code: 'invalid_input',
      sentence: expect.stringContaining('challenge'),
    })
    await expect(profiles.file(admin, 'staff', 'apple-signed', WIFI)).rejects.toMatchObject({
      sentence: expect.stringContaining('variable'),
    })
    await portal.groups.updateEndpoint(admin, 'staff', { policy: 'approval' })
    const { content, fileName } = await profiles.file(admin, 'staff', 'apple-signed', whole)
    expect(fileName).toBe('staff-signed.mobileconfig')
    expect(ofType(opened(content), 'com.apple.security.scep')?.PayloadContent).not.toHaveProperty('Challenge')
    await portal.groups.updateEndpoint(admin, 'staff', { policy: 'dynamic' })
  })
})

describe('Intune', () => {
  test.each(['windows', 'ios', 'macos', 'android', 'android-work'])(
    'the profiles for %s carry our certificates and name the root',
    async (platform) => {
      const trusted = JSON.parse(await text(`intune-${platform}-root`))
      expect(trusted['@odata.type']).toMatch(/^#microsoft\.graph\.\w+TrustedRootCertificate$/)
      expect(Buffer.from(trusted.trustedRootCertificate, 'base64')).toEqual(root.raw)
      const below = JSON.parse(await text(`intune-${platform}-issuer`))
      expect(Buffer.from(below.trustedRootCertificate, 'base64')).toEqual(issuer.raw)
      const scep = JSON.parse(await text(`intune-${platform}-scep`))
      expect(scep).toMatchObject({
        scepServerUrls: ['https://portal.example.com/scep/staff'],
        subjectNameFormat: 'custom',
        subjectNameFormatString: 'CN={{SerialNumber}},O=Example',
        customSubjectAlternativeNames: [
          { sanType: 'universalResourceIdentifier', name: 'IntuneDeviceId://{{DeviceId}}' },
        ],
        certificateValidityPeriodValue: 365,
        certificateValidityPeriodScale: 'days',
        keyUsage: 'digitalSignature,keyEncipherment',
        keySize: 'size2048',
        certificateStore: platform === 'android-work' ? 'user' : 'machine',
      })
      expect(scep['@odata.type']).toMatch(/^#microsoft\.graph\.\w+S(?:CEP|cep)CertificateProfile$/)
      expect(scep['rootCertificate@odata.bind']).toContain('deviceConfigurations(')
      expect(scep.renewalThresholdPercentage).toBe(['ios', 'macos'].includes(platform) ? 50 : 20)
    },
  )
})

describe('Windows', () => {
  const items = (node: XmlNode) =>
    node.children
      .filter(({ name }) => name === 'Add' || name === 'Exec')
      .map((command) => {
        const item = command.children.find(({ name }) => name === 'Item')
        const child = (name: string) => item?.children.find((each) => each.name === name)
        return {
          command: command.name,
          uri: child('Target')?.children[0]?.text ?? '',
          format: child('Meta')?.children[0]?.text,
          data: child('Data')?.text,
        }
      })
  const value = (all: ReturnType<typeof items>, name: string) => all.find(({ uri }) => uri.endsWith(`/${name}`))?.data

  test('SCEP is one Atomic with the Exec last', async () => {
    const atomic = readXml(await text('windows-scep'))
    expect(atomic.name).toBe('Atomic')
    const all = items(atomic)
    expect(all.filter(({ command }) => command === 'Exec')).toHaveLength(1)
    expect(all.at(-1)).toMatchObject({
      command: 'Exec',
      uri: './Device/Vendor/MSFT/ClientCertificateInstall/SCEP/Latchkey-staff/Install/Enroll',
    })
    const ids = atomic.children.map((child) =>
      child.name === 'CmdID' ? child.text : child.children.find(({ name }) => name === 'CmdID')?.text,
    )
    expect(new Set(ids).size).toBe(ids.length)
    expect(value(all, 'CAThumbprint')).toBe(root.fingerprint.replaceAll(':', ''))
    expect(value(all, 'KeyUsage')).toBe('160')
    expect(value(all, 'EKUMapping')).toBe('1.3.6.1.5.5.7.3.2')
    expect(value(all, 'SubjectName')).toBe(`CN=${DEVICE_PLACE}, O=Example`)
    expect(Number(value(all, 'KeyLength'))).toBeGreaterThanOrEqual(2048)
  })

  test('several usages are joined by plus signs, and what is special in a name stands in quotes', () => {
    const many = { ...facts, extendedKeyUsage: ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.4'] }
    const choices = choicesWith({ subject: [{ type: 'CN', value: 'a "b", c' }] })
    const [, scep] = windowsPlatform(many, choices).documents
    const all = items(readXml(String(scep?.content)))
    expect(value(all, 'EKUMapping')).toBe('1.3.6.1.5.5.7.3.2+1.3.6.1.5.5.7.3.4')
    expect(value(all, 'SubjectName')).toBe('CN="a ""b"", c"')
  })

  test('the thumbprint is of a certificate that GetCACert returns', () => {
    const [, scep] = windowsPlatform({ ...facts, rootFromGetCaCert: false }, choicesWith({})).documents
    expect(value(items(readXml(String(scep?.content))), 'CAThumbprint')).toBe(issuer.fingerprint.replaceAll(':', ''))
  })

  test('the trusted certificates are ours, under their thumbprints', async () => {
    const all = items(readXml(await text('windows-trust')))
    expect(all.map(({ data = '' }) => Buffer.from(data, 'base64'))).toEqual([root.raw, issuer.raw])
    expect(all[0]?.uri).toContain(`/Root/${root.fingerprint.replaceAll(':', '')}/`)
    expect(all[1]?.uri).toContain(`/CA/${issuer.fingerprint.replaceAll(':', '')}/`)
  })

  test('the WLAN profile trusts the root for the names of the RADIUS servers alone', async () => {
    const wlan = await text('windows-wlan')
    const find = (node: XmlNode, name: string): string[] => [
      ...(node.name === name ? [node.text] : []),
      ...node.children.flatMap((child) => find(child, name)),
    ]
    const profile = readXml(wlan)
    expect(find(profile, 'ServerNames')).toEqual(['radius.example.com'])
    expect(find(profile, 'TrustedRootCA').map((hex) => hex.replaceAll(' ', '').toUpperCase())).toEqual([
      root.fingerprint.replaceAll(':', ''),
    ])
    expect(find(profile, 'hex')).toEqual(['436F7270'])
  })
})

describe('Android and ChromeOS', () => {
  test('Android gets a domain, a reference to the client certificate, and our root', async () => {
    const { openNetworkConfiguration } = JSON.parse(await text('android'))
    const [network] = openNetworkConfiguration.NetworkConfigurations
    const [certificate] = openNetworkConfiguration.Certificates
    expect(network.WiFi).toMatchObject({
      SSID: 'Corp',
      Security: 'WPA-EAP',
      EAP: { Outer: 'EAP-TLS', ClientCertType: 'Ref', ServerCARefs: [certificate.GUID] },
    })
    expect(network.WiFi.EAP.DomainSuffixMatch).toEqual(['radius.example.com'])
    expect(Buffer.from(certificate.X509, 'base64')).toEqual(root.raw)
  })

  test('ChromeOS finds the certificate by our issuer and does not name the CA twice', async () => {
    const [network] = JSON.parse(await text('chromeos')).NetworkConfigurations
    const { EAP } = network.WiFi
    expect(new X509Certificate(EAP.ClientCertPattern.IssuerCAPEMs[0]).raw).toEqual(issuer.raw)
    expect(new X509Certificate(EAP.ServerCAPEMs[0]).raw).toEqual(root.raw)
    expect(EAP).not.toHaveProperty('ServerCARefs')
  })
})

describe('Linux', () => {
  test('NetworkManager gets EAP-TLS with our CA and no question for a password', async () => {
    const connection = readKeyfile(await text('networkmanager'))
    expect(connection).toMatchObject({
      connection: { id: 'Staff: Corp', type: 'wifi' },
      wifi: { mode: 'infrastructure', ssid: 'Corp' },
      'wifi-security': { 'key-mgmt': 'wpa-eap' },
      '802-1x': {
        eap: 'tls;',
        'ca-cert': '/etc/latchkey/staff/ca.pem',
        'private-key-password-flags': '4',
        'domain-suffix-match': 'radius.example.com',
      },
    })
  })

  test('scripts are read by a shell and write our certificates', async () => {
    for (const kind of ['certmonger', 'strongswan']) {
      const script = await text(kind)
      execFileSync('sh', ['-n'], { input: script })
      expect(script).toContain(root.toString().trim())
      expect(script).toContain(issuer.toString().trim())
    }
  })
})

describe('what is wished', () => {
  test.each([
    ['mdm', 'sccm'],
    ['namedBy', 'colour'],
    ['subject', 'nonsense'],
    ['ssid', 'a'.repeat(33)],
    ['radius', 'not a name!'],
    ['radius', '-x.example.com'],
  ])('%s %j is refused with a sentence for its field, and the page shows the rest', async (field, value) => {
    const wishes = { radius: 'radius.example.com', [field]: value }
    await expect(profiles.file(admin, 'staff', 'apple', wishes)).rejects.toMatchObject({
      code: 'invalid_input',
      fields: { [field]: expect.any(String) },
    })
    const { faults, platforms } = await profiles.list(admin, 'staff', wishes)
    expect(Object.keys(faults)).toEqual([field])
    expect(platforms).toHaveLength(6)
  })

  test('a network without names of its servers is never configured', async () => {
    await expect(profiles.file(admin, 'staff', 'apple', { ssid: 'Corp' })).rejects.toMatchObject({
      fields: { radius: expect.any(String) },
    })
    await expect(profiles.file(admin, 'staff', 'wpa-supplicant', { ssid: '' })).rejects.toMatchObject({
      code: 'invalid_input',
      reason: 'network_missing',
    })
  })

  test("the group's first network is the one unless another is named", async () => {
    expect((await profiles.list(admin, 'staff', {})).choices.ssid).toBe('Staff')
    expect((await profiles.list(admin, 'staff', { ssid: '' })).choices.ssid).toBeNull()
  })

  test('unknown endpoints and kinds do not exist, and a stranger is told nothing', async () => {
    await expect(profiles.list(admin, 'nobody', {})).rejects.toMatchObject({ code: 'not_found' })
    await expect(profiles.file(admin, 'staff', 'nothing', {})).rejects.toMatchObject({ code: 'not_found' })
    const stranger = { ...admin, role: null } as Actor
    await expect(profiles.list(stranger, 'staff', {})).rejects.toMatchObject({ code: 'unauthenticated' })
    for (const role of ['operator', 'auditor'] as const)
      expect((await profiles.list(actor(role), 'staff', {})).platforms).toHaveLength(6)
  })
})

function choicesWith(some: Partial<ProfileChoices>): ProfileChoices {
  return { mdm: 'none', namedBy: 'serial', subject: null, ssid: null, radiusNames: [], ...some }
}

/** A generator of our own, so that a failure comes back with its number. */
function hostileNames(count: number): string[] {
  let state = 20_261_126
  const below = (limit: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % limit
  }
  const pieces = [
    ...'&<>"\'\\;,#$`%{}[]=+*|!? \t\n\r\u0001\u007f\u2028é🔑aZ0',
    ']]>',
    '</string>',
    '<!--',
    '-->',
    "'; rm -rf / #",
    '$(id)',
    '`id`',
    '}\nnetwork={',
    '\n[wifi]\n',
    '%s',
    '$' + '{X}',
    'END\nid\n',
  ]
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + below(6) }, () => pieces[below(pieces.length)]).join(''),
  )
}

describe('names never break out', () => {
  test('of any format, whatever they are', () => {
    for (const name of hostileNames(400)) {
      const ssid = Buffer.from(name).subarray(0, 32).toString('utf8')
      const hostile: ProfileFacts = {
        ...facts,
        organisation: 'Example',
        group: { slug: 'staff', name },
        root: { ...facts.root, name },
        issuer: { ...facts.issuer, name },
      }
      const choices = choicesWith({ ssid, radiusNames: ['radius.example.com'] })
      const clean = (text: string) =>
        text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')

      const apple = appleEnrolmentProfile(hostile, choices, null)
      expect(payloads(apple)).toHaveLength(4)
      expect(ofType(apple, 'com.apple.wifi.managed')?.SSID_STR).toBe(clean(ssid))

      for (const { content } of windowsPlatform(hostile, choices).documents) readXml(String(content))
      const wlan = readXml(String(windowsPlatform(hostile, choices).documents[2]?.content))
      expect(wlan.children[0]?.text).toBe(clean(ssid))

      for (const { content } of intunePlatform(hostile, choices).documents)
        expect(Object.keys(JSON.parse(String(content))).length).toBeGreaterThan(4)
      const onc = JSON.parse(String(chromeOsPlatform(hostile, choices).documents[0]?.content))
      expect(onc.NetworkConfigurations[0].Name).toBe(ssid)
      JSON.parse(String(androidPlatform(hostile, choices).documents[0]?.content))

      const linux = new Map(
        linuxPlatform(hostile, choices).documents.map(({ kind, content }) => [kind, String(content)]),
      )
      const connection = readKeyfile(linux.get('networkmanager') ?? '')
      expect(Object.keys(connection)).toEqual(['connection', 'wifi', 'wifi-security', '802-1x', 'ipv4', 'ipv6'])
      expect(readSsid(connection.wifi?.ssid ?? '')).toBe(ssid)
      expect(connection.connection?.id).toBe(`${name}: ${ssid}`)
      const supplicant = (linux.get('wpa-supplicant') ?? '').split('\n')
      expect(supplicant).toHaveLength(11)
      const [, quoted, hex] = /^ {4}ssid=(?:"([^"]*)"|([0-9a-f]+))$/.exec(supplicant[1] ?? '') ?? []
      expect(quoted ?? Buffer.from(hex ?? '', 'hex').toString('utf8')).toBe(ssid)
      applePlatform(hostile, choices)
    }
  })

  test('of a shell: what a script passes on is the very name', () => {
    for (const name of hostileNames(40)) {
      const value = name.replace(/\p{Cc}/gu, '') || 'x'
      const choices = choicesWith({ subject: [{ type: 'CN', value }] })
      for (const { content } of linuxPlatform(facts, choices).documents) {
        const words = String(content)
          .replace(/^mkdir[\s\S]*?\nEND\n[\s\S]*?\nEND\n/m, '')
          .replace(/^(?:openssl|\().*$/gm, ':')
          .replace(/ > \S+$/gm, '')
          .replace(/^(?:getcert|pki) /gm, "printf '%s\\n' ")
        const said = execFileSync('sh', { input: words, encoding: 'utf8' })
        const expected = linuxSubject(value)
        expect(said.split('\n')).toContain(expected)
      }
    }
  })
})

function linuxSubject(value: string): string {
  const [, scep] = intunePlatform(facts, choicesWith({ subject: [{ type: 'CN', value }] })).documents.slice(1)
  return /\$[A-Z_]{3,}|\$\{[^}]*\}|\{\{[^}]*\}\}|\{[A-Za-z]+\}|%[A-Za-z]+%/.test(value)
    ? `CN=${DEVICE_PLACE},O=Example`
    : JSON.parse(String(scep?.content)).subjectNameFormatString
}
