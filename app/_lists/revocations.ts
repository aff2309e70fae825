/** The list of bulk revocations. */
import { oneOf } from '@/app/_components/search-parameters'
import { server } from '@/lib/server'
import type { BulkListFilter, BulkRevocationView, BulkSort, BulkState } from '@/lib/services/bulk-revocation-types'
import type { RevocationAction } from '@/lib/services/revocation'
import { type ListDefinition, searchOf } from './definition'

export const STATES = [
  'scheduled',
  'running',
  'finished',
  'stopped',
  'cancelled',
] as const satisfies readonly BulkState[]
const ACTIONS = ['revoke', 'hold', 'release'] as const satisfies readonly RevocationAction[]

export const REVOCATION_LIST: ListDefinition<BulkListFilter, BulkRevocationView, BulkSort> = {
  name: 'revocations',
  path: '/revocations',
  parameters: ['search', 'state', 'action'],
  sorts: { asked: 'desc', starts: 'desc' },
  usual: 'asked',
  columns: [
    { name: 'action', head: 'Action' },
    { name: 'state', head: 'State' },
    { name: 'done', head: 'Done' },
    { name: 'by', head: 'By' },
    { name: 'asked', head: 'Confirmed', sort: 'asked', optional: true },
    { name: 'starts', head: 'When', sort: 'starts' },
    { name: 'ended', head: 'Ended', optional: true },
  ],
  filterOf({ search: typed, ...rest }) {
    const search = searchOf(typed)
    const state = oneOf(STATES, rest.state)
    const action = oneOf(ACTIONS, rest.action)
    return { ...(search && { search }), ...(state && { state }), ...(action && { action }) }
  },
  list: (actor, filter, request) => server().bulkRevocations.list(actor, request, filter),
  matching: (actor, filter, since) => server().bulkRevocations.matching(actor, filter, since),
  fields: {
    id: ({ id }) => id,
    described: ({ described }) => described,
    action: ({ action }) => action,
    reason: ({ reason }) => reason,
    comment: ({ comment }) => comment,
    state: ({ state }) => state,
    requestedBy: ({ requestedBy }) => requestedBy,
    total: ({ total }) => total,
    done: ({ done }) => done,
    skipped: ({ skipped }) => skipped,
    createdAt: ({ createdAt }) => createdAt,
    startsAt: ({ startsAt }) => startsAt,
    startedAt: ({ startedAt }) => startedAt,
    endedAt: ({ endedAt }) => endedAt,
    endedBy: ({ endedBy }) => endedBy,
  },
}
