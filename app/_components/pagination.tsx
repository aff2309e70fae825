/** The way to older rows and back to the newest. Keyset paging: pages have no numbers, the browser's back goes back. */
import { ArrowRight, ChevronsLeft } from 'lucide-react'
import { ButtonLink } from './button'
import { withParameters } from './search-parameters'

interface PaginationProps {
  path: string
  filters: Readonly<Record<string, string | undefined>>
  cursor: string | undefined
  nextCursor: string | null
}

export function Pagination({ path, filters, cursor, nextCursor }: PaginationProps) {
  if (!cursor && !nextCursor) return null
  return (
    <nav aria-label="Pages" className="mt-4 flex justify-end gap-2">
      {cursor && (
        <ButtonLink href={withParameters(path, filters)} size="small">
          <ChevronsLeft aria-hidden />
          Newest
        </ButtonLink>
      )}
      {nextCursor && (
        <ButtonLink href={withParameters(path, { ...filters, cursor: nextCursor })} size="small">
          Older
          <ArrowRight aria-hidden />
        </ButtonLink>
      )}
    </nav>
  )
}
