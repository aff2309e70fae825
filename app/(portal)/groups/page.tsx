/** Every group at a glance: its certificates, its issuer, whether devices can enrol. */
import { Plus, UsersRound } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { EmptyState } from '@/app/_components/empty-state'
import { PageHeader } from '@/app/_components/page-header'
import { CardsSkeleton } from '@/app/_components/skeleton'
import { requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { can } from '@/lib/services/permissions'
import { GroupCard } from './group-card'

export const metadata: Metadata = { title: 'Groups' }

export default async function GroupsPage() {
  const actor = await requireActorInGroups('group:read')
  return (
    <>
      <PageHeader
        title="Groups"
        help="how-an-enrolment-works"
        description="Each group has its own issuer, so what goes wrong in one stays in one."
      >
        <ButtonLink href="/endpoints">All endpoints</ButtonLink>
        {can(actor, 'group:create') && (
          <ButtonLink href="/groups/new" variant="primary">
            <Plus aria-hidden />
            New group
          </ButtonLink>
        )}
      </PageHeader>
      <Suspense fallback={<CardsSkeleton />}>
        <Groups actor={actor} />
      </Suspense>
    </>
  )
}

async function Groups({ actor }: { actor: Actor }) {
  const groups = await server().groups.list(actor)
  if (groups.length === 0) {
    return (
      <div className="rounded-xl border border-line bg-surface shadow-card">
        <EmptyState
          icon={UsersRound}
          title="No groups yet"
          action={
            can(actor, 'group:create') && (
              <ButtonLink href="/groups/new" variant="primary">
                <Plus aria-hidden />
                Create the first group
              </ButtonLink>
            )
          }
        >
          A group gives a set of devices its own issuer and a URL to enrol at. Start with the one you know best, such as
          "Staff".
        </EmptyState>
      </div>
    )
  }
  return (
    <ul className="grid gap-4 md:grid-cols-2">
      {groups.map((group) => (
        <li key={group.id} className="min-w-0">
          <GroupCard group={group} />
        </li>
      ))}
    </ul>
  )
}
