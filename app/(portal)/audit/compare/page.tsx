/** What became different between two days: certificates that came and went, policies and authorities that changed. */
import { Equal } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { EmptyState } from '@/app/_components/empty-state'
import { DateField, FilterBar } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { ListFrame } from '@/app/_components/list-frame'
import { PageHeader } from '@/app/_components/page-header'
import { oneOf, readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { AsOfFilter, CameBy, GoneBy, Side } from '@/lib/services/as-of'
import { can } from '@/lib/services/permissions'
import { answered } from '../asked'
import { HistoryViews } from '../history-views'
import { PastCertificates } from '../past-certificates'
import { dayOr, filterOf, PastFilters } from '../past-filters'
import { ComparisonCards } from './comparison-cards'

export const metadata: Metadata = { title: 'Two dates' }

const SIDES: readonly Side[] = ['came', 'gone']
const CAUSES: Record<CameBy | GoneBy, string> = {
  issued: 'Issued',
  renewed: 'Took over from another',
  released: 'Released from hold',
  expired: 'Ended',
  revoked: 'Revoked',
  held: 'Put on hold',
  issuer_revoked: 'Its issuer was revoked',
}
const A_MONTH = 30

export default async function ComparePage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActor('as-of:read')
  const wanted = await readParameters(searchParams, ['from', 'to', 'group', 'issuer', 'side', 'cursor'])
  const between = { from: dayOr(wanted.from, A_MONTH), to: dayOr(wanted.to, 0) }
  const side = oneOf(SIDES, wanted.side) ?? 'gone'
  const filter = filterOf(wanted)
  const key = JSON.stringify([between, filter])
  return (
    <>
      <PageHeader
        help="history"
        title="Two dates"
        description="What became different from the end of one day to the end of another (UTC), the last thirty days unless you choose: certificates, policies and authorities. A certificate that was issued and ended between the two does not show."
        trail={can(actor, 'audit:read') ? [{ href: '/audit', text: 'Audit' }] : []}
      />
      <HistoryViews actor={actor} here="/audit/compare" />
      <FilterBar label="Choose two days">
        <DateField name="from" label="From" value={wanted.from} />
        <DateField name="to" label="To" value={wanted.to} />
        <PastFilters actor={actor} filter={filter} />
        <FilterSelect
          name="side"
          label="Certificates to list"
          all="List those that went"
          value={side === 'gone' ? undefined : side}
          options={[['came', 'List those that came']]}
        />
      </FilterBar>
      <div className="grid gap-5">
        <Suspense key={key} fallback={<TableSkeleton />}>
          <Comparison actor={actor} between={between} filter={filter} />
        </Suspense>
        <Suspense key={`${key} ${side} ${wanted.cursor}`} fallback={<TableSkeleton />}>
          <Changes actor={actor} between={between} filter={filter} side={side} cursor={wanted.cursor} />
        </Suspense>
      </div>
    </>
  )
}

interface Asked {
  actor: Actor
  between: { from: string; to: string }
  filter: AsOfFilter
}

function Comparison({ actor, between, filter }: Asked) {
  return answered(server().asOf.compare(actor, between, filter), (comparison) => (
    <ComparisonCards comparison={comparison} />
  ))
}

function Changes({ actor, between, filter, side, cursor }: Asked & { side: Side; cursor: string | undefined }) {
  const page = cursor === undefined ? {} : { cursor }
  const caption = side === 'came' ? 'Certificates that came' : 'Certificates that went'
  return answered(server().asOf.changes(actor, { ...between, side }, filter, page), ({ items, nextCursor }) => (
    <section aria-label={caption}>
      <h2 className="mb-2 font-semibold">{caption}</h2>
      <ListFrame
        path="/audit/compare"
        filters={{ ...between, ...filter, side }}
        cursor={cursor}
        nextCursor={nextCursor}
      >
        {items.length > 0 ? (
          <PastCertificates
            caption={caption}
            certificates={items}
            cause={{ head: 'Why', cell: ({ cause }) => CAUSES[cause] }}
          />
        ) : (
          <EmptyState icon={Equal} title={side === 'came' ? 'None came' : 'None went'}>
            Between these two days no certificate {side === 'came' ? 'became valid' : 'stopped being valid'}.
          </EmptyState>
        )}
      </ListFrame>
    </section>
  ))
}
