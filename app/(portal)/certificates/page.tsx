/** Every certificate issued to a device, newest first. */
import { FileBadge, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { CertificateTable } from '@/app/_components/certificate-table'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar, SearchField } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { ListFrame } from '@/app/_components/list-frame'
import { PageHeader } from '@/app/_components/page-header'
import { TextLink } from '@/app/_components/row-link'
import { oneOf, readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { CERTIFICATE_STATUS } from '@/app/_components/states'
import { listed, requireActorInGroups } from '@/app/_session'
import { dayOf } from '@/app/(portal)/enrolments/day'
import { bulkAddress } from '@/app/(portal)/revocations/selection'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { CertificateListFilter, CertificateStatus, CertificateSummary } from '@/lib/services/certificates'
import { canInGroups } from '@/lib/services/permissions'
import { TickedCertificates } from './ticked-certificates'

export const metadata: Metadata = { title: 'Certificates' }

const STATUSES = Object.keys(CERTIFICATE_STATUS) as CertificateStatus[]
/** The service finds by three characters or more; fewer would match nearly everything. */
const SHORTEST_SEARCH = 3

const ISSUANCES = ['first', 'renewal'] as const
/** Periods of whole days, and what counting pages lead to. */
const COUNTED = ['issuedFrom', 'issuedTo', 'endsFrom', 'endsTo', 'renewed'] as const
const FILTERS = ['search', 'group', 'issuer', 'status', 'issuance', 'line', ...COUNTED, 'cursor'] as const

type Wanted = Partial<Record<(typeof FILTERS)[number], string>>

export default async function CertificatesPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('certificate:read')
  const wanted = await readParameters(searchParams, FILTERS)
  const groups = await server().groups.list(actor)
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
        {wanted.line && <input type="hidden" name="line" value={wanted.line} />}
        {COUNTED.map((name) => wanted[name] && <input key={name} type="hidden" name={name} value={wanted[name]} />)}
      </FilterBar>
      {COUNTED.some((name) => wanted[name]) && <p className="mb-4 text-sm text-muted">{countedInWords(wanted)}</p>}
      {wanted.line && (
        <p className="mb-4 text-sm text-muted">
          One line of renewals: a certificate and those that took over from it.{' '}
          <TextLink href="/certificates">Show all certificates</TextLink>
        </p>
      )}
      <Suspense key={JSON.stringify(wanted)} fallback={<TableSkeleton />}>
        <Certificates actor={actor} wanted={wanted} />
      </Suspense>
    </>
  )
}

async function Certificates({ actor, wanted }: { actor: Actor; wanted: Wanted }) {
  const { cursor, group, issuer, line } = wanted
  const search = wanted.search && wanted.search.length >= SHORTEST_SEARCH ? wanted.search : undefined
  const status = oneOf(STATUSES, wanted.status)
  const issuance = oneOf(ISSUANCES, wanted.issuance)
  const said = {
    ...(search && { search }),
    ...(group && { group }),
    ...(issuer && { issuer }),
    ...(status && { status }),
    ...(issuance && { issuance }),
    ...(line && { line }),
  }
  const counted = {
    ...(wanted.status === 'current' && { current: true }),
    ...(wanted.renewed && { renewed: wanted.renewed === 'yes' }),
    ...period('issued', wanted.issuedFrom, wanted.issuedTo),
    ...period('ends', wanted.endsFrom, wanted.endsTo),
  }
  const filter: CertificateListFilter = { ...said, ...counted }
  // The form of a bulk revocation has no words for these: it would concern more than is listed.
  const isForBulk = !line && Object.keys(counted).length === 0
  const { items, nextCursor } = await listed(server().certificates.list(actor, filter, cursor ? { cursor } : {}))
  return (
    <ListFrame
      path="/certificates"
      filters={{ ...wanted, search, cursor: undefined }}
      cursor={cursor}
      nextCursor={nextCursor}
    >
      {items.length > 0 ? (
        <List
          certificates={items}
          mayRevoke={canInGroups(actor, 'bulk-revocation:manage')}
          allMatching={isForBulk ? bulkAddress(said) : null}
        />
      ) : cursor || Object.keys(filter).length > 0 ? (
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
    </ListFrame>
  )
}

/** Days in UTC; the last one belongs to the period. */
function period(name: 'issued' | 'ends', first: string | undefined, last: string | undefined) {
  const from = dayOf(first)
  const to = dayOf(last, 1)
  return from || to ? { [name]: { ...(from && { from }), ...(to && { to }) } } : {}
}

function countedInWords({ issuedFrom, issuedTo, endsFrom, endsTo, renewed }: Wanted): string {
  const days = (first: string | undefined, last: string | undefined) =>
    [...(first ? [`from ${first}`] : []), ...(last ? [`to ${last}`] : [])].join(' ')
  const parts = [
    ...(issuedFrom || issuedTo ? [`issued ${days(issuedFrom, issuedTo)}`] : []),
    ...(endsFrom || endsTo ? [`that end ${days(endsFrom, endsTo)}`] : []),
    ...(renewed ? [renewed === 'yes' ? 'that were renewed' : 'that were not renewed yet'] : []),
  ]
  return `Certificates ${parts.join(', ')}. Days are of UTC.`
}

interface ListProps {
  certificates: CertificateSummary[]
  mayRevoke: boolean
  /** Null for one line of renewals: it is short, and ticked. */
  allMatching: string | null
}

/** Who may not revoke has nothing to tick for. */
function List({ certificates, mayRevoke, allMatching }: ListProps) {
  if (!mayRevoke) return <CertificateTable certificates={certificates} />
  return (
    <TickedCertificates allMatching={allMatching}>
      <CertificateTable certificates={certificates} tickable />
    </TickedCertificates>
  )
}
