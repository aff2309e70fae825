/** A group is retired: nobody enrols into it any more, and what it issued keeps its status until it ends. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { isTyped } from './bulk-selection'
import { authorise } from './permissions'

export interface RetirementView {
  group: { slug: string; name: string }
  /** Null while it is in use. */
  retired: { at: Date; by: string } | null
  /** Enabled ones, which stop. */
  endpoints: { slug: string; name: string }[]
  pendingChallenges: number
  /** Valid ones: they stay so until they end or are revoked. */
  certificates: number
  /** Whether the network still lets them in. */
  networkAccess: boolean
}

export interface GroupRetirement {
  /** Refusals: not_found. */
  get(actor: Actor, slug: string): Promise<RetirementView>
  /** Refusals: not_found, invalid_input (confirmation), conflict (retired already). */
  retire(actor: Actor, slug: string, request: { confirmation: string }): Promise<RetirementView>
  /** Its endpoints stay off until each is switched on. Refusals: not_found, conflict (not retired). */
  reopen(actor: Actor, slug: string): Promise<RetirementView>
}

export interface GroupRetirementStore {
  find(slug: string, at: Date): Promise<(RetirementView & { id: string }) | null>
  /**
   * In one transaction: the group is retired, its endpoints are off, its pending challenges revoked, and the events say so.
   * From then on none of its endpoints can be switched on. False when it is retired already.
   */
  retire(
    id: string,
    by: string,
    at: Date,
    events: (stopped: { id: string; slug: string }[], revoked: { id: string; subject: string }[]) => AuditEntry[],
  ): Promise<boolean>
  /**
   * A challenge that was minted or given back as the group was retired is revoked now: its endpoints were off all the time,
   * and nobody expects it to be good for anything. False when it is not retired.
   */
  reopen(id: string, at: Date, events: (revoked: { id: string; subject: string }[]) => AuditEntry[]): Promise<boolean>
}

interface GroupRetirementDeps {
  store: GroupRetirementStore
  clock: () => Date
}

export function createGroupRetirement({ store, clock }: GroupRetirementDeps): GroupRetirement {
  async function existing(slug: string) {
    const record = await store.find(slug, clock())
    if (record === null) throw new Refusal('not_found', 'There is no such group.', { reason: 'group_unknown' })
    return record
  }
  async function view(slug: string): Promise<RetirementView> {
    const { id: _, ...shown } = await existing(slug)
    return shown
  }

  return {
    async get(actor, slug) {
      authorise(actor, 'group:read')
      return view(slug)
    },

    async retire(actor, slug, { confirmation }) {
      authorise(actor, 'group:retire')
      const { id, group } = await existing(slug)
      if (!isTyped(confirmation, group.name)) {
        const sentence = `Type the name of the group, ${group.name}, to confirm.`
        throw new Refusal('invalid_input', sentence, {
          reason: 'invalid_confirmation',
          fields: { confirmation: sentence },
        })
      }
      const retired = await store.retire(id, actor.name, clock(), (stopped, revoked) => [
        ...stopped.map((endpoint) => stoppedEvent(actor, endpoint)),
        ...revoked.map((challenge) => revokedEvent(actor, group.slug, challenge)),
        {
          ...groupEvent('group.retired', actor, id, group.name),
          data: { endpoints: stopped.map(({ slug: each }) => each), challenges: revoked.length },
        },
      ])
      if (!retired) throw new Refusal('conflict', `${group.name} is retired already.`, { reason: 'already_retired' })
      return view(slug)
    },

    async reopen(actor, slug) {
      authorise(actor, 'group:retire')
      const { id, group } = await existing(slug)
      const reopened = await store.reopen(id, clock(), (revoked) => [
        ...revoked.map((challenge) => revokedEvent(actor, group.slug, challenge)),
        groupEvent('group.reopened', actor, id, group.name),
      ])
      if (!reopened) throw new Refusal('conflict', `${group.name} is not retired.`, { reason: 'not_retired' })
      return view(slug)
    },
  }
}

/** For whoever would let devices into a retired group. */
export function groupRetired(): Refusal {
  const sentence = 'This group is retired: reopen it first, on its page.'
  return new Refusal('conflict', sentence, { reason: 'group_retired', fields: { enabled: sentence } })
}

function groupEvent(type: 'group.retired' | 'group.reopened', actor: Actor, id: string, name: string): AuditEntry {
  return { type, outcome: 'success', actor, object: { type: 'group', id, name } }
}

function stoppedEvent(actor: Actor, { id, slug }: { id: string; slug: string }): AuditEntry {
  return {
    type: 'endpoint.updated',
    outcome: 'success',
    actor,
    object: { type: 'endpoint', id, name: slug },
    change: { fields: ['enabled'], before: { enabled: true }, after: { enabled: false } },
  }
}

function revokedEvent(actor: Actor, group: string, { id, subject }: { id: string; subject: string }): AuditEntry {
  return {
    type: 'challenge.revoked',
    outcome: 'success',
    actor,
    object: { type: 'challenge', id, name: subject },
    data: { by: actor.name, why: 'group_retired', group },
  }
}
