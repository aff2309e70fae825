/** The MDMs, who is asked about requests, and who asks us: each with its state, its secrets hidden. */
import { ArrowDownToLine, Plug, Plus, TabletSmartphone } from 'lucide-react'
import type { Metadata } from 'next'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { EmptyState } from '@/app/_components/empty-state'
import { PageHeader } from '@/app/_components/page-header'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import { can } from '@/lib/services/permissions'
import { ConnectorTable } from './connector-table'
import { EventWebhooksCard } from './event-webhooks-card'
import { NewReceiver } from './new-receiver'
import { NewValidator } from './new-validator'
import { ReceiverTable } from './receiver-table'
import { ValidatorTable } from './validator-table'

export const metadata: Metadata = { title: 'Connectors' }

export default async function ConnectorsPage() {
  const actor = await requireActor('connector:read')
  const { connectors, mdmConnectors, groups } = server()
  const [mdms, validators, receivers, endpoints] = await Promise.all([
    mdmConnectors.list(actor),
    connectors.validators(actor),
    connectors.receivers(actor),
    groups.listEndpoints(actor),
  ])
  const mayManage = can(actor, 'connector:manage')
  return (
    <>
      <PageHeader
        help="connectors"
        title="Connectors"
        description="Your MDMs, and other systems that decide about requests or ask us to."
      />
      <div className="grid gap-6">
        <Card
          flush
          title="MDMs"
          description="They know which devices are yours. Certificates follow what becomes of them."
          action={
            mayManage && (
              <ButtonLink href="/connectors/new" variant="primary">
                <Plus aria-hidden />
                Connect an MDM
              </ButtonLink>
            )
          }
        >
          {mdms.length > 0 ? (
            <ConnectorTable connectors={mdms} />
          ) : (
            <EmptyState icon={TabletSmartphone} title="No MDM is connected">
              {mayManage
                ? 'Connect the one that manages your devices: they then get their challenges by themselves, and lose their certificates when they are lost.'
                : 'An administrator can connect one.'}
            </EmptyState>
          )}
        </Card>
        <Card
          flush
          title="Validators"
          description="Asked by webhook whether a request may have its certificate. No answer means no certificate."
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
