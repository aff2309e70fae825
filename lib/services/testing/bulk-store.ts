/** Bulk revocations in memory, by the rules of the store on Postgres. */
import type {
  BulkListFilter,
  BulkRecord,
  BulkRevocationStore,
  ItemOutcome,
  Moment,
  Selection,
} from '@/lib/services/bulk-revocation-types'
import { skipCause } from '@/lib/services/bulk-selection'
import { statusOf } from '@/lib/services/certificate-view'
import type { CertificateRecord } from '@/lib/services/certificates'
import { inGroups, type Reach, reachOf } from '@/lib/services/permissions'
import { makeCrlDue, matches, record } from './certificate-stores'
import { countedRows, sortedRows } from './sorted-rows'
import { append, type World, type WorldBulkRevocation } from './world'

export function memoryBulkRevocationStore(world: World): BulkRevocationStore {
  const byId = (id: string) => world.bulkRevocations.find((bulk) => bulk.id === id)
  const listedBy = ({ state, action, search, groups }: BulkListFilter & Reach) =>
    [...world.bulkRevocations]
      .filter(
        (bulk) =>
          (groups === undefined || isWithin(bulk.selection, groups)) &&
          (state === undefined || bulk.state === state) &&
          (action === undefined || bulk.action === action) &&
          (search === undefined || bulk.described.toLowerCase().includes(search.toLowerCase())),
      )
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  const issued = () =>
    world.certificates
      .filter(({ state, kind }) => state === 'issued' && kind === 'leaf')
      .map((row) => record(world, row))
  const selected = (selection: Selection, { now }: Moment) =>
    issued()
      .filter((row) =>
        'certificates' in selection
          ? selection.certificates.includes(row.id) && matches(row, reachOf(selection), now)
          : matches(row, { ...selection.filter, ...reachOf(selection) }, now),
      )
      .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1))
  const reached = (groupId: string | null, reach: Reach) =>
    reach.groups === undefined || world.groups.some(({ id, slug }) => id === groupId && inGroups(reach, slug))
  const isWithin = (selection: Selection, groups: readonly string[]) => {
    const of = selection.groups ?? ['filter' in selection ? selection.filter.group : undefined]
    return of.every((group) => group !== undefined && groups.includes(group))
  }
  const successor = (id: string, now: Date) =>
    world.certificates.find(
      (row) =>
        row.renews?.certificateId === id && row.state === 'issued' && row.revokedAt === null && row.notAfter > now,
    )

  return {
    async names({ group, issuer, ...reach }) {
      return {
        group: world.groups.find(({ slug }) => slug === group && inGroups(reach, slug))?.name ?? null,
        issuer: world.authorities.find(({ slug, groupId }) => slug === issuer && reached(groupId, reach))?.name ?? null,
      }
    },
    async tally(selection, moment) {
      const counts: Awaited<ReturnType<BulkRevocationStore['tally']>> = {}
      for (const row of selected(selection, moment)) {
        const status = statusOf(row, moment.now)
        counts[status] = (counts[status] ?? 0) + 1
      }
      return counts
    },
    async samples(selection, statuses, moment, limit) {
      return selected(selection, moment)
        .filter((row) => statuses.includes(statusOf(row, moment.now)))
        .slice(0, limit)
    },
    async freeze(bulk, statuses, expect, moment, events) {
      const rows = selected(bulk.selection, moment).filter((row) => statuses.includes(statusOf(row, moment.now)))
      if (rows.length !== expect) return { frozen: false, found: rows.length }
      world.bulkRevocations.push({
        ...bulk,
        total: expect,
        done: 0,
        skipped: 0,
        startedAt: bulk.state === 'running' ? bulk.startsAt : null,
        endedAt: null,
        endedBy: null,
        items: rows
          .map(({ id }) => ({ certificateId: id, outcome: null, why: null, at: null }))
          .sort((a, b) => (a.certificateId < b.certificateId ? -1 : 1)),
      })
      append(world, events)
      return { frozen: true }
    },
    async find(id) {
      const bulk = byId(id)
      return bulk ? recordOf(bulk) : null
    },
    async list(filter, keyset) {
      const rows = sortedRows(
        listedBy(filter),
        keyset,
        { asked: ({ createdAt }) => createdAt, starts: ({ startsAt }) => startsAt },
        ({ id }) => id,
      )
      return rows.map(recordOf)
    },
    async count(filter, request) {
      return countedRows(listedBy(filter), request, ({ createdAt }) => createdAt)
    },
    async items(id, { outcome }, { after, limit, now }) {
      const rows = new Map(issued().map((row) => [row.id, row]))
      return (byId(id)?.items ?? [])
        .filter((item) => after === null || item.certificateId > after)
        .filter((item) => outcome === undefined || outcomeOf(item) === outcome)
        .slice(0, limit)
        .map(({ certificateId, ...item }) => {
          const newer = successor(certificateId, now)
          return {
            ...item,
            certificate: rows.get(certificateId) as CertificateRecord,
            renewedBy: newer ? { id: newer.id, serial: newer.serial } : null,
          }
        })
    },
    async renewed(id, now) {
      const items = byId(id)?.items ?? []
      const newer = items
        .filter(({ outcome }) => outcome === 'done')
        .flatMap(({ certificateId }) => successor(certificateId, now)?.id ?? [])
      return newer.filter((each) => !items.some(({ certificateId }) => certificateId === each)).length
    },
    async due(now) {
      return world.bulkRevocations
        .filter(({ state, startsAt }) => state === 'running' || (state === 'scheduled' && startsAt <= now))
        .sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime())
        .map(({ id }) => id)
    },
    async begin(id, now, event) {
      const bulk = byId(id)
      if (bulk?.state !== 'scheduled' || bulk.startsAt > now) return false
      Object.assign(bulk, { state: 'running', startedAt: now })
      append(world, [event(recordOf(bulk))])
      return true
    },
    async work(id, limit, { now }, statuses, events) {
      const bulk = byId(id)
      if (bulk?.state !== 'running') return 'not_running'
      for (const item of bulk.items.filter(({ outcome }) => outcome === null).slice(0, limit)) {
        const row = world.certificates.find((each) => each.id === item.certificateId)
        if (!row) throw new Error('an item without its certificate')
        const before = record(world, row)
        const status = statusOf(before, now)
        const anew = bulk.action === 'release' && row.revokedAt !== null && row.revokedAt > bulk.createdAt
        if (anew || !statuses[bulk.action].includes(status)) {
          Object.assign(item, { outcome: 'skipped', why: skipCause(status), at: now })
          bulk.skipped += 1
          continue
        }
        const { serial, subject, fingerprintSha256, issuer } = before
        const facts = { id: row.id, serial, subject, fingerprintSha256, issuer: issuer.name }
        const event = events.changed(recordOf(bulk), facts)
        row.revokedAt = bulk.reason === null ? null : now
        row.revocationReason = bulk.reason
        row.revokedBy = bulk.reason === null ? null : bulk.requestedBy.name
        row.revocationComment = bulk.reason === null ? null : bulk.comment
        row.invalidityDate = bulk.invalidityDate
        Object.assign(item, { outcome: 'done', at: now })
        bulk.done += 1
        makeCrlDue(world, row.authorityId, now)
        append(world, [event])
      }
      if (bulk.items.some(({ outcome }) => outcome === null)) return 'more'
      Object.assign(bulk, { state: 'finished', endedAt: now })
      append(world, [events.finished(recordOf(bulk))])
      return 'finished'
    },
    async end(id, by, now, event) {
      const bulk = byId(id)
      if (bulk?.state !== 'scheduled' && bulk?.state !== 'running') return null
      const entry = event(recordOf(bulk))
      const ended = bulk.state === 'scheduled' ? 'cancelled' : 'stopped'
      Object.assign(bulk, { state: ended, endedAt: now, endedBy: by })
      append(world, [entry])
      return ended
    },
  }
}

function recordOf({ items: _, ...bulk }: WorldBulkRevocation): BulkRecord {
  return { ...bulk }
}

function outcomeOf({ outcome }: WorldBulkRevocation['items'][number]): ItemOutcome {
  return outcome ?? 'waiting'
}
