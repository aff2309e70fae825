/** The sections of a page of the documentation, beside it on wide screens. */
import type { HelpSection } from '@/lib/services/help'

export function SectionLinks({ sections }: { sections: HelpSection[] }) {
  const shown = sections.filter(({ depth }) => depth === 2)
  if (shown.length < 2) return null
  return (
    <nav aria-label="On this page" className="sticky top-8 hidden max-h-[calc(100dvh-4rem)] overflow-y-auto xl:block">
      <h2 className="mb-1 text-xs font-medium text-faint">On this page</h2>
      <ul className="grid gap-1 border-l border-line text-sm">
        {shown.map(({ id, title }) => (
          <li key={id}>
            <a
              href={`#${id}`}
              className="-ml-px block border-l border-transparent py-0.5 pl-3 text-muted hover:border-accent hover:text-ink"
            >
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
