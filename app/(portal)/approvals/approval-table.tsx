/** Requests that people decide about, as rows. */
import { DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { RowLink } from '@/app/_components/row-link'
import { ApprovalStateBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import type { ListView } from '@/app/_lists/list-view'
import type { ApprovalView } from '@/lib/services/approval-types'

interface ApprovalTableProps {
  requests: ApprovalView[]
  /** Each that waits has a box to tick. */
  tickable?: boolean
  view?: ListView
}

export function ApprovalTable({ requests, tickable = false, view }: ApprovalTableProps) {
  return (
    <DataTable
      caption="Requests"
      view={view}
      rows={requests}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'Device',
          sort: 'name',
          primary: true,
          className: 'md:w-1/3',
          cell: (row) => (tickable && row.state === 'open' ? <Tickable {...row} /> : <DeviceCell {...row} />),
        },
        { name: 'state', head: 'State', cell: StateCell },
        { name: 'group', head: 'Group', cell: ({ group }) => group.name },
        { name: 'endpoint', head: 'Endpoint', optional: true, cell: ({ endpoint }) => endpoint.name },
        { name: 'key', head: 'Key', spare: true, cell: ({ key }) => key },
        {
          name: 'asked',
          head: 'Asked',
          sort: 'asked',
          className: 'md:whitespace-nowrap',
          cell: ({ createdAt }) => <Instant at={createdAt} show="relative" />,
        },
        {
          name: 'ends',
          head: 'Ends',
          sort: 'ends',
          className: 'md:whitespace-nowrap',
          cell: ({ expiresAt, decidedAt }) => <Instant at={decidedAt ?? expiresAt} show="relative" />,
        },
      ]}
    />
  )
}

function Tickable(row: ApprovalView) {
  return (
    <div className="flex items-start gap-3">
      <input
        type="checkbox"
        name="request"
        value={row.id}
        aria-label={`Tick ${nameOf(row)}`}
        className="mt-0.5 size-4 shrink-0 accent-accent"
      />
      <DeviceCell {...row} />
    </div>
  )
}

function nameOf({ subject, san }: Pick<ApprovalView, 'subject' | 'san'>): string {
  return subject || san.map(({ value }) => value).join(', ')
}

function DeviceCell({ id, subject, san, sourceIp, userAgent }: ApprovalView) {
  return (
    <div className="min-w-0">
      <RowLink href={`/approvals/${id}`}>
        <VisibleText>{nameOf({ subject, san })}</VisibleText>
      </RowLink>
      <p className="text-sm text-muted">
        {sourceIp ?? 'address not known'}
        {userAgent && (
          <>
            {' · '}
            <VisibleText>{userAgent}</VisibleText>
          </>
        )}
      </p>
    </div>
  )
}

function StateCell({ state, decisions, approvalsRequired }: ApprovalView) {
  const approvals = decisions.filter(({ approves }) => approves).length
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <ApprovalStateBadge state={state} />
      {approvalsRequired > 1 && state === 'open' && (
        <span className="text-sm text-muted">
          {approvals} of {approvalsRequired}
        </span>
      )}
    </span>
  )
}
