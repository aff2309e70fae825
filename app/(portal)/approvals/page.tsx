/** The queue: requests that wait for people, and those they decided about. */
import { SearchX, UserRoundCheck } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar, SearchField } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { FreshCount } from '@/app/_components/fresh-count'
import { ViewFrame } from '@/app/_components/list-frame'
import { ListToolbar } from '@/app/_components/list-toolbar'
import { PageHeader } from '@/app/_components/page-header'
import type { SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { APPROVAL_STATE } from '@/app/_components/states'
import { APPROVAL_LIST, SHOWN } from '@/app/_lists/approvals'
import { requestOf } from '@/app/_lists/definition'
import { addressOf, type ListView, readView } from '@/app/_lists/list-view'
import { listed } from '@/app/_lists/listed'
import { requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { canInGroups } from '@/lib/services/permissions'
import { ApprovalTable } from './approval-table'
import { TickedRequests } from './ticked-requests'

export const metadata: Metadata = { title: 'Approvals' }

export default async function ApprovalsPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('approval:read')
  const { view, cursor } = await readView(searchParams, APPROVAL_LIST)
  const wanted = view.filters
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
        <SearchField label="Search approvals" placeholder="Part of the device's name" value={wanted.search} />
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
      <ListToolbar
        actor={actor}
        list={APPROVAL_LIST}
        view={view}
        nouns={['request', 'requests']}
        first={cursor === undefined}
      />
      <Suspense key={JSON.stringify([view.filters, view.sort, view.order, cursor])} fallback={<TableSkeleton />}>
        <Approvals actor={actor} view={view} cursor={cursor} />
      </Suspense>
    </>
  )
}

interface ApprovalsProps {
  actor: Actor
  view: ListView
  cursor: string | undefined
}

async function Approvals({ actor, view, cursor }: ApprovalsProps) {
  // What comes after this moment was on no page that its reader saw.
  const now = new Date().toISOString()
  const filter = APPROVAL_LIST.filterOf(view.filters)
  const page = await listed((from) => APPROVAL_LIST.list(actor, filter, requestOf(view, from)), cursor)
  const waiting = { at: Date.now(), count: await server().approvals.countOpen(actor) }
  const mayDecide = canInGroups(actor, 'approval:decide') && (filter.state ?? 'open') === 'open'
  const table = <ApprovalTable requests={page.items} tickable={mayDecide} view={view} />
  const queue = filter.state === 'open' && filter.endpoint === undefined && filter.search === undefined
  return (
    <ViewFrame view={view} {...page}>
      <FreshCount name="approvals" reading={waiting} />
      {page.items.length > 0 ? (
        mayDecide && page.items.some(({ state }) => state === 'open') ? (
          <TickedRequests
            query={addressOf(view).split('?')[1] ?? ''}
            waiting={await server().approvals.undecided(actor, filter)}
            now={now}
          >
            {table}
          </TickedRequests>
        ) : (
          table
        )
      ) : page.cursor || !queue ? (
        <EmptyState icon={SearchX} title="No request matches">
          Try fewer filters.
        </EmptyState>
      ) : (
        <EmptyState icon={UserRoundCheck} title="Nobody waits">
          Requests appear here when they come to an endpoint whose policy is approval.
        </EmptyState>
      )}
    </ViewFrame>
  )
}
