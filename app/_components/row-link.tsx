/** The link that makes a whole table row clickable (.rows in globals.css stretches it). */
import Link from 'next/link'
import type { ReactNode } from 'react'

export function RowLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} data-row-link className="font-medium text-ink">
      {children}
    </Link>
  )
}

export function TextLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} className="rounded text-accent underline decoration-accent-line underline-offset-2 hover:decoration-accent">
      {children}
    </Link>
  )
}
