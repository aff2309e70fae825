/** Every enrolment attempt: what a device asked, and in plain words why it got what it got. */
import { ArrowLeftRight, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { EmptyState } from '@/app/_components/empty-state'
import { DateField, FilterBar, SearchField } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { ViewFrame } from '@/app/_components/list-frame'
import { ListToolbar } from '@/app/_components/list-toolbar'
import { nameOfClient } from '@/app/_components/name-of-client'
import { PageHeader } from '@/app/_components/page-header'
import type { SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { TRANSACTION_STATE } from '@/app/_components/states'
import { TransactionTable } from '@/app/_components/transaction-table'
import { requestOf } from '@/app/_lists/definition'
import { CAUSES, ENROLMENT_LIST, STATES } from '@/app/_lists/enrolments'
import { type ListView, readView } from '@/app/_lists/list-view'
import { listed } from '@/app/_lists/listed'
import { requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'

export const metadata: Metadata = { title: 'Enrolments' }

export default async function EnrolmentsPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('transaction:read')
  const { view, cursor } = await readView(searchParams, ENROLMENT_LIST)
  const wanted = view.filters
  const [groups, clients] = await Promise.all([server().groups.outlines(actor), server().transactions.clients(actor)])
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
      <ListToolbar
        actor={actor}
        list={ENROLMENT_LIST}
        view={view}
        nouns={['enrolment', 'enrolments']}
        first={cursor === undefined}
      />
      <Suspense key={JSON.stringify([view.filters, view.sort, view.order, cursor])} fallback={<TableSkeleton />}>
        <Enrolments actor={actor} view={view} cursor={cursor} />
      </Suspense>
    </>
  )
}

interface EnrolmentsProps {
  actor: Actor
  view: ListView
  cursor: string | undefined
}

async function Enrolments({ actor, view, cursor }: EnrolmentsProps) {
  const filter = ENROLMENT_LIST.filterOf(view.filters)
  const page = await listed((from) => ENROLMENT_LIST.list(actor, filter, requestOf(view, from)), cursor)
  return (
    <ViewFrame view={view} {...page}>
      {page.items.length > 0 ? (
        <TransactionTable transactions={page.items} view={view} />
      ) : page.cursor || Object.keys(filter).length > 0 ? (
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
    </ViewFrame>
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
