/** What a group, an issuer, a device or a person did in a period. */
import { SearchX, UserSearch } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { EmptyState } from '@/app/_components/empty-state'
import { DateField, FilterBar } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { ListFrame } from '@/app/_components/list-frame'
import { PageHeader } from '@/app/_components/page-header'
import { readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { LONGEST_ABOUT } from '@/app/_lists/audit'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import { ACTIVITY_KINDS, type ActivityRequest } from '@/lib/services/activity'
import type { Actor } from '@/lib/services/actor'
import { subjectOfKey } from '@/lib/services/devices'
import { answered } from '../asked'
import { AuditList } from '../audit-list'
import { HistoryViews } from '../history-views'
import { dayOr } from '../past-filters'
import { ActivityCards } from './activity-cards'

export const metadata: Metadata = { title: 'Activity' }

const A_MONTH = 30

export default async function ActivityPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActor('activity:read')
  const wanted = {
    ...(await readParameters(searchParams, ['from', 'to', 'cursor'])),
    ...(await readParameters(searchParams, ['of'], LONGEST_ABOUT)),
  }
  const period = { from: dayOr(wanted.from, A_MONTH), to: dayOr(wanted.to, 0) }
  const whose = whoseOf(wanted.of)
  return (
    <>
      <PageHeader
        help="history"
        title="Activity"
        description="What a group, an issuer, a device or a person did from one day to another, both included: the last thirty days unless you choose."
        trail={[{ href: '/audit', text: 'Audit' }]}
      />
      <HistoryViews actor={actor} here="/audit/activity" />
      <FilterBar label="Choose whose activity">
        <FilterSelect
          name="of"
          label="Whose activity"
          all="Choose…"
          value={whose === null ? undefined : wanted.of}
          options={await choices(actor, wanted.of)}
        />
        <DateField name="from" label="From" value={wanted.from} />
        <DateField name="to" label="To" value={wanted.to} />
      </FilterBar>
      {whose === null ? (
        <ListFrame path="/audit/activity" filters={{}} cursor={undefined} nextCursor={null}>
          <EmptyState icon={UserSearch} title="Whose activity?">
            Choose a group, an issuer, a person or an API key above. The page of a device leads here too.
          </EmptyState>
        </ListFrame>
      ) : (
        <div className="grid gap-5">
          <Suspense key={JSON.stringify([whose, period])} fallback={<TableSkeleton />}>
            <Summary actor={actor} request={{ ...whose, ...period }} />
          </Suspense>
          <Suspense key={JSON.stringify([whose, period, wanted.cursor])} fallback={<TableSkeleton />}>
            <Events actor={actor} request={{ ...whose, ...period }} cursor={wanted.cursor} />
          </Suspense>
        </div>
      )}
    </>
  )
}

function whoseOf(of: string | undefined): Pick<ActivityRequest, 'kind' | 'id'> | null {
  const [kind, ...id] = (of ?? '').split(':')
  const known = ACTIVITY_KINDS.find((each) => each === kind)
  return known === undefined || id.length !== 1 ? null : { kind: known, id: id[0] ?? '' }
}

/** A device is too many to choose from: it is there when its own page led here. */
async function choices(actor: Actor, of: string | undefined): Promise<[value: string, text: string][]> {
  const [groups, authorities, people, keys] = await Promise.all([
    server().groups.names(actor),
    server().groups.authorities(actor),
    server().access.users(actor),
    server().access.apiKeys(actor),
  ])
  const device = of?.startsWith('device:') ? of : null
  const key = device?.slice('device:'.length) ?? ''
  return [
    ...(device ? [[device, `Device ${subjectOfKey(key) ?? key}`] as [string, string]] : []),
    ...groups.map(({ slug, name }): [string, string] => [`group:${slug}`, `Group ${name}`]),
    ...authorities
      .filter(({ kind }) => kind === 'issuer')
      .map(({ slug, name }): [string, string] => [`issuer:${slug}`, `Issuer ${name}`]),
    ...people.map(({ id, name }): [string, string] => [`person:${id}`, name]),
    ...keys.map(({ id, name }): [string, string] => [`person:${id}`, `API key ${name}`]),
  ]
}

function Summary({ actor, request }: { actor: Actor; request: ActivityRequest }) {
  return answered(server().activity.summary(actor, request), (view) => <ActivityCards activity={view} />)
}

interface EventsProps {
  actor: Actor
  request: ActivityRequest
  cursor: string | undefined
}

async function Events({ actor, request, cursor }: EventsProps) {
  const { kind, id, from, to } = request
  const page = cursor === undefined ? {} : { cursor }
  return answered(server().activity.events(actor, request, page), ({ items, nextCursor }) => (
    <section aria-label="Events">
      <h2 className="mb-2 font-semibold">Events</h2>
      <ListFrame
        path="/audit/activity"
        filters={{ of: `${kind}:${id}`, from, to }}
        cursor={cursor}
        nextCursor={nextCursor}
      >
        {items.length > 0 ? (
          <AuditList events={items} />
        ) : (
          <EmptyState icon={SearchX} title="No event">
            Nothing is recorded of it in this period.
          </EmptyState>
        )}
      </ListFrame>
    </section>
  ))
}
