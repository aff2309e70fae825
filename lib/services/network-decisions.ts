/**
 * What the network decided, kept small: for a certificate that was let in, when it was last seen; for one that was not, why.
 * Gathered in memory and written every second, so that no login waits for it and no flood of them fills the database: the
 * same refusal is one row however often it comes, and the trail hears of it once an hour.
 */
import { createHash } from 'node:crypto'
import type { AccessAttributes } from '@/lib/radius/rest-answer'
import type { AccessQuestion } from '@/lib/radius/rest-request'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { printableText } from './enrolment-text'
import type { AccessFault, AccessSubject } from './radius-authorisation'

/** What is added to a certificate's row. */
export interface Sighting {
  certificateId: string
  count: number
  firstAt: Date
  lastAt: Date
  vlan: string | null
  ssid: string | null
  networkServer: string | null
  station: string | null
}

export interface RefusalRecord {
  id: Uint8Array
  reason: AccessFault
  groupId: string | null
  certificateId: string | null
  serial: string | null
  issuer: string | null
  ssid: string | null
  networkServer: string | null
  station: string | null
  firstAt: Date
  lastAt: Date
  count: number
}

export interface NetworkDecisionStore {
  /** Adds these, and the events, in one transaction; rows beyond the newest `keep` refusals are forgotten. */
  add(sightings: Sighting[], refusals: RefusalRecord[], keep: number, events: AuditEntry[]): Promise<void>
}

interface Asked {
  at: Date
  question: AccessQuestion
}

export interface NetworkDecisions {
  accepted(decision: Asked & { subject: AccessSubject; granted: AccessAttributes }): void
  refused(decision: Asked & { subject: AccessSubject | null; reason: AccessFault; actor: Actor }): void
  /** Writes what is waiting. Never throws: what cannot be written now is tried again, and dropped when there is too much. */
  flush(): Promise<void>
}

