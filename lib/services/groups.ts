/** Groups, each with its own issuer, and their enrolment endpoints. */
import type { Actor } from './actor'
import type { KeyAlgorithm } from './signer'

export type IssuerKey = 'rsa3072' | 'rsa4096' | 'p256' | 'p384'

export interface AuthorityView {
  id: string
  kind: 'root' | 'issuer'
  slug: string
  name: string
  keyAlgorithm: KeyAlgorithm
  /** RFC 4514. */
  subject: string
  notBefore: Date
  notAfter: Date
  serial: string
  /** Lower-case hex, no separators. */
  fingerprintSha256: string
  fingerprintSha1: string
  fingerprintMd5: string
  certificateId: string
  certificatePem: string
  crlUrl: string
  caUrl: string
  crl: { number: string; thisUpdate: Date; nextUpdate: Date; entries: number } | null
}

export interface EndpointView {
  id: string
  slug: string
  name: string
  groupId: string
  protocol: 'scep'
  policy: 'dynamic' | 'static' | 'approval' | 'delegated'
  enabled: boolean
  challengeTtlMinutes: number
  scepUrl: string
  includeRoot: boolean
  allowSha1: boolean
  allow3des: boolean
  profile: { id: string; name: string; validityDays: number; extendedKeyUsage: string[]; minRsaBits: number; ellipticCurves: string[] }
  /** The certificate that answers SCEP. Its fingerprints let a device compare what GetCACert returned. */
  registrationAuthority: { subject: string; notBefore: Date; notAfter: Date; fingerprintSha256: string; fingerprintSha1: string; certificatePem: string } | null
  createdAt: Date
}

export interface GroupView {
  id: string
  slug: string
  name: string
  createdAt: Date
  /** False while its keys and certificates are being made. */
  ready: boolean
  issuer: AuthorityView | null
  endpoints: EndpointView[]
  counts: { certificates: number; valid: number; revoked: number; pendingChallenges: number }
}

export interface GroupsService {
  list(actor: Actor): Promise<GroupView[]>
  get(actor: Actor, slug: string): Promise<GroupView>
  /**
   * Issuer key and certificate, RA, dynamic SCEP endpoint and profile in one step. Takes seconds for RSA.
   * Refusals: invalid_input (name), conflict (name taken), setup_required.
   */
  create(actor: Actor, request: { name: string; issuerKey?: IssuerKey }): Promise<GroupView>
  listEndpoints(actor: Actor): Promise<(EndpointView & { group: { slug: string; name: string } })[]>
  getEndpoint(actor: Actor, slug: string): Promise<EndpointView & { group: { slug: string; name: string }; issuer: AuthorityView; root: AuthorityView }>
  /** Switches an endpoint on or off at once, or changes its settings. */
  updateEndpoint(
    actor: Actor,
    slug: string,
    change: { enabled?: boolean; challengeTtlMinutes?: number; includeRoot?: boolean; allowSha1?: boolean; allow3des?: boolean },
  ): Promise<EndpointView>
  /** Root and issuers, root first. */
  authorities(actor: Actor): Promise<AuthorityView[]>
}
