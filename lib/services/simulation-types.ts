/** What may be asked of a simulation, and what it answers. */
import type { Csr } from '@/lib/pki/csr'
import type { Actor } from './actor'
import type { MatchRules } from './challenge-match'
import type { SubjectAlternativeName } from './challenges'
import type { EndpointPolicy, EndpointSettings } from './endpoint-settings'
import type { EnrolmentReason } from './enrolment-refusals'
import type { FieldComparison } from './field-comparison'
import type { Reach } from './permissions'
import type { JudgedRequest } from './recorded-request'
import type { ScepEndpoint } from './scep-endpoints'
import type { TransactionRecord } from './transactions'

/** Settings that may be tried out; what is left out stays as the endpoint has it. */
export interface SimulatedChanges
  extends Partial<
      Pick<
        EndpointSettings,
        | 'allowSha1'
        | 'allow3des'
        | 'allowDes'
        | 'signerKeyPolicy'
        | 'renewal'
        | 'renewalByPkcsReq'
        | 'renewalWindowDays'
        | 'renewalChallenge'
        | 'approvalsRequired'
        | 'approveWrongChallenge'
      >
    >,
    Partial<MatchRules> {
  policy?: EndpointPolicy
}

export interface SimulationRequest {
  /** PEM or base64. Either this or a recorded enrolment. */
  csr?: string
  /** Id of a recorded enrolment. */
  transaction?: string
  /** Instead of the one inside the request. */
  challenge?: string
  /** Names to compare with, as if a challenge were bound to them. */
  expected?: { subject: string; san?: SubjectAlternativeName[] }
  /** Where the device asks from; that of the recorded enrolment unless said. */
  address?: string
  /** Serial number of the certificate that signs the message, as in a renewal. */
  signedBy?: string
  /** RenewalReq unless said where a certificate signs, PKCSReq otherwise. Of a recorded enrolment: its own. */
  messageType?: 'PKCSReq' | 'RenewalReq'
  /** Really asks the validator of the endpoint. What that leads to there is not ours to say. */
  askValidator?: boolean
  changes?: SimulatedChanges
}

export const SIMULATION_CHECKS = [
  ...(['endpoint', 'algorithms', 'possession', 'signerKey', 'profile'] as const),
  // A certificate that signs.
  ...(['signingCertificate', 'renewalLeaf', 'renewalNotRevoked', 'renewalIssuer', 'renewalOffered'] as const),
  ...([
    'renewalEndpoint',
    'renewalValid',
    'renewalSubject',
    'renewalNames',
    'renewalWindow',
    'renewalDevice',
    'renewalChallenge',
  ] as const),
  // A signed or sealed challenge.
  ...(['tokenForm', 'tokenIssuer', 'tokenSignature', 'tokenLimits', 'tokenLifetime', 'tokenMinter'] as const),
  ...(['tokenAudience', 'tokenJti', 'tokenHour', 'seal'] as const),
  ...(['authorisation', 'names'] as const),
  // A static secret.
  ...(['expiry', 'uses', 'address', 'template', 'rate'] as const),
  // People, and validators.
  ...(['queue', 'people', 'validator', 'answer'] as const),
] as const

export interface SimulationCheck {
  check: (typeof SIMULATION_CHECKS)[number]
  /** `set_aside`: it fails, and something else decides. */
  verdict: 'passes' | 'fails' | 'asks' | 'not_checked' | 'set_aside'
  says: string
  /** Why a device would be refused, where it fails. */
  reason?: EnrolmentReason
}

/** What the validator of an endpoint is asked, and what each of its answers leads to. */
export interface SimulatedQuestion {
  validator: string
  url: string
  /** False while it was only written. */
  asked: boolean
  /** JSON, with a stand-in for the challenge. Null for a recorded request, which is not kept whole. */
  body: string | null
  answers: { answer: string; leadsTo: string }[]
}

export interface SimulationReport {
  endpoint: string
  verdict: 'would_issue' | 'would_refuse' | 'would_ask' | 'undecided'
  summary: string
  reason: string | null
  nextStep: string | null
  checks: SimulationCheck[]
  fields: FieldComparison[]
  /** What the certificate would not carry. */
  dropped: string[]
  /** What people who decide would be shown beside the request. */
  notes: string[]
  question: SimulatedQuestion | null
}

export interface SimulationService {
  /** Refusals: not_found (endpoint, enrolment), invalid_input, rate_limited, forbidden (asking a validator). */
  simulate(actor: Actor, endpoint: string, request: SimulationRequest): Promise<SimulationReport>
}

/** The request that is judged, as far as it is known. */
export interface SimulatedSubject {
  request: JudgedRequest
  /** Null for a recorded enrolment. */
  csr: Csr | null
  record: TransactionRecord | null
  /** RFC 8894 §3.2.1.2: 17 or 19. */
  messageType: number
  ip: string | null
  /** DER of the certificate of ours that signs the message, and which one it is. */
  signerDer: Uint8Array | null
  signedBy: { id: string; serial: string } | null
}

/** One simulation, as those who judge parts of it see it. */
export interface Simulated {
  /** With the settings that are tried out. */
  endpoint: ScepEndpoint
  subject: SimulatedSubject
  asked: SimulationRequest
  /** What the certificate would not carry; null where the profile refuses the request. */
  dropped: string[] | null
  /** Whether this person may see what a challenge would do. */
  mayTry: boolean
  /** What this person may see of other enrolments. */
  reach: Reach
  /** Counts a challenge that is tried; throws beyond what one person may try. */
  count(): Promise<void>
  /** Checks and counts a question to a validator. */
  permitAsking(): Promise<void>
}
