/** One version of an endpoint's policy. */
import type { Metadata } from 'next'
import { PageHeader } from '@/app/_components/page-header'
import { PolicyVersionCards } from '@/app/_components/policy-version-cards'
import { found, requireActor } from '@/app/_session'
import { server } from '@/lib/server'

export const metadata: Metadata = { title: 'Version of an endpoint' }

interface PageProps {
  params: Promise<{ slug: string; version: string }>
}

export default async function EndpointVersionPage({ params }: PageProps) {
  const actor = await requireActor('policy-version:read')
  const { slug, version: number } = await params
  const { group, name } = await found(server().groups.getEndpoint(actor, slug))
  const version = await found(server().policyVersions.get(actor, { type: 'endpoint', slug }, Number(number)))
  return (
    <>
      <PageHeader
        help="history"
        title={`Version ${version.version}`}
        description="The settings of this endpoint and of its profile, as they were then."
        trail={[
          { href: `/groups/${group.slug}`, text: group.name },
          { href: `/endpoints/${slug}`, text: `${group.name} ${name}` },
          { href: `/endpoints/${slug}/versions`, text: 'Versions' },
        ]}
      />
      <PolicyVersionCards version={version} />
    </>
  )
}
