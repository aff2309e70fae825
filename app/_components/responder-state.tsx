/** Whether an authority's OCSP answers will go on being signed. */
import { CircleCheck, CircleDashed, OctagonX, TriangleAlert } from 'lucide-react'
import type { AuthorityView } from '@/lib/services/groups'
import { Badge } from './badge'
import { responderFreshness } from './freshness'
import { Instant } from './instant'

export function ResponderState({
  authority,
  now,
}: {
  authority: Pick<AuthorityView, 'status' | 'ocspResponder'>
  now: Date
}) {
  const { status, ocspResponder: responder } = authority
  const over = responder === null || responder.notAfter <= now
  if (over && status === 'retired')
    return <p className="text-sm text-muted">None any more: its last certificate has ended.</p>
  if (responder === null) {
    return (
      <Badge tone="accent" icon={CircleDashed}>
        Being made
      </Badge>
    )
  }
  const freshness = responderFreshness(responder, now)
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      {freshness === 'fresh' && (
        <Badge tone="ok" icon={CircleCheck}>
          Fresh
        </Badge>
      )}
      {freshness === 'late' && (
        <Badge tone="warn" icon={TriangleAlert}>
          Renewal is late
        </Badge>
      )}
      {freshness === 'stale' && (
        <Badge tone="bad" icon={OctagonX}>
          Expired
        </Badge>
      )}
      <span className="text-sm text-muted">
        until <Instant at={responder.notAfter} />, renewed <Instant at={responder.renewsAt} show="relative" />
      </span>
    </span>
  )
}
