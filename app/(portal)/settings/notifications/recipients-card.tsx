/** Who is told by e-mail, and what. */
import { Users } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { Instant } from '@/app/_components/instant'
import { VisibleText } from '@/app/_components/visible-text'
import { NOTICE_TOPICS, type RecipientView } from '@/lib/services/notice-types'
import { type GroupChoice, NewRecipient, RecipientActions } from './recipient-form'
import { TOPIC_NAMES } from './topics'

interface RecipientsCardProps {
  recipients: RecipientView[]
  groups: GroupChoice[]
  mayManage: boolean
}

export function RecipientsCard({ recipients, groups, mayManage }: RecipientsCardProps) {
  return (
    <Card
      flush
      title="Told by e-mail"
      description="Each notice goes once to everybody here whom it concerns; several that come together are one e-mail."
      action={mayManage && <NewRecipient groups={groups} />}
    >
      {recipients.length > 0 ? (
        <DataTable
          caption="Recipients"
          rows={recipients}
          rowKey={({ id }) => id}
          columns={[
            {
              head: 'Recipient',
              primary: true,
              cell: ({ name, address }) => (
                <div className="min-w-0 md:min-w-44">
                  <p className="font-medium">
                    <VisibleText>{name}</VisibleText>
                  </p>
                  <p className="text-sm text-muted wrap-anywhere">{address}</p>
                </div>
              ),
            },
            { head: 'Is told of', cell: (recipient) => <Topics recipient={recipient} groups={groups} /> },
            { head: 'State', cell: (recipient) => <State recipient={recipient} /> },
            {
              head: 'Last delivered',
              cell: ({ lastDeliveredAt }) =>
                lastDeliveredAt ? <Instant at={lastDeliveredAt} show="relative" /> : 'never',
            },
            {
              head: 'Actions',
              quiet: true,
              className: 'md:text-right',
              cell: (recipient) => mayManage && <RecipientActions recipient={recipient} groups={groups} />,
            },
          ]}
        />
      ) : (
        <EmptyState icon={Users} title="Nobody is told by e-mail yet">
          {mayManage
            ? 'Add the people who would have to act: before an issuer ends, or when a fleet stops enrolling.'
            : 'An administrator can add recipients.'}
        </EmptyState>
      )}
    </Card>
  )
}

function Topics({ recipient: { topics, groups: slugs }, groups }: { recipient: RecipientView; groups: GroupChoice[] }) {
  const names = slugs.map((slug) => groups.find((group) => group.slug === slug)?.name ?? slug)
  return (
    <>
      {topics.length === NOTICE_TOPICS.length
        ? 'Everything'
        : topics.map((topic) => TOPIC_NAMES[topic].title).join(', ')}
      {names.length > 0 && <span className="text-muted"> of {names.join(', ')}</span>}
    </>
  )
}

function State({ recipient: { pausedAt, waiting, lastError } }: { recipient: RecipientView }) {
  return (
    <div className="grid justify-items-start gap-1">
      {pausedAt ? (
        <Badge tone="neutral">Paused</Badge>
      ) : lastError ? (
        <Badge tone="warn">Not delivered</Badge>
      ) : (
        <Badge tone="ok">Told</Badge>
      )}
      {waiting > 0 && <p className="text-sm text-muted">{waiting.toLocaleString('en-GB')} waiting</p>}
      {lastError && <p className="text-sm text-muted wrap-anywhere">{lastError}</p>}
    </div>
  )
}
