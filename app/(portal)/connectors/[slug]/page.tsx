/** One connector: how it is, what is left to do, what it says, and how it is set. */
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { AuditLink } from '@/app/_components/audit-link'
import { Card } from '@/app/_components/card'
import { PageHeader } from '@/app/_components/page-header'
import { readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { visibleParts } from '@/app/_components/visible-parts'
import { VisibleText } from '@/app/_components/visible-text'
import { found, requireActor } from '@/app/_session'
import { ConnectorLightBadge } from '@/app/(portal)/connectors/connector-light'
import { HookValues } from '@/app/(portal)/connectors/hook-values'
import { KIND_TITLES } from '@/app/(portal)/connectors/kinds'
import { server } from '@/lib/server'
import { can } from '@/lib/services/permissions'
import { CALL_FILTERS, CallLog } from './call-log'
import { CertificateCard } from './certificate-card'
import { ConnectorSettings } from './connector-settings'
import { DevicesCard } from './devices-card'
import { HookSecret } from './hook-secret'
import { InventoryCard } from './inventory-card'
import { Remaining } from './remaining'
import { SmallerInventory } from './smaller-inventory'
import { StateCard } from './state-card'
import { SwitchConnector } from './switch-connector'
import { TestCard } from './test-card'

export const metadata: Metadata = { title: 'Connector' }

interface ConnectorPageProps {
  params: Promise<{ slug: string }>
  searchParams: SearchParameters
}

export default async function ConnectorPage({ params, searchParams }: ConnectorPageProps) {
  const actor = await requireActor('connector:read')
  const { slug } = await params
  const wanted = await readParameters(searchParams, CALL_FILTERS)
  const connector = await found(server().mdmConnectors.get(actor, slug))
  const endpoints = await server().groups.listEndpoints(actor)
  const { kind, name, light, enabled, hookUrl, settings, health, updatedAt } = connector
  const reading = await server().inventoryReadings.last(actor, slug)
  const certificates = kind === 'intune' ? await server().intuneCertificates.get(actor, slug) : null
  const mayManage = can(actor, 'connector:manage')
  return (
    <>
      <PageHeader
        help="connectors"
        title={<VisibleText>{name}</VisibleText>}
        description={name === KIND_TITLES[kind] ? undefined : KIND_TITLES[kind]}
        badge={<ConnectorLightBadge light={light} />}
        trail={[{ href: '/connectors', text: 'Connectors' }]}
      >
        <AuditLink actor={actor} type="connector" id={connector.id} />
        {mayManage && <SwitchConnector slug={slug} name={plain(name)} enabled={enabled} />}
      </PageHeader>
      <div className="grid gap-5">
        <Remaining connector={connector} />
        {reading !== null && !reading.whole && <SmallerInventory slug={slug} reading={reading} mayAccept={mayManage} />}
        <div className="grid gap-5 lg:grid-cols-2">
          <div className="grid content-start gap-5">
            <StateCard connector={connector} />
            {mayManage && kind !== 'events' && <TestCard slug={slug} />}
            {certificates !== null && (
              <CertificateCard slug={slug} name={plain(name)} certificates={certificates} mayManage={mayManage} />
            )}
            {kind === 'jamf' && <InventoryCard slug={slug} reading={reading} maySync={mayManage} />}
            {kind !== 'intune' && <DevicesCard slug={slug} />}
          </div>
          <div className="grid content-start gap-5">
            {hookUrl !== null && (
              <Card
                title="For its MDM"
                action={mayManage && <HookSecret slug={slug} name={plain(name)} kind={kind} settings={settings} />}
              >
                <HookValues kind={kind} hookUrl={hookUrl} hookSecret={null} settings={settings} />
              </Card>
            )}
            <Card
              title="Settings"
              description={mayManage ? undefined : 'Only administrators can change these settings.'}
            >
              <ConnectorSettings
                key={updatedAt.toISOString()}
                connector={connector}
                endpoints={endpoints.map((each) => ({ slug: each.slug, name: `${each.group.name} ${each.name}` }))}
                mayChange={mayManage}
              />
            </Card>
          </div>
        </div>
        <Card
          id="calls"
          title="Calls"
          description={`Every request to ${health.lastHeardAt || hookUrl ? 'it and from it' : 'it'}, without secrets. Kept for 30 days.`}
        >
          <Suspense key={JSON.stringify(wanted)} fallback={<TableSkeleton />}>
            <CallLog actor={actor} slug={slug} wanted={wanted} />
          </Suspense>
        </Card>
      </div>
    </>
  )
}

/** For titles of dialogs, which are plain text. */
function plain(name: string): string {
  return visibleParts(name)
    .map(({ text }) => text)
    .join('')
}
