/** What was told to another system, and what it answered. */
import { BellRing } from 'lucide-react'
import type { Metadata } from 'next'
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { PageHeader } from '@/app/_components/page-header'
import { VisibleText } from '@/app/_components/visible-text'
import { found, requireActor } from '@/app/_session'
import { EVENT_NAMES } from '@/app/(portal)/connectors/event-webhooks/event-names'
import { server } from '@/lib/server'
import type { EventDeliveryView } from '@/lib/services/event-webhook-types'

export const metadata: Metadata = { title: 'Event webhook' }

export default async function EventWebhookPage({ params }: { params: Promise<{ id: string }> }) {
  const actor = await requireActor('connector:read')
  const { id } = await params
  const { eventWebhooks } = server()
  const deliveries = await found(eventWebhooks.deliveries(actor, id))
  const webhook = (await eventWebhooks.list(actor)).find((each) => each.id === id)
  return (
    <>
      <PageHeader
        help="devices#event-webhooks"
        description="Where events of devices are sent, and how the deliveries went."
        title={<VisibleText>{webhook?.name ?? 'Event webhook'}</VisibleText>}
        trail={[{ href: '/connectors', text: 'Connectors' }]}
      />
      <div className="grid gap-5">
        {webhook && (
          <Card title="Settings">
            <Facts>
              <Fact name="URL">{webhook.url}</Fact>
              <Fact name="Hears of">{webhook.events.map((event) => EVENT_NAMES[event].title).join(', ')}</Fact>
              {webhook.allowedHosts.length > 0 && <Fact name="Private hosts">{webhook.allowedHosts.join(', ')}</Fact>}
              <Fact name="Added by">
                {webhook.createdBy}, <Instant at={webhook.createdAt} />
              </Fact>
            </Facts>
          </Card>
        )}
        <Card flush title="Deliveries" description="The newest hundred, kept for thirty days.">
          {deliveries.length > 0 ? (
            <DataTable
              caption="Deliveries"
              rows={deliveries}
              rowKey={(delivery) => delivery.id}
              columns={[
                { head: 'Event', primary: true, cell: ({ event }) => <span className="font-medium">{event}</span> },
                { head: 'State', cell: (delivery) => <State delivery={delivery} /> },
                { head: 'Attempts', cell: ({ attempts }) => attempts },
                {
                  head: 'Answer',
                  cell: ({ status, lastError }) => lastError ?? (status === null ? '–' : `HTTP ${status}`),
                },
                { head: 'When', cell: ({ createdAt }) => <Instant at={createdAt} show="relative" /> },
              ]}
            />
          ) : (
            <EmptyState icon={BellRing} title="Nothing yet">
              Events appear here as they happen.
            </EmptyState>
          )}
        </Card>
      </div>
    </>
  )
}

function State({ delivery: { deliveredAt, givenUpAt } }: { delivery: EventDeliveryView }) {
  if (deliveredAt) return <Badge tone="ok">Delivered</Badge>
  return givenUpAt ? <Badge tone="bad">Given up</Badge> : <Badge tone="accent">Waiting</Badge>
}
