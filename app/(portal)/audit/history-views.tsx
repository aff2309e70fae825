/** The ways to look into the past, beside the audit trail itself. */
import Link from 'next/link'
import { cx } from '@/app/_components/cx'
import type { Actor } from '@/lib/services/actor'
import { can, type Permission } from '@/lib/services/permissions'

const VIEWS = [
  { href: '/audit', text: 'Events', needs: 'audit:read' },
  { href: '/audit/as-of', text: 'As of a date', needs: 'as-of:read' },
  { href: '/audit/compare', text: 'Two dates', needs: 'as-of:read' },
  { href: '/audit/activity', text: 'Activity', needs: 'activity:read' },
] as const satisfies { href: string; text: string; needs: Permission }[]

export function HistoryViews({ actor, here }: { actor: Actor; here: (typeof VIEWS)[number]['href'] }) {
  return (
    <nav aria-label="Views of the past" className="mb-4 flex flex-wrap gap-1 border-b border-line pb-2">
      {VIEWS.filter(({ needs }) => can(actor, needs)).map(({ href, text }) => (
        <Link
          key={href}
          href={href}
          prefetch={false}
          aria-current={href === here ? 'page' : undefined}
          className={cx(
            'rounded-md px-3 py-1.5 font-medium',
            href === here ? 'bg-accent-soft text-accent' : 'text-muted hover:bg-hover hover:text-ink',
          )}
        >
          {text}
        </Link>
      ))}
    </nav>
  )
}
