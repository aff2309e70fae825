/** The people's part of the portal without a database, a signer or a real clock: for tests. */
import { createHmac } from 'node:crypto'
import type { AccessStore, PruneStore } from '@/lib/services/access-store'
import type { RequestOrigin } from '@/lib/services/access-types'
import type { Actor, Role } from '@/lib/services/actor'
import type { AuditEntry, AuditService } from '@/lib/services/audit'
import { createPasswords, type Passwords } from '@/lib/services/passwords'
import type { Signer } from '@/lib/services/signer'

/** What a test of access needs of a store, whichever it is: the store, and everything recorded so far. */
export interface PeopleStore {
  store: AccessStore & PruneStore
  record(entry: AuditEntry): Promise<void>
  /** Type and reason of every event, oldest first. */
  recorded(): Promise<RecordedLine[]>
  /** Everything recorded, as text, to search for what must never be there. */
  wholeTrail(): Promise<string>
}

export interface RecordedLine {
  type: string
  outcome: string
  reason?: string
}

export interface TestClock {
  (): Date
  advance(time: { seconds?: number; minutes?: number; hours?: number; days?: number }): void
}

export function testClock(start = '2026-11-23T09:00:00.000Z'): TestClock {
  let now = new Date(start)
  const clock = () => now
  return Object.assign(clock, {
    advance({ seconds = 0, minutes = 0, hours = 0, days = 0 }: Parameters<TestClock['advance']>[0]) {
      now = new Date(now.getTime() + 1000 * (seconds + 60 * (minutes + 60 * (hours + 24 * days))))
    },
  })
}

export const testMac: Pick<Signer, 'mac'> = {
  mac: async (purpose, data) => createHmac('sha256', `test key for ${purpose}`).update(data).digest(),
}

/** Argon2 at the smallest size it allows. */
export const CHEAP = { memoryKib: 8, passes: 1, parallelism: 1 } as const

export function testPasswords(): Passwords {
  return createPasswords({ signer: testMac, parameters: CHEAP })
}

export function origin(ip = '192.0.2.1', userAgent = 'test browser'): RequestOrigin {
  return { ip, userAgent, requestId: 'request-1' }
}

export function person(role: Role | null, id: string | null = null): Actor {
  const name = role ?? 'Nobody'
  return {
    type: id === null ? 'anonymous' : 'user',
    id,
    name,
    role,
    via: 'ui',
    ip: '192.0.2.1',
    userAgent: null,
    requestId: 'request-1',
  }
}

/** An audit service that only records, into a list or a table. */
export function recorder(people: Pick<PeopleStore, 'record'>): Pick<AuditService, 'record'> {
  return { record: (entry) => people.record(entry) }
}