export interface NetworkDecisionsDeps {
  store: NetworkDecisionStore
  clock: () => Date
  log(level: 'warn', event: string, facts: Record<string, string | number>): void
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** Different refusals that wait to be written; the others are one row without a name. */
const MOST_WAITING = 500
const MOST_SIGHTINGS = 20_000
/** Sightings in one statement. */
const AT_ONCE = 250
/** Rows of refusals in the database. */
export const MOST_REFUSALS = 10_000
/** Events about refusals, each minute; the rest are counted in one. */
const MOST_EVENTS = 20
const MOST_REMEMBERED = 10_000

export function createNetworkDecisions({ store, clock, log }: NetworkDecisionsDeps): NetworkDecisions {
  let sightings = new Map<string, Sighting>()
  let refusals = new Map<string, RefusalRecord>()
  let events: AuditEntry[] = []
  /** Refusals of which the trail has heard, and when. */
  const told = new Map<string, number>()
  let minute = { start: 0, events: 0, silent: 0 }
  let writing: Promise<void> | null = null

  return {
    accepted({ at, question, subject, granted }) {
      if (sightings.size >= MOST_SIGHTINGS && !sightings.has(subject.certificateId)) return
      const { vlan } = granted
      seen({ certificateId: subject.certificateId, count: 1, firstAt: at, lastAt: at, vlan, ...placeOf(question) })
    },

    refused({ at, question, subject, reason, actor }) {
      const place = placeOf(question)
      const record = {
        reason,
        groupId: subject?.groupId ?? null,
        certificateId: subject?.certificateId ?? null,
        serial: question.serial.slice(0, 80),
        issuer: question.issuer === null ? question.authorityKeyId : printableText(question.issuer.slice(0, 300)),
        ...place,
        firstAt: at,
        lastAt: at,
        count: 1,
      }
      const key = [reason, record.certificateId ?? `${record.issuer} ${record.serial}`, place.networkServer].join('\n')
      if (refusals.size < MOST_WAITING || refusals.has(key)) {
        refuse(key, { id: hashOf(key), ...record })
        tell(key, eventOf(actor, subject, record))
      } else {
        const others = `${reason}\nothers`
        const nameless = {
          groupId: null,
          certificateId: null,
          serial: null,
          issuer: null,
          ssid: null,
          networkServer: null,
          station: null,
        }
        refuse(others, { id: hashOf(others), ...record, ...nameless })
        count()
      }
    },

    async flush() {
      writing ??= write().finally(() => {
        writing = null
      })
      await writing
    },
  }

  function seen(next: Sighting): void {
    const known = sightings.get(next.certificateId)
    const earlier = known && { count: known.count + next.count, firstAt: known.firstAt }
    sightings.set(next.certificateId, { ...next, ...earlier })
  }

  function refuse(key: string, next: RefusalRecord): void {
    const known = refusals.get(key)
    const earlier = known && { count: known.count + next.count, firstAt: known.firstAt }
    refusals.set(key, { ...next, ...earlier })
  }

  function tell(key: string, event: AuditEntry): void {
    const now = clock().getTime()
    const last = told.get(key)
    if (last !== undefined && Math.abs(now - last) < HOUR_MS) return
    if (!thisMinute(now)) return count()
    if (told.size >= MOST_REMEMBERED) told.clear()
    told.set(key, now)
    minute.events += 1
    events.push(event)
  }

  function thisMinute(now: number): boolean {
    const start = Math.floor(now / MINUTE_MS) * MINUTE_MS
    if (start !== minute.start) {
      if (minute.silent > 0) events.push(silentEvent(minute.start, minute.silent))
      minute = { start, events: 0, silent: 0 }
    }
    return minute.events < MOST_EVENTS
  }

  function count(): void {
    minute.silent += 1
  }

  async function write(): Promise<void> {
    thisMinute(clock().getTime())
    if (sightings.size + refusals.size + events.length === 0) return
    const seenNow = [...sightings]
    let refusedNow = { refusals, events }
    sightings = new Map()
    refusals = new Map()
    events = []
    try {
      // In pieces: logins that come meanwhile wait for one of them at most.
      do {
        const piece = seenNow.slice(0, AT_ONCE).map(([, sighting]) => sighting)
        await store.add(piece, [...refusedNow.refusals.values()], MOST_REFUSALS, refusedNow.events)
        seenNow.splice(0, piece.length)
        refusedNow = { refusals: new Map(), events: [] }
      } while (seenNow.length > 0)
    } catch (error) {
      log('warn', 'network.decisions_not_written', { error: error instanceof Error ? error.name : 'unknown' })
      restore({ sightings: new Map(seenNow), ...refusedNow })
    }
  }

  /** In front of what came meanwhile, as far as there is room. */
  function restore(batch: { sightings: typeof sightings; refusals: typeof refusals; events: AuditEntry[] }): void {
    const later = { sightings, refusals }
    sightings = batch.sightings
    refusals = batch.refusals
    events = [...batch.events, ...events].slice(0, MOST_WAITING)
    for (const sighting of later.sightings.values()) if (sightings.size < MOST_SIGHTINGS) seen(sighting)
    for (const [key, refusal] of later.refusals) if (refusals.size < 2 * MOST_WAITING) refuse(key, refusal)
  }
}

/** Words of the request, as far as people can read them. */
function placeOf({ ssid, networkServers, station }: AccessQuestion) {
  const text = (value: string | null | undefined) => (value ? printableText(value.slice(0, 100)) : null)
  return { ssid: text(ssid), networkServer: text(networkServers[0]), station: text(station) }
}

function hashOf(key: string): Uint8Array {
  return createHash('sha256').update(key, 'utf8').digest()
}

function eventOf(
  actor: Actor,
  subject: AccessSubject | null,
  { reason, serial, issuer, ssid, networkServer }: Omit<RefusalRecord, 'id'>,
): AuditEntry {
  return {
    type: 'network.access_refused',
    outcome: 'denied',
    reason,
    actor,
    object: { type: 'certificate', id: subject?.certificateId ?? null, ...(subject ? { name: subject.subject } : {}) },
    data: { serial, issuer, ssid, networkServer },
  }
}

function silentEvent(start: number, count: number): AuditEntry {
  const requestId = crypto.randomUUID()
  return {
    type: 'system.rate_limited',
    outcome: 'denied',
    reason: 'flood',
    actor: { type: 'system', id: null, name: 'Latchkey', role: null, via: 'job', ip: null, userAgent: null, requestId },
    object: { type: 'system', id: null, name: 'network access' },
    data: {
      bucket: 'network.access_refused',
      count,
      windowStart: new Date(start).toISOString(),
      windowEnd: new Date(start + MINUTE_MS).toISOString(),
    },
  }
}
