/** How far back the counts of the overview go. */
import Link from 'next/link'
import { cx } from '@/app/_components/cx'

export const PERIODS = ['7', '30', '90'] as const

export function PeriodChoice({ days }: { days: number }) {
  return (
    <nav aria-label="Period" className="flex rounded-md border border-control bg-surface p-0.5">
      {PERIODS.map((period) => (
        <Link
          key={period}
          href={`/?days=${period}`}
          prefetch={false}
          scroll={false}
          aria-current={Number(period) === days ? 'true' : undefined}
          className={cx(
            'rounded px-2.5 py-1 text-sm',
            Number(period) === days ? 'bg-accent-soft font-medium text-accent' : 'text-muted hover:text-ink',
          )}
        >
          {period} days
        </Link>
      ))}
    </nav>
  )
}
