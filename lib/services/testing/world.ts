/** Tables in memory for the services' tests: what the stores of this folder read and write, by the database's rules. */
import type { AuditEntry } from '@/lib/services/audit'
import type { AuthorityOrigin } from '@/lib/services/authorities'
import type { AuthorityRequest } from '@/lib/services/authority-import-types'
import type {
  NewAuthority,
  NewOcspResponder,
  NewProfileSigner,
  NewRegistrationAuthority,
} from '@/lib/services/authority-plan'
import type { BulkRecord, SkipCause } from '@/lib/services/bulk-revocation-types'
import type { CertificateIntent } from '@/lib/services/certificate-intent'
import type { RevocationReason } from '@/lib/services/certificates'
import type { NewPageAccount, PageAccountTimes } from '@/lib/services/challenge-page-types'
import type { ChallengeState } from '@/lib/services/challenges'
import type { OpenShard } from '@/lib/services/crl-shards'
import type { EndpointState } from '@/lib/services/endpoint-change'
import type { EndpointPolicy, EndpointSettings } from '@/lib/services/endpoint-settings'
import type { GroupPlan } from '@/lib/services/group-plan'
import type { NewCrl } from '@/lib/services/status'
import type { FakeSigner, SignerRecords } from './fake-signer'

export interface WorldCertificate extends Omit<CertificateIntent, 'tbs'> {
  state: 'intent' | 'issued' | 'abandoned'
  tbs: Uint8Array | null
  der: Uint8Array | null
  fingerprintSha256: Uint8Array | null
  issuedAt: Date | null
  revokedAt: Date | null
  revocationReason: RevocationReason | null
  revokedBy: string | null
  revocationComment: string | null
  invalidityDate: Date | null
  supersedeAt: Date | null
}

export interface WorldShard extends OpenShard {
  authorityId: string
  closedAt: Date | null
  certificates: number
  countedUntil: Date
  endsAt: Date | null
  content: string
  nextCrlNumber: bigint
  crlDueSince: Date | null
  crlClaimedUntil: Date | null
}

export interface WorldAuthority extends Omit<NewAuthority, 'status' | 'crlShard' | 'keyId'> {
  keyId: string | null
  offlineKeyId: string | null
  origin: AuthorityOrigin
  crlShard: number | null
  certificateDer: Uint8Array | null
  status: 'active' | 'staged' | 'retired' | 'revoked'
  nextCrlNumber: bigint
  crlDueSince: Date | null
  crlClaimedUntil: Date | null
}

export interface WorldRegistrationAuthority extends NewRegistrationAuthority {
  certificateDer: Uint8Array | null
  retiredAt: Date | null
}

export interface WorldProfileSigner extends NewProfileSigner {
  certificateDer: Uint8Array | null
}

export interface WorldOcspResponder extends NewOcspResponder {
  certificateDer: Uint8Array | null
}

export interface WorldEndpoint extends Pick<EndpointState, 'enabled' | 'challengeTtlMinutes'>, EndpointSettings {
  policy: EndpointPolicy
  id: string
  slug: string
  name: string
  groupId: string
  authorityId: string
  policyVersion: number
  profile: GroupPlan['profile']
  createdAt: Date
}

export interface WorldChallenge {
  id: string
  endpointId: string
  state: ChallengeState
  expiresAt: Date
  reservedSpkiSha256: Uint8Array | null
  mintedBy: string
  createdAt: Date
}

export interface WorldTransaction {
  id: string
  state: 'received' | 'issued' | 'answered' | 'refused' | 'failed' | 'pending'
  messageType: number | null
  reason: string | null
  certificateId: string | null
  sourceIp: string | null
  userAgent: string | null
  createdAt: Date
}

export interface WorldAlarm {
  id: string
  challengeId: string
  spkiSha256: Uint8Array
  subject: string
  sourceIp: string | null
  transactionRowId: string
  createdAt: Date
  dismissedAt: Date | null
  dismissedBy: string | null
}

export interface WorldBulkRevocation extends BulkRecord {
  items: { certificateId: string; outcome: 'done' | 'skipped' | null; why: SkipCause | null; at: Date | null }[]
}

