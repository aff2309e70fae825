/** Who said what, and how many still have to. */
import { CircleCheck, CircleSlash } from 'lucide-react'
import { Card } from '@/app/_components/card'
import { Instant } from '@/app/_components/instant'
import { VisibleText } from '@/app/_components/visible-text'
import type { ApprovalDetail } from '@/lib/services/approval-types'

export function DecisionsCard({ request: { decisions, approvalsRequired, state } }: { request: ApprovalDetail }) {
  const approvals = decisions.filter(({ approves }) => approves).length
  return (
    <Card
      title="Decision"
      description={
        approvalsRequired === 1
          ? 'One person decides.'
          : `${approvals} of ${approvalsRequired} people have approved. One denial denies.`
      }
    >
      {decisions.length === 0 ? (
        <p className="text-muted">
          {state === 'open' ? 'Nobody has decided yet.' : 'Nobody decided while the request waited.'}
        </p>
      ) : (
        <ol className="grid gap-4">
          {decisions.map(({ name, approves, comment, createdAt }) => (
            <li key={`${name} ${createdAt.toISOString()}`} className="flex gap-3">
              {approves ? (
                <CircleCheck className="mt-0.5 size-4.5 shrink-0 text-ok" aria-hidden />
              ) : (
                <CircleSlash className="mt-0.5 size-4.5 shrink-0 text-bad" aria-hidden />
              )}
              <div className="min-w-0">
                <p>
                  <span className="font-medium">{name}</span> {approves ? 'approved' : 'denied'}
                </p>
                {comment && (
                  <p className="wrap-anywhere text-muted">
                    <VisibleText>{comment}</VisibleText>
                  </p>
                )}
                <p className="text-sm text-faint">
                  <Instant at={createdAt} />
                </p>
              </div>
            </li>
          ))}
        </ol>
      )}
    </Card>
  )
}
