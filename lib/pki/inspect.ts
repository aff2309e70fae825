/** Extensions in words, as `openssl x509 -text` would say them, for the certificate page. */
import { parseCertificate } from './certificate'
import { DerError, parseDer, primitiveContext, TAG, type Tlv } from './der'
import { oidOf, textOf } from './der-values'
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
  try {
    return DESCRIBE[oid]?.(value) ?? [hex(value)]
  } catch (error) {
    if (error instanceof DerError) return [hex(value)]
    throw error
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
  [OID.crlDistributionPoints]: (value) => urisWithin(parseDer(value)),
  [OID.authorityInfoAccess]: (value) => parseDer(value).children(20).map(describeAccess),
  [OID.certificatePolicies]: (value) =>
    parseDer(value)
      .children(20)
      .map((policy) => oidOf(policy.open().next(TAG.oid).content)),
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

function describeAccess(description: Tlv): string {
  const reader = description.open()
  return `${oidName(oidOf(reader.next(TAG.oid).content))}: ${uriText(reader.next())}`
}

const URI = primitiveContext(6)
const uriText = (name: Tlv): string =>
  name.tag === URI ? textOf({ tag: TAG.ia5String, content: name.content }) : hex(name.bytes)

/** Every URI below a value: DistributionPoint nests them four deep. Depth is bounded by parseDer. */
function urisWithin(value: Tlv): string[] {
  if (value.tag === URI) return [`URI: ${uriText(value)}`]
  return value.constructed ? value.children(50).flatMap(urisWithin) : []
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .toUpperCase()
    .replace(/..(?=.)/g, '$&:')
}
