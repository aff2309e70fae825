/** Every certificate issued to a device, newest first. */
import { FileBadge, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { CertificateTable } from '@/app/_components/certificate-table'
import { EmptyState } from '@/app/_components/empty-state'
import { DateField, FilterBar, SearchField } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { ViewFrame } from '@/app/_components/list-frame'
import { ListToolbar } from '@/app/_components/list-toolbar'
import { PageHeader } from '@/app/_components/page-header'
import { TextLink } from '@/app/_components/row-link'
import type { SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { CERTIFICATE_STATUS } from '@/app/_components/states'
import { CERTIFICATE_LIST, STATUSES } from '@/app/_lists/certificates'
import { requestOf } from '@/app/_lists/definition'
import { type ListView, readView } from '@/app/_lists/list-view'
import { listed } from '@/app/_lists/listed'
import { requireActorInGroups } from '@/app/_session'
import { bulkAddress } from '@/app/(portal)/revocations/selection'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { CertificateSummary } from '@/lib/services/certificates'
import { canInGroups } from '@/lib/services/permissions'
import { TickedCertificates } from './ticked-certificates'

export const metadata: Metadata = { title: 'Certificates' }

/** Filters that come with a link and have no control of their own. */
const COUNTED = ['issuedFrom', 'issuedTo'] as const
const LINKED = ['line', 'endpoint', 'issuer', ...COUNTED] as const

export default async function CertificatesPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('certificate:read')
  const { view, cursor } = await readView(searchParams, CERTIFICATE_LIST)
  const wanted = view.filters
  const groups = await server().groups.names(actor)
  return (
    <>
      <PageHeader
        title="Certificates"
        help="revocation#what-a-certificate-is-worth"
        description="What devices were given, and whether it still holds."
      />
      <FilterBar label="Filter certificates">
        <SearchField label="Search certificates" placeholder="Name, serial or fingerprint" value={wanted.search} />
        <FilterSelect
          name="group"
          label="Group"
          all="All groups"
          value={wanted.group}
          options={groups.map(({ slug, name }) => [slug, name])}
        />
        <FilterSelect
          name="status"
          label="Status"
          all="Any status"
          value={wanted.status}
          options={[
            ...STATUSES.map((status) => [status, CERTIFICATE_STATUS[status][0]] as const),
            ['current', 'Valid or expiring'],
          ]}
        />
        <FilterSelect
          name="issuance"
          label="Issuance"
          all="First and renewed"
          value={wanted.issuance}
          options={[
            ['first', 'First of its line'],
            ['renewal', 'Renewals'],
          ]}
        />
        <FilterSelect
          name="renewed"
          label="Renewed"
          all="Renewed or not"
          value={wanted.renewed}
          options={[
            ['yes', 'Renewed already'],
            ['no', 'Not renewed yet'],
          ]}
        />
        <DateField name="endsFrom" label="Ends from" value={wanted.endsFrom} />
        <DateField name="endsTo" label="to" value={wanted.endsTo} />
        {LINKED.map((name) => {
          const value = wanted[name]
          return value && <input key={name} type="hidden" name={name} value={value} />
        })}
      </FilterBar>
      {wanted.line && (
        <p className="mb-4 text-sm text-muted">
          One line of renewals: a certificate and those that took over from it.{' '}
          <TextLink href="/certificates">Show all certificates</TextLink>
        </p>
      )}
      {COUNTED.some((name) => wanted[name]) && (
        <p className="mb-4 text-sm text-muted">
          {countedInWords(wanted)} <TextLink href="/certificates">Show all certificates</TextLink>
        </p>
      )}
      <ListToolbar
        actor={actor}
        list={CERTIFICATE_LIST}
        view={view}
        nouns={['certificate', 'certificates']}
        first={cursor === undefined}
      />
      <Suspense key={JSON.stringify([view.filters, view.sort, view.order, cursor])} fallback={<TableSkeleton />}>
        <Certificates actor={actor} view={view} cursor={cursor} />
      </Suspense>
    </>
  )
}

interface CertificatesProps {
  actor: Actor
  view: ListView
  cursor: string | undefined
}

async function Certificates({ actor, view, cursor }: CertificatesProps) {
  const filter = CERTIFICATE_LIST.filterOf(view.filters)
  const page = await listed((from) => CERTIFICATE_LIST.list(actor, filter, requestOf(view, from)), cursor)
  // The form of a bulk revocation has no words for these: it would concern more than is listed.
  const { line, current, renewed, ...selection } = filter
  const isForBulk = line === undefined && current === undefined && renewed === undefined
  return (
    <ViewFrame view={view} {...page}>
      {page.items.length > 0 ? (
        <List
          view={view}
          certificates={page.items}
          mayRevoke={canInGroups(actor, 'bulk-revocation:manage')}
          allMatching={isForBulk ? bulkAddress(selection) : null}
        />
      ) : page.cursor || Object.keys(filter).length > 0 ? (
        <EmptyState icon={SearchX} title="No certificate matches">
          Try fewer filters, or another part of the name or serial.
        </EmptyState>
      ) : (
        <EmptyState
          icon={FileBadge}
          title="No certificates yet"
          action={
            <ButtonLink href="/groups" variant="primary">
              Go to the groups
            </ButtonLink>
          }
        >
          The first one appears here the moment a device enrols: create a group, mint a challenge for the device, and
          paste the commands its page shows.
        </EmptyState>
      )}
    </ViewFrame>
  )
}

/** Where a number on another page led here. */
function countedInWords({ status, issuedFrom, issuedTo }: ListView['filters']): string {
  const parts = [
    ...(status === 'current' ? ['that hold now'] : []),
    ...(issuedFrom ? [`issued from ${issuedFrom}`] : []),
    ...(issuedTo ? [`issued to ${issuedTo}`] : []),
  ]
  return `Only those ${parts.join(', ')}. Days are of UTC.`
}

interface ListProps {
  view: ListView
  certificates: CertificateSummary[]
  mayRevoke: boolean
  /** Null for one line of renewals: it is short, and ticked. */
  allMatching: string | null
}

/** Who may not revoke has nothing to tick for. */
function List({ view, certificates, mayRevoke, allMatching }: ListProps) {
  if (!mayRevoke) return <CertificateTable certificates={certificates} view={view} />
  return (
    <TickedCertificates allMatching={allMatching}>
      <CertificateTable certificates={certificates} view={view} tickable />
    </TickedCertificates>
  )
}
