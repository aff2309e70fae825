/** Two days beside each other: sums for each group, and what was changed of policies and authorities in between. */
import { Card } from '@/app/_components/card'
import { DataTable } from '@/app/_components/data-table'
import { formatUtc } from '@/app/_components/format-time'
import { Instant } from '@/app/_components/instant'
import { nameOfSetting } from '@/app/_components/name-of-setting'
import { PolicyOrigin } from '@/app/_components/policy-origin'
import { TextLink } from '@/app/_components/row-link'
import type { Comparison, GroupComparison } from '@/lib/services/as-of'

const DAYS = { className: 'md:text-right tabular-nums' }

export function ComparisonCards({ comparison }: { comparison: Comparison }) {
  const { groups, policies, authorities, from, to } = comparison
  return (
    <>
      <Card flush title="Valid certificates" description={`From ${formatUtc(from)} to ${formatUtc(to)}`}>
        {groups.length > 0 ? <GroupTable groups={groups} /> : <Nothing>None was valid on either day.</Nothing>}
      </Card>
      <div className="grid gap-5 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Card flush title="Policies that were changed">
          {policies.length > 0 ? <PolicyTable policies={policies} /> : <Nothing>None was changed in between.</Nothing>}
        </Card>
        <Card flush title="Authorities">
          {authorities.length > 0 ? (
            <DataTable
              caption="Authorities that changed"
              rows={authorities}
              rowKey={({ authority, what, at }) => `${authority.slug} ${what} ${at.getTime()}`}
              columns={[
                { head: 'Authority', primary: true, cell: ({ authority }) => authority.name },
                { head: 'What', cell: ({ what }) => what },
                { head: 'When', cell: ({ at }) => <Instant at={at} show="day" className="whitespace-nowrap" /> },
              ]}
            />
          ) : (
            <Nothing>None came, retired or was revoked in between.</Nothing>
          )}
        </Card>
      </div>
    </>
  )
}

function GroupTable({ groups }: { groups: GroupComparison[] }) {
  const number = (value: number) => value.toLocaleString('en-GB')
  return (
    <DataTable
      caption="Valid certificates of each group on the two days"
      rows={groups}
      rowKey={({ group }) => group?.slug ?? ''}
      columns={[
        {
          head: 'Group',
          primary: true,
          cell: ({ group }) => <span className="font-medium">{group?.name ?? '–'}</span>,
        },
        { head: 'First day', ...DAYS, cell: ({ before }) => number(before) },
        { head: 'Issued', ...DAYS, cell: ({ came }) => number(came.issued) },
        { head: 'Renewed', ...DAYS, cell: ({ came }) => number(came.renewed) },
        { head: 'Released', ...DAYS, cell: ({ came }) => number(came.released) },
        { head: 'Ended', ...DAYS, cell: ({ gone }) => number(gone.expired) },
        { head: 'Revoked', ...DAYS, cell: ({ gone }) => number(gone.revoked + gone.issuer_revoked) },
        { head: 'On hold', ...DAYS, cell: ({ gone }) => number(gone.held) },
        {
          head: 'Second day',
          ...DAYS,
          cell: ({ after }) => <strong className="font-semibold">{number(after)}</strong>,
        },
      ]}
    />
  )
}

function PolicyTable({ policies }: Pick<Comparison, 'policies'>) {
  return (
    <DataTable
      caption="Policies that were changed"
      rows={policies}
      rowKey={({ object, version }) => `${object.type} ${object.slug} ${version}`}
      columns={[
        {
          head: 'Policy',
          primary: true,
          cell: ({ object, version }) => (
            <TextLink href={`/${object.type}s/${object.slug}/versions/${version}`}>
              {object.type === 'group' ? `Group ${object.name}` : `Endpoint ${object.slug}`} v{version}
            </TextLink>
          ),
        },
        {
          head: 'What',
          cell: ({ changes }) =>
            changes.length === 0 ? '–' : changes.map(({ field }) => nameOfSetting(field)).join(', '),
        },
        { head: 'Who', cell: (version) => <PolicyOrigin version={version} /> },
        { head: 'When', cell: ({ at }) => <Instant at={at} show="day" className="whitespace-nowrap" /> },
      ]}
    />
  )
}

function Nothing({ children }: { children: string }) {
  return <p className="px-4 py-4 text-muted sm:px-5">{children}</p>
}
