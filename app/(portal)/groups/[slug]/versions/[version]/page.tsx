/** One version of what holds for a group as a whole. */
import type { Metadata } from 'next'
import { PageHeader } from '@/app/_components/page-header'
import { PolicyVersionCards } from '@/app/_components/policy-version-cards'
import { found, requireActor } from '@/app/_session'
import { server } from '@/lib/server'

export const metadata: Metadata = { title: 'Version of a group' }

interface PageProps {
  params: Promise<{ slug: string; version: string }>
}

export default async function GroupVersionPage({ params }: PageProps) {
  const actor = await requireActor('policy-version:read')
  const { slug, version: number } = await params
  const version = await found(server().policyVersions.get(actor, { type: 'group', slug }, Number(number)))
  return (
    <>
      <PageHeader
        help="history"
        title={`Version ${version.version}`}
        description="What held for the whole group then: its network access, its device rules and its trust page."
        trail={[
          { href: '/groups', text: 'Groups' },
          { href: `/groups/${slug}`, text: version.object.name },
          { href: `/groups/${slug}/versions`, text: 'Versions' },
        ]}
      />
      <PolicyVersionCards version={version} />
    </>
  )
}
