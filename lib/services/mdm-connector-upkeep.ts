/** What is done for connectors by the clock: old calls are forgotten, and an expiry is warned of once. */
import type { AuditEntry } from './audit'
import { latchkey } from './counters'
import { EXPIRY_WARNING_DAYS } from './mdm-connector-health'

export interface ConnectorUpkeepStore {
  /** At most so many; returns how many went. */
  forgetCalls(before: Date, most: number): Promise<number>
  forgetMessages(before: Date): Promise<number>
  /** Of enabled connectors whose credential expires before then and was not warned of for that expiry: marked, with the event. */
  warnOfExpiry(
    before: Date,
    eventOf: (connector: { id: string; name: string; kind: string; expiresAt: Date }) => AuditEntry,
  ): Promise<number>
}

export interface ConnectorUpkeep {
  tend(now: Date): Promise<void>
}

const DAY_MS = 86_400_000
export const CALLS_KEPT_DAYS = 30
/** Senders of Standard Webhooks repeat for about three days. */
const MESSAGES_KEPT_DAYS = 7
const BATCH = 10_000

export function createConnectorUpkeep({ store }: { store: ConnectorUpkeepStore }): ConnectorUpkeep {
  return {
    async tend(now) {
      const daysAway = (days: number) => new Date(now.getTime() + days * DAY_MS)
      await store.warnOfExpiry(daysAway(EXPIRY_WARNING_DAYS), ({ id, name, kind, expiresAt }) => ({
        type: 'connector.credential_expiring',
        outcome: 'success',
        actor: latchkey('tend-connectors'),
        object: { type: 'connector', id, name },
        data: { kind, expiresAt: expiresAt.toISOString() },
      }))
      while ((await store.forgetCalls(daysAway(-CALLS_KEPT_DAYS), BATCH)) === BATCH) {
        // Until fewer than a batch were left.
      }
      await store.forgetMessages(daysAway(-MESSAGES_KEPT_DAYS))
    },
  }
}
