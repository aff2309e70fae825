/** A titled panel. */
import type { ReactNode } from 'react'
import { cx } from './cx'

interface CardProps {
  /** For links to it, and for an index of the page's sections. */
  id?: string
  title?: ReactNode
  description?: ReactNode
  action?: ReactNode
  /** Without padding, for tables and lists that reach the edges. */
  flush?: boolean
  className?: string
  children: ReactNode
}

export function Card({ id, title, description, action, flush, className, children }: CardProps) {
  const linked = id === undefined ? {} : { id, tabIndex: -1, 'aria-labelledby': `${id}-title` }
  return (
    <section
      {...linked}
      className={cx(
        'min-w-0 overflow-clip rounded-xl border border-line bg-surface shadow-card',
        id !== undefined && 'scroll-mt-34 outline-none lg:scroll-mt-6',
        className,
      )}
    >
      {title && (
        <header
          className={cx(
            'flex flex-wrap justify-between gap-x-4 gap-y-2 border-b border-line px-4 py-3 sm:px-5',
            description ? 'items-start' : 'items-center',
          )}
        >
          <div className="min-w-0">
            <h2 {...(id === undefined ? {} : { id: `${id}-title` })} className="font-semibold">
              {title}
            </h2>
            {description && <p className="text-sm text-muted">{description}</p>}
          </div>
          {action}
        </header>
      )}
      <div className={flush ? undefined : 'p-4 sm:p-5'}>{children}</div>
    </section>
  )
}
