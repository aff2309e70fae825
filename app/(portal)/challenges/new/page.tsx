/** Minting: who the device is, which names it may claim, how long it has. */
import { UsersRound } from 'lucide-react'
import type { Metadata } from 'next'
import { ButtonLink } from '@/app/_components/button'
import { EmptyState } from '@/app/_components/empty-state'
import { PageHeader } from '@/app/_components/page-header'
import { readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import { type GroupOutline, rootAbove } from '@/lib/services/groups'
import { type EndpointChoice, MintFlow } from './mint-flow'

export const metadata: Metadata = { title: 'Mint a challenge' }

export default async function MintPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('challenge:mint')
  const { endpoint } = await readParameters(searchParams, ['endpoint'])
  const { groups: groupService } = server()
  const [groups, authorities] = await Promise.all([groupService.outlines(actor), groupService.authorities(actor)])
  const rootUrl = (issuerId: string) => rootAbove(authorities, issuerId)?.caUrl ?? ''
  const choices = groups.flatMap((group) => choicesOf(group, rootUrl))
  return (
    <div className="max-w-3xl">
      <PageHeader
        help="challenge-policies"
        title="Mint a challenge"
        description="A one-time password that lets one device enrol under the names you give here, and under no others."
        trail={[{ href: '/challenges', text: 'Challenges' }]}
      />
      {choices.length > 0 ? (
        <MintFlow choices={choices} chosen={endpoint} />
      ) : (
        <div className="rounded-xl border border-line bg-surface shadow-card">
          <EmptyState
            icon={UsersRound}
            title="No endpoint takes challenges"
            action={<ButtonLink href="/groups">Go to the groups</ButtonLink>}
          >
            Create a group, or switch the endpoint of a group on again.
          </EmptyState>
        </div>
      )}
    </div>
  )
}

/** The endpoints of a group that take challenges now. */
function choicesOf(
  { name: group, issuer, endpoints }: GroupOutline,
  rootUrl: (issuerId: string) => string,
): EndpointChoice[] {
  if (!issuer) return []
  const open = endpoints.filter(({ enabled, policy }) => enabled && policy === 'dynamic')
  return open.map(({ slug, name, challengeTtlMinutes, includeRoot }) => ({
    slug,
    name,
    group,
    ttlMinutes: challengeTtlMinutes,
    includeRoot,
    rootUrl: rootUrl(issuer.id),
    issuerUrl: issuer.caUrl,
    issuerFingerprint: issuer.fingerprintSha256,
  }))
}
