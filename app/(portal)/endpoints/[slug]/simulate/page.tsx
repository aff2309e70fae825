/** What would happen to a request at this endpoint, by its rules as they are or as they might be. */
import type { Metadata } from 'next'
import { PageHeader } from '@/app/_components/page-header'
import { readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { found, requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import { can, canInGroups } from '@/lib/services/permissions'
import { SimulationForm } from './simulation-form'

export const metadata: Metadata = { title: 'What would happen' }

interface SimulatePageProps {
  params: Promise<{ slug: string }>
  searchParams: SearchParameters
}

export default async function SimulatePage({ params, searchParams }: SimulatePageProps) {
  const actor = await requireActorInGroups('simulation:run')
  const { slug } = await params
  const { transaction } = await readParameters(searchParams, ['transaction'])
  const { group, name, policy, profile, validatorId } = await found(server().groups.getEndpoint(actor, slug))
  const recorded = transaction ? await found(server().transactions.get(actor, transaction)) : null
  return (
    <>
      <PageHeader
        help="flight-recorder#what-would-happen"
        title="What would happen"
        description="The verdict about a request, without any effect: nothing is reserved, counted or sent."
        trail={[
          { href: '/groups', text: 'Groups' },
          { href: `/groups/${group.slug}`, text: group.name },
          { href: `/endpoints/${slug}`, text: `${group.name} ${name}` },
        ]}
      />
      <SimulationForm
        slug={slug}
        policy={policy}
        minRsaBits={profile.minRsaBits}
        mayTryChallenges={canInGroups(actor, 'simulation:challenge')}
        mayAsk={validatorId !== null && can(actor, 'simulation:ask')}
        recorded={
          recorded && {
            id: recorded.id,
            subject: recorded.subject,
            createdAt: recorded.createdAt,
            sourceIp: recorded.sourceIp,
          }
        }
      />
    </>
  )
}
