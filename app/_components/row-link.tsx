/** The link that makes a whole table row clickable (.rows in globals.css stretches it). */
import Link from 'next/link'
import type { ReactNode } from 'react'

export function RowLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} prefetch={false} data-row-link className="font-medium text-ink">
      {children}
    </Link>
  )
}

/** For links that leave the pages of the portal as well, which Next must not fetch ahead. */
export const TEXT_LINK =
  'rounded text-accent underline decoration-accent-line underline-offset-2 hover:decoration-accent'

export function TextLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} prefetch={false} className={TEXT_LINK}>
      {children}
    </Link>
  )
}
