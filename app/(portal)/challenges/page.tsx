/** Every challenge and what became of it. */
import { KeyRound, Plus, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { ChallengeTable } from '@/app/_components/challenge-table'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar, SearchField } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { ViewFrame } from '@/app/_components/list-frame'
import { ListToolbar } from '@/app/_components/list-toolbar'
import { PageHeader } from '@/app/_components/page-header'
import type { SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { CHALLENGE_STATE } from '@/app/_components/states'
import { CHALLENGE_LIST, STATES } from '@/app/_lists/challenges'
import { requestOf } from '@/app/_lists/definition'
import { addressOf, type ListView, readView } from '@/app/_lists/list-view'
import { listed } from '@/app/_lists/listed'
import { requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { canInGroups } from '@/lib/services/permissions'
import { TickedChallenges } from './ticked-challenges'

export const metadata: Metadata = { title: 'Challenges' }

export default async function ChallengesPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('challenge:read')
  const { view, cursor } = await readView(searchParams, CHALLENGE_LIST)
  const wanted = view.filters
  const groups = await server().groups.names(actor)
  return (
    <>
      <PageHeader
        help="challenge-policies"
        title="Challenges"
        description="One-time passwords, each bound to one device. Their values are kept only as a keyed hash and shown once, when minted."
      >
        {canInGroups(actor, 'challenge:mint') && groups.length > 0 && (
          <ButtonLink href="/challenges/new" variant="primary">
            <Plus aria-hidden />
            Mint a challenge
          </ButtonLink>
        )}
      </PageHeader>
      <FilterBar label="Filter challenges">
        <SearchField label="Search challenges" placeholder="Subject or device" value={wanted.search} />
        <FilterSelect
          name="group"
          label="Group"
          all="All groups"
          value={wanted.group}
          options={groups.map(({ slug, name }) => [slug, name])}
        />
        <FilterSelect
          name="state"
          label="State"
          all="All states"
          value={wanted.state}
          options={[...STATES.map((state) => [state, CHALLENGE_STATE[state][0]] as const), ['refused', 'Refused']]}
        />
        {wanted.endpoint && <input type="hidden" name="endpoint" value={wanted.endpoint} />}
      </FilterBar>
      <ListToolbar
        actor={actor}
        list={CHALLENGE_LIST}
        view={view}
        nouns={['challenge', 'challenges']}
        first={cursor === undefined}
      />
      <Suspense key={JSON.stringify([view.filters, view.sort, view.order, cursor])} fallback={<TableSkeleton />}>
        <Challenges actor={actor} view={view} cursor={cursor} anyGroup={groups.length > 0} />
      </Suspense>
    </>
  )
}

interface ChallengesProps {
  actor: Actor
  view: ListView
  cursor: string | undefined
  anyGroup: boolean
}

async function Challenges({ actor, view, cursor, anyGroup }: ChallengesProps) {
  const filter = CHALLENGE_LIST.filterOf(view.filters)
  const page = await listed((from) => CHALLENGE_LIST.list(actor, filter, requestOf(view, from)), cursor)
  const filtered = page.cursor !== undefined || Object.keys(filter).length > 0
  const mayRevoke = canInGroups(actor, 'challenge:revoke')
  const table = (
    <ChallengeTable
      challenges={page.items}
      mayRevoke={mayRevoke}
      mayReissue={canInGroups(actor, 'challenge:mint')}
      tickable={mayRevoke}
      view={view}
    />
  )
  return (
    <ViewFrame view={view} {...page}>
      {page.items.length > 0 ? (
        mayRevoke ? (
          <TickedChallenges
            query={addressOf(view).split('?')[1] ?? ''}
            waiting={await server().challenges.matching(actor, { ...filter, state: 'pending' })}
            some={filter.state === undefined || filter.state === 'pending'}
            now={new Date().toISOString()}
          >
            {table}
          </TickedChallenges>
        ) : (
          table
        )
      ) : filtered ? (
        <EmptyState icon={SearchX} title="No challenge matches">
          Try fewer filters, or another spelling.
        </EmptyState>
      ) : (
        <EmptyState
          icon={KeyRound}
          title="No challenges yet"
          action={
            anyGroup ? (
              canInGroups(actor, 'challenge:mint') && (
                <ButtonLink href="/challenges/new" variant="primary">
                  Mint a challenge
                </ButtonLink>
              )
            ) : (
              <ButtonLink href="/groups">Go to the groups</ButtonLink>
            )
          }
        >
          {anyGroup
            ? 'A device needs one to enrol. Mint it for a named device and put it into the device profile or its command.'
            : 'Challenges are minted for the endpoint of a group, so create a group first.'}
        </EmptyState>
      )}
    </ViewFrame>
  )
}
