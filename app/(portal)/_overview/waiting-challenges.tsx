/** Challenges that were minted and not used yet: each is a device that somebody expects. */
import { Card } from '@/app/_components/card'
import type { Waiting } from '@/lib/services/overview'
import { waitingChallenges } from './addresses'
import { CountLink } from './count-link'

export function WaitingChallenges({ waiting: { total, groups } }: { waiting: Waiting }) {
  if (total === 0) return null
  return (
    <Card title="Challenges waiting" description="Minted, not used, not expired." flush className="self-start">
      <ul>
        {groups.map(({ group, count }) => (
          <li
            key={group.slug}
            className="flex items-baseline justify-between gap-3 border-t border-line px-4 py-2.5 first:border-t-0 sm:px-5"
          >
            <span className="min-w-0 text-sm wrap-anywhere">{group.name}</span>
            <span className="font-medium tabular-nums">
              <CountLink count={count} href={waitingChallenges(group.slug)} about={`waiting in ${group.name}`} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}
