/** What this page is, where it belongs, where to read more, and the one thing most people come here to do. */
import { ChevronRight, CircleHelp } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'

interface PageHeaderProps {
  title: ReactNode
  description?: ReactNode
  badge?: ReactNode
  /** The page of docs/ that explains this one, with an anchor where a section does: `crl#shards`, `mdm/intune`. */
  help?: string
  trail?: { href: string; text: string }[]
  children?: ReactNode
}

export function PageHeader({ title, description, badge, help, trail = [], children }: PageHeaderProps) {
  return (
    <header className="mb-6 grid gap-2">
      {trail.length > 0 && (
        <nav aria-label="Breadcrumb">
          <ol className="flex flex-wrap items-center gap-1 text-sm text-muted">
            {trail.map((step, index) => (
              <li key={step.href} className="flex items-center gap-1">
                <Link href={step.href} className="rounded hover:text-ink hover:underline">
                  {step.text}
                </Link>
                {index < trail.length - 1 && <ChevronRight className="size-3.5 text-faint" aria-hidden />}
              </li>
            ))}
          </ol>
        </nav>
      )}
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 className="text-2xl font-semibold tracking-tight wrap-anywhere">{title}</h1>
            {badge}
            {help && <HelpLink help={help} />}
          </div>
          {description && <p className="mt-1 max-w-2xl text-muted">{description}</p>}
        </div>
        {children && <div className="flex flex-wrap gap-2">{children}</div>}
      </div>
    </header>
  )
}

function HelpLink({ help }: { help: string }) {
  return (
    <Link
      href={`/help/${help}`}
      prefetch={false}
      className="flex items-center gap-1 rounded text-sm text-muted hover:text-ink hover:underline"
    >
      <CircleHelp className="size-4" aria-hidden />
      Help
      <span className="sr-only"> about this page</span>
    </Link>
  )
}
