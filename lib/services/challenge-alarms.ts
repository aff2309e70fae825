/** Alarms that people see: a second key for a consumed challenge, until the certificate is revoked or somebody dismissed it. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry, Page } from './audit'
import { authoriseInGroups, type Reach, reachOf } from './permissions'

export interface AlarmView {
  id: string
  challengeId: string
  /** Whom the challenge is for. */
  subject: string
  /** What the second request called itself. */
  secondSubject: string
  sourceIp: string | null
  createdAt: Date
  dismissedAt: Date | null
  dismissedBy: string | null
  endpoint: { slug: string; name: string }
  /** Of whoever was first. */
  certificate: { id: string; serial: string; revokedAt: Date | null } | null
}

export interface AlarmFilter {
  /** Neither dismissed nor settled by revoking the certificate, or the opposite. */
  open?: boolean
  /** Slug. */
  endpoint?: string
}

export interface AlarmStore {
  /** Newest first, keyset paging. */
  list(filter: AlarmFilter & Reach, page: { cursor?: string; limit: number }): Promise<Page<AlarmView>>
  get(id: string, reach: Reach): Promise<AlarmView | null>
  /** Neither dismissed nor settled by revoking the certificate; newest first. */
  open(limit: number, reach: Reach): Promise<AlarmView[]>
  ofChallenge(challengeId: string, reach: Reach): Promise<AlarmView[]>
  /** Every alarm of the challenge. False when none is open. */
  dismiss(challengeId: string, by: string, dismissed: (count: number) => AuditEntry): Promise<boolean>
}

export interface AlarmsService {
  /** Newest first. Refusals: invalid_input (cursor). */
  list(actor: Actor, filter: AlarmFilter, page: { cursor?: string; limit?: number }): Promise<Page<AlarmView>>
  /** Refusals: not_found. */
  get(actor: Actor, id: string): Promise<AlarmView>
  open(actor: Actor): Promise<AlarmView[]>
  ofChallenge(actor: Actor, challengeId: string): Promise<AlarmView[]>
  /** Refusals: conflict, when no alarm of this challenge is open. */
  dismiss(actor: Actor, challengeId: string): Promise<void>
}

const MOST_SHOWN = 20
const PAGE = { usual: 50, most: 200 }
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function createAlarms({ store }: { store: AlarmStore }): AlarmsService {
  return {
    async list(actor, filter, { cursor, limit = PAGE.usual }) {
      authoriseInGroups(actor, 'challenge:read')
      const most = Math.min(Math.max(Math.trunc(limit), 1), PAGE.most)
      return store.list({ ...filter, ...reachOf(actor) }, { limit: most, ...(cursor === undefined ? {} : { cursor }) })
    },

    async get(actor, id) {
      authoriseInGroups(actor, 'challenge:read')
      const alarm = UUID.test(id) ? await store.get(id, reachOf(actor)) : null
      if (alarm === null) throw new Refusal('not_found', 'There is no such alarm.', { reason: 'alarm_unknown' })
      return alarm
    },

    async open(actor) {
      authoriseInGroups(actor, 'challenge:read')
      return store.open(MOST_SHOWN, reachOf(actor))
    },

    async ofChallenge(actor, challengeId) {
      authoriseInGroups(actor, 'challenge:read')
      return UUID.test(challengeId) ? store.ofChallenge(challengeId, reachOf(actor)) : []
    },

    async dismiss(actor, challengeId) {
      authoriseInGroups(actor, 'challenge:revoke')
      const [alarm] = UUID.test(challengeId) ? await store.ofChallenge(challengeId, reachOf(actor)) : []
      if (alarm === undefined) throw notOpen()
      const object = { type: 'challenge', id: challengeId, name: alarm.subject } as const
      const dismissed = await store.dismiss(challengeId, actor.name, (count) => ({
        type: 'challenge.alarm_dismissed',
        outcome: 'success',
        actor,
        object,
        data: { count, endpoint: alarm.endpoint.slug, certificateId: alarm.certificate?.id ?? null },
      }))
      if (!dismissed) throw notOpen()
    },
  }
}

function notOpen(): Refusal {
  return new Refusal('conflict', 'No alarm of this challenge is open.', { reason: 'alarm_not_open' })
}
