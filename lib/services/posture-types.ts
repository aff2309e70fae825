/** The posture: how far an installation is from what keeps a network safe, check by check, and what was accepted. */
import type { Actor } from './actor'
import type { AuditEntry } from './audit'

export const POSTURE_CHECKS = [
  'issuer-per-group',
  'static-challenges',
  'dynamic-challenges',
  'weak-algorithms',
  'apple-attestation',
  'outside-record',
  'revocation-follows-mdm',
  'connectors-answer',
  'status-fresh',
  'expiry-ahead',
  'kek-backup',
  'database-backup',
  'second-factor',
  'transport',
  'audit-verified',
  'notices-heard',
  'addresses-reachable',
] as const
export type PostureCheckId = (typeof POSTURE_CHECKS)[number]

/** `open` is the bad one; `attention` will be soon; `none` where there is nothing to judge. */
export type PostureVerdict = 'pass' | 'attention' | 'open' | 'none'

export interface PostureEvidence {
  text: string
  href?: string
}

export interface PostureCheckView {
  id: PostureCheckId
  /** What is wanted. */
  title: string
  /** Two sentences: what goes wrong without it. */
  why: string
  /** How to mend it, in a sentence. */
  fix: string
  /** Leads to where it is mended; null where the product has no such place. */
  go: { href: string; text: string } | null
  verdict: PostureVerdict
  /** What is so, in a sentence without its full stop. */
  finding: string
  evidence: PostureEvidence[]
  /** In force at the moment. */
  accepted: AcceptedRisk | null
}

export interface AcceptedRisk {
  id: string
  check: PostureCheckId
  reason: string
  acceptedBy: string
  acceptedAt: Date
  until: Date
}

export interface PostureReading {
  at: Date
  /** 0 to 100. */
  score: number
  verdicts: Partial<Record<PostureCheckId, PostureVerdict>>
}

export interface PostureView {
  /** Of a hundred: what passes counts in full, what wants attention half, and accepted risks as what they are. */
  score: number
  at: Date
  checks: PostureCheckView[]
}

export const SAFEKEEPING = ['kek', 'database'] as const
/** What is kept safe elsewhere. */
export type SafekeepingSubject = (typeof SAFEKEEPING)[number]

/** That a copy of the KEK lies elsewhere. */
export interface KekCopy {
  at: Date
  by: string
  /** Where it lies, in the words of whoever said so. */
  place: string
  /** A copy was read and is the one in use; otherwise somebody's word. */
  proved: boolean
  /** The KEK that was meant. */
  kekId: string | null
}

/** What the checks judge, as the database has it. */
export interface PostureFacts {
  groups: { slug: string; name: string; issuers: string[] }[]
  /** Slugs of active issuers that more than one group issues by. */
  sharedIssuers: string[]
  staticSecrets: { endpoint: string; name: string; expiresAt: Date; maxUses: number; perHour: number }[]
  /** Enabled endpoints. */
  endpoints: {
    slug: string
    name: string
    policy: string
    challengeTtlMinutes: number
    allowDes: boolean
    scepIdentity: string
  }[]
  /** Challenges that wait and outlive a day. */
  longChallenges: number
  /** Certificates that Apple's SCEP client got within thirty days, counted up to a bound. */
  appleEnrolments: number
  webhooks: { id: string; name: string; paused: boolean; waitingSince: Date | null; events: number }[]
  /** Recipients of notices that are not paused. */
  recipients: number
  mailServer: boolean
  /** Groups in use with devices that an MDM knows, or with an endpoint that a connector mints for. */
  following: { slug: string; name: string; follows: boolean }[]
  connectors: { slug: string; name: string; failures: number; lastError: string | null }[]
  authorities: {
    slug: string
    name: string
    kind: 'root' | 'issuer'
    notBefore: Date
    notAfter: Date
    /** Latchkey answers OCSP where it has the key. */
    keyHere: boolean
    crlNextUpdate: Date | null
    ocspNotAfter: Date | null
  }[]
  registrationAuthorities: { endpoint: string; name: string; notAfter: Date }[]
  credentials: { slug: string; name: string; expiresAt: Date }[]
  apiKeys: { name: string; expiresAt: Date }[]
  administrators: number
  /** The last time the whole chain was verified, and how that ended. */
  auditVerified: { at: Date; good: boolean } | null
  kekId: string | null
  /** The latest. */
  kekCopy: KekCopy | null
  backup: Pick<KekCopy, 'at' | 'by' | 'place'> | null
}

export interface PostureStore {
  facts(at: Date): Promise<Omit<PostureFacts, 'backup'>>
  /** Those in force. */
  accepted(at: Date): Promise<AcceptedRisk[]>
  /** In one transaction with the event; one for the same check that was in force ends. */
  accept(risk: AcceptedRisk, event: AuditEntry): Promise<void>
  /** Null when none was in force. */
  withdraw(
    check: PostureCheckId,
    by: string,
    at: Date,
    event: (risk: AcceptedRisk) => AuditEntry,
  ): Promise<AcceptedRisk | null>
  /** Newest first. */
  readings(limit: number): Promise<PostureReading[]>
  latest(): Promise<PostureReading | null>
  /** Kept only if the newest one is still that of `after`: two instances do not tell of one change twice. */
  addReading(reading: PostureReading, after: Date | null, events: AuditEntry[]): Promise<boolean>
  keep(copy: KekCopy, event: AuditEntry): Promise<void>
}

export interface PostureService {
  get(actor: Actor): Promise<PostureView>
  /** Newest first: one a day, and one for each change. */
  history(actor: Actor): Promise<PostureReading[]>
  /** Refusals: invalid_input. */
  accept(actor: Actor, check: string, risk: { reason: string; until: Date }): Promise<AcceptedRisk>
  /** Refusals: not_found. */
  withdraw(actor: Actor, check: string): Promise<void>
  /** Somebody's word that it lies elsewhere. Refusals: invalid_input. */
  confirmSafekeeping(actor: Actor, asked: { subject: string; place: string }): Promise<void>
  /** The id of the KEK in a copy, compared with the one in use. Refusals: conflict. */
  proveKek(actor: Actor, asked: { kekId: string; place: string }): Promise<void>
}

export interface PostureUpkeep {
  /** Keeps a reading when the day or a verdict changed. True if it did. */
  record(now: Date): Promise<boolean>
}
