/** Every device: those that an MDM knows, then names in certificates and challenges that belong to none of them. */
import { MonitorSmartphone } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { DEVICE_STATE_NAMES } from '@/app/_components/device-states'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar, SearchField } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { ViewFrame } from '@/app/_components/list-frame'
import { ListToolbar } from '@/app/_components/list-toolbar'
import { PageHeader } from '@/app/_components/page-header'
import type { SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { requestOf } from '@/app/_lists/definition'
import { deviceListOf } from '@/app/_lists/devices'
import { type ListView, readView } from '@/app/_lists/list-view'
import { listed } from '@/app/_lists/listed'
import { requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { DEVICE_STATES } from '@/lib/services/mdm-devices'
import { can } from '@/lib/services/permissions'
import { DeviceTable } from './device-table'
import { NoMatch } from './no-match'

export const metadata: Metadata = { title: 'Devices' }

export default async function DevicesPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('certificate:read')
  const list = deviceListOf(actor)
  const { view, cursor } = await readView(searchParams, list)
  const wanted = view.filters
  const { groups, deviceBrake } = server()
  const [allGroups, brakes] = await Promise.all([
    groups.names(actor),
    // An MDM and its brake are of every group.
    can(actor, 'certificate:read') ? deviceBrake.list(actor) : [],
  ])
  return (
    <>
      <PageHeader
        help="devices"
        title="Devices"
        description={`Those that your MDMs know, then names in certificates and challenges that belong to none of them${
          view.sort === 'name' ? '' : ', always by name'
        }.`}
      >
        <ButtonLink href="/devices/overdue">Should have renewed</ButtonLink>
        {brakes.length > 0 && <ButtonLink href="/devices/brake">Brakes</ButtonLink>}
      </PageHeader>
      <FilterBar label="Filter devices">
        <SearchField label="Search devices" placeholder="Name, serial number or user" value={wanted.search} />
        {brakes.length > 0 && (
          <>
            <FilterSelect
              name="state"
              label="State"
              all="Any state"
              value={wanted.state}
              options={DEVICE_STATES.map((state) => [state, DEVICE_STATE_NAMES[state]])}
            />
            <FilterSelect
              name="connector"
              label="MDM"
              all="Any MDM, and none"
              value={wanted.connector}
              options={brakes
                .map(({ connector: { slug, name } }) => [slug, name] as const)
                .sort((a, b) => a[1].localeCompare(b[1]))}
            />
          </>
        )}
        <FilterSelect
          name="group"
          label="Group"
          all="All groups"
          value={wanted.group}
          options={allGroups.map(({ slug, name }) => [slug, name])}
        />
      </FilterBar>
      <ListToolbar actor={actor} list={list} view={view} nouns={['device', 'devices']} first={cursor === undefined} />
      <Suspense key={JSON.stringify([view.filters, view.sort, view.order, cursor])} fallback={<TableSkeleton />}>
        <Devices actor={actor} view={view} cursor={cursor} />
      </Suspense>
    </>
  )
}

interface DevicesProps {
  actor: Actor
  view: ListView
  cursor: string | undefined
}

async function Devices({ actor, view, cursor }: DevicesProps) {
  const list = deviceListOf(actor)
  const filter = list.filterOf(view.filters)
  const page = await listed((from) => list.list(actor, filter, requestOf(view, from)), cursor)
  const filtered = Object.keys(filter).length > 0 || page.cursor !== undefined
  return (
    <ViewFrame view={view} {...page}>
      {page.items.length > 0 ? (
        <DeviceTable devices={page.items} view={view} />
      ) : filtered ? (
        <NoMatch actor={actor} filter={filter} />
      ) : (
        <EmptyState
          icon={MonitorSmartphone}
          title="No devices yet"
          action={
            <ButtonLink href="/groups" variant="primary">
              Go to the groups
            </ButtonLink>
          }
        >
          A device appears here once an MDM tells of it, a challenge is minted for it, or a certificate issued.
        </EmptyState>
      )}
    </ViewFrame>
  )
}
