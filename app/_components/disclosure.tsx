/** Hides what most people need not see, behind a line that says what it is. */
import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'

interface DisclosureProps {
  summary: ReactNode
  /** Open from the start. */
  open?: boolean
  children: ReactNode
}

export function Disclosure({ summary, open = false, children }: DisclosureProps) {
  return (
    <details className="group" open={open}>
      <summary className="flex w-fit list-none items-center gap-1 rounded text-sm text-muted hover:text-ink">
        <ChevronRight className="size-4 transition-transform group-open:rotate-90" aria-hidden />
        {summary}
      </summary>
      <div className="mt-3">{children}</div>
    </details>
  )
}
