/** The frame of pages outside the portal: sign-in, set-up, not found. */
import type { ReactNode } from 'react'
import { Logo } from './logo'

interface CentredPageProps {
  title: string
  description?: ReactNode
  /** Beside the mark, such as "Step 1 of 2". */
  step?: string
  wide?: boolean
  children: ReactNode
}

export function CentredPage({ title, description, step, wide = false, children }: CentredPageProps) {
  return (
    <main className="grid min-h-dvh content-start justify-items-center bg-sunken px-4 py-10 sm:content-center sm:py-12">
      <div className={wide ? 'w-full max-w-xl' : 'w-full max-w-sm'}>
        <div className="mb-6 flex items-center gap-2.5">
          <Logo className="size-8" />
          <span className="text-lg font-semibold tracking-tight">Latchkey</span>
          {step && <span className="ml-auto text-sm text-muted">{step}</span>}
        </div>
        <div className="rounded-xl border border-line bg-surface p-5 shadow-card sm:p-7">
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          {description && <p className="mt-1 text-muted">{description}</p>}
          <div className="mt-5">{children}</div>
        </div>
      </div>
    </main>
  )
}
