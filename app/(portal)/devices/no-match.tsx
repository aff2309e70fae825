/** Why no device matches: where the MDM that was chosen tells of none, what there is in their place. */
import { SearchX } from 'lucide-react'
import { ButtonLink } from '@/app/_components/button'
import { EmptyState } from '@/app/_components/empty-state'
import { TextLink } from '@/app/_components/row-link'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { DeviceFilter } from '@/lib/services/devices'
import { tellsOfDevices } from '@/lib/services/mdm-connector-types'
import { can } from '@/lib/services/permissions'

export async function NoMatch({ actor, filter }: { actor: Actor; filter: DeviceFilter }) {
  const connectors = can(actor, 'connector:read') ? await server().mdmConnectors.list(actor) : []
  const silent = connectors.filter(({ kind }) => !tellsOfDevices(kind))
  const chosen = silent.find(({ slug }) => slug === filter.connector)
  if (chosen)
    return (
      <EmptyState
        icon={SearchX}
        title={`${chosen.name} tells Latchkey of no devices`}
        action={
          <>
            <ButtonLink href="/certificates">Certificates</ButtonLink>
            <ButtonLink href={`/connectors/${chosen.slug}#calls`}>Log of the connector</ButtonLink>
          </>
        }
      >
        Intune vouches for each request and asks for revocations, and keeps its inventory to itself. What was issued
        through it is among the certificates; what it asked for is in the log of the connector.
      </EmptyState>
    )
  const byState = filter.state !== undefined && filter.connector === undefined ? silent[0] : undefined
  return (
    <EmptyState icon={SearchX} title="No device matches">
      Try another part of its name, or fewer filters.
      {byState && (
        <>
          {' '}
          {byState.name} tells of no states: which certificates it had revoked is in{' '}
          <TextLink href={`/connectors/${byState.slug}#calls`}>its log</TextLink>.
        </>
      )}
    </EmptyState>
  )
}
