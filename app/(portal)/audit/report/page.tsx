/** The report of a period, to be read here or taken along. */
import { CalendarX, Download } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { buttonClass } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { EmptyState } from '@/app/_components/empty-state'
import { DateField, FilterBar } from '@/app/_components/filter-bar'
import { PageHeader } from '@/app/_components/page-header'
import { readParameters, type SearchParameters, withParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { ReportPeriod } from '@/lib/services/audit-report'
import { answered } from '../asked'
import { daysOf, periodOf } from './period'
import { ReportBlocks } from './report-blocks'

export const metadata: Metadata = { title: 'Audit report' }

export default async function AuditReportPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActor('audit:read')
  await server().readings.note(actor, { type: 'audit', id: 'report', name: 'an audit report' })
  const days = daysOf(await readParameters(searchParams, ['from', 'to']), new Date())
  const period = periodOf(days)
  return (
    <>
      <PageHeader
        help="audit"
        title="Audit report"
        description="A period in numbers, with every change of authorities, policies and people, what went wrong, and the head of the chain."
        trail={[{ href: '/audit', text: 'Audit' }]}
      >
        {period &&
          (['pdf', 'html'] as const).map((format) => (
            <a
              key={format}
              href={withParameters('/audit/report/download', { ...days, format })}
              download
              className={buttonClass()}
            >
              <Download aria-hidden />
              {format.toUpperCase()}
            </a>
          ))}
      </PageHeader>
      <FilterBar label="Period of the report">
        <DateField name="from" label="From" value={days.from} />
        <DateField name="to" label="To" value={days.to} />
      </FilterBar>
      {period ? (
        <Suspense key={`${days.from} ${days.to}`} fallback={<TableSkeleton />}>
          <Report actor={actor} period={period} />
        </Suspense>
      ) : (
        <EmptyState icon={CalendarX} title="No such period">
          Choose a first day and the same or a later one.
        </EmptyState>
      )}
    </>
  )
}

async function Report({ actor, period }: { actor: Actor; period: ReportPeriod }) {
  return answered(server().auditReport.document(actor, period), ({ title, subtitle, blocks }) => (
    <Card title={title} description={subtitle}>
      <ReportBlocks blocks={blocks} />
    </Card>
  ))
}
