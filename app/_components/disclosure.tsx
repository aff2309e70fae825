/** Hides what most people need not see, behind a line that says what it is. */
import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'

export function Disclosure({ summary, children }: { summary: ReactNode; children: ReactNode }) {
  return (
    <details className="group">
      <summary className="flex w-fit list-none items-center gap-1 rounded text-sm text-muted hover:text-ink">
        <ChevronRight className="size-4 transition-transform group-open:rotate-90" aria-hidden />
        {summary}
      </summary>
      <div className="mt-3">{children}</div>
    </details>
  )
}
