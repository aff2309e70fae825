/** Listens for the portal's keys, and brings the palette and the sheet of keys when somebody first asks for them. */
'use client'

import { Search } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { lazy, Suspense, useEffect, useState } from 'react'
import type { Permission } from '@/lib/services/permissions'
import { cx } from './cx'
import { openPanel, type Panel, whenPanelIsWanted } from './open-panel'
import { useSingleKeys } from './reader'
import { sectionsFor } from './shell-links'
import { isPaletteKey, type KeyMeaning, meaningOf } from './shortcuts'

const Palette = lazy(() => import('./palette'))
const ShortcutSheet = lazy(() => import('./shortcut-sheet'))

export function Commands({ permissions }: { permissions: readonly Permission[] }) {
  const [panel, setPanel] = useState<Panel | null>(null)
  // What was opened once stays mounted, so that it can close in its own time.
  const [wanted, setWanted] = useState<readonly Panel[]>([])
  useEffect(
    () =>
      whenPanelIsWanted((next) => {
        setPanel(next)
        setWanted((before) => (before.includes(next) ? before : [...before, next]))
      }),
    [],
  )
  useKeys(permissions)
  const panelOf = (name: Panel) => ({
    open: panel === name,
    onOpenChange: (open: boolean) => setPanel(open ? name : null),
    permissions,
  })
  return (
    <Suspense>
      {wanted.includes('palette') && <Palette {...panelOf('palette')} />}
      {wanted.includes('sheet') && <ShortcutSheet {...panelOf('sheet')} />}
    </Suspense>
  )
}

/** As long as people need to find the second key. */
const SECOND_KEY_MS = 1_500

function useKeys(permissions: readonly Permission[]) {
  const router = useRouter()
  const singleKeys = useSingleKeys()
  useEffect(() => {
    let going = 0
    const go = (key: string) => {
      const links = sectionsFor(permissions).flatMap(({ links }) => links)
      const link = links.find((link) => link.key === key)
      if (link) router.push(link.href)
      return link !== undefined
    }
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return
      if (isPaletteKey(event)) {
        event.preventDefault()
        openPanel('palette')
        return
      }
      if (!singleKeys || isTyping(event.target) || isCovered()) return
      const second = event.timeStamp < going
      going = 0
      const meaning = meaningOf(event)
      const done = second && !event.ctrlKey && !event.metaKey && !event.altKey ? go(event.key) : false
      if (done) event.preventDefault()
      else if (meaning === 'go') going = event.timeStamp + SECOND_KEY_MS
      else if (meaning && act(meaning)) event.preventDefault()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [permissions, router, singleKeys])
}

/** False where there is nothing to do, so that the browser may do what it does. */
function act(meaning: Exclude<KeyMeaning, 'go'>): boolean {
  if (meaning === 'sheet') {
    openPanel('sheet')
    return true
  }
  if (meaning === 'search') {
    const field = document.querySelector<HTMLInputElement>('main input[type="search"]')
    if (field) field.focus()
    else openPanel('palette')
    return true
  }
  const rows: (Element | null)[] = [...document.querySelectorAll('main a[data-row-link]')]
  const at = rows.indexOf(document.activeElement)
  const next = meaning === 'next' ? at + 1 : at < 0 ? rows.length - 1 : at - 1
  const row = rows[next]
  if (row instanceof HTMLElement) row.focus()
  return rows.length > 0
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** A dialog or a menu has the keys while it is open. */
function isCovered(): boolean {
  return document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null
}

/** The palette's way in for those who use no keys; `compact` for the bar of narrow screens. */
export function SearchButton({ compact = false }: { compact?: boolean }) {
  return (
    <button
      type="button"
      {...(compact && { 'aria-label': 'Search' })}
      aria-keyshortcuts="Control+K"
      aria-haspopup="dialog"
      onClick={() => openPanel('palette')}
      className={cx(
        'rounded-md hover:bg-hover',
        compact
          ? 'grid size-10 place-items-center'
          : 'flex h-9 w-full items-center gap-2.5 border border-control bg-surface px-2.5 text-muted',
      )}
    >
      <Search className={compact ? 'size-5' : 'size-4'} aria-hidden />
      {!compact && (
        <>
          Search
          <kbd className="ml-auto rounded border border-line px-1 font-sans text-2xs" aria-hidden>
            Ctrl K
          </kbd>
        </>
      )}
    </button>
  )
}
