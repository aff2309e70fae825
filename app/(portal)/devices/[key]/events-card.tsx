/** What an MDM said of a device, and what was done because of it. */
import { Card } from '@/app/_components/card'
import { DataTable } from '@/app/_components/data-table'
import { ActionStateBadge, TRIGGERS } from '@/app/_components/device-states'
import { Instant } from '@/app/_components/instant'
import { VisibleText } from '@/app/_components/visible-text'
import type { DeviceActionView, DeviceEventView } from '@/lib/services/mdm-devices'

const SOURCES: Record<DeviceEventView['source'], string> = {
  sync: 'reading of the inventory',
  event: 'event',
  challenge: 'challenge',
  person: 'by hand',
}

export function EventsCard({ events }: { events: DeviceEventView[] }) {
  return (
    <Card title="Events" description="What its MDM said, and what was done because of it, newest first.">
      {events.length === 0 ? (
        <p className="text-muted">Nothing has changed since it became known.</p>
      ) : (
        <ol className="grid">
          {events.map((event) => (
            <li key={event.id} className="group relative flex gap-3 pb-4 last:pb-0">
              <span className="absolute top-4 bottom-0 left-[0.28rem] w-px bg-line group-last:hidden" aria-hidden />
              <span className="mt-1.5 size-2.5 shrink-0 rounded-full bg-accent" aria-hidden />
              <div className="min-w-0">
                <p className="wrap-anywhere">
                  <VisibleText>{event.sentence}</VisibleText>
                </p>
                <p className="text-sm text-muted">
                  <Instant at={event.at} />, {SOURCES[event.source]}
                </p>
              </div>
            </li>
          ))}
        </ol>
      )}
    </Card>
  )
}

const DONE: Record<DeviceActionView['action'], string> = { hold: 'Hold', revoke: 'Revoke', release: 'Release' }

export function ActionsCard({ actions }: { actions: DeviceActionView[] }) {
  if (actions.length === 0) return null
  return (
    <Card flush title="What the rules answered">
      <DataTable
        caption="Answers of the rules of its groups"
        rows={actions}
        rowKey={({ id }) => id}
        columns={[
          { head: 'Answer', primary: true, cell: ({ action }) => <span className="font-medium">{DONE[action]}</span> },
          { head: 'Because', cell: ({ trigger }) => TRIGGERS[trigger].title },
          { head: 'State', cell: ({ state }) => <ActionStateBadge state={state} /> },
          { head: 'Certificates', cell: ({ certificates }) => certificates ?? '–' },
          { head: 'Decided by', cell: ({ decidedBy }) => decidedBy ?? 'The rule' },
          { head: 'When', cell: ({ createdAt, doneAt }) => <Instant at={doneAt ?? createdAt} show="relative" /> },
        ]}
      />
    </Card>
  )
}
