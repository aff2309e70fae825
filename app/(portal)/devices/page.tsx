/** Every device by its name: the subject of its certificate, or of a challenge that waits for it. */
import { MonitorSmartphone, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar, SearchField } from '@/app/_components/filter-bar'
import { Instant } from '@/app/_components/instant'
import { ListFrame } from '@/app/_components/list-frame'
import { PageHeader } from '@/app/_components/page-header'
import { RowLink } from '@/app/_components/row-link'
import { readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { CertificateStatusBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import { listed, requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { DeviceSummary } from '@/lib/services/devices'

export const metadata: Metadata = { title: 'Devices' }

type Wanted = Partial<Record<'search' | 'cursor', string>>

export default async function DevicesPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActor('certificate:read')
  const wanted = await readParameters(searchParams, ['search', 'cursor'])
  return (
    <>
      <PageHeader
        title="Devices"
        description="By the name in their certificate, or in the challenge that waits for them, in alphabetical order."
      />
      <FilterBar label="Filter devices">
        <SearchField label="Search devices" placeholder="Part of the name" value={wanted.search} />
      </FilterBar>
      <Suspense key={JSON.stringify(wanted)} fallback={<TableSkeleton />}>
        <Devices actor={actor} wanted={wanted} />
      </Suspense>
    </>
  )
}

async function Devices({ actor, wanted: { search, cursor } }: { actor: Actor; wanted: Wanted }) {
  const { items, nextCursor } = await listed(
    server().devices.list(actor, search ? { search } : {}, cursor ? { cursor } : {}),
  )
  return (
    <ListFrame path="/devices" filters={{ search }} cursor={cursor} nextCursor={nextCursor}>
      {items.length > 0 ? (
        <DeviceTable devices={items} />
      ) : search || cursor ? (
        <EmptyState icon={SearchX} title="No device matches">
          Try another part of its name.
        </EmptyState>
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
          A device appears here once a challenge is minted for it, or a certificate issued.
        </EmptyState>
      )}
    </ListFrame>
  )
}

function DeviceTable({ devices }: { devices: DeviceSummary[] }) {
  return (
    <DataTable
      caption="Devices"
      rows={devices}
      rowKey={({ key }) => key}
      columns={[
        {
          head: 'Device',
          primary: true,
          className: 'md:w-1/2',
          cell: ({ key, subject }) => (
            <RowLink href={`/devices/${key}`}>
              <VisibleText>{subject}</VisibleText>
            </RowLink>
          ),
        },
        {
          head: 'Newest certificate',
          cell: ({ status }) =>
            status === null ? <span className="text-muted">none yet</span> : <CertificateStatusBadge status={status} />,
        },
        {
          head: 'Valid until',
          className: 'md:whitespace-nowrap',
          cell: ({ notAfter }) => (notAfter === null ? '–' : <Instant at={notAfter} show="day" />),
        },
        { head: 'Certificates', cell: ({ certificates }) => certificates.toLocaleString('en-GB') },
      ]}
    />
  )
}
