/**
 * Certificates that should have been renewed by now: half of their renewal window is gone and nobody asked. A device that
 * forgot how to renew shows here while there is time.
 */
import { type Actor, systemActor } from './actor'
import type { AuditEntry } from './audit'
import {
  type CountRequest,
  countRows,
  type Keyset,
  type ListPage,
  type ListRequest,
  type Matches,
  readPage,
  type Sorting,
} from './listing'
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

export type OverdueSort = 'ends' | 'found'

export interface OverdueRenewalStore {
  /**
   * One piece of the certificates that end soon, in one transaction: what is overdue and was not found yet, with an event
   * for each. The next call goes on behind it, in whatever process; after the last piece the walk begins anew. Returns
   * whether there is more.
   */
  find(at: Date, piece: number, event: (found: OverdueRenewal) => AuditEntry): Promise<boolean>
  /** One piece of those that were found, in the same way: what is no longer overdue is resolved. */
  check(at: Date, piece: number): Promise<boolean>
  /** Those that are still overdue. */
  list(filter: OverdueFilter & Reach, at: Date, keyset: Keyset<OverdueSort>): Promise<OverdueRenewal[]>
  count(filter: OverdueFilter & Reach, at: Date, request: CountRequest): Promise<number>
}

export interface OverdueRenewals {
  /** Whose certificate ends first, unless another order is asked for. Refusals: invalid_input (cursor, sort). */
  list(actor: Actor, filter: OverdueFilter, page: ListRequest<OverdueSort>): Promise<ListPage<OverdueRenewal>>
  /** How many the list has, or how many were found since then. */
  matching(actor: Actor, filter: OverdueFilter, since?: Date): Promise<Matches>
  /** All of them, for the overview: fewer are counted there, for everybody waits for it. */
  count(actor: Actor): Promise<Matches>
  /** As a job. */
  find(now: Date): Promise<void>
}

const SORTING: Sorting<OverdueRenewal, OverdueSort> = {
  usual: 'ends',
  columns: {
    ends: { kind: 'moment', order: 'asc', of: ({ certificate }) => certificate.notAfter },
    found: { kind: 'moment', order: 'desc', of: ({ foundAt }) => foundAt },
  },
  idOf: ({ certificate }) => certificate.id,
}

/** Certificates that one transaction looks at, and what one run of the job does at most: the next goes on from there. */
const WALK = { piece: 500, pieces: 1_000 }

const MOST_ON_OVERVIEW = 1_000

export function createOverdueRenewals({
  store,
  clock,
  walk = WALK,
}: {
  store: OverdueRenewalStore
  clock: () => Date
  walk?: typeof WALK
}): OverdueRenewals {
  return {
    async list(actor, asked, request) {
      authoriseInGroups(actor, 'certificate:read')
      const filter = { ...checkedFilter(asked), ...reachOf(actor) }
      return readPage(request, SORTING, (keyset) => store.list(filter, clock(), keyset))
    },
    async matching(actor, asked, since) {
      authoriseInGroups(actor, 'certificate:read')
      const filter = { ...checkedFilter(asked), ...reachOf(actor) }
      return countRows((request) => store.count(filter, clock(), request), since)
    },
    async count(actor) {
      authoriseInGroups(actor, 'overview:read')
      const counted = await store.count(reachOf(actor), clock(), { most: MOST_ON_OVERVIEW + 1 })
      return { count: Math.min(counted, MOST_ON_OVERVIEW), more: counted > MOST_ON_OVERVIEW }
    },
    async find(now) {
      await walkThrough(() => store.check(now, walk.piece))
      await walkThrough(() => store.find(now, walk.piece, overdueEvent))
    },
  }

  async function walkThrough(step: () => Promise<boolean>): Promise<void> {
    for (let done = 0; done < walk.pieces && (await step()); ) done += 1
  }
}

function checkedFilter({ group, search }: OverdueFilter): OverdueFilter {
  const wanted = search?.normalize('NFC').replaceAll('\0', '').trim().slice(0, 200) ?? ''
  return { ...(group === undefined ? {} : { group }), ...(wanted === '' ? {} : { search: wanted }) }
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
