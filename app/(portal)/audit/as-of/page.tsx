/** Which certificates were valid on a day, by group and issuer, and under which policy. */
import { CalendarX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { Card } from '@/app/_components/card'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { DateField, FilterBar } from '@/app/_components/filter-bar'
import { formatUtc } from '@/app/_components/format-time'
import { ListFrame } from '@/app/_components/list-frame'
import { PageHeader } from '@/app/_components/page-header'
import { readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { AsOfCounts, AsOfFilter } from '@/lib/services/as-of'
import { can } from '@/lib/services/permissions'
import { answered } from '../asked'
import { HistoryViews } from '../history-views'
import { PastCertificates, PolicyCell } from '../past-certificates'
import { dayOr, filterOf, PastFilters } from '../past-filters'

export const metadata: Metadata = { title: 'As of a date' }

export default async function AsOfPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActor('as-of:read')
  const { cursor, on: given, ...wanted } = await readParameters(searchParams, ['on', 'group', 'issuer', 'cursor'])
  const on = dayOr(given, 0)
  const filter = filterOf(wanted)
  const key = JSON.stringify([on, filter])
  return (
    <>
      <PageHeader
        help="history"
        title="As of a date"
        description="Which certificates were valid at the end of a day (UTC), today unless you choose one, and under which version of the policy each had been issued. What was about to expire is valid here too; the overview counts it apart."
        trail={can(actor, 'audit:read') ? [{ href: '/audit', text: 'Audit' }] : []}
      />
      <HistoryViews actor={actor} here="/audit/as-of" />
      <FilterBar label="Choose a day">
        <DateField name="on" label="On" value={given} />
        <PastFilters actor={actor} filter={filter} />
      </FilterBar>
      <div className="grid gap-5">
        <Suspense key={key} fallback={<TableSkeleton />}>
          <Counts actor={actor} on={on} filter={filter} />
        </Suspense>
        <Suspense key={`${key} ${cursor}`} fallback={<TableSkeleton />}>
          <Certificates actor={actor} on={on} filter={filter} cursor={cursor} />
        </Suspense>
      </div>
    </>
  )
}

interface Asked {
  actor: Actor
  on: string
  filter: AsOfFilter
}

function Counts({ actor, on, filter }: Asked) {
  return answered(server().asOf.counts(actor, on, filter), (counts) => (
    <Card
      flush
      title={counts.total === 1 ? '1 valid certificate' : `${counts.total.toLocaleString('en-GB')} valid certificates`}
      description={formatUtc(counts.at)}
    >
      {counts.total > 0 && <CountTable counts={counts} />}
    </Card>
  ))
}

function CountTable({ counts: { counts, total } }: { counts: AsOfCounts }) {
  return (
    <DataTable
      caption="Valid certificates by group, issuer and policy"
      rows={counts}
      rowKey={({ group, issuer, endpoint, policyVersion }) =>
        JSON.stringify([group?.slug, issuer.slug, endpoint?.slug, policyVersion])
      }
      columns={[
        {
          head: 'Group',
          primary: true,
          cell: ({ group }) => <span className="font-medium">{group?.name ?? '–'}</span>,
        },
        { head: 'Issuer', cell: ({ issuer }) => issuer.name },
        { head: 'Policy', cell: (row) => <PolicyCell endpoint={row.endpoint} policyVersion={row.policyVersion} /> },
        {
          head: 'Certificates',
          className: 'md:text-right tabular-nums',
          cell: ({ certificates }) => certificates.toLocaleString('en-GB'),
        },
        {
          head: 'Share',
          className: 'md:text-right tabular-nums',
          cell: ({ certificates }) => `${((certificates / total) * 100).toFixed(1)} %`,
        },
      ]}
    />
  )
}

function Certificates({ actor, on, filter, cursor }: Asked & { cursor: string | undefined }) {
  const page = cursor === undefined ? {} : { cursor }
  return answered(server().asOf.list(actor, on, filter, page), ({ items, nextCursor }) => (
    <ListFrame path="/audit/as-of" filters={{ on, ...filter }} cursor={cursor} nextCursor={nextCursor}>
      {items.length > 0 ? (
        <PastCertificates caption={`Certificates that were valid on ${on}`} certificates={items} />
      ) : (
        <EmptyState icon={CalendarX} title="No certificate was valid then">
          Choose another day, or fewer filters.
        </EmptyState>
      )}
    </ListFrame>
  ))
}
