/** Every challenge and what became of it. */
import { KeyRound, Plus, SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { ChallengeTable } from '@/app/_components/challenge-table'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar, SearchField } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { ListFrame } from '@/app/_components/list-frame'
import { PageHeader } from '@/app/_components/page-header'
import { oneOf, readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { CHALLENGE_STATE } from '@/app/_components/states'
import { listed, requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { ChallengeListing, ChallengeState } from '@/lib/services/challenges'
import { canInGroups } from '@/lib/services/permissions'

export const metadata: Metadata = { title: 'Challenges' }

const STATES = Object.keys(CHALLENGE_STATE) as ChallengeState[]
/** `refused`: presented to no avail, and not used since. */
const LISTINGS: readonly ChallengeListing[] = [...STATES, 'refused']

export default async function ChallengesPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('challenge:read')
  const wanted = await readParameters(searchParams, ['search', 'group', 'state', 'cursor'])
  const groups = await server().groups.list(actor)
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
      </FilterBar>
      <Suspense key={JSON.stringify(wanted)} fallback={<TableSkeleton />}>
        <Challenges actor={actor} wanted={wanted} anyGroup={groups.length > 0} />
      </Suspense>
    </>
  )
}

interface ChallengesProps {
  actor: Actor
  wanted: Partial<Record<'search' | 'group' | 'state' | 'cursor', string>>
  anyGroup: boolean
}

async function Challenges({ actor, wanted, anyGroup }: ChallengesProps) {
  const { cursor, search, group } = wanted
  const state = oneOf(LISTINGS, wanted.state)
  const filter = { ...(search && { search }), ...(group && { group }), ...(state && { state }) }
  const { items, nextCursor } = await listed(server().challenges.list(actor, filter, cursor ? { cursor } : {}))
  const filtered = cursor !== undefined || Object.keys(filter).length > 0
  return (
    <ListFrame path="/challenges" filters={{ search, group, state }} cursor={cursor} nextCursor={nextCursor}>
      {items.length > 0 ? (
        <ChallengeTable
          challenges={items}
          mayRevoke={canInGroups(actor, 'challenge:revoke')}
          mayReissue={canInGroups(actor, 'challenge:mint')}
        />
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
    </ListFrame>
  )
}
