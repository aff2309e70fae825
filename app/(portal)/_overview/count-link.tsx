/** A number that opens the list of what it counts. */
import Link from 'next/link'
import { TEXT_LINK } from '@/app/_components/row-link'

interface CountLinkProps {
  count: number
  href: string | null
  /** What is counted, where nothing beside the number says it to a screen reader. */
  about?: string
}

/** Nothing to see behind a nought. */
export function CountLink({ count, href, about }: CountLinkProps) {
  const text = number(count)
  if (count === 0 || href === null) return <span className="text-muted">{text}</span>
  return (
    <Link href={href} prefetch={false} className={TEXT_LINK} data-count={count}>
      {text}
      {about && <span className="sr-only"> {about}</span>}
    </Link>
  )
}

export function number(count: number): string {
  return count.toLocaleString('en-GB')
}
