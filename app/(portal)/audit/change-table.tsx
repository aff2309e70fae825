/** What was changed: each field with its value before and after. Words and signs say it too, not colour alone. */
import { VisibleText } from '@/app/_components/visible-text'
import type { AuditEventView } from '@/lib/services/audit'
import { changedFields } from '@/lib/services/change-diff'

export function ChangeTable({ change }: { change: NonNullable<AuditEventView['change']> }) {
  return (
    <dl className="grid gap-2">
      {changedFields(change).map(({ field, before, after }) => (
        <div key={field} className="min-w-0">
          <dt className="font-mono text-xs text-muted">
            <VisibleText>{field}</VisibleText>
          </dt>
          {before === '' && after === '' ? (
            <dd className="text-sm text-muted">changed; its value is not on record</dd>
          ) : (
            <dd className="grid gap-0.5 font-mono text-xs leading-5">
              {before !== '' && (
                <del className="rounded bg-bad-soft px-1.5 wrap-anywhere text-bad no-underline">
                  <span aria-hidden>− </span>
                  <span className="sr-only">before: </span>
                  <VisibleText>{before}</VisibleText>
                </del>
              )}
              {after !== '' && (
                <ins className="rounded bg-ok-soft px-1.5 wrap-anywhere text-ok no-underline">
                  <span aria-hidden>+ </span>
                  <span className="sr-only">after: </span>
                  <VisibleText>{after}</VisibleText>
                </ins>
              )}
            </dd>
          )}
        </div>
      ))}
    </dl>
  )
}
