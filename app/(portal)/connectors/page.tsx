/** Who is asked about requests, and who asks us: each with its state, its secrets hidden. */
import { ArrowDownToLine, Plug } from 'lucide-react'
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { EmptyState } from '@/app/_components/empty-state'
import { PageHeader } from '@/app/_components/page-header'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import { can } from '@/lib/services/permissions'
import { EventWebhooksCard } from './event-webhooks-card'
import { NewReceiver } from './new-receiver'
import { NewValidator } from './new-validator'
import { ReceiverTable } from './receiver-table'
import { ValidatorTable } from './validator-table'

export const metadata: Metadata = { title: 'Connectors' }

export default async function ConnectorsPage() {
  const actor = await requireActor('connector:read')
  const { connectors, groups } = server()
  const [validators, receivers, endpoints] = await Promise.all([
    connectors.validators(actor),
    connectors.receivers(actor),
    groups.listEndpoints(actor),
  ])
  const mayManage = can(actor, 'connector:manage')
  return (
    <>
      <PageHeader title="Connectors" description="Other systems that decide about requests, or ask us to." />
      <div className="grid gap-6">
        <Card
          flush
          title="Validators"
          description="Asked by webhook whether a request may have its certificate, at endpoints with the policy “delegated”. No answer means no certificate."
          action={mayManage && <NewValidator />}
        >
          {validators.length > 0 ? (
            <ValidatorTable validators={validators} mayManage={mayManage} />
          ) : (
            <EmptyState icon={Plug} title="No validators yet">
              {mayManage
                ? 'Add the system that knows your devices: an inventory, a ticket system, ten lines of your own.'
                : 'An administrator can add them.'}
            </EmptyState>
          )}
        </Card>
        <Card
          flush
          title="Receivers"
          description="Other SCEP servers, such as step-ca, that ask us about challenges minted here."
          action={mayManage && <NewReceiver endpoints={endpoints.map(({ slug, name }) => ({ slug, name }))} />}
        >
          {receivers.length > 0 ? (
            <ReceiverTable receivers={receivers} mayManage={mayManage} />
          ) : (
            <EmptyState icon={ArrowDownToLine} title="No receivers yet">
              {mayManage
                ? 'Add one for each server that should check its requests against our challenges.'
                : 'An administrator can add them.'}
            </EmptyState>
          )}
        </Card>
        <EventWebhooksCard actor={actor} />
      </div>
    </>
  )
}
