/** API keys: shown once, stored as a hash, told apart by their beginning. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Refusal } from '@/lib/errors'
import type { ApiKeyStore } from './access-store'
import type { AccessService, ApiKeyView, RequestOrigin } from './access-types'
import type { KeyRole } from './actor'
import type { AuditEntry } from './audit'
import type { Counters } from './counters'
import { authorise } from './permissions'
import { invalid, nameFaultOf } from './person'
import { stranger } from './sign-in'

export interface ApiKeysDeps {
  store: ApiKeyStore
  counters: Pick<Counters, 'recordRefusal'>
  clock: () => Date
}

const ROLES: readonly KeyRole[] = ['admin', 'operator', 'auditor', 'radius']
/** An administrator's rights have nothing to do with an endpoint, and a RADIUS server's neither. */
const SCOPED_ROLES: readonly KeyRole[] = ['operator', 'auditor']
const MOST_ENDPOINTS = 50
const MOST_GROUPS = 50
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const DEFAULT_DAYS = 90
const MAX_DAYS = 365
const DAY = 86_400_000
/** lk_, what tells it apart in a list, 32 random bytes, a checksum that catches a key cut short while pasting. */
const KEY = /^(lk_([0-9a-f]{8})_[A-Za-z0-9_-]{43})_([0-9a-f]{8})$/
const BEARER = /^Bearer +([A-Za-z0-9_-]{1,128})$/i

export function createApiKeys({
  store,
  counters,
  clock,
}: ApiKeysDeps): Pick<AccessService, 'actorOfApiKey' | 'apiKeys' | 'createApiKey' | 'revokeApiKey'> {
  return {
    async actorOfApiKey(origin, authorization) {
      const now = clock()
      const key = wellFormed(BEARER.exec(authorization ?? '')?.[1] ?? '')
      const known = key === null ? null : await store.touchApiKey(hashOf(key), now)
      const reason = rejection(authorization, key, known, now)
      if (reason === null && known) {
        const { id, name, role, endpoints, groups } = known
        const scope = endpoints === null ? {} : { scope: endpoints.map(({ slug }) => slug) }
        const limits = groups === null ? scope : { ...scope, groups: groups.map(({ slug }) => slug) }
        return { type: 'service', id, name, role, via: 'api', ...origin, ...limits }
      }
      // Nothing to reject where nothing was presented; the refusal of the request itself is the transport's to record.
      if (authorization !== null) await counters.recordRefusal(rejected(origin, known, reason ?? 'unknown'))
      throw new Refusal('unauthenticated', 'Send a valid API key as "Authorization: Bearer lk_...".', {
        reason: reason ?? 'unknown',
        detail: `API key refused: ${reason}`,
      })
    },

    async apiKeys(actor) {
      authorise(actor, 'api-key:read')
      return store.apiKeys()
    },

    async createApiKey(actor, { name, role, expiresInDays = DEFAULT_DAYS, endpoints = null, groups = null }) {
      authorise(actor, 'api-key:manage')
      const faults: Record<string, string> = {}
      const nameFault = nameFaultOf(name, 'A name')
      if (nameFault) faults.name = nameFault
      if (!ROLES.includes(role)) faults.role = 'Choose a role.'
      if (!Number.isInteger(expiresInDays) || expiresInDays < 1 || expiresInDays > MAX_DAYS) {
        faults.expiresInDays = `From 1 to ${MAX_DAYS} days.`
      }
      const slugs = endpoints === null ? null : [...new Set(endpoints)]
      if (slugs !== null && !SCOPED_ROLES.includes(role))
        faults.role = 'A key that is limited to endpoints is an operator’s or an auditor’s.'
      if (slugs !== null && (slugs.length === 0 || slugs.length > MOST_ENDPOINTS))
        faults.endpoints = `Choose from 1 to ${MOST_ENDPOINTS} endpoints.`
      const groupSlugs = groups === null ? null : [...new Set(groups)]
      if (groupSlugs !== null && role !== 'operator') faults.role = 'A key that is limited to groups is an operator’s.'
      if (groupSlugs !== null && slugs !== null) faults.groups = 'Limit it to groups or to endpoints, not to both.'
      if (groupSlugs !== null && (groupSlugs.length === 0 || groupSlugs.length > MOST_GROUPS))
        faults.groups = `Choose from 1 to ${MOST_GROUPS} groups.`
      if (Object.keys(faults).length > 0) throw invalid(faults)
      const key = newKey()
      const createdAt = clock()
      const row = {
        id: randomUUID(),
        name: name.trim().normalize('NFC'),
        role,
        hint: key.slice(0, 11),
        createdAt,
        createdBy: actor.name,
        expiresAt: new Date(createdAt.getTime() + expiresInDays * DAY),
        lastUsedAt: null,
        revokedAt: null,
        endpoints: slugs,
        groups: groupSlugs,
      }
      const data = {
        role,
        hint: row.hint,
        expires: row.expiresAt.toISOString(),
        ...(slugs === null ? {} : { endpoints: slugs }),
        ...(groupSlugs === null ? {} : { groups: groupSlugs }),
      }
      const object = { type: 'token' as const, id: row.id, name: row.name }
      const view = await store.createApiKey({ ...row, keyHash: hashOf(key) }, [
        { type: 'iam.token.created', outcome: 'success', actor, object, data },
      ])
      if (view === 'endpoint_unknown') throw invalid({ endpoints: 'There is no such endpoint.' })
      if (view === 'group_unknown') throw invalid({ groups: 'There is no such group.' })
      return { id: view.id, key, view }
    },

    async revokeApiKey(actor, id) {
      authorise(actor, 'api-key:manage')
      const revoked = UUID.test(id)
        ? await store.revokeApiKey(id, clock(), (key) => [
            {
              type: 'iam.token.revoked',
              outcome: 'success',
              actor,
              object: { type: 'token', id: key.id, name: key.name },
              data: { role: key.role, hint: key.hint },
            },
          ])
        : null
      if (!revoked) throw new Refusal('not_found', 'There is no such API key.')
    },
  }
}

function newKey(): string {
  const body = `lk_${randomBytes(4).toString('hex')}_${randomBytes(32).toString('base64url')}`
  return `${body}_${checksum(body)}`
}

function wellFormed(text: string): string | null {
  const [key, body = '', , sum] = KEY.exec(text) ?? []
  return key !== undefined && checksum(body) === sum ? key : null
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(8, '0')
}

/** The key has 256 random bits: a plain hash cannot be guessed back. */
function hashOf(key: string): Uint8Array {
  return createHash('sha256').update(key, 'utf8').digest()
}

function rejection(
  authorization: string | null,
  key: string | null,
  known: ApiKeyView | null,
  now: Date,
): string | null {
  if (authorization === null) return 'not_signed_in'
  if (key === null) return 'malformed'
  if (known === null) return 'unknown'
  if (known.revokedAt !== null) return 'revoked'
  return known.expiresAt > now ? null : 'expired'
}

function rejected(origin: RequestOrigin, known: ApiKeyView | null, reason: string): AuditEntry {
  const object = known ? { id: known.id, name: known.name } : { id: null }
  return {
    type: 'iam.token.rejected',
    outcome: 'denied',
    reason,
    actor: stranger(origin, 'api'),
    object: { type: 'token', ...object },
    ...(known ? { data: { hint: known.hint } } : {}),
  }
}
