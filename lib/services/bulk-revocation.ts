/**
 * Revoking, holding and releasing many certificates as one: a dry run, a confirmation that freezes the selection, and a
 * job that works through it in small batches, on whichever instance, each certificate exactly once.
 */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { Page } from './audit'
import { bulkEvent } from './bulk-revocation-events'
import type {
  BulkItemRecord,
  BulkItemView,
  BulkListFilter,
  BulkRecord,
  BulkRequest,
  BulkRevocationDetail,
  BulkRevocationStore,
  BulkRevocations,
  BulkRevocationView,
  BulkSort,
  DryRun,
  ItemOutcome,
  Moment,
  NewBulkRevocation,
  Selection,
} from './bulk-revocation-types'
import { CHANGEABLE, checkedSelection, describe, isTyped, partedBy, toBeTyped } from './bulk-selection'
import { checkedComment, checkedInvalidityDate, checkedReason } from './certificate-requests'
import { certificateSummary, EXPIRING_MS } from './certificate-view'
import type { RevocationReason } from './certificates'
import { countRows, type ListRequest, readPage, type Sorting } from './listing'
import { authoriseInGroups, inGroups, reachOf } from './permissions'
import { type RevocationAction, releaseEvent, revocationEvent } from './revocation'

export interface BulkRevocationDeps {
  store: BulkRevocationStore
  clock: () => Date
  onCrlDue?: () => void
  /** Certificates a transaction changes: the audit chain's head is held while their events are appended. */
  batch?: number
}

const BATCH = 250
/** A run goes on for so long before it looks whether something else is due, and whether it shall end. */
const BATCHES_PER_RUN = 20
const SAMPLES = 8
const PAGE = { usual: 50, most: 200 }
const LATEST_MS = 2 * 365 * 86_400_000
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function createBulkRevocations({
  store,
  clock,
  onCrlDue = () => {},
  batch = BATCH,
}: BulkRevocationDeps): BulkRevocations {
  async function preview(actor: Actor, action: RevocationAction, asked: Selection): Promise<DryRun> {
    authoriseInGroups(actor, 'bulk-revocation:manage')
    const at = moment()
    const selection = { ...checkedSelection(asked), ...reachOf(actor) }
    const found = await look(action, selection, at)
    const samples = await store.samples(selection, CHANGEABLE[action], at, SAMPLES)
    return { ...found, samples: samples.map((row) => certificateSummary(row, at.now)) }
  }

  async function look(action: RevocationAction, selection: Selection, at: Moment): Promise<Omit<DryRun, 'samples'>> {
    const names = await knownNames(selection)
    const parted = partedBy(action, await store.tally(selection, at))
    if ('certificates' in selection && parted.matched < selection.certificates.length)
      throw new Refusal('not_found', 'Some of these certificates do not exist. Tick them again.', {
        reason: 'certificate_unknown',
      })
    return {
      action,
      described: describe(selection, names),
      ...parted,
      confirm: toBeTyped(selection, names, parted.affected),
    }
  }

  async function knownNames(selection: Selection) {
    if ('certificates' in selection) return { group: null, issuer: null }
    const names = await store.names({ ...selection.filter, ...reachOf(selection) })
    const missing = (['group', 'issuer'] as const).find(
      (each) => selection.filter[each] !== undefined && names[each] === null,
    )
    if (missing) throw new Refusal('not_found', `There is no such ${missing}.`, { reason: `${missing}_unknown` })
    return names
  }

  async function confirm(actor: Actor, request: BulkRequest): Promise<BulkRevocationView> {
    authoriseInGroups(actor, 'bulk-revocation:manage')
    const at = moment()
    const { action } = request
    const reason = reasonOf(request)
    const selection = { ...checkedSelection(request.selection), ...reachOf(actor) }
    const comment = checkedComment(request.comment)
    const invalidityDate = checkedInvalidityDate(request.invalidityDate, reason ?? 'unspecified', at.now)
    const startsAt = checkedStart(request.startsAt, at.now)
    const seen = await look(action, selection, at)
    if (seen.affected !== request.expect) throw changed(seen.affected)
    if (seen.affected === 0)
      throw new Refusal('conflict', 'None of these certificates would change.', { reason: 'nothing_to_change' })
    if (request.confirmation !== null && !isTyped(request.confirmation, seen.confirm)) {
      const sentence = `Type ${seen.confirm} to confirm.`
      throw new Refusal('invalid_input', sentence, { reason: 'not_confirmed', fields: { confirmation: sentence } })
    }
    const bulk: NewBulkRevocation = {
      id: crypto.randomUUID(),
      action,
      reason,
      comment,
      invalidityDate,
      selection,
      described: seen.described,
      requestedBy: actor,
      skippedBefore: seen.skipped,
      state: startsAt === null ? 'running' : 'scheduled',
      createdAt: at.now,
      startsAt: startsAt ?? at.now,
    }
    const event = bulkEvent(startsAt === null ? 'started' : 'scheduled', actor, { ...bulk, total: seen.affected })
    const outcome = await store.freeze(bulk, CHANGEABLE[action], request.expect, at, [event])
    if (!outcome.frozen) throw changed(outcome.found)
    return view(await existing(actor, bulk.id))
  }

  async function list(actor: Actor, request: ListRequest<BulkSort>, filter: BulkListFilter = {}) {
    authoriseInGroups(actor, 'bulk-revocation:read')
    const page = await readPage(request, SORTING, (keyset) => store.list({ ...filter, ...reachOf(actor) }, keyset))
    return { ...page, items: page.items.map(view) }
  }

  async function matching(actor: Actor, filter: BulkListFilter, since?: Date) {
    authoriseInGroups(actor, 'bulk-revocation:read')
    return countRows((request) => store.count({ ...filter, ...reachOf(actor) }, request), since)
  }

  async function get(actor: Actor, id: string): Promise<BulkRevocationDetail> {
    authoriseInGroups(actor, 'bulk-revocation:read')
    const bulk = await existing(actor, id)
    const over = bulk.state === 'finished' || bulk.state === 'stopped'
    const counts = over && bulk.action !== 'release'
    return { ...view(bulk), renewed: counts ? await store.renewed(bulk.id, clock()) : null }
  }

  async function items(
    actor: Actor,
    id: string,
    filter: { outcome?: ItemOutcome },
    page: { cursor?: string; limit?: number },
  ): Promise<Page<BulkItemView>> {
    authoriseInGroups(actor, 'bulk-revocation:read')
    const bulk = await existing(actor, id)
    const limit = limitOf(page.limit)
    const now = clock()
    const rows = await store.items(bulk.id, filter, { after: afterOf(page.cursor), limit: limit + 1, now })
    const shown = rows.slice(0, limit)
    return {
      items: shown.map((row) => itemView(row, now)),
      nextCursor: rows.length > limit ? (shown.at(-1)?.certificate.id ?? null) : null,
    }
  }

  async function stop(actor: Actor, id: string): Promise<BulkRevocationView> {
    authoriseInGroups(actor, 'bulk-revocation:manage')
    const { id: known } = await existing(actor, id)
    const event = (bulk: BulkRecord) => bulkEvent(bulk.state === 'scheduled' ? 'cancelled' : 'stopped', actor, bulk)
    if ((await store.end(known, actor.name, clock(), event)) === null)
      throw new Refusal('conflict', 'This is over already.', { reason: 'bulk_over' })
    return view(await existing(actor, known))
  }

  async function advance(): Promise<boolean> {
    let more = false
    let failure: unknown
    for (const id of await store.due(clock())) {
      try {
        more = (await workThrough(id)) || more
      } catch (error) {
        failure ??= error
      }
    }
    if (failure !== undefined) throw failure
    return more
  }

  async function workThrough(id: string): Promise<boolean> {
    await store.begin(id, clock(), (bulk) => bulkEvent('started', bulk.requestedBy, bulk))
    for (let turn = 0; turn < BATCHES_PER_RUN; turn += 1) {
      const outcome = await store.work(id, batch, moment(), CHANGEABLE, {
        changed: (bulk, facts) => {
          const more = { bulkId: bulk.id }
          return bulk.reason === null
            ? releaseEvent(bulk.requestedBy, facts, bulk.comment, more)
            : revocationEvent(bulk.requestedBy, facts, { ...bulk, reason: bulk.reason }, more)
        },
        finished: (bulk) => bulkEvent('finished', bulk.requestedBy, bulk),
      })
      if (outcome !== 'not_running') onCrlDue()
      if (outcome !== 'more') return false
    }
    return true
  }

  async function existing(actor: Actor, id: string): Promise<BulkRecord> {
    const bulk = UUID.test(id) ? await store.find(id.toLowerCase()) : null
    if (bulk === null || !isWithin(actor, bulk.selection))
      throw new Refusal('not_found', 'There is no such bulk revocation.', { reason: 'bulk_unknown' })
    return bulk
  }

  function moment(): Moment {
    const now = clock()
    return { now, expiringBefore: new Date(now.getTime() + EXPIRING_MS) }
  }

  return { preview, confirm, list, matching, get, items, stop, advance }
}

