/** Devices that should have renewed: half of the renewal window of their certificate is gone, and they did not ask. */
import { Hourglass, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar, SearchField } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { ViewFrame } from '@/app/_components/list-frame'
import { ListToolbar } from '@/app/_components/list-toolbar'
import { PageHeader } from '@/app/_components/page-header'
import type { SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { requestOf } from '@/app/_lists/definition'
import { type ListView, readView } from '@/app/_lists/list-view'
import { listed } from '@/app/_lists/listed'
import { OVERDUE_LIST } from '@/app/_lists/overdue-renewals'
import { requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { keyOfDevice } from '@/lib/services/devices'
import { OverdueTable } from './overdue-table'

export const metadata: Metadata = { title: 'Should have renewed' }

export default async function OverdueRenewalsPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('certificate:read')
  const { view, cursor } = await readView(searchParams, OVERDUE_LIST)
  const groups = await server().groups.names(actor)
  return (
    <>
      <PageHeader
        help="devices#should-have-renewed"
        title="Should have renewed"
        trail={[{ href: '/devices', text: 'Devices' }]}
        description="Half of the renewal window of their certificate is gone, and they have not asked for another. They lose the network when it ends."
      />
      <FilterBar label="Filter devices">
        <SearchField label="Search devices" placeholder="Name or serial number" value={view.filters.search} />
        <FilterSelect
          name="group"
          label="Group"
          all="All groups"
          value={view.filters.group}
          options={groups.map(({ slug, name }) => [slug, name])}
        />
      </FilterBar>
      <ListToolbar
        actor={actor}
        list={OVERDUE_LIST}
        view={view}
        nouns={['device', 'devices']}
        first={cursor === undefined}
      />
      <Suspense key={JSON.stringify([view.filters, view.sort, view.order, cursor])} fallback={<TableSkeleton />}>
        <Overdue actor={actor} view={view} cursor={cursor} />
      </Suspense>
    </>
  )
}

async function Overdue({ actor, view, cursor }: { actor: Actor; view: ListView; cursor: string | undefined }) {
  const filter = OVERDUE_LIST.filterOf(view.filters)
  const page = await listed((from) => OVERDUE_LIST.list(actor, filter, requestOf(view, from)), cursor)
  const filtered = Object.keys(filter).length > 0 || page.cursor !== undefined
  const rows = page.items.map((row) => ({ ...row, deviceKey: row.device?.id ?? keyOfDevice(row.certificate.subject) }))
  return (
    <ViewFrame view={view} {...page}>
      {rows.length > 0 ? (
        <OverdueTable rows={rows} view={view} />
      ) : filtered ? (
        <EmptyState icon={SearchX} title="No device matches">
          Try another part of its name, or all groups.
        </EmptyState>
      ) : (
        <EmptyState icon={Hourglass} title="All of them are in time">
          Every certificate whose renewal window is half gone was renewed, or its device has asked.
        </EmptyState>
      )}
    </ViewFrame>
  )
}
