/** Alarms that people see: a second key for a consumed challenge, until the certificate is revoked or somebody dismissed it. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { authorise } from './permissions'

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

export interface AlarmStore {
  /** Neither dismissed nor settled by revoking the certificate; newest first. */
  open(limit: number): Promise<AlarmView[]>
  ofChallenge(challengeId: string): Promise<AlarmView[]>
  /** Every alarm of the challenge. False when none is open. */
  dismiss(challengeId: string, by: string, dismissed: (count: number) => AuditEntry): Promise<boolean>
}

export interface AlarmsService {
  open(actor: Actor): Promise<AlarmView[]>
  ofChallenge(actor: Actor, challengeId: string): Promise<AlarmView[]>
  /** Refusals: conflict, when no alarm of this challenge is open. */
  dismiss(actor: Actor, challengeId: string): Promise<void>
}

const MOST_SHOWN = 20
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function createAlarms({ store }: { store: AlarmStore }): AlarmsService {
  return {
    async open(actor) {
      authorise(actor, 'challenge:read')
      return store.open(MOST_SHOWN)
    },

    async ofChallenge(actor, challengeId) {
      authorise(actor, 'challenge:read')
      return UUID.test(challengeId) ? store.ofChallenge(challengeId) : []
    },

    async dismiss(actor, challengeId) {
      authorise(actor, 'challenge:revoke')
      const [alarm] = UUID.test(challengeId) ? await store.ofChallenge(challengeId) : []
      const object = { type: 'challenge', id: challengeId, name: alarm?.subject ?? '' } as const
      const dismissed = await store.dismiss(challengeId, actor.name, (count) => ({
        type: 'challenge.alarm_dismissed',
        outcome: 'success',
        actor,
        object,
        data: { count, endpoint: alarm?.endpoint.slug ?? null, certificateId: alarm?.certificate?.id ?? null },
      }))
      if (!dismissed) throw new Refusal('conflict', 'No alarm of this challenge is open.', { reason: 'alarm_not_open' })
    },
  }
}
