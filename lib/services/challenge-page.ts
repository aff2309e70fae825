/** The challenge page: who asks, may they, and one challenge more. Everything that is refused is refused in NDES's own words. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { isRefusal } from '@/lib/errors'
import type { PageCredentials, PageEncoding } from '@/lib/scep/ndes-page'
import type { RequestOrigin } from './access-types'
import type { Actor } from './actor'
import { isAllowedFrom } from './address-list'
import type { AuditEntry, Json } from './audit'
import { fingerprints } from './authorities'
import { pageSecretHash } from './challenge-page-accounts'
import type { ChallengePageStore, PageEndpoint, PageRefusal, PresentedAccount } from './challenge-page-types'
import type { ChallengesService } from './challenges'
import { sourceOf } from './source-address'
import type { Urls } from './urls'

export interface PageRequest {
  /** '' is the default endpoint. */
  endpoint: string
  credentials: PageCredentials | 'none' | 'malformed'
  /** HEAD gets the headers and mints nothing. */
  head: boolean
  /** Whether the caller's own connection is encrypted, as far as is known. */
  secure: boolean
  origin: RequestOrigin
}

export type PageAnswer =
  | { outcome: 'unauthorised'; realm: string }
  /** Credentials would go over the wire for everybody to read. */
  | { outcome: 'insecure' }
  | { outcome: 'too_many'; retryAfterSeconds: number }
  | { outcome: 'challenge'; challenge: string; thumbprint: string; ttlMinutes: number; encoding: PageEncoding }
  | { outcome: 'cache_full'; ttlMinutes: number; encoding: PageEncoding }
  | { outcome: 'no_permission'; encoding: PageEncoding }

export interface ChallengePage {
  /** Refusals: unavailable. */
  ask(request: PageRequest): Promise<PageAnswer>
}

export interface ChallengePageDependencies {
  store: Pick<ChallengePageStore, 'endpoint' | 'presented' | 'refused'>
  challenges: Pick<ChallengesService, 'mint'>
  /** AccessService.limit and its companions. */
  limit(key: string, count: number, seconds: number): Promise<void>
  isLimitReached(key: string, count: number, seconds: number): Promise<boolean>
  recordDenied(entry: AuditEntry): Promise<void>
  urls: Pick<Urls, 'publicUrl'>
}

/** ndes.md §2 and §6. */
const WRONG = { count: 5, seconds: 60 }
const PER_ACCOUNT = { count: 60, seconds: 60 }
/** Compared with where there is no such account, so that both take the same time. */
const NOBODY = randomBytes(32)

