/** A further endpoint of a group. */
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { PageHeader } from '@/app/_components/page-header'
import { found, requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import { NewEndpointForm } from './new-endpoint-form'

export const metadata: Metadata = { title: 'New endpoint' }

export default async function NewEndpointPage({ params }: { params: Promise<{ slug: string }> }) {
  const actor = await requireActor('endpoint:create')
  const group = await found(server().groups.outline(actor, (await params).slug))
  return (
    <div className="max-w-2xl">
      <PageHeader
        help="endpoints"
        title="New endpoint"
        description={`Another address for devices of ${group.name}, with rules of its own. Certificates come from the same issuer.`}
        trail={[
          { href: '/groups', text: 'Groups' },
          { href: `/groups/${group.slug}`, text: group.name },
        ]}
      />
      <Card>
        <NewEndpointForm group={group.slug} />
      </Card>
    </div>
  )
}
