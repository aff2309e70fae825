/** What happened to this certificate, newest first, out of the audit trail. */
import { Card } from '@/app/_components/card'
import { Timeline } from '@/app/_components/timeline'
import type { AuditEventView } from '@/lib/services/audit'

export function HistoryCard({ events }: { events: AuditEventView[] }) {
  return (
    <Card title="History">
      {events.length > 0 ? <Timeline events={events} /> : <p className="text-muted">Nothing recorded.</p>}
    </Card>
  )
}
