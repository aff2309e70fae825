/** The list of enrolment attempts. */
import { oneOf } from '@/app/_components/search-parameters'
import { TRANSACTION_STATE } from '@/app/_components/states'
import { server } from '@/lib/server'
import { ENROLMENT_CAUSES, FAILURE_EXPLANATIONS } from '@/lib/services/enrolment-refusals'
import { beginningOf, endOf } from '@/lib/services/time-bounds'
import type {
  TransactionFilter,
  TransactionListing,
  TransactionSort,
  TransactionView,
} from '@/lib/services/transactions'
import { type ListDefinition, searchOf } from './definition'

export const STATES = Object.keys(TRANSACTION_STATE) as TransactionView['state'][]
/** `unsuccessful`: refused or failed, which the overview counts as one. */
export const LISTINGS: readonly TransactionListing[] = [...STATES, 'unsuccessful']
/** Causes that an earlier version recorded are found too. */
const CAUSE = /^[a-z0-9_]{1,64}$/
export const CAUSES = [...Object.keys(ENROLMENT_CAUSES), ...Object.keys(FAILURE_EXPLANATIONS)]
const KINDS = ['question', 'all'] as const

export const ENROLMENT_LIST: ListDefinition<TransactionFilter, TransactionView, TransactionSort> = {
  name: 'enrolments',
  path: '/enrolments',
  parameters: ['search', 'kind', 'group', 'endpoint', 'state', 'cause', 'client', 'from', 'to'],
  sorts: { asked: 'desc', name: 'asc' },
  usual: 'asked',
  columns: [
    { name: 'outcome', head: 'Outcome' },
    { name: 'why', head: 'Why' },
    { name: 'group', head: 'Group' },
    { name: 'endpoint', head: 'Endpoint', optional: true },
    { name: 'operation', head: 'Operation', optional: true },
    { name: 'client', head: 'Client', optional: true },
    { name: 'asked', head: 'When', sort: 'asked' },
    { name: 'finished', head: 'Finished', optional: true },
    { name: 'transaction', head: 'Transaction id', optional: true },
  ],
  filterOf({ search, group, endpoint, client, ...rest }) {
    const device = searchOf(search)
    const kind = oneOf(KINDS, rest.kind)
    const state = oneOf(LISTINGS, rest.state)
    const reason = rest.cause && CAUSE.test(rest.cause) ? rest.cause : undefined
    const from = beginningOf(rest.from ?? '')
    const to = endOf(rest.to ?? '')
    return {
      ...(device && { device }),
      ...(kind && { kind }),
      ...(group && { group }),
      ...(endpoint && { endpoint }),
      ...(state && { state }),
      ...(reason && { reason }),
      ...(client && { client }),
      ...(from && { from }),
      ...(to && { to }),
    }
  },
  list: (actor, filter, request) => server().transactions.list(actor, filter, request),
  matching: (actor, filter, since) => server().transactions.matching(actor, filter, since),
  fields: {
    id: ({ id }) => id,
    createdAt: ({ createdAt }) => createdAt,
    finishedAt: ({ finishedAt }) => finishedAt,
    state: ({ state }) => state,
    operation: ({ operation }) => operation,
    subject: ({ subject }) => subject,
    group: ({ group }) => group.slug,
    endpoint: ({ endpoint }) => endpoint.slug,
    reason: ({ reason }) => reason,
    explanation: ({ explanation }) => explanation,
    detail: ({ detail }) => detail,
    transactionId: ({ transactionId }) => transactionId,
    sourceIp: ({ sourceIp }) => sourceIp,
    userAgent: ({ userAgent }) => userAgent,
    client: ({ client }) => client,
    challengeId: ({ challengeId }) => challengeId,
    certificateId: ({ certificate }) => certificate?.id ?? null,
    certificateSerial: ({ certificate }) => certificate?.serial ?? null,
  },
}
