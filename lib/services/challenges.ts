/** One challenge, one enrolment: minting, listing and revoking. Redeeming it is challenge-redemption.ts. */
import { Refusal } from '@/lib/errors'
import { encodeName, nameToText } from '@/lib/pki/name'
import type { Actor } from './actor'
import type { AuditEntry, AuditService, Json } from './audit'
import { canonicalJson } from './canonical-json'
import { sha256 } from './certificate-intent'
import { checkedConstraints, checkedText } from './challenge-constraints'
import { CHALLENGE_FORMATS, LONGEST_LIFE_MINUTES, randomValue, sealedValue } from './challenge-formats'
import { handleHash } from './challenge-handles'
import { type ChallengeRules, checkedRules } from './challenge-rules'
import type { ChallengeFormat } from './endpoint-settings'
import {
  type CountRequest,
  countRows,
  type Keyset,
  type ListPage,
  type ListRequest,
  type Matches,
  readPage,
  type Sorting,
} from './listing'
import { authoriseEndpoint, authoriseScoped, inGroups, inScope, type Reach, reachOf } from './permissions'
import { newRowId } from './row-id'
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
  /** What else the request must be like; absent where nothing is asked. */
  rules?: ChallengeRules
}

/** What authorises an enrolment: a password that was minted, or an authorisation made as the request came in. */
export type ChallengeOrigin = 'minted' | 'signed' | 'static' | 'approval' | 'delegated' | 'renewal'

export type ChallengeState = 'pending' | 'reserved' | 'consumed' | 'expired' | 'revoked'

/** `refused`: presented to no avail, and not used since. */
export type ChallengeListing = ChallengeState | 'refused'

export interface ChallengeView {
  id: string
  /** Minted here, or signed by a registered minter. */
  origin: ChallengeOrigin
  rules: ChallengeRules | null
  /** The last time it was refused, and why: for people who are signed in. */
  lastRefusal: { reason: string; explanation: string | null; detail: string | null; at: Date } | null
  /** What the one who revoked it said, or why the installation did. */
  revokedReason: string | null
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
  /** How the value is written; what the endpoint says unless given. */
  format?: ChallengeFormat
  /** With a template for the subject, there is no subject beside it. */
  rules?: ChallengeRules
  /** Minted on a challenge page, within the bounds of this account. */
  pageAccountId?: string
  /** Minted for an MDM that asked, for this device as far as it is known. A device that asks again gets its newest. */
  mdm?: { deviceId: string | null }
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
  /** Newest first unless another order is asked for. */
  list(actor: Actor, filter: ChallengeFilter, page: ListRequest<ChallengeSort>): Promise<ListPage<ChallengeView>>
  /** How many the list has, or how many came since then. */
  matching(actor: Actor, filter: ChallengeFilter, since?: Date): Promise<Matches>
  get(actor: Actor, id: string): Promise<ChallengeView>
  revoke(actor: Actor, id: string, reason?: string): Promise<ChallengeView>
  /**
   * Revokes all that match, wait, and were minted before that moment: what came since then nobody saw. Returns how many.
   */
  revokeMatching(actor: Actor, filter: ChallengeFilter, before: Date): Promise<number>
  /**
   * Mints another with the same binding, form and length of life, and revokes the old one if it still waits. Refusals:
   * those of mint(), and conflict while a device enrols with the old one.
   */
  reissue(actor: Actor, id: string): Promise<MintedChallenge>
}

export const PENDING_CHALLENGES_PER_ENDPOINT = 1_000
export const PENDING_CHALLENGES_PER_DEVICE = 10
/** dynamic-challenge.md §5.2: sixty a minute, and a burst of twice as many. */
const MINTS = { count: 120, seconds: 120 }
/** An MDM brings a profile to a whole fleet at once, each device of which is held to its own few. */
const MDM_MINTS = { count: 1_200, seconds: 60 }
const PENDING_CHALLENGES_FOR_MDM = 10_000
const SHORTEST_LIFE_MINUTES = 1
/** In one transaction. */
const REVOKED_AT_ONCE = 500
const SORTING: Sorting<ChallengeView, ChallengeSort> = {
  usual: 'minted',
  columns: {
    minted: { kind: 'moment', order: 'desc', of: ({ createdAt }) => createdAt },
    name: { kind: 'text', order: 'asc', of: ({ subject }) => subject },
    ends: { kind: 'moment', order: 'asc', of: ({ expiresAt }) => expiresAt },
  },
  idOf: ({ id }) => id,
}

