/** Why devices went without a certificate since yesterday, most frequent first, each the way to its list. */
import { Card } from '@/app/_components/card'
import { TextLink } from '@/app/_components/row-link'
import { withParameters } from '@/app/_components/search-parameters'
import type { CauseCount } from '@/lib/services/transactions'

const MOST = 6

export function FailuresByCause({ causes, now }: { causes: CauseCount[]; now: Date }) {
  // The list filters by whole days: since yesterday holds the last 24 hours.
  const from = new Date(now.getTime() - 86_400_000).toISOString().slice(0, 10)
  const rest = causes.slice(MOST).reduce((sum, { count }) => sum + count, 0)
  return (
    <Card title="Failures by cause" description="In the last 24 hours." flush className="self-start">
      <ul>
        {causes.slice(0, MOST).map(({ reason, cause, count }) => (
          <li
            key={reason}
            className="flex items-baseline justify-between gap-3 border-t border-line px-4 py-2.5 first:border-t-0 sm:px-5"
          >
            <span className="min-w-0 text-sm">
              <TextLink href={withParameters('/enrolments', { cause: reason, from })}>{cause}</TextLink>
            </span>
            <span className="font-medium tabular-nums">{count.toLocaleString('en-GB')}</span>
          </li>
        ))}
      </ul>
      {rest > 0 && (
        <p className="border-t border-line px-4 py-2.5 text-sm text-muted sm:px-5">
          {rest.toLocaleString('en-GB')} for other causes.
        </p>
      )}
    </Card>
  )
}
