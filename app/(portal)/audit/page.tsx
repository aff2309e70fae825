/** The audit trail, newest first, by whatever it is asked, and the proof that nobody changed it. */
import { Download, FileText, ScrollText, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink, buttonClass } from '@/app/_components/button'
import { EmptyState } from '@/app/_components/empty-state'
import { DateField, FilterBar } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { Instant } from '@/app/_components/instant'
import { ListFrame } from '@/app/_components/list-frame'
import { PageHeader } from '@/app/_components/page-header'
import { readParameters, type SearchParameters, withParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { AUDIT_OUTCOME } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import { listed, requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { ObjectStory } from '@/lib/services/audit-objects'
import { AuditList } from './audit-list'
import { FilterText } from './filter-text'
import { AUDIT_FILTERS, filterOf, LONGEST_ABOUT, OUTCOMES, type WantedEvents } from './filters'
import { HistoryViews } from './history-views'
import { AUDIT_KINDS } from './kinds'
import { VerifyChain } from './verify-chain'

export const metadata: Metadata = { title: 'Audit' }

export default async function AuditPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActor('audit:read')
  await server().readings.note(actor, { type: 'audit', id: 'trail', name: 'the audit trail' })
  const { cursor, ...wanted } = {
    ...(await readParameters(searchParams, [...AUDIT_FILTERS, 'cursor'])),
    ...(await readParameters(searchParams, ['about'], LONGEST_ABOUT)),
  }
  const people = await server().access.users(actor)
  const story = wanted.about ? await server().auditObjects.story(actor, wanted.about) : null
  const known = people.some(({ id }) => id === wanted.actor)
  return (
    <>
      <PageHeader
        help="audit"
        title="Audit"
        description="Everything that happened here. Each row carries the hash of the one before, so a changed row shows."
      >
        <VerifyChain />
        <ButtonLink href="/audit/report">
          <FileText aria-hidden />
          Report
        </ButtonLink>
        <a href={withParameters('/audit/export', wanted)} download className={buttonClass()}>
          <Download aria-hidden />
          JSON Lines
        </a>
      </PageHeader>
      <HistoryViews actor={actor} here="/audit" />
      <LastVerified actor={actor} />
      <FilterBar label="Filter audit events">
        <FilterSelect
          name="kind"
          label="Kind"
          all="Every kind"
          value={wanted.kind}
          options={AUDIT_KINDS.map(({ id, title }) => [id, title])}
        />
        <FilterSelect
          name="outcome"
          label="Outcome"
          all="Any outcome"
          value={wanted.outcome}
          options={OUTCOMES.map((outcome) => [outcome, AUDIT_OUTCOME[outcome][0]])}
        />
        <FilterSelect
          name="actor"
          label="Person"
          all="Everybody"
          value={wanted.actor}
          options={[
            ...people.map(({ id, name }) => [id, name] as const),
            ...(wanted.actor && !known ? [[wanted.actor, `Somebody else (${wanted.actor.slice(0, 8)})`] as const] : []),
          ]}
        />
        <FilterText name="address" label="Address" value={wanted.address} />
        <DateField name="from" label="From" value={wanted.from} />
        <DateField name="to" label="To" value={wanted.to} />
        {wanted.about && (
          <FilterSelect
            name="about"
            label="About"
            all="About anything"
            value={wanted.about}
            options={[[wanted.about, `About ${titleOf(story)}`]]}
          />
        )}
      </FilterBar>
      <Suspense key={JSON.stringify([wanted, cursor])} fallback={<TableSkeleton />}>
        <Events actor={actor} wanted={wanted} cursor={cursor} story={story} />
      </Suspense>
    </>
  )
}

async function LastVerified({ actor }: { actor: Actor }) {
  const last = await server().audit.lastVerification(actor)
  return (
    <p className="mb-4 text-sm text-muted">
      {last === null ? (
        'Nobody has verified the chain yet.'
      ) : (
        <>
          Last verified <Instant at={last.at} show="relative" /> by <VisibleText>{last.by}</VisibleText>:{' '}
          {last.ok ? `it held up to row ${last.to}` : `it was broken at row ${last.to}`}.{' '}
          {last.newer.toLocaleString('en-GB')} {last.newer === 1 ? 'row is' : 'rows are'} newer.
        </>
      )}
    </p>
  )
}

interface EventsProps {
  actor: Actor
  wanted: WantedEvents
  cursor: string | undefined
  story: ObjectStory | null
}

async function Events({ actor, wanted, cursor, story }: EventsProps) {
  const filter = filterOf(wanted, story)
  const { items, nextCursor } = await listed(server().audit.list(actor, filter, cursor ? { cursor } : {}))
  const named = await server().auditObjects.named(actor, items)
  return (
    <ListFrame path="/audit" filters={wanted} cursor={cursor} nextCursor={nextCursor}>
      {items.length > 0 ? (
        <AuditList events={items} named={named} />
      ) : cursor || Object.keys(filter).length > 0 ? (
        <EmptyState icon={SearchX} title="No event matches">
          Try fewer filters.
        </EmptyState>
      ) : (
        <EmptyState icon={ScrollText} title="Nothing recorded yet">
          The first thing anybody does here is the first row.
        </EmptyState>
      )}
    </ListFrame>
  )
}

/** Options of a list are plain text. */
function titleOf(story: ObjectStory | null): string {
  if (story === null) return 'nothing known'
  const { type, id } = story.object
  return `${type} ${(story.name ?? id).replace(/\p{C}/gu, '').slice(0, 60)}`
}
