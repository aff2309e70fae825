/** A titled panel. */
import type { ReactNode } from 'react'
import { cx } from './cx'

interface CardProps {
  title?: ReactNode
  description?: ReactNode
  action?: ReactNode
  /** Without padding, for tables and lists that reach the edges. */
  flush?: boolean
  className?: string
  children: ReactNode
}

export function Card({ title, description, action, flush, className, children }: CardProps) {
  return (
    <section className={cx('min-w-0 overflow-clip rounded-xl border border-line bg-surface shadow-card', className)}>
      {title && (
        <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 border-b border-line px-4 py-3 sm:px-5">
          <div className="min-w-0">
            <h2 className="font-semibold">{title}</h2>
            {description && <p className="text-sm text-muted">{description}</p>}
          </div>
          {action}
        </header>
      )}
      <div className={flush ? undefined : 'p-4 sm:p-5'}>{children}</div>
    </section>
  )
}
