/** Audit events one under the other, along a line. */
import type { AuditEventView, AuditOutcome } from '@/lib/services/audit'
import { cx } from './cx'
import { Instant } from './instant'
import { VisibleText } from './visible-text'

const DOTS: Record<AuditOutcome, string> = {
  success: 'bg-ok',
  failure: 'bg-warn',
  denied: 'bg-bad',
  error: 'bg-bad',
  pending: 'bg-accent',
}

export function Timeline({ events }: { events: AuditEventView[] }) {
  return (
    <ol className="grid">
      {events.map((event) => (
        <li key={event.id} className="group relative flex gap-3 pb-5 last:pb-0">
          <span className="absolute top-4 bottom-0 left-[0.28rem] w-px bg-line group-last:hidden" aria-hidden />
          <span className={cx('mt-1.5 size-2.5 shrink-0 rounded-full', DOTS[event.outcome])} aria-hidden />
          <div className="min-w-0">
            <p className="wrap-anywhere">
              {event.outcome !== 'success' && event.outcome !== 'pending' && (
                <span className="sr-only">{event.outcome}: </span>
              )}
              <VisibleText>{event.sentence}</VisibleText>
            </p>
            <p className="text-sm text-muted">
              <Instant at={event.time} />
              {event.source.ip && ` from ${event.source.ip}`}
            </p>
          </div>
        </li>
      ))}
    </ol>
  )
}
