/** The tree of authorities: roots, the issuers under them, and what is to come. */
import { HardDriveDownload, Landmark } from 'lucide-react'
import type { Metadata } from 'next'
import { ButtonLink } from '@/app/_components/button'
import { EmptyState } from '@/app/_components/empty-state'
import { PageHeader } from '@/app/_components/page-header'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { can } from '@/lib/services/permissions'
import { AuthorityTree } from './authority-tree'
import { RequestList } from './request-list'

export const metadata: Metadata = { title: 'Authorities' }

export default async function AuthoritiesPage() {
  const actor = await requireActor('authority:read')
  return (
    <>
      <PageHeader
        help="rollover"
        title="Authorities"
        description="Who signs the certificates of devices: your roots, and under them an issuer for each group."
      >
        {can(actor, 'authority:manage') && (
          <ButtonLink href="/authorities/import">
            <HardDriveDownload aria-hidden />
            Import or request
          </ButtonLink>
        )}
      </PageHeader>
      <Authorities actor={actor} />
    </>
  )
}

async function Authorities({ actor }: { actor: Actor }) {
  const { groups, authorityImports } = server()
  const [all, requests, chosenId] = await Promise.all([
    groups.authorities(actor),
    authorityImports.requests(actor),
    authorityImports.rootOfNewIssuers(actor),
  ])
  if (all.length === 0) {
    return (
      <EmptyState icon={Landmark} title="No authorities">
        The root is made by set-up, and each group brings its own issuer.
      </EmptyState>
    )
  }
  return (
    <div className="grid gap-5">
      {requests.length > 0 && <RequestList requests={requests} />}
      <AuthorityTree all={all} chosenId={chosenId} now={new Date()} />
    </div>
  )
}
