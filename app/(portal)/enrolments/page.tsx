/** Every enrolment attempt: what a device asked, and in plain words why it got what it got. */
import { ArrowLeftRight, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { EmptyState } from '@/app/_components/empty-state'
import { DateField, FilterBar, SearchField } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { ListFrame } from '@/app/_components/list-frame'
import { nameOfClient } from '@/app/_components/name-of-client'
import { PageHeader } from '@/app/_components/page-header'
import { oneOf, readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { TRANSACTION_STATE } from '@/app/_components/states'
import { TransactionTable } from '@/app/_components/transaction-table'
import { listed, requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { ENROLMENT_CAUSES, FAILURE_EXPLANATIONS } from '@/lib/services/enrolment-refusals'
import type { TransactionListing, TransactionView } from '@/lib/services/transactions'
import { dayOf } from './day'

export const metadata: Metadata = { title: 'Enrolments' }

const STATES = Object.keys(TRANSACTION_STATE) as TransactionView['state'][]
const LISTINGS: readonly TransactionListing[] = [...STATES, 'unsuccessful']
/** Causes that an earlier version recorded are found too. */
const CAUSE = /^[a-z0-9_]{1,64}$/
const CAUSES = [...Object.keys(ENROLMENT_CAUSES), ...Object.keys(FAILURE_EXPLANATIONS)]
const KINDS = ['question', 'all'] as const
const FILTERS = ['search', 'kind', 'group', 'endpoint', 'state', 'cause', 'client', 'from', 'to', 'cursor'] as const

type Wanted = Partial<Record<(typeof FILTERS)[number], string>>

export default async function EnrolmentsPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('transaction:read')
  const wanted = await readParameters(searchParams, FILTERS)
  const [groups, clients] = await Promise.all([server().groups.list(actor), server().transactions.clients(actor)])
  const endpoints = groups.flatMap((group) =>
    group.endpoints.map(({ slug, name }) => [slug, `${group.name} ${name}`] as const),
  )
  return (
    <>
      <PageHeader
        help="flight-recorder"
        title="Enrolments"
        description="Every attempt. Devices are told little about a refusal; here is all of it."
      />
      <FilterBar label="Filter enrolments">
        <SearchField label="Search enrolments" placeholder="Part of the device's name" value={wanted.search} />
        <FilterSelect
          name="kind"
          label="Kind"
          all="Enrolments"
          value={wanted.kind}
          options={[
            ['question', 'Questions (GetCert, GetCRL)'],
            ['all', 'Everything'],
          ]}
        />
        <FilterSelect
          name="group"
          label="Group"
          all="All groups"
          value={wanted.group}
          options={groups.map(({ slug, name }) => [slug, name])}
        />
        <FilterSelect
          name="endpoint"
          label="Endpoint"
          all="All endpoints"
          value={wanted.endpoint}
          options={endpoints}
        />
        <FilterSelect
          name="state"
          label="Outcome"
          all="Any outcome"
          value={wanted.state}
          options={[
            ...STATES.map((state) => [state, TRANSACTION_STATE[state][0]] as const),
            ['unsuccessful', 'Refused or failed'],
          ]}
        />
        <FilterSelect
          name="cause"
          label="Cause"
          all="Any cause"
          value={wanted.cause}
          options={CAUSES.map((cause) => [cause, inWords(cause)])}
        />
        {clients.length > 0 && (
          <FilterSelect
            name="client"
            label="Client"
            all="Any client"
            value={wanted.client}
            options={clients.map((client) => [client, nameOfClient(client) ?? client])}
          />
        )}
        <DateField name="from" label="From" value={wanted.from} />
        <DateField name="to" label="To" value={wanted.to} />
      </FilterBar>
      <Suspense key={JSON.stringify(wanted)} fallback={<TableSkeleton />}>
        <Enrolments actor={actor} wanted={wanted} />
      </Suspense>
    </>
  )
}

async function Enrolments({ actor, wanted }: { actor: Actor; wanted: Wanted }) {
  const { cursor, search, group, endpoint, client } = wanted
  const kind = oneOf(KINDS, wanted.kind)
  const state = oneOf(LISTINGS, wanted.state)
  const reason = wanted.cause && CAUSE.test(wanted.cause) ? wanted.cause : undefined
  const from = dayOf(wanted.from)
  const to = dayOf(wanted.to, 1)
  const filter = {
    ...(kind && { kind }),
    ...(search && { device: search }),
    ...(group && { group }),
    ...(endpoint && { endpoint }),
    ...(state && { state }),
    ...(reason && { reason }),
    ...(client && { client }),
    ...(from && { from }),
    ...(to && { to }),
  }
  const { items, nextCursor } = await listed(server().transactions.list(actor, filter, cursor ? { cursor } : {}))
  const { cursor: _, ...filters } = wanted
  return (
    <ListFrame path="/enrolments" filters={filters} cursor={cursor} nextCursor={nextCursor}>
      {items.length > 0 ? (
        <TransactionTable transactions={items} />
      ) : cursor || Object.keys(filter).length > 0 ? (
        <EmptyState icon={SearchX} title="No enrolment matches">
          Try fewer filters.
        </EmptyState>
      ) : (
        <EmptyState
          icon={ArrowLeftRight}
          title="No device has asked yet"
          action={
            <ButtonLink href="/groups" variant="primary">
              Go to the groups
            </ButtonLink>
          }
        >
          Each attempt appears here, granted or refused. A group's page has the URL and the commands a device needs.
        </EmptyState>
      )}
    </ListFrame>
  )
}

/** Parts of codes that have a spelling of their own. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/\bsha1\b/, 'SHA-1'],
  [/\btriple des\b/, '3DES'],
  [/\bdes\b/, 'single DES'],
  [/\bby pkcs req\b/, 'by PKCSReq'],
  [/\bca\b/, 'CA'],
  [/\bcrl\b/, 'CRL'],
  [/\bcsr\b/, 'CSR'],
  [/\bsid\b/, 'SID'],
  [/\bsan\b/, 'alternative names'],
]

function inWords(code: string): string {
  const words = SPELLINGS.reduce((text, [part, spelling]) => text.replace(part, spelling), code.replaceAll('_', ' '))
  return words.charAt(0).toUpperCase() + words.slice(1)
}
