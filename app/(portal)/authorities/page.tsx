/** The root and the issuers under it: what relying parties are given, and how fresh it is. */
import { Landmark } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { EmptyState } from '@/app/_components/empty-state'
import { PageHeader } from '@/app/_components/page-header'
import { CardsSkeleton } from '@/app/_components/skeleton'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { can } from '@/lib/services/permissions'
import { AuthorityCard } from './authority-card'

export const metadata: Metadata = { title: 'Authorities' }

export default async function AuthoritiesPage() {
  const actor = await requireActor('group:read')
  return (
    <>
      <PageHeader
        title="Authorities"
        description="Give relying parties the root, and each of them only the issuers of the groups it should accept."
      />
      <Suspense fallback={<CardsSkeleton count={2} />}>
        <Authorities actor={actor} />
      </Suspense>
    </>
  )
}

async function Authorities({ actor }: { actor: Actor }) {
  const { groups, crlLists, trust } = server()
  const [authorities, lists, trustPages] = await Promise.all([
    groups.authorities(actor),
    crlLists.list(actor),
    trust.pagesByAuthority(actor),
  ])
  if (authorities.length === 0) {
    return (
      <EmptyState icon={Landmark} title="No authorities">
        The root is made by set-up, and each group brings its own issuer.
      </EmptyState>
    )
  }
  const now = new Date()
  return (
    <ul className="grid gap-5">
      {authorities.map((authority) => (
        <li key={authority.id} id={authority.slug} className="min-w-0 scroll-mt-20">
          <AuthorityCard
            authority={authority}
            lists={lists.filter((list) => list.authority.id === authority.id)}
            trustPage={trustPages.get(authority.id)}
            now={now}
            actor={actor}
            mayRevoke={can(actor, 'bulk-revocation:manage')}
          />
        </li>
      ))}
    </ul>
  )
}
