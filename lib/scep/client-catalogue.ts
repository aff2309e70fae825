/** The SCEP clients of the field as data: what each can do, what it does oddly, and what we do about it (scep.md §8). */
import type { Cipher, Digest } from './algorithms'

export const CLIENT_FAMILIES = [
  'apple',
  'windows',
  'ndes_shaped',
  'android_intune',
  'android_agent',
  'mdm_proxy',
  'jamf',
  'chromeos',
  'cisco',
  'sscep',
  'certmonger',
  'strongswan',
  'jscep',
  'micromdm',
  'juniper',
  'mikrotik',
  'firewall',
  'fips_java',
  'embedded',
  'no_client',
  'latchkey',
] as const

export type ClientFamily = (typeof CLIENT_FAMILIES)[number]

export interface ClientRow {
  name: string
  transport: string
  /** Whether it posts: always, only when GetCACaps has the keyword, or never, so that GET must work. */
  posts: 'always' | 'when_told' | 'never'
  /** Content type of its POST; null for none at all. Absent where nobody has looked. */
  postsAs?: string | null
  /** What it can sign and encrypt with, best first, MD5 left out: nothing brings that back. */
  digests: readonly Digest[]
  ciphers: readonly Cipher[]
  /** Whether GetCACert must bring the root along. */
  root: 'needed' | 'for_some' | 'no_matter'
  /** `chain`: it looks for the issuer beside the registration authority. */
  caCertificates: 'chain' | 'any'
  /** What beside the leaf may be in a reply. */
  reply: 'leaf_only' | 'issuer_wanted' | 'any'
  /** Whose key signs its messages: the one to be certified, sometimes another, or a proxy's for many devices. */
  signsWith: 'own_key' | 'sometimes_another' | 'proxy'
  /** How it waits for a decision. */
  waits: 'polls' | 'sends_again' | 'hardly' | 'unknown'
  renews: 'renewal_req' | 'pkcs_req' | 'anew' | 'unknown'
  oddities: readonly string[]
  /** What the server does so that it works all the same. */
  server: readonly string[]
  /** What to set on the client. */
  advice?: string
}

const MODERN = { digests: ['sha512', 'sha256', 'sha1'], ciphers: ['aes128', '3des'] } as const
const LENIENT = { root: 'no_matter', caCertificates: 'any', reply: 'any', signsWith: 'own_key' } as const

