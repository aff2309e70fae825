/** What was told, and what became of each e-mail. */
import { Bell, Mail } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { Instant } from '@/app/_components/instant'
import { RowLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { NoticeDeliveryView, NoticeView } from '@/lib/services/notice-types'

export function NoticesCard({ notices }: { notices: NoticeView[] }) {
  return (
    <Card
      flush
      title="Notices"
      description="The newest fifty. What stands is still so; what is over was put right, or told of again nearer to the end."
    >
      {notices.length > 0 ? (
        <DataTable
          caption="Notices"
          rows={notices}
          rowKey={({ id }) => id}
          columns={[
            {
              head: 'Notice',
              primary: true,
              cell: ({ path, summary }) => (
                <RowLink href={path}>
                  <VisibleText>{summary}</VisibleText>
                </RowLink>
              ),
            },
            { head: 'State', cell: (notice) => <NoticeState notice={notice} /> },
            { head: 'E-mails', cell: mailed },
            { head: 'Raised', cell: ({ createdAt }) => <Instant at={createdAt} show="relative" /> },
          ]}
        />
      ) : (
        <EmptyState icon={Bell} title="Nothing to tell">
          Nothing is near its end, and nothing fails more than it may.
        </EmptyState>
      )}
    </Card>
  )
}

function NoticeState({ notice: { resolvedAt, severity } }: { notice: NoticeView }) {
  if (resolvedAt !== null) return <Badge tone="neutral">Over</Badge>
  return severity === 'high' || severity === 'critical' ? (
    <Badge tone="bad">Stands, urgent</Badge>
  ) : (
    <Badge tone="warn">Stands</Badge>
  )
}

function mailed({ delivered, waiting, givenUp }: NoticeView): string {
  const parts = [
    ...(delivered > 0 ? [`${delivered} delivered`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(givenUp > 0 ? [`${givenUp} given up`] : []),
  ]
  return parts.length === 0 ? 'to nobody' : parts.join(', ')
}

export function DeliveriesCard({ deliveries }: { deliveries: NoticeDeliveryView[] }) {
  return (
    <Card flush title="E-mails" description="The newest hundred, tests among them, kept for ninety days.">
      {deliveries.length > 0 ? (
        <DataTable
          caption="E-mails"
          rows={deliveries}
          rowKey={({ id }) => id}
          columns={[
            {
              head: 'What',
              primary: true,
              cell: ({ summary }) => (summary === null ? 'Test' : <VisibleText>{summary}</VisibleText>),
            },
            {
              head: 'To',
              cell: ({ recipient, address }) => (
                <span className="wrap-anywhere">{recipient === null ? address : `${recipient}, ${address}`}</span>
              ),
            },
            { head: 'State', cell: (delivery) => <DeliveryState delivery={delivery} /> },
            { head: 'When', cell: ({ createdAt }) => <Instant at={createdAt} show="relative" /> },
          ]}
        />
      ) : (
        <EmptyState icon={Mail} title="No e-mails yet">
          They appear here as they are sent.
        </EmptyState>
      )}
    </Card>
  )
}

function DeliveryState({ delivery }: { delivery: NoticeDeliveryView }) {
  const { deliveredAt, givenUpAt, attempts, nextAttemptAt, lastError } = delivery
  return (
    <div className="grid justify-items-start gap-1">
      {deliveredAt ? (
        <Badge tone="ok">Delivered</Badge>
      ) : givenUpAt ? (
        <Badge tone="bad">{delivery.summary === null ? 'Not sent' : 'Given up'}</Badge>
      ) : (
        <Badge tone="accent">Waiting</Badge>
      )}
      {lastError && <p className="text-sm text-muted wrap-anywhere">{lastError}</p>}
      {!deliveredAt && !givenUpAt && attempts > 0 && (
        <p className="text-sm text-muted">
          Tried {attempts} {attempts === 1 ? 'time' : 'times'}, next <Instant at={nextAttemptAt} show="relative" />
        </p>
      )}
    </div>
  )
}
