/**
 * The configuration profile that makes an Apple device trust a group's CA: certificates and nothing else, unsigned.
 * Identifiers and UUIDs come from the certificates, so that a second download replaces the first instead of piling up.
 */
import { createHash } from 'node:crypto'
import { type PropertyValue, propertyList } from './property-list'

export interface ProfileCertificate {
  kind: 'root' | 'issuer'
  /** Shown to whoever installs it. */
  name: string
  fileName: string
  der: Uint8Array
}

export interface TrustProfile {
  organisation: string
  group: string
  /** The root first. */
  certificates: readonly [ProfileCertificate, ...ProfileCertificate[]]
}

export function appleTrustProfile({ organisation, group, certificates }: TrustProfile): Uint8Array {
  const [root] = certificates
  // By the root's key material, not by a host name: an installation that moves keeps its profile.
  const identifier = `latchkey.trust.${keyMark(root.der)}.${group}`
  return propertyList({
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadIdentifier: identifier,
    PayloadUUID: uuidOf(identifier),
    PayloadDisplayName: `${root.name}: CA certificates`,
    PayloadDescription: `Lets this device verify certificates issued by ${organisation}.`,
    PayloadOrganization: organisation,
    // On a Mac for everybody who uses it; elsewhere there is no difference.
    PayloadScope: 'System',
    PayloadContent: certificates.map((certificate) => certificatePayload(identifier, organisation, certificate)),
  })
}

/** Makes the device trust one certificate. `profile` is the identifier of the profile around it. */
export function certificatePayload(
  profile: string,
  organisation: string,
  { kind, name, fileName, der }: ProfileCertificate,
): { readonly PayloadUUID: string; readonly [key: string]: PropertyValue } {
  const identifier = `${profile}.${keyMark(der)}`
  return {
    PayloadType: kind === 'root' ? 'com.apple.security.root' : 'com.apple.security.pkcs1',
    PayloadVersion: 1,
    PayloadIdentifier: identifier,
    PayloadUUID: uuidOf(identifier),
    PayloadDisplayName: name,
    PayloadDescription: kind === 'root' ? 'Root certificate' : 'Intermediate certificate',
    PayloadOrganization: organisation,
    PayloadCertificateFileName: fileName,
    PayloadContent: der,
  }
}

/** Names a certificate, or anything else, in an identifier. */
export function keyMark(of: Uint8Array | string): string {
  return digest(of).toString('hex').slice(0, 32)
}

/** RFC 9562 §5.8: a UUID of our own making, from what it names. */
export function uuidOf(name: string): string {
  const bytes = digest(name).subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    .toUpperCase()
}

function digest(bytes: Uint8Array | string): Buffer {
  return createHash('sha256').update(bytes).digest()
}
