/** A list in its panel, with the way to older rows under it. */
import type { ComponentProps, ReactNode } from 'react'
import { Pagination } from './pagination'

export function ListFrame({ children, ...pages }: ComponentProps<typeof Pagination> & { children: ReactNode }) {
  return (
    <>
      <div className="overflow-clip rounded-xl border border-line bg-surface shadow-card">{children}</div>
      <Pagination {...pages} />
    </>
  )
}
