/** The way to the pages before and after, and back to the first. Keyset paging: pages have no numbers. */
import { ArrowLeft, ArrowRight, ChevronsLeft } from 'lucide-react'
import { ButtonLink } from './button'
import { withParameters } from './search-parameters'

export interface PaginationProps {
  path: string
  filters: Readonly<Record<string, string | undefined>>
  cursor: string | undefined
  nextCursor: string | null
  previousCursor?: string | null
  /** Newest first: then the pages are newer and older ones. */
  byTime?: boolean
}

const WORDS = {
  time: { first: 'Newest', previous: 'Newer', next: 'Older' },
  other: { first: 'First', previous: 'Previous', next: 'Next' },
}

export function Pagination({
  path,
  filters,
  cursor,
  nextCursor,
  previousCursor = null,
  byTime = true,
}: PaginationProps) {
  if (!cursor && !nextCursor && !previousCursor) return null
  const words = byTime ? WORDS.time : WORDS.other
  return (
    <nav aria-label="Pages" className="mt-4 flex flex-wrap justify-end gap-2">
      {cursor && (
        <ButtonLink href={withParameters(path, filters)} size="small">
          <ChevronsLeft aria-hidden />
          {words.first}
        </ButtonLink>
      )}
      {previousCursor && (
        <ButtonLink href={withParameters(path, { ...filters, cursor: previousCursor })} size="small">
          <ArrowLeft aria-hidden />
          {words.previous}
        </ButtonLink>
      )}
      {nextCursor && (
        <ButtonLink href={withParameters(path, { ...filters, cursor: nextCursor })} size="small">
          {words.next}
          <ArrowRight aria-hidden />
        </ButtonLink>
      )}
    </nav>
  )
}
