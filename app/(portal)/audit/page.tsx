/** The audit trail, newest first, by whatever it is asked, and the proof that nobody changed it. */
import { FileText, Hourglass, ScrollText, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { EmptyState } from '@/app/_components/empty-state'
import { DateField, FilterBar, SearchField } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { Instant } from '@/app/_components/instant'
import { ListFrame, ViewFrame } from '@/app/_components/list-frame'
import { ListToolbar } from '@/app/_components/list-toolbar'
import { PageHeader } from '@/app/_components/page-header'
import type { SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { AUDIT_OUTCOME } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import { AUDIT_KINDS, AUDIT_LIST, OUTCOMES, storyOf } from '@/app/_lists/audit'
import { requestOf } from '@/app/_lists/definition'
import { type ListView, readView } from '@/app/_lists/list-view'
import { listed } from '@/app/_lists/listed'
import { requireActor } from '@/app/_session'
import { isRefusal } from '@/lib/errors'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { ObjectStory } from '@/lib/services/audit-objects'
import { TAKES_TOO_LONG } from '@/lib/services/listing'
import { AuditList } from './audit-list'
import { FilterText } from './filter-text'
import { HistoryViews } from './history-views'
import { VerifyChain } from './verify-chain'

export const metadata: Metadata = { title: 'Audit' }

export default async function AuditPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActor('audit:read')
  await server().readings.note(actor, { type: 'audit', id: 'trail', name: 'the audit trail' })
  const { view, cursor } = await readView(searchParams, AUDIT_LIST)
  const wanted = view.filters
  const people = await server().access.users(actor)
  const story = wanted.about ? await storyOf(actor, wanted.about) : null
  const known = people.some(({ id }) => id === wanted.actor)
  return (
    <>
      <PageHeader
        help="audit"
        title="Audit"
        description="Everything that happened here. Each row carries the hash of the one before, so a changed row shows. They stand in the order in which they were written, whatever a clock said."
      >
        <VerifyChain />
        <ButtonLink href="/audit/report">
          <FileText aria-hidden />
          Report
        </ButtonLink>
      </PageHeader>
      <HistoryViews actor={actor} here="/audit" />
      <LastVerified actor={actor} />
      <FilterBar label="Filter audit events">
        <SearchField label="Search audit events" placeholder="Name, whole id or address" value={wanted.search} />
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
      {wanted.search && (
        <p className="mb-4 text-sm text-muted">
          Searched are the present names of what events are about and of who acted, serials, and whole ids, addresses
          and row numbers. Of each kind of thing the newest 200 count.
        </p>
      )}
      <ListToolbar
        actor={actor}
        list={AUDIT_LIST}
        view={view}
        nouns={['event', 'events']}
        first={cursor === undefined}
      />
      <Suspense key={JSON.stringify([wanted, view.order, cursor])} fallback={<TableSkeleton />}>
        <Events actor={actor} view={view} cursor={cursor} />
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
  view: ListView
  cursor: string | undefined
}

async function Events({ actor, view, cursor }: EventsProps) {
  const filter = AUDIT_LIST.filterOf(view.filters)
  const page = await inTime(listed((from) => AUDIT_LIST.list(actor, filter, requestOf(view, from)), cursor))
  if (typeof page === 'string')
    return (
      <ListFrame path="/audit" filters={{}} cursor={undefined} nextCursor={null}>
        <EmptyState icon={Hourglass} title="Nothing was found in time">
          {page}
        </EmptyState>
      </ListFrame>
    )
  const named = await server().auditObjects.named(actor, page.items)
  return (
    <ViewFrame view={view} {...page}>
      {page.items.length > 0 ? (
        <AuditList events={page.items} named={named} columns={view.columns} />
      ) : page.cursor || Object.keys(filter).length > 0 ? (
        <EmptyState icon={SearchX} title="No event matches">
          Try fewer filters.
        </EmptyState>
      ) : (
        <EmptyState icon={ScrollText} title="Nothing recorded yet">
          The first thing anybody does here is the first row.
        </EmptyState>
      )}
    </ViewFrame>
  )
}

/** Or the sentence that says why there is none. */
async function inTime<T>(page: Promise<T>): Promise<T | string> {
  try {
    return await page
  } catch (error) {
    if (isRefusal(error) && error.reason === TAKES_TOO_LONG) return error.sentence
    throw error
  }
}

/** Options of a list are plain text. */
function titleOf(story: ObjectStory | null): string {
  if (story === null) return 'nothing known'
  const { type, id } = story.object
  return `${type} ${(story.name ?? id).replace(/\p{C}/gu, '').slice(0, 60)}`
}
