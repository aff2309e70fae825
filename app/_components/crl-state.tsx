/** Whether relying parties get a fresh revocation list. */
import { CircleCheck, CircleDashed, OctagonX, TriangleAlert } from 'lucide-react'
import type { AuthorityView } from '@/lib/services/groups'
import { Badge } from './badge'
import { crlFreshness } from './freshness'
import { Instant } from './instant'

export function CrlState({ crl, now }: { crl: AuthorityView['crl']; now: Date }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <CrlFreshness crl={crl} now={now} />
      {crl && (
        <span className="text-sm text-muted">
          no. {crl.number}, {crl.entries === 1 ? '1 entry' : `${crl.entries.toLocaleString('en')} entries`},{' '}
          <Instant at={crl.thisUpdate} show="relative" />
        </span>
      )}
    </span>
  )
}

export function CrlFreshness({ crl, now }: { crl: { thisUpdate: Date; nextUpdate: Date } | null; now: Date }) {
  if (!crl) {
    return (
      <Badge tone="accent" icon={CircleDashed}>
        Not yet published
      </Badge>
    )
  }
  switch (crlFreshness(crl, now)) {
    case 'fresh':
      return (
        <Badge tone="ok" icon={CircleCheck}>
          Fresh
        </Badge>
      )
    case 'late':
      return (
        <Badge tone="warn" icon={TriangleAlert}>
          Renewal is late
        </Badge>
      )
    case 'stale':
      return (
        <Badge tone="bad" icon={OctagonX}>
          Stale
        </Badge>
      )
  }
}
