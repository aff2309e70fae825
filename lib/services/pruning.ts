/** Putting away what is over: lapsed sessions, counted refusals, stored answers, old counters. */
import { SESSION_LIFE } from './access'
import type { Flood, PruneStore, SessionLife, SessionStore } from './access-store'
import type { AuditEntry } from './audit'
import { FLOOD_PREFIX, FLOOD_RECORDED, FLOOD_WINDOW_SECONDS, latchkey } from './counters'
import { sessionLapsed } from './sessions'

export interface PruneDeps {
  store: PruneStore & Pick<SessionStore, 'endLapsedSessions'>
  /** The same as for access. */
  sessionLife?: SessionLife
}

const HOUR = 3_600_000
const ANSWERS_KEPT = 24 * HOUR
/** The longest window and the longest delay are both over by then. */
const COUNTERS_KEPT = 48 * HOUR
/** Every instance has read them within seconds. */
const STATUS_CHANGES_KEPT = HOUR
const SESSIONS_KEPT = 90 * 24 * HOUR

export interface Pruning {
  /** Running it twice at the same instant does nothing more. */
  prune(now: Date): Promise<void>
}

export function createPruning({ store, sessionLife = SESSION_LIFE }: PruneDeps): Pruning {
  return {
    async prune(now) {
      const before = (age: number) => new Date(now.getTime() - age)
      await store.endLapsedSessions(now, sessionLife.idleSeconds, sessionLapsed)
      await store.takeFloods(FLOOD_PREFIX, before(2 * FLOOD_WINDOW_SECONDS * 1000), (floods) => floods.flatMap(flooded))
      await store.deleteIdempotentRequests(before(ANSWERS_KEPT))
      await store.deleteCounters(before(COUNTERS_KEPT), now, FLOOD_PREFIX)
      await store.deleteSessions(before(SESSIONS_KEPT))
      await store.deleteStatusChanges(before(STATUS_CHANGES_KEPT))
    },
  }
}

/** One event for all refusals of a minute that were only counted. */
function flooded({ key, count }: Flood): AuditEntry[] {
  const suppressed = count - FLOOD_RECORDED
  const [minute = '', type = '', ...source] = key.slice(FLOOD_PREFIX.length).split(':')
  if (suppressed <= 0) return []
  const start = new Date(Number(minute) * FLOOD_WINDOW_SECONDS * 1000)
  const end = new Date(start.getTime() + FLOOD_WINDOW_SECONDS * 1000)
  const data = {
    bucket: `${type} from ${source.join(':')}`,
    count: suppressed,
    windowStart: start.toISOString(),
    windowEnd: end.toISOString(),
  }
  const object = { type: 'system' as const, id: null }
  return [{ type: 'system.rate_limited', outcome: 'denied', reason: 'flood', actor: latchkey('prune'), object, data }]
}
