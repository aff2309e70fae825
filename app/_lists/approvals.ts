/** The list of requests that people decide about. */
import { oneOf } from '@/app/_components/search-parameters'
import { APPROVAL_STATE } from '@/app/_components/states'
import { server } from '@/lib/server'
import type { ApprovalFilter, ApprovalSort, ApprovalState, ApprovalView } from '@/lib/services/approval-types'
import { type ListDefinition, searchOf } from './definition'

export const STATES = Object.keys(APPROVAL_STATE) as ApprovalState[]
/** The queue is what people come for; everything else they ask for. */
export const SHOWN = [...STATES, 'all'] as const

export const APPROVAL_LIST: ListDefinition<ApprovalFilter, ApprovalView, ApprovalSort> = {
  name: 'approvals',
  path: '/approvals',
  parameters: ['search', 'state', 'endpoint'],
  sorts: { asked: 'desc', ends: 'asc', name: 'asc' },
  usual: 'asked',
  columns: [
    { name: 'state', head: 'State' },
    { name: 'group', head: 'Group' },
    { name: 'endpoint', head: 'Endpoint', optional: true },
    { name: 'key', head: 'Key' },
    { name: 'asked', head: 'Asked', sort: 'asked' },
    { name: 'ends', head: 'Ends', sort: 'ends' },
  ],
  filterOf({ search: typed, endpoint, state: wanted }) {
    const search = searchOf(typed)
    const state = oneOf(SHOWN, wanted) ?? 'open'
    return {
      ...(search && { search }),
      ...(endpoint && { endpoint }),
      ...(state === 'all' ? {} : { state }),
    }
  },
  list: (actor, filter, request) => server().approvals.list(actor, filter, request),
  matching: (actor, filter, since) => server().approvals.matching(actor, filter, since),
  fields: {
    id: ({ id }) => id,
    state: ({ state }) => state,
    subject: ({ subject }) => subject,
    alternativeNames: ({ san }) => san.map(({ type, value }) => `${type}:${value}`),
    group: ({ group }) => group.slug,
    endpoint: ({ endpoint }) => endpoint.slug,
    key: ({ key }) => key,
    publicKeySha256: ({ spkiSha256 }) => spkiSha256,
    sourceIp: ({ sourceIp }) => sourceIp,
    createdAt: ({ createdAt }) => createdAt,
    expiresAt: ({ expiresAt }) => expiresAt,
    decidedAt: ({ decidedAt }) => decidedAt,
    decisions: ({ decisions }) => decisions.map(({ name, approves }) => `${name} ${approves ? 'approved' : 'denied'}`),
    certificateSerial: ({ certificate }) => certificate?.serial ?? null,
  },
}
