/** The queue: requests that wait for people, and those they decided about. */
import { SearchX, UserRoundCheck } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { FreshCount } from '@/app/_components/fresh-count'
import { ListFrame } from '@/app/_components/list-frame'
import { PageHeader } from '@/app/_components/page-header'
import { oneOf, readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { APPROVAL_STATE } from '@/app/_components/states'
import { listed, requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { ApprovalState } from '@/lib/services/approval-types'
import { ApprovalTable } from './approval-table'

export const metadata: Metadata = { title: 'Approvals' }

const STATES = Object.keys(APPROVAL_STATE) as ApprovalState[]
/** The queue is what people come for; everything else they ask for. */
const SHOWN = [...STATES, 'all'] as const

type Wanted = Partial<Record<'state' | 'endpoint' | 'cursor', string>>

export default async function ApprovalsPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('approval:read')
  const wanted = await readParameters(searchParams, ['state', 'endpoint', 'cursor'])
  const endpoints = (await server().groups.listEndpoints(actor)).filter(
    ({ policy, slug }) => policy === 'approval' || slug === wanted.endpoint,
  )
  return (
    <>
      <PageHeader
        help="challenge-policies#approval"
        title="Approvals"
        description="Devices that wait for your decision. They ask again by themselves, so the answer reaches them."
      />
      <FilterBar label="Filter approvals">
        <FilterSelect
          name="state"
          label="State"
          all="Waiting"
          value={wanted.state}
          options={SHOWN.filter((state) => state !== 'open').map((state) => [
            state,
            state === 'all' ? 'All requests' : APPROVAL_STATE[state][0],
          ])}
        />
        <FilterSelect
          name="endpoint"
          label="Endpoint"
          all="All endpoints"
          value={wanted.endpoint}
          options={endpoints.map(({ slug, name, group }) => [slug, `${group.name} ${name}`])}
        />
      </FilterBar>
      <Suspense key={JSON.stringify(wanted)} fallback={<TableSkeleton />}>
        <Approvals actor={actor} wanted={wanted} />
      </Suspense>
    </>
  )
}

async function Approvals({ actor, wanted }: { actor: Actor; wanted: Wanted }) {
  const { cursor, endpoint } = wanted
  const shown = oneOf(SHOWN, wanted.state) ?? 'open'
  const filter = { ...(shown === 'all' ? {} : { state: shown }), ...(endpoint && { endpoint }) }
  const { items, nextCursor } = await listed(server().approvals.list(actor, filter, cursor ? { cursor } : {}))
  const waiting = { at: Date.now(), count: await server().approvals.countOpen(actor) }
  return (
    <ListFrame path="/approvals" filters={{ state: wanted.state, endpoint }} cursor={cursor} nextCursor={nextCursor}>
      <FreshCount name="approvals" reading={waiting} />
      {items.length > 0 ? (
        <ApprovalTable requests={items} />
      ) : cursor || endpoint || shown !== 'open' ? (
        <EmptyState icon={SearchX} title="No request matches">
          Try fewer filters.
        </EmptyState>
      ) : (
        <EmptyState icon={UserRoundCheck} title="Nobody waits">
          Requests appear here when they come to an endpoint whose policy is approval.
        </EmptyState>
      )}
    </ListFrame>
  )
}
