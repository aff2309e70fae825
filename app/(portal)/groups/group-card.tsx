/** One group on the overview of groups. */
import { CircleDashed, KeyRound, Landmark } from 'lucide-react'
import Link from 'next/link'
import { Badge } from '@/app/_components/badge'
import { Instant } from '@/app/_components/instant'
import { KEY_NAMES } from '@/app/_components/name-of-key'
import { EnabledBadge } from '@/app/_components/states'
import type { GroupView } from '@/lib/services/groups'

export function GroupCard({ group }: { group: GroupView }) {
  const { issuer, counts, endpoints } = group
  return (
    <article className="relative grid h-full grid-cols-1 gap-4 rounded-xl border border-line bg-surface p-5 shadow-card transition-colors hover:border-edge">
      <header className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="text-lg font-semibold wrap-anywhere">
            <Link href={`/groups/${group.slug}`} className="after:absolute after:inset-0 after:rounded-xl">
              {group.name}
            </Link>
          </h2>
          <p className="text-sm text-muted">
            Since <Instant at={group.createdAt} show="day" className="relative z-1" />
          </p>
        </div>
        {group.retiredAt ? (
          <Badge tone="neutral">Retired</Badge>
        ) : group.ready ? (
          <EnabledBadge enabled={endpoints.some(({ enabled }) => enabled)} />
        ) : (
          <Badge tone="accent" icon={CircleDashed}>
            Being made
          </Badge>
        )}
      </header>
      <dl className="grid grid-cols-3 gap-3">
        <Count name="Valid" value={counts.valid} />
        <Count name="Revoked" value={counts.revoked} />
        <Count name="Waiting" value={counts.pendingChallenges} />
      </dl>
      <footer className="grid grid-cols-1 gap-1 border-t border-line pt-3 text-sm text-muted">
        {issuer && (
          <p className="flex items-center gap-2">
            <Landmark className="size-4 shrink-0" aria-hidden />
            <span>
              {KEY_NAMES[issuer.keyAlgorithm]}, until{' '}
              <Instant at={issuer.notAfter} show="day" className="relative z-1" />
            </span>
          </p>
        )}
        {endpoints.map((endpoint) => (
          <p key={endpoint.id} className="flex items-center gap-2">
            <KeyRound className="size-4 shrink-0" aria-hidden />
            <span className="truncate font-mono text-xs">{endpoint.scepUrl}</span>
          </p>
        ))}
      </footer>
    </article>
  )
}

function Count({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="text-xl font-semibold tabular-nums">{value.toLocaleString('en-GB')}</dd>
    </div>
  )
}
