/** What the network grants to the certificates of a group: VLAN and other attributes, where, and when. */
import { Refusal } from '@/lib/errors'
import type { TimeWindow } from './access-windows'
import type { Actor } from './actor'
import type { AuditEntry, Json } from './audit'
import { checkAccess, normalisedAccess } from './network-access-rules'
import { authorise, authoriseGroup } from './permissions'

export interface NetworkAccess {
  /** A group that is off is let in nowhere, and so is one for which nothing was ever set. */
  enabled: boolean
  /** "1" to "4094", or a name that the switch knows. */
  vlan: string | null
  filterId: string | null
  class: string | null
  sessionTimeoutSeconds: number | null
  /** Wireless networks; empty means any. */
  ssids: string[]
  /** NAS-Identifiers, addresses and CIDR blocks of access points and switches; empty means any. */
  networkServers: string[]
  timeZone: string
  /** Empty means always. */
  windows: TimeWindow[]
}

export const ACCESS_DEFAULTS: NetworkAccess = {
  enabled: false,
  vlan: null,
  filterId: null,
  class: null,
  sessionTimeoutSeconds: null,
  ssids: [],
  networkServers: [],
  timeZone: 'UTC',
  windows: [],
}

export interface NetworkAccessView extends NetworkAccess {
  group: { slug: string; name: string }
  /** Null while nothing was ever set. */
  updatedAt: Date | null
}

export interface NetworkAccessService {
  get(actor: Actor, groupSlug: string): Promise<NetworkAccessView>
  /** Fields that are left out stay as they are. Refusals: not_found, invalid_input with a sentence for each field. */
  update(actor: Actor, groupSlug: string, change: Partial<NetworkAccess>): Promise<NetworkAccessView>
}

export interface NetworkAccessStore {
  get(groupSlug: string): Promise<NetworkAccessRecord | null>
  /**
   * The group's row becomes what `decide` makes of it, with its events, in one transaction that nobody else's change
   * comes between. Nothing happens when it throws.
   */
  update(
    groupSlug: string,
    decide: (record: NetworkAccessRecord) => { after: NetworkAccess; events: AuditEntry[] },
  ): Promise<'updated' | 'unknown'>
}

export interface NetworkAccessRecord {
  group: { id: string; slug: string; name: string }
  access: NetworkAccess | null
  updatedAt: Date | null
}

export function createNetworkAccess({ store }: { store: NetworkAccessStore }): NetworkAccessService {
  async function existing(slug: string): Promise<NetworkAccessView> {
    const record = await store.get(slug)
    if (record === null) throw unknownGroup()
    const { group, access, updatedAt } = record
    return { ...(access ?? ACCESS_DEFAULTS), group: { slug: group.slug, name: group.name }, updatedAt }
  }

  return {
    async get(actor, slug) {
      authoriseGroup(actor, 'network:read', slug)
      return existing(slug)
    },

    async update(actor, slug, change) {
      authorise(actor, 'network:manage')
      const wish = normalisedAccess(change)
      const outcome = await store.update(slug, ({ group, access }) => {
        const before = access ?? ACCESS_DEFAULTS
        const after = { ...before, ...wish }
        checkAccess(after)
        return { after, events: changeEvents(actor, group, before, after) }
      })
      if (outcome === 'unknown') throw unknownGroup()
      return existing(slug)
    },
  }
}

/** No event when nothing changes. */
function changeEvents(
  actor: Actor,
  group: NetworkAccessRecord['group'],
  before: NetworkAccess,
  after: NetworkAccess,
): AuditEntry[] {
  const names = Object.keys(ACCESS_DEFAULTS) as (keyof NetworkAccess)[]
  const fields = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  if (fields.length === 0) return []
  const values = (of: NetworkAccess) => Object.fromEntries(fields.map((name) => [name, of[name] as unknown as Json]))
  return [
    {
      type: 'network.access_changed',
      outcome: 'success',
      actor,
      object: { type: 'group', id: group.id, name: group.name },
      change: { fields, before: values(before), after: values(after) },
    },
  ]
}

export function unknownGroup(): Refusal {
  return new Refusal('not_found', 'There is no such group.')
}
