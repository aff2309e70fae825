/** One challenge, one enrolment: minting, listing and revoking. Redeeming it is challenge-redemption.ts. */
import { randomBytes } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import { encodeName, nameToText } from '@/lib/pki/name'
import type { Actor } from './actor'
import type { AuditEntry, AuditService, Page } from './audit'
import { checkedConstraints, checkedText } from './challenge-constraints'
import { authorise } from './permissions'
import type { Signer } from './signer'
import type { Urls } from './urls'

export type SanType = 'dns' | 'email' | 'uri' | 'upn' | 'ip'
export interface SubjectAlternativeName {
  type: SanType
  value: string
}
/** Attribute short name (CN, O, OU, C, L, ST, DC, UID, SERIALNUMBER, E…) or dotted OID, and its value. */
export interface RelativeName {
  type: string
  value: string
}

/** What the CSR must say, kept with the challenge. `v` is the schema version. */
export interface ChallengeConstraints {
  v: 1
  subject: RelativeName[]
  san: SubjectAlternativeName[]
  /** Name, DER in base64: taken as the request encodes it, where the certificate copies the request's subject. */
  subjectDer?: string
  /** The certificate ends so many days from now, if the profile does not end it earlier. */
  maxValidityDays?: number
}

/** What authorises an enrolment: a password that was minted, or an authorisation made as the request came in. */
export type ChallengeOrigin = 'minted' | 'signed' | 'static' | 'approval' | 'delegated' | 'renewal'

export type ChallengeState = 'pending' | 'reserved' | 'consumed' | 'expired' | 'revoked'

export interface ChallengeView {
  id: string
  state: ChallengeState
  endpoint: { id: string; slug: string; name: string }
  group: { slug: string; name: string }
  subject: string
  san: SubjectAlternativeName[]
  deviceName: string | null
  format: string
  mintedBy: string
  mintedVia: string
  createdAt: Date
  expiresAt: Date
  consumedAt: Date | null
  revokedAt: Date | null
  failedAttempts: number
  certificate: { id: string; serial: string } | null
}

export interface MintRequest {
  endpoint: string
  /** RFC 4514-like text such as "CN=tablet-7,O=Example", or the parsed names. */
  subject: string | RelativeName[]
  san?: SubjectAlternativeName[]
  ttlMinutes?: number
  deviceName?: string
}

/** The only place the value is ever returned. */
export interface MintedChallenge {
  id: string
  challenge: string
  expiresAt: Date
  scepUrl: string
  endpoint: string
  subject: string
  san: SubjectAlternativeName[]
}

export interface ChallengesService {
  /** Refusals: not_found (endpoint), invalid_input, conflict (endpoint disabled or not dynamic), rate_limited (1,000 pending per endpoint). */
  mint(actor: Actor, request: MintRequest): Promise<MintedChallenge>
  list(actor: Actor, filter: ChallengeFilter, page: { cursor?: string; limit?: number }): Promise<Page<ChallengeView>>
  get(actor: Actor, id: string): Promise<ChallengeView>
  revoke(actor: Actor, id: string, reason?: string): Promise<ChallengeView>
}

export const PENDING_CHALLENGES_PER_ENDPOINT = 1_000
const TTL_MINUTES = { min: 1, max: 1_440 }
const PAGE = { usual: 50, most: 200 }

export interface ChallengeFilter {
  endpoint?: string
  group?: string
  state?: ChallengeState
  search?: string
  /** The whole subject. */
  subject?: string
}

/** A row to be. The database's clock gives it its times. */
export interface NewChallenge {
  id: string
  endpointId: string
  format: 'hex32'
  handleHash: Uint8Array
  ttlMinutes: number
  constraints: ChallengeConstraints
  subject: string
  deviceName: string | null
  mintedBy: string
  mintedVia: string
  mintedFrom: string | null
}