export interface ChallengeFilter {
  endpoint?: string
  /** Of these alone: for whoever may see no others. */
  endpoints?: readonly string[]
  group?: string
  state?: ChallengeListing
  search?: string
  /** The whole subject. */
  subject?: string
  /** Id of a device that an MDM knows: minted for it, or led to one of its certificates. */
  deviceId?: string
  /** Ticked ones. */
  ids?: readonly string[]
}

export type ChallengeSort = 'minted' | 'name' | 'ends'

/** A row to be. The database's clock gives it its times. */
export interface NewChallenge {
  id: string
  endpointId: string
  format: ChallengeFormat
  handleHash: Uint8Array
  ttlMinutes: number
  constraints: ChallengeConstraints
  subject: string
  deviceName: string | null
  mintedBy: string
  mintedVia: string
  mintedFrom: string | null
  pageAccountId: string | null
  deviceId: string | null
}

export interface MintingEndpoint {
  id: string
  slug: string
  groupSlug: string
  enabled: boolean
  policy: string
  challengeTtlMinutes: number
  challengeFormat: ChallengeFormat
  profile: { extendedKeyUsage: string[] }
}

export interface ChallengeStore {
  mintingEndpoint(slug: string): Promise<MintingEndpoint | null>
  /**
   * Adds the row if its endpoint is enabled and dynamic, and endpoint and device are below their quotas, all in one
   * statement, together with the event. Null when it is not. Those of challenge pages come one after the other, so that
   * never more wait than endpoint and account allow.
   */
  add(
    challenge: NewChallenge,
    quota: number,
    minted: (expiresAt: Date) => AuditEntry,
  ): Promise<{ expiresAt: Date } | null>
  /** Challenges that wait for the device with this serial number or id. */
  waitingForDevice(endpointId: string, device: Pick<ChallengeRules, 'deviceSerial' | 'deviceUdid'>): Promise<number>
  /** A pending challenge past its expiry reads as expired, whether or not the job has been by. */
  list(filter: ChallengeFilter & Reach, keyset: Keyset<ChallengeSort>): Promise<ChallengeView[]>
  count(filter: ChallengeFilter & Reach, request: CountRequest): Promise<number>
  /** Revokes some that match, wait and were minted by then, in one transaction with an event for each. Returns how many. */
  revokeMany(
    filter: ChallengeFilter & Reach,
    how: { reason: string; before: Date; limit: number },
    revoked: (challenge: Pick<ChallengeView, 'id' | 'subject' | 'endpoint' | 'group'>) => AuditEntry,
  ): Promise<number>
  get(id: string): Promise<ChallengeView | null>
  /**
   * Revokes the oldest that wait for the device until so many are left, in one transaction with an event for each. Returns
   * how many.
   */
  makeRoom(
    endpointId: string,
    device: Pick<ChallengeRules, 'deviceSerial' | 'deviceUdid'>,
    left: number,
    revoked: (challenge: { id: string; subject: string }) => AuditEntry,
  ): Promise<number>
  /** As it was minted, to mint another like it. */
  binding(id: string): Promise<{ constraints: ChallengeConstraints; ttlMinutes: number } | null>
  /** Revokes a challenge that no certificate has been recorded for; null when it is not in such a state. */
  revoke(id: string, reason: string | null, revoked: AuditEntry): Promise<ChallengeView | null>
}

export interface ChallengesDependencies {
  store: ChallengeStore
  signer: Pick<Signer, 'mac' | 'sealChallenge'>
  urls: Pick<Urls, 'scepUrl'>
  audit: Pick<AuditService, 'record'>
  /** AccessService.limit: counts one under the key, throws rate_limited beyond the count. */
  limit(key: string, count: number, seconds: number): Promise<void>
  /** Pending challenges an endpoint may have; 1,000 unless said otherwise. */
  quota?: number
}

