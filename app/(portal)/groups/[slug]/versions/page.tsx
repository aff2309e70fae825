/** Every version of what holds for a group as a whole, with what changed and by whom. */
import type { Metadata } from 'next'
import { PageHeader } from '@/app/_components/page-header'
import { Pagination } from '@/app/_components/pagination'
import { PolicyVersionList } from '@/app/_components/policy-version-list'
import { readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { found, requireActor } from '@/app/_session'
import { server } from '@/lib/server'

export const metadata: Metadata = { title: 'Versions of a group' }

interface Props {
  params: Promise<{ slug: string }>
  searchParams: SearchParameters
}

export default async function GroupVersionsPage({ params, searchParams }: Props) {
  const actor = await requireActor('policy-version:read')
  const { slug } = await params
  const { cursor: given } = await readParameters(searchParams, ['cursor'])
  // An address that somebody changed by hand begins at the newest.
  const cursor = given !== undefined && /^[1-9]\d{0,8}$/.test(given) ? given : undefined
  const page = cursor === undefined ? {} : { cursor }
  const listed = await found(server().policyVersions.list(actor, { type: 'group', slug }, page))
  const path = `/groups/${slug}/versions`
  return (
    <>
      <PageHeader
        help="history"
        title="Versions"
        description="Every state of what holds for the whole group: its network access, its device rules and its trust page."
        trail={[
          { href: '/groups', text: 'Groups' },
          { href: `/groups/${slug}`, text: listed.object.name },
        ]}
      />
      <PolicyVersionList versions={listed.items} path={path} />
      <Pagination path={path} filters={{}} cursor={cursor} nextCursor={listed.nextCursor} />
    </>
  )
}
