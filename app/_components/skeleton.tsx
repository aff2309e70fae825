/** Shapes of what is coming, in its place, so that nothing jumps when it comes. */
import { cx } from './cx'

export function Skeleton({ className }: { className?: string }) {
  return <div className={cx('animate-shimmer rounded-md bg-line', className)} aria-hidden />
}

export function TableSkeleton({ rows = 8 }: { rows?: number }) {
  return (
    <div
      role="status"
      aria-label="Loading"
      className="overflow-clip rounded-xl border border-line bg-surface shadow-card"
    >
      <div className="hidden h-9.5 border-b border-line bg-sunken md:block" />
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike and never move.
        <div key={row} className="flex items-center gap-6 border-t border-line px-4 py-3.5 first-of-type:border-t-0">
          <Skeleton className="h-4 w-2/5" />
          <Skeleton className="h-4 w-20" />
          <Skeleton className="hidden h-4 w-28 md:block" />
          <Skeleton className="ml-auto hidden h-4 w-24 md:block" />
        </div>
      ))}
    </div>
  )
}

export function CardsSkeleton({ count = 3 }: { count?: number }) {
  return (
    <div role="status" aria-label="Loading" className="grid gap-4">
      {Array.from({ length: count }, (_, card) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the cards are alike and never move.
        <div key={card} className="grid gap-3 rounded-xl border border-line bg-surface p-5 shadow-card">
          <Skeleton className="h-5 w-40" />
          <Skeleton className="h-4 w-3/4" />
          <Skeleton className="h-4 w-1/2" />
        </div>
      ))}
    </div>
  )
}
