/** Where the devices of a group enrol. */
import { Plus } from 'lucide-react'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { EndpointTable } from '@/app/(portal)/endpoints/endpoint-table'
import type { EndpointView } from '@/lib/services/groups'

interface EndpointsCardProps {
  group: string
  endpoints: EndpointView[]
  mayCreate: boolean
}

export function EndpointsCard({ group, endpoints, mayCreate }: EndpointsCardProps) {
  if (endpoints.length === 0) return null
  return (
    <Card
      flush
      title="Endpoints"
      action={
        mayCreate && (
          <ButtonLink href={`/groups/${group}/endpoints/new`} size="small">
            <Plus aria-hidden />
            New endpoint
          </ButtonLink>
        )
      }
    >
      <EndpointTable endpoints={endpoints} />
    </Card>
  )
}
