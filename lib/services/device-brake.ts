/**
 * The brake of an MDM: how many of its devices may lose certificates within an hour without an administrator's word. What
 * is beyond waits, and so does everything after it, until somebody has decided about all that waits.
 */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import type { DeviceTrigger } from './device-types'
import { authorise } from './permissions'

export interface BrakeView {
  connector: { id: string; slug: string; name: string }
  mostPerHour: number
  /** Since when something waits; null while it is not pulled. */
  pulledAt: Date | null
  /** Devices that wait behind it. */
  waiting: number
}

export interface BrakedAction {
  id: string
  device: { id: string; name: string }
  trigger: DeviceTrigger
  action: 'hold' | 'revoke'
  createdAt: Date
  /** That count now. */
  certificates: number
}

export type BrakeDecision = 'let_through' | 'cancel'

export interface DeviceBrakeService {
  /** Of every MDM, those that are pulled first. */
  list(actor: Actor): Promise<BrakeView[]>
  /** The oldest first, at most so many as a page shows. Refusals of all that name one: not_found. */
  braked(actor: Actor, connectorSlug: string): Promise<{ brake: BrakeView; actions: BrakedAction[] }>
  /** Refusals: invalid_input. */
  change(actor: Actor, connectorSlug: string, change: { mostPerHour: number }): Promise<BrakeView>
  /**
   * Of `actions`, or all. `seen`: how many devices whoever decides saw waiting; a word about forty is none about all of a
   * company. Returns how many devices it concerned. Refusals: conflict (more wait by now), invalid_input.
   */
  decide(
    actor: Actor,
    connectorSlug: string,
    decision: BrakeDecision,
    actions: readonly string[] | 'all',
    seen?: number,
  ): Promise<{ devices: number; brake: BrakeView }>
}

export interface DeviceBrakeStore {
  brakes(): Promise<BrakeView[]>
  braked(connectorId: string, at: Date, limit: number): Promise<BrakedAction[]>
  change(connectorId: string, mostPerHour: number, events: AuditEntry[]): Promise<void>
  /**
   * In one transaction with the event: only what still waits. When nothing waits any more the brake is no longer pulled.
   * Returns how many devices; null, and nothing is decided, when more than `most` wait.
   */
  decide(
    connectorId: string,
    decision: { by: string; decision: BrakeDecision; ids: readonly string[] | null; most: number | null; at: Date },
    event: (devices: number) => AuditEntry,
  ): Promise<number | null>
}

export const MOST_PER_HOUR = { usual: 25, most: 1_000_000 }
const SHOWN = 200
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function createDeviceBrake({
  store,
  clock,
}: {
  store: DeviceBrakeStore
  clock: () => Date
}): DeviceBrakeService {
  async function one(slug: string): Promise<BrakeView> {
    const brake = (await store.brakes()).find(({ connector }) => connector.slug === slug)
    if (brake === undefined)
      throw new Refusal('not_found', 'There is no such connector.', { reason: 'connector_unknown' })
    return brake
  }
  const object = ({ connector: { id, name } }: BrakeView) => ({ type: 'connector', id, name }) as const

  return {
    async list(actor) {
      authorise(actor, 'certificate:read')
      return store.brakes()
    },

    async braked(actor, slug) {
      authorise(actor, 'certificate:read')
      const brake = await one(slug)
      return { brake, actions: await store.braked(brake.connector.id, clock(), SHOWN) }
    },

    async change(actor, slug, { mostPerHour }) {
      authorise(actor, 'device-rule:manage')
      if (!Number.isInteger(mostPerHour) || mostPerHour < 0 || mostPerHour > MOST_PER_HOUR.most) {
        const sentence = 'Give a whole number of devices, from 0 to 1,000,000.'
        throw new Refusal('invalid_input', sentence, { reason: 'invalid_brake', fields: { mostPerHour: sentence } })
      }
      const before = await one(slug)
      if (before.mostPerHour === mostPerHour) return before
      await store.change(before.connector.id, mostPerHour, [
        {
          type: 'device.brake_changed',
          outcome: 'success',
          actor,
          object: object(before),
          change: {
            fields: ['mostPerHour'],
            before: { mostPerHour: before.mostPerHour },
            after: { mostPerHour },
          },
        },
      ])
      return one(slug)
    },

    async decide(actor, slug, decision, actions, seen) {
      authorise(actor, 'device-rule:manage')
      if (actions !== 'all' && !actions.every((id) => UUID.test(id)))
        throw new Refusal('invalid_input', 'These are no ids of actions.', { reason: 'invalid_actions' })
      const { connector } = await one(slug)
      const devices = await store.decide(
        connector.id,
        {
          by: actor.name,
          decision,
          ids: actions === 'all' ? null : actions,
          most: actions === 'all' ? (seen ?? null) : null,
          at: clock(),
        },
        (count) => ({
          type: decision === 'cancel' ? 'device.actions_cancelled' : 'device.brake_released',
          outcome: 'success',
          actor,
          object: { type: 'connector', id: connector.id, name: connector.name },
          data: { count },
        }),
      )
      if (devices === null)
        throw new Refusal('conflict', 'More devices wait by now than you saw. Look again, then decide.', {
          reason: 'more_wait',
        })
      return { devices, brake: await one(slug) }
    },
  }
}
