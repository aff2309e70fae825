/** The overview: how things stand, what happened last, and for a new installation what to do next. */
import { KeyRound } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { PageHeader } from '@/app/_components/page-header'
import { CardsSkeleton } from '@/app/_components/skeleton'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { can } from '@/lib/services/permissions'
import { FirstSteps } from './_overview/first-steps'
import { Health } from './_overview/health'
import { healthChecks } from './_overview/health-checks'
import { Recent } from './_overview/recent'
import { Standing } from './_overview/standing'

export const metadata: Metadata = { title: 'Overview' }

export default async function OverviewPage() {
  const actor = await requireActor('overview:read')
  return (
    <>
      <PageHeader title="Overview">
        {can(actor, 'challenge:mint') && (
          <ButtonLink href="/challenges/new">
            <KeyRound aria-hidden />
            Mint a challenge
          </ButtonLink>
        )}
      </PageHeader>
      <Suspense fallback={<CardsSkeleton />}>
        <Overview actor={actor} />
      </Suspense>
    </>
  )
}

async function Overview({ actor }: { actor: Actor }) {
  const { groups: groupService, certificates, transactions } = server()
  const [counts, groups, authorities, newest, refused] = await Promise.all([
    certificates.counts(actor),
    groupService.list(actor),
    groupService.authorities(actor),
    certificates.list(actor, {}, { limit: 6 }),
    transactions.list(actor, { state: 'refused' }, { limit: 6 }),
  ])
  const now = new Date()
  const minted = counts.total > 0 || groups.some((group) => group.counts.pendingChallenges > 0)
  return (
    <div className="grid gap-5">
      {counts.total === 0 && <FirstSteps actor={actor} groups={groups} minted={minted} />}
      <Standing counts={counts} />
      <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <Recent certificates={newest.items} refused={refused.items} />
        <Health kinds={healthChecks(authorities, groups, now)} now={now} />
      </div>
    </div>
  )
}
