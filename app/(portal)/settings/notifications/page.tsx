/** Notifications: what people and other systems are told before something ends or when much fails. */
import type { Metadata } from 'next'
import Link from 'next/link'
import { Card } from '@/app/_components/card'
import { Notice } from '@/app/_components/notice'
import { TEXT_LINK } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { EventWebhookView } from '@/lib/services/event-webhook-types'
import { can } from '@/lib/services/permissions'
import { DeliveriesCard, NoticesCard } from './history-cards'
import { MailServerCard } from './mail-server-card'
import { RecipientsCard } from './recipients-card'
import { ThresholdsForm } from './thresholds-form'

export const metadata: Metadata = { title: 'Notifications' }

export default async function NotificationsPage() {
  const actor = await requireActor('notice:read')
  const { notices, mailServer, eventWebhooks, groups } = server()
  const [mail, recipients, settings, page, deliveries, webhooks, all] = await Promise.all([
    mailServer.get(actor),
    notices.recipients(actor),
    notices.settings(actor),
    notices.list(actor, {}, { limit: 50 }),
    notices.deliveries(actor),
    eventWebhooks.list(actor),
    groups.names(actor),
  ])
  const mayManage = can(actor, 'notice:manage')
  return (
    <div className="grid gap-5">
      {mail === null && recipients.length > 0 && (
        <Notice tone="warn" title="There is no mail server">
          Recipients are told nothing until there is one. What waits is sent then.
        </Notice>
      )}
      <NoticesCard notices={page.items} />
      <RecipientsCard recipients={recipients} groups={all} mayManage={mayManage} />
      <WebhooksCard webhooks={webhooks} />
      <MailServerCard mailServer={mail} mayManage={mayManage} />
      <Card title="When something is told" description="Before an end, and when more fails than should.">
        <ThresholdsForm settings={settings} readOnly={!mayManage} />
      </Card>
      <DeliveriesCard deliveries={deliveries} />
    </div>
  )
}

function WebhooksCard({ webhooks }: { webhooks: EventWebhookView[] }) {
  const told = webhooks.filter(({ events }) => events.some((event) => event.startsWith('notice.')))
  return (
    <Card
      title="Told by webhook"
      description="A chat, a ticket system or a script hears of the same, signed by Standard Webhooks, and has its own history."
    >
      <ul className="grid gap-2">
        {told.map(({ id, name }) => (
          <li key={id}>
            <Link prefetch={false} href={`/connectors/event-webhooks/${id}`} className={TEXT_LINK}>
              <VisibleText>{name}</VisibleText>
            </Link>
          </li>
        ))}
        <li className="text-muted">
          {told.length === 0 && 'None hears of notices yet. '}Event webhooks are added and chosen on the page of{' '}
          <Link prefetch={false} href="/connectors" className={TEXT_LINK}>
            connectors
          </Link>
          .
        </li>
      </ul>
    </Card>
  )
}
