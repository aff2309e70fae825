/** Every endpoint of every group. */
import { Waypoints } from 'lucide-react'
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { EmptyState } from '@/app/_components/empty-state'
import { PageHeader } from '@/app/_components/page-header'
import { requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import { EndpointTable } from './endpoint-table'

export const metadata: Metadata = { title: 'Endpoints' }

export default async function EndpointsPage() {
  const actor = await requireActorInGroups('endpoint:read')
  const endpoints = await server().groups.listEndpoints(actor)
  return (
    <>
      <PageHeader
        help="endpoints"
        title="Endpoints"
        description="Where devices ask for certificates. A group can have several, each with its own rules."
        trail={[{ href: '/groups', text: 'Groups' }]}
      />
      <Card flush>
        {endpoints.length > 0 ? (
          <EndpointTable endpoints={endpoints} />
        ) : (
          <EmptyState icon={Waypoints} title="No endpoints yet">
            Every group comes with one.
          </EmptyState>
        )}
      </Card>
    </>
  )
}