const SORTING: Sorting<BulkRecord, BulkSort> = {
  usual: 'asked',
  columns: {
    asked: { kind: 'moment', order: 'desc', of: ({ createdAt }) => createdAt },
    starts: { kind: 'moment', order: 'desc', of: ({ startsAt }) => startsAt },
  },
  idOf: ({ id }) => id,
}

/** Those of an operator's groups alone: asked for by somebody with no other groups, or for one group as a whole. */
function isWithin(actor: Actor, selection: Selection): boolean {
  if (actor.groups === undefined) return true
  const { groups = 'filter' in selection ? [selection.filter.group] : [undefined] } = selection
  return groups.every((group) => group !== undefined && inGroups(actor, group))
}

function reasonOf({ action, reason }: BulkRequest): RevocationReason | null {
  if (action === 'release') return null
  if (action === 'hold') return 'certificateHold'
  if (reason !== undefined && reason !== 'certificateHold') return checkedReason(reason)
  const sentence = 'Choose a reason.'
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_reason', fields: { reason: sentence } })
}

function checkedStart(startsAt: Date | undefined, now: Date): Date | null {
  if (startsAt === undefined) return null
  const ahead = startsAt.getTime() - now.getTime()
  if (ahead > 0 && ahead <= LATEST_MS) return startsAt
  const sentence = 'Choose a time that is ahead, and within two years.'
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_start', fields: { startsAt: sentence } })
}

function changed(found: number): Refusal {
  const sentence = `It would be ${found} by now. Look at the dry run again before you confirm.`
  return new Refusal('conflict', sentence, { reason: 'selection_changed', fields: { expect: sentence } })
}

function limitOf(limit: number | undefined): number {
  return Math.min(Math.max(Math.trunc(limit ?? PAGE.usual), 1), PAGE.most)
}

function afterOf(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  if (UUID.test(cursor)) return cursor
  throw new Refusal('invalid_input', 'This page marker is not one of ours. Start from the first page.', {
    reason: 'invalid_cursor',
  })
}

function view({ selection: _, requestedBy, ...bulk }: BulkRecord): BulkRevocationView {
  return { ...bulk, requestedBy: requestedBy.name }
}

function itemView({ certificate, outcome, ...item }: BulkItemRecord, now: Date): BulkItemView {
  return { ...item, certificate: certificateSummary(certificate, now), outcome: outcome ?? 'waiting' }
}
