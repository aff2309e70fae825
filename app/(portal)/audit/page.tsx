/** The audit trail, newest first, and the proof that nobody changed it. */
import { ScrollText, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { ListFrame } from '@/app/_components/list-frame'
import { PageHeader } from '@/app/_components/page-header'
import { oneOf, readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { AUDIT_OUTCOME } from '@/app/_components/states'
import { listed, requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { AuditOutcome } from '@/lib/services/audit'
import { AuditRow } from './audit-row'
import { HistoryViews } from './history-views'
import { AUDIT_KINDS } from './kinds'
import { VerifyChain } from './verify-chain'

export const metadata: Metadata = { title: 'Audit' }

const OUTCOMES = Object.keys(AUDIT_OUTCOME) as AuditOutcome[]

type Wanted = Partial<Record<'kind' | 'outcome' | 'actor' | 'cursor', string>>

export default async function AuditPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActor('audit:read')
  const wanted = await readParameters(searchParams, ['kind', 'outcome', 'actor', 'cursor'])
  const people = await server().access.users(actor)
  const person = people.find(({ id }) => id === wanted.actor)
  return (
    <>
      <PageHeader
        help="security-model"
        title="Audit"
        description="Everything that happened here. Each row carries the hash of the one before, so a changed row shows."
      >
        <VerifyChain />
      </PageHeader>
      <HistoryViews actor={actor} here="/audit" />
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
          options={people.map(({ id, name }) => [id, name])}
        />
      </FilterBar>
      <Suspense key={JSON.stringify(wanted)} fallback={<TableSkeleton />}>
        <Events actor={actor} wanted={wanted} personId={person?.id} />
      </Suspense>
    </>
  )
}

interface EventsProps {
  actor: Actor
  wanted: Wanted
  personId: string | undefined
}

async function Events({ actor, wanted, personId }: EventsProps) {
  const { cursor } = wanted
  const kind = AUDIT_KINDS.find(({ id }) => id === wanted.kind)
  const outcome = oneOf(OUTCOMES, wanted.outcome)
  const filter = {
    ...(kind && { types: kind.types }),
    ...(outcome && { outcome }),
    ...(personId && { actorId: personId }),
  }
  const { items, nextCursor } = await listed(server().audit.list(actor, filter, cursor ? { cursor } : {}))
  return (
    <ListFrame
      path="/audit"
      filters={{ kind: kind?.id, outcome, actor: personId }}
      cursor={cursor}
      nextCursor={nextCursor}
    >
      {items.length > 0 ? (
        <ol>
          {items.map((event) => (
            <AuditRow key={event.id} event={event} />
          ))}
        </ol>
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
