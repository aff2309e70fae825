/**
 * The queue of what the rules answer: worked off device by device, on whichever instance, each exactly once, and no further
 * than the brake of its connector lets it.
 */
import { type Actor, systemActor } from './actor'
import type { AuditEntry } from './audit'
import type { RevocationReason } from './certificates'
import type { DeviceTrigger } from './device-types'
import { type RevokedFacts, releaseEvent, revocationEvent } from './revocation'

/** What the action row and its device say. */
export interface ActionContext {
  deviceId: string
  deviceName: string
  connector: { id: string; name: string } | null
  trigger: DeviceTrigger
  /** Who let it pass the brake. */
  confirmedBy: string | null
}

export interface ActionEvents {
  ended(context: ActionContext, facts: RevokedFacts, reason: RevocationReason): AuditEntry
  released(context: ActionContext, facts: RevokedFacts): AuditEntry
  challengeRevoked(context: ActionContext, challenge: { id: string; subject: string }): AuditEntry
  braked(context: ActionContext, mostPerHour: number): AuditEntry
}

export interface DeviceActionStore {
  /** Ids of actions that wait, the oldest first. */
  waiting(limit: number): Promise<string[]>
  /**
   * One action in one transaction, by the state of its device, its certificates and the rules as they are now: done, or
   * over because nothing of it holds any more, or braked because as many other devices of its connector lost certificates
   * within the hour as its brake lets pass, or because the brake has been pulled. `busy`: somebody else is at it.
   */
  act(id: string, at: Date, words: ActionWords, events: ActionEvents): Promise<ActionOutcome>
}

export type ActionOutcome = 'done' | 'cancelled' | 'braked' | 'busy'

export interface ActionWords {
  by: string
  comment(context: ActionContext): string
}

export interface DeviceActions {
  advance(now: Date): Promise<void>
}

const BATCH = 200
const MOST_FAULTS = 20
/** As it stands on certificates and in the trail. */
export const RULES_NAME = 'Device rules'
const ACTOR = (): Actor => systemActor('job', RULES_NAME)

export function createDeviceActions({
  store,
  onCrlDue = () => {},
}: {
  store: DeviceActionStore
  onCrlDue?: () => void
}): DeviceActions {
  return {
    async advance(now) {
      const ids = await store.waiting(BATCH)
      let done = 0
      const faults: unknown[] = []
      for (const id of ids) {
        try {
          if ((await store.act(id, now, WORDS, EVENTS)) === 'done') done += 1
        } catch (error) {
          // One that cannot be done does not keep the others waiting; where none can be, none is tried any more.
          faults.push(error)
          if (faults.length === MOST_FAULTS) break
        }
      }
      if (done > 0) onCrlDue()
      if (faults.length > 0) throw faults[0]
    },
  }
}

export const TRIGGER_WORDS: Record<DeviceTrigger, string> = {
  removed: 'removed from its MDM',
  wiped: 'wiped',
  unmanaged: 'no longer managed',
  noncompliant: 'not compliant',
  user_disabled: 'used by somebody who is disabled',
  not_entitled: 'in none of the groups that entitle it',
}

const WORDS: ActionWords = {
  by: RULES_NAME,
  comment: ({ trigger, connector }) =>
    `The device is ${TRIGGER_WORDS[trigger]}${connector === null ? '' : `, says ${connector.name}`}.`.slice(0, 500),
}

const EVENTS: ActionEvents = {
  ended: (context, facts, reason) =>
    revocationEvent(
      ACTOR(),
      facts,
      { reason, comment: WORDS.comment(context), invalidityDate: null },
      factsOf(context),
    ),
  released: (context, facts) => releaseEvent(ACTOR(), facts, null, factsOf(context)),
  challengeRevoked: (context, { id, subject }) => ({
    type: 'challenge.revoked',
    outcome: 'success',
    actor: ACTOR(),
    object: { type: 'challenge', id, name: subject },
    data: { by: 'system', why: WORDS.comment(context), ...factsOf(context) },
  }),
  braked: ({ connector, deviceId, deviceName, trigger }, mostPerHour) => ({
    type: 'device.brake_pulled',
    outcome: 'denied',
    reason: 'too_many_devices',
    actor: ACTOR(),
    object: { type: 'connector', id: connector?.id ?? null, ...(connector === null ? {} : { name: connector.name }) },
    data: { mostPerHour, deviceId, device: deviceName, trigger },
  }),
}

function factsOf({ deviceId, deviceName, connector, trigger, confirmedBy }: ActionContext) {
  return {
    deviceId,
    device: deviceName,
    trigger,
    ...(connector === null ? {} : { connectorId: connector.id, connector: connector.name }),
    ...(confirmedBy === null ? {} : { confirmedBy }),
  }
}