export interface MintingEndpoint {
  id: string
  slug: string
  groupSlug: string
  enabled: boolean
  policy: string
  challengeTtlMinutes: number
}

export interface ChallengeStore {
  mintingEndpoint(slug: string): Promise<MintingEndpoint | null>
  /**
   * Adds the row if its endpoint is enabled, dynamic and below the quota, all in one statement, together with the event.
   * Null when it is not.
   */
  add(
    challenge: NewChallenge,
    quota: number,
    minted: (expiresAt: Date) => AuditEntry,
  ): Promise<{ expiresAt: Date } | null>
  /** Newest first. A pending challenge past its expiry reads as expired, whether or not the job has been by. */
  list(filter: ChallengeFilter, page: { cursor?: string; limit: number }): Promise<Page<ChallengeView>>
  get(id: string): Promise<ChallengeView | null>
  /** Revokes a challenge that no certificate has been recorded for; null when it is not in such a state. */
  revoke(id: string, reason: string | null, revoked: AuditEntry): Promise<ChallengeView | null>
}

export interface ChallengesDependencies {
  store: ChallengeStore
  signer: Pick<Signer, 'mac'>
  urls: Pick<Urls, 'scepUrl'>
  audit: Pick<AuditService, 'record'>
  /** Pending challenges an endpoint may have; 1,000 unless said otherwise. */
  quota?: number
}

export function createChallenges(dependencies: ChallengesDependencies): ChallengesService {
  const { store, signer, urls, audit, quota = PENDING_CHALLENGES_PER_ENDPOINT } = dependencies

  return {
    async mint(actor, request) {
      authorise(actor, 'challenge:mint')
      const endpoint = await store.mintingEndpoint(request.endpoint)
      if (endpoint === null)
        throw new Refusal('not_found', 'There is no such endpoint.', { reason: 'endpoint_unknown' })
      const constraints = checkedConstraints(request.subject, request.san ?? [])
      const deviceName = checkedText('deviceName', request.deviceName, 100)
      const ttlMinutes = checkedTtl(request.ttlMinutes ?? endpoint.challengeTtlMinutes)
      if (!isOpen(endpoint)) return refuseMint(audit, actor, endpoint, closedEndpoint(endpoint))

      const id = crypto.randomUUID()
      const value = randomBytes(16).toString('hex').toUpperCase()
      const subject = nameToText(encodeName(constraints.subject))
      const row: NewChallenge = {
        id,
        endpointId: endpoint.id,
        format: 'hex32',
        handleHash: await handleHash(signer, endpoint.id, value),
        ttlMinutes,
        constraints,
        subject,
        deviceName,
        mintedBy: actor.name,
        mintedVia: actor.via,
        mintedFrom: actor.ip,
      }
      const added = await store.add(row, quota, (expiresAt) => minted(actor, endpoint, row, expiresAt))
      if (added === null) {
        const now = await store.mintingEndpoint(request.endpoint)
        return refuseMint(
          audit,
          actor,
          endpoint,
          now !== null && isOpen(now) ? quotaReached(quota) : closedEndpoint(endpoint),
        )
      }
      return {
        id,
        challenge: value,
        expiresAt: added.expiresAt,
        scepUrl: urls.scepUrl(endpoint.slug),
        endpoint: endpoint.slug,
        subject,
        san: constraints.san,
      }
    },

    async list(actor, filter, { cursor, limit = PAGE.usual }) {
      authorise(actor, 'challenge:read')
      const page = {
        limit: Math.min(Math.max(Math.trunc(limit), 1), PAGE.most),
        ...(cursor === undefined ? {} : { cursor }),
      }
      return store.list(filter, page)
    },

    async get(actor, id) {
      authorise(actor, 'challenge:read')
      return found(await store.get(id))
    },

    async revoke(actor, id, reason) {
      authorise(actor, 'challenge:revoke')
      const challenge = found(await store.get(id))
      const why = checkedText('reason', reason, 200)
      const revoked = await store.revoke(id, why, {
        type: 'challenge.revoked',
        outcome: 'success',
        actor,
        object: { type: 'challenge', id, name: challenge.subject },
        data: { by: actor.name, why, endpoint: challenge.endpoint.slug, group: challenge.group.slug },
      })
      if (revoked === null)
        throw new Refusal('conflict', NOT_REVOCABLE[(await store.get(id))?.state ?? challenge.state], {
          reason: 'challenge_final',
        })
      return revoked
    },
  }
}

