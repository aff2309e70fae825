/** Devices that should have renewed: half of the renewal window of their certificate is gone, and they did not ask. */
import { Hourglass, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar, SearchField } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { Instant } from '@/app/_components/instant'
import { ListFrame } from '@/app/_components/list-frame'
import { PageHeader } from '@/app/_components/page-header'
import { RowLink, TextLink } from '@/app/_components/row-link'
import { readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { VisibleText } from '@/app/_components/visible-text'
import { listed, requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { keyOfDevice } from '@/lib/services/devices'
import type { OverdueRenewal } from '@/lib/services/overdue-renewals'

export const metadata: Metadata = { title: 'Should have renewed' }

type Wanted = Partial<Record<'search' | 'group' | 'cursor', string>>

export default async function OverdueRenewalsPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('certificate:read')
  const wanted = await readParameters(searchParams, ['search', 'group', 'cursor'])
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
        <SearchField label="Search devices" placeholder="Name or serial number" value={wanted.search} />
        <FilterSelect
          name="group"
          label="Group"
          all="All groups"
          value={wanted.group}
          options={groups.map(({ slug, name }) => [slug, name])}
        />
      </FilterBar>
      <Suspense key={JSON.stringify(wanted)} fallback={<TableSkeleton />}>
        <Overdue actor={actor} wanted={wanted} />
      </Suspense>
    </>
  )
}

async function Overdue({ actor, wanted: { cursor, ...filter } }: { actor: Actor; wanted: Wanted }) {
  const { items, nextCursor } = await listed(server().overdueRenewals.list(actor, filter, cursor ? { cursor } : {}))
  const filtered = Object.keys(filter).length > 0 || cursor !== undefined
  return (
    <ListFrame path="/devices/overdue" filters={filter} cursor={cursor} nextCursor={nextCursor}>
      {items.length > 0 ? (
        <OverdueTable items={items} />
      ) : filtered ? (
        <EmptyState icon={SearchX} title="No device matches">
          Try another part of its name, or all groups.
        </EmptyState>
      ) : (
        <EmptyState icon={Hourglass} title="All of them are in time">
          Every certificate whose renewal window is half gone was renewed, or its device has asked.
        </EmptyState>
      )}
    </ListFrame>
  )
}

function OverdueTable({ items }: { items: OverdueRenewal[] }) {
  return (
    <DataTable
      caption="Devices that should have renewed"
      rows={items}
      rowKey={({ certificate }) => certificate.id}
      columns={[
        {
          head: 'Device',
          primary: true,
          className: 'md:w-2/5',
          cell: ({ certificate, device }) => (
            <RowLink href={`/devices/${device?.id ?? keyOfDevice(certificate.subject)}`}>
              <VisibleText>{device?.name ?? certificate.subject}</VisibleText>
            </RowLink>
          ),
        },
        { head: 'Group', cell: ({ group }) => group?.name ?? '–' },
        { head: 'Could renew since', cell: ({ renewableFrom }) => <Instant at={renewableFrom} show="day" /> },
        {
          head: 'Certificate ends',
          cell: ({ certificate }) => (
            <span data-above>
              <TextLink href={`/certificates/${certificate.id}`}>
                <Instant at={certificate.notAfter} show="relative" />
              </TextLink>
            </span>
          ),
        },
        {
          head: 'Seen by its MDM',
          cell: ({ device }) => (device?.lastSeenAt ? <Instant at={device.lastSeenAt} show="relative" /> : '–'),
        },
      ]}
    />
  )
}
