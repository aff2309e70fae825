/** Every version of what an endpoint asks and issues, with what changed and by whom. */
import type { Metadata } from 'next'
import { PageHeader } from '@/app/_components/page-header'
import { Pagination } from '@/app/_components/pagination'
import { PolicyVersionList } from '@/app/_components/policy-version-list'
import { readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { found, requireActor } from '@/app/_session'
import { server } from '@/lib/server'

export const metadata: Metadata = { title: 'Versions of an endpoint' }

interface Props {
  params: Promise<{ slug: string }>
  searchParams: SearchParameters
}

export default async function EndpointVersionsPage({ params, searchParams }: Props) {
  const actor = await requireActor('policy-version:read')
  const { slug } = await params
  const { group, name } = await found(server().groups.getEndpoint(actor, slug))
  const { cursor: given } = await readParameters(searchParams, ['cursor'])
  // An address that somebody changed by hand begins at the newest.
  const cursor = given !== undefined && /^[1-9]\d{0,8}$/.test(given) ? given : undefined
  const page = cursor === undefined ? {} : { cursor }
  const { items, nextCursor } = await server().policyVersions.list(actor, { type: 'endpoint', slug }, page)
  const path = `/endpoints/${slug}/versions`
  return (
    <>
      <PageHeader
        help="history"
        title="Versions"
        description="Every state of this endpoint's settings and of its profile. Each certificate names the version under which it was issued."
        trail={[
          { href: '/groups', text: 'Groups' },
          { href: `/groups/${group.slug}`, text: group.name },
          { href: `/endpoints/${slug}`, text: `${group.name} ${name}` },
        ]}
      />
      <PolicyVersionList versions={items} path={path} />
      <Pagination path={path} filters={{}} cursor={cursor} nextCursor={nextCursor} />
    </>
  )
}
