/** Whether relying parties get a fresh revocation list. */
import { CircleCheck, CircleDashed, OctagonX, TriangleAlert } from 'lucide-react'
import type { AuthorityView } from '@/lib/services/groups'
import { Badge } from './badge'
import { crlFreshness } from './freshness'
import { Instant } from './instant'

export function CrlState({ crl, now }: { crl: AuthorityView['crl']; now: Date }) {
  if (!crl) {
    return (
      <Badge tone="accent" icon={CircleDashed}>
        Not yet published
      </Badge>
    )
  }
  const freshness = crlFreshness(crl, now)
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
          Stale
        </Badge>
      )}
      <span className="text-sm text-muted">
        no. {crl.number}, {crl.entries === 1 ? '1 entry' : `${crl.entries} entries`},{' '}
        <Instant at={crl.thisUpdate} show="relative" />
      </span>
    </span>
  )
}