export function createChallengePage(dependencies: ChallengePageDependencies): ChallengePage {
  const { store, challenges, limit, isLimitReached, recordDenied, urls } = dependencies

  const unauthorised: PageAnswer = { outcome: 'unauthorised', realm: urls.publicUrl.host }
  return {
    async ask(request) {
      const { credentials, origin, secure } = request
      if (!secure && urls.publicUrl.protocol === 'https:') {
        if (credentials !== 'none') await denied(request, 'insecure_connection')
        return { outcome: 'insecure' }
      }
      if (credentials === 'none') return unauthorised
      const wrong = `ndes:wrong:${sourceOf(origin.ip)}`
      if (await isLimitReached(wrong, WRONG.count, WRONG.seconds))
        return { outcome: 'too_many', retryAfterSeconds: WRONG.seconds }
      const endpoint = await store.endpoint(request.endpoint)
      const account = await proven(endpoint, credentials)
      if (endpoint === null || account === null) {
        await counted(wrong)
        await denied(request, credentials === 'malformed' ? 'credentials_malformed' : 'credentials_wrong')
        return unauthorised
      }
      return admitted(request, endpoint, account)
    },
  }

  async function proven(
    endpoint: PageEndpoint | null,
    credentials: PageCredentials | 'none' | 'malformed',
  ): Promise<PresentedAccount | null> {
    if (endpoint === null || credentials === 'none' || credentials === 'malformed') return null
    const account = await store.presented(endpoint.id, credentials.user)
    const hash = pageSecretHash(credentials.secret)
    const present = timingSafeEqual(hash, account?.secretHash ?? NOBODY)
    const before = timingSafeEqual(hash, account?.previousSecretHash ?? NOBODY)
    return present || before ? account : null
  }

  async function admitted(
    request: PageRequest,
    endpoint: PageEndpoint,
    account: PresentedAccount,
  ): Promise<PageAnswer> {
    const { origin, head } = request
    const actor = actorOf(account, endpoint, origin)
    const { encoding, ttlMinutes, format } = account
    const refused = async (reason: PageRefusal): Promise<PageAnswer> => {
      await store.refused(account.id, reason)
      const full = reason === 'too_fast' || reason === 'challenge_quota'
      return full ? { outcome: 'cache_full', ttlMinutes, encoding } : { outcome: 'no_permission', encoding }
    }
    const standing = standingOf(endpoint, account, origin.ip)
    if (standing !== null) {
      await recordDenied(aboutAccount(actor, endpoint, account, 'challenge_page.refused', standing))
      return refused(standing)
    }
    if (await isOver(`ndes:account:${account.id}`)) {
      await recordDenied(aboutAccount(actor, endpoint, account, 'challenge_page.refused', 'too_fast'))
      return refused('too_fast')
    }
    const thumbprint = endpoint.issuerDer === null ? '' : fingerprints(endpoint.issuerDer).fingerprintSha256
    if (head) {
      await recordDenied(aboutAccount(actor, endpoint, account, 'challenge_page.probed'))
      return { outcome: 'challenge', challenge: PLACEHOLDER[format], thumbprint, ttlMinutes, encoding }
    }
    try {
      const { challenge } = await challenges.mint(actor, {
        endpoint: endpoint.slug,
        subject: [],
        rules: { subjectTemplate: account.subjectTemplate },
        format,
        ttlMinutes,
        pageAccountId: account.id,
      })
      return { outcome: 'challenge', challenge, thumbprint, ttlMinutes, encoding }
    } catch (error) {
      // Recorded by mint(), each with its reason.
      if (isRefusal(error, 'rate_limited')) return refused('challenge_quota')
      if (isRefusal(error, 'conflict'))
        return refused(error.reason === 'endpoint_not_dynamic' ? 'endpoint_not_dynamic' : 'endpoint_disabled')
      throw error
    }
  }

  /** Whether the limit is over, which is counted by asking. */
  async function isOver(key: string): Promise<boolean> {
    try {
      await limit(key, PER_ACCOUNT.count, PER_ACCOUNT.seconds)
      return false
    } catch (error) {
      if (isRefusal(error, 'rate_limited')) return true
      throw error
    }
  }

  async function counted(key: string): Promise<void> {
    try {
      await limit(key, WRONG.count, WRONG.seconds)
    } catch (error) {
      if (!isRefusal(error, 'rate_limited')) throw error
    }
  }

  /** Nothing of what was presented is written down but the name, and that only where it can be one. */
  async function denied({ credentials, endpoint, head, origin }: PageRequest, reason: string): Promise<void> {
    const user = typeof credentials === 'string' ? null : credentials.user
    await recordDenied({
      type: 'challenge_page.refused',
      outcome: 'denied',
      reason,
      actor: strangerAt(origin),
      object: { type: 'challenge-page-account', id: null, ...(user === null ? {} : { name: user }) },
      data: { endpoint: endpoint.slice(0, 64), method: head ? 'HEAD' : 'GET' },
    })
  }
}

/** Never shown: HEAD has no body, and its length must be that of a page with a challenge. */
const PLACEHOLDER = { hex32: '0'.repeat(32), hex16: '0'.repeat(16) } as const

function standingOf(endpoint: PageEndpoint, account: PresentedAccount, ip: string | null): PageRefusal | null {
  if (!account.enabled) return 'account_disabled'
  if (!isAllowedFrom(account.allowedAddresses, ip)) return 'address_not_allowed'
  if (!endpoint.enabled) return 'endpoint_disabled'
  return endpoint.policy === 'dynamic' ? null : 'endpoint_not_dynamic'
}

/** An account of a page may mint at its endpoint, and nothing else. */
function actorOf({ id, name }: PresentedAccount, endpoint: PageEndpoint, origin: RequestOrigin): Actor {
  return { type: 'service', id, name, role: 'mdm', scope: [endpoint.slug], via: 'ndes', ...origin }
}

function strangerAt(origin: RequestOrigin): Actor {
  return { type: 'anonymous', id: null, name: 'unknown caller', role: null, via: 'ndes', ...origin }
}

function aboutAccount(
  actor: Actor,
  endpoint: PageEndpoint,
  { id, name }: PresentedAccount,
  type: 'challenge_page.refused' | 'challenge_page.probed',
  reason?: PageRefusal,
): AuditEntry {
  const data: { [key: string]: Json } = { endpoint: endpoint.slug, group: endpoint.groupSlug }
  const object = { type: 'challenge-page-account' as const, id, name }
  if (reason === undefined) return { type, outcome: 'success', actor, object, data }
  return { type, outcome: 'denied', reason, actor, object, data }
}
