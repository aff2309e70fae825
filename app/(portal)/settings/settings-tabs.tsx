/** Links that look like tabs: each is a page of its own. */
'use client'

import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { cx } from '@/app/_components/cx'

export function SettingsTabs({ tabs }: { tabs: { href: string; text: string }[] }) {
  const path = usePathname()
  return (
    <nav
      aria-label="Settings"
      className="-mx-4 mb-6 overflow-x-auto border-b border-line px-4 max-sm:mask-r-from-90% sm:mx-0 sm:px-0"
    >
      <ul className="flex gap-1">
        {tabs.map(({ href, text }) => {
          const current = path === href
          return (
            <li key={href}>
              <Link
                href={href}
                prefetch={false}
                aria-current={current ? 'page' : undefined}
                className={cx(
                  '-mb-px flex h-10 items-center border-b-2 px-3 whitespace-nowrap -outline-offset-2 transition-colors',
                  current ? 'border-accent font-medium text-ink' : 'border-transparent text-muted hover:text-ink',
                )}
              >
                {text}
              </Link>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}
