/** Certificates revoked, held or released as one: what waits for its time, what runs, what was done. */
import { Ban, Plus, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar, SearchField } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { Instant } from '@/app/_components/instant'
import { ViewFrame } from '@/app/_components/list-frame'
import { ListToolbar } from '@/app/_components/list-toolbar'
import { PageHeader } from '@/app/_components/page-header'
import { ACTIONS, REASONS } from '@/app/_components/revocation-reasons'
import { RowLink } from '@/app/_components/row-link'
import type { SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { BulkStateBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import { requestOf } from '@/app/_lists/definition'
import { type ListView, readView } from '@/app/_lists/list-view'
import { listed } from '@/app/_lists/listed'
import { REVOCATION_LIST, STATES } from '@/app/_lists/revocations'
import { requireActorInGroups } from '@/app/_session'
import type { Actor } from '@/lib/services/actor'
import { canInGroups } from '@/lib/services/permissions'
import { BULK_ACTIONS } from './selection'

export const metadata: Metadata = { title: 'Revocations' }

export default async function RevocationsPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('bulk-revocation:read')
  const { view, cursor } = await readView(searchParams, REVOCATION_LIST)
  const { search, state, action } = view.filters
  return (
    <>
      <PageHeader
        help="revocation#many-at-once"
        title="Revocations"
        description="Many certificates at once, now or at a time ahead. What was revoked one by one is on each certificate's own page."
      >
        <ButtonLink href="/certificates?status=revoked">All revoked certificates</ButtonLink>
        {canInGroups(actor, 'bulk-revocation:manage') && (
          <ButtonLink href="/certificates">
            <Plus aria-hidden />
            Select certificates
          </ButtonLink>
        )}
      </PageHeader>
      <FilterBar label="Filter revocations">
        <SearchField label="Search revocations" placeholder="What was selected" value={search} />
        <FilterSelect
          name="action"
          label="Action"
          all="Any action"
          value={action}
          options={BULK_ACTIONS.map((each) => [each, ACTIONS[each].title])}
        />
        <FilterSelect
          name="state"
          label="State"
          all="Any state"
          value={state}
          options={STATES.map((each) => [each, each.charAt(0).toUpperCase() + each.slice(1)])}
        />
      </FilterBar>
      <ListToolbar
        actor={actor}
        list={REVOCATION_LIST}
        view={view}
        nouns={['bulk revocation', 'bulk revocations']}
        first={cursor === undefined}
      />
      <Suspense key={JSON.stringify([view.filters, view.sort, view.order, cursor])} fallback={<TableSkeleton />}>
        <Revocations actor={actor} view={view} cursor={cursor} />
      </Suspense>
    </>
  )
}

interface RevocationsProps {
  actor: Actor
  view: ListView
  cursor: string | undefined
}

async function Revocations({ actor, view, cursor }: RevocationsProps) {
  const filter = REVOCATION_LIST.filterOf(view.filters)
  const page = await listed((from) => REVOCATION_LIST.list(actor, filter, requestOf(view, from)), cursor)
  return (
    <ViewFrame view={view} {...page}>
      {page.items.length === 0 && (page.cursor || Object.keys(filter).length > 0) ? (
        <EmptyState icon={SearchX} title="No revocation matches">
          Try fewer filters.
        </EmptyState>
      ) : page.items.length === 0 ? (
        <EmptyState icon={Ban} title="No bulk revocation yet">
          Tick certificates in their list, or choose all of a group, a device or an issuer on its page. A dry run shows
          what would be hit before anything happens.
        </EmptyState>
      ) : (
        <DataTable
          caption="Bulk revocations"
          rows={page.items}
          view={view}
          rowKey={({ id }) => id}
          columns={[
            {
              head: 'What',
              primary: true,
              cell: ({ id, described }) => (
                <RowLink href={`/revocations/${id}`}>
                  <VisibleText>{described.charAt(0).toUpperCase() + described.slice(1)}</VisibleText>
                </RowLink>
              ),
            },
            {
              name: 'action',
              head: 'Action',
              cell: ({ action, reason }) => (
                <>
                  {ACTIONS[action].title}
                  {action === 'revoke' && reason && <p className="text-sm text-muted">{REASONS[reason].title}</p>}
                </>
              ),
            },
            { name: 'state', head: 'State', cell: ({ state }) => <BulkStateBadge state={state} /> },
            { name: 'done', head: 'Done', cell: ({ done, skipped, total }) => `${done + skipped} of ${total}` },
            { name: 'by', head: 'By', spare: true, cell: ({ requestedBy }) => requestedBy },
            {
              name: 'asked',
              head: 'Confirmed',
              sort: 'asked',
              optional: true,
              cell: ({ createdAt }) => <Instant at={createdAt} show="relative" />,
            },
            {
              name: 'starts',
              sort: 'starts',
              head: 'When',
              className: 'md:whitespace-nowrap',
              cell: ({ startsAt, state }) => (
                <Instant at={startsAt} show={state === 'scheduled' ? 'moment' : 'relative'} />
              ),
            },
            {
              name: 'ended',
              head: 'Ended',
              optional: true,
              cell: ({ endedAt }) => (endedAt ? <Instant at={endedAt} show="relative" /> : '–'),
            },
          ]}
        />
      )}
    </ViewFrame>
  )
}
