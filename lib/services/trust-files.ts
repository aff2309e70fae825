/** What can be downloaded from a group's trust page, each under a name that stays. Made once for each set of certificates. */
import { createHash } from 'node:crypto'
import { toPem } from '@/lib/pki/certificate'
import { degenerateCertificates } from '@/lib/scep/message'
import { appleTrustProfile, type ProfileCertificate } from './apple-profile'
import type { TrustedAuthority } from './trust'

export interface TrustFile {
  contentType: string
  body: Uint8Array
  /** SHA-256 of the body, lower-case hex. */
  sha256: string
}

export const TRUST_FILES = {
  rootPem: 'root.pem',
  rootDer: 'root.cer',
  issuerPem: 'issuer.pem',
  issuerDer: 'issuer.cer',
  chainPem: 'chain.pem',
  chainP7b: 'chain.p7b',
  appleProfile: 'latchkey.mobileconfig',
} as const

const PEM = 'application/x-pem-file'
const DER = 'application/pkix-cert'

interface Trust {
  group: string
  organisation: string
  root: TrustedAuthority
  otherRoots: readonly TrustedAuthority[]
  /** The one that issues now first. */
  issuers: readonly TrustedAuthority[]
}

export function trustFiles({ group, organisation, root, otherRoots, issuers }: Trust): ReadonlyMap<string, TrustFile> {
  const issuer = issuers.find(({ standing }) => standing === 'issuer')
  // A server sends and reads a chain from the issuer up to the root.
  const chain = [...issuers, root, ...otherRoots]
  const certificates = [payload(root), ...otherRoots.map(payload), ...issuers.map(payload)] as const
  const profile = { group, organisation, certificates }
  return new Map([
    [TRUST_FILES.rootPem, file(PEM, root.pem)],
    [TRUST_FILES.rootDer, file(DER, root.der)],
    ...(issuer
      ? ([
          [TRUST_FILES.issuerPem, file(PEM, issuer.pem)],
          [TRUST_FILES.issuerDer, file(DER, issuer.der)],
        ] as const)
      : []),
    [TRUST_FILES.chainPem, file(PEM, chain.map(({ der }) => toPem(der)).join(''))],
    [
      TRUST_FILES.chainP7b,
      file('application/x-pkcs7-certificates', degenerateCertificates(chain.map(({ der }) => der))),
    ],
    [TRUST_FILES.appleProfile, file('application/x-apple-aspen-config', appleTrustProfile(profile))],
  ])
}

function payload({ standing, slug, name, der }: TrustedAuthority): ProfileCertificate {
  return {
    kind: standing === 'root' || standing === 'another_root' ? 'root' : 'issuer',
    name,
    fileName: `${slug}.cer`,
    der,
  }
}

function file(contentType: string, content: Uint8Array | string): TrustFile {
  const body = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return { contentType, body, sha256: createHash('sha256').update(body).digest('hex') }
}
