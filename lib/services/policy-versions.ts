/** Every state that the settings of an endpoint or a group were in, what changed from one to the next, and by whom. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { Json, Page } from './audit'
import { authorise } from './permissions'

export type PolicyObjectType = 'endpoint' | 'group'

/** Whose versions: a group's are its network access, device rules and trust page; an endpoint's include its profile. */
export interface PolicyObject {
  type: PolicyObjectType
  slug: string
  name: string
}

export type PolicyState = { [field: string]: Json }

export interface PolicyChange {
  /** As the audit trail names it, such as "profile.validityDays". */
  field: string
  /** Null for a setting that was not there. */
  before: Json
  after: Json
}

/**
 * How a version came about: `found` as versions began to be kept; `created` and `changed` with an audit event in the same
 * transaction; `unrecorded` past the portal, in the database itself.
 */
export type PolicyOrigin = 'found' | 'created' | 'changed' | 'unrecorded'

export interface PolicyVersionView {
  version: number
  at: Date
  origin: PolicyOrigin
  /** Null where nobody is known. */
  by: { type: string; id: string | null; name: string; via: string; sourceIp: string | null } | null
  /** The audit event that says so. */
  event: { seq: string; type: string } | null
  /** Against the version before; empty for the first one. */
  changes: PolicyChange[]
}

export interface PolicyVersionDetail extends PolicyVersionView {
  object: PolicyObject
  state: PolicyState
  /** What is different now, if anything is. */
  since: { version: number; changes: PolicyChange[] } | null
}

export interface PolicyVersionsService {
  /** Newest first. Refusals: not_found. */
  list(
    actor: Actor,
    of: { type: PolicyObjectType; slug: string },
    page: { cursor?: string; limit?: number },
  ): Promise<Page<PolicyVersionView> & { object: PolicyObject }>
  /** Refusals: not_found, also for a version that there is not. */
  get(actor: Actor, of: { type: PolicyObjectType; slug: string }, version: number): Promise<PolicyVersionDetail>
}

/** A version as it is kept, with settings by the names that the audit trail uses. */
export interface PolicyVersionRow {
  version: number
  at: Date
  state: PolicyState
  found: boolean
  auditSeq: string | null
  eventType: string | null
  actorType: string | null
  actorId: string | null
  actorName: string | null
  via: string | null
  sourceIp: string | null
}

export interface PolicyVersionStore {
  object(type: PolicyObjectType, slug: string): Promise<(PolicyObject & { id: string }) | null>
  /** Newest first; those below `below` when it is given. */
  versions(
    type: PolicyObjectType,
    id: string,
    page: { below: number | null; limit: number },
  ): Promise<PolicyVersionRow[]>
}

const DEFAULT_LIMIT = 25
const MOST = 100

export function createPolicyVersions({ store }: { store: PolicyVersionStore }): PolicyVersionsService {
  async function existing({ type, slug }: { type: PolicyObjectType; slug: string }) {
    const object = await store.object(type, slug)
    if (object === null) throw new Refusal('not_found', `There is no such ${type}.`, { reason: `${type}_unknown` })
    return object
  }

  return {
    async list(actor, of, { cursor, limit = DEFAULT_LIMIT }) {
      authorise(actor, 'policy-version:read')
      const { id, ...object } = await existing(of)
      const most = Math.min(Math.max(limit, 1), MOST)
      // One more, for what the last one of the page changed.
      const rows = await store.versions(of.type, id, { below: versionOf(cursor), limit: most + 1 })
      const items = rows.slice(0, most).map((row, index) => viewOf(row, rows[index + 1] ?? null))
      return { object, items, nextCursor: rows.length > most ? String(items.at(-1)?.version) : null }
    },

    async get(actor, of, version) {
      authorise(actor, 'policy-version:read')
      const { id, ...object } = await existing(of)
      const asked = Number.isSafeInteger(version) && version > 0 && version < 2 ** 31 - 1
      const [row, before = null] = asked ? await store.versions(of.type, id, { below: version + 1, limit: 2 }) : []
      if (row?.version !== version)
        throw new Refusal('not_found', 'There is no such version of this policy.', { reason: 'version_unknown' })
      const [newest = row] = await store.versions(of.type, id, { below: null, limit: 1 })
      const changes = changesBetween(row.state, newest.state)
      return {
        ...viewOf(row, before),
        object,
        state: row.state,
        since: changes.length === 0 ? null : { version: newest.version, changes },
      }
    },
  }
}

export function viewOf(row: PolicyVersionRow, before: PolicyVersionRow | null): PolicyVersionView {
  const { version, at, auditSeq, eventType, actorName, actorType, actorId, via, sourceIp } = row
  return {
    version,
    at,
    origin: originOf(row),
    by:
      actorName === null || actorType === null
        ? null
        : { type: actorType, id: actorId, name: actorName, via: via ?? 'unknown', sourceIp },
    event: auditSeq === null || eventType === null ? null : { seq: auditSeq, type: eventType },
    changes: before === null ? [] : changesBetween(before.state, row.state),
  }
}

function originOf({ found, auditSeq, version }: PolicyVersionRow): PolicyOrigin {
  if (found) return 'found'
  if (auditSeq === null) return 'unrecorded'
  return version === 1 ? 'created' : 'changed'
}

/** In the order of their names. */
export function changesBetween(before: PolicyState, after: PolicyState): PolicyChange[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return fields
    .map((field) => ({ field, before: before[field] ?? null, after: after[field] ?? null }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after))
}

function versionOf(cursor: string | undefined): number | null {
  if (cursor === undefined || cursor === '') return null
  if (/^[1-9]\d{0,8}$/.test(cursor)) return Number(cursor)
  throw new Refusal('invalid_input', 'The cursor is not one of ours. Start from the first page.', {
    reason: 'invalid_cursor',
  })
}