/**
 * What is stored instead of the value. The endpoint is part of the input, so a challenge is unknown everywhere else; hex
 * is folded to upper case because some clients alter it.
 */
export async function handleHash(signer: Pick<Signer, 'mac'>, endpointId: string, value: string): Promise<Uint8Array> {
  return signer.mac('challenge', Buffer.from(`${endpointId}\0${value.toUpperCase()}`, 'utf8'))
}

const NOT_REVOCABLE: Readonly<Record<ChallengeState, string>> = {
  pending: 'Its state has just changed. Try again.',
  reserved: 'A device is enrolling with it right now. Look again in a moment, and revoke the certificate instead.',
  consumed: 'It has been used. Revoke the certificate instead.',
  expired: 'It has expired and can no longer be used.',
  revoked: 'It is revoked already.',
}

function checkedTtl(minutes: number): number {
  if (Number.isInteger(minutes) && minutes >= TTL_MINUTES.min && minutes <= TTL_MINUTES.max) return minutes
  const sentence = `A challenge lives from ${TTL_MINUTES.min} minute to ${TTL_MINUTES.max / 60} hours.`
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_ttl', fields: { ttlMinutes: sentence } })
}

function isOpen(endpoint: MintingEndpoint): boolean {
  return endpoint.enabled && endpoint.policy === 'dynamic'
}

function closedEndpoint(endpoint: MintingEndpoint): Refusal {
  return endpoint.enabled
    ? new Refusal('conflict', 'This endpoint does not use dynamic challenges.', { reason: 'endpoint_not_dynamic' })
    : new Refusal('conflict', 'This endpoint is switched off. Switch it on first.', { reason: 'endpoint_disabled' })
}

function quotaReached(quota: number): Refusal {
  const sentence = `This endpoint has ${quota.toLocaleString('en-GB')} unused challenges. Revoke some, or wait until they expire.`
  return new Refusal('rate_limited', sentence, { reason: 'challenge_quota', retryAfterSeconds: 60 })
}

async function refuseMint(
  audit: Pick<AuditService, 'record'>,
  actor: Actor,
  endpoint: MintingEndpoint,
  refusal: Refusal,
): Promise<never> {
  await audit.record({
    type: 'challenge.mint_refused',
    outcome: 'denied',
    reason: refusal.reason,
    actor,
    object: { type: 'endpoint', id: endpoint.id, name: endpoint.slug },
    data: { endpoint: endpoint.slug, group: endpoint.groupSlug },
  })
  throw refusal
}

function minted(actor: Actor, endpoint: MintingEndpoint, row: NewChallenge, expiresAt: Date): AuditEntry {
  return {
    type: 'challenge.minted',
    outcome: 'success',
    actor,
    object: { type: 'challenge', id: row.id, name: row.subject },
    data: {
      binding: { subject: row.subject, san: row.constraints.san.map(({ type, value }) => `${type}:${value}`) },
      endpoint: endpoint.slug,
      group: endpoint.groupSlug,
      expires: expiresAt.toISOString(),
      format: row.format,
      via: row.mintedVia,
      ...(row.deviceName === null ? {} : { deviceName: row.deviceName }),
    },
  }
}

function found(challenge: ChallengeView | null): ChallengeView {
  if (challenge === null) throw new Refusal('not_found', 'There is no such challenge.', { reason: 'challenge_unknown' })
  return challenge
}
