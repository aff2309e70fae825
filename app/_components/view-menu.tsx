/** Which columns a list shows, and in which order its rows stand. On narrow screens the only way to sort. */
'use client'

import { SlidersHorizontal } from 'lucide-react'
import { lazy } from 'react'
import type { ListView } from '@/app/_lists/list-view'
import { buttonClass } from './button'
import { LazyMenu } from './lazy-menu'

const load = () => import('./view-menu-popup')
const ViewMenuPopup = lazy(load)

export function ViewMenu({ view }: { view: ListView }) {
  const face = (
    <>
      <SlidersHorizontal aria-hidden />
      {Object.keys(view.list.sorts).length > 0 ? 'Columns and order' : 'Columns'}
    </>
  )
  return (
    <LazyMenu load={load} className={buttonClass('quiet', 'small')} face={face}>
      <ViewMenuPopup view={view} face={face} />
    </LazyMenu>
  )
}
