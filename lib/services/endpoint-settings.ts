/** What an administrator may set about a SCEP endpoint (scep.md, "Endpoint settings and defaults"). */

export type EndpointPolicy = 'dynamic' | 'static' | 'approval' | 'delegated'
/** How a minted challenge is written. `signed` ones are minted elsewhere and need no setting. */
export type ChallengeFormat = 'hex32' | 'hex16' | 'base62' | 'sealed'

export interface EndpointSettings {
  /** GetCACert returns the root too. strongSwan trusts nothing else. */
  includeRoot: boolean
  allowSha1: boolean
  allow3des: boolean
  /** Single DES, which RFC 8894 forbids: for clients built on an old library that know nothing else. Weak. */
  allowDes: boolean
  /** Whose key opens envelopes and signs replies. `ca` needs an RSA issuer. */
  scepIdentity: 'ra' | 'ca'
  caCertificates: 'single' | 'chain'
  /** What a CertRep carries beside the leaf. */
  replyCertificates: 'leaf' | 'leaf_issuer' | 'leaf_chain'
  /** scep.md §4.1: whether the SCEP message may be signed by another key than the one to be certified. */
  signerKeyPolicy: 'must_match_csr' | 'allow_with_challenge'
  /** SHA-256 of certificates that sign for devices (Jamf Pro, Ivanti), lower-case hex. */
  trustedProxySigners: string[]
  renewal: boolean
  /** A PKCSReq signed by a certificate of this endpoint counts as a renewal (sscep, certmonger, macOS). */
  renewalByPkcsReq: boolean
  /** Days before the end from which a certificate may be renewed. Null: the last third, 30 days at most. */
  renewalWindowDays: number | null
  renewalChallenge: 'required' | 'optional' | 'ignored'
  /** Hours after which the renewed certificate is revoked as superseded. Null: never. */
  supersedeAfterHours: number | null
  challengeFormat: ChallengeFormat
  /** A second key for a consumed challenge revokes the first certificate at once. */
  revokeOnSecondKey: boolean
  approvalsRequired: number
  pendingTtlHours: number
  /** Under the policy `approval`, a wrong challenge waits like none at all. */
  approveWrongChallenge: boolean
  /** Who is asked under the policy `delegated`. */
  validatorId: string | null
}

/** What the certificates of an endpoint are like. */
export interface ProfileSettings {
  validityDays: number
  /** How long before its making a certificate begins, for devices whose clocks are slow. */
  backdateMinutes: number
  minRsaBits: number
  ellipticCurves: string[]
  /** Dotted OIDs; never empty. */
  extendedKeyUsage: string[]
}

export const PROFILE_DEFAULTS: ProfileSettings = {
  validityDays: 365,
  backdateMinutes: 60,
  minRsaBits: 2048,
  ellipticCurves: ['P-256', 'P-384'],
  extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
}

export const DEFAULT_CHALLENGE_TTL_MINUTES = 60

export const ENDPOINT_DEFAULTS: EndpointSettings = {
  includeRoot: true,
  allowSha1: true,
  allow3des: true,
  allowDes: false,
  scepIdentity: 'ra',
  caCertificates: 'chain',
  replyCertificates: 'leaf',
  signerKeyPolicy: 'allow_with_challenge',
  trustedProxySigners: [],
  renewal: true,
  renewalByPkcsReq: true,
  renewalWindowDays: null,
  renewalChallenge: 'optional',
  supersedeAfterHours: null,
  challengeFormat: 'hex32',
  revokeOnSecondKey: false,
  approvalsRequired: 1,
  pendingTtlHours: 168,
  approveWrongChallenge: false,
  validatorId: null,
}

/** What weakens an endpoint, in the order of badness: each wears a badge wherever the endpoint appears. */
export type Weakness = 'static' | 'des' | 'sha1' | '3des'

export function weaknesses(
  endpoint: Pick<EndpointSettings, 'allowDes' | 'allowSha1' | 'allow3des'> & { policy: EndpointPolicy },
): Weakness[] {
  const { policy, allowDes, allowSha1, allow3des } = endpoint
  const found: (Weakness | false)[] = [
    policy === 'static' && 'static',
    allowDes && 'des',
    allowSha1 && 'sha1',
    allow3des && '3des',
  ]
  return found.filter((weakness) => weakness !== false)
}
