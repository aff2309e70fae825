/** Where the devices of a group enrol. */
import { Card } from '@/app/_components/card'
import { DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { POLICY_NAMES } from '@/app/_components/name-of-policy'
import { RowLink } from '@/app/_components/row-link'
import { EnabledBadge } from '@/app/_components/states'
import { WeakBadge } from '@/app/_components/weak-badge'
import type { EndpointView } from '@/lib/services/groups'

export function EndpointsCard({ endpoints }: { endpoints: EndpointView[] }) {
  if (endpoints.length === 0) return null
  return (
    <Card flush title="Endpoints">
      <DataTable
        caption="Endpoints"
        rows={endpoints}
        rowKey={({ id }) => id}
        columns={[
          {
            head: 'Endpoint',
            primary: true,
            cell: ({ slug, name }) => <RowLink href={`/endpoints/${slug}`}>{name}</RowLink>,
          },
          { head: 'Devices', cell: ({ enabled }) => <EnabledBadge enabled={enabled} /> },
          { head: 'Who may enrol', cell: PolicyCell },
          { head: 'Validity', cell: ({ profile }) => `${profile.validityDays} days` },
          {
            head: 'RA valid until',
            cell: ({ registrationAuthority }) =>
              registrationAuthority ? <Instant at={registrationAuthority.notAfter} show="day" /> : 'being made',
          },
        ]}
      />
    </Card>
  )
}

function PolicyCell({ policy }: EndpointView) {
  return (
    <span className="flex flex-wrap items-center gap-2">
      {POLICY_NAMES[policy]}
      {policy === 'static' && <WeakBadge />}
    </span>
  )
}
