/** Sessions as rows. */
import { MonitorCheck } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { type Column, DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { VisibleText } from '@/app/_components/visible-text'
import type { SessionView } from '@/lib/services/access'
import { clientName } from './client-name'
import { EndSession } from './end-session'

interface SessionTableProps {
  sessions: SessionView[]
  /** The session that is looking: it is ended by signing out. */
  current: string | undefined
  mayEnd: boolean
  withNames: boolean
}

export function SessionTable({ sessions, current, mayEnd, withNames }: SessionTableProps) {
  const person: Column<SessionView> = {
    head: 'Person',
    primary: true,
    cell: ({ userName }) => <p className="font-medium">{userName}</p>,
  }
  return (
    <DataTable
      caption="Sessions"
      rows={sessions}
      rowKey={({ id }) => id}
      columns={[
        ...(withNames ? [person] : []),
        {
          head: 'Client',
          primary: !withNames,
          cell: ({ id, userAgent }) => (
            <div className="flex flex-wrap items-center gap-2">
              <span className={withNames ? undefined : 'font-medium'}>
                <VisibleText>{clientName(userAgent)}</VisibleText>
              </span>
              {id === current && (
                <Badge tone="accent" icon={MonitorCheck}>
                  This one
                </Badge>
              )}
            </div>
          ),
        },
        { head: 'Address', cell: ({ sourceIp }) => sourceIp ?? 'not known' },
        { head: 'Signed in', cell: ({ createdAt }) => <Instant at={createdAt} show="relative" /> },
        { head: 'Last seen', cell: ({ lastSeenAt }) => <Instant at={lastSeenAt} show="relative" /> },
        { head: 'Ends', cell: ({ expiresAt }) => <Instant at={expiresAt} show="relative" /> },
        {
          head: 'Actions',
          quiet: true,
          className: 'md:text-right',
          cell: ({ id, userName }) => mayEnd && id !== current && <EndSession id={id} name={userName} />,
        },
      ]}
    />
  )
}
