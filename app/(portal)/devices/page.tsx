/** Every device: those that an MDM knows, then names in certificates and challenges that belong to none of them. */
import { MonitorSmartphone, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { DataTable } from '@/app/_components/data-table'
import { DEVICE_STATE_NAMES, DeviceStateBadges } from '@/app/_components/device-states'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar, SearchField } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { Instant } from '@/app/_components/instant'
import { ListFrame } from '@/app/_components/list-frame'
import { PageHeader } from '@/app/_components/page-header'
import { RowLink } from '@/app/_components/row-link'
import { oneOf, readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { CertificateStatusBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import { listed, requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { DeviceFilter, DeviceSummary } from '@/lib/services/devices'
import { DEVICE_STATES } from '@/lib/services/mdm-devices'
import { can } from '@/lib/services/permissions'

export const metadata: Metadata = { title: 'Devices' }

const FILTERS = ['search', 'state', 'connector', 'group', 'cursor'] as const
type Wanted = Partial<Record<(typeof FILTERS)[number], string>>

export default async function DevicesPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('certificate:read')
  const wanted = await readParameters(searchParams, FILTERS)
  const { groups, deviceBrake } = server()
  const [allGroups, brakes] = await Promise.all([
    groups.list(actor),
    // An MDM and its brake are of every group.
    can(actor, 'certificate:read') ? deviceBrake.list(actor) : [],
  ])
  return (
    <>
      <PageHeader
        help="devices"
        title="Devices"
        description="Those that your MDMs know, then names in certificates and challenges that belong to none of them."
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
      <Suspense key={JSON.stringify(wanted)} fallback={<TableSkeleton />}>
        <Devices actor={actor} wanted={wanted} />
      </Suspense>
    </>
  )
}

async function Devices({ actor, wanted: { cursor, ...wanted } }: { actor: Actor; wanted: Wanted }) {
  const state = oneOf(DEVICE_STATES, wanted.state)
  const filter: DeviceFilter = {
    ...(wanted.search && { search: wanted.search }),
    ...(wanted.connector && { connector: wanted.connector }),
    ...(wanted.group && { group: wanted.group }),
    ...(state && { state }),
  }
  const { items, nextCursor } = await listed(server().devices.list(actor, filter, cursor ? { cursor } : {}))
  const filtered = Object.keys(filter).length > 0 || cursor !== undefined
  return (
    <ListFrame path="/devices" filters={wanted} cursor={cursor} nextCursor={nextCursor}>
      {items.length > 0 ? (
        <DeviceTable devices={items} />
      ) : filtered ? (
        <EmptyState icon={SearchX} title="No device matches">
          Try another part of its name, or fewer filters.
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
          A device appears here once an MDM tells of it, a challenge is minted for it, or a certificate issued.
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
          className: 'md:w-2/5',
          cell: (device) => <DeviceName device={device} />,
        },
        {
          head: 'MDM',
          cell: ({ mdm }) =>
            mdm === null ? <span className="text-muted">not known</span> : <DeviceStateBadges {...mdm} />,
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

function DeviceName({ device: { key, name, subject, mdm } }: { device: DeviceSummary }) {
  const more =
    mdm === null ? [] : [mdm.serial, mdm.userName ?? mdm.userEmail].filter((part) => part !== null && part !== name)
  return (
    <div className="grid min-w-0 gap-0.5">
      <RowLink href={`/devices/${key}`}>
        <VisibleText>{name}</VisibleText>
      </RowLink>
      {more.length > 0 && (
        <span className="text-sm text-muted wrap-anywhere">
          <VisibleText>{more.join(' · ')}</VisibleText>
        </span>
      )}
      {subject !== null && mdm !== null && subject !== name && (
        <span className="text-sm text-muted wrap-anywhere">
          <VisibleText>{subject}</VisibleText>
        </span>
      )}
    </div>
  )
}
