/** A list in its panel, with the way to its other pages under it. */
import type { ReactNode } from 'react'
import { type ListView, parametersOf } from '@/app/_lists/list-view'
import { Pagination, type PaginationProps } from './pagination'

export function ListFrame({ children, ...pages }: PaginationProps & { children: ReactNode }) {
  return (
    <>
      <div className="overflow-clip rounded-xl border border-line bg-surface shadow-card">{children}</div>
      <Pagination {...pages} />
    </>
  )
}

interface ViewFrameProps extends Pick<PaginationProps, 'cursor' | 'nextCursor' | 'previousCursor'> {
  view: ListView
  children: ReactNode
}

/** The same for a list with a view, which its pages keep. */
export function ViewFrame({ view, children, ...pages }: ViewFrameProps) {
  const { list, sort, order } = view
  return (
    <ListFrame
      path={list.path}
      filters={parametersOf(view)}
      byTime={sort === list.usual && order === 'desc'}
      {...pages}
    >
      {children}
    </ListFrame>
  )
}
