/** Every enrolment attempt: what a device asked, and in plain words why it got what it got. */
import { ArrowLeftRight, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { ListFrame } from '@/app/_components/list-frame'
import { PageHeader } from '@/app/_components/page-header'
import { oneOf, readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { TRANSACTION_STATE } from '@/app/_components/states'
import { TransactionTable } from '@/app/_components/transaction-table'
import { listed, requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { TransactionView } from '@/lib/services/transactions'

export const metadata: Metadata = { title: 'Enrolments' }

const STATES = Object.keys(TRANSACTION_STATE) as TransactionView['state'][]

type Wanted = Partial<Record<'group' | 'state' | 'cursor', string>>

export default async function EnrolmentsPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActor('transaction:read')
  const wanted = await readParameters(searchParams, ['group', 'state', 'cursor'])
  const groups = await server().groups.list(actor)
  return (
    <>
      <PageHeader
        title="Enrolments"
        description="Every attempt. Devices are told little about a refusal; here is all of it."
      />
      <FilterBar label="Filter enrolments">
        <FilterSelect
          name="group"
          label="Group"
          all="All groups"
          value={wanted.group}
          options={groups.map(({ slug, name }) => [slug, name])}
        />
        <FilterSelect
          name="state"
          label="Outcome"
          all="Any outcome"
          value={wanted.state}
          options={STATES.map((state) => [state, TRANSACTION_STATE[state][0]])}
        />
      </FilterBar>
      <Suspense key={JSON.stringify(wanted)} fallback={<TableSkeleton />}>
        <Enrolments actor={actor} wanted={wanted} />
      </Suspense>
    </>
  )
}

async function Enrolments({ actor, wanted }: { actor: Actor; wanted: Wanted }) {
  const { cursor, group } = wanted
  const state = oneOf(STATES, wanted.state)
  const filter = { ...(group && { group }), ...(state && { state }) }
  const { items, nextCursor } = await listed(server().transactions.list(actor, filter, cursor ? { cursor } : {}))
  return (
    <ListFrame path="/enrolments" filters={{ group, state }} cursor={cursor} nextCursor={nextCursor}>
      {items.length > 0 ? (
        <TransactionTable transactions={items} />
      ) : cursor || Object.keys(filter).length > 0 ? (
        <EmptyState icon={SearchX} title="No enrolment matches">
          Try fewer filters.
        </EmptyState>
      ) : (
        <EmptyState
          icon={ArrowLeftRight}
          title="No device has asked yet"
          action={
            <ButtonLink href="/groups" variant="primary">
              Go to the groups
            </ButtonLink>
          }
        >
          Each attempt appears here, granted or refused. A group's page has the URL and the commands a device needs.
        </EmptyState>
      )}
    </ListFrame>
  )
}
