/** Systems that are told what happens, each with its state. */
import { BellRing, CircleCheck, CircleDashed, PauseCircle, TriangleAlert } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { Instant } from '@/app/_components/instant'
import { RowLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { EventWebhookView } from '@/lib/services/event-webhook-types'
import { can } from '@/lib/services/permissions'
import { EVENT_NAMES } from './event-webhooks/event-names'
import { EventWebhookActions } from './event-webhooks/event-webhook-actions'
import { NewEventWebhook } from './event-webhooks/new-event-webhook'

export async function EventWebhooksCard({ actor }: { actor: Actor }) {
  const webhooks = await server().eventWebhooks.list(actor)
  const mayManage = can(actor, 'connector:manage')
  return (
    <Card
      flush
      title="Event webhooks"
      description="Told what happens: devices that should have renewed, brakes that are pulled, certificates that come and go."
      action={mayManage && <NewEventWebhook />}
    >
      {webhooks.length > 0 ? (
        <DataTable
          caption="Event webhooks"
          rows={webhooks}
          rowKey={({ id }) => id}
          columns={[
            {
              head: 'Event webhook',
              primary: true,
              cell: ({ id, name, url }) => (
                <div className="min-w-0">
                  <RowLink href={`/connectors/event-webhooks/${id}`}>
                    <VisibleText>{name}</VisibleText>
                  </RowLink>
                  <p className="text-sm text-muted wrap-anywhere">{URL.parse(url)?.host ?? url}</p>
                </div>
              ),
            },
            { head: 'Hears of', cell: ({ events }) => events.map((event) => EVENT_NAMES[event].title).join(', ') },
            { head: 'State', cell: (webhook) => <State webhook={webhook} /> },
            {
              head: 'Last delivered',
              cell: ({ lastDeliveredAt }) =>
                lastDeliveredAt ? <Instant at={lastDeliveredAt} show="relative" /> : 'never',
            },
            {
              head: 'Actions',
              quiet: true,
              className: 'md:text-right',
              cell: ({ id, name, pausedAt }) =>
                mayManage && (
                  <div data-above>
                    <EventWebhookActions id={id} name={name} paused={pausedAt !== null} />
                  </div>
                ),
            },
          ]}
        />
      ) : (
        <EmptyState icon={BellRing} title="No event webhooks yet">
          {mayManage
            ? 'Add one for a ticket system, a chat or a script of your own.'
            : 'An administrator can add them.'}
        </EmptyState>
      )}
    </Card>
  )
}

function State({ webhook: { pausedAt, waiting, lastError, lastDeliveredAt } }: { webhook: EventWebhookView }) {
  return (
    <div className="grid gap-1">
      {pausedAt ? (
        <Badge tone="neutral" icon={PauseCircle}>
          Paused
        </Badge>
      ) : lastError ? (
        <Badge tone="warn" icon={TriangleAlert}>
          Not delivered
        </Badge>
      ) : lastDeliveredAt === null ? (
        <Badge tone="neutral" icon={CircleDashed}>
          Nothing sent yet
        </Badge>
      ) : (
        <Badge tone="ok" icon={CircleCheck}>
          Working
        </Badge>
      )}
      {waiting > 0 && <p className="text-sm text-muted">{waiting.toLocaleString('en-GB')} waiting</p>}
      {lastError && <p className="text-sm text-muted wrap-anywhere">{lastError}</p>}
    </div>
  )
}