export function createChallenges(dependencies: ChallengesDependencies): ChallengesService {
  const { store, signer, urls, audit, limit, quota = PENDING_CHALLENGES_PER_ENDPOINT } = dependencies

  const service: ChallengesService = {
    async mint(actor, request) {
      authoriseEndpoint(actor, 'challenge:mint', request.endpoint)
      const endpoint = await store.mintingEndpoint(request.endpoint)
      if (endpoint === null || !inGroups(actor, endpoint.groupSlug))
        throw new Refusal('not_found', 'There is no such endpoint.', { reason: 'endpoint_unknown' })
      const rules = checkedRules(request.rules, endpoint.profile)
      const names = boundNames(request, rules)
      const constraints = rules === null ? names : { ...names, rules }
      const deviceName = checkedText('deviceName', request.deviceName, 100)
      const format = request.format ?? endpoint.challengeFormat
      const ttlMinutes = lifeOf(format, request.ttlMinutes, endpoint.challengeTtlMinutes)
      // Whoever works on the machine itself has the database at hand, and migrates whole fleets.
      const mints = request.mdm === undefined ? MINTS : MDM_MINTS
      if (actor.via !== 'cli') await limit(`mint:${actor.id ?? actor.name}`, mints.count, mints.seconds)
      if (!isOpen(endpoint)) return refuseMint(audit, actor, endpoint, closedEndpoint(endpoint))

      const id = newRowId()
      const value =
        format === 'sealed'
          ? await sealed({ challengeId: id, endpointId: endpoint.id, constraints }, ttlMinutes)
          : randomValue(format)
      const subject = rules?.subjectTemplate ?? nameToText(encodeName(constraints.subject))
      const row: NewChallenge = {
        id,
        endpointId: endpoint.id,
        format,
        handleHash: await handleHash(signer, endpoint.id, value),
        ttlMinutes,
        constraints,
        subject,
        deviceName,
        mintedBy: actor.name,
        mintedVia: actor.via,
        mintedFrom: actor.ip,
        pageAccountId: request.pageAccountId ?? null,
        deviceId: request.mdm?.deviceId ?? null,
      }
      if (request.mdm !== undefined)
        await store.makeRoom(endpoint.id, rules ?? {}, PENDING_CHALLENGES_PER_DEVICE - 1, (oldest) =>
          givesWay(actor, endpoint, oldest, id),
        )
      const most = request.mdm === undefined ? quota : Math.max(quota, PENDING_CHALLENGES_FOR_MDM)
      const added = await store.add(row, most, (expiresAt) => minted(actor, endpoint, row, expiresAt))
      if (added === null) {
        const now = await store.mintingEndpoint(request.endpoint)
        if (now === null || !isOpen(now)) return refuseMint(audit, actor, endpoint, closedEndpoint(now ?? endpoint))
        const waiting = await store.waitingForDevice(endpoint.id, rules ?? {})
        const full = waiting >= PENDING_CHALLENGES_PER_DEVICE ? deviceQuotaReached() : quotaReached(most)
        return refuseMint(audit, actor, endpoint, full)
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

    async list(actor, asked, request) {
      const filter = meant(actor, 'challenge:read', asked)
      return readPage(request, SORTING, (keyset) => store.list(filter, keyset))
    },

    async matching(actor, asked, since) {
      const filter = meant(actor, 'challenge:read', asked)
      return countRows((request) => store.count(filter, request), since)
    },

    async revokeMatching(actor, asked, before) {
      meant(actor, 'challenge:read', asked)
      const filter = meant(actor, 'challenge:revoke', asked)
      const how = { reason: 'revoked together with others', before, limit: REVOKED_AT_ONCE }
      let revoked = 0
      for (let done = REVOKED_AT_ONCE; done === REVOKED_AT_ONCE; revoked += done) {
        done = await store.revokeMany(filter, how, ({ id, subject, endpoint, group }) => ({
          type: 'challenge.revoked',
          outcome: 'success',
          actor,
          object: { type: 'challenge', id, name: subject },
          data: { by: actor.name, why: how.reason, endpoint: endpoint.slug, group: group.slug },
        }))
      }
      return revoked
    },

    async get(actor, id) {
      authoriseScoped(actor, 'challenge:read')
      return found(await store.get(id), actor)
    },

    async revoke(actor, id, reason) {
      authoriseScoped(actor, 'challenge:revoke')
      const challenge = found(await store.get(id), actor)
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

    async reissue(actor, id) {
      authoriseScoped(actor, 'challenge:mint')
      authoriseScoped(actor, 'challenge:revoke')
      const old = found(await store.get(id), actor)
      const binding = await store.binding(id)
      if (binding === null || old.state === 'reserved')
        throw new Refusal('conflict', NOT_REVOCABLE.reserved, { reason: 'challenge_reserved' })
      const { subject, san, rules } = binding.constraints
      const format = CHALLENGE_FORMATS.find((each) => each === old.format)
      const minted = await service.mint(actor, {
        endpoint: old.endpoint.slug,
        subject,
        san,
        ...(rules === undefined ? {} : { rules }),
        ...(format === undefined ? {} : { format }),
        ...(old.deviceName === null ? {} : { deviceName: old.deviceName }),
        ttlMinutes: Math.min(binding.ttlMinutes, LONGEST_LIFE_MINUTES[format ?? 'hex32']),
      })
      // After the new one, for the mint may be refused; used in between, the old one stays used.
      if (old.state === 'pending') {
        await store.revoke(id, `re-issued as ${minted.id}`, {
          type: 'challenge.revoked',
          outcome: 'success',
          actor,
          object: { type: 'challenge', id, name: old.subject },
          data: { by: actor.name, why: 'reissued', as: minted.id, endpoint: old.endpoint.slug, group: old.group.slug },
        })
      }
      return minted
    },
  }
  return service

  /** The one place that says what this actor's filter means, for the list, its count and what is done to all of it. */
  function meant(
    actor: Actor,
    permission: 'challenge:read' | 'challenge:revoke',
    filter: ChallengeFilter,
  ): ChallengeFilter & Reach {
    authoriseScoped(actor, permission)
    if (filter.endpoint !== undefined) authoriseEndpoint(actor, permission, filter.endpoint)
    return { ...filter, ...(actor.scope === undefined ? {} : { endpoints: actor.scope }), ...reachOf(actor) }
  }

  async function sealed(
    challenge: { challengeId: string; endpointId: string; constraints: ChallengeConstraints },
    ttlMinutes: number,
  ): Promise<string> {
    const { constraints, ...ids } = challenge
    const contents = { ...ids, constraintsSha256: constraintsSha256(constraints) }
    return sealedValue(await signer.sealChallenge(contents, ttlMinutes * 60))
  }
}

/** Sealed into a challenge, so that nobody who can write to the database can change what it is bound to. */
export function constraintsSha256(constraints: ChallengeConstraints): Uint8Array {
  return sha256(Buffer.from(canonicalJson(constraints as unknown as Json), 'utf8'))
}

const NOT_REVOCABLE: Readonly<Record<ChallengeState, string>> = {
  pending: 'Its state has just changed. Try again.',
  reserved: 'A device is enrolling with it right now. Look again in a moment, and revoke the certificate instead.',
  consumed: 'It has been used. Revoke the certificate instead.',
  expired: 'It has expired and can no longer be used.',
  revoked: 'It is revoked already.',
}

/** Where a template stands in place of the names, nothing else may be bound. */
function boundNames({ subject, san = [] }: MintRequest, rules: ChallengeRules | null): ChallengeConstraints {
  if (rules?.subjectTemplate === undefined) return checkedConstraints(subject, san)
  if (subject.length === 0 && san.length === 0) return { v: 1, subject: [], san: [] }
  const sentence = 'Give a template for the subject, or the names themselves, not both.'
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_subject', fields: { subject: sentence } })
}

/** An endpoint's own life is cut to what the format bears; one that was asked for is refused instead. */
function lifeOf(format: ChallengeFormat, asked: number | undefined, usual: number): number {
  const most = LONGEST_LIFE_MINUTES[format]
  const minutes = asked ?? Math.min(usual, most)
  if (Number.isInteger(minutes) && minutes >= SHORTEST_LIFE_MINUTES && minutes <= most) return minutes
  const longest = most === 60 ? '60 minutes, because it is short' : `${most / 60} hours`
  const sentence = `A challenge lives from ${SHORTEST_LIFE_MINUTES} minute to ${longest}.`
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

function deviceQuotaReached(): Refusal {
  const sentence = `${PENDING_CHALLENGES_PER_DEVICE} challenges wait for this device already. Revoke some, or wait until they expire.`
  return new Refusal('rate_limited', sentence, { reason: 'device_quota', retryAfterSeconds: 60 })
}

/** A device that fetches its profile again and again uses the newest challenge; the oldest are those it will never use. */
function givesWay(
  actor: Actor,
  endpoint: MintingEndpoint,
  { id, subject }: { id: string; subject: string },
  as: string,
): AuditEntry {
  return {
    type: 'challenge.revoked',
    outcome: 'success',
    actor,
    object: { type: 'challenge', id, name: subject },
    data: { by: actor.name, why: 'newer_for_device', as, endpoint: endpoint.slug, group: endpoint.groupSlug },
  }
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
      ...(row.constraints.rules === undefined ? {} : { rules: row.constraints.rules as unknown as Json }),
    },
  }
}

/** One of an endpoint outside the scope of a key is none, and so is one of a group that is not the operator's. */
function found(challenge: ChallengeView | null, actor: Actor): ChallengeView {
  if (challenge === null || !inScope(actor, challenge.endpoint.slug) || !inGroups(actor, challenge.group.slug))
    throw new Refusal('not_found', 'There is no such challenge.', { reason: 'challenge_unknown' })
  return challenge
}
