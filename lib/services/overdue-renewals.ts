/**
 * Certificates that should have been renewed by now: half of their renewal window is gone and nobody asked. A device that
 * forgot how to renew shows here while there is time.
 */
import { type Actor, systemActor } from './actor'
import type { AuditEntry, Page } from './audit'
import { cursorOf, parseCursor } from './certificate-requests'
import { authoriseInGroups, type Reach, reachOf } from './permissions'

export interface OverdueRenewal {
  certificate: { id: string; serial: string; subject: string; notAfter: Date }
  group: { slug: string; name: string } | null
  endpoint: { slug: string; name: string } | null
  /** That an MDM knows. */
  device: { id: string; name: string; lastSeenAt: Date | null } | null
  /** When its renewal window opened. */
  renewableFrom: Date
  foundAt: Date
}

export interface OverdueFilter {
  group?: string
  search?: string
}

export interface OverdueRenewalStore {
  /**
   * In one transaction: what is overdue and was not found yet, with an event for each, and what is no longer so. Returns
   * how many it found.
   */
  find(at: Date, limit: number, event: (found: OverdueRenewal) => AuditEntry): Promise<number>
  /** Those that are still overdue, the longest first. */
  list(
    filter: OverdueFilter & Reach,
    page: { after: { createdAt: Date; id: string } | null; at: Date; limit: number },
  ): Promise<OverdueRenewal[]>
  count(at: Date, reach: Reach): Promise<number>
}

export interface OverdueRenewals {
  /** Refusals: invalid_input (cursor). */
  list(actor: Actor, filter: OverdueFilter, page: { cursor?: string; limit?: number }): Promise<Page<OverdueRenewal>>
  count(actor: Actor): Promise<number>
  /** As a job. */
  find(now: Date): Promise<void>
}

const PAGE = { usual: 50, most: 200 }
const BATCH = 500

export function createOverdueRenewals({
  store,
  clock,
}: {
  store: OverdueRenewalStore
  clock: () => Date
}): OverdueRenewals {
  return {
    async list(actor, { group, search }, { cursor, limit = PAGE.usual }) {
      authoriseInGroups(actor, 'certificate:read')
      const most = Math.min(Math.max(Math.trunc(limit), 1), PAGE.most)
      const wanted = search?.normalize('NFC').replaceAll('\0', '').trim().slice(0, 200) ?? ''
      const rows = await store.list(
        { ...(group === undefined ? {} : { group }), ...(wanted === '' ? {} : { search: wanted }), ...reachOf(actor) },
        { after: cursor === undefined ? null : parseCursor(cursor), at: clock(), limit: most + 1 },
      )
      const items = rows.slice(0, most)
      const last = items.at(-1)
      return {
        items,
        nextCursor: rows.length > most && last ? cursorOf({ createdAt: last.foundAt, id: last.certificate.id }) : null,
      }
    },
    async count(actor) {
      authoriseInGroups(actor, 'overview:read')
      return store.count(clock(), reachOf(actor))
    },
    async find(now) {
      for (let found = BATCH; found === BATCH; ) found = await store.find(now, BATCH, overdueEvent)
    },
  }
}

function overdueEvent({ certificate, group, endpoint, device, renewableFrom }: OverdueRenewal): AuditEntry {
  const { id, serial, subject, notAfter } = certificate
  return {
    type: 'device.renewal_overdue',
    outcome: 'failure',
    reason: 'no_attempt',
    actor: systemActor('job', 'Latchkey'),
    object: { type: 'certificate', id, name: subject },
    data: {
      serial,
      subject,
      notAfter: notAfter.toISOString(),
      renewableFrom: renewableFrom.toISOString(),
      ...(group === null ? {} : { group: group.slug }),
      ...(endpoint === null ? {} : { endpoint: endpoint.slug }),
      ...(device === null ? {} : { deviceId: device.id, device: device.name }),
    },
  }
}
