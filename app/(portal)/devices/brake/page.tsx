/** The brakes of the MDMs: what waits behind them for an administrator's word, and how much they let pass. */
import { OctagonPause } from 'lucide-react'
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { DataTable } from '@/app/_components/data-table'
import { TRIGGERS } from '@/app/_components/device-states'
import { EmptyState } from '@/app/_components/empty-state'
import { Instant } from '@/app/_components/instant'
import { Notice } from '@/app/_components/notice'
import { PageHeader } from '@/app/_components/page-header'
import { RowLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import { requireActor } from '@/app/_session'
import { decideBraked } from '@/app/(portal)/devices/actions'
import { server } from '@/lib/server'
import type { BrakedAction, BrakeView } from '@/lib/services/device-brake'
import { can } from '@/lib/services/permissions'
import { BrakeForm } from './brake-form'

export const metadata: Metadata = { title: 'Brakes' }

export default async function BrakePage() {
  const actor = await requireActor('certificate:read')
  const { deviceBrake } = server()
  const brakes = await deviceBrake.list(actor)
  const mayDecide = can(actor, 'device-rule:manage')
  const pages = await Promise.all(brakes.map(({ connector }) => deviceBrake.braked(actor, connector.slug)))
  return (
    <>
      <PageHeader
        help="devices#the-brake"
        title="Brakes"
        trail={[{ href: '/devices', text: 'Devices' }]}
        description="So that a broken sync cannot cut off a company: how many devices of an MDM may lose certificates within an hour without an administrator's word."
      />
      {brakes.length === 0 ? (
        <div className="overflow-clip rounded-xl border border-line bg-surface shadow-card">
          <EmptyState icon={OctagonPause} title="No MDM is connected">
            Each connector to an MDM has a brake of its own.
          </EmptyState>
        </div>
      ) : (
        <div className="grid gap-5">
          {pages.map(({ brake, actions }) => (
            <BrakeCard key={brake.connector.id} brake={brake} actions={actions} mayDecide={mayDecide} />
          ))}
        </div>
      )}
    </>
  )
}

function BrakeCard({ brake, actions, mayDecide }: { brake: BrakeView; actions: BrakedAction[]; mayDecide: boolean }) {
  const { connector, waiting, pulledAt } = brake
  return (
    <Card
      id={connector.slug}
      title={connector.name}
      description={waiting > 0 ? `${devices(waiting)} waiting` : 'Nothing waits.'}
    >
      <div className="grid gap-5">
        {waiting > 0 && (
          <Notice tone="warn" title="Pulled: no further device loses certificates until you decide">
            {pulledAt && (
              <>
                Since <Instant at={pulledAt} show="relative" />.{' '}
              </>
            )}
            Look whether the MDM is right. What it takes back disappears from here by itself.
          </Notice>
        )}
        {actions.length > 0 && (
          <>
            {mayDecide && (
              <div className="flex flex-wrap gap-2">
                <Decision connector={connector.slug} decision="let_through" count={waiting} />
                <Decision connector={connector.slug} decision="cancel" count={waiting} />
              </div>
            )}
            <div className="overflow-clip rounded-lg border border-line">
              <DataTable
                caption={`Waiting behind the brake of ${connector.name}`}
                rows={actions}
                rowKey={({ id }) => id}
                columns={[
                  {
                    head: 'Device',
                    primary: true,
                    cell: ({ device }) => (
                      <RowLink href={`/devices/${device.id}`}>
                        <VisibleText>{device.name}</VisibleText>
                      </RowLink>
                    ),
                  },
                  { head: 'Because', cell: ({ trigger }) => TRIGGERS[trigger].title },
                  { head: 'Would', cell: ({ action }) => (action === 'hold' ? 'go on hold' : 'be revoked') },
                  { head: 'Certificates', cell: ({ certificates }) => certificates },
                  { head: 'Since', cell: ({ createdAt }) => <Instant at={createdAt} show="relative" /> },
                  ...(mayDecide
                    ? [
                        {
                          head: 'Decide',
                          quiet: true,
                          cell: ({ id, device }: BrakedAction) => (
                            <div className="flex flex-wrap gap-2 md:justify-end" data-above>
                              <Decision
                                connector={connector.slug}
                                decision="let_through"
                                only={{ id, name: device.name }}
                              />
                              <Decision connector={connector.slug} decision="cancel" only={{ id, name: device.name }} />
                            </div>
                          ),
                        },
                      ]
                    : []),
                ]}
              />
            </div>
            {waiting > actions.length && (
              <p className="text-sm text-muted">
                The {actions.length} that wait longest. All of them are decided at once above.
              </p>
            )}
          </>
        )}
        <BrakeForm connector={connector.slug} mostPerHour={brake.mostPerHour} mayChange={mayDecide} />
      </div>
    </Card>
  )
}

interface DecisionProps {
  connector: string
  decision: 'let_through' | 'cancel'
  /** All that wait, where no single one is meant. */
  count?: number
  only?: { id: string; name: string }
}

function Decision({ connector, decision, count = 1, only }: DecisionProps) {
  const lets = decision === 'let_through'
  const what = only ? only.name : `all ${devices(count)}`
  return (
    <ConfirmAction
      action={decideBraked}
      values={{ connector, decision, ...(only ? { 'action[]': only.id } : { seen: String(count) }) }}
      size={only ? 'small' : 'medium'}
      variant={lets ? 'danger-quiet' : 'secondary'}
      harmless={!lets}
      label={only ? (lets ? 'Let through' : 'Cancel') : lets ? 'Let all through' : 'Cancel all'}
      title={lets ? `Let ${what} through?` : `Leave ${what} as ${only || count === 1 ? 'it is' : 'they are'}?`}
      confirm={lets ? 'Let through' : 'Cancel what waits'}
      done={lets ? 'Let through' : 'Cancelled'}
    >
      <p>
        {lets
          ? 'Certificates that count are put on hold or revoked as the rules of their groups say. What is revoked stays so.'
          : 'The certificates stay as they are, until the MDM says something new of the device.'}
      </p>
    </ConfirmAction>
  )
}

function devices(count: number): string {
  return `${count.toLocaleString('en-GB')} device${count === 1 ? '' : 's'}`
}
