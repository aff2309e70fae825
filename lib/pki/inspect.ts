/**
 * Extensions in words, as `openssl x509 -text` would say them, for the certificate page. What Latchkey itself decides by
 * is read by its own strict parsers; the rest, which is only shown, by pkijs.
 */
import { CertificatePolicies, CRLDistributionPoints, type GeneralName, InfoAccess } from 'pkijs'
import { parseCertificate } from './certificate'
import type { Extension } from './extension'
import {
  parseAuthorityKeyIdentifier,
  parseBasicConstraints,
  parseExtendedKeyUsage,
  parseKeyUsage,
  parseSubjectKeyIdentifier,
} from './extension-values'
import { OID, oidName } from './oid'
import { parseSan, type San } from './san'

export interface ExtensionText {
  oid: string
  name: string
  critical: boolean
  lines: string[]
}

/** Longer than any that is made to be read: a thousand distribution points would keep pkijs busy for half a second. */
const READABLE_OCTETS = 4_096

/** The extensions of a certificate in order. One we cannot read is shown in hex rather than hidden. */
export function describeExtensions(der: Uint8Array): ExtensionText[] {
  return parseCertificate(der).extensions.map((extension) => ({
    oid: extension.oid,
    name: oidName(extension.oid),
    critical: extension.critical,
    lines: linesOf(extension),
  }))
}

function linesOf({ oid, value }: Extension): string[] {
  if (value.length > READABLE_OCTETS) return [hex(value)]
  try {
    return DESCRIBE[oid]?.(value) ?? [hex(value)]
  } catch {
    return [hex(value)] // malformed, and pkijs has many ways to say so
  }
}

const DESCRIBE: Readonly<Record<string, (value: Uint8Array) => string[]>> = {
  [OID.basicConstraints]: (value) => {
    const { isCa, pathLength } = parseBasicConstraints(value)
    return [`CA: ${isCa ? 'yes' : 'no'}`, ...(pathLength === null ? [] : [`Path length: ${pathLength}`])]
  },
  [OID.keyUsage]: (value) => parseKeyUsage(value).map((usage) => USAGE_WORDS[usage]),
  [OID.extendedKeyUsage]: (value) => parseExtendedKeyUsage(value).map(oidName),
  [OID.subjectKeyIdentifier]: (value) => [hex(parseSubjectKeyIdentifier(value))],
  [OID.authorityKeyIdentifier]: (value) => [hex(parseAuthorityKeyIdentifier(value) ?? value)],
  [OID.subjectAltName]: (value) => parseSan(value, 'refuse').map(describeSan),
  [OID.crlDistributionPoints]: (value) =>
    CRLDistributionPoints.fromBER(bufferOf(value)).distributionPoints.flatMap(({ distributionPoint }) =>
      Array.isArray(distributionPoint) ? distributionPoint.map(describeName) : [],
    ),
  [OID.authorityInfoAccess]: (value) =>
    InfoAccess.fromBER(bufferOf(value)).accessDescriptions.map(
      ({ accessMethod, accessLocation }) => `${oidName(accessMethod)}: ${nameValue(accessLocation)}`,
    ),
  [OID.certificatePolicies]: (value) =>
    CertificatePolicies.fromBER(bufferOf(value)).certificatePolicies.map(({ policyIdentifier }) => policyIdentifier),
}

const USAGE_WORDS: Readonly<Record<ReturnType<typeof parseKeyUsage>[number], string>> = {
  digitalSignature: 'Digital Signature',
  nonRepudiation: 'Non Repudiation',
  keyEncipherment: 'Key Encipherment',
  dataEncipherment: 'Data Encipherment',
  keyAgreement: 'Key Agreement',
  keyCertSign: 'Certificate Sign',
  cRLSign: 'CRL Sign',
  encipherOnly: 'Encipher Only',
  decipherOnly: 'Decipher Only',
}

const SAN_WORDS: Readonly<Record<San['type'], string>> = {
  dns: 'DNS',
  email: 'E-mail',
  uri: 'URI',
  upn: 'User principal name',
  ip: 'IP address',
}

const describeSan = ({ type, value }: San): string => `${SAN_WORDS[type]}: ${value}`

/** RFC 5280 §4.2.1.6: uniformResourceIdentifier is choice 6 of GeneralName. */
const URI = 6

function describeName(name: GeneralName): string {
  return name.type === URI ? `URI: ${nameValue(name)}` : nameValue(name)
}

function nameValue(name: GeneralName): string {
  return name.type === URI ? String(name.value) : 'a name of another kind'
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .toUpperCase()
    .replace(/..(?=.)/g, '$&:')
}