export const CLIENTS: Readonly<Record<ClientFamily, ClientRow>> = {
  apple: {
    ...MODERN,
    ...LENIENT,
    name: 'Apple iOS, iPadOS, macOS, tvOS, visionOS',
    transport: 'Posts when GetCACaps says POSTPKIOperation in so many letters, else GET with bare + and /.',
    posts: 'when_told',
    postsAs: 'application/x-pki-message',
    waits: 'hardly',
    renews: 'anew',
    oddities: [
      'Compares content types letter by letter and reads nothing but DER with definite lengths.',
      'Takes the first certificate of a reply for its own.',
      'Signs with a throw-away certificate named by a random UUID, serial number 1; old versions send 8-octet nonces.',
      'Shows the person at the device nothing of why it was refused.',
    ],
    server: [
      'Sends exact types, strict DER and the leaf first; mirrors the length of the nonce.',
      'Signs with the very certificate that GetCACert gave, which may both sign and decipher.',
    ],
    advice: 'Set the key size to 2048 or 4096: the default of the payload is 1024 bits, which is refused.',
  },
  windows: {
    ...MODERN,
    ...LENIENT,
    name: 'Windows 10 and 11, alone or under Intune',
    transport: 'Appends /pkiclient.exe to the URL and posts; asks with message=default.',
    posts: 'always',
    caCertificates: 'chain',
    signsWith: 'sometimes_another',
    waits: 'polls',
    renews: 'anew',
    oddities: [
      'May sign with a key of its own for each attempt instead of the one to be certified.',
      'Refuses a challenge with an underscore or other characters outside PrintableString.',
      'May wrap keys with OAEP; speaks TLS 1.2 at most.',
      'Says "file name too long" when it is sent a web page.',
    ],
    server: [
      'Reads both key transports and answers with PKCS#1 v1.5; never sends a redirect or a page.',
      'Gives the registration authority the usages and the extended usage that Windows asks for.',
    ],
    advice: "Give the issuer's SHA-1 as CAThumbprint.",
  },
  ndes_shaped: {
    ...MODERN,
    ...LENIENT,
    name: 'Clients made for NDES',
    transport: 'Asks below /certsrv/mscep/mscep.dll, by GET or POST.',
    posts: 'when_told',
    waits: 'unknown',
    renews: 'unknown',
    oddities: ['Knows that one path and no other.'],
    server: ['Serves the path for the endpoint while there is only one.'],
  },
  android_intune: {
    ...MODERN,
    ...LENIENT,
    name: 'Android under Intune',
    transport: "Intune's own app asks, by POST.",
    posts: 'always',
    root: 'for_some',
    waits: 'polls',
    renews: 'anew',
    oddities: ['Wants a subject alternative name, and the root in its profile.'],
    server: ['Sends the root along unless it is switched off.'],
    advice: 'Put a subject alternative name into the profile.',
  },
  android_agent: {
    ...MODERN,
    ...LENIENT,
    name: 'Android device agents and MDM apps',
    transport: 'Android has no client of its own: each agent brings a library, often a Java one.',
    posts: 'when_told',
    waits: 'unknown',
    renews: 'anew',
    oddities: ['Java libraries write BER with indefinite lengths.', 'A device that was offline for hours comes late.'],
    server: ['Reads BER and answers in DER.'],
    advice: 'Let challenges live longer than an hour where devices are often offline.',
  },
  mdm_proxy: {
    ...MODERN,
    ...LENIENT,
    name: 'Ivanti EPMM, Workspace ONE and other MDM that ask for their devices',
    transport: 'One server asks for many devices, by POST.',
    posts: 'always',
    signsWith: 'proxy',
    waits: 'unknown',
    renews: 'anew',
    oddities: ['One signer for the requests of many devices.'],
    server: ['Takes a signer that is pinned, or any with a one-time challenge.'],
    advice: 'Pin the certificate it signs with.',
  },
  jamf: {
    ...MODERN,
    ...LENIENT,
    name: 'Jamf Pro as SCEP proxy',
    transport: 'The Jamf server asks for its devices; they never come here themselves.',
    posts: 'always',
    signsWith: 'proxy',
    waits: 'unknown',
    renews: 'anew',
    oddities: ["Signs with the certificate uploaded to it, not with the device's key."],
    server: ['Takes a signer that is pinned, or any with a one-time challenge.'],
    advice: "Pin Jamf's signing certificate; its fingerprint field takes SHA-1.",
  },
  chromeos: {
    ...MODERN,
    ...LENIENT,
    name: 'ChromeOS by the Google Cloud Certificate Connector',
    transport: 'The connector asks for the devices; plain HTTP works.',
    posts: 'when_told',
    waits: 'unknown',
    renews: 'unknown',
    oddities: ['Cuts the content into pieces, over which a careless server computes a wrong digest.'],
    server: ['Joins the pieces before it computes the digest.'],
  },
  cisco: {
    ...MODERN,
    ...LENIENT,
    name: 'Cisco IOS, IOS XE, ASA',
    transport: 'HTTP/1.0 without Host, GET even where POST is offered, line feeds within the base64.',
    posts: 'never',
    reply: 'issuer_wanted',
    waits: 'polls',
    renews: 'unknown',
    oddities: [
      'Names itself differently in the request and in the certificate that signs.',
      'Its VPN client wants the issuer in the reply.',
      'Old models sign with MD5, which nothing brings back.',
    ],
    server: ['Routes by the path alone, reads the broken lines, compares keys and not names.'],
  },
  sscep: {
    ...LENIENT,
    name: 'sscep, CertNanny',
    transport: 'Plain HTTP only; posts without a Content-Type when told, else GET with line feeds.',
    posts: 'when_told',
    postsAs: null,
    digests: ['sha512', 'sha256', 'sha1'],
    ciphers: ['aes128', '3des', 'des'],
    waits: 'polls',
    renews: 'pkcs_req',
    oddities: [
      'Signs with a certificate whose serial number has 32 octets.',
      'Wants every text attribute as PrintableString, and the recipientNonce.',
    ],
    server: ['Copies the serial number octet by octet; ignores the content type.'],
    advice: 'Offer it plain HTTP: it speaks no TLS.',
  },
  certmonger: {
    ...LENIENT,
    name: 'certmonger',
    transport: 'GET for every operation; asks for certificates 0, 1, 2 … and GetCAChain.',
    posts: 'never',
    digests: ['sha512', 'sha256', 'sha1'],
    ciphers: ['3des', 'des'],
    waits: 'polls',
    renews: 'pkcs_req',
    oddities: [
      'Knows no AES; without DES3 in GetCACaps it falls back to single DES.',
      'Refuses a reply without a senderNonce, and a list of capabilities of 1 KiB.',
    ],
    server: ['Keeps the list short, and puts a fresh nonce into each reply.'],
  },
  strongswan: {
    ...LENIENT,
    name: 'strongSwan (pki --scep)',
    transport: 'Posts without a Content-Type, or GET with line feeds.',
    posts: 'when_told',
    postsAs: null,
    digests: ['sha256', 'sha384', 'sha512', 'sha1'],
    ciphers: ['aes128', 'aes192', 'aes256', '3des'],
    root: 'needed',
    caCertificates: 'chain',
    waits: 'polls',
    renews: 'renewal_req',
    oddities: [
      'Trusts nothing but a root in the GetCACert answer.',
      'Stops when GetCACaps lacks the algorithm it was told to use; version 5.9.8 reads SHA-384 as SCEPStandard.',
    ],
    server: ['Lists SHA-384 beside the standard keywords.'],
  },
  jscep: {
    ...LENIENT,
    name: 'jscep and what is built on it (Java)',
    transport: 'Posts application/octet-stream; GET leaves + bare; message= is always there.',
    posts: 'when_told',
    postsAs: 'application/octet-stream',
    digests: ['sha512', 'sha256', 'sha1'],
    ciphers: ['aes128', '3des', 'des'],
    caCertificates: 'chain',
    waits: 'polls',
    renews: 'pkcs_req',
    oddities: [
      'Finds the issuer by the name in the registration authority, which must sit directly below it.',
      'Refuses a reply with a nonce it has seen, and text attributes that are not PrintableString.',
    ],
    server: ['Issues the registration authority directly under the issuer; never sends a reply twice.'],
  },
  micromdm: {
    ...LENIENT,
    name: "micromdm's scepclient, and other clients on Go's old pkcs7 library",
    transport: 'Posts application/octet-stream; old versions send base64url by GET.',
    posts: 'when_told',
    postsAs: 'application/octet-stream',
    digests: ['sha1'],
    ciphers: ['des'],
    waits: 'sends_again',
    renews: 'renewal_req',
    oddities: [
      'Encrypts with single DES and signs with SHA-1 whatever GetCACaps says.',
      'Writes the transactionID in base64; encrypts to every certificate of GetCACert unless told which.',
      'While it waits, it sends the request again instead of polling.',
    ],
    server: [
      'Opens the recipient that is ours among several, and answers a resent request with its state.',
      'With the legacy switch on, keeps certificates with elliptic curve keys from it, on which it crashes.',
    ],
    advice: 'Mint for its whole subject: it adds C=US, O=scep-client and OU=MDM unless told otherwise.',
  },
  juniper: {
    ...MODERN,
    ...LENIENT,
    name: 'Juniper JunOS',
    transport: 'GET, with the name of the CA in message, unescaped.',
    posts: 'never',
    reply: 'leaf_only',
    waits: 'unknown',
    renews: 'unknown',
    oddities: ['A CA certificate in the reply breaks it.', 'A space in the name of the CA breaks its request line.'],
    server: ['Sends the leaf alone unless told otherwise; ignores the name.'],
    advice: 'Use a CA identifier without spaces.',
  },
  mikrotik: {
    ...MODERN,
    ...LENIENT,
    name: 'MikroTik RouterOS',
    transport: 'Not documented.',
    posts: 'when_told',
    waits: 'polls',
    renews: 'unknown',
    oddities: ['Refuses a reply without a senderNonce.'],
    server: ['Puts a fresh nonce into each reply.'],
  },
  firewall: {
    ...MODERN,
    ...LENIENT,
    name: 'FortiGate, Palo Alto and similar appliances',
    transport: 'GET or POST.',
    posts: 'when_told',
    waits: 'unknown',
    renews: 'pkcs_req',
    oddities: ['FortiGate writes an extension twice.', 'Palo Alto renews by either message type.'],
    server: ['Takes equal duplicates for one, and both forms of renewal.'],
  },
  fips_java: {
    ...MODERN,
    ...LENIENT,
    name: 'Aruba gateways and other FIPS-bound Java stacks',
    transport: 'POST.',
    posts: 'always',
    waits: 'unknown',
    renews: 'unknown',
    oddities: ['Refuses one RSA key that both signs and deciphers.'],
    server: ['Has one registration authority for both, so these cannot be served.'],
  },
  embedded: {
    ...MODERN,
    ...LENIENT,
    name: 'Digi, INSYS, Westermo, AudioCodes, Canon, IGEL',
    transport: 'Plain HTTP; AudioCodes asks below /certsrv/mscep/mscep.dll.',
    posts: 'when_told',
    digests: ['sha1', 'sha256'],
    root: 'for_some',
    waits: 'unknown',
    renews: 'unknown',
    oddities: ["Westermo compares the root's fingerprint.", 'Digi offers MD5 or SHA-1 in its menu.'],
    server: ['Serves plain HTTP beside HTTPS, and the NDES path while there is one endpoint.'],
    advice: 'Choose SHA-1 on a Digi: MD5 is refused.',
  },
  no_client: {
    ...MODERN,
    ...LENIENT,
    name: 'HP printers, Nokia routers and base stations',
    transport: 'We know of no SCEP client in them.',
    posts: 'never',
    waits: 'unknown',
    renews: 'unknown',
    oddities: [],
    server: [],
    advice: "Make the certificate elsewhere and install it with the maker's tool.",
  },
  latchkey: {
    ...LENIENT,
    name: 'Latchkey (latchkey enrol)',
    transport: 'Posts application/x-pki-message.',
    posts: 'always',
    postsAs: 'application/x-pki-message',
    digests: ['sha256', 'sha1'],
    ciphers: ['aes128', '3des'],
    waits: 'polls',
    renews: 'renewal_req',
    oddities: [],
    server: [],
  },
}

export function isClientFamily(id: string): id is ClientFamily {
  return Object.hasOwn(CLIENTS, id)
}
