/** The list of sections, in the sidebar and in the sheet of narrow screens. */
'use client'

import Link, { useLinkStatus } from 'next/link'
import { usePathname } from 'next/navigation'
import type { Permission } from '@/lib/services/permissions'
import { cx } from './cx'
import { useCount } from './fresh-count'
import { type CountReading, isCurrent, type ShellCounts, type ShellLink, sectionsFor } from './shell-links'

interface NavigationProps {
  permissions: readonly Permission[]
  counts: ShellCounts
  onNavigate?: () => void
}

export function Navigation({ permissions, counts, onNavigate }: NavigationProps) {
  const path = usePathname()
  return (
    <nav aria-label="Main" className="grid gap-5">
      {sectionsFor(permissions).map(({ title, links }) => (
        <div key={title}>
          <h2 className="mb-1 px-2.5 text-xs font-medium text-faint">{title}</h2>
          <ul className="grid gap-0.5">
            {links.map((link) => (
              <li key={link.href}>
                <SectionLink link={link} counts={counts} current={isCurrent(link.href, path)} onNavigate={onNavigate} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}

interface SectionLinkProps {
  link: ShellLink
  counts: ShellCounts
  current: boolean
  onNavigate: (() => void) | undefined
}

function SectionLink({ link: { href, text, icon: Icon, count }, counts, current, onNavigate }: SectionLinkProps) {
  return (
    <Link
      href={href}
      onClick={() => onNavigate?.()}
      prefetch={false}
      aria-current={current ? 'page' : undefined}
      className={cx(
        'flex h-9 items-center gap-2.5 rounded-md px-2.5 transition-colors',
        current ? 'bg-accent-soft font-medium text-accent' : 'text-muted hover:bg-hover hover:text-ink',
      )}
    >
      <Icon className="size-4.5 shrink-0" aria-hidden />
      {text}
      <PendingDot />
      {count !== undefined && <Waiting name={count} ofFrame={counts[count]} />}
    </Link>
  )
}

function Waiting({ name, ofFrame }: { name: keyof ShellCounts; ofFrame: CountReading }) {
  const count = useCount(name, ofFrame)
  if (count === 0) return null
  return (
    <span className="rounded-full bg-accent px-1.5 text-xs leading-5 font-medium text-on-accent tabular-nums">
      {count > 99 ? '99+' : count}
      <span className="sr-only"> waiting</span>
    </span>
  )
}

/** Always there and only its opacity changes, so that nothing shifts; it waits a moment, for most pages are quicker. */
function PendingDot() {
  const { pending } = useLinkStatus()
  return (
    <span
      aria-hidden
      className={cx(
        'ml-auto size-1.5 rounded-full bg-accent transition-opacity delay-150',
        pending ? 'opacity-100' : 'opacity-0',
      )}
    />
  )
}