export interface World {
  /** By slug: connectors that have to vouch for each device of the endpoint. */
  deviceLookups?: Map<string, string[]>
  organisation: { name: string; rootId: string } | null
  groups: (GroupPlan['group'] & { trustPage: boolean })[]
  authorities: WorldAuthority[]
  authorityRequests: (AuthorityRequest & { ended: 'accepted' | 'withdrawn' | null })[]
  endpoints: WorldEndpoint[]
  registrationAuthorities: WorldRegistrationAuthority[]
  ocspResponders: WorldOcspResponder[]
  profileSigners: WorldProfileSigner[]
  certificates: WorldCertificate[]
  /** Holds that are over. */
  pastHolds: { certificateId: string; since: Date; until: Date }[]
  challenges: WorldChallenge[]
  transactions: WorldTransaction[]
  staticSecrets: { id: string }[]
  challengePageAccounts: (NewPageAccount & PageAccountTimes)[]
  approvals: { id: string }[]
  alarms: WorldAlarm[]
  crls: NewCrl[]
  shards: WorldShard[]
  bulkRevocations: WorldBulkRevocation[]
  /** In the order of the chain, with the time they were appended. */
  events: (AuditEntry & { at: Date })[]
  clock: () => Date
}

export function emptyWorld(clock: () => Date): World {
  return {
    organisation: null,
    groups: [],
    authorities: [],
    authorityRequests: [],
    endpoints: [],
    registrationAuthorities: [],
    ocspResponders: [],
    profileSigners: [],
    certificates: [],
    pastHolds: [],
    challenges: [],
    transactions: [],
    staticSecrets: [],
    challengePageAccounts: [],
    approvals: [],
    alarms: [],
    crls: [],
    shards: [],
    bulkRevocations: [],
    events: [],
    clock,
  }
}

export function append(world: World, events: AuditEntry[]): void {
  world.events.push(...events.map((event) => ({ ...event, at: world.clock() })))
}

/** Serials are unique per authority, as in the database. */
export function addIntent(world: World, intent: CertificateIntent): void {
  const twice = world.certificates.some(
    ({ authorityId, serial }) => authorityId === intent.authorityId && serial === intent.serial,
  )
  if (twice) throw new Error('serial taken')
  world.certificates.push({
    ...intent,
    state: 'intent',
    der: null,
    fingerprintSha256: null,
    issuedAt: null,
    revokedAt: null,
    revocationReason: null,
    revokedBy: null,
    revocationComment: null,
    invalidityDate: null,
    supersedeAt: null,
  })
}

export function addAuthority(world: World, authority: NewAuthority): void {
  world.authorities.push({
    ...authority,
    status: authority.status ?? 'active',
    offlineKeyId: null,
    origin: 'made',
    certificateDer: null,
    nextCrlNumber: 1n,
    crlDueSince: null,
    crlClaimedUntil: null,
    crlShard: authority.crlShard?.number ?? null,
  })
  if (authority.crlShard) addShard(world, authority.id, authority.crlShard, authority.createdAt)
}

export function addShard(world: World, authorityId: string, shard: OpenShard, at: Date): void {
  world.shards.push({
    ...shard,
    authorityId,
    closedAt: null,
    certificates: 0,
    countedUntil: at,
    endsAt: null,
    content: '',
    nextCrlNumber: 1n,
    crlDueSince: null,
    crlClaimedUntil: null,
  })
}

/** What the fake signer looks up, from the tables in memory. */
export function recordsOf(world: World): SignerRecords {
  const authorityKey = async (id: string) => {
    const authority = world.authorities.find((each) => each.id === id)
    if (authority === undefined) throw new Error(`no authority ${id}`)
    if (authority.keyId === null) throw new Error('the key of this authority is elsewhere')
    return authority.keyId
  }
  return {
    authorityKey,
    async intent(certificateId) {
      const row = world.certificates.find(({ id, state }) => id === certificateId && state === 'intent')
      return row?.tbs ? { keyId: await authorityKey(row.authorityId), tbs: row.tbs } : null
    },
  }
}

export type { FakeSigner }
