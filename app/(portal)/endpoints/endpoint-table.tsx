/** Endpoints in a table: where devices enrol, who may, what weakens it. */
import { DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { POLICY_NAMES } from '@/app/_components/name-of-policy'
import { RowLink } from '@/app/_components/row-link'
import { EnabledBadge } from '@/app/_components/states'
import { WeaknessBadges } from '@/app/_components/weakness-badges'
import type { EndpointView } from '@/lib/services/groups'

interface EndpointTableProps {
  endpoints: (EndpointView & { group?: { slug: string; name: string } })[]
}

/** With the group where the rows know it. */
export function EndpointTable({ endpoints }: EndpointTableProps) {
  return (
    <DataTable
      caption="Endpoints"
      rows={endpoints}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'Endpoint',
          primary: true,
          cell: ({ slug, name, group, weaknesses }) => (
            <div className="flex flex-wrap items-center gap-2">
              <RowLink href={`/endpoints/${slug}`}>{group ? `${group.name} ${name}` : name}</RowLink>
              <WeaknessBadges weaknesses={weaknesses} worst />
            </div>
          ),
        },
        { head: 'Devices', cell: ({ enabled }) => <EnabledBadge enabled={enabled} /> },
        { head: 'Who may enrol', cell: ({ policy }) => POLICY_NAMES[policy] },
        { head: 'Validity', cell: ({ profile }) => `${profile.validityDays} days` },
        {
          head: 'RA valid until',
          cell: ({ registrationAuthority }) =>
            registrationAuthority ? <Instant at={registrationAuthority.notAfter} show="day" /> : 'being made',
        },
      ]}
    />
  )
}
