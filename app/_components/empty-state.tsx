/** An empty list says why it is empty and what to do next. */
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

interface EmptyStateProps {
  icon: LucideIcon
  title: string
  children: ReactNode
  action?: ReactNode
  /** When it is all there is on the page. */
  whole?: boolean
}

export function EmptyState({ icon: Icon, title, children, action, whole = false }: EmptyStateProps) {
  const Heading = whole ? 'h1' : 'h3'
  return (
    <div className="grid justify-items-center gap-1 px-6 py-14 text-center">
      <span className="mb-3 grid size-11 place-items-center rounded-full border border-line bg-sunken text-muted">
        <Icon className="size-5" aria-hidden />
      </span>
      <Heading className="font-semibold">{title}</Heading>
      <p className="max-w-md text-muted">{children}</p>
      {action && <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}
